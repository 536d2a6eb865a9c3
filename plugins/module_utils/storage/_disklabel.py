# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The disklabel of a guest's disk: made as a text for disklabel(8), and read from the disk.

Sources: disklabel(8) and sbin/disklabel/main.c (-F works on a file without ioctls, -R -r writes a label from a text;
amd64 and i386 have it at the beginning of sector 1), sys/sys/disklabel.h (the layout), sys/kern/subr_disk_mbr.c
(without an MBR, the kernel looks for a label at the start of the disk). The root begins at sector 0: FFS leaves its
first 64 KiB alone, which is where the label is, and so a volume can be mounted by the dom0 as it is.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

SECTOR = 512
MAGIC = 0x82564557
# geometry of vnd(4): cylinders of 1 MiB
_SECTORS, _TRACKS = 32, 64
CYLINDER = _SECTORS * _TRACKS
_PACK_NAME = slice(24, 40)
_MAGIC2 = 132
# a label counts in 32 bits; and FFS wants some room, of which sysinst asks for far more
_MOST, _LEAST = 2**32 - 1, 8 * CYLINDER
LOOK = 256 * 1024
# what a disk may begin with besides: offset, bytes, name. fs.h of FFS (superblock at 64 or 8 KiB, magic at 1372 in it),
# ext2_fs.h, Multiboot's neighbours: the MBR's 55 aa
_FS_MAGIC = 1372
_SIGNS = (
    (65536 + _FS_MAGIC, struct.pack("<I", 0x19540119), "an FFSv2 file system"),
    (8192 + _FS_MAGIC, struct.pack("<I", 0x00011954), "an FFSv1 file system"),
    (1024 + 56, b"\x53\xef", "an ext2, ext3 or ext4 file system"),
    (0, b"XFSB", "an XFS file system"),
    (512, b"EFI PART", "a GPT"),
    (510, b"\x55\xaa", "an MBR"),
)


class Layout(NamedTuple):
    """Partitions of a disk, in sectors: the root, and swap behind it (0: none)."""

    total: int
    root: int
    swap: int


def layout(size: int, swap: int) -> Layout:
    """
    :param size: of the disk, in bytes; likewise ``swap``.
    :raises BadValue: it does not fit.
    """
    total = size // SECTOR
    # whole cylinders, as disklabel(8) likes them
    behind = -(-swap // (CYLINDER * SECTOR)) * CYLINDER
    if total > _MOST:
        raise BadValue("disk", size, "a disklabel counts up to 2 TiB.")
    root = (total - behind) // CYLINDER * CYLINDER
    if root < _LEAST:
        raise BadValue("swap", swap, f"a disk of {size} bytes leaves no room for a root file system beside it.")
    return Layout(total, root, behind)


def proto(parts: Layout, name: str) -> str:
    """The text for `disklabel -R`, in the form that showinfo() and showpartitions() print.

    :param name: the label's own, at most 15 characters.
    """
    rows = [_partition("a", parts.root, 0, "4.2BSD")]
    if parts.swap:
        rows.append(_partition("b", parts.swap, parts.root, "swap"))
    rows += [_partition("c", parts.total, 0, "unused"), _partition("d", parts.total, 0, "unused")]
    head = [
        "type: unknown",
        "disk: xbd",
        f"label: {name}",
        "flags:",
        f"bytes/sector: {SECTOR}",
        f"sectors/track: {_SECTORS}",
        f"tracks/cylinder: {_TRACKS}",
        f"sectors/cylinder: {CYLINDER}",
        f"cylinders: {parts.total // CYLINDER}",
        f"total sectors: {parts.total}",
        "rpm: 3600",
        "interleave: 1",
        "trackskew: 0",
        "cylinderskew: 0",
        "headswitch: 0",
        "track-to-track seek: 0",
        "drivedata: 0",
        "",
        "4 partitions:",
        "#        size    offset     fstype [fsize bsize cpg/sgs]",
    ]
    return "".join(f"{line}\n" for line in head + rows)


def _partition(letter: str, size: int, offset: int, kind: str) -> str:
    sizes = "" if kind == "swap" else "      0     0     0"
    return f" {letter}: {size:9d} {offset:9d} {kind:>10.10}{sizes}"


def name_of(head: bytes) -> str | None:
    """The name in the label of a disk, None when there is no label.

    :param head: the first bytes of the disk.
    """
    label = head[SECTOR : SECTOR + 404]
    if len(label) < 404 or struct.unpack_from("<I", label)[0] != MAGIC:
        return None
    if struct.unpack_from("<I", label, _MAGIC2)[0] != MAGIC:
        return None
    return label[_PACK_NAME].split(b"\0")[0].decode("ascii", "replace")


def content(head: bytes) -> str | None:
    """What is on a disk, None when its beginning is blank.

    :param head: its first ``LOOK`` bytes.
    """
    if not head.strip(b"\0"):
        return None
    for offset, magic, what in _SIGNS:
        if head[offset : offset + len(magic)] == magic:
            return what
    return "a disklabel" if name_of(head) is not None else "data of unknown kind"
