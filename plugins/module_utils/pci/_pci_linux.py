# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The PCI functions of a Linux host, out of sysfs.

Sources: Documentation/ABI/testing/sysfs-bus-pci (vendor, device, class, driver, boot_vga), proc(5) for
/proc/self/mountinfo.
"""

from __future__ import annotations

import os
import re
from typing import Iterator, Mapping

from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.pci._pci_model import Function

DEVICES = "/sys/bus/pci/devices"
# the driver of what guests can be given; drivers/xen/xen-pciback/pci_stub.c
PCIBACK = "/sys/bus/pci/drivers/pciback"
BDF = re.compile(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
_INET = re.compile(r"\d+: (?P<name>[^\s@]+)\S* +inet6? (?P<address>[^\s/]+)")


def functions(probe: Probe) -> dict[str, Function]:
    """All functions by BDF."""
    return {name: _function(probe, name) for name in probe.names(DEVICES) if BDF.fullmatch(name)}


def _function(probe: Probe, bdf: str) -> Function:
    folder = f"{DEVICES}/{bdf}"
    vendor, product, pci_class = (_value(probe, f"{folder}/{name}") for name in ("vendor", "device", "class"))
    driver = f"{folder}/driver"
    return Function(
        bdf,
        vendor,
        product,
        # the last two digits are the programming interface
        pci_class[:6] if pci_class else None,
        os.path.basename(_real(probe, driver)) if probe.exists(driver) else None,
    )


def hidden(probe: Probe) -> list[str]:
    """The functions that pciback holds, given to a guest or not."""
    return [name for name in probe.names(PCIBACK) if BDF.fullmatch(name)]


def indispensable(
    probe: Probe, found: Mapping[str, Function], environment: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Pairs of a BDF and why the host needs it."""
    for disk in _root_disks(probe):
        for bdf in _above(disk):
            yield bdf, f"the disk of the root file system ({os.path.basename(disk)}) is behind it"
    names, how = _interfaces_of_this_task(probe, environment)
    for name in names:
        for bdf in _above(_real(probe, f"/sys/class/net/{name}/device")):
            yield bdf, f"{how} {name}"
    for bdf in found:
        if _value(probe, f"{DEVICES}/{bdf}/boot_vga") == "1":
            yield bdf, "it is the primary VGA"


def _value(probe: Probe, path: str) -> str | None:
    text = probe.text(path)
    return text.strip() if text else None


def _real(probe: Probe, path: str) -> str:
    return os.path.realpath(probe.path(path))


def _above(path: str) -> list[str]:
    """The function that a device of sysfs belongs to, and the bridges above it."""
    return [part for part in path.split("/") if BDF.fullmatch(part)]


# -- the root file system


def _root_disks(probe: Probe) -> list[str]:
    """The real paths in sysfs of the disks under the root file system, through dm and md."""
    top = _root_device(probe)
    return sorted(_bottom(top)) if top else []


def _root_device(probe: Probe) -> str | None:
    for line in reversed((probe.text("/proc/self/mountinfo") or "").splitlines()):
        fields, _dash, rest = line.partition(" - ")
        words, sources = fields.split(), rest.split()
        if len(words) < 5 or words[4] != "/":
            continue
        path = f"/sys/dev/block/{words[2]}"
        if not probe.exists(path) and len(sources) > 1:
            # btrfs has a number of its own, and names its device
            path = f"/sys/class/block/{os.path.basename(sources[1])}"
        return _real(probe, path) if probe.exists(path) else None
    return None


def _bottom(disk: str) -> set[str]:
    try:
        slaves = os.listdir(os.path.join(disk, "slaves"))
    except OSError:
        slaves = []
    if not slaves:
        return {disk}
    return {found for name in slaves for found in _bottom(os.path.realpath(os.path.join(disk, "slaves", name)))}


# -- the network


def _interfaces_of_this_task(probe: Probe, environment: Mapping[str, str]) -> tuple[list[str], str]:
    """The interfaces that this task may come in on, those under bridges and bonds included, and how they were found.

    Without SSH_CONNECTION, which sudo takes away, that is every one with an address.
    """
    addresses = [_INET.match(line) for line in probe.lines("ip", "-o", "addr", "show")]
    by_name: dict[str, set[str]] = {}
    for match in addresses:
        if match and match.group("name") != "lo":
            by_name.setdefault(match.group("name"), set()).add(match.group("address"))
    words = environment.get("SSH_CONNECTION", "").split()
    server = words[2].partition("%")[0] if len(words) == 4 else ""
    carriers = [name for name, has in by_name.items() if server in has]
    if carriers:
        return _below(probe, carriers), f"the SSH connection of this task comes in at {server}, behind"
    return _below(probe, list(by_name)), "this task cannot see which interface it comes in on, and there is an address"


def _below(probe: Probe, names: list[str]) -> list[str]:
    found: list[str] = []
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.append(name)
        folder = f"/sys/class/net/{name}"
        todo += probe.names(f"{folder}/brif")
        todo += [each[len("lower_") :] for each in probe.names(folder) if each.startswith("lower_")]
    return found
