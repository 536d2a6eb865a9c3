# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The device nodes that a dom0 needs: what they must be, and what they are.

Sources: sys/arch/{amd64,i386}/conf/majors.* (the same numbers on both), etc/MAKEDEV.tmpl (xenevt, xencons, xsd_kva;
disks with 16 partitions whose upper eight begin at minor 524288), etc/etc.{amd64,i386}/MAKEDEV.conf (``xen``).

/dev/xenevt and /dev/xencons exist on every NetBSD that ran ``MAKEDEV all``: they say nothing of Xen being there.
"""

from __future__ import annotations

import os
import re
import stat
from typing import Callable, NamedTuple

DEV = "/dev"
CHARACTER = "character"
BLOCK = "block"
# the script `block` of the Xen tools takes the first free /dev/vndNd of `ls /dev/vnd[0-9]*d`
_VND_NAME = re.compile(r"vnd(\d+)d\Z")
_VND_BLOCK, _VND_CHARACTER = 14, 41
_PARTITIONS_LOW = "abcdefgh"
_PARTITIONS_HIGH = "ijklmnop"
_HIGH_OFFSET = 524288


class Node(NamedTuple):
    """A device node as it must be.

    :param kind: ``character`` or ``block``.
    :param target: what to tell MAKEDEV to get it: ``xen``, ``vnd4``.
    """

    name: str
    kind: str
    major: int
    minor: int
    target: str

    @property
    def path(self) -> str:
        return f"{DEV}/{self.name}"

    def describe(self) -> str:
        return f"{self.kind} {self.major},{self.minor}"


class Found(NamedTuple):
    """What is at the place of a node: ``kind`` is ``missing``, ``character``, ``block`` or ``other``."""

    kind: str
    major: int = 0
    minor: int = 0
    mode: int = 0

    def describe(self) -> str:
        if self.kind in (CHARACTER, BLOCK):
            return f"{self.kind} {self.major},{self.minor}"
        return "missing" if self.kind == "missing" else "no device node"

    def is_as(self, node: Node) -> bool:
        return (self.kind, self.major, self.minor) == (node.kind, node.major, node.minor)


# xsd_kva is how libxenstore reaches a xenstored in the kernel's keeping; 141 is xenevt's major
XEN_NODES = (
    Node("xenevt", CHARACTER, 141, 0, "xen"),
    Node("xsd_kva", CHARACTER, 141, 1, "xen"),
    Node("xencons", CHARACTER, 143, 0, "xen"),
)


def vnd_nodes(unit: int) -> list[Node]:
    """The nodes of one vnd(4): 16 partitions, block and raw."""
    nodes = []
    for first, letters in ((0, _PARTITIONS_LOW), (_HIGH_OFFSET, _PARTITIONS_HIGH)):
        for index, letter in enumerate(letters):
            minor = first + unit * 8 + index
            nodes.append(Node(f"vnd{unit}{letter}", BLOCK, _VND_BLOCK, minor, f"vnd{unit}"))
            nodes.append(Node(f"rvnd{unit}{letter}", CHARACTER, _VND_CHARACTER, minor, f"vnd{unit}"))
    return nodes


def wanted(vnds: int, xen: bool = True) -> list[Node]:
    """All nodes of a dom0 with so many vnd devices, vnd0 to vnd(N-1)."""
    nodes = list(XEN_NODES) if xen else []
    for unit in range(vnds):
        nodes += vnd_nodes(unit)
    return nodes


def look(path: str) -> Found:
    """What is at ``path``. A link is not followed: MAKEDEV makes none."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return Found("missing")
    mode = stat.S_IMODE(status.st_mode)
    for kind, test in ((CHARACTER, stat.S_ISCHR), (BLOCK, stat.S_ISBLK)):
        if test(status.st_mode):
            return Found(kind, os.major(status.st_rdev), os.minor(status.st_rdev), mode)
    return Found("other", mode=mode)


def differing(nodes: list[Node], looker: Callable[[str], Found] = look) -> list[tuple[Node, Found]]:
    """The nodes that are not as they must be, with what is there."""
    seen = [(node, looker(node.path)) for node in nodes]
    return [(node, found) for node, found in seen if not found.is_as(node)]


def targets(nodes: list[tuple[Node, Found]]) -> list[str]:
    """What to tell MAKEDEV to get these nodes, each once, in order."""
    return list(dict.fromkeys(node.target for node, _found in nodes))


def vnd_units(directory: str = DEV) -> list[int]:
    """The vnd devices that have a node which the Xen tools can use, ``vndNd``."""
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    return sorted(int(match.group(1)) for match in map(_VND_NAME.match, names) if match)
