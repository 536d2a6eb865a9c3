# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Planning what is done with a snapshot: taken, removed, gone back to. Pure functions.

Sources: lvconvert(8), "--merge": the origin says what the snapshot said from that moment on, also when the machine
stops in between, and the snapshot is used up; so it is taken anew.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step, command_step
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_plan
from ansible_collections.netbsd.xen.plugins.module_utils.snapshot._snapshot_store import (
    COPY,
    LVM,
    MEMORY,
    Manifest,
    SavedDisk,
    Store,
)
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _lvm
from ansible_collections.netbsd.xen.plugins.module_utils.storage._disk_place import Found, Place, Room
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

BEGIN, COPY_DISK, FINISH = "begin", "copy_disk", "finish"
HIDE, DISCARD = "hide", "discard"
MARK, KEEP, PUT_BACK, WRITE_BACK, FORGET, UNMARK = "mark", "keep", "put_back", "write_back", "forget", "unmark"


class Subject(NamedTuple):
    """A disk to be taken; ``group`` is that of a volume."""

    vdev: str
    place: Place
    found: Found
    room: Room | None = None


def before_revert(path: str) -> str:
    """What an image was, until all disks are as in the snapshot."""
    return f"{path}.before-revert"


def snapshot_volume(volume: str, snapshot: str) -> str:
    return f"{volume}.{snapshot}"


def saved_disk(subject: Subject, snapshot: str, method: str) -> SavedDisk:
    """How a disk is kept: a volume as an LVM snapshot where there are such, everything else as a copy."""
    place, size = subject.place, subject.found.size
    if method == LVM:
        copy = _lvm.path(place.group, snapshot_volume(place.volume, snapshot))
    else:
        copy = f"{subject.vdev}.img"
    return SavedDisk(subject.vdev, place.path, place.kind, size, method, copy)


