# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Disks of guests as things of the dom0: an image file or an LVM volume, where it is, and what is there."""

from __future__ import annotations

import os
import platform
import stat
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _lvm

FILE = "file"
VOLUME = "volume"


class Place(NamedTuple):
    """Where a disk is, or shall be. ``group`` and ``volume`` are the names of a volume, empty for a file."""

    path: str
    kind: str
    group: str = ""
    volume: str = ""


class Found(NamedTuple):
    """A disk that exists; sizes in bytes.

    :param allocated: what it takes of the file system; for a volume, its size.
    :param mode: permission bits, uid and gid of a file; None for a volume.
    """

    size: int
    allocated: int
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    thin: bool = False

    @property
    def sparse(self) -> bool:
        return self.allocated < self.size


class Room(NamedTuple):
    """What there is space for.

    :param free: bytes free in the file system or the volume group.
    :param group: the volume group, for a volume.
    :param leftover: a volume of that temporary name is there: a task was killed while it made this one.
    :param tells: the back end tells running guests of a volume that it has grown.
    """

    free: int
    group: _lvm.Group | None = None
    leftover: bool = False
    tells: bool = False


def place_of(option: str, value: Any) -> Place:
    """The place that a path means; nothing is looked at.

    :raises BadValue: not a whole path, or a device that is no volume: those are there, or they are not.
    """
    given = _values.absolute_path(option, value)
    if not given or given.endswith("/") or "\n" in given or "\0" in given:
        raise BadValue(option, value, "not the path of a disk.")
    path = os.path.normpath(given)
    if not path.startswith(f"{_lvm.DEV}/"):
        return Place(path, FILE)
    names = _lvm.split_path(path)
    if names is None:
        raise BadValue(
            option,
            value,
            "neither an image file nor an LVM volume (/dev/GROUP/VOLUME). Whole disks, partitions and vnds are not "
            "made or removed here; name them in the disks of a domain as they are.",
        )
    return Place(_lvm.path(*names), VOLUME, *names)


def look(option: str, place: Place, lvm: _lvm.Lvm) -> Found | None:
    """What is there, None when nothing is.

    :raises BadValue: something that is no disk: a folder, a link, a device among the files.
    """
    if place.kind == VOLUME:
        lvm.group(place.group)
        volume = lvm.volume(place.group, place.volume)
        return Found(volume.size, volume.size, thin=volume.is_thin) if volume else None
    try:
        status = os.lstat(place.path)
    except FileNotFoundError:
        _require_folder(option, place.path)
        return None
    except OSError as error:
        raise XenError(f"{option}: cannot look at {place.path}: {error.strerror}.") from error
    if stat.S_ISLNK(status.st_mode):
        raise BadValue(option, place.path, f"a symbolic link to {os.path.realpath(place.path)}; name that.")
    if not stat.S_ISREG(status.st_mode):
        raise BadValue(option, place.path, "it exists and is not a file.")
    allocated = status.st_blocks * 512  # st_blocks counts in 512 everywhere: stat(2)
    return Found(status.st_size, allocated, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)


def _require_folder(option: str, path: str) -> None:
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise BadValue(option, path, f"the directory {folder} does not exist; create it first.")


class Rooms:
    """The space that is left, while several disks are planned that take some of it, one after the other."""

    def __init__(self, lvm: _lvm.Lvm) -> None:
        self.lvm = lvm
        self._taken: dict[Any, int] = {}

    def of(self, place: Place) -> Room:
        """What there is space for at this place."""
        taken = self._taken.get(self._where(place), 0)
        if place.kind == FILE:
            return Room(_free_bytes(place.path) - taken)
        group = self.lvm.group(place.group)
        leftover = self.lvm.volume(place.group, partial_volume(place.volume))
        free = group.free - taken + (leftover.size if leftover else 0)
        return Room(free, group, leftover is not None, tells=platform.system() == "Linux")

    def take(self, place: Place, count: int) -> None:
        """So many bytes are spoken for; fewer than none, when a disk goes."""
        where = self._where(place)
        self._taken[where] = self._taken.get(where, 0) + count

    def _where(self, place: Place) -> Any:
        return place.group or os.stat(os.path.dirname(place.path)).st_dev


def partial_volume(name: str) -> str:
    """The name of a volume until it has its content."""
    return f"{name}.partial"


def _free_bytes(path: str) -> int:
    """What the file system of a file that is or will be there has left for root."""
    status = os.statvfs(os.path.dirname(path))
    return status.f_bfree * status.f_frsize
