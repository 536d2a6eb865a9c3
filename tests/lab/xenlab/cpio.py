# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory as a gzipped initramfs: the "newc" cpio format (Linux: Documentation/driver-api/early-userspace)."""

from __future__ import annotations

import gzip
import os
import stat
from collections.abc import Iterator
from pathlib import Path

TRAILER = "TRAILER!!!"


def _entry(name: str, mode: int, inode: int, data: bytes) -> bytes:
    path = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(header + path) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _walk(root: Path) -> Iterator[Path]:
    for directory, subdirectories, files in os.walk(root):
        subdirectories.sort()
        for name in sorted(subdirectories + files):
            yield Path(directory, name)


def archive(root: Path) -> bytes:
    """The cpio archive of root's directories, files and links. Owner and times are zero: same files, same bytes."""
    parts = []
    for inode, path in enumerate(_walk(root), start=1):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            data = os.readlink(path).encode()
        elif stat.S_ISREG(mode):
            data = path.read_bytes()
        else:
            data = b""
        parts.append(_entry(str(path.relative_to(root)), mode, inode, data))
    parts.append(_entry(TRAILER, 0, 0, b""))
    return b"".join(parts)


def write(root: Path, target: Path) -> None:
    """Write root's archive to target, compressed quickly: the emulated machine unpacks it at every boot."""
    target.write_bytes(gzip.compress(archive(root), compresslevel=1, mtime=0))
