# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The partitions of a disk, read from its MBR or GPT: where a file system inside of an image begins.

MBR: four entries of 16 bytes at offset 446, 0x55aa at 510; extended partitions are a chain of such sectors (a Linux
counts what is in there from 5 on). GPT: UEFI Specification 2.10, 5.3; its header is in sector 1, and the MBR before it
has one entry of type 0xee. NetBSD's disklabels are not read here: its kernel does that, and calls them by letters.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

SECTOR = 512
_MBR_ENTRY = struct.Struct("<B3xB3xII")
_MBR_ENTRIES = 446
_MBR_SIGNATURE = b"\x55\xaa"
_EXTENDED = (0x05, 0x0F, 0x85)
_PROTECTIVE = 0xEE
_FIRST_LOGICAL = 5
# a chain of extended partitions that leads back to itself has no end
_MOST_LOGICAL = 128
# EFI PART, then revision … partition entry LBA, number and size of entries
_GPT_HEADER = struct.Struct("<8s64xQII")
_GPT_SIGNATURE = b"EFI PART"
_MOST_ENTRIES = 1024
_UNUSED = bytes(16)


class Partition(NamedTuple):
    """Part of a disk; ``offset`` and ``size`` are bytes, ``number`` is the one in Linux's ``xvda1``."""

    number: int
    offset: int
    size: int


def read(disk: BinaryIO) -> list[Partition]:
    """The partitions of a disk in the order of their numbers; none when it has no table that we know.

    A file system that begins at the disk's first byte may leave room for boot code whose last two bytes look like an
    MBR; entries that make no sense there are no partitions.
    """
    sector = _sector(disk, 0)
    if sector[510:512] != _MBR_SIGNATURE:
        return []
    entries = _entries(sector)
    if any(kind == _PROTECTIVE for _status, kind, _start, _count in entries):
        return _gpt(disk)
    if any(status & 0x7F for status, _kind, _start, _count in entries):
        return []
    found = []
    for number, (_status, kind, start, count) in enumerate(entries, 1):
        if kind in _EXTENDED:
            found += _logical(disk, start)
        elif kind and start and count:
            found.append(Partition(number, start * SECTOR, count * SECTOR))
    return sorted(found)


def _entries(sector: bytes) -> list[tuple[int, int, int, int]]:
    """Status, type, first sector and number of sectors of the four entries."""
    return [_MBR_ENTRY.unpack_from(sector, _MBR_ENTRIES + index * _MBR_ENTRY.size) for index in range(4)]


def _logical(disk: BinaryIO, first: int) -> list[Partition]:
    """The partitions inside of an extended one: each link counts from itself, the next link from the first one."""
    found: list[Partition] = []
    link = first
    while len(found) < _MOST_LOGICAL:
        sector = _sector(disk, link)
        if sector[510:512] != _MBR_SIGNATURE:
            return found
        here, following = _entries(sector)[:2]
        if here[1] and here[3]:
            number = _FIRST_LOGICAL + len(found)
            found.append(Partition(number, (link + here[2]) * SECTOR, here[3] * SECTOR))
        if following[1] not in _EXTENDED or first + following[2] <= link:
            return found
        link = first + following[2]
    return found


def _gpt(disk: BinaryIO) -> list[Partition]:
    signature, table, count, size = _GPT_HEADER.unpack_from(_sector(disk, 1))
    if signature != _GPT_SIGNATURE or size < 128 or count > _MOST_ENTRIES:
        return []
    disk.seek(table * SECTOR)
    data = disk.read(count * size)
    found = []
    for index in range(len(data) // size):
        entry = data[index * size : (index + 1) * size]
        start, last = struct.unpack_from("<QQ", entry, 32)
        if entry[:16] != _UNUSED and 0 < start <= last:
            found.append(Partition(index + 1, start * SECTOR, (last - start + 1) * SECTOR))
    return found


def _sector(disk: BinaryIO, number: int) -> bytes:
    """A sector; zeros after the end of the disk."""
    disk.seek(number * SECTOR)
    return disk.read(SECTOR).ljust(SECTOR, b"\0")
