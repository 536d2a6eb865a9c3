# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CD image with a few files: `make_iso.py IMAGE NAME=FILE…`. ECMA-119 (ISO 9660), level 2 names, one session.

Debian's tools for that are not in the lab's image. Names are in upper case, as the standard wants them; systems show
them in lower case.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

SECTOR = 2048
TIME = bytes([126, 1, 1, 0, 0, 0, 0])


def both(number: int) -> bytes:
    """7.3.3: both byte orders."""
    return struct.pack("<I", number) + struct.pack(">I", number)


def record(name: bytes, extent: int, size: int, folder: bool) -> bytes:
    """9.1: a directory record."""
    length = 33 + len(name) + (len(name) + 1) % 2
    head = bytes([length, 0]) + both(extent) + both(size) + TIME + bytes([2 if folder else 0, 0, 0])
    body = head + struct.pack("<H", 1) + struct.pack(">H", 1) + bytes([len(name)]) + name
    return body.ljust(length, b"\0")


class Folder:
    """A directory: one sector, which is enough for a test."""

    def __init__(self) -> None:
        self.folders: dict[str, Folder] = {}
        self.files: dict[str, bytes] = {}
        self.extent = 0

    def add(self, path: str, data: bytes) -> None:
        head, _slash, rest = path.partition("/")
        if rest:
            self.folders.setdefault(head, Folder()).add(rest, data)
        else:
            self.files[head] = data

    def place(self, sector: int) -> int:
        self.extent = sector
        sector += 1
        for folder in self.folders.values():
            sector = folder.place(sector)
        return sector

    def write(self, image: dict[int, bytes], parent: int, free: int) -> int:
        """Puts sectors into ``image``; returns the next free one."""
        entries = []
        for name, folder in self.folders.items():
            entries.append((name.upper().encode(), folder.extent, SECTOR, True))
        for name, data in self.files.items():
            entries.append((f"{name.upper()};1".encode(), free, len(data), False))
            for offset in range(0, len(data), SECTOR):
                image[free] = data[offset : offset + SECTOR]
                free += 1
        rows = record(b"\0", self.extent, SECTOR, True) + record(b"\1", parent, SECTOR, True)
        image[self.extent] = rows + b"".join(record(*entry) for entry in sorted(entries))
        for folder in self.folders.values():
            free = folder.write(image, self.extent, free)
        return free


def volume(root: Folder, sectors: int) -> bytes:
    """8.4: the primary volume descriptor. The path table, which nobody reads, is left out."""
    head = b"\1CD001\1\0" + b" " * 32 + b"LAB".ljust(32) + bytes(8) + both(sectors) + bytes(32)
    numbers = b"".join(struct.pack("<H", n) + struct.pack(">H", n) for n in (1, 1, SECTOR))
    tables = both(0) + bytes(16)
    text = head + numbers + tables + record(b"\0", root.extent, SECTOR, True) + b" " * (128 * 4 + 37 * 3)
    return text + (b"0" * 16 + b"\0") * 4 + b"\1\0"


def main(target: str, *named: str) -> None:
    root = Folder()
    for each in named:
        name, _equals, path = each.partition("=")
        root.add(name, Path(path).read_bytes())
    free = root.place(18)
    image: dict[int, bytes] = {}
    sectors = root.write(image, root.extent, free)
    image[16], image[17] = volume(root, sectors), b"\xffCD001\1"
    with open(target, "wb") as stream:
        for sector, data in image.items():
            stream.seek(sector * SECTOR)
            stream.write(data.ljust(SECTOR, b"\0"))


if __name__ == "__main__":
    main(*sys.argv[1:])