def cow_extents(size: int, group: _lvm.Group) -> int:
    """Extents of an LVM snapshot that holds all of its origin: the data, and 16 bytes for each 4 KiB of it.

    A snapshot that overflows is lost (dm-snapshot). lvcreate takes less by itself where this is more than it can use.
    """
    return group.extents(size + size // 128) + 1


def taken(
    manifest: Manifest,
    store: Store,
    subjects: Sequence[Subject],
    leftover: Manifest | None,
    state: str,
    commands: Any,
) -> list[Step]:
    """Steps that take the snapshot ``manifest``, whose checksums and time are filled in on the way.

    :param leftover: what a task that was killed has begun.
    :param state: what the guest is now. It is paused although ``manifest.paused`` when that task has paused it.
    """
    name, domain = manifest.snapshot, manifest.domain
    partial = store.partial(name)
    steps = removal(partial, leftover, f"remove {partial}") if leftover else []
    steps.append(Step(BEGIN, f"create {partial}", data=(partial, manifest)))
    if manifest.memory:
        # a guest that is paused cannot do its part in saving it
        steps += [command_step("wake", commands.unpause(domain))] if state == _listing.PAUSED else []
        steps.append(command_step("save_memory", save_paused(domain, store.partial(name, MEMORY))))
    elif manifest.paused and state == _listing.RUNNING:
        steps.append(command_step("pause", commands.pause(domain)))
    for subject, disk in zip(subjects, manifest.disks):
        steps.append(_take(subject, disk, store.partial(name, disk.saved_as), name))
    if manifest.paused:
        steps.append(command_step("unpause", commands.unpause(domain)))
    final = store.path(name)
    steps.append(Step(FINISH, f"rename {partial} to {final}", data=(partial, final)))
    return steps


def save_paused(domain: str, path: str) -> list[str]:
    """`xl save -p` leaves the guest paused: its disks are taken as they are at that very moment (xl(1))."""
    return ["xl", "save", "-p", domain, path]


def _take(subject: Subject, disk: SavedDisk, copy: str, snapshot: str) -> Step:
    if disk.method == COPY:
        data = {"vdev": disk.vdev, "source": disk.path, "size": disk.size, "target": copy}
        return Step(COPY_DISK, f"copy {disk.path} to {copy}", data=data)
    return snapshot_step(subject.place, snapshot, disk.size, subject.room)


def snapshot_step(place: Place, snapshot: str, size: int, room: Room | None) -> Step:
    """:raises HostError: the volume group has no room for the snapshot."""
    if not (room and room.group):
        raise AssertionError("unreachable")
    extents = cow_extents(size, room.group)
    if extents * room.group.extent > room.free:
        raise HostError(
            f"No room for an LVM snapshot of {place.path}: it needs {extents} extents, and volume group {place.group} "
            f"has {room.free // room.group.extent} free.",
            error_id="no_space",
        )
    name = snapshot_volume(place.volume, snapshot)
    return _disk_plan.command(_lvm.Commands.snapshot(place.group, place.volume, name, extents))


def removal(folder: str, manifest: Manifest, text: str) -> list[Step]:
    """Steps that take a folder and its LVM snapshots apart; what is gone already is passed over."""
    steps = []
    for disk in manifest.disks:
        if disk.method == LVM:
            names = _lvm.split_path(disk.saved_as)
            if not names:
                raise AssertionError("unreachable")
            steps.append(_disk_plan.command(_lvm.Commands.remove(*names))._replace(data="if there"))
    return [*steps, Step(DISCARD, text, data=folder)]


def removed(store: Store, name: str, manifest: Manifest) -> list[Step]:
    """Steps that remove a snapshot."""
    folder = store.removing(name)
    hide = Step(HIDE, f"rename {store.path(name)} to {folder}", data=(store.path(name), folder))
    return [hide, *removal(folder, manifest, f"remove {folder}")]


class Target(NamedTuple):
    """A disk to go back to.

    :param same: it says what the snapshot says already.
    :param used_up: its LVM snapshot has gone into it, and was not taken anew before the task was killed.
    """

    disk: SavedDisk
    place: Place
    same: bool
    used_up: bool
    room: Room | None


def reverted(
    manifest: Manifest, store: Store, targets: Sequence[Target], state: str | None, config: str | None, commands: Any
) -> list[Step]:
    """Steps that bring the disks back to the snapshot.

    :param state: what the guest is, None when it does not exist; one that exists is destroyed, which is allowed.
    :param config: what to start a guest from that ran; None leaves it stopped.
    """
    name, domain = manifest.snapshot, manifest.domain
    interrupted = store.ran_before(name)
    if all(target.same for target in targets) and interrupted is None and not manifest.memory:
        return []
    mark = Step(MARK, f"begin to revert {domain} to {name}", data=(store.path(name), state or ""))
    steps = [mark] if interrupted is None else []
    # killed when it ran again, and only the end was not written down
    runs_again = state is not None and interrupted is not None and all(target.same for target in targets)
    if state is not None and not runs_again:
        steps.append(command_step("destroy", commands.destroy(domain)))
    for target in targets:
        steps += _bring_back(target, store, name)
    images = [target.disk.path for target in targets if target.disk.kind == "file"]
    steps += [
        Step(FORGET, f"remove {before_revert(path)}", data=before_revert(path))
        for path in images
        if _was(path, targets)
    ]
    ran = state or interrupted
    if runs_again:
        pass
    elif manifest.memory:
        steps.append(command_step("restore", commands.restore(store.path(name, MEMORY), manifest.state == "paused")))
    elif ran and config:
        steps.append(command_step("create", commands.create(config, ran == _listing.PAUSED)))
    return [*steps, Step(UNMARK, f"end to revert {domain} to {name}", data=store.path(name))]


def _was(path: str, targets: Sequence[Target]) -> bool:
    """Whether there is something to forget: an image that is put back, or one that a killed task had kept."""
    return os.path.lexists(before_revert(path)) or any(t.disk.path == path and not t.same for t in targets)


def _bring_back(target: Target, store: Store, name: str) -> list[Step]:
    disk, place = target.disk, target.place
    if disk.method == LVM:
        again = snapshot_step(place, name, disk.size, target.room)
        merge = (
            [] if target.used_up else [_disk_plan.command(_lvm.Commands.merge(*(_lvm.split_path(disk.saved_as) or ())))]
        )
        return [] if target.same and not target.used_up else [*merge, again]
    if target.same:
        return []
    copy = store.path(name, disk.saved_as)
    data = {"source": copy, "size": disk.size, "target": disk.path}
    if disk.kind != "file":
        return [Step(WRITE_BACK, f"copy {copy} to {disk.path}", data=data)]
    kept = before_revert(disk.path)
    return [
        Step(KEEP, f"keep {disk.path} as {kept}", data=(disk.path, kept)),
        Step(PUT_BACK, f"copy {copy} to {disk.path}", data=data),
    ]


def require_quiet(state: str | None, domain: str, writable: bool, pause: bool) -> bool:
    """Whether the guest has to be paused while its disks are taken.

    :raises XenError: it runs, and the task does not allow that.
    """
    if state != _listing.RUNNING or not writable:
        return False
    if not pause:
        raise XenError(
            f"{domain} is running and writes to its disks; what is taken now would be torn. Stop it first, or let it "
            "be paused meanwhile with `pause: true`.",
            error_id="domain_running",
        )
    return True


def require_stopped(state: str | None, domain: str, allow_restart: bool) -> None:
    """:raises XenError: the guest exists, and the task does not allow to end it."""
    if state is not None and not allow_restart:
        raise XenError(
            f"{domain} is {state}. Its disks cannot be changed under it: stop it first, or let it be destroyed and "
            "started again with `allow_restart: true`. What it has in memory is lost then.",
            error_id="domain_running",
        )
