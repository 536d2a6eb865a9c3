# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a task on many domains needs of its host, all of it together, held against what the host has.

Each domain by itself may fit where all of them do not. So this is looked at before the first change, with what the same
task sets free counted in.
"""

from __future__ import annotations

import itertools
import os
import platform
import re
import stat
from typing import Any, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConflictError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _devnodes
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks

# NetBSD: hw.disknames has a vnd when it is configured; the block script of pkgsrc's xentools goes by it, too.
_SYSCTL = "/sbin/sysctl"
_VND = re.compile(r"\bvnd\d+\b")


class Guest(NamedTuple):
    """One domain with something to do.

    :param values: its properties as they will be, canonical, by option name; empty when it goes.
    :param starts: it is started by this task, for the first time or again.
    :param leaves: it runs, and is stopped by this task, for good or to be started again.
    :param resized: its memory is changed as it runs.
    :param has: MiB that it has now, 0 when it does not run.
    :param has_disks: its disks as it runs now.
    :param rewritten: its config file is changed.
    """

    name: str
    values: dict[str, Any]
    starts: bool = False
    leaves: bool = False
    resized: bool = False
    has: int = 0
    has_disks: tuple[Any, ...] = ()
    rewritten: bool = False

    @property
    def frees(self) -> int:
        """MiB that are free once it has been stopped; for one that is resized, what it has already."""
        return self.has if self.leaves or self.resized else 0

    @property
    def takes(self) -> int:
        """MiB that it wants when it starts, or is to have instead of what it has."""
        if not self.starts and not self.resized:
            return 0
        wanted = int(self.values.get("memory") or self.values.get("maxmem") or 0)
        return wanted + _checks.OVERHEAD_MIB if self.starts and wanted else wanted


def identities(guests: Sequence[Guest]) -> None:
    """:raises ConflictError: two domains of the list would have one MAC or one uuid."""
    changed = [guest for guest in guests if guest.rewritten or guest.starts]
    owners: dict[str, str] = {}
    for guest in changed:
        vifs = [vif.mac for vif in guest.values.get("vifs", []) if vif.mac]
        for what, value in [("uuid", guest.values.get("uuid")), *(("MAC", mac) for mac in dict.fromkeys(vifs))]:
            owner = owners.setdefault(f"{what} {value}", guest.name) if value else guest.name
            if owner != guest.name:
                raise ConflictError(
                    f"{what} {value} would belong to both {owner} and {guest.name}. Every domain needs its own; "
                    f"leave `{what.lower()}` out to have one derived from the name.",
                    error_id=f"duplicate_{what.lower()}",
                    domains=[owner, guest.name],
                )


def disks(guests: Sequence[Guest]) -> None:
    """:raises ConflictError: two domains of the list would be started with one disk, and one of them writes to it."""
    users: dict[str, tuple[str, Any]] = {}
    for guest in guests:
        for disk in _files_and_volumes(guest.values.get("disks", [])) if guest.starts else []:
            path = _checks.real_path(disk)
            name, theirs = users.setdefault(path, (guest.name, disk))
            if name != guest.name and "w" in (disk.access, theirs.access):
                raise ConflictError(
                    f"disk {disk.target} would be in use by both {name} and {guest.name}. A disk can be shared only "
                    "when every guest has it read-only (access: r).",
                    error_id="disk_in_use",
                    domains=[name, guest.name],
                )
            if disk.access == "w":
                users[path] = (guest.name, disk)


def takeovers(guests: Sequence[Guest]) -> list[tuple[str, str]]:
    """Pairs (who starts, who has to be gone by then): a disk goes from one running domain to another."""
    left = [
        (guest.name, _checks.real_path(disk), disk.access)
        for guest in guests
        if guest.leaves
        for disk in _files_and_volumes(guest.has_disks)
    ]
    found = []
    for guest, (name, path, access) in itertools.product([guest for guest in guests if guest.starts], left):
        taken = [disk for disk in _files_and_volumes(guest.values.get("disks", [])) if _checks.real_path(disk) == path]
        if name != guest.name and any("w" in (disk.access, access) for disk in taken):
            found.append((guest.name, name))
    return list(dict.fromkeys(found))


def memory(guests: Sequence[Guest], info: dict[str, str]) -> None:
    """Not looked at where the dom0 can give memory away (autoballoon).

    :param info: `xl info`; free_memory in MiB.
    :raises HostError: all that is started does not fit at once.
    """
    wanted, freed = sum(guest.takes for guest in guests), sum(guest.frees for guest in guests)
    if not wanted or not _checks.dom0_keeps_its_memory(info):
        return
    free = int(info.get("free_memory", "0"))
    if wanted > free + freed:
        each = ", ".join(f"{guest.name} {guest.takes}" for guest in guests if guest.takes)
        raise HostError(
            f"Not enough memory for all of them: {wanted} MiB are wanted ({each}), {free} MiB are free on this host"
            + (f", and {freed} MiB will be when what is stopped has gone" if freed else "")
            + ". Stop or shrink another guest, or give these less.",
            error_id="insufficient_memory",
            wanted_mib=wanted,
            free_mib=free,
            freed_mib=freed,
        )


def vnds(guests: Sequence[Guest]) -> None:
    """:raises HostError: NetBSD only: there are fewer free vnd(4) devices than image files that need one."""
    if platform.system() != "NetBSD":
        return
    wanted = sum(_images(guest.values.get("disks", [])) for guest in guests if guest.starts)
    freed = sum(_images(guest.has_disks) for guest in guests if guest.leaves)
    units = _devnodes.vnd_units()
    used = set(_VND.findall(_command.run([_SYSCTL, "-n", "hw.disknames"]).stdout))
    free = len([unit for unit in units if f"vnd{unit}" not in used])
    if wanted > free + freed:
        raise HostError(
            f"{wanted} image files are to be given to guests, each by a vnd device, and {free} of {len(units)} are "
            f"free{f', {freed} more when what is stopped has gone' if freed else ''}. Make more of them with "
            f"netbsd.xen.xen_devices (vnd: {len(units) + wanted - free - freed}).",
            error_id="vnds_exhausted",
            wanted=wanted,
            free=free,
        )


def _files_and_volumes(found: Sequence[Any]) -> list[Any]:
    """What a script of the user's makes of a target is nothing that we could compare."""
    return [disk for disk in found if disk.target and not disk.script]


def _images(found: Sequence[Any]) -> int:
    """How many of the disks are image files."""
    return sum(1 for disk in _files_and_volumes(found) if _is_file(_checks.real_path(disk)))


def _is_file(path: str) -> bool:
    """Also of one that this very task is going to make."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except FileNotFoundError:
        return not path.startswith("/dev/")
    except OSError:
        return False
