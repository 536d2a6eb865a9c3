# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host tells of its PCI functions, and which of them it cannot do without."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Kernel
from ansible_collections.netbsd.xen.plugins.module_utils.pci import _pci_functions, _pci_netbsd
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.hostinfo_support import WM0, FakeProbe, bare

MESSAGES = """\
[     1.0000000] NetBSD 10.1 (XEN3_DOM0) #0: Mon Dec 16 13:08:11 UTC 2024
[     1.0000000] mainbus0 (root)
[     1.0000000] hypervisor0 at mainbus0: Xen version 4.20.1
[     1.0000040] pci0 at hypervisor0 bus 0
[     1.0000040] pci0: i/o space, memory space enabled
[     1.0000040] pchb0 at pci0 dev 0 function 0: Intel 82G35 Host Bridge (rev. 0x02)
[     1.0000040] vga0 at pci0 dev 2 function 0: Intel 82G35 VGA (rev. 0x02)
[     1.0000040] wm0 at pci0 dev 25 function 0, 64-bit DMA: Intel i82801I LAN (rev. 0x02)
[     1.0000040] ppb0 at pci0 dev 28 function 0: Intel 82801I PCI Express (rev. 0x02)
[     1.0000040] pci1 at ppb0 bus 18
[     1.0000040] pciback0 at pci1 dev 0 function 1: Intel i82574L (rev. 0x00)
[     1.0000040] re0 at pci1 dev 0 function 0: RealTek 8168
[     1.0000040] ahcisata0 at pci0 dev 31 function 2: Intel 82801I AHCI
[     1.0000040] atabus0 at ahcisata0 channel 0
[     1.0000040] vendor 8086 product 2930 (SMBus serial bus) at pci0 dev 31 function 3 not configured
[     2.0000040] wd0 at atabus0 drive 0
[     2.0000040] dk0 at wd0: "root", 4096 blocks at 64, type: ffs
[     2.0000040] raid0: Components: /dev/wd0a /dev/wd1a[**FAILED**]
[     2.0000040] boot device: wd0
"""
LISTED = """\
000:00:0: 0x29a08086 (0x06000002)
000:02:0: 0x29a28086 (0x03000002)
000:25:0: 0x10bd8086 (0x02000002)
000:28:0: 0x29408086 (0x06040002)
000:31:2: 0x29228086 (0x01060102)
000:31:3: 0x29308086 (0x0c050002)
018:00:0: 0x816810ec (0x02000003)
018:00:1: 0x10d38086 (0x02000000)
"""
SSH = {"SSH_CONNECTION": "10.0.2.2 4711 10.0.2.15 22"}


@pytest.fixture
def netbsd(tmp_path):
    probe = bare(tmp_path)
    probe.write("/var/run/dmesg.boot", MESSAGES)
    probe.command("/usr/sbin/pcictl pci0 list -n -b any", LISTED)
    probe.values["kern.root_device"] = "wd0"
    probe.write("/kern/xen/pci/0000:12:00.1", "vendor: 0x8086\nproduct: 0x10d3\nirq: 10\n")
    return probe


def needed(probe, environment=None):
    return _pci_functions.indispensable(probe, _pci_functions.read(probe), environment or {})


class TestNetBSD:
    def test_functions_are_counted_in_hexadecimal(self, netbsd):
        functions = _pci_functions.read(netbsd)
        assert functions.complete
        assert sorted(functions.found) == [
            "0000:00:00.0", "0000:00:02.0", "0000:00:19.0", "0000:00:1c.0", "0000:00:1f.2", "0000:00:1f.3",
            "0000:12:00.0", "0000:12:00.1",
        ]  # fmt: skip
        assert functions.as_dict("0000:00:1f.2") == {
            "bdf": "0000:00:1f.2", "vendor": "0x8086", "product": "0x2922", "class": "0x0106",
            "class_name": "SATA controller", "driver": "ahcisata0", "description": "Intel 82801I AHCI",
        }  # fmt: skip

    def test_drivers(self, netbsd):
        found = _pci_functions.read(netbsd).found
        assert {bdf: found[bdf].driver for bdf in found if found[bdf].driver} == {
            "0000:00:00.0": "pchb0", "0000:00:02.0": "vga0", "0000:00:19.0": "wm0", "0000:00:1c.0": "ppb0",
            "0000:12:00.0": "re0", "0000:12:00.1": "pciback0", "0000:00:1f.2": "ahcisata0",
        }  # fmt: skip
        assert found["0000:00:1f.3"].driver is None
        assert found["0000:00:19.0"].description == "Intel i82801I LAN (rev. 0x02)"

    def test_without_pcictl_the_list_is_not_complete(self, netbsd):
        netbsd.remove("/usr/sbin/pcictl")
        functions = _pci_functions.read(netbsd)
        assert not functions.complete
        assert functions.found["0000:12:00.1"].vendor == "0x8086"
        assert functions.found["0000:00:1f.2"].vendor is None

    def test_what_is_hidden(self, netbsd):
        assert _pci_netbsd.hidden(netbsd) == ["0000:12:00.1"]

    def test_the_root_disk_and_the_screen(self, netbsd):
        found = needed(netbsd, SSH)
        assert "root file system (wd0)" in found["0000:00:1f.2"][0]
        assert found["0000:00:02.0"] == ["it is the primary VGA"]
        assert "10.0.2.15" in found["0000:00:19.0"][0]
        assert set(found) == {"0000:00:1f.2", "0000:00:02.0", "0000:00:19.0"}

    @pytest.mark.parametrize("root", ["dk0", "raid0"])
    def test_a_root_disk_on_a_disk(self, netbsd, root):
        netbsd.values["kern.root_device"] = root
        assert "0000:00:1f.2" in needed(netbsd, SSH)

    def test_the_bridge_above_a_card_too(self, netbsd):
        netbsd.command("/sbin/ifconfig -a", WM0.replace("wm0", "re0"))
        assert {"0000:12:00.0", "0000:00:1c.0"} <= set(needed(netbsd, SSH))

    def test_without_a_known_connection_every_interface_with_an_address(self, netbsd):
        assert "every one with an address" in needed(netbsd)["0000:00:19.0"][0]

    def test_messages_of_the_running_kernel_when_none_were_kept(self, netbsd):
        netbsd.remove("/var/run/dmesg.boot")
        netbsd.command("/sbin/dmesg", MESSAGES)
        assert _pci_functions.read(netbsd).found["0000:00:19.0"].driver == "wm0"


