# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's hypervisor with another version number, for the lab's xenkernel packages.

It stays one hypervisor: only the two numbers that it tells dom0 (and prints) are changed, the compiler's name in its
banner is overwritten so that no two files have the same checksum, and for versions before 4.9 the multiboot 2 header
is taken out, for those had none (xen/arch/x86/boot/head.S). The multiboot 1 header, by which QEMU starts it, remains.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

# xen/common/version.c: xen_major_version() and xen_minor_version() return a constant each and lie one after the other:
# b8 MAJOR (mov eax), ret or a jump to the return thunk, nops, b8 MINOR, the same
_FUNCTIONS = re.compile(
    rb"\xb8([\x03-\x05])\0\0\0(?:\xc3|\xe9.{4}|\xeb.)(?:\x90|\xcc|\x66|\x0f\x1f|[\0\x40\x44\x80\x84]){0,16}?"
    rb"\xb8([\0-\x40])\0\0\0[\xc3\xe9\xeb]",
    re.DOTALL,
)
_BANNER = re.compile(rb"(gcc[ -][^\0]{12,})\0")
MULTIBOOT1 = (0x1BADB002).to_bytes(4, "little")
MULTIBOOT2 = (0xE85250D6).to_bytes(4, "little")
MULTIBOOT1_WITHIN, MULTIBOOT2_WITHIN = 8192, 32768  # where the two specifications let a loader look
FIRST_WITH_MULTIBOOT2 = (4, 9)


def find(rootfs: Path) -> bytes | None:
    """The uncompressed hypervisor of a Debian root; None if it has none."""
    found = sorted(rootfs.glob("boot/xen-[0-9]*-amd64.gz"))
    return gzip.decompress(found[-1].read_bytes()) if found else None


def stand_in() -> bytes:
    """What takes a hypervisor's place where none is to be had (a harness that boots nothing): an ELF header, both
    multiboot magics, and the two functions. It does not boot."""
    elf = b"\x7fELF\x02\x01\x01".ljust(64, b"\0")
    functions = b"\xb8\4\0\0\0\xc3".ljust(16, b"\x90") + b"\xb8\x11\0\0\0\xc3"
    return elf + MULTIBOOT1 + MULTIBOOT2 + functions + b"\x004.17.0\0gcc (nothing that runs on a computer)\0"


def _numbers(data: bytes) -> tuple[int, int]:
    """Where the two version numbers are.

    :raises LookupError: there is not exactly one pair of functions whose version is also named in the banner.
    """
    found = []
    for match in _FUNCTIONS.finditer(data):
        named = f"\0{match.group(1)[0]}.{match.group(2)[0]}.".encode()
        if named in data:
            found.append((match.start(1), match.start(2)))
    if len(found) != 1:
        raise LookupError(f"{len(found)} places in the hypervisor look like its version functions, not one")
    return found[0]


def with_version(original: bytes, version: tuple[int, int], name: str) -> bytes:
    """The uncompressed file with another version number.

    :param name: what to mark it with (package, version, debug or not).
    :raises LookupError: the places to change are not where they were in every hypervisor seen.
    """
    data = bytearray(original)
    major, minor = _numbers(original)
    data[major], data[minor] = version
    banner = _BANNER.search(original)
    if not banner:
        raise LookupError("no compiler banner in the hypervisor")
    room = banner.end(1) - banner.start(1)
    data[banner.start(1) : banner.end(1)] = f"lab {name}".encode()[:room].ljust(room)
    if version < FIRST_WITH_MULTIBOOT2:
        for match in re.finditer(re.escape(MULTIBOOT2), original[:MULTIBOOT2_WITHIN]):
            data[match.start() : match.end()] = bytes(len(MULTIBOOT2))
    if MULTIBOOT1 not in data[:MULTIBOOT1_WITHIN]:
        raise LookupError("the hypervisor has no multiboot 1 header where a loader would look for it")
    return bytes(data)


def compressed(data: bytes) -> bytes:
    """gzip'ed, quickly, and the same each time."""
    return gzip.compress(data, compresslevel=1, mtime=0)
