# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Image files behind devices: vnd(4) of NetBSD, loop devices of Linux. An image with a device is in use.

NetBSD: vnconfig(8), from NetBSD 8 on called vndconfig, tells mount point and inode of the file and not its name:
``vnd0: /home (/dev/wd0e) inode 1234`` or ``vnd1: not in use`` (usr.sbin/vnconfig/vnconfig.c).
Linux: /sys/block/loopN/loop/backing_file.
"""

from __future__ import annotations

import glob
import os
import platform
import re

from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _host

SYS_BLOCK = "/sys/block"
_LINE = re.compile(r"(vnd\d+): (?:(.+) \(.+\)|\S+|dev \d+,\d+) inode (\d+)")
_VND = re.compile(r"/dev/r?(vnd\d+)[a-p]?")


def parse(text: str) -> dict[str, tuple[str | None, int]]:
    """`vnconfig -l` -> mount point (None when it is not told) and inode of the file behind each vnd in use."""
    found = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line.strip())
        if match:
            found[match.group(1)] = (match.group(2), int(match.group(3)))
    return found


def devices_of(image: str) -> list[str]:
    """The devices that show this file, as ``/dev/vnd0``; empty for a file that has none."""
    try:
        there = os.stat(image)
    except OSError:
        return []
    if platform.system() == "NetBSD":
        used = _in_use()
        return sorted(f"/dev/{unit}" for unit, (mount, inode) in used.items() if _is(there, mount, inode))
    return sorted(device for device, file in _loops() if _same(file, there))


def unit_of(device: str) -> str | None:
    """``/dev/vnd0d``, ``/dev/rvnd0d`` -> ``/dev/vnd0``, as ``devices_of`` names it; None for another device."""
    match = _VND.fullmatch(device)
    return f"/dev/{match.group(1)}" if match else None


def _in_use() -> dict[str, tuple[str | None, int]]:
    program = _host.find_program("vndconfig") or _host.find_program("vnconfig")
    return parse(_command.run([program, "-l"]).stdout) if program else {}


def _is(there: os.stat_result, mount: str | None, inode: int) -> bool:
    if there.st_ino != inode:
        return False
    try:
        return mount is None or os.stat(mount).st_dev == there.st_dev
    except OSError:
        return True


def _loops() -> list[tuple[str, str]]:
    found = []
    for path in glob.glob(f"{SYS_BLOCK}/loop*/loop/backing_file"):
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as stream:
                found.append((f"/dev/{path.split('/')[-3]}", stream.read().rstrip("\n")))
        except OSError:
            continue  # detached this very moment
    return found


def _same(path: str, there: os.stat_result) -> bool:
    try:
        other = os.stat(path)
    except OSError:
        return False
    return (other.st_dev, other.st_ino) == (there.st_dev, there.st_ino)
