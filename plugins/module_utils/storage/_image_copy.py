# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Copying disks: from file or volume to file or volume, holes left out, and from compressed templates.

A megabyte is read at a time and looked at in pieces of 64 KiB: a piece of zeros is not written where the target reads
as zeros already, nor is a piece that the target has already (a volume with an LVM snapshot would keep both).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import platform
import stat
import zlib
from typing import IO, Any, Iterator

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _blockdev, _image_stream

_READ = 1024 * 1024
_PIECE = 64 * 1024
_ZEROS = bytes(_PIECE)
_BLKFLSBUF = 0x1261


class Sink:
    """Writes into a disk.

    :param handle: file descriptor, open for reading and writing.
    :param blank: the disk reads as zeros everywhere, as a new file does; a new volume does not.
    """

    def __init__(self, handle: int, blank: bool) -> None:
        self.handle, self.blank = handle, blank

    def restart(self) -> None:
        """Nothing was written: a new file is empty again. What a volume has got is written over."""
        if self.blank:
            os.ftruncate(self.handle, 0)

    def put(self, offset: int, data: bytes) -> None:
        """Make the disk say ``data`` at ``offset``."""
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            there = _ZEROS[: len(piece)] if self.blank else os.pread(self.handle, len(piece), offset + start)
            if piece != there:
                _write_all(self.handle, piece, offset + start)

    def zero(self, start: int, end: int) -> None:
        """Make a range zeros."""
        if self.blank:
            return
        for offset in range(start, end, _READ):
            self.put(offset, bytes(min(_READ, end - offset)))


def open_disk(path: str, flags: int) -> int:
    """Open an image or a volume so that what guests have written is read, and not what dom0 remembers of before.

    The back ends write past dom0's cache of block devices. NetBSD: so does the raw device. Linux: BLKFLSBUF
    (linux/fs.h) drops the cache.
    """
    if platform.system() == "NetBSD" and _blockdev.is_block(path):
        return os.open(_blockdev.raw(path), flags)
    handle = os.open(path, flags)
    if stat.S_ISBLK(os.fstat(handle).st_mode):
        with contextlib.suppress(OSError):
            fcntl.ioctl(handle, _BLKFLSBUF, 0)
    return handle


def copy(source: int, sink: Sink, size: int, digest: Any = None) -> None:
    """Copy ``size`` bytes from the beginning of the file or device ``source``, open for reading.

    :param digest: of hashlib; gets all that is copied, holes as zeros.
    :raises XenError: the source is shorter than it was said to be.
    """
    position = 0
    for start, end in extents(source, size):
        _hash_zeros(digest, start - position)
        sink.zero(position, start)
        for offset in range(start, end, _READ):
            data = _read_all(source, min(_READ, end - offset), offset)
            sink.put(offset, data)
            if digest:
                digest.update(data)
        position = end
    _hash_zeros(digest, size - position)
    sink.zero(position, size)


def copy_stream(stream: IO[bytes], sink: Sink, limit: int | None) -> int:
    """Copy all that a stream gives, and return how many bytes that were.

    :param limit: bytes that there is room for; None for a file, which grows.
    :raises XenError: there is more than that; or what is read is damaged.
    """
    offset = 0
    while True:
        try:
            data = stream.read(_READ)
        except (EOFError, OSError, zlib.error, *_image_stream.errors()) as error:
            if isinstance(error, OSError) and error.errno:
                raise
            raise XenError(f"The source is damaged: {error}.", error_id="source_damaged") from error
        if not data:
            return offset
        if limit is not None and offset + len(data) > limit:
            raise XenError(
                f"The source has more than the {limit} bytes of `size`. Give the disk a larger size, or leave it out.",
                error_id="source_too_large",
            )
        sink.put(offset, data)
        offset += len(data)


def extents(handle: int, size: int) -> Iterator[tuple[int, int]]:
    """The ranges of a file that hold data, in order; one range where the system cannot tell (volumes)."""
    position = 0
    while position < size:
        try:
            start = os.lseek(handle, position, os.SEEK_DATA)
            end = os.lseek(handle, start, os.SEEK_HOLE)
        except AttributeError:
            yield position, size
            return
        except OSError as error:
            if error.errno == errno.ENXIO:  # no data after this
                return
            yield position, size
            return
        if start >= size:
            return
        yield start, min(end, size)
        position = end


def checksum(path: str, algorithm: str, size: int | None = None) -> str:
    """Hex digest of a file or device, of its first ``size`` bytes if given. Holes count as the zeros that they are."""
    digest = hashlib.new(algorithm)
    handle = open_disk(path, os.O_RDONLY)
    try:
        left = os.fstat(handle).st_size if size is None else size
        position = 0
        for start, end in extents(handle, left):
            _hash_zeros(digest, start - position)
            for offset in range(start, end, _READ):
                digest.update(_read_all(handle, min(_READ, end - offset), offset))
            position = end
        _hash_zeros(digest, left - position)
    finally:
        os.close(handle)
    return digest.hexdigest()


def same(one: str, other: str, size: int) -> bool:
    """Whether two disks say the same in their first ``size`` bytes; a disk that is shorter says something else."""
    handles = [open_disk(path, os.O_RDONLY) for path in (one, other)]
    try:
        for offset in range(0, size, _READ):
            count = min(_READ, size - offset)
            first, second = (os.pread(handle, count, offset) for handle in handles)
            if first != second or len(first) != count:
                return False
        return True
    finally:
        for handle in handles:
            os.close(handle)


def _hash_zeros(digest: Any, count: int) -> None:
    while digest and count > 0:
        digest.update(_ZEROS[:count])
        count -= len(_ZEROS)


def _read_all(handle: int, count: int, offset: int) -> bytes:
    data = os.pread(handle, count, offset)
    while len(data) < count:
        more = os.pread(handle, count - len(data), offset + len(data))
        if not more:
            raise XenError(f"The source ends at byte {offset + len(data)}; it became shorter while it was copied.")
        data += more
    return data


def _write_all(handle: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(handle, view, offset)
        view, offset = view[written:], offset + written
