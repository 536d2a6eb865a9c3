# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Writing a file so that at every moment either the old content is there or the new one, whatever happens."""

from __future__ import annotations

import os
import shutil
import stat
import time

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _temporary

# what others may read: a file of the system
NEW_MODE = 0o644
PRIVATE = 0o600


def write(
    path: str,
    data: bytes,
    *,
    backup: bool = False,
    backup_dir: str | None = None,
    new_mode: int = NEW_MODE,
    mask: int = 0o7777,
    kept_mask: int = 0o7777,
) -> str | None:
    """``replace`` for a file of the system, with an error for the user.

    :raises XenError: the directory is not there, or the system refuses (no space, read-only); the old file is intact.
    """
    directory = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(directory):
        raise XenError(f"{path} cannot be written: the directory {directory} does not exist.", path=path)
    try:
        return replace(
            path, data, backup=backup, backup_dir=backup_dir, new_mode=new_mode, mask=mask, kept_mask=kept_mask
        )
    except OSError as error:
        raise XenError(
            f"{path} cannot be written: {error.strerror}. What was there is untouched.", path=path
        ) from error


def replace(
    path: str,
    data: bytes,
    *,
    backup: bool = False,
    backup_dir: str | None = None,
    new_mode: int = NEW_MODE,
    mask: int = 0o7777,
    kept_mask: int = 0o7777,
) -> str | None:
    """Write the file atomically and return the path of the backup, if one was asked for and there was a file.

    The new content is complete on disk under another name in the same directory before it takes the old one's place.
    Mode and owner of an existing file are kept; a symbolic link stays one.

    :param backup_dir: where the backup goes instead of beside the file: for directories in which every file counts,
        as rc.d/network takes every /etc/ifconfig.bridge[0-9]* for an interface.
    :param new_mode: mode of a file that does not exist yet.
    :param mask: bits that the mode may have at all; ``kept_mask``: that of the backup.
    :raises OSError: nothing was changed.
    """
    target = os.path.realpath(path)
    before = os.stat(target) if os.path.exists(target) else None
    kept = _backup(target, backup_dir, kept_mask) if backup and before else None
    _replace(target, data, before, (stat.S_IMODE(before.st_mode) if before else new_mode) & mask)
    return kept


def stem_of(name: str) -> str:
    """How the temporary file of a file begins; hidden, so that no toolstack, loader or rc script reads it."""
    return f".{name}."


def _replace(target: str, data: bytes, before: os.stat_result | None, mode: int) -> None:
    directory, name = os.path.split(target)
    handle, temporary = _temporary.make(directory, stem_of(name))
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            if before:
                os.fchown(stream.fileno(), before.st_uid, before.st_gid)
            # after the owner: changing that takes special bits away
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        os.rename(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
    sync_directory(directory)


def _backup(path: str, directory: str | None, mask: int) -> str:
    """Copy the file, named so that no toolstack takes it for a domain to start."""
    kept = f"{path}.{os.getpid()}.{time.strftime('%Y-%m-%d@%H:%M:%S')}~"
    if directory:
        os.makedirs(directory, mode=0o755, exist_ok=True)
        kept = os.path.join(directory, os.path.basename(kept))
    before = os.stat(path)
    # closed to others from its first byte on: the original may hold a password
    handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with os.fdopen(handle, "wb") as target, open(path, "rb") as source:
        shutil.copyfileobj(source, target)
        os.fchown(target.fileno(), before.st_uid, before.st_gid)
        target.flush()
        os.fchmod(target.fileno(), stat.S_IMODE(before.st_mode) & mask)
        os.utime(target.fileno(), ns=(before.st_atime_ns, before.st_mtime_ns))
        os.fsync(target.fileno())
    return kept


def sync_directory(directory: str) -> None:
    """Make what was renamed, made or removed in a directory durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
