# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Planning for one disk: the steps from what is there to what is wanted. Pure functions.

A disk is made when it is missing and grown when it is smaller. It is never made smaller, and removed only by a task
that names it. Used by xen_disk, and for disks with a ``size`` in xen_domain.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import (
    BadValue,
    ConflictError,
    HostError,
    XenError,
)
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step
from ansible_collections.netbsd.xen.plugins.module_utils.disk._disk_use import User
from ansible_collections.netbsd.xen.plugins.module_utils.fetch import _remote
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _image, _lvm
from ansible_collections.netbsd.xen.plugins.module_utils.storage._disk_place import (
    FILE,
    Found,
    Place,
    Room,
    partial_volume,
)
from ansible_collections.netbsd.xen.plugins.module_utils.storage._disk_size import about, show

COMMAND, CREATE, GROW, FILL, OWNER, REMOVE = (
    "disk_command", "disk_create", "disk_grow", "disk_fill", "disk_owner", "disk_remove"
)  # fmt: skip


class Source(NamedTuple):
    """A template.

    :param path: where it is, for messages also when it is on a server.
    :param size: of the raw image in it, bytes; None when it is compressed, since only reading it all would tell.
    :param allocated: bytes that it takes itself.
    :param compression: None, or what it is compressed with.
    :param least: bytes that a compressed one says that it has.
    :param remote: the server that has it, and the checksum that what comes must have.
    """

    path: str
    size: int | None
    allocated: int
    compression: str | None = None
    least: int | None = None
    remote: _remote.Remote | None = None
    digest: _remote.Digest | None = None


class Wish(NamedTuple):
    """What a disk shall be. None leaves it as it is.

    :param size: bytes, at least.
    :param sparse: blocks are taken when the guest writes them. None: a new file has all its blocks; one that grows
        stays as it is.
    :param option: where the user said it, for messages.
    :param force: make it of the source also when it is there.
    """

    place: Place
    size: int | None = None
    sparse: bool | None = None
    source: Source | None = None
    owner: _image.Owner = _image.Owner()
    option: str = "size"
    force: bool = False


class DiskPlan(NamedTuple):
    """
    :param size: bytes that the disk has afterwards; None when it is gone, or only making it tells.
    :param restart: somebody who runs goes on with the old size.
    :param takes: bytes of its file system or volume group that it takes at once.
    """

    steps: list[Step]
    size: int | None
    warnings: tuple[str, ...] = ()
    restart: bool = False
    takes: int = 0


def present(wish: Wish, found: Found | None, room: Room, users: Sequence[User] = ()) -> DiskPlan:
    """Make, replace, grow or leave alone.

    :param users: who has the disk, when it will grow or be replaced.
    :raises BadValue: it does not exist and there is no size to make it with, or it would have to become smaller.
    :raises HostError: it does not fit.
    """
    if found is None:
        return _create(wish, room)
    plan = DiskPlan([], found.size)
    wanted = _rounded(wish.size, room)
    if wanted is not None and wanted < found.size and wish.size is not None:
        raise BadValue(
            wish.option,
            show(wish.size),
            f"{wish.place.path} has {show(found.size)} already, and a disk is never made smaller: that would cut off "
            "what the guest has at its end. Leave the size out, or give at least what it has.",
            error_id="would_shrink",
        )
    if wish.force and wish.source:
        return _replace(wish, found, room, users)
    if wanted is not None and wanted > found.size:
        plan = _grow(wish, wanted, found, room, users)
    return plan._replace(steps=plan.steps + _owner_steps(wish, found))


