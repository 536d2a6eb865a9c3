# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests with many properties, on real Xen: xl takes them, the guest has them, and a second run finds nothing to do.

What one property becomes in libxl is held to a record of all of them (record_options.py); here is whether a guest that
has many starts, and whether what libxl says of a *running* guest agrees with what was asked for.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from onlab import ROOT, LabHost

sys.path.insert(0, str(ROOT / "tools"))
from link_checkout import link_checkout  # noqa: E402 - found in tools, after the path above

sys.path.insert(0, str(link_checkout()))
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_diff  # noqa: E402
from ansible_collections.netbsd.xen.plugins.module_utils.options import _live, _options  # noqa: E402

PV: dict[str, Any] = {
    "name": "many-pv",
    "state": "running",
    "type": "pv",
    "kernel": "/srv/domu/nano",
    "memory": 8,
    "maxmem": 16,
    "vcpus": 1,
    "maxvcpus": 2,
    "cpus": "0",
    "cpus_soft": ["0", "0"],
    "pool": "Pool-0",
    "cpu_weight": 512,
    "cap": 90,
    "tsc_mode": "always_emulate",
    "localtime": True,
    "rtc_timeoffset": -3600,
    "nomigrate": True,
    "driver_domain": True,
    "xend_suspend_evtchn_compat": False,
    "max_grant_frames": 40,
    "max_maptrack_frames": 512,
    "max_grant_version": 1,
    "max_event_channels": 2047,
    "passthrough": "disabled",
    "channel": [{"name": "org.netbsd.xen.test", "connection": "pty"}],
    "device_model_args": ["-nodefaults"],
    "on_poweroff": "destroy",
    "on_reboot": "rename-restart",
    "on_watchdog": "preserve",
    "on_crash": "coredump-destroy",
    "on_soft_reset": "destroy",
    "extra_config": {"vmtrace_buf_kb": 0, "vncviewer": 0},
}
# The lab's processor has no hardware virtualisation that Xen would use, and its dom0 no qemu: of these two guests there
# is the file, and what xl makes of it.
PVH: dict[str, Any] = {
    "name": "many-pvh",
    "state": "present",
    "type": "pvh",
    "kernel": "/srv/domu/vmlinuz",
    "ramdisk": "/srv/domu/initrd.gz",
    "cmdline": "console=hvc0",
    "memory": 64,
    "vnuma": [{"pnode": 0, "size": 64, "vcpus": "0", "vdistances": 10}],
    "timer_mode": "one_missed_tick_pending",
    "shadow_memory": "8M",
    "hap": False,
    "nestedhvm": False,
    "acpi": True,
    "altp2m": "disabled",
    "cpuid": "host,tm=0",
    "msr_relaxed": True,
    "pvshim": False,
}
HVM: dict[str, Any] = {
    "name": "many-hvm",
    "state": "present",
    "type": "hvm",
    "memory": 256,
    "boot": "dc",
    "firmware": "seabios",
    "hdtype": "ahci",
    "acpi_s3": False,
    "pae": True,
    "viridian": ["defaults", "!crash_ctl"],
    "ms_vm_genid": "none",
    "mmio_hole": "1G",
    "vga": "qxl",
    "videoram": "128M",
    "spice": True,
    "spicehost": "127.0.0.1",
    "spiceport": 6000,
    "spicepasswd": "S3CRET",
    "spice_image_compression": "off",
    "vnc": False,
    "keymap": "de",
    "usb": True,
    "usbdevice": ["tablet"],
    "soundhw": "ac97",
    "serial": ["pty", "null"],
    "gfx_passthru": False,
    "rdm": "strategy=host",
    "smbios_firmware": "/srv/smbios.bin",
    "device_model_version": "qemu-xen",
    "device_model_args_hvm": ["-monitor", "null"],
    "vif": [
        "mac=00:16:3e:00:0a:01,bridge=xenbr0,model=e1000,rate=10Mb/s@20ms",
        "mac=00:16:3e:00:0a:02,bridge=br0,type=vif,vifname=v0,script=vif-bridge,ip=10.0.0.1,devid=3,mtu=9000,"
        "backend=Domain-0,gatewaydev=eth0,forwarddev=eth1,colo_sock_mirror_id=m,colo_checkpoint_port=9",
    ],
    "disk": [
        "/srv/a.img,raw,hda,rw",
        ",hdc:cdrom,r",
        "format=qcow2,vdev=d1p2,backendtype=qdisk,backend=Domain-0,script=block-x,direct-io-safe,no-discard,target=/b,c=d",
        "tap:aio:/srv/c.img,0x1,w",
    ],
}
# Said in other words by libxl, or not at all: _live says so, and the record shows it.
NOT_TOLD = {"cmdline", "cpuid", "disks", "vifs"}


