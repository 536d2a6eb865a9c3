# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file on the boot disk is: a hypervisor, a kernel, or neither."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

GZIP = b"\x1f\x8b"
ELF = b"\x7fELF"
# the header's magic and where it must be (Multiboot specification 0.6.96 §3.1, Multiboot2 specification §3.1)
MULTIBOOT1, MULTIBOOT1_WITHIN = b"\x02\xb0\xad\x1b", 8192
MULTIBOOT2, MULTIBOOT2_WITHIN = b"\xd6\x50\x52\xe8", 32768
# sys/conf/newvers.sh: "NetBSD 10.1 (XEN3_DOM0) #0: Mon Dec 16 …", in every NetBSD kernel
VERSION = re.compile(rb"NetBSD (\d+\.[\w.]+) \(([\w.-]+)\)")
TAIL = 65536


@dataclass(frozen=True)
class Image:
    """A file's contents, decompressed. release and config are those of a NetBSD kernel's version string, or ""."""

    data: bytes
    release: str = ""
    config: str = ""

    @property
    def multiboot1(self) -> bool:
        """Whether it has a multiboot header on a 4-byte boundary with a right checksum."""
        return _header(self.data[:MULTIBOOT1_WITHIN], MULTIBOOT1, 4, 3)

    @property
    def multiboot2(self) -> bool:
        """Whether it has a multiboot2 header on an 8-byte boundary with a right checksum."""
        return _header(self.data[:MULTIBOOT2_WITHIN], MULTIBOOT2, 8, 4)

    @property
    def kernel(self) -> bool:
        """Whether it is an ELF kernel that is not a hypervisor."""
        return self.data.startswith(ELF) and not self.multiboot1 and not self.multiboot2

    @property
    def boots_natively(self) -> bool:
        """XEN3 kernels are for Xen's paravirtual machines alone."""
        return self.kernel and "XEN3" not in self.config

    @property
    def boots_as_dom0(self) -> bool:
        """A kernel without a version string is taken for both kinds."""
        return self.kernel and (not self.config or re.fullmatch(r"XEN3.*DOM0", self.config) is not None)


def _header(data: bytes, magic: bytes, alignment: int, words: int) -> bool:
    """Whether magic starts a header whose words (magic, flags or architecture and length, checksum) add up to 0."""
    place = data.find(magic)
    while place >= 0:
        fields = [int.from_bytes(data[place + 4 * n : place + 4 * n + 4], "little") for n in range(words)]
        if place % alignment == 0 and sum(fields) % 2**32 == 0:
            return True
        place = data.find(magic, place + 1)
    return False


def _gunzip(data: bytes) -> bytes | None:
    """All members of a gzip file, as sys/lib/libsa/cread.c reads them; None if one is damaged or cut short."""
    parts = []
    while data.startswith(GZIP):
        unpack = zlib.decompressobj(31)
        try:
            parts.append(unpack.decompress(data))
        except zlib.error:
            return None
        if not unpack.eof:
            return None
        data = unpack.unused_data
    return b"".join(parts)


def read(data: bytes) -> Image | None:
    """The image in a file's contents; gzip is taken off. None if the compressed data is damaged or cut short."""
    if data.startswith(GZIP):
        unpacked = _gunzip(data)
        if unpacked is None:
            return None
        data = unpacked
    found = VERSION.search(data[-TAIL:]) or (VERSION.search(data) if data.startswith(ELF) else None)
    if not found:
        return Image(data)
    return Image(data, found[1].decode("ascii"), found[2].decode("ascii"))
