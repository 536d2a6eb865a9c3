# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Bridges of the host: what is in them, and what they will be after the next boot."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.bridge import _bridge
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _ifconfig
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg

SYS_CLASS_NET = "/sys/class/net"
_CONFIG_DIRS = ("/usr/pkg/etc/xen", "/etc/xen")


def interfaces(probe: Probe) -> dict[str, _ifconfig.Interface] | None:
    """All interfaces of a NetBSD host; None, with a warning, when ifconfig does not tell: every host has some."""
    text = probe.output("ifconfig", "-a")
    return None if text is None else _ifconfig.parse_interfaces(text)


def bridges(probe: Probe, present: dict[str, _ifconfig.Interface] | None) -> list[dict[str, Any]] | None:
    """Every bridge: ``name``, ``up``, ``mtu``, ``members``, and ``file``, the one that makes it at boot, or None.

    None, with a warning, when the host did not tell which there are: that is no host without bridges.

    :param present: ``interfaces``; not looked at for Linux.
    """
    if not probe.is_netbsd:
        return [_linux_bridge(probe, name) for name in probe.names(SYS_CLASS_NET) if _is_linux_bridge(probe, name)]
    if present is None:
        return None
    if not any(_bridge.NAME.match(name) for name in present):
        return []
    text = probe.output("brconfig", "-a")
    return None if text is None else _netbsd_bridges(probe, present, _bridge.parse(text))


def _netbsd_bridges(
    probe: Probe, present: dict[str, _ifconfig.Interface], found: dict[str, _bridge.Bridge]
) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "up": bridge.up,
            "mtu": present[name].mtu if name in present else None,
            "members": [_member(member, present) for member in bridge.member_names],
            "file": f"/etc/ifconfig.{name}" if probe.exists(f"/etc/ifconfig.{name}") else None,
        }
        for name, bridge in found.items()
    ]


def _member(name: str, present: dict[str, _ifconfig.Interface]) -> dict[str, Any]:
    return {
        "name": name,
        "mtu": present[name].mtu if name in present else None,
        "guest": _bridge.is_guest_interface(name),
    }


def _is_linux_bridge(probe: Probe, name: str) -> bool:
    return probe.exists(f"{SYS_CLASS_NET}/{name}/bridge")


def _linux_bridge(probe: Probe, name: str) -> dict[str, Any]:
    """Linux has one file a value (Documentation/ABI/testing/sysfs-class-net)."""
    folder = os.path.join(SYS_CLASS_NET, name)
    return {
        "name": name,
        "up": (probe.text(f"{folder}/operstate") or "").strip() == "up",
        "mtu": _mtu(probe, name),
        "members": [
            {"name": member, "mtu": _mtu(probe, member), "guest": member.startswith(("vif", "tap"))}
            for member in probe.names(f"{folder}/brif")
        ],
        "file": None,
    }


def _mtu(probe: Probe, name: str) -> int | None:
    text = (probe.text(f"{SYS_CLASS_NET}/{name}/mtu") or "").strip()
    return int(text) if text.isdigit() else None


def default_bridge(probe: Probe) -> str | None:
    """The bridge of a vif that names none, from xl.conf; None when it does not say (xl then takes xenbr0)."""
    for directory in _CONFIG_DIRS:
        text = probe.text(f"{directory}/xl.conf")
        if text is not None:
            try:
                document = _xlcfg.parse(text, f"{directory}/xl.conf")
            except XenError as error:
                probe.warn(error.message)
                return None
            value = document.get("vif.default.bridge") or document.get("defaultbridge")
            return value if isinstance(value, str) else None
    return None
