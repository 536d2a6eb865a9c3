# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""LVM: what lvm(8) says of groups and volumes, and its command lines.

Every command goes through ``lvm COMMAND``: NetBSD installs the one program /sbin/lvm and no links to it
(external/gpl2/lvm2/sbin/lvm/Makefile). NetBSD's is LVM2 2.02 of 2009, so no JSON, and nothing of what came later.
"""

from __future__ import annotations

import platform
import re
from typing import NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _host

DEV = "/dev"
PROGRAM = "lvm"
# lvm(8), "Valid names"
_NAME = re.compile(r"[a-zA-Z0-9+_.][a-zA-Z0-9+_.-]*")
_GROUP = re.compile(r"([^:]*):([0-9]{1,20}):([0-9]{1,20})")
_VOLUME = re.compile(r"([^:]*):([^:]*):([0-9]{1,20}):([^:]*):([^:]*)")
_REPORT = ("--noheadings", "--nosuffix", "--units", "b", "--separator", ":")
_SECONDS = 300.0


class Volume(NamedTuple):
    """A logical volume.

    :param size: bytes.
    :param attributes: ``lv_attr`` of lvs(8): ``-wi-ao----``.
    :param origin: of a snapshot, the volume that it was taken of; else empty.
    """

    group: str
    name: str
    size: int
    attributes: str
    origin: str = ""

    @property
    def is_open(self) -> bool:
        """Somebody has it open: a guest, a mount, dom0's swap."""
        return self.attributes[5:6] == "o"

    @property
    def is_thin(self) -> bool:
        return self.attributes[:1] == "V"


class Group(NamedTuple):
    """A volume group; sizes in bytes."""

    name: str
    extent: int
    free: int

    def extents(self, size: int) -> int:
        """How many extents hold ``size`` bytes."""
        return -(-size // self.extent)

    def rounded(self, size: int) -> int:
        """The size that a volume of at least ``size`` bytes gets."""
        return self.extents(size) * self.extent


class Commands:
    """Command lines as lists, with no effect of their own. Sizes are extents, which every version counts alike."""

    @staticmethod
    def create(group: str, name: str, extents: int) -> list[str]:
        """``--yes``: wipe what looks like a file system from an earlier volume; NetBSD's version never asks."""
        answer = [] if platform.system() == "NetBSD" else ["--yes"]
        return ["lvm", "lvcreate", *answer, "-l", str(extents), "-n", name, group]

    @staticmethod
    def snapshot(group: str, origin: str, name: str, extents: int) -> list[str]:
        return ["lvm", "lvcreate", "--yes", "-s", "-l", str(extents), "-n", name, f"{group}/{origin}"]

    @staticmethod
    def merge(group: str, snapshot: str) -> list[str]:
        """The origin gets what the snapshot says, and the snapshot is gone: lvconvert(8). It looks each second."""
        return ["lvm", "lvconvert", "--merge", "--interval", "1", f"{group}/{snapshot}"]

    @staticmethod
    def extend(group: str, name: str, extents: int) -> list[str]:
        return ["lvm", "lvextend", "-l", str(extents), f"{group}/{name}"]

    @staticmethod
    def rename(group: str, old: str, new: str) -> list[str]:
        return ["lvm", "lvrename", group, old, new]

    @staticmethod
    def remove(group: str, name: str) -> list[str]:
        """``-f`` answers the question whether; a volume in use is refused all the same."""
        return ["lvm", "lvremove", "-f", f"{group}/{name}"]


def path(group: str, name: str) -> str:
    """The device of a volume."""
    return f"{DEV}/{group}/{name}"


def split_path(device: str) -> tuple[str, str] | None:
    """``/dev/vg0/web`` or ``/dev/mapper/vg0-web`` -> (``vg0``, ``web``); None for any other path.

    In names of the device mapper a dash inside a name is doubled (libdm's dm_build_dm_name).
    """
    if not device.startswith(f"{DEV}/"):
        return None
    found = device[len(DEV) + 1 :].split("/")
    if found[0] == "mapper" and len(found) == 2:
        found = [name.replace("--", "-") for name in re.split(r"(?<!-)-(?!-)", found[1])]
    if len(found) != 2 or not all(map(_NAME.fullmatch, found)):
        return None
    return found[0], found[1]


def parse_groups(text: str) -> dict[str, Group]:
    """`lvm vgs -o vg_name,vg_extent_size,vg_free` -> groups by name."""
    return {row[0]: Group(row[0], int(row[1]), int(row[2])) for row in _rows(_GROUP, text)}


def parse_volumes(text: str) -> dict[tuple[str, str], Volume]:
    """`lvm lvs -o vg_name,lv_name,lv_size,lv_attr,origin` -> volumes by group and name."""
    rows = _rows(_VOLUME, text)
    return {(row[0], row[1]): Volume(row[0], row[1], int(row[2]), row[3], row[4]) for row in rows}


def _rows(pattern: re.Pattern[str], text: str) -> list[tuple[str, ...]]:
    """:raises XenError: a line that is no row; guessing at it could hide a volume."""
    rows = []
    for line in text.split("\n"):
        match = pattern.fullmatch(line.strip())
        if match:
            rows.append(match.groups())
        elif line.strip():
            raise XenError(f"lvm printed a line that is not understood: {line!r}.")
    return rows


class Lvm:
    """Reads groups and volumes, each once, and runs commands."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] | None = None
        self._volumes: dict[tuple[str, str], Volume] | None = None

    def group(self, name: str) -> Group:
        """:raises HostError: there is no such group on this host."""
        if self._groups is None:
            self._groups = parse_groups(self._report("vgs", "vg_name,vg_extent_size,vg_free"))
        if name not in self._groups:
            known = ", ".join(sorted(self._groups)) or "none at all"
            raise HostError(
                f"There is no volume group {name} on this host; there is: {known}. "
                "A disk below /dev is a volume, /dev/GROUP/VOLUME; everything else is a file.",
                error_id="no_volume_group",
            )
        return self._groups[name]

    def volume(self, group: str, name: str) -> Volume | None:
        if self._volumes is None:
            self._volumes = parse_volumes(self._report("lvs", "vg_name,lv_name,lv_size,lv_attr,origin"))
        return self._volumes.get((group, name))

    def snapshots_of(self, group: str, name: str) -> list[str]:
        """Names of the LVM snapshots of a volume, which go when it goes."""
        self.volume(group, name)
        volumes = (self._volumes or {}).values()
        return sorted(each.name for each in volumes if (each.group, each.origin) == (group, name))

    def forget(self) -> None:
        """Read anew at the next question."""
        self._groups = self._volumes = None

    def run(self, command: Sequence[str]) -> _command.Result:
        """Run one of ``Commands``.

        :raises CommandError: it failed, with all that it said.
        """
        program = _host.find_program(PROGRAM)
        if not program:
            raise HostError(
                "lvm is not installed on this host, so it has no volumes. On Debian it is the package lvm2; NetBSD has "
                "it in its base system.",
                error_id="lvm_missing",
            )
        result = _command.run([program, *command[1:]], _SECONDS)
        if result.rc != 0:
            said = (result.stderr or result.stdout).strip()
            raise CommandError(
                f"`{' '.join(command)}` failed with exit code {result.rc}: {said}", command, result.rc, *result[1:]
            )
        return result

    def _report(self, what: str, columns: str) -> str:
        return self.run(["lvm", what, *_REPORT, "-o", columns]).stdout
