# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a file is that shall be booted: a hypervisor, a dom0 kernel, another kernel, or nothing that boots.

Sources: Multiboot 0.6.96 section 3.1 and Multiboot 2 section 3.1 for the headers; NetBSD sys/conf/newvers.sh for the
version string "NetBSD 10.1 (XEN3_DOM0) #0: ..." that each kernel holds.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError

HYPERVISOR, DOM0, NATIVE, DOMU, UNKNOWN = "hypervisor", "dom0", "native", "domu", "unknown"
_GZIP = b"\x1f\x8b"
_ELF = b"\x7fELF"
_MULTIBOOT1, _MULTIBOOT1_WITHIN = 0x1BADB002, 8192
_MULTIBOOT2, _MULTIBOOT2_WITHIN = 0xE85250D6, 32768
_VERSION = re.compile(rb"NetBSD (\d+\.[\w.]+) \(([A-Z][\w.-]*)\)")
_STOCK_DOM0 = (b"XEN3_DOM0", b"XEN3PAE_DOM0")
_PCIBACK = b"pciback_pci_init"  # begins the messages of sys/arch/xen/xen/pciback.c
_LIMIT = 512 * 1024 * 1024  # more than any kernel: what expands to that is a trap


class Boot(NamedTuple):
    """What a file turned out to be.

    :param kind: ``hypervisor``, ``dom0`` (a XEN3_DOM0 kernel), ``native``, ``domu``, or ``unknown``: a kernel that does
        not say what it is.
    :param version: what it says of itself, such as ``NetBSD 10.1 (XEN3_DOM0)``; empty when it says nothing.
    """

    kind: str
    version: str = ""


def identify(data: bytes, name: str) -> Boot:
    """
    :param data: the content of the file, compressed by gzip or not.
    :raises XenError: it is nothing that a boot loader can boot (``not_bootable``).
    """
    plain = expanded(data, name)
    if _has_header(plain[:_MULTIBOOT1_WITHIN], _MULTIBOOT1, 4):
        return Boot(HYPERVISOR)
    if not plain.startswith(_ELF):
        raise XenError(
            f"{name} is no kernel: it is neither an ELF file nor one compressed by gzip. Look at its first lines: a "
            "web server may have sent a page with an error.",
            error_id="not_bootable",
        )
    match = _VERSION.search(plain)
    if not match:
        return Boot(UNKNOWN)
    return Boot(_kind(match.group(2).decode()), match.group(0).decode())


def has_pciback(data: bytes, name: str) -> bool:
    """Whether a dom0 kernel can hide PCI devices: the stock one of NetBSD 5.1 and later can (XEN3_DOM0 has pciback(4));
    one of another name is looked into for the driver's messages.

    :raises XenError: it is nothing that a boot loader can boot (``not_bootable``).
    """
    plain = expanded(data, name)
    match = _VERSION.search(plain)
    if match and match.group(2) in _STOCK_DOM0:
        numbers = [int(number) for number in re.findall(rb"\d+", match.group(1))[:2]]
        return numbers >= [5, 1]
    return _PCIBACK in plain


def _kind(config: str) -> str:
    if "XEN3" not in config:
        return NATIVE
    return DOMU if "DOMU" in config else DOM0


def has_multiboot2(path: str) -> bool | None:
    """Whether a hypervisor has the header that the UEFI loader asks for; None when the file cannot be read."""
    try:
        with open(path, "rb") as stream:
            head = stream.read(_MULTIBOOT2_WITHIN * 2)
    except OSError:
        return None
    if head.startswith(_GZIP):
        try:
            head = zlib.decompressobj(31).decompress(head, _MULTIBOOT2_WITHIN)
        except zlib.error:
            return None
    return _has_header(head[:_MULTIBOOT2_WITHIN], _MULTIBOOT2, 8)


def expanded(data: bytes, name: str) -> bytes:
    """The content of a file that may be compressed by gzip.

    :raises XenError: it is damaged or not complete (``not_bootable``).
    """
    if not data.startswith(_GZIP):
        return data
    # a gzip file may have several members, one after the other
    members = []
    while data.startswith(_GZIP):
        unpack = zlib.decompressobj(31)
        try:
            members.append(unpack.decompress(data, _LIMIT))
        except zlib.error as error:
            raise XenError(f"{name} is damaged: {error}.", error_id="not_bootable") from error
        if not unpack.eof:
            raise XenError(f"{name} is not complete: its compressed data ends too early.", error_id="not_bootable")
        data = unpack.unused_data
    return b"".join(members)


def _has_header(data: bytes, magic: int, alignment: int) -> bool:
    """Whether the magic number is there, on the boundary that the loader looks at."""
    wanted = struct.pack("<I", magic)
    place = data.find(wanted)
    while place >= 0:
        if place % alignment == 0:
            return True
        place = data.find(wanted, place + 1)
    return False