@pytest.fixture(scope="module")
def host(lab_host: LabHost) -> Iterator[LabHost]:
    yield lab_host
    for guest in (PV, PVH, HVM):
        lab_host.host.run(f"xl destroy {guest['name']}; rm -f /etc/xen/{guest['name']}.cfg*")


def wanted_of(guest: dict[str, Any]) -> dict[str, Any]:
    """The properties of the task, canonical."""
    names = {("disks" if key == "disk" else "vifs" if key == "vif" else key): value for key, value in guest.items()}
    return _options.wanted_from(names)


def require_same(guest: dict[str, Any], libxl: dict[str, Any]) -> None:
    """Each property that libxl tells is as the task has it."""
    told = 0
    for name, value in wanted_of(guest).items():
        option = _options.BY_NAME[name]
        live = option.live(libxl)
        assert name in NOT_TOLD or live is not _live.UNKNOWN, name
        assert _plan_diff.agrees(option, value, libxl, "exact"), (name, value, live)
        told += name not in NOT_TOLD
    assert told > 12


def test_running_guest(host: LabHost) -> None:
    done = host.change("xen_domain", PV)
    assert not done["restart_required"]
    listed = json.loads(host.sh(f"xl list -l {PV['name']}"))
    require_same(PV, listed[0]["config"])


def test_what_xl_says_in_its_own_words(host: LabHost) -> None:
    """Without our getters: a few properties where the host itself shows them."""
    name = PV["name"]
    config = json.loads(host.sh(f"xl list -l {name}"))[0]["config"]
    assert config["b_info"]["localtime"] == "True"
    assert config["b_info"]["tsc_mode"] == "always_emulate"
    assert config["on_reboot"] == "restart_rename"
    assert "512" in host.sh(f"xl sched-credit2 -d {name}").split()
    hard, soft = host.sh(f"xl vcpu-list {name}").splitlines()[1].split()[-3::2]
    assert (hard, soft) == ("0", "0")


def test_a_change_of_one_property_changes_its_line(host: LabHost) -> None:
    path = f"/etc/xen/{PV['name']}.cfg"
    before = host.sh(f"cat {path}").splitlines()
    done = host.change("xen_domain", {"name": PV["name"], "rtc_timeoffset": 7200, "state": "present"})
    assert [item["option"] for item in done["differences"]] == ["rtc_timeoffset"]
    after = host.sh(f"cat {path}").splitlines()
    # in quotes as before, since the old value had a sign, which xl.cfg has strings for
    assert [line for line in after if line not in before] == ['rtc_timeoffset = "7200"']
    assert len(after) == len(before)


@pytest.mark.parametrize("guest", [PVH, HVM], ids=lambda guest: guest["name"])
def test_what_xl_makes_of_a_file(host: LabHost, guest: dict[str, Any]) -> None:
    """xl reads each property of the file as what the task says."""
    host.change("xen_domain", guest)
    require_same(guest, json.loads(host.sh(f"xl create -n /etc/xen/{guest['name']}.cfg 2>/dev/null")))


def test_passwords(host: LabHost) -> None:
    path = f"/etc/xen/{HVM['name']}.cfg"
    assert host.sh(f"stat -c %a {path}").strip() == "600"
    assert "S3CRET" in host.sh(f"cat {path}")
    shown = host.module("xen_domain_info", {"name": HVM["name"]})
    assert "S3CRET" not in json.dumps(shown)
