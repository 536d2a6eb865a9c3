# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two configs, one after the other: what is to be done follows from the stamp and the guest, and nothing is overrun."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConflictError
from ansible_collections.netbsd.xen.plugins.module_utils.installer import _phases
from ansible_collections.netbsd.xen.plugins.module_utils.installer._phases import Phase

RUNS, CRASHED = "running", "crashed"
STARTING, INSTALL, FINAL = (Phase(word, 1000.0) for word in ("starting", "install", "final"))


@pytest.mark.parametrize(
    ("stamp", "state", "exists", "asked", "expected"),
    [
        (None, None, False, "auto", "start the installer"),
        (STARTING, None, True, "auto", "start the installer"),
        (STARTING, RUNS, True, "auto", "wait for it"),
        (INSTALL, RUNS, True, "auto", "wait for it"),
        (INSTALL, RUNS, True, "install", "wait for it"),
        (INSTALL, None, True, "auto", "switch"),
        (INSTALL, None, True, "install", "start the installer"),
        (INSTALL, None, True, "final", "switch"),
        (FINAL, None, True, "auto", "keep"),
        (FINAL, RUNS, True, "auto", "keep"),
        (FINAL, RUNS, True, "final", "keep"),
        (FINAL, CRASHED, True, "auto", "keep"),
        (FINAL, None, True, "install", "start the installer"),
        (None, RUNS, True, "final", "switch"),
        (None, None, True, "install", "start the installer"),
    ],
)
def test_what_comes_next(stamp, state, exists, asked, expected):
    assert _phases.next_step(stamp, state, exists, 1000.0, asked, "web") == expected


@pytest.mark.parametrize(
    ("stamp", "state", "exists", "booted", "asked", "error_id"),
    [
        (None, None, True, 1000.0, "auto", "domain_exists"),
        (None, RUNS, True, 1000.0, "auto", "domain_exists"),
        (None, RUNS, True, 1000.0, "install", "domain_exists"),
        (FINAL, RUNS, True, 1000.0, "install", "domain_exists"),
        (INSTALL, CRASHED, True, 1000.0, "auto", "installer_crashed"),
        (INSTALL, RUNS, True, 1000.0, "final", "installer_runs"),
        (INSTALL, None, True, 5000.0, "auto", "phase_unknown"),
    ],
)
def test_what_is_refused(stamp, state, exists, booted, asked, error_id):
    with pytest.raises(ConflictError) as caught:
        _phases.next_step(stamp, state, exists, booted, asked, "web")
    assert caught.value.details["error_id"] == error_id


def test_what_only_the_installer_has_goes():
    install = {"kernel": "/i", "ramdisk": "/r", "memory": 256, "force": True, "extra_config": {"xen_platform_pci": 1}}
    final = {"kernel": "/k", "memory": 512, "on_crash": "restart", "extra_config": {"other": 2}}
    assert _phases.final_properties(install, final) == {
        **final,
        "extra_config": {
            "other": 2, "ramdisk": None, "xen_platform_pci": None, "on_poweroff": None, "on_reboot": None,
        },
    }  # fmt: skip
