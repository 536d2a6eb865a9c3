# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Names and numbers of virtual disks: ``xvda``, ``hdc``, ``sda1``, ``d0p1``, ``0x1``.

Source: docs/man/xen-vbd-interface.7 and libxl__device_disk_dev_number() in libxl_device.c. A Linux or Windows guest
takes name and partition from the number; to a NetBSD guest it is only the order of its xbd devices.
"""

from __future__ import annotations

import re

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

_NAME = re.compile(r"(xvd|hd|sd)([a-z]+)([1-9][0-9]*)?\Z")
_DISK_PARTITION = re.compile(r"d(0x[0-9a-fA-F]+|[0-9]+)p(0x[0-9a-fA-F]+|[0-9]+)\Z")
_INTEGER = re.compile(r"(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\Z")
_INT_MAX = 2**31 - 1
_HINT = "a vdev is a name such as xvda, hda, sda1 or d0p1, or a number such as 0x1 (see xen-vbd-interface(7))."
# (highest disk, highest partition) that libxl takes
_LIMITS = {"xvd": (2**20 - 1, 255), "hd": (3, 63), "sd": (15, 15)}


def vdev_number(text: str) -> int:
    """The number by which Xen knows the disk: ``xvda`` and ``d0p0`` are 51712 (202 << 8), ``0x1`` is 1.

    :raises BadValue: for what libxl does not take for a virtual disk.
    """
    place = _name_and_place(text)
    if place is None:
        return _integer(text)
    kind, disk, partition = place
    if kind == "xvd":
        small = disk <= 15 and partition <= 15
        return 202 << 8 | disk << 4 | partition if small else 1 << 28 | disk << 8 | partition
    if kind == "hd":
        return (3 if disk < 2 else 22) << 8 | (disk & 1) << 6 | partition
    return 8 << 8 | disk << 4 | partition


def vdev_name(number: int) -> str:
    """The name of a number of Xen's, as in ``xl block-list``; numbers without a name come back in hexadecimal.

    :param number: as from vdev_number().
    """
    if number >> 28 == 1:
        kind, disk, partition = "xvd", number >> 8 & 2**20 - 1, number & 255
    elif number >> 8 == 202:
        kind, disk, partition = "xvd", number >> 4 & 15, number & 15
    elif number >> 8 in (3, 22):
        kind, disk, partition = "hd", (0 if number >> 8 == 3 else 2) + (number >> 6 & 1), number & 63
    elif number >> 8 == 8:
        kind, disk, partition = "sd", number >> 4 & 15, number & 15
    else:
        return hex(number)
    name = kind + _letters(disk) + (str(partition) if partition else "")
    return name if vdev_number(name) == number else hex(number)


def canonical_vdev(text: str) -> str:
    """One spelling for each virtual disk: d0p0 becomes xvda, integers become hexadecimal.

    A number stays apart from the name of the same number: libxl gives an HVM guest an emulated disk only for a name.

    :raises BadValue: see vdev_number().
    """
    number = vdev_number(text)
    return hex(number) if _name_and_place(text) is None else vdev_name(number)


def _name_and_place(text: str) -> tuple[str, int, int] | None:
    """Kind, disk and partition of a name; None for an integer or what is no name."""
    match = _DISK_PARTITION.match(text)
    if match:
        kind = "xvd"
        disk, partition = (_any_base(part) for part in match.groups())
    else:
        match = _NAME.match(text)
        if not match:
            return None
        kind, letters, digits = match.groups()
        disk, partition = _index(letters), int(digits or 0)
    most_disk, most_partition = _LIMITS[kind]
    if disk > most_disk or partition > most_partition:
        raise BadValue("disks", text, f"{kind} goes up to disk {most_disk} and partition {most_partition}.")
    return kind, disk, partition


def _integer(text: str) -> int:
    if not _INTEGER.match(text) or _any_base(text) > _INT_MAX:
        raise BadValue("disks", text, _HINT)
    return _any_base(text)


def _any_base(digits: str) -> int:
    """An integer as strtoul(…, 0) and scanf's %i read it: 0x is hexadecimal, a leading 0 octal."""
    if digits[:2] in ("0x", "0X"):
        return int(digits, 16)
    try:
        return int(digits, 8 if digits[0] == "0" else 10)
    except ValueError:
        raise BadValue("disks", digits, _HINT) from None


def _index(letters: str) -> int:
    """a is 0, z is 25, aa is 26."""
    index = -1
    for letter in letters:
        index = (index + 1) * 26 + ord(letter) - ord("a")
    return index


def _letters(index: int) -> str:
    letters = ""
    while index >= 0:
        letters = chr(ord("a") + index % 26) + letters
        index = index // 26 - 1
    return letters
