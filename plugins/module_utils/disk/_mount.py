# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Mounting a guest's disk in the dom0 while the guest is off, and never leaving it mounted.

    with _mount.mounted("/home/xen/web.img", partition=1, view=view) as folder: ...

Each mount has a record in ``/var/run`` that is written before anything is attached and locked while it is in use. The
lock ends with the process; so a record that is not locked is of a process that was killed, and the next mount of
whatever disk unmounts and detaches what it tells of. After a reboot neither the records nor the mounts are there.

Linux: losetup(8) with the offset of the partition. NetBSD: vnconfig(8), where partitions are letters. Volumes and other
devices are mounted as they are.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import stat
import time
from typing import Any, Iterator, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, ConflictError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_use
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _host
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _attach, _image_copy

FOLDER = "/var/run/netbsd-xen-mounts"
_SECONDS = 120.0
_ATTEMPTS, _PAUSE = 10, 0.1
# What a guest has made is not to be run, nor are its device nodes to be opened, in the dom0.
_OPTIONS = ("nodev", "nosuid", "noexec")
# Without it, the kernel writes back the journal even of what is mounted read-only: ext4(5), xfs(5).
_NO_JOURNAL = {"ext3": "noload", "ext4": "noload", "xfs": "norecovery"}


class _Record(NamedTuple):
    """What a mount has made or is about to make.

    :param disk: real path of the image or device.
    :param folder: where it is mounted.
    """

    disk: str
    folder: str


@contextlib.contextmanager
def mounted(
    path: str,
    partition: int | str | None = None,
    fstype: str | None = None,
    read_only: bool = False,
    view: HostView | None = None,
) -> Iterator[str]:
    """Gives the folder where the file system of the image or device at ``path`` is mounted while the block runs.

    :param partition: its number, on NetBSD its letter; None for a file system that begins at the first byte.
    :param fstype: the type as mount(8) wants it; None lets Linux find out, and means ffs on NetBSD.
    :param view: to refuse a disk that a guest has that runs. None for a disk that is only being made, under a name that
        nobody else knows.
    :raises ConflictError: a running guest has the disk, the dom0 has mounted it, or another task has.
    :raises XenError: there is no such disk or partition, or no file system in it.
    """
    real = os.path.realpath(path)
    if not os.path.exists(real):
        raise XenError(f"{path} is not there.", error_id="disk_missing")
    os.makedirs(FOLDER, mode=0o700, exist_ok=True)
    clean_up()
    record = _record_of(real)
    handle = _take(record, real)
    try:
        require_unused(path, view)
        os.pwrite(handle, json.dumps(record._asdict()).encode(), 0)
        try:
            _mount(real, record.folder, partition, fstype, read_only)
            yield record.folder
        finally:
            _undo(record)
            os.unlink(_file_of(record))
    finally:
        os.close(handle)


def require_unused(path: str, view: HostView | None) -> None:
    """:raises ConflictError: a guest that runs has the disk, or the dom0 itself.

    Without a ``view``, guests are not looked at.
    """
    found = _disk_use.users(view, path) if view else _disk_use.dom0_users(path)
    for user in found:
        if user.running:
            raise ConflictError(
                f"{path} is a disk of {user.where}, so it cannot be mounted. Stop that first, or unmount it.",
                error_id="disk_in_use",
            )


def clean_up() -> list[str]:
    """Unmount and detach what tasks have left that were killed; the disks that it was.

    :raises XenError: it does not go.
    """
    cleaned = []
    for name in sorted(os.listdir(FOLDER)) if os.path.isdir(FOLDER) else []:
        if not name.endswith(".json"):
            continue
        handle = os.open(os.path.join(FOLDER, name), os.O_RDWR | os.O_NOFOLLOW)
        try:
            record = _left_behind(handle)
            if record:
                _undo(record)
                os.unlink(os.path.join(FOLDER, name))
                cleaned.append(record.disk)
        except FileNotFoundError:
            pass  # whoever had it has ended well meanwhile
        finally:
            os.close(handle)
    return cleaned


def _left_behind(handle: int) -> _Record | None:
    """What the record says; None when its task is still at work, or had not begun."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    text = os.pread(handle, 64 * 1024, 0)
    try:
        data: dict[str, Any] = json.loads(text)
        return _Record(str(data["disk"]), str(data["folder"]))
    except (ValueError, KeyError, TypeError):
        return None  # killed before it was written: nothing had been attached


def _record_of(real: str) -> _Record:
    key = hashlib.sha256(os.fsencode(real)).hexdigest()[:16]
    return _Record(real, os.path.join(FOLDER, key))


def _file_of(record: _Record) -> str:
    return f"{record.folder}.json"


def _take(record: _Record, real: str) -> int:
    """The record's file, open and locked. Whoever only looks for what was left holds the lock for a moment, too."""
    for _attempt in range(_ATTEMPTS):
        handle = os.open(_file_of(record), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_nlink:
                os.ftruncate(handle, 0)
                return handle
        except BlockingIOError:
            pass
        os.close(handle)
        time.sleep(_PAUSE)
    raise ConflictError(f"Another task has mounted {real} at this moment.", error_id="in_progress")


def _mount(real: str, folder: str, partition: int | str | None, fstype: str | None, read_only: bool) -> None:
    device = _attach.attach(real, partition, read_only)
    if stat.S_ISBLK(os.stat(real).st_mode):
        # what guests have written went past the dom0's cache
        os.close(_image_copy.open_disk(real, os.O_RDONLY))
    os.makedirs(folder, mode=0o700, exist_ok=True)
    kind = fstype or ("ffs" if platform.system() == "NetBSD" else _type_of(device))
    options = [*_OPTIONS, *(["ro", *([_NO_JOURNAL[kind]] if kind in _NO_JOURNAL else [])] if read_only else [])]
    command = ["mount", *(["-t", kind] if kind else []), "-o", ",".join(options), device, folder]
    result = _command.run([_program("mount"), *command[1:]], _SECONDS)
    if result.rc != 0:
        raise CommandError(
            f"The file system of {real} cannot be mounted: {(result.stderr or result.stdout).strip().rstrip('.')}. "
            f"{_attach.hint(real, partition)}",
            command,
            result.rc,
            *result[1:],
            error_id="cannot_mount",
        )


def _type_of(device: str) -> str:
    """What blkid(8) says is in it; empty when it does not know."""
    program = _host.find_program("blkid")
    return _command.run([program, "-o", "value", "-s", "TYPE", device]).stdout.strip() if program else ""


def _undo(record: _Record) -> None:
    """Unmount and detach, as far as either has been done."""
    if os.path.ismount(record.folder):
        command = ["umount", record.folder]
        result = _command.run([_program("umount"), *command[1:]], _SECONDS)
        if result.rc != 0:
            raise CommandError(
                f"{record.disk} cannot be unmounted from {record.folder}: {result.stderr.strip()}. Find out who is "
                "in there (fstat, fuser); the next task tries again.",
                command,
                result.rc,
                *result[1:],
                error_id="cannot_unmount",
            )
    if os.path.isdir(record.folder):
        os.rmdir(record.folder)
    _attach.detach(record.disk)


def _program(name: str) -> str:
    return _host.find_program(name) or f"/sbin/{name}"