def absent(place: Place, found: Found | None, users: Sequence[User], snapshots: Sequence[str] = ()) -> DiskPlan:
    """Remove what is there.

    :param snapshots: LVM snapshots of the volume, which LVM would remove together with it.
    :raises ConflictError: somebody has it, running or only configured.
    """
    if found is None:
        return DiskPlan([], None)
    for user in users:
        raise ConflictError(
            f"{place.path} is a disk of {user.where}. It is not removed; take it away there first.",
            error_id="disk_in_use",
        )
    require_no_snapshots(place, snapshots)
    if place.kind == FILE:
        return DiskPlan([Step(REMOVE, f"remove {place.path}", data=place.path)], None)
    return DiskPlan([command(_lvm.Commands.remove(place.group, place.volume))], None)


def require_no_snapshots(place: Place, snapshots: Sequence[str]) -> None:
    """:raises ConflictError: the volume has some, which LVM removes together with it."""
    if snapshots:
        raise ConflictError(
            f"{place.path} has LVM snapshots, which would go with it: {', '.join(snapshots)}. Remove those first.",
            error_id="disk_in_use",
        )


def command(words: Sequence[str]) -> Step:
    """A step that is one command of lvm(8)."""
    return Step(COMMAND, " ".join(words), tuple(words))


def _rounded(size: int | None, room: Room) -> int | None:
    return room.group.rounded(size) if room.group and size is not None else size


def _replace(wish: Wish, found: Found, room: Room, users: Sequence[User]) -> DiskPlan:
    """The disk is made anew beside the old one and takes its name at the end, so there must be room for both."""
    for user in users:
        if user.running:
            raise ConflictError(
                f"{wish.place.path} is a disk of {user.where}, and is not replaced under it. Stop that first.",
                error_id="disk_in_use",
            )
    kept = _image.Owner(found.mode, found.uid, found.gid)
    given = {key: value for key, value in wish.owner._asdict().items() if value is not None}
    needed = (wish.source.size or wish.source.least or 0) if wish.source else 0
    size = max(found.size, needed if wish.size is None else wish.size)
    return _create(wish._replace(size=size, owner=kept._replace(**given)), room, over=True)


def _create(wish: Wish, room: Room, over: bool = False) -> DiskPlan:
    """:param over: a disk of that name is there, and goes when the new one is complete."""
    size = wish.size
    if size is None:
        if wish.source is None:
            raise XenError(
                f"{wish.place.path} does not exist, and without a size it cannot be made: give `{wish.option}`.",
                error_id="disk_missing",
            )
        size = wish.source.size
    least = (wish.source.size or wish.source.least or 0) if wish.source else 0
    if wish.source and size is not None and least > size:
        raise BadValue(
            wish.option,
            show(size),
            f"{wish.source.path} has {show(least)}, which do not fit.",
            error_id="source_too_large",
        )
    of_source = wish.source.allocated if wish.source else 0
    if wish.place.kind == FILE:
        takes = of_source if wish.sparse else size or max(of_source, least)
        warnings = _require_space(wish, size or max(of_source, least), takes, room)
        return DiskPlan([_create_file(wish, size, over)], size, warnings, takes=takes)
    size = size or least
    if not size:
        raise XenError(
            f"{wish.place.path} is to be made of a source that does not tell its size: give `{wish.option}`.",
            error_id="bad_value",
        )
    warnings = _require_space(wish, size, size, room)
    rounded = _rounded(size, room)
    return DiskPlan(_create_volume(wish, size, room, over), rounded, warnings, takes=rounded or size)


def _create_file(wish: Wish, size: int | None, over: bool) -> Step:
    about = [show(size)] if size is not None else []
    about += ["sparse"] if wish.sparse else []
    about += [f"from {wish.source.path}"] if wish.source else []
    data = {
        "path": wish.place.path,
        "size": size,
        "sparse": bool(wish.sparse),
        "owner": wish.owner,
        "source": wish.source,
        "over": over,
    }
    verb = "replace" if over else "create"
    return Step(CREATE, f"{verb} {wish.place.path} ({', '.join(about)})", data=data)


