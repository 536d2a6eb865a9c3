# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Giving an image file a device of the dom0, and taking it away: loop devices on Linux, vnd(4) on NetBSD."""

from __future__ import annotations

import os
import platform
import stat
import time

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, CommandError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _devnodes, _host
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _partitions, _vnd

# a loop device goes when the last one who has opened it lets go of it: udev looks at each
_DETACH_SECONDS = 10.0
_PAUSE = 0.1


def attach(real: str, partition: int | str | None, read_only: bool) -> str:
    """The block device that shows the file system in the image or device ``real``.

    :param partition: its number, on NetBSD its letter; None for all of the disk.
    :raises BadValue: there is no such partition.
    :raises CommandError: the system refuses.
    """
    if platform.system() == "NetBSD":
        return _attach_vnd(real, _letter(partition), read_only)
    if partition is None and stat.S_ISBLK(os.stat(real).st_mode):
        return real
    where: list[str] = []
    if partition is not None:
        found = _partition(real, partition)
        where = ["--offset", str(found.offset), "--sizelimit", str(found.size)]
    command = ["losetup", *(["--read-only"] if read_only else []), *where, "--find", "--show", real]
    return _run(command).strip()


def detach(real: str) -> None:
    """Take away the devices that show ``real``; there may be none.

    :raises CommandError: the system refuses.
    """
    devices = _vnd.devices_of(real)
    for device in devices:
        if platform.system() == "NetBSD":
            _run([_vnconfig(), "-u", os.path.basename(device)])
        else:
            _run(["losetup", "--detach", device])
    deadline = time.monotonic() + _DETACH_SECONDS
    while devices and _vnd.devices_of(real) and time.monotonic() < deadline:
        time.sleep(_PAUSE)


def hint(real: str, partition: int | str | None) -> str:
    """What may be wrong when there is no file system where one was looked for."""
    numbers = ", ".join(str(each.number) for each in _table(real))
    if partition is None and numbers:
        return f"The disk has partitions: {numbers}. Say which one."
    return "Is there a file system in it, and does the kernel of the dom0 know its type?"


def _table(real: str) -> list[_partitions.Partition]:
    with open(real, "rb") as disk:
        return _partitions.read(disk)


def _partition(real: str, partition: int | str) -> _partitions.Partition:
    table = _table(real)
    found = [each for each in table if str(each.number) == str(partition)]
    if not found:
        numbers = ", ".join(str(each.number) for each in table) or "none"
        raise BadValue(
            "partition", partition, f"{real} has no such partition; there are: {numbers}.", error_id="no_such_partition"
        )
    return found[0]


def _letter(partition: int | str | None) -> str:
    """A vnd's first partition is a; d is all of it on x86 (disklabel(5), RAW_PART)."""
    letter = "d" if partition is None else str(partition)
    if len(letter) != 1 or letter not in "abcdefghijklmnop":
        raise BadValue("partition", partition, "on NetBSD, partitions are letters from a to p.")
    return letter


def _attach_vnd(real: str, letter: str, read_only: bool) -> str:
    """The block device of a partition of a vnd that was free; a device stays what it is."""
    if stat.S_ISBLK(os.stat(real).st_mode):
        return real
    program = _vnconfig()
    used = _vnd.parse(_run([program, "-l"]))
    free = [unit for unit in _devnodes.vnd_units() if f"vnd{unit}" not in used]
    problem: CommandError | None = None
    for unit in free:
        try:
            _run([program, "-c", *(["-r"] if read_only else []), f"vnd{unit}", real])
            return f"{_devnodes.DEV}/vnd{unit}{letter}"
        except CommandError as error:
            problem = error  # somebody else was faster, or the kernel has fewer than /dev
    if problem:
        raise problem
    raise HostError(
        f"No vnd is free for {real}. Make more of them with netbsd.xen.xen_devices.", error_id="vnds_exhausted"
    )


def _vnconfig() -> str:
    """vndconfig since NetBSD 8, vnconfig before; both are in the base system."""
    return _host.find_program("vndconfig") or _host.find_program("vnconfig") or "/usr/sbin/vnconfig"


def _run(command: list[str]) -> str:
    program = _host.find_program(command[0]) or command[0]
    result = _command.run([program, *command[1:]])
    if result.rc != 0:
        said = (result.stderr or result.stdout).strip()
        raise CommandError(
            f"`{' '.join(command)}` failed with exit code {result.rc}: {said}", command, result.rc, *result[1:]
        )
    return result.stdout
