# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Image files: made under another name and renamed when complete, grown in place, never made smaller."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from typing import Callable, Iterator, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConflictError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _image_copy

# an image is the guest's whole disk, with all that it keeps secret
NEW_MODE = 0o600
_ZEROS = bytes(1024 * 1024)
# what file systems say that cannot allocate ahead (NetBSD's FFS, NFS)
_CANNOT_ALLOCATE = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.ENODEV)


class Owner(NamedTuple):
    """Mode and owner of a file; None leaves what there is, or what a new file gets."""

    mode: int | None = None
    uid: int | None = None
    gid: int | None = None


def partial_of(path: str) -> str:
    """Where an image is made until it is complete."""
    return os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.partial")


@contextlib.contextmanager
def replacing(path: str, owner: Owner, over: bool = False) -> Iterator[int]:
    """Gives an empty file, open for reading and writing, that becomes ``path`` when the block ends well.

    What a killed task left under the temporary name is taken over. ``over``: an existing ``path`` is replaced.

    :raises ConflictError: another task is making this image, or it has appeared meanwhile.
    :raises OSError: no space, no such directory; nothing is left behind.
    """
    temporary = partial_of(path)
    handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, NEW_MODE)
    try:
        _lock(handle, temporary, path)
        if os.path.lexists(path) and not over:
            os.unlink(temporary)
            raise ConflictError(f"{path} has appeared while it was being made. It is left as it is.")
        try:
            os.ftruncate(handle, 0)
            yield handle
            _set_owner(handle, owner._replace(mode=NEW_MODE if owner.mode is None else owner.mode))
            os.fsync(handle)
            os.rename(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    finally:
        os.close(handle)
    _atomicfile.sync_directory(os.path.dirname(path))


def _lock(handle: int, temporary: str, path: str) -> None:
    """One maker at a time. Whoever comes second may hold a file that has got its final name already."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ours, there = os.fstat(handle), os.stat(temporary)
        if (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino):
            return
    except (BlockingIOError, FileNotFoundError):
        pass
    raise ConflictError(f"Another task is making {path} at this moment.", error_id="in_progress")


def create(
    path: str,
    size: int | None,
    sparse: bool,
    owner: Owner,
    fill: Callable[[_image_copy.Sink], int] | None = None,
    over: bool = False,
) -> None:
    """Make an image of ``size`` bytes, of zeros or of what ``fill`` puts into it (it returns how much that was).

    :param over: take the place of one that is there.
    """
    with replacing(path, owner, over) as handle:
        content = fill(_image_copy.Sink(handle, blank=True)) if fill else 0
        final = content if size is None else size
        os.ftruncate(handle, final)
        if not sparse:
            _allocate(handle, 0, final, blank_from=content)


def give_size(handle: int, size: int, sparse: bool) -> None:
    """Make an empty file that many zeros, with all their blocks unless it is sparse."""
    os.ftruncate(handle, size)
    if not sparse:
        _allocate(handle, 0, size, blank_from=0)


def grow(path: str, size: int, sparse: bool) -> None:
    """Make an image larger, in place; what is in it stays. When killed, it is between both sizes: grow it again."""
    handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    try:
        before = os.fstat(handle).st_size
        if before > size:
            raise XenError(f"{path} has become larger than {size} bytes meanwhile; it is not made smaller.")
        if sparse:
            os.ftruncate(handle, size)
        else:
            _allocate(handle, before, size, blank_from=before)
        os.fsync(handle)
    finally:
        os.close(handle)


def set_owner(path: str, owner: Owner) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        _set_owner(handle, owner)
    finally:
        os.close(handle)


def _set_owner(handle: int, owner: Owner) -> None:
    if owner.uid is not None or owner.gid is not None:
        os.fchown(handle, -1 if owner.uid is None else owner.uid, -1 if owner.gid is None else owner.gid)
    if owner.mode is not None:
        # after the owner: changing that takes special bits away
        os.fchmod(handle, owner.mode)


def _allocate(handle: int, start: int, end: int, blank_from: int) -> None:
    """Give the file its blocks, so that the guest never meets a full file system.

    Where the file system cannot do that at once, zeros are written from ``blank_from`` on; holes before stay holes.
    """
    if start == end:
        return
    try:
        os.posix_fallocate(handle, start, end - start)
    except (AttributeError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _CANNOT_ALLOCATE:
            raise
        for offset in range(blank_from, end, len(_ZEROS)):
            os.pwrite(handle, _ZEROS[: end - offset], offset)
