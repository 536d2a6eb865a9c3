# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Device strings of xm's config files and the same in xl's words, both ways.

Source: preprocess_disk(), configure_vifs() and configure_vfbs() in tools/python/xen/xm/create.py of Xen 3.1 to 4.2. A
disk is ``uname,dev,mode[,backend[,protocol]]`` there and nothing else: of xl's ``target,format,vdev,access`` xm takes
the second for the device and the third for the mode.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_disk, _spec_vfb, _spec_vif
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack._xm_domain import frontend, uname

_DISK_FIELDS = ("vdev", "target", "format", "access", "cdrom", "backend", "backendtype")
# w! lets several guests write (util/blkif.py, mount_mode)
_MODES = ("r", "w", "w!")
_VIF_FIELDS = ("type", "mac", "bridge", "ip", "script", "backend", "vifname", "rate", "model")
# names that blkdev_name_to_number() of xen/util/blkif.py knows without a device node in dom0
_XM_VDEV = re.compile(r"(?:xvd[a-p](?:[1-9]|1[0-5])?|hd[a-d][0-9]{0,2}|sd[a-p][0-9]{0,2})\Z")
_SCRIPT_PREFIX = re.compile(r"(?:drbd|nbd|enbd|iscsi|npiv|dmmd):")


def disk_to_xl(text: str) -> str:
    """One item of ``disk`` in xl's words.

    :raises BadValue: xm would not take it, or for something else.
    """
    parts = [part.strip() for part in text.split(",")]
    if not 3 <= len(parts) <= 5 or parts[2] not in _MODES:
        raise BadValue("disks", text, f"xm reads a disk as uname,device,mode with a mode of {', '.join(_MODES)}.")
    source, device, mode = parts[:3]
    vdev, cdrom = frontend(device)
    access = mode[0]
    if _SCRIPT_PREFIX.match(source):
        return f"{source},{vdev},{access}"
    path, image_format = uname(source)
    items = [f"vdev={vdev}", *(["cdrom"] if cdrom else [f"access={access}"])]
    if len(parts) > 3 and parts[3] not in ("", "0"):
        items.append(f"backend={parts[3]}")
    return ",".join([f"format={image_format}", *items, f"target={path}"] if path else items)


def disk_to_xm(text: str) -> str:
    """A disk spec of xl as xm has it.

    :raises BadValue: xm has no words for it.
    """
    disk = _spec_disk.parse(text)
    _require_fields("disks", _DISK_FIELDS, disk, _spec_disk.Disk)
    vdev = disk.vdev if _XM_VDEV.match(disk.vdev) else hex(_spec_disk.vdev_number(disk.vdev))
    if "," in (disk.target or ""):
        raise BadValue("disks", text, "xm cannot read a path with a comma in it.")
    source = f"{_prefix(disk)}:{disk.target}" if disk.target else ""
    items = [source, f"{vdev}:cdrom" if disk.cdrom else vdev, disk.access]
    return ",".join([*items, disk.backend] if disk.backend else items)


def _prefix(disk: Any) -> str:
    """phy for a block device, file for an image; another format needs blktap, which only Linux has."""
    if disk.format != "raw":
        return f"tap:{disk.format}"
    if disk.backendtype == "tap":
        return "tap:aio"
    device = disk.backendtype == "phy" or disk.target.startswith("/dev/") or not disk.target.startswith("/")
    return "phy" if device else "file"


def vif_to_xl(text: str) -> str:
    """One item of ``vif``: xm allows blanks around every word."""
    return _without_blanks(text)


def vif_to_xm(text: str) -> str:
    """A vif spec of xl as xm has it.

    :raises BadValue: xm has no words for it.
    """
    vif = _spec_vif.parse(text)
    _require_fields("vifs", _VIF_FIELDS, vif, _spec_vif.Vif)
    return _spec_vif.render(vif)


def vfb_to_xl(text: str) -> str:
    """One item of ``vfb``: ``type=vnc`` of Xen 3.0 is ``vnc=1``."""
    return re.sub(r"(^|,)type=(vnc|sdl)(?=,|$)", r"\1\2=1", _without_blanks(text))


def vfb_to_xm(text: str) -> str:
    """A frame buffer of xl as xm has it: the same words."""
    return _spec_vfb.render(_spec_vfb.parse(text))


def _without_blanks(text: str) -> str:
    items = []
    for item in text.split(","):
        key, equals, value = item.partition("=")
        items.append(key.strip() + equals + value.strip())
    return ",".join(items)


def _require_fields(option: str, known: Sequence[str], device: Any, kind: Any) -> None:
    plain = {field.name: field.default for field in dataclasses.fields(kind)}
    for name, default in plain.items():
        if name not in known and getattr(device, name) != default:
            raise BadValue(option, getattr(device, name), f"xm has no {name} for these devices; xl has.")
