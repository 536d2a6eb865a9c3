# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Disks of a domain that the task gives with a ``size``: made and grown as steps of the domain's own plan.

``size`` and ``sparse`` say something of the file or volume, and nothing of the disk that the guest sees: they are
taken out of the dictionaries before these become a config.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Plan, Step
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_common import boolean
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _disk_size

# What only a task that gives a size needs is loaded when it is needed: see _toolstack.
if TYPE_CHECKING:
    from ansible_collections.netbsd.xen.plugins.module_utils.storage import _disk_place

OPTION = "disks"
_OWN_KEYS = ("size", "sparse")


class Sized(NamedTuple):
    """A disk with a size, in bytes; ``sparse`` is None when the task does not say."""

    place: _disk_place.Place
    size: int
    sparse: bool | None


class Disks(NamedTuple):
    """What is to be done before the domain's own steps.

    :param made: real paths of the disks that do not exist yet.
    :param restart: a guest goes on with the old size of a disk.
    """

    steps: list[Step]
    warnings: tuple[str, ...] = ()
    made: frozenset[str] = frozenset()
    restart: bool = False

    def into(self, plan: Plan) -> Plan:
        """The domain's plan with these steps before its own."""
        if not self.steps and not self.warnings:
            return plan
        return plan._replace(
            steps=[*self.steps, *plan.steps],
            warnings=(*self.warnings, *plan.warnings),
            restart_required=plan.restart_required or (self.restart and not plan.has("create")),
        )

    def existing(self, disks: list[Any]) -> list[Any]:
        """Those of a domain's disks that are not only to be made, and so can be looked at."""
        return [disk for disk in disks if not disk.target or os.path.join("/dev", disk.target) not in self.made]


def split(params: dict[str, Any]) -> tuple[dict[str, Any], list[Sized]]:
    """The parameters without the sizes of disks, and these.

    :raises BadValue: a size of something that has none of its own: a CD-ROM, a disk that is only read, a qcow2 image.
    """
    given = params.get(OPTION)
    if not given or not isinstance(given, (list, tuple, dict)):
        return params, []
    items = [given] if isinstance(given, dict) else list(given)
    sized = [_sized(item) for item in items if isinstance(item, dict) and any(key in item for key in _OWN_KEYS)]
    plain = [_without(item) if isinstance(item, dict) else item for item in items]
    return {**params, OPTION: plain}, [each for each in sized if each]


def _without(item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in _OWN_KEYS}


def _sized(item: Mapping[str, Any]) -> Sized | None:
    target = item.get("target", item.get("path"))
    if item.get("size") is None:
        if item.get("sparse") is not None:
            raise BadValue(OPTION, dict(item), "sparse says how a disk is made; give its size as well.")
        return None
    if not target or item.get("script"):
        raise BadValue(OPTION, dict(item), "a size needs a target, the file or volume that has it.")
    if item.get("cdrom") or item.get("devtype") == "cdrom" or str(item.get("access", "w"))[:1] == "r":
        raise BadValue(OPTION, dict(item), "what a guest can only read is not made empty; leave the size out.")
    if item.get("format", "raw") != "raw":
        raise BadValue(OPTION, dict(item), "only raw disks are made; use qemu-img for others, and leave the size out.")
    from ansible_collections.netbsd.xen.plugins.module_utils.storage import _disk_place

    place = _disk_place.place_of(OPTION, target)
    sparse = None if item.get("sparse") is None else boolean(OPTION, "sparse", item["sparse"])
    if sparse is not None and place.kind == _disk_place.VOLUME:
        raise BadValue(OPTION, dict(item), "sparse is for files, not for volumes.")
    return Sized(place, _disk_size.parse(OPTION, item["size"]), sparse)


def plan(sized: list[Sized], view: HostView, saved: bool) -> Disks:
    """What is missing is made, what is smaller grows. What is larger stays so, with a warning.

    :param saved: the guest is saved; its memory believes in the disks as they were.
    :raises XenError: there is something else in the place of a disk, or no room.
    """
    from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_plan, _disk_use
    from ansible_collections.netbsd.xen.plugins.module_utils.storage import _disk_place

    rooms = view.rooms
    steps: list[Step] = []
    warnings: list[str] = []
    made: set[str] = set()
    restart = False
    for each in sized:
        found = _disk_place.look(OPTION, each.place, rooms.lvm)
        room = rooms.of(each.place)
        wanted = room.group.rounded(each.size) if room.group else each.size
        if found and found.size > wanted:
            warnings.append(_larger(each, found))
            continue
        if found and found.size < wanted and saved:
            warnings.append(f"{each.place.path} does not grow to {_disk_size.show(wanted)} while the guest is saved.")
            continue
        users = _disk_use.users(view, each.place.path) if found and found.size < wanted else []
        wish = _disk_plan.Wish(each.place, each.size, each.sparse, option=OPTION)
        one = _disk_plan.present(wish, found, room, users)
        rooms.take(each.place, one.takes)
        steps += one.steps
        warnings += one.warnings
        restart = restart or one.restart
        if found is None:
            made.add(each.place.path)
    return Disks(steps, tuple(warnings), frozenset(made), restart)


def _larger(each: Sized, found: _disk_place.Found) -> str:
    return (
        f"{each.place.path} has {_disk_size.show(found.size)}, more than the {_disk_size.show(each.size)} of the task. "
        "A disk is never made smaller."
    )
