# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of a running Linux guest on real Xen: what comes live, what waits for a restart, what is taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from onlab import LabHost

LINUX = {
    "name": "live", "type": "pv", "kernel": "/srv/domu/vmlinuz", "ramdisk": "/srv/domu/initrd.gz",
    "extra": "console=hvc0 quiet", "memory": "96", "maxmem": "128", "vcpus": 2, "maxvcpus": 2,
    "disks": ["/srv/domu/disk0.img,raw,xvda,rw"], "vifs": [{"bridge": "xenbr0", "mac": "00:16:3e:4c:00:01"}],
    "passthrough": "enabled",
}  # fmt: skip


@pytest.fixture(scope="module")
def linux(lab_host: LabHost) -> Iterator[LabHost]:
    """The Linux guest, up as far as its userland, so that its drivers answer."""
    lab_host.module("xen_domain", {**LINUX, "state": "running"})
    lab_host.sh("timeout 60 sh -c 'until grep -q DOMU_READY /var/log/xen/console/guest-live.log; do sleep 1; done'")
    yield lab_host
    lab_host.module("xen_domain", {"name": "live", "state": "absent", "force": True, "timeout": 0})


def task(**wanted: Any) -> dict[str, Any]:
    return {"name": "live", "state": "running", "timeout": 60, **wanted}


def test_a_guest_that_runs_what_its_file_says(linux: LabHost) -> None:
    """Nothing of what libxl tells of it is mistaken for a drift, in properties that the task gives and in others."""
    for given in ({"memory": "96"}, {name: value for name, value in LINUX.items() if name != "name"}):
        assert linux.change("xen_domain", task(**given), [])["differences"] == []


def test_memory_weight_and_vcpus(linux: LabHost) -> None:
    done = linux.change(
        "xen_domain", task(memory="80", cpu_weight=512, cap=90, vcpus=1, cpus="1-2"),
        ["write /etc/xen/live.cfg", "xl sched-credit2 -d live -w 512", "xl sched-credit2 -d live -c 90",
         "xl vcpu-pin live all 1-2", "xl mem-set live 80m", "xl vcpu-set live 1"],
    )  # fmt: skip
    assert {item["needs"] for item in done["differences"]} == {"live"}
    assert not done["restart_required"]
    assert re.search(r"^live +\d+ +80 +1 ", linux.sh("xl list live"), re.MULTILINE)
    assert re.search(r"^live +\d+ +512 +90$", linux.sh("xl sched-credit2 -d live"), re.MULTILINE)
    assert linux.sh("xl vcpu-list live").count(" 1-2 / ") == 2
    linux.change("xen_domain", task(memory="120"), ["write /etc/xen/live.cfg", "xl mem-set live 120m"])
    linux.sh("xl vcpu-pin live 0 3")
    assert drift_of(linux, task(memory="120")) == ["cpus"], "not given, and so only told"
    linux.change("xen_domain", task(cpus="1-2"), ["xl vcpu-pin live 0 1-2"])
    assert drift_of(linux, task(memory="120")) == []


def drift_of(host: LabHost, arguments: dict[str, Any]) -> list[str]:
    result = host.module("xen_domain", arguments)
    assert not result["changed"] and {item["needs"] for item in result["differences"]} <= {"unmanaged"}
    return [item["option"] for item in result["differences"]]


def test_no_more_memory_than_it_was_started_with(linux: LabHost) -> None:
    done = linux.change("xen_domain", task(memory="150", maxmem="160"), ["write /etc/xen/live.cfg"])
    assert done["restart_required"]
    assert {item["needs"] for item in done["differences"]} == {"restart"}
    assert done["differences"][0]["commands"] == ["xl shutdown live", "xl create /etc/xen/live.cfg"]
    linux.change("xen_domain", task(memory="120", maxmem="124"), ["write /etc/xen/live.cfg", "xl mem-max live 124m"])
    assert '"max_memkb": 126976' in linux.sh("xl list -l live")


def test_disks_and_vifs(linux: LabHost) -> None:
    more = task(disks=[*LINUX["disks"], "/srv/domu/disk1.img,raw,xvdb,ro"],
                vifs=[*LINUX["vifs"], {"bridge": "xenbr1", "mac": "00:16:3e:4c:00:02"}])  # fmt: skip
    linux.change(
        "xen_domain", more,
        ["write /etc/xen/live.cfg", "xl network-attach live mac=00:16:3e:4c:00:02 bridge=xenbr1",
         "xl block-attach live /srv/domu/disk1.img,raw,xvdb,ro"],
    )  # fmt: skip
    # 4: the guest's driver is connected
    assert re.search(r"^51728 +0 +\d+ +4 ", linux.sh("xl block-list live"), re.MULTILINE)
    assert re.search(r"00:16:3e:4c:00:02 +1 +4 ", linux.sh("xl network-list live"))
    fewer = task(disks=LINUX["disks"], vifs=LINUX["vifs"])
    linux.change(
        "xen_domain", fewer,
        ["write /etc/xen/live.cfg", "xl network-detach live 00:16:3e:4c:00:02", "xl block-detach live xvdb"],
    )  # fmt: skip
    assert len(linux.sh("xl block-list live").splitlines()) == len(linux.sh("xl network-list live").splitlines()) == 2
    boot_disk = linux.module("xen_domain", task(disks=["/srv/domu/disk1.img,raw,xvdb,rw"], apply="report"))
    assert [item["needs"] for item in boot_disk["differences"] if item["option"] == "disks"] == ["restart"]
    assert not boot_disk["changed"]


def test_a_change_that_fails_leaves_all_as_it_was(linux: LabHost) -> None:
    before = linux.sh("cat /etc/xen/live.cfg; xl list -l live")
    good = {"bridge": "xenbr1", "mac": "00:16:3e:4c:00:03"}
    bad = {"mac": "00:16:3e:4c:00:02", "script": "/bin/false"}
    result = linux.fails("xen_domain", task(memory="100", vifs=[*LINUX["vifs"], good, bad]), "command_failed")
    attached = f"xl network-attach live mac={good['mac']} bridge=xenbr1"
    assert result["actions_done"] == ["write /etc/xen/live.cfg", attached]
    assert result["taken_back"][-2:] == [f"`xl network-detach live {good['mac']}`", "/etc/xen/live.cfg is as before"]
    assert linux.sh("cat /etc/xen/live.cfg; xl list -l live") == before
    assert len(linux.sh("xl network-list live").splitlines()) == 2


def test_a_pci_function(linux: LabHost) -> None:
    given = "0000:01:00.0"
    linux.fails("xen_domain", task(pci=[given]), "pci_not_assignable")
    linux.sh(f"xl pci-assignable-add {given}")
    linux.change("xen_domain", task(pci=[given]), ["write /etc/xen/live.cfg", f"xl pci-attach live {given}"])
    assert given in linux.sh("xl pci-list live")
    linux.change("xen_domain", task(pci=[]), ["write /etc/xen/live.cfg", f"xl pci-detach live {given}"])
    assert given not in linux.sh("xl pci-list live")
    assert given in linux.sh("xl pci-assignable-list")


def test_a_disk_that_the_guest_does_not_give_away(linux: LabHost) -> None:
    """xl asks the guest and waits; a guest that stands still does not answer, and so keeps its disk."""
    linux.module("xen_domain", task(disks=[*LINUX["disks"], "/srv/domu/disk1.img,raw,xvdb,ro"]))
    linux.sh("xl pause live")
    assert linux.rc("xl block-detach live xvdb") != 0
    assert "51728" in linux.sh("xl block-list live")
