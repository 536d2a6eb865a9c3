# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""A guest's disk in the dom0 for a moment: a vnd(4) in front of an image, a file system of it mounted, both gone after.

Sources: vnconfig(8) and sys/dev/vnd.c (VNDIOCSET takes a regular file and says EBUSY of a unit that has one already;
EOPNOTSUPP of anything else), mount(8), umount(8). A volume or partition needs no vnd.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from typing import Iterator

from ansible_collections.netbsd.xen.plugins.module_utils import _command, _devnodes, _fstab, _host, _vnd
from ansible_collections.netbsd.xen.plugins.module_utils._errors import CommandError, ConflictError, HostError, XenError

# below it, one directory for each guest that is mounted; /var/run is emptied at boot, when nothing is mounted
MOUNTS = "/var/run/netbsd-xen"
_RETRIES = 5
_RETRY_SECONDS = 1.0
FSCK_HINT = "If its guest did not end well, let the guest check it, or run fsck_ffs(8) on it in the dom0 first."


def is_image(path: str) -> bool:
    """Whether a disk is a file, which takes a vnd, and not a device."""
    return stat.S_ISREG(os.stat(path).st_mode)


def vnconfig() -> str:
    """The program, which has had two names.

    :raises HostError: this host has none.
    """
    program = _host.find_program("vnconfig") or _host.find_program("vndconfig")
    if not program:
        raise HostError("This host has no vnconfig(8): image files cannot be looked into.", error_id="no_vnd")
    return program


def mount_point(name: str) -> str:
    """Where the disk of this guest is mounted while it is worked on."""
    return os.path.join(MOUNTS, name)


@contextlib.contextmanager
def attached(path: str, readonly: bool = False) -> Iterator[str]:
    """Gives the unit, ``vnd0``, that shows the image for as long as the block lasts.

    :raises ConflictError: another device shows it already, so somebody is using it (``disk_in_use``).
    :raises HostError: no unit is free (``no_vnd``).
    """
    busy = _vnd.devices_of(path)
    if busy:
        raise ConflictError(f"{path} is in use: {', '.join(busy)} shows it.", error_id="disk_in_use", devices=busy)
    unit = _attach(path, readonly)
    try:
        yield unit
    finally:
        detach(unit)


def _attach(path: str, readonly: bool) -> str:
    program = vnconfig()
    said = "there is no /dev/vnd*d"
    for number in _devnodes.vnd_units():
        unit = f"vnd{number}"
        words = [program, *(["-r"] if readonly else []), unit, path]
        done = _command.run(words)
        if done.rc == 0:
            return unit
        said = (done.stderr or done.stdout).strip()
        if "busy" not in said.lower():
            raise CommandError(f"`{' '.join(words)}` failed: {said}", words, *done)
    raise HostError(
        f"No vnd device is free for {path}: {said}. Make more of them (netbsd.xen.xen_devices, or `cd /dev && sh MAKEDEV "
        "vnd4`), or stop a guest.",
        error_id="no_vnd",
    )


def detach(unit: str) -> None:
    """Take the image from a unit. What was just unmounted may take a moment to be let go.

    :raises CommandError: the unit is still in use.
    """
    _insist([vnconfig(), "-u", unit])


@contextlib.contextmanager
def mounted(device: str, name: str, kind: str = "ffs", options: str = "") -> Iterator[str]:
    """Gives the directory in which a file system is mounted for as long as the block lasts.

    :param name: of the guest; one mount for each.
    :raises CommandError: it cannot be mounted, or is still in use at the end.
    """
    place = mount_point(name)
    os.makedirs(place, mode=0o700, exist_ok=True)
    words = [_fstab.MOUNT, "-t", kind, *(["-o", options] if options else []), device, place]
    done = _command.run(words)
    if done.rc != 0:
        os.rmdir(place)
        said = (done.stderr or done.stdout).strip()
        hint = f" {FSCK_HINT}" if kind == "ffs" else ""
        raise CommandError(f"`{' '.join(words)}` failed: {said}.{hint}", words, *done, error_id="mount_failed")
    try:
        yield place
    finally:
        _insist(["/sbin/umount", place])
        os.rmdir(place)


@contextlib.contextmanager
def root_of(disk: str, name: str, options: str = "") -> Iterator[str]:
    """Gives the directory in which the root file system of a guest's disk is mounted: partition a of an image, or the
    whole of a volume or partition.

    :raises XenError: see ``attached`` and ``mounted``.
    """
    if not is_image(disk):
        with mounted(disk, name, options=options) as place:
            yield place
        return
    with attached(disk, readonly="ro" in options.split(",")) as unit, mounted(
        f"/dev/{unit}a", name, options=options
    ) as place:
        yield place


def leftovers(disk: str, name: str) -> tuple[bool, list[str]]:
    """What a killed task of ours has left: whether the guest's disk is mounted at our place, and the vnds that show it.

    :raises ConflictError: something else is mounted there.
    """
    place = mount_point(name)
    units = _vnd.devices_of(disk) if is_image(disk) else []
    ours = [unit + "a" for unit in units] or [disk]
    mounts = _fstab.mounted()
    there = [mount for mount in mounts if mount.file == place]
    if there and there[-1].spec not in ours:
        raise ConflictError(f"{place} has {there[-1].spec} on it, and not {disk}. Unmount it.", error_id="disk_in_use")
    return bool(there), [os.path.basename(unit) for unit in units] if there else []


def clean(disk: str, name: str) -> None:
    """Take away what ``leftovers`` finds."""
    is_mounted, units = leftovers(disk, name)
    if is_mounted:
        _insist(["/sbin/umount", mount_point(name)])
    for unit in units:
        detach(unit)


def _insist(words: list[str]) -> None:
    """Run a command that ends the use of something, a few times while it is busy.

    :raises CommandError: it still is.
    """
    for attempt in range(_RETRIES):
        done = _command.run(words)
        if done.rc == 0:
            return
        said = (done.stderr or done.stdout).strip()
        if "busy" not in said.lower() or attempt == _RETRIES - 1:
            raise CommandError(f"`{' '.join(words)}` failed: {said}", words, *done)
        time.sleep(_RETRY_SECONDS)
    raise XenError(f"`{' '.join(words)}` was not tried.")
