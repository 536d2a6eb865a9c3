# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Volumes and partitions as devices of the dom0: their raw device, and their size.

Sources, all of NetBSD: external/gpl2/lvm2/dist/lib/activate/fs.c (/dev/GROUP/VOLUME is a link to
/dev/mapper/GROUP-VOLUME, whose raw device is /dev/mapper/rGROUP-VOLUME), sys/miscfs/specfs/spec_vnops.c spec_open() (a
disk that is opened is as large as DIOCGPARTINFO says), sys/dev/dm/device-mapper.c disk_ioctl_switch() (which dm(4) does
not know).
"""

from __future__ import annotations

import os
import platform
import stat

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _lvm


def is_block(path: str) -> bool:
    """Whether it is a block device, and no image file."""
    return stat.S_ISBLK(os.stat(path).st_mode)


def raw(path: str) -> str:
    """The raw device of a block device of NetBSD: ``/dev/vg0/web`` -> ``/dev/mapper/rvg0-web``, ``/dev/wd0k`` ->
    ``/dev/rwd0k``. A link from elsewhere has none beside it, so links are followed.
    """
    folder, name = os.path.split(os.path.realpath(path))
    return os.path.join(folder, f"r{name}")


def size(path: str) -> int:
    """Bytes of an image, volume or partition.

    Of a volume, NetBSD's kernel tells only lvm(8) how large it is: seeking to its end leads to 0.

    :raises BadValue: it has none: nothing is behind the device.
    :raises XenError: lvm(8) does not know the volume.
    """
    on_netbsd = platform.system() == "NetBSD" and is_block(path)
    names = _lvm.split_path(os.path.realpath(path)) if on_netbsd else None
    if names and os.path.realpath(path).startswith(f"{_lvm.DEV}/mapper/"):
        lvm = _lvm.Lvm()
        lvm.group(names[0])
        volume = lvm.volume(*names)
        found = volume.size if volume else 0
    else:
        handle = os.open(raw(path) if on_netbsd else path, os.O_RDONLY)
        try:
            found = os.lseek(handle, 0, os.SEEK_END)
        finally:
            os.close(handle)
    if not found:
        raise BadValue("disk", path, "it has no size. Is this device configured?")
    return found
