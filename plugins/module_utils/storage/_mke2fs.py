# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Making an ext2, ext3 or ext4 file system out of a folder: mke2fs(8) fills it itself (``-d``); nothing is mounted.

That is what makes it work on NetBSD, whose ext2fs reads extents and does not write them (sys/ufs/ext2fs).

A file system's UUID tells which guest it was made for, which is how a disk is known again: the superblock is 1024 bytes
from the beginning, magic 0xef53 at 56 and UUID at 104 in it (Documentation/filesystems/ext4/super.rst).
"""

from __future__ import annotations

import os
import uuid
from typing import Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _host
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _image_copy

TYPES = ("ext4", "ext3", "ext2")
_SUPERBLOCK, _MAGIC, _UUID = 1024, (56, 58, b"\x53\xef"), (104, 120)
_OURS = uuid.UUID("f6bb8c4e-6f1e-5d0b-9d2e-7f6c1f0b6a10")
_LOOKED_AT = 1024 * 1024
_SECONDS = 3600.0
# What every ext4 since 2.6.28 can mount, and libfsimage of pygrub, too: no checksums, no 64-bit block numbers.
CLASSIC = ("none", "has_journal", "ext_attr", "resize_inode", "dir_index", "filetype", "extent", "flex_bg",
           "sparse_super", "large_file", "huge_file", "dir_nlink", "extra_isize")  # fmt: skip


def uuid_for(name: str) -> str:
    """The UUID of the root of the guest ``name``: always the same."""
    return str(uuid.uuid5(_OURS, name))


def uuid_of(path: str) -> str | None:
    """The UUID of the file system that begins at the first byte of a disk; None when it is none of ext2's family."""
    handle = _image_copy.open_disk(path, os.O_RDONLY)
    try:
        # a raw device gives whole sectors only
        block = os.pread(handle, 1024, _SUPERBLOCK)
    finally:
        os.close(handle)
    first, last, magic = _MAGIC
    if block[first:last] != magic:
        return None
    return str(uuid.UUID(bytes=block[_UUID[0] : _UUID[1]]))


def is_blank(path: str) -> bool:
    """Whether nothing has been put at the beginning of a disk yet."""
    handle = _image_copy.open_disk(path, os.O_RDONLY)
    try:
        return not os.pread(handle, _LOOKED_AT, 0).strip(b"\0")
    finally:
        os.close(handle)


def program() -> str:
    """:raises HostError: there is no mke2fs on this host."""
    found = _host.find_program("mke2fs")
    if not found:
        raise HostError(
            "mke2fs is not installed on this host. Install e2fsprogs: on NetBSD from pkgsrc (netbsd.xen.pkgin), on "
            "Linux from the distribution.",
            error_id="mke2fs_missing",
        )
    return found


def make(path: str, fstype: str, name: str, folder: str, classic: bool, more: Sequence[str] = ()) -> None:
    """Make the file system in the image or volume at ``path``, with all that is in ``folder``.

    :param classic: with nothing in it that old kernels, or pygrub, do not know.
    :param more: words for mke2fs.
    :raises CommandError: it failed; ``source_too_large`` when the content does not fit.
    """
    # nodiscard: blocks that were allocated for the image shall stay
    words = ["-q", "-F", "-t", fstype, "-m", "1", "-U", uuid_for(name), "-E", "nodiscard"]
    if classic and fstype == "ext4":
        words += ["-O", ",".join(CLASSIC)]
    command = [program(), *words, *more, "-d", folder, path]
    result = _command.run(command, _SECONDS)
    if result.rc == 0:
        return
    said = (result.stderr or result.stdout).strip()
    kind, hint = "command_failed", ""
    if "No space left on device" in said:
        kind, hint = "no_space", " The file system of the dom0 is full."
    elif "Could not allocate" in said:
        kind, hint = "source_too_large", " What is in the source does not fit; give the disk a larger size."
    raise CommandError(f"mke2fs failed: {said}.{hint}", command, result.rc, *result[1:], error_id=kind)
