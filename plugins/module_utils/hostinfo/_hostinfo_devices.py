# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Device nodes, /kern, vnd(4) and the PCI devices that are kept from the dom0.

Sources: etc/MAKEDEV.tmpl, sys/arch/xen/xen/pciback.c (a file for each hidden device under /kern/xen/pci), the Xen
tools' script ``block`` (which vnds it takes: nodes /dev/vndNd minus those in hw.disknames).
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.host import _devnodes, _fstab
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe

PCI = "/kern/xen/pci"
_FIELD = re.compile(r"^(vendor|product): (0x[0-9a-f]{4})", re.MULTILINE)
_VND = re.compile(r"vnd(\d+)\Z")


def nodes(probe: Probe) -> list[dict[str, Any]]:
    """The nodes that a dom0 needs: ``path``, ``wanted`` and ``found`` (``character 141,0``), ``ok``."""
    found = [(node, probe.node(node.path)) for node in _devnodes.XEN_NODES]
    return [
        {"path": node.path, "wanted": node.describe(), "found": there.describe(), "ok": there.is_as(node)}
        for node, there in found
    ]


def kernfs(probe: Probe, mounts: list[_fstab.Mount]) -> dict[str, Any]:
    """``in_fstab``, ``mounted``, and ``privcmd``: whether the privileged interface of a dom0 is there."""
    entry = _fstab.find(_fstab.parse(probe.text(_fstab.FSTAB) or ""), "/kern", "kernfs")
    return {
        "in_fstab": entry is not None and "noauto" not in entry.options,
        "mounted": any(mount.file == "/kern" and mount.type == "kernfs" for mount in mounts),
        "privcmd": probe.exists("/kern/xen/privcmd"),
    }


def mounts(probe: Probe) -> list[_fstab.Mount]:
    """All that is mounted."""
    return _fstab.parse_mounts("\n".join(probe.lines("mount")))


def vnd(probe: Probe, values: dict[str, str]) -> dict[str, Any]:
    """Numbers of the vnds that have nodes, of those in use, and of those that a new disk image can have."""
    units = _devnodes.vnd_units(probe.path(_devnodes.DEV))
    attached = [_VND.match(name) for name in values.get("hw.disknames", "").split()]
    used = sorted(int(match.group(1)) for match in attached if match)
    return {"nodes": units, "used": used, "free": [unit for unit in units if unit not in used]}


def pciback(probe: Probe) -> list[dict[str, Any]]:
    """The devices that pciback.hide= has kept from the dom0 at boot."""
    devices = []
    for name in probe.names(PCI):
        fields = dict(_FIELD.findall(probe.text(f"{PCI}/{name}") or ""))
        devices.append({"bdf": name, "vendor": fields.get("vendor"), "product": fields.get("product")})
    return devices
