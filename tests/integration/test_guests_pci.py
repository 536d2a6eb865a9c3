# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PCI device from the dom0 to a guest and back, on real Xen: the guest's own kernel says which device it has got."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from onlab import LabHost

CARD, OTHER, DISK, NETWORK = "0000:00:05.0", "0000:00:06.0", "0000:00:01.0", "0000:00:02.0"
# what xen-pcifront's bus scan prints of an e1000: drivers/pci/probe.c
IN_THE_GUEST = r"pci 0000:00:00.0: \[8086:100e\]"
LOG = "/var/log/xen/console/guest-passed.log"
GUEST: dict[str, Any] = {
    "name": "passed", "type": "pv", "kernel": "/srv/domu/vmlinuz", "ramdisk": "/srv/domu/initrd.gz",
    "cmdline": "console=hvc0", "memory": 96, "vcpus": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def host(lab_host: LabHost) -> Iterator[LabHost]:
    """The host, with nothing assignable; whatever happens, it is so afterwards."""
    assert not lab_host.sh("xl pci-assignable-list").split()
    yield lab_host
    lab_host.sh(
        "for guest in passed second; do xl destroy $guest; rm -f /etc/xen/$guest.cfg; done; "
        "for bdf in $(xl pci-assignable-list); do xl pci-assignable-remove -r $bdf; done; true"
    )


def hide(*devices: str, **more: Any) -> dict[str, Any]:
    return {"devices": list(devices), **more}


def device(result: dict[str, Any], bdf: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in result["devices"] if each["bdf"] == bdf)
    return found


def test_the_host_keeps_what_it_needs(host: LabHost) -> None:
    for bdf in (DISK, NETWORK):
        failed = host.fails("xen_pciback", hide(bdf), "device_needed")
        assert failed["devices"] == [bdf]
    host.fails("xen_pciback", hide("0000:55:00.0"), "device_missing")
    host.fails("xen_pciback", hide("0:5"), "bad_value")
    assert not host.sh("xl pci-assignable-list").split()


def test_a_guest_with_a_device_that_the_host_has_itself_is_not_started(host: LabHost) -> None:
    host.fails("xen_domain", {**GUEST, "state": "running", "pci": [CARD]}, "pci_not_assignable")
    assert "passed" not in host.sh("xl list")
    assert host.rc("test -e /etc/xen/passed.cfg") == 1


def test_made_assignable(host: LabHost) -> None:
    done = host.change("xen_pciback", hide("00:05.0"), [f"xl pci-assignable-add {CARD}"])
    assert host.sh("xl pci-assignable-list").split() == [CARD]
    assert done["hidden"] == [CARD]
    assert done["iommu"] is True
    card = device(done, CARD)
    assert (card["vendor"], card["product"], card["class_name"]) == ("0x8086", "0x100e", "Ethernet controller")
    assert (card["driver"], card["hidden"], card["assignable"], card["domains"]) == ("pciback", True, True, [])


def test_given_to_a_guest_whose_kernel_finds_it(host: LabHost) -> None:
    host.change("xen_domain", {**GUEST, "state": "running", "pci": ["00:05.0"]}, again=False)
    assert CARD in host.sh("xl pci-list passed")
    host.sh(f"for i in $(seq 60); do grep -aqE '{IN_THE_GUEST}' {LOG} && exit; sleep 1; done; cat {LOG}; exit 1")
    assert not host.module("xen_domain", {**GUEST, "state": "running", "pci": ["00:05.0"]})["changed"]


def test_the_host_tells_who_has_it(host: LabHost) -> None:
    card = device(host.module("xen_pciback", hide(policy="append")), CARD)
    assert (card["hidden"], card["assignable"]) == (True, False)
    assert card["domains"] == [
        {"domain": "passed", "config": "/etc/xen/passed.cfg", "in_config": True, "running": True}
    ]


def test_nobody_else_gets_it(host: LabHost) -> None:
    second = {**GUEST, "name": "second", "state": "running"}
    failed = host.fails("xen_domain", {**second, "pci": [CARD]}, "pci_in_use")
    assert "the running domain passed" in failed["msg"]
    host.fails("xen_domain", {**second, "pci": [OTHER]}, "pci_not_assignable")
    failed = host.fails("xen_pciback", hide(), "device_in_use")
    assert "the running domain passed" in failed["msg"]
    assert CARD in host.sh("xl pci-list passed")


def test_it_comes_back(host: LabHost) -> None:
    host.module("xen_domain", {"name": "passed", "state": "absent", "force": True})
    assert host.sh("xl pci-assignable-list").split() == [CARD]
    host.change("xen_pciback", hide(), [f"xl pci-assignable-remove -r {CARD}"])
    assert not host.sh("xl pci-assignable-list").split()
    assert host.rc(f"test -e /sys/bus/pci/drivers/pciback/{CARD}") == 1


def test_a_driver_gets_back_what_was_its(host: LabHost) -> None:
    """02:00.0 has no driver in the lab's dom0 unless it is loaded; 01:00.0 has virtio's from the start."""
    driver = "basename $(readlink /sys/bus/pci/devices/0000:01:00.0/driver)"
    before = host.sh(driver)
    done = host.change("xen_pciback", hide("01:00.0"), ["xl pci-assignable-add 0000:01:00.0"])
    assert device(done, "0000:01:00.0")["driver"] == "pciback"
    host.change("xen_pciback", hide(), ["xl pci-assignable-remove -r 0000:01:00.0"])
    assert host.sh(driver) == before
