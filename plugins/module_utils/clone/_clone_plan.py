# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Planning a clone: where its disks go, what its config says, and the steps. Pure functions.

The config is written last: a task that is killed leaves no guest that could be started. What it has made until then
is in a journal beside the config, so that the next task knows what is its own to make again.
"""

from __future__ import annotations

import dataclasses
import os
import re
from typing import Any, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core import _identity
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_plan
from ansible_collections.netbsd.xen.plugins.module_utils.options._options import BY_NAME
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_disk import vdev_number
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _lvm
from ansible_collections.netbsd.xen.plugins.module_utils.storage._disk_place import FILE, Found, Place

COMPARE = "compare"


class Names(NamedTuple):
    """:param host: name of the dom0, the seed of generated identities."""

    source: str
    clone: str
    host: str


class Copy(NamedTuple):
    """A disk and its copy.

    :param disk: as the source has it.
    :param found: what there is of it.
    :param again: the target is there, made by a clone that was cut off.
    """

    disk: Any
    place: Place
    found: Found
    target: Place
    again: Found | None = None


def targets(disks: Sequence[Any], names: Names, mapping: dict[int, str], directory: str | None) -> dict[str, str]:
    """Where the disks of the clone go, by vdev; a disk that is not named there is shared.

    :param mapping: paths that the task gives, by number of the vdev.
    :param directory: where images go that the task does not name; None for the folder of the source's.
    :raises BadValue: a vdev that the source does not have, or a disk that is written to and has no place to go.
    """
    unknown = set(mapping) - {vdev_number(disk.vdev) for disk in disks}
    if unknown:
        known = ", ".join(disk.vdev for disk in disks) or "none at all"
        raise BadValue("disks", sorted(unknown), f"{names.source} has no such vdev; it has: {known}.")
    found = {}
    for disk in disks:
        given = mapping.get(vdev_number(disk.vdev))
        if given is not None:
            found[disk.vdev] = given
        elif disk.access == "w":
            found[disk.vdev] = _renamed(disk, names, directory)
    return found


def _renamed(disk: Any, names: Names, directory: str | None) -> str:
    """The source's name replaced by the clone's in the last part of the path, else in the folder before it."""
    word = re.compile(rf"(?<![A-Za-z0-9]){re.escape(names.source)}(?![A-Za-z0-9])")
    folder, base = os.path.split(disk.target)
    is_volume = _lvm.split_path(disk.target) is not None
    if word.search(base):
        base = word.sub(names.clone, base)
    elif not is_volume and word.search(os.path.basename(folder)) and directory is None:
        folder = os.path.join(os.path.dirname(folder), word.sub(names.clone, os.path.basename(folder)))
    elif directory is None or is_volume:
        raise BadValue(
            "disks",
            disk.vdev,
            f"{disk.target} does not have the name {names.source} in its path, so it does not follow where the copy "
            "goes. Say it: a path for this vdev.",
        )
    return os.path.join(folder if directory is None or is_volume else directory, base)


def config_text(
    source: _configfile.ConfigFile, names: Names, places: dict[str, str], path: str
) -> tuple[str, tuple[str, ...]]:
    """The clone's config and warnings: that of the source with another name, uuid, MACs and disks, else the same."""
    changes: list[tuple[str, Any]] = [
        ("name", names.clone),
        ("uuid", _identity.derive_uuid(names.host, names.clone)),
    ]
    warnings = []
    disks = _plan_config.on_disk(source, BY_NAME["disks"]) or []
    moved = [dataclasses.replace(disk, target=places.get(disk.vdev, disk.target)) for disk in disks]
    if moved != disks:
        # a disk that is shared keeps the user's spelling
        said = source.value("disk")
        spelled = zip(disks, moved, BY_NAME["disks"].kind.to_file(moved), said if isinstance(said, list) else ())
        changes.append(("disk", [old if disk == new else text for disk, new, text, old in spelled]))
    vifs = _plan_config.on_disk(source, BY_NAME["vifs"]) or []
    if vifs:
        own = [
            dataclasses.replace(vif, mac=_identity.derive_mac(names.host, names.clone, index), vifname=None)
            for index, vif in enumerate(vifs)
        ]
        changes.append(("vif", BY_NAME["vifs"].kind.to_file(own)))
        warnings += [
            f"The vif with ip={vif.ip} is copied with that address; two guests cannot use it." for vif in vifs if vif.ip
        ]
    if _plan_config.on_disk(source, BY_NAME["pci"]):
        warnings.append(f"{names.clone} has the same PCI functions as {names.source}; only one of them can run.")
    if source.value("vncdisplay") is not None:
        warnings.append(f"{names.clone} has the same vncdisplay as {names.source}; only one of them can run.")
    copied = _configfile.ConfigFile(path, source.document, source.syntax)
    return _configfile.edited(copied, changes, ""), tuple(warnings)


def copy_steps(copy: Copy, plan: _disk_plan.DiskPlan, compare: bool) -> list[Step]:
    """The steps of one disk: away with what a clone that was cut off has left, make it, look at it."""
    steps = [*_disk_plan.absent(copy.target, copy.again, []).steps, *plan.steps]
    if compare:
        text = f"compare {copy.target.path} with {copy.place.path}"
        data = {"one": copy.place.path, "other": copy.target.path, "size": copy.found.size}
        steps.append(Step(COMPARE, text, data=data))
    return steps


def wish_for(copy: Copy, sparse: bool | None) -> _disk_plan.Wish:
    """The copy as a disk to be made; a file is as sparse as its source, and a volume has no holes."""
    allocated = copy.found.allocated
    source = _disk_plan.Source(copy.place.path, copy.found.size, allocated)
    chosen = None
    if copy.target.kind == FILE:
        chosen = copy.found.sparse if sparse is None else sparse
    return _disk_plan.Wish(copy.target, sparse=chosen, source=source, option="disks")


def require_quiet(row_state: str | None, names: Names, copies: Sequence[Copy], pause: bool) -> bool:
    """Whether the source has to be paused for the copy.

    :raises XenError: it runs, and the task does not allow that.
    """
    if row_state != "running" or not any(copy.disk.access == "w" for copy in copies):
        return False
    if not pause:
        raise XenError(
            f"{names.source} is running and writes to its disks; what is copied now would be torn. Stop it first, or "
            "let it be paused meanwhile with `pause: true`.",
            error_id="source_running",
        )
    return True
