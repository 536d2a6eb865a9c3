# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The PCI functions of a NetBSD host: pcictl(8) for the numbers, the boot messages for drivers and what hangs on them.

Sources: usr.sbin/pcictl/pcictl.c scan_pci_list() (bus, device and function in decimal); the attach lines of
sys/kern/subr_autoconf.c with the locators of pci(4) (pci_print() and pcibusprint()), dk(4) and raid(4).
"""

from __future__ import annotations

import re
from typing import Iterator, Mapping, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.bridge import _bridgelink
from ansible_collections.netbsd.xen.plugins.module_utils.host import _ifconfig
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.pci._pci_model import VGA, Function

HIDDEN = "/kern/xen/pci"
# the boot messages of this boot, as rc.d/dmesg keeps them; the kernel's own buffer forgets
MESSAGES = "/var/run/dmesg.boot"
_LISTED = re.compile(r"(\d{3}):(\d{2}):(\d): 0x([0-9a-f]{4})([0-9a-f]{4}) \(0x([0-9a-f]{4})[0-9a-f]{4}\)")
_ATTACHED = re.compile(r"(?:\[[ \d.]+\] )?(?P<name>[a-z]\w*\d) at (?P<parent>[a-z]\w*\d)(?P<rest>.*)")
_BUS = re.compile(r" bus (\d+)")
# some drivers say more before their colon: "wm0 at pci0 dev 25 function 0, 64-bit DMA: Intel i82801I"
_PLACE = re.compile(r" dev (\d+) function (\d+)[^:]*(?:: (?P<description>.*))?")
_RAID = re.compile(r"(?:\[[ \d.]+\] )?(?P<name>raid\d+): Components:(?P<disks>.*)")
_FIELD = re.compile(r"^(vendor|product): (0x[0-9a-f]{4})", re.MULTILINE)


class Messages(NamedTuple):
    """The tree of devices, as the kernel told it at boot.

    :param parents: what a device hangs on, by name: ``{"wd0": ["atabus0"], "atabus0": ["ahcisata0"]}``.
    :param functions: BDF by the name of the device that drives it, with the kernel's description.
    """

    parents: dict[str, list[str]]
    functions: dict[str, tuple[str, str | None]]

    def function_of(self, device: str) -> set[str]:
        """The BDFs that a device hangs on, the bridges above it among them; for each disk of a raid(4)."""
        seen: set[str] = set()
        todo = [device]
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += self.parents.get(name, [])
        return {self.functions[name][0] for name in seen & set(self.functions)}


def parse_messages(text: str) -> Messages:
    """Read boot messages."""
    parents: dict[str, list[str]] = {}
    buses: dict[str, int] = {}
    places: dict[str, tuple[str, int, int, str | None]] = {}
    for line in text.splitlines():
        raid = _RAID.match(line)
        if raid:
            # a disk that has failed is marked: /dev/wd1a[**FAILED**]
            disks = [re.sub(r"[a-p]?(\[.*)?$", "", path.rpartition("/")[2]) for path in raid.group("disks").split()]
            parents[raid.group("name")] = disks
        match = _ATTACHED.match(line)
        if not match:
            continue
        name, parent, rest = match.group("name", "parent", "rest")
        parents[name] = [parent]
        bus, place = _BUS.match(rest), _PLACE.match(rest)
        if name.startswith("pci") and bus:
            buses[name] = int(bus.group(1))
        elif parent.startswith("pci") and place:
            places[name] = (parent, int(place.group(1)), int(place.group(2)), place.group("description"))
    functions = {
        name: (f"0000:{buses[parent]:02x}:{device:02x}.{function}", description)
        for name, (parent, device, function, description) in places.items()
        if parent in buses
    }
    return Messages(parents, functions)


def functions(probe: Probe) -> tuple[dict[str, Function], bool]:
    """All functions by BDF, and whether these are all."""
    listed = _listed(probe)
    found = dict(listed)
    for name, (bdf, description) in messages(probe).functions.items():
        found[bdf] = found.get(bdf, Function(bdf))._replace(driver=name, description=description)
    for bdf in probe.names(HIDDEN):
        fields = dict(_FIELD.findall(probe.text(f"{HIDDEN}/{bdf}") or ""))
        found[bdf] = found.get(bdf, Function(bdf))._replace(**fields)
    return found, bool(listed)


def _listed(probe: Probe) -> dict[str, Function]:
    """What ``pcictl`` lists: functions that no driver has taken are among it."""
    found = {}
    for line in probe.lines("pcictl", "pci0", "list", "-n", "-b", "any"):
        match = _LISTED.match(line)
        if match:
            bus, device, function, product, vendor, pci_class = match.groups()
            bdf = f"0000:{int(bus):02x}:{int(device):02x}.{function}"
            found[bdf] = Function(bdf, f"0x{vendor}", f"0x{product}", f"0x{pci_class}")
    return found


def messages(probe: Probe) -> Messages:
    """The boot messages of this boot."""
    text = probe.text(MESSAGES)
    return parse_messages(text if text else "\n".join(probe.lines("dmesg")))


def hidden(probe: Probe) -> list[str]:
    """The functions that pciback(4) holds, given to a guest or not."""
    return probe.names(HIDDEN)


def indispensable(
    probe: Probe, found: Mapping[str, Function], environment: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Pairs of a BDF and why the host needs it."""
    tree = messages(probe)
    disk = probe.sysctl("kern.root_device").get("kern.root_device", "")
    for bdf in sorted(tree.function_of(disk)):
        yield bdf, f"the disk of the root file system ({disk}) is behind it"
    interfaces = _ifconfig.parse_interfaces("\n".join(probe.lines("ifconfig", "-a")))
    link = _bridgelink.find(environment, interfaces, {})
    for name in sorted(link.interfaces):
        for bdf in sorted(tree.function_of(name)):
            yield bdf, f"{name} is behind it: {link.reason}"
    # wsdisplay(4) does not say which one has the console; firmware takes the first
    screens = sorted(bdf for bdf, function in found.items() if function.pci_class == VGA)
    if screens:
        yield screens[0], "it is the primary VGA"