class Linux:
    """A folder with the sysfs of a machine."""

    def __init__(self, root):
        self.probe = FakeProbe(root, Kernel("Linux", "debian", "6.1.0-amd64", "#1 SMP", "x86_64"))
        self.root = root

    def function(self, path, pci_class, driver=None, **files):
        """A function by its path below /sys/devices."""
        bdf = path.rpartition("/")[2]
        folder = f"/sys/devices/pci0000:00/{path}"
        for name, value in {"vendor": "0x8086", "device": "0x100e", "class": pci_class, **files}.items():
            self.probe.write(f"{folder}/{name}", value + "\n")
        self.link(f"/sys/bus/pci/devices/{bdf}", folder)
        if driver:
            self.probe.write(f"/sys/bus/pci/drivers/{driver}/new_id", "")
            self.link(f"{folder}/driver", f"/sys/bus/pci/drivers/{driver}")
            self.link(f"/sys/bus/pci/drivers/{driver}/{bdf}", folder)
        return folder

    def link(self, path, target):
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(os.path.relpath(self.root / target.lstrip("/"), place.parent), place)

    def interface(self, name, folder, addresses=()):
        self.probe.write(f"/sys/class/net/{name}/mtu", "1500\n")
        if folder:
            self.link(f"/sys/class/net/{name}/device", folder)
        return "".join(f"2: {name}    inet {address}/24 brd 10.0.2.255 scope global {name}\n" for address in addresses)


@pytest.fixture
def linux(tmp_path):
    host = Linux(tmp_path)
    disk = host.function("0000:00:01.0", "0x010000", "virtio-pci")
    card = host.function("0000:00:02.0", "0x020000", "e1000")
    host.function("0000:00:03.0", "0x030000", boot_vga="1")
    host.function("0000:00:05.0", "0x020000", "pciback")
    host.function("0000:00:09.0", "0x060400", "pcieport")
    other = host.function("0000:00:09.0/0000:01:00.0", "0x020000", "e1000e")
    host.probe.write(f"{disk}/virtio0/block/vda/vda1/dev", "254:1\n")
    host.link("/sys/dev/block/254:1", f"{disk}/virtio0/block/vda/vda1")
    host.probe.write("/proc/self/mountinfo", "1 0 254:1 / / rw,relatime - ext4 /dev/vda1 rw\n")
    text = "1: lo    inet 127.0.0.1/8 scope host lo\n" + host.interface("eth0", card)
    text += host.interface("eth1", other) + host.interface("xenbr0", None, ["10.0.2.15"])
    host.probe.write("/sys/class/net/xenbr0/brif/eth1/state", "3\n")
    host.probe.command("/usr/sbin/ip -o addr show", text)
    return host


class TestLinux:
    def test_functions(self, linux):
        functions = _pci_functions.read(linux.probe)
        assert functions.complete
        assert functions.as_dict("0000:01:00.0") == {
            "bdf": "0000:01:00.0", "vendor": "0x8086", "product": "0x100e", "class": "0x0200",
            "class_name": "Ethernet controller", "driver": "e1000e", "description": None,
        }  # fmt: skip
        assert functions.found["0000:00:03.0"].driver is None
        assert functions.found["0000:00:05.0"].driver == "pciback"

    def test_what_is_needed(self, linux):
        found = needed(linux.probe, SSH)
        assert set(found) == {"0000:00:01.0", "0000:00:03.0", "0000:00:09.0", "0000:01:00.0"}
        assert "(vda1)" in found["0000:00:01.0"][0]
        assert found["0000:00:03.0"] == ["it is the primary VGA"]
        assert found["0000:01:00.0"] == ["the SSH connection of this task comes in at 10.0.2.15, behind eth1"]

    def test_a_root_file_system_on_lvm(self, linux):
        linux.probe.write("/sys/devices/virtual/block/dm-0/dev", "253:0\n")
        linux.link("/sys/devices/virtual/block/dm-0/slaves/vda1", "/sys/dev/block/254:1")
        linux.link("/sys/dev/block/253:0", "/sys/devices/virtual/block/dm-0")
        linux.probe.write("/proc/self/mountinfo", "1 0 253:0 / / rw - ext4 /dev/mapper/vg-root rw\n")
        assert "0000:00:01.0" in needed(linux.probe, SSH)

    def test_a_root_file_system_with_a_number_of_its_own(self, linux):
        linux.link("/sys/class/block/vda1", "/sys/dev/block/254:1")
        linux.probe.write("/proc/self/mountinfo", "1 0 0:22 /@ / rw - btrfs /dev/vda1 rw\n")
        assert "0000:00:01.0" in needed(linux.probe, SSH)

    def test_without_a_known_connection_every_interface_with_an_address(self, linux):
        assert "cannot see which interface" in needed(linux.probe)["0000:01:00.0"][0]
