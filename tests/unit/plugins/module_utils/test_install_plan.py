# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an installation would do: which disks are written, and which never."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _install_plan, _install_stamp
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest._install_stamp import Stamp

DISK, LABEL, SYSTEM = "/home/xen/web.img", "xen-0123456789a", "NetBSD 10.1/amd64"
WISH = _install_plan.Wish("web", DISK, SYSTEM, ("base", "etc"), "XEN3_DOMU", None, "/netbsd-DOMU.gz")
BLANK = _install_plan.Situation(None, True, None, None, False)
DONE = Stamp(_install_stamp.DONE, DISK, LABEL, SYSTEM)
ALL = [
    f"label {DISK}", f"newfs -O 2 on {DISK}", "unpack base etc", "make the device nodes", "write the guest's files",
    "put the kernel XEN3_DOMU in as /netbsd", "put the kernel XEN3_DOMU at /netbsd-DOMU.gz",
]  # fmt: skip


def test_a_blank_disk_is_installed_on():
    plan = _install_plan.plan(WISH, BLANK)
    assert (plan.install, plan.kernel, plan.actions, plan.over) == (True, True, ALL, None)


def test_what_is_installed_stays():
    there = _install_plan.Situation(DONE, True, LABEL, "an FFSv2 file system", True)
    for wish in (WISH, WISH._replace(force=DISK)):
        assert not _install_plan.plan(wish, there).changed
    missing = _install_plan.plan(WISH, there._replace(kernel=False))
    assert (missing.install, missing.kernel, missing.actions) == (False, True, ALL[-1:])


def test_another_release_is_told_and_not_made():
    there = _install_plan.Situation(DONE._replace(system="NetBSD 9.3/amd64"), True, LABEL, "data", True)
    plan = _install_plan.plan(WISH, there)
    assert not plan.changed
    assert "NetBSD 9.3/amd64" in plan.warnings[0]


def test_an_interrupted_one_is_started_over():
    begun = _install_plan.Situation(DONE._replace(state="begun"), True, LABEL, "an FFSv2 file system", False)
    assert _install_plan.plan(WISH, begun).actions == [f"start over on {DISK}", *ALL]


@pytest.mark.parametrize("stamp", [None, DONE, DONE._replace(state="begun")])
def test_what_somebody_else_has_put_there_is_never_overwritten(stamp):
    there = _install_plan.Situation(stamp, True, None, "an FFSv2 file system", True)
    for force in (None, "/home/xen/other.img"):
        with pytest.raises(ConflictError) as caught:
            _install_plan.plan(WISH._replace(force=force), there)
        assert caught.value.details["error_id"] == "disk_not_blank"
        assert "an FFSv2 file system" in caught.value.message
    forced = _install_plan.plan(WISH._replace(force=DISK), there)
    assert forced.actions[0] == f"overwrite an FFSv2 file system on {DISK}"
    assert forced.over == "an FFSv2 file system"


@pytest.mark.parametrize(
    ("machine", "kind", "config"),
    [("amd64", "pv", "XEN3_DOMU"), ("i386", "pv", "XEN3PAE_DOMU"), ("amd64", "pvh", "GENERIC")],
)
def test_the_kernel_of_a_type(machine, kind, config):
    assert _install_plan.kernel_config(machine, kind, "10.1") == config


def test_pvh_needs_netbsd_10():
    with pytest.raises(BadValue):
        _install_plan.kernel_config("amd64", "pvh", "9.3")


@pytest.mark.parametrize(("number", "machine"), [(62, "amd64"), (3, "i386")])
def test_the_machine_of_a_kernel(number, machine):
    kernel = b"\x7fELF".ljust(18, b"\0") + bytes([number, 0])
    _install_plan.require_machine(kernel, "netbsd", machine)
    for wrong in (kernel, b"<html>"):
        with pytest.raises(XenError) as caught:
            _install_plan.require_machine(wrong, "netbsd", "amd64" if machine == "i386" else "i386")
        assert caught.value.details["error_id"] == "wrong_architecture"
