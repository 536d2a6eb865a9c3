# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Partition tables, as fdisk(8) and gpt(8) write them."""

from __future__ import annotations

import io
import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.storage import _partitions
from ansible_collections.netbsd.xen.plugins.module_utils.storage._partitions import Partition


def mbr(*entries: tuple[int, int, int], status: int = 0) -> bytes:
    """A sector with these (type, start, count)."""
    rows = b"".join(struct.pack("<B3xB3xII", status, *entry) for entry in entries)
    return bytes(446) + rows.ljust(64, b"\0") + b"\x55\xaa"


def gpt(*entries: tuple[int, int], table: int = 2, size: int = 128) -> bytes:
    """A disk with these (first, last) sectors; (0, 0) is an entry that is not used."""
    header = struct.pack("<8s64xQII", b"EFI PART", table, len(entries), size).ljust(512, b"\0")
    rows = [
        ((b"T" * 16 if first else bytes(16)) + b"U" * 16 + struct.pack("<QQ", first, last)).ljust(size, b"\0")
        for first, last in entries
    ]
    return mbr((0xEE, 1, 0xFFFFFFFF)) + header + bytes((table - 2) * 512) + b"".join(rows)


def read(data: bytes) -> list[Partition]:
    return _partitions.read(io.BytesIO(data))


def test_four_primary_ones():
    disk = mbr((0x83, 2048, 100), (0, 0, 0), (0x82, 4096, 200), (0xA9, 8192, 300))
    assert read(disk) == [
        Partition(1, 2048 * 512, 100 * 512),
        Partition(3, 4096 * 512, 200 * 512),
        Partition(4, 8192 * 512, 300 * 512),
    ]


def test_logical_ones_count_from_five():
    disk = bytearray(40 * 512)
    disk[:512] = mbr((0x83, 1, 2), (0x05, 10, 30))
    disk[10 * 512 : 11 * 512] = mbr((0x83, 1, 4), (0x05, 10, 10))
    disk[20 * 512 : 21 * 512] = mbr((0x83, 2, 5))
    assert read(bytes(disk)) == [
        Partition(1, 512, 1024),
        Partition(5, 11 * 512, 4 * 512),
        Partition(6, 22 * 512, 5 * 512),
    ]


def test_a_chain_that_leads_back_ends():
    disk = bytearray(40 * 512)
    disk[:512] = mbr((0x05, 10, 30))
    disk[10 * 512 : 11 * 512] = mbr((0x83, 1, 4), (0x05, 0, 10))
    assert [each.number for each in read(bytes(disk))] == [5]


def test_a_gpt_with_a_gap():
    assert read(gpt((34, 2047), (0, 0), (2048, 4095))) == [
        Partition(1, 34 * 512, 2014 * 512),
        Partition(3, 2048 * 512, 2048 * 512),
    ]


def test_disks_without_a_table():
    assert read(b"") == []
    assert read(bytes(2048)) == []
    assert read(mbr((0xEE, 1, 100))) == []
    # boot code that happens to end like an MBR, in front of a file system
    assert read(mbr((0x83, 1, 1), status=0x12)) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(34, 10**9), st.integers(0, 10**6)), max_size=20), st.sampled_from([128, 256]))
def test_what_a_gpt_says_is_read(ranges, size):
    disk = gpt(*((first, first + more) for first, more in ranges), size=size)
    assert read(disk) == [
        Partition(number, first * 512, (more + 1) * 512) for number, (first, more) in enumerate(ranges, 1)
    ]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=2048))
def test_garbage_is_no_error(data):
    for disk in (data, data[:510].ljust(510, b"\0") + b"\x55\xaa" + data[510:]):
        read(disk)
