# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""One task on one disk, from its parameters to its result: read, plan, apply. Used by xen_disk."""

from __future__ import annotations

import contextlib
import grp
import hashlib
import os
import pwd
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils import (
    _disk_apply,
    _disk_place,
    _disk_plan,
    _disk_size,
    _disk_use,
    _host,
    _image,
    _image_copy,
    _lock,
    _lvm,
)
from ansible_collections.netbsd.xen.plugins.module_utils._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils._hostview import HostView


class DiskTask:
    """:param params: the module's parameters. :param check_mode: plan, but do not apply."""

    def __init__(self, params: dict[str, Any], check_mode: bool) -> None:
        self.params, self.check_mode = params, check_mode
        self.place = _disk_place.place_of("path", params["path"])
        self.lvm = _lvm.Lvm()

    def run(self) -> dict[str, Any]:
        """The task's result.

        :raises XenError: nothing was changed, unless ``actions_done`` is in its details.
        """
        _host.require_root()
        goes = self.params["state"] == "absent"
        # nobody may start a guest with it between the look and the removal
        with _lock.host_lock() if goes and not self.check_mode else contextlib.nullcontext():
            return self._run()

    def _run(self) -> dict[str, Any]:
        found = _disk_place.look("path", self.place, self.lvm)
        plan = self._absent(found) if self.params["state"] == "absent" else self._present(found)
        after = found
        if plan.steps and not self.check_mode:
            _disk_apply.run(plan.steps, self.lvm)
            after = _disk_place.look("path", self.place, self.lvm)
            self._verify(plan, after)
        return self._result(plan, found, after)

    def _absent(self, found: _disk_place.Found | None) -> _disk_plan.DiskPlan:
        snapshots = self.lvm.snapshots_of(self.place.group, self.place.volume) if self.place.group else []
        return _disk_plan.absent(self.place, found, self._users() if found else [], snapshots)

    def _present(self, found: _disk_place.Found | None) -> _disk_plan.DiskPlan:
        wish = self._wish(new=found is None)
        room = _disk_place.Rooms(self.lvm).of(self.place)
        plan = _disk_plan.present(wish, found, room)
        if found and plan.size != found.size:
            # who has it matters only to a disk that grows
            plan = _disk_plan.present(wish, found, room, self._users())
        return plan

    def _users(self) -> list[_disk_use.User]:
        view = HostView.open(self.params["toolstack"], self.params["config_dir"])
        return _disk_use.users(view, self.place.path)

    def _wish(self, new: bool) -> _disk_plan.Wish:
        params = self.params
        owner = _image.Owner(_mode(params["mode"]), _uid(params["owner"]), _gid(params["group"]))
        if self.place.kind == _disk_place.VOLUME:
            for option in ("mode", "owner", "group", "sparse"):
                if params[option] is not None:
                    raise BadValue(option, params[option], f"{self.place.path} is a volume; this is for files.")
        return _disk_plan.Wish(
            place=self.place,
            size=None if params["size"] is None else _disk_size.parse("size", params["size"]),
            sparse=params["sparse"],
            source=source_of(params["source"], params["checksum"]) if new and params["source"] else None,
            owner=owner,
        )

    def _verify(self, plan: _disk_plan.DiskPlan, after: _disk_place.Found | None) -> None:
        """:raises XenError: the disk is not as planned."""
        if (after is None) != (self.params["state"] == "absent") or (after and plan.size not in (None, after.size)):
            has = "is not there" if after is None else f"has {_disk_size.show(after.size)}"
            raise XenError(
                f"{self.place.path} {has} after all steps were done; something else changed it meanwhile.",
                error_id="not_as_planned",
            )

    def _result(
        self, plan: _disk_plan.DiskPlan, before: _disk_place.Found | None, after: _disk_place.Found | None
    ) -> dict[str, Any]:
        """``after`` is what is there; in check mode, the size is the one that it would have."""
        goes = self.params["state"] == "absent"
        size = plan.size if plan.size is not None or goes else (after.size if after else None)
        return {
            "changed": bool(plan.steps),
            "actions": [step.text for step in plan.steps],
            "restart_required": plan.restart,
            "warnings": list(plan.warnings),
            "diff": [_diff(self.place.path, before, goes, plan)] if plan.steps else [],
            "disk": {
                "path": self.place.path,
                "kind": self.place.kind,
                "exists": not goes,
                "size": size,
                "allocated": after.allocated if after and not goes else None,
            },
        }


def source_of(path: str, expected: str | None) -> _disk_plan.Source:
    """The template at ``path``.

    :param expected: ``sha256:HEX`` (or another algorithm that hashlib knows) of the file as it lies there.
    :raises BadValue: it is not there, of a format that is no disk to xl, or has another checksum.
    """
    if not path.startswith("/") or not os.path.isfile(path):
        raise BadValue("source", path, "no such file on the managed host.", error_id="source_missing")
    if expected:
        _require_checksum(path, expected)
    compression = _image_copy.compression(path)
    status = os.stat(path)
    size = None if compression else status.st_size
    if size is not None and size % _disk_size.SECTOR:
        raise BadValue("source", path, f"not a whole number of sectors of {_disk_size.SECTOR} bytes: no disk image.")
    return _disk_plan.Source(path, size, status.st_blocks * 512, compression)


def _require_checksum(path: str, expected: str) -> None:
    algorithm, colon, digest = expected.partition(":")
    if not colon or algorithm not in hashlib.algorithms_guaranteed or algorithm.startswith("shake"):
        raise BadValue("checksum", expected, "write the algorithm and the sum in hex: sha256:0123…")
    actual = _image_copy.checksum(path, algorithm)
    if actual != digest.strip().lower():
        raise BadValue(
            "checksum", expected, f"{path} has another one, {algorithm}:{actual}.", error_id="wrong_checksum"
        )


def _diff(path: str, before: _disk_place.Found | None, goes: bool, plan: _disk_plan.DiskPlan) -> dict[str, str]:
    """Of what was planned, so that check mode shows the same."""
    was = "absent\n" if before is None else f"size: {_disk_size.show(before.size)}\n"
    will_have = "that of its source" if plan.size is None else _disk_size.show(plan.size)
    becomes = "absent\n" if goes else f"size: {will_have}\n"
    if was == becomes:
        becomes += "".join(f"{step.text}\n" for step in plan.steps)
    return {"before_header": path, "after_header": path, "before": was, "after": becomes}


def _mode(given: Any) -> int | None:
    """``"0600"`` or ``"600"``; a number in YAML has been read as octal already, or is a slip."""
    if given is None:
        return None
    try:
        mode = int(str(given), 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o7777:
        raise BadValue("mode", given, 'write it in octal digits and quotes, such as "0600".')
    return mode


def _uid(given: str | None) -> int | None:
    try:
        return None if given is None else int(given) if given.isdigit() else pwd.getpwnam(given).pw_uid
    except KeyError:
        raise BadValue("owner", given, "no such user on this host.") from None


def _gid(given: str | None) -> int | None:
    try:
        return None if given is None else int(given) if given.isdigit() else grp.getgrnam(given).gr_gid
    except KeyError:
        raise BadValue("group", given, "no such group on this host.") from None
