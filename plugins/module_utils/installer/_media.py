# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Files out of an installer's CD image: kernel and ramdisk, which the toolstack wants as files of the dom0."""

from __future__ import annotations

import os
import platform
import shutil
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _mount
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.host._rootdir import RootDir
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _image

_MODE = 0o644


class Copy(NamedTuple):
    """:param sources: paths on the CD, the first that is there counts. :param target: in the dom0."""

    sources: tuple[str, ...]
    target: str


def copies(files: list[dict[str, Any]]) -> list[Copy]:
    """What the option ``files`` asks for.

    :raises BadValue: a path that leads out of the CD, or none at all.
    """
    found = []
    for each in files:
        sources = tuple(path.lstrip("/") for path in each["src"])
        if not sources:
            raise BadValue("files", each, "src is empty.")
        for source in sources:
            if ".." in source.split("/"):
                raise BadValue("files", source, "this leads out of the CD.")
        found.append(Copy(sources, each["dest"]))
    return found


def run(params: dict[str, Any], check: bool) -> dict[str, Any]:
    """The whole task of xen_media. A file that is there is good as it is.

    :raises XenError: no such image, no file system in it, or no such file on it (``not_on_media``); what was copied
        before stays.
    """
    _host.require_root()
    missing = [copy for copy in copies(params["files"]) if not os.path.exists(copy.target)]
    if missing and not check:
        _copy(params["image"], missing)
    actions = [f"copy {copy.sources[0]} of {params['image']} to {copy.target}" for copy in missing]
    after = "".join(f"{action}\n" for action in actions)
    diff = [{"before_header": params["image"], "after_header": params["image"], "before": "", "after": after}]
    return {"changed": bool(missing), "actions": actions, "diff": diff if missing else []}


def _copy(image: str, missing: list[Copy]) -> None:
    if not os.path.isfile(image):
        raise BadValue("image", image, "there is no such file on this host.", error_id="source_missing")
    # readdisklabel() of NetBSD makes a the whole of a CD image (sys/kern/subr_disk_mbr.c scan_iso_vrs())
    netbsd = platform.system() == "NetBSD"
    with _mount.mounted(image, "a" if netbsd else None, "cd9660" if netbsd else "iso9660", read_only=True) as root:
        for copy in missing:
            _copy_one(root, copy, image)


def _copy_one(root: str, copy: Copy, image: str) -> None:
    # links on the CD lead to what is on it, never to the dom0's files
    there = list(filter(os.path.isfile, map(RootDir(root).place, copy.sources)))
    if not there:
        raise XenError(
            f"{image} has none of {', '.join(copy.sources)}: it is the CD of another release, or for other hardware.",
            error_id="not_on_media",
        )
    with open(there[0], "rb") as source, _image.replacing(copy.target, _image.Owner(mode=_MODE)) as handle, open(
        handle, "wb", closefd=False
    ) as target:
        shutil.copyfileobj(source, target, 1024 * 1024)
