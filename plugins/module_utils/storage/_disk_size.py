# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Sizes of disks: what a task says, in bytes, and bytes as a person reads them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

# vbds count in sectors of 512 bytes: xen/include/public/io/blkif.h, "sector-size"
SECTOR = 512
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(i?b)?", re.IGNORECASE)
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}

# of an offset in a file
_LARGEST = 2**63 - 1


def parse(option: str, value: Any) -> int:
    """``"10G"``, ``"1.5 GiB"``, ``"16777216B"`` -> bytes. Units are binary, as in lvcreate(8) and xl.cfg(5).

    :raises BadValue: no unit (bytes to one reader are MiB to another), or no whole number of sectors.
    """
    match = _SIZE.fullmatch(str(value).strip())
    if not match:
        raise BadValue(option, value, "not a size; write a number and K, M, G or T, such as 10G.")
    if not match.group(2) and not match.group(3):
        raise BadValue(option, value, "a size needs its unit: K, M, G, T, or B for bytes.")
    size = Decimal(match.group(1)) * _UNITS[match.group(2).lower()]
    if size > _LARGEST:
        raise BadValue(option, value, "no disk is as large as that.")
    if size == 0:
        raise BadValue(option, value, "a disk cannot be empty.")
    if size % SECTOR:
        raise BadValue(option, value, f"not a whole number of sectors of {SECTOR} bytes.")
    return int(size)


def show(size: int) -> str:
    """``10737418240`` -> ``10 GiB``; always exact, in the largest unit that is."""
    for unit, letter in ((1024**4, "TiB"), (1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB")):
        if size and size % unit == 0:
            return f"{size // unit} {letter}"
    return f"{size} bytes"


def about(size: int) -> str:
    """``60931158016`` -> ``56.7 GiB``: for what changes while one looks, free space."""
    for unit, letter in ((1024**4, "TiB"), (1024**3, "GiB"), (1024**2, "MiB")):
        if size >= unit:
            return f"{size / unit:.1f} {letter}"
    return f"{max(size, 0) // 1024} KiB"
