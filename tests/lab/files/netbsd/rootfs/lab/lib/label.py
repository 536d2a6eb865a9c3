# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetBSD's disklabel in a file, for disklabel(8), newfs(8) and mount(8) of the face.

    label.py write FILE PROTO      label.py show FILE NAME      label.py partition FILE LETTER

Sources: sys/sys/disklabel.h (the structure; little-endian, at the beginning of sector 1 on amd64 and i386),
sbin/disklabel/main.c getasciilabel() (what a text may say, and the messages), checklabel(), dkcksum.c (the checksum:
all 16-bit words of it come to 0 by exclusive or), printlabel.c (the form that is shown).
"""

from __future__ import annotations

import os
import re
import struct
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

MAGIC = 0x82564557
HEAD = struct.Struct("<IHH16s16s6IHHI4HIII20s20sIHHII")
PARTITION = struct.Struct("<IIIBBH")
TYPES = ["unused", "swap", "Version6", "Version7", "System5", "4.1BSD", "Eighth", "4.2BSD", "MSDOS", "4.4LFS"]
NUMBERS = {
    "bytes/sector": 512,
    "sectors/track": 0,
    "tracks/cylinder": 0,
    "sectors/cylinder": 0,
    "cylinders": 0,
    "total sectors": 0,
    "rpm": 3600,
    "interleave": 1,
    "trackskew": 0,
    "cylinderskew": 0,
    "headswitch": 0,
    "track-to-track seek": 0,
}

if TYPE_CHECKING:
    Numbers = dict[str, int]
    # by index: size and offset in sectors, number of the type
    Partitions = dict[int, tuple[int, int, int]]


def die(*lines: str) -> NoReturn:
    for line in lines:
        print("disklabel: " + line, file=sys.stderr)
    sys.exit(1)


def parse(text: str) -> tuple[Numbers, Partitions, dict[str, str]]:
    found, words = dict(NUMBERS), {"disk": "", "label": ""}
    partitions: Partitions = {}
    errors = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.split("#")[0].strip()
        if not line:
            continue
        key, colon, value = line.partition(":")
        key, value = key.strip(), value.strip()
        if not colon:
            errors.append(f"line {number}: syntax error")
        elif key in found:
            if value.isdigit():
                found[key] = int(value)
            else:
                errors.append(f"line {number}: bad {key}: {value}")
        elif key in words:
            words[key] = value
        elif re.fullmatch(r"\d+ partitions", key):
            found["partitions"] = int(key.split()[0])
            if not 0 < found["partitions"] <= 16:
                errors.append(f"line {number}: bad # of partitions")
        elif re.fullmatch("[a-p]", key):
            fields = value.split()
            if len(fields) < 3:
                errors.append(f"line {number}: too few fields")
            elif fields[2] not in TYPES or not all(each.isdigit() for each in fields[:2]):
                errors.append(f"line {number}: syntax error")
            else:
                partitions[ord(key) - ord("a")] = (int(fields[0]), int(fields[1]), TYPES.index(fields[2]))
        elif key not in ("type", "flags", "drivedata"):
            errors.append(f"line {number}: unknown field: {key}")
    if errors:
        die(*errors)
    return found, partitions, words


def check(found: Numbers, partitions: Partitions) -> None:
    errors = []
    for key in ("bytes/sector", "sectors/track", "tracks/cylinder", "sectors/cylinder", "total sectors"):
        if not found[key]:
            errors.append(f"{key} 0")
    for index, (size, offset, _type) in sorted(partitions.items()):
        if index >= found.get("partitions", 8):
            errors.append(f"partition {chr(97 + index)}: beyond the number of partitions")
        if offset + size > found["total sectors"]:
            errors.append(f"partition {chr(97 + index)}: partition extends past end of unit")
    if errors:
        die(*errors)


def encode(found: Numbers, partitions: Partitions, words: dict[str, str]) -> bytes:
    head = HEAD.pack(
        MAGIC,
        0,
        0,
        words["disk"].encode(),
        words["label"].encode(),
        found["bytes/sector"],
        found["sectors/track"],
        found["tracks/cylinder"],
        found["cylinders"],
        found["sectors/cylinder"],
        found["total sectors"],
        0,
        0,
        0,
        found["rpm"],
        found["interleave"],
        found["trackskew"],
        found["cylinderskew"],
        found["headswitch"],
        found["track-to-track seek"],
        0,
        b"",
        b"",
        MAGIC,
        0,
        found.get("partitions", 8),
        8192,
        8192,
    )
    rows = [partitions.get(index, (0, 0, 0)) for index in range(16)]
    label = bytearray(head + b"".join(PARTITION.pack(size, offset, 0, kind, 0, 0) for size, offset, kind in rows))
    total = 0
    for (word,) in struct.iter_unpack("<H", bytes(label[: 148 + 16 * found.get("partitions", 8)])):
        total ^= word
    struct.pack_into("<H", label, 136, total)
    return bytes(label)


def read(path: str) -> bytes | None:
    with open(path, "rb") as stream:
        stream.seek(512)
        label = stream.read(404)
    if (
        len(label) < 404
        or struct.unpack_from("<I", label)[0] != MAGIC
        or struct.unpack_from("<I", label, 132)[0] != MAGIC
    ):
        return None
    return label


def rows_of(label: bytes) -> Iterator[tuple[str, int, int, str]]:
    count = struct.unpack_from("<H", label, 138)[0]
    for index in range(count):
        size, offset, _fsize, kind, _frag, _cpg = PARTITION.unpack_from(label, 148 + 16 * index)
        yield chr(97 + index), size, offset, TYPES[kind]


def show(path: str, name: str) -> None:
    label = read(path)
    if label is None:
        die("could not read existing label")
    values = HEAD.unpack(label[: HEAD.size])
    typename, pack = (value.split(b"\0")[0].decode() for value in values[3:5])
    print(f"# {name}:\ntype: unknown\ndisk: {typename}\nlabel: {pack}\nflags:\nbytes/sector: {values[5]}")
    print(f"sectors/track: {values[6]}\ntracks/cylinder: {values[7]}\nsectors/cylinder: {values[9]}")
    print(f"cylinders: {values[8]}\ntotal sectors: {values[10]}\nrpm: {values[14]}\ninterleave: {values[15]}")
    print("trackskew: 0\ncylinderskew: 0\nheadswitch: 0\t\t# microseconds\ntrack-to-track seek: 0\t# microseconds")
    print("drivedata: 0 \n")
    rows = list(rows_of(label))
    print(f"{len(rows)} partitions:\n#        size    offset     fstype [fsize bsize cpg/sgs]")
    for letter, size, offset, kind in rows:
        if size:
            print(f" {letter}: {size:9d} {offset:9d} {kind:>10}")


def partition(path: str, letter: str) -> None:
    label = read(path)
    if label is None:
        size = os.stat(path).st_size // 512
        if letter not in "ad":
            sys.exit(1)
        print(size, 0, "4.2BSD" if letter == "a" else "unused")
        return
    for name, size, offset, kind in rows_of(label):
        if name == letter and size:
            print(size, offset, kind)
            return
    sys.exit(1)


def write(path: str, proto: str) -> None:
    with open(proto, encoding="utf-8") as stream:
        found, partitions, words = parse(stream.read())
    check(found, partitions)
    with open(path, "r+b") as stream:
        stream.seek(512)
        stream.write(encode(found, partitions, words))


if __name__ == "__main__":
    {"write": write, "show": show, "partition": partition}[sys.argv[1]](*sys.argv[2:])