def _create_volume(wish: Wish, size: int, room: Room, over: bool) -> list[Step]:
    """A volume with content gets its name last: a task that is killed leaves nothing under it."""
    if not room.group:
        raise AssertionError("unreachable")
    group, name = wish.place.group, wish.place.volume
    extents = room.group.extents(size)
    if wish.source is None:
        return [command(_lvm.Commands.create(group, name, extents))]
    partial = partial_volume(name)
    first = [command(_lvm.Commands.remove(group, partial))] if room.leftover else []
    device = _lvm.path(group, partial)
    fill = Step(
        FILL, f"copy {wish.source.path} to {device}", data={"path": device, "size": size, "source": wish.source}
    )
    return [
        *first,
        command(_lvm.Commands.create(group, partial, extents)),
        fill,
        *([command(_lvm.Commands.remove(group, name))] if over else []),
        command(_lvm.Commands.rename(group, partial, name)),
    ]


def _grow(wish: Wish, size: int, found: Found, room: Room, users: Sequence[User]) -> DiskPlan:
    place, more = wish.place, size - found.size
    restart = any(user.running for user in users) and not room.tells
    waiting = _who_waits(place, users, room)
    if place.kind == FILE:
        sparse = found.sparse if wish.sparse is None else wish.sparse
        takes = 0 if sparse else more
        warnings = _require_space(wish, more, takes, room)
        text = f"grow {place.path} from {show(found.size)} to {show(size)}"
        step = Step(GROW, text, data={"path": place.path, "size": size, "sparse": sparse})
        return DiskPlan([step], size, warnings + waiting, restart, takes)
    if not room.group:
        raise AssertionError("unreachable")
    takes = 0 if found.thin else more
    _require_space(wish, takes, takes, room)
    extend = command(_lvm.Commands.extend(place.group, place.volume, room.group.extents(size)))
    return DiskPlan([extend], size, waiting, restart, takes)


def _require_space(wish: Wish, promised: int, at_once: int, room: Room) -> tuple[str, ...]:
    """What it takes ``at_once`` must be there; what a sparse file is only promised may be more: a warning.

    :raises HostError: the disk does not fit.
    """
    place = wish.place
    needed = room.group.rounded(at_once) if room.group else at_once
    if needed > room.free:
        where = f"volume group {place.group}" if room.group else "file system"
        raise HostError(
            f"No room for {place.path}: it needs {show(needed)} more, and its {where} has {about(room.free)} free.",
            error_id="no_space",
            needed_bytes=needed,
            free_bytes=room.free,
        )
    if at_once < promised and promised > room.free:
        return (
            f"{place.path} is promised {show(promised)} more than it takes now, and its file system has "
            f"{about(room.free)} free: a guest that fills it meets write errors.",
        )
    return ()


def _who_waits(place: Place, users: Sequence[User], room: Room) -> tuple[str, ...]:
    """Back ends take the size of a disk when they attach it, and so do vnd and loop devices with the size of a file.

    Only Linux' blkback looks again, which helps with volumes (drivers/block/xen-blkback/blkback.c, xen_vbd_resize).
    """
    running = [user.where for user in users if user.running]
    if room.tells:
        return tuple(
            f"{place.path} is grown while {where} has it. It is told the new size; a guest whose driver does not "
            "listen sees it when it is restarted."
            for where in running
        )
    return tuple(
        f"{place.path} is grown while {where} has it. It goes on with the old size until it is restarted."
        for where in running
    )


def _owner_steps(wish: Wish, found: Found) -> list[Step]:
    asked: dict[str, Any] = wish.owner._asdict()
    differing = {key: value for key, value in asked.items() if value is not None and value != getattr(found, key)}
    if not differing or found.mode is None:
        return []
    shown = [f"{value:04o}" if key == "mode" else f"{key} {value}" for key, value in differing.items()]
    data = {"path": wish.place.path, "owner": _image.Owner(**differing)}
    return [Step(OWNER, f"set {' and '.join(shown)} on {wish.place.path}", data=data)]
