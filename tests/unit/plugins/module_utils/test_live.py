# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest that was started from its config file and not touched since differs from it in nothing."""

from __future__ import annotations

import json

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_diff
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks
from ansible_collections.netbsd.xen.plugins.module_utils.options import _live, _options
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing, _xl
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import captured, config, row

BASE = """
name = "{name}"
type = "pv"
kernel = "/srv/domu/vmlinuz"
ramdisk = "/srv/domu/initrd.gz"
extra = "console=hvc0 quiet"
memory = {memory}
"""
# The files that the recorded guests were created from, from what `xl create -n` printed of them.
WEB = (
    BASE.format(name="web1", memory=96)
    + """
uuid = "11111111-2222-3333-4444-555555555555"
maxmem = 160
vcpus = 2
maxvcpus = 4
disk = [ "/srv/domu/disk0.img,raw,xvda,rw", "phy:/dev/loop7,xvdb,w" ]
vif = [ "mac=00:16:3e:11:11:01,bridge=xenbr0" ]
"""
)
PCI = BASE.format(name="pvpci", memory=96) + 'pci = [ "01:00.0,permissive=0", "0000:02:00.0,permissive=1" ]\n'
DB = BASE.format(name="db1", memory=96) + (
    'vif = [ "mac=00:16:3e:05:a0:03,bridge=xenbr0", "mac=00:16:3e:22:22:02,bridge=xenbr1" ]\non_reboot = "restart"\n'
)


def recorded(name, which):
    for found in _listing.parse_long(captured(name)).values():
        if found["c_info"]["name"] == which:
            return found
    raise AssertionError(which + " is not in " + name)


def drift(text, libxl, policy="exact"):
    on_disk = config(text)
    values = _checks.values_of(on_disk, [])
    wish = _plan_config.Wish(values.get("name", "x"), values, {}, policy, "xen1")
    found = _plan_diff.differences(values, wish, on_disk, _plan_config.Guest(row(), libxl), _xl.Commands)
    return {item.option: (item.on_disk, item.live, item.needs) for item in found}


@pytest.mark.parametrize(
    "text, name, which",
    [
        (WEB, "b-life-057-list-l-web1", "web1"),
        (WEB, "b-life-056-list-l-all", "web1"),
        (WEB, "b-life-092-list-l-paused", "web1"),
        (DB, "c-end-203-list-l-after-restore", "db1"),
        (PCI, "e-pci-052-list-l-created", "pvpci"),
    ],
)
def test_no_drift(text, name, which):
    assert drift(text, recorded(name, which)) == {}
    on_disk, guest = config(text), _plan_config.Guest(row(), recorded(name, which))
    wish = _plan_config.Wish(which, {}, {}, "exact", "xen1")
    assert _plan_diff.unmanaged({}, wish, on_disk, guest) == []


def test_dry_run_prints_the_same():
    libxl = json.loads(captured("b-life-041-create-dryrun-n"))
    assert drift(WEB, libxl) == {}


@pytest.mark.parametrize(
    "name, expected",
    [
        ("b-life-118-list-l-mem-80", {"memory": (96, 80, "live")}),
        ("b-life-124-list-l-mem-120", {"memory": (96, 120, "live"), "maxmem": (160, 128, "restart")}),
    ],
)
def test_drift_of_memory(name, expected):
    assert drift(WEB, recorded(name, "web1")) == expected


def test_drift_of_vcpus():
    assert drift(WEB, recorded("b-life-135-list-l-vcpu-set1", "web1"))["vcpus"] == (2, 1, "live")
    assert drift(WEB, recorded("b-life-138-list-l-vcpu-set4", "web1"))["vcpus"] == (2, 4, "live")


def test_drift_of_devices():
    three_disks = recorded("b-life-155-list-l-3disks", "web1")
    assert drift(WEB, three_disks)["disks"][2] == "live"
    assert "disks" not in drift(WEB, three_disks, policy="append")
    assert "vifs" in drift(WEB, recorded("b-life-173-list-l-2vifs", "web1"))
    fewer = WEB.replace("disk0", "disk9")
    assert drift(fewer, recorded("b-life-057-list-l-web1", "web1"))["disks"][2] == "restart"
    assert "pci" in drift(PCI.replace("permissive=0", "permissive=1"), recorded("e-pci-052-list-l-created", "pvpci"))


@pytest.mark.parametrize(
    "line, option, needed",
    [
        ('kernel = "/other"', "kernel", "restart"),
        ('extra = "other"', "extra", "restart"),
        ('on_crash = "preserve"', "on_crash", "restart"),
        ('on_reboot = "destroy"', "on_reboot", "restart"),
        ('type = "pvh"', "type", "recreate"),
        ('uuid = "21111111-2222-3333-4444-555555555555"', "uuid", "recreate"),
        ('bootloader = "pygrub"', "bootloader", "restart"),
        ("maxvcpus = 5", "maxvcpus", "restart"),
    ],
)
def test_drift_of(line, option, needed):
    found = drift(WEB + line + "\n", recorded("b-life-057-list-l-web1", "web1"))
    assert {name: needs for name, (_disk, _live_value, needs) in found.items()} == {option: needed}


def test_every_recorded_guest_can_be_read():
    """No getter fails for any guest, dom0 included, which has hardly any configuration."""
    for name in ("b-life-056-list-l-all", "c-end-258-list-l-zombie", "e-pci-052-list-l-created"):
        for libxl in _listing.parse_long(captured(name)).values():
            values = {option.name: option.live(libxl) for option in _options.TABLE}
            assert values["memory"] > 0
            assert values["vncpasswd"] is _live.UNKNOWN


def test_boot_of_a_pv_guest_before_xen_4_5():
    older = {"b_info": {"type.pv": {"kernel": "/k", "cmdline": "root=xbd0", "bootloader": "pygrub"}}}
    assert _options.BY_NAME["kernel"].live(older) == "/k"
    assert _options.BY_NAME["bootloader"].live(older) == "pygrub"
    assert _live.kernel_line(older) == "root=xbd0"


def test_hvm():
    libxl = {"b_info": {"type.hvm": {"vnc": {"enable": "True", "listen": "0.0.0.0", "display": 3}}}}
    values = {name: _options.BY_NAME[name].live(libxl) for name in ("vnc", "vnclisten", "vncdisplay")}
    assert values == {"vnc": 1, "vnclisten": "0.0.0.0", "vncdisplay": 3}
    assert _options.BY_NAME["vnc"].live({"b_info": {"type.hvm": {"vnc": {"enable": "False"}}}}) == 0
    assert _options.BY_NAME["vnc"].live({"b_info": {"type.pv": {}}}) is _live.UNKNOWN
