# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HOWTO's "Using PCI devices in guest domains", on the host that it is about: NetBSD 5.2, GRUB, Xen 3.1, xm.

The device is hidden by the file that the boot loader reads, shows in /kern/xen/pci after the reboot, is given to a
guest whose own kernel finds it, and comes back. The host is put together by hand, not by the roles.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from onlab import LabHost
from xenlab import Lab
from xenlab.lab import Host

RELEASE, PYTHON = "5.2", "/usr/pkg/bin/python3.11"
CARD = "0000:00:05.0"
IN_THE_GUEST = r"pci 0000:00:00.0: \[8086:100e\]"
LOG = "/var/log/xen/console/guest-passed.log"
SETUP = f"""set -e
lab-face legacy {RELEASE}
for package in xenkernel3 xentools3; do
    PKG_PATH=file:///srv/pkgsrc/packages/NetBSD/x86_64/{RELEASE}/All /usr/sbin/pkg_add $package
done
cp /usr/pkg/xen3-kernel/xen.gz /xen.gz
cp /srv/netbsd/NetBSD-{RELEASE}/amd64/binary/kernel/netbsd-XEN3_DOM0.gz /netbsd-XEN3_DOM0.gz
for script in xend xenbackendd; do install -m 755 /usr/pkg/share/examples/rc.d/$script /etc/rc.d/; done
printf 'xend=YES\\nxenbackendd=YES\\n' >>/etc/rc.conf
mkdir -p /kern
echo 'kernfs /kern kernfs rw' >>/etc/fstab
cat >/grub/menu.lst <<'TEXT'
default=0
timeout=5

title Xen
\tkernel (hd0,a)/xen.gz dom0_mem=768M
\tmodule (hd0,a)/netbsd-XEN3_DOM0.gz root=wd0a console=pc
title NetBSD
\tkernel --type=netbsd (hd0,a)/netbsd
TEXT
cd /dev && sh MAKEDEV xen
sync
"""
# xend of Xen 3 starts it without a log of the guests' consoles
WITH_LOGS = (
    "for i in $(seq 60); do test -s /var/run/xenconsoled.pid && break; sleep 1; done; "
    "kill $(cat /var/run/xenconsoled.pid); sleep 1; mkdir -p /var/log/xen/console; "
    "/usr/pkg/sbin/xenconsoled --log=guest --log-dir=/var/log/xen/console"
)
GUEST: dict[str, Any] = {
    "name": "passed", "type": "pv", "kernel": "/srv/domu/vmlinuz", "ramdisk": "/srv/domu/initrd.gz",
    "extra": "console=hvc0", "memory": 96, "vcpus": 1, "pci": ["00:05.0"],
}  # fmt: skip


@pytest.fixture(scope="module")
def machine() -> Iterator[Host]:
    with Lab.instance("guests_pci", netbsd=True) as host:
        host.check(SETUP, 240)
        yield host


@pytest.fixture(scope="module")
def bare(machine: Host) -> Iterator[LabHost]:
    """Before the reboot, with the native kernel."""
    with LabHost(machine, PYTHON) as lab:
        yield lab


@pytest.fixture(scope="module")
def dom0(machine: Host) -> Iterator[LabHost]:
    """After it."""
    machine.reset()
    boot = machine.wait_boot()
    assert boot.kind == "xen", boot
    machine.check(WITH_LOGS)
    with LabHost(machine, PYTHON) as lab:
        yield lab


def card(result: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in result["devices"] if each["bdf"] == CARD)
    return found


def test_hidden_in_the_menu(bare: LabHost) -> None:
    done = bare.change("xen_pciback", {"devices": ["00:05.0"]}, ["hide 00:05.0 in boot entry 'Xen'"])
    menu = bare.sh("cat /grub/menu.lst")
    assert "module (hd0,a)/netbsd-XEN3_DOM0.gz root=wd0a console=pc pciback.hide=(00:05.0)\n" in menu
    assert done["reboot_required"]
    assert (card(done)["next_boot"], card(done)["hidden"]) == (True, None)


def test_more_than_the_kernel_keeps(bare: LabHost) -> None:
    many = [f"00:0{n}.0" for n in range(8)]
    failed = bare.fails("xen_pciback", {"devices": many, "force": True}, "too_many_devices")
    assert failed["room"] == 7


def test_the_kernel_has_hidden_it(dom0: LabHost) -> None:
    assert dom0.sh("ls /kern/xen/pci").split() == [CARD]
    assert dom0.sh(f"cat /kern/xen/pci/{CARD}").startswith("vendor: 0x8086\nproduct: 0x100e\n")
    now = dom0.change("xen_pciback", {"devices": ["00:05.0"]}, [])
    assert not now["reboot_required"]
    assert (card(now)["hidden"], card(now)["assignable"], card(now)["product"]) == (True, True, "0x100e")


def test_a_function_that_is_not_hidden_is_not_given_away(dom0: LabHost) -> None:
    dom0.fails("xen_domain", {**GUEST, "state": "running", "pci": ["00:06.0"]}, "pci_not_assignable")


def test_given_to_a_guest_whose_kernel_finds_it(dom0: LabHost) -> None:
    done = dom0.module("xen_domain", {**GUEST, "state": "running"})
    assert "xm create /usr/pkg/etc/xen/passed" in done["actions"]
    dom0.sh(f"for i in $(seq 90); do grep -aqE '{IN_THE_GUEST}' {LOG} && exit; sleep 1; done; cat {LOG}; exit 1")
    assert card(dom0.module("xen_pciback", {"devices": [], "policy": "append"}))["domains"][0]["in_config"]


def test_given_back(dom0: LabHost) -> None:
    dom0.module("xen_domain", {"name": "passed", "state": "absent", "force": True})
    done = dom0.change("xen_pciback", {"devices": []}, ["hide nothing in boot entry 'Xen'"])
    assert "pciback" not in dom0.sh("cat /grub/menu.lst")
    assert done["reboot_reasons"] == ["00:05.0 hidden now, and nothing after the next boot (Xen)"]
