# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the lab's boot loaders share: a disk of a few small files that are what they pretend to be."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Mapping

from xenlab.loader import start
from xenlab.loader.outcome import NOBODY, Choice, Person

MULTIBOOT1 = struct.pack("<III", 0x1BADB002, 3, -(0x1BADB002 + 3) & 0xFFFFFFFF)
MULTIBOOT2 = struct.pack("<IIII", 0xE85250D6, 0, 24, -(0xE85250D6 + 24) & 0xFFFFFFFF)
ELF = b"\x7fELF" + bytes(60)
XEN = ELF + MULTIBOOT1 + bytes(4) + MULTIBOOT2
OLD_XEN = ELF + MULTIBOOT1  # before 4.9


def kernel(config: str, release: str = "10.1") -> bytes:
    """A NetBSD kernel, as far as a loader looks at it."""
    return ELF + bytes(100) + f"\n@(#)NetBSD {release} ({config}) #0: Mon Dec 16 13:08:11 UTC 2024\n".encode()


USUAL = {
    "/boot": b">> NetBSD/x86 BIOS Boot, Revision 5.11 (from NetBSD 10.1)\n",
    "/etc/lab/mbr": b"netbsd\n",
    "/etc/lab/firmware": b"bios\n",
    "/etc/fstab": b"/dev/wd0a / ffs rw 1 1\n",
    "/netbsd": kernel("GENERIC"),
    "/netbsd-XEN3_DOM0.gz": gzip.compress(kernel("XEN3_DOM0")),
    "/xen.gz": gzip.compress(XEN),
    "/var/db/entropy-file": b"seed",
}


def disk(files: Mapping[str, bytes | str | None]) -> dict[str, bytes]:
    """The usual disk with these files; None removes one."""
    all_files = {**USUAL, **{path: text.encode() if isinstance(text, str) else text for path, text in files.items()}}
    return {path: data for path, data in all_files.items() if data is not None}


def boot(boot_cfg: str | None = None, person: Person = NOBODY, **files: bytes | str | None) -> Choice:
    """Boot the usual disk with this /boot.cfg and these files (`netbsd__old` stands for /netbsd.old)."""
    named = {"/" + name.replace("__", "."): data for name, data in files.items()}
    return start.boot(disk({"/boot.cfg": boot_cfg, **named}).get, person)


def boot_disk(files: Mapping[str, bytes | str | None], person: Person = NOBODY) -> Choice:
    """Boot the usual disk with these files, by their paths."""
    return start.boot(disk(files).get, person)
