# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Virtual NUMA nodes: each is a list of ``key=value`` strings in xl.cfg, here a dictionary.

Source: parse_vnuma_config() in xen tools/xl/xl_parse.c. All four keys are mandatory (xl.cfg(5)).
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

OPTION = "vnuma"
KEYS = ("pnode", "size", "vcpus", "vdistances")


def parse(items: Sequence[str]) -> dict[str, Any]:
    """One node from its strings.

    :raises BadValue: an unknown key, or a value that xl would not take.
    """
    found: dict[str, Any] = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or key.strip() not in KEYS:
            raise BadValue(OPTION, item, f"not KEY=VALUE with a key of {', '.join(KEYS)}.")
        found[key.strip()] = value.strip()
    return from_dict(found)


def from_dict(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """``{"pnode": 0, "size": 512, "vcpus": "0-3", "vdistances": [10, 20]}``; size is MiB, or has a unit.

    :raises BadValue: as parse().
    """
    unknown = [key for key in mapping if key not in KEYS]
    missing = [key for key in KEYS if mapping.get(key) in (None, "")]
    if unknown or missing:
        raise BadValue(OPTION, dict(mapping), f"a virtual node has just these keys: {', '.join(KEYS)}.")
    distances = mapping["vdistances"]
    if isinstance(distances, (str, int)):
        distances = str(distances).split(",")
    return {
        "pnode": _values.whole_number(OPTION, mapping["pnode"]),
        "size": _values.memory_mib(OPTION, mapping["size"]),
        "vcpus": _values.cpus(OPTION, mapping["vcpus"]),
        "vdistances": [_values.whole_number(OPTION, distance) for distance in distances],
    }


def render(node: Mapping[str, Any]) -> list[str]:
    """The strings that xl.cfg has for a node."""
    distances = ",".join(map(str, node["vdistances"]))
    return [f"pnode={node['pnode']}", f"size={node['size']}", f"vcpus={node['vcpus']}", f"vdistances={distances}"]


def as_dict(node: Mapping[str, Any]) -> dict[str, Any]:
    """from_dict() gives the same node back."""
    return dict(node)


def from_live(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One of ``b_info.vnuma_nodes`` in libxl's JSON, where zeros are left out."""
    return {
        "pnode": entry.get("pnode", 0),
        "size": entry.get("memkb", 0) // 1024,
        "vcpus": _values.cpu_ranges(entry.get("vcpus", [])),
        "vdistances": entry.get("distances", []),
    }
