# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module loads what its kind of host needs and no more: every task compiles all that it loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

PACKAGE = "ansible_collections.netbsd.xen.plugins"
GUESTS = ("_toolstack", "_xl", "_xm", "_options", "_xm_domain", "_pyconfig")
OTHER_HOSTS = ("_xm", "_xm_domain", "_xm_config", "_pyconfig", "_pyconfig_eval", "_autostart_words", "_autostart_links")
# What only a task needs that has something to do, or that says more than most
ONLY_TO_CHANGE = (
    "_apply", "_apply_live", "_apply_start", "_apply_undo", "_apply_watch", "_atomicfile", "_capacity", "_console",
    "_disk_apply", "_disk_place", "_disk_plan", "_domain_check", "_domains_prune", "_domains_run", "_domains_work",
    "_lvm", "_pcicheck", "_plan_live", "_rename", "_watch",
)  # fmt: skip


def loaded_by(module: str) -> set[str]:
    """The module_utils that a fresh Python has after importing a module."""
    code = f"import sys; sys.path[:] = {sys.path!r}; import {PACKAGE}.modules.{module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = [name.rpartition(".")[2] for name in done.stdout.split() if name.startswith(f"{PACKAGE}.module_utils.")]
    assert "_xen_module" in names
    return set(names)


@pytest.mark.parametrize("module", ["rc_conf", "pkgin", "xen_devices", "xen_services", "boot_entry", "boot_file"])
def test_modules_of_the_host_load_nothing_of_guests(module: str) -> None:
    assert not loaded_by(module) & set(GUESTS)


@pytest.mark.parametrize("module", ["xen_domain", "xen_domains"])
def test_modules_of_guests_load_nothing_of_other_hosts(module: str) -> None:
    assert not loaded_by(module) & set(OTHER_HOSTS)


@pytest.mark.parametrize("module", ["xen_domain", "xen_domains"])
def test_modules_of_guests_load_what_changes_them_only_to_do_so(module: str) -> None:
    assert not loaded_by(module) & set(ONLY_TO_CHANGE)
