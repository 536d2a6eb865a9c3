# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Preflight checks 14 to 20 and 22: the guests that this host starts, and what they need of it."""

from __future__ import annotations

import re
from typing import Any, Iterator

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot_rules
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import at
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._hostinfo_boot import pciback_of
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._preflight_model import (
    ERROR,
    WARNING,
    Check,
    DiskFile,
    Facts,
    Finding,
)

# of the size in dom0_mem=512M,max:1G; without a letter it is in KiB
_DOM0_MEM = re.compile(r"(?:^|,)(?:min:|max:)?(\d+)([bkmgt]?)(?=,|$)", re.IGNORECASE)
_BYTES = {"b": 1, "k": 1024, "": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
# xentools420: MESSAGE of xenkernel418 and 420: "32bits PV guests are not officially supported any more"
_FIRST_64BIT_ONLY = (4, 18)


def _vnd_short(facts: Facts) -> Iterator[Finding]:
    """One vnd for each disk image: script ``block`` of the Xen tools."""
    if not facts.is_netbsd:
        return
    starting = {guest.name: guest for guest in facts.starting}
    images = [disk for disk in facts.disks if disk.guest in starting and disk.kind == "file" and not disk.has_script]
    nodes = len(facts.vnd["nodes"])
    if len(images) > nodes:
        yield Finding(f"The guests that start at boot have {len(images)} disk images, and there are {nodes} vnd nodes.")
        return
    running = facts.running["domains"]
    if running is None:
        return
    waiting = [disk for disk in images if str(starting[disk.guest].values.get("name", disk.guest)) not in running]
    free = len(facts.vnd["free"])
    if len(waiting) > free:
        yield Finding(f"Guests that do not run have {len(waiting)} disk images, and {free} vnds are free.")


def _bridged(facts: Facts) -> Iterator[tuple[str, Any]]:
    """Every vif that the script vif-bridge puts into a bridge, with its guest's name."""
    if facts.row is not None and facts.row.toolstack == "xm":
        return
    for guest in facts.starting:
        for vif in guest.values.get("vifs", []):
            if (vif.script is None or vif.script.endswith("vif-bridge")) and not vif.gatewaydev:
                yield guest.name, vif


def _bridge_missing(facts: Facts) -> Iterator[Finding]:
    if facts.bridges is None:
        return
    present = {bridge["name"] for bridge in facts.bridges}
    missing: dict[str, list[str]] = {}
    for name, vif in _bridged(facts):
        bridge = vif.bridge or facts.default_bridge
        if bridge and bridge not in present:
            missing.setdefault(bridge, []).append(name)
    for bridge, names in missing.items():
        yield Finding(
            f"The bridge {bridge} does not exist, and {', '.join(dict.fromkeys(names))} want to be in it.",
            f"Make it: /etc/ifconfig.{bridge} and `ifconfig {bridge} create` (netbsd.xen.xen_network).",
        )


def _bridge_not_named(facts: Facts) -> Iterator[Finding]:
    if facts.default_bridge is None and facts.is_netbsd:
        for name in dict.fromkeys(name for name, vif in _bridged(facts) if not vif.bridge):
            yield Finding(f"A vif of {name} names no bridge, and xl.conf has no vif.default.bridge.")


def _used_bridges(facts: Facts) -> Iterator[dict[str, Any]]:
    used = {vif.bridge or facts.default_bridge for _name, vif in _bridged(facts)} | {facts.default_bridge}
    return (bridge for bridge in facts.bridges or [] if bridge["name"] in used)


def _bridge_without_member(facts: Facts) -> Iterator[Finding]:
    for bridge in _used_bridges(facts):
        if all(member["guest"] for member in bridge["members"]):
            yield Finding(f"{bridge['name']} has no interface of the host in it.")


def _bridge_mtu(facts: Facts) -> Iterator[Finding]:
    for bridge in _used_bridges(facts):
        for member in bridge["members"]:
            if None not in (member["mtu"], bridge["mtu"]) and member["mtu"] != bridge["mtu"]:
                yield Finding(
                    f"{bridge['name']} has the MTU {bridge['mtu']}, and its member {member['name']} {member['mtu']}."
                )


def _config_syntax(facts: Facts) -> Iterator[Finding]:
    for guest in facts.guests:
        if guest.autostart and guest.syntax:
            yield Finding(guest.syntax)


def _config_value(facts: Facts) -> Iterator[Finding]:
    for guest in facts.starting:
        for problem in guest.problems:
            yield Finding(f"{guest.path}: {problem}")


def _disk_unusable(facts: Facts) -> Iterator[Finding]:
    """A disk with a script of its own may be anything."""
    for disk in facts.disks:
        if not disk.autostart or disk.has_script:
            continue
        where = f"{disk.path}, a disk of {disk.guest},"
        if disk.kind == "missing":
            yield Finding(f"{where} does not exist.", "Make it, or correct the config file.")
        elif disk.kind == "character":
            yield Finding(f"{where} is a character device.", "Name the block device (/dev/wd0e for /dev/rwd0e).")
        elif disk.kind == "other":
            yield Finding(f"{where} is neither a file nor a block device.", "Correct the config file.")


def _disk_shared(facts: Facts) -> Iterator[Finding]:
    users: dict[str, list[DiskFile]] = {}
    for disk in facts.disks:
        if disk.kind in ("file", "block"):
            users.setdefault(disk.real, []).append(disk)
    for path, disks in users.items():
        guests = list(dict.fromkeys(disk.guest for disk in disks))
        if len(guests) > 1 and any(disk.writable for disk in disks):
            both = sum(disk.autostart for disk in disks) > 1
            yield Finding(
                f"{path} is a disk of {' and of '.join(guests)}, and not all have it read-only.",
                severity=ERROR if both else WARNING,
            )


def _disk_mounted(facts: Facts) -> Iterator[Finding]:
    for disk in facts.disks:
        if disk.mounted and disk.writable:
            yield Finding(
                f"{disk.path}, a disk of {disk.guest}, is mounted in the dom0.",
                severity=ERROR if disk.autostart else WARNING,
            )


def _shutdown_unheeded(facts: Facts) -> Iterator[Finding]:
    for name in facts.unheeded:
        yield Finding(f"{name} was asked to shut down, and still runs.")


def _pci_with_xl(facts: Facts) -> Iterator[Finding]:
    if facts.is_netbsd and facts.row is not None and facts.row.toolstack == "xl":
        for guest in facts.starting:
            if guest.values.get("pci"):
                yield Finding(f"{guest.path} passes a PCI device to {guest.name}.")


def _pciback_not_hidden(facts: Facts) -> Iterator[Finding]:
    document, name = facts.menu.document, facts.boot["running_entry"]
    if document is None or name is None or not facts.running["dom0"] or not facts.kernfs["mounted"]:
        return
    entry = next((each for each in document.entries if each.text == name), None)
    hidden = [device["bdf"] for device in facts.pciback]
    for bdf in pciback_of(entry) if entry else []:
        if bdf not in hidden:
            yield Finding(f"{bdf} is in pciback.hide of {name!r}, and is not in /kern/xen/pci.")


def dom0_memory(facts: Facts) -> int | None:
    """What the dom0 has or will have, in MiB; None when it is not limited."""
    if facts.running["dom0"] and facts.memory["dom0"] is not None:
        return int(facts.memory["dom0"])
    document = facts.menu.document
    entry = at(document.entries, document.default) if document else None
    value = _boot_rules.argument(entry.hypervisor, "dom0_mem") if entry and entry.hypervisor else None
    match = _DOM0_MEM.search(value or "")
    return int(match.group(1)) * _BYTES[match.group(2).lower()] // 1024**2 if match else None


def _memory_short(facts: Facts) -> Iterator[Finding]:
    total, dom0 = facts.memory["total"], dom0_memory(facts)
    wanted = [int(guest.values.get("memory") or 0) for guest in facts.starting]
    if total is None or not wanted:
        return
    if sum(wanted) + (dom0 or 0) > total:
        yield Finding(
            f"The guests that start at boot want {sum(wanted)} MiB and the dom0 has {dom0 or 'any number of'} MiB, "
            f"of {total} MiB."
        )


def _guest_32bit(facts: Facts) -> Iterator[Finding]:
    if facts.row is None or _number(facts.row.version) < _FIRST_64BIT_ONLY:
        return
    for guest in facts.starting:
        if guest.name in facts.guests_32bit:
            yield Finding(f"The kernel of {guest.name} is a 32-bit one, and {guest.name} is a PV guest.")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


CHECKS = (
    Check(
        "vnd_nodes_short", 14, ERROR,
        "Each disk image needs a vnd(4) of its own, and a guest that finds none is not started.",
        "Make more: cd /dev && sh MAKEDEV vnd4 vnd5 (xen_devices_vnd of netbsd.xen.xen_devices).",
        _vnd_short,
    ),
    Check(
        "bridge_missing", 15, ERROR,
        "The script vif-bridge fails without its bridge, and then the guest is not started.",
        "Make it (netbsd.xen.xen_network).",
        _bridge_missing,
    ),
    Check(
        "bridge_not_named", 15, ERROR,
        "xl then takes xenbr0, a name that no bridge of NetBSD can have.",
        "Set vif.default.bridge in xl.conf (netbsd.xen.xen_network), or bridge= in the vif.",
        _bridge_not_named,
    ),
    Check(
        "bridge_without_member", 15, WARNING,
        "Guests in it reach each other only.",
        "Add one, unless this is meant: brconfig BRIDGE add INTERFACE (NetBSD, netbsd.xen.xen_network), or "
        "ip link set INTERFACE master BRIDGE (Linux).",
        _bridge_without_member,
    ),
    Check(
        "bridge_mtu", 15, WARNING,
        "All interfaces of a bridge must have the same MTU (bridge(4), BUGS): large frames are lost.",
        "Give all the same MTU (netbsd.xen.xen_network).",
        _bridge_mtu,
    ),
    Check(
        "domain_config_syntax", 16, ERROR,
        "The toolstack refuses the whole file, and the guest is not started.",
        "Correct the line that is named, or write the file with netbsd.xen.xen_domain.",
        _config_syntax,
    ),
    Check(
        "domain_config_value", 16, WARNING,
        "xl may refuse it when the guest is started.",
        "Correct it, or write the file with netbsd.xen.xen_domain.",
        _config_value,
    ),
    Check(
        "disk_unusable", 17, ERROR,
        "The toolstack takes files and block devices only, and they must be there when the guest is started.",
        "Correct the config file.",
        _disk_unusable,
    ),
    Check(
        "disk_shared", 17, ERROR,
        "Two guests that write to one file system destroy it.",
        "Give each its own disk, or all of them read-only access.",
        _disk_shared,
    ),
    Check(
        "disk_mounted", 17, ERROR,
        "A guest and the dom0 that write to one file system destroy it.",
        "Unmount it, or give the guest read-only access.",
        _disk_mounted,
    ),
    Check(
        "shutdown_unheeded", 18, WARNING,
        "A guest heeds the toolstack only when something in it does: in NetBSD that is powerd(8).",
        "Set powerd=YES in the guest's rc.conf; destroy it if it must go now.",
        _shutdown_unheeded,
    ),
    Check(
        "pci_with_xl", 19, ERROR,
        "xl looks for the device under /sys, which NetBSD has not: the guest is not started (libxl_pci.c).",
        "Take pci= out of the config; only xm of Xen 3.1 can pass devices on.",
        _pci_with_xl,
    ),
    Check(
        "pciback_not_hidden", 19, WARNING,
        "The dom0 keeps a device that a guest shall have.",
        "Look at the boot messages of the dom0 for pciback, and at the BDF.",
        _pciback_not_hidden,
    ),
    Check(
        "memory_short", 20, ERROR,
        "The guests that are started last do not start.",
        "Give the guests or the dom0 (dom0_mem) less memory.",
        _memory_short,
    ),
    Check(
        "guest_32bit", 22, WARNING,
        "Xen 4.18 and later do not support 32-bit PV guests.",
        "Set type = \"pvh\" (NetBSD 10 and later), or pvshim = 1 with type = \"pvh\" for an older kernel.",
        _guest_32bit,
    ),
)  # fmt: skip
