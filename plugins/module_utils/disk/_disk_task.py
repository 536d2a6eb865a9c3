# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""One task on one disk, from its parameters to its result: read, plan, apply. Used by xen_disk."""

from __future__ import annotations

import contextlib
import grp
import pwd
from typing import Any, Callable

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_apply, _disk_plan, _disk_source, _disk_use
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host, _lock
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _disk_place, _disk_size, _image, _lvm


class DiskTask:
    """
    :param params: the module's parameters.
    :param check_mode: plan, but do not apply.
    :param open_url: of ansible.module_utils.urls.
    """

    def __init__(self, params: dict[str, Any], check_mode: bool, open_url: Callable[..., Any]) -> None:
        self.params, self.check_mode, self.open_url = params, check_mode, open_url
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
        return _disk_plan.absent(self.place, found, self._users() if found else [], self._snapshots())

    def _present(self, found: _disk_place.Found | None) -> _disk_plan.DiskPlan:
        if self.params["force"] and not self.params["source"]:
            raise BadValue("force", True, "it is for a disk that is made of a `source`.")
        wish = self._wish(made=found is None or self.params["force"])
        room = _disk_place.Rooms(self.lvm).of(self.place)
        if found and wish.force:
            plan = _disk_plan.present(wish, found, room, self._users())
            _disk_plan.require_no_snapshots(self.place, self._snapshots())
            return plan
        plan = _disk_plan.present(wish, found, room)
        if found and plan.size != found.size:
            # who has it matters only to a disk that grows
            plan = _disk_plan.present(wish, found, room, self._users())
        return plan

    def _snapshots(self) -> list[str]:
        return self.lvm.snapshots_of(self.place.group, self.place.volume) if self.place.group else []

    def _users(self, path: str | None = None) -> list[_disk_use.User]:
        view = HostView.open(self.params["toolstack"], self.params["config_dir"])
        return _disk_use.users(view, path or self.place.path)

    def _source(self) -> _disk_plan.Source | None:
        if not self.params["source"]:
            return None
        source = _disk_source.source_of(self.params, self.open_url)
        # what is packed, or on a server, nobody writes to
        if source.remote is None and source.compression is None:
            _disk_source.require_unused(source, self._users(source.path))
        return source

    def _wish(self, made: bool) -> _disk_plan.Wish:
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
            source=self._source() if made else None,
            owner=owner,
            force=params["force"],
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
