# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""One clone, from the task's parameters to its result: read, plan, check, apply. Used by xen_clone."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.clone import _clone_apply, _clone_plan
from ansible_collections.netbsd.xen.plugins.module_utils.clone._clone_plan import Copy, Names
from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step, command_step
from ansible_collections.netbsd.xen.plugins.module_utils.core._secrets import mask_text
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_plan, _disk_use
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host, _lock
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_disk import vdev_number
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_vdev import canonical_vdev
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _disk_place, _lvm
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

_SETTLE_SECONDS = 15.0


class Journal(NamedTuple):
    """What a clone that has not ended has begun.

    :param targets: paths of the disks that it makes.
    :param paused: it has paused the source, which is to run again.
    """

    source: str
    targets: tuple[str, ...]
    paused: bool


def run(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The whole task.

    :raises XenError: nothing was changed, or what was made was taken back; ``actions_done`` says more.
    """
    _host.require_root()
    task = CloneTask(params)
    if check_mode:
        return task.plan(HostView.open(params["toolstack"], params["config_dir"]))
    with _lock.host_lock():
        result = task.plan(HostView.open(params["toolstack"], params["config_dir"]))
        if task.steps:
            _clone_apply.Applier(task.view.toolstack, task.lvm, task.steps, task.journal).run()
            task.verify()
        return result


class CloneTask:
    """:param params: the module's parameters."""

    view: HostView
    journal: str

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params
        self.names = Names(
            _values.domain_name("source", params["source"]), _values.domain_name("name", params["name"]), _host.name()
        )
        if self.names.source == self.names.clone:
            raise BadValue("name", params["name"], "the clone needs a name of its own.")
        self.lvm = _lvm.Lvm()
        self.steps: list[Step] = []
        self.copies: list[Copy] = []

    def plan(self, view: HostView) -> dict[str, Any]:
        """Look and plan; gives the result. ``steps`` then hold what is to be done."""
        self.view = view
        view.settle([self.names.source], _SETTLE_SECONDS)
        suffix = _host.layout().config_suffix
        path = _values.absolute_path("config", self.params["config"] or "") or _configfile.locate(
            self.names.clone, view.directory, suffix
        )
        self.journal = os.path.join(os.path.dirname(path), f".{self.names.clone}.clone")
        unfinished = _read_journal(self.journal)
        existing = view.config(path)
        if existing.exists:
            return self._is_there(existing, unfinished)
        if view.row(self.names.clone):
            raise ConflictError(
                f"A domain {self.names.clone} runs already, and has no config file {path}.", error_id="name_in_use"
            )
        return self._new(path, unfinished)

    def verify(self) -> None:
        """:raises XenError: a disk of the clone is not as large as that of the source."""
        for copy in self.copies:
            made = _disk_place.look("disks", copy.target, self.lvm)
            if made is None or made.size < copy.found.size:
                raise XenError(f"{copy.target.path} is not as it was made; something else changed it.")

    # Read

    def _is_there(self, existing: _configfile.ConfigFile, unfinished: Journal | None) -> dict[str, Any]:
        if existing.value("name") != self.names.clone:
            raise XenError(
                f"{existing.path} is the config of a domain called {existing.value('name')}, not {self.names.clone}.",
                error_id="wrong_config",
            )
        if unfinished:
            # killed between the config and the end of the journal: all is there
            self.steps = [Step("remove_journal", f"remove {self.journal}")]
        return self._result(existing.path, existing.text, existing.text, [])

    def _source(self) -> _configfile.ConfigFile:
        view = self.view
        path = self.params["source_config"] or _configfile.locate(
            self.names.source, view.directory, _host.layout().config_suffix
        )
        config = view.config(_values.absolute_path("source_config", path))
        if not config.exists:
            raise XenError(
                f"There is no config file {config.path} to clone {self.names.source} from.", error_id="no_such_domain"
            )
        if config.value("name") != self.names.source:
            raise XenError(
                f"{config.path} is the config of a domain called {config.value('name')}, not {self.names.source}.",
                error_id="wrong_config",
            )
        return config

    # Plan

    def _new(self, path: str, unfinished: Journal | None) -> dict[str, Any]:
        source = self._source()
        disks = _plan_config.on_disk(source, _options.BY_NAME["disks"]) or []
        places = _clone_plan.targets(disks, self.names, self._mapping(), self.params["directory"])
        own = unfinished.targets if unfinished and unfinished.source == self.names.source else ()
        self.copies = [self._copy(disk, places[disk.vdev], own) for disk in disks if disk.vdev in places]
        self._require_distinct()
        text, warnings = _clone_plan.config_text(
            source, self.names, {c.disk.vdev: c.target.path for c in self.copies}, path
        )
        self._check_identity(text, path, source.syntax)
        row = self.view.row(self.names.source)
        pauses = _clone_plan.require_quiet(row.state if row else None, self.names, self.copies, self.params["pause"])
        was_ours = bool(unfinished and unfinished.paused and row and row.state == _listing.PAUSED)
        copying, more = self._copying()
        commands = self.view.commands
        journal = Journal(self.names.source, tuple(copy.target.path for copy in self.copies), pauses or was_ours)
        steps = []
        if pauses:
            steps.append(command_step("pause", commands.pause(self.names.source)))
        steps += copying
        if pauses or was_ours:
            steps.append(command_step("unpause", commands.unpause(self.names.source)))
        self.steps = [
            Step("write_journal", f"write {self.journal}", data=json.dumps(journal._asdict())),
            *steps,
            Step("write_config", f"write {path}", data=(path, text)),
            Step("remove_journal", f"remove {self.journal}"),
        ]
        return self._result(path, None, text, [*warnings, *more])

    def _mapping(self) -> dict[int, str]:
        given = self.params["disks"] or {}
        return {
            vdev_number(canonical_vdev(str(vdev))): _values.absolute_path("disks", path) for vdev, path in given.items()
        }

    def _copy(self, disk: Any, target: str, own: tuple[str, ...]) -> Copy:
        """:raises XenError: the source's disk cannot be copied, or there is something in the place of the copy."""
        what = f"disks of {self.names.source}"
        if disk.script or not disk.target:
            raise XenError(f"{disk.vdev} of {self.names.source} is made by a script; it cannot be copied here.")
        place = _disk_place.place_of(what, os.path.join("/dev", disk.target))
        found = _disk_place.look(what, place, self.lvm)
        if found is None:
            raise XenError(f"{place.path}, {disk.vdev} of {self.names.source}, is not there.", error_id="disk_missing")
        for user in _disk_use.users(self.view, place.path):
            if user.running and user.access == "w" and user.domain != self.names.source:
                raise ConflictError(f"{place.path} is written to by {user.where}.", error_id="disk_in_use")
        goes = _disk_place.place_of("disks", target)
        there = _disk_place.look("disks", goes, self.lvm)
        if there and goes.path not in own:
            raise ConflictError(
                f"{goes.path}, where the copy of {place.path} goes, exists already. It is left as it is; "
                "name another place in `disks`, or remove it.",
                error_id="target_exists",
            )
        for user in _disk_use.users(self.view, goes.path):
            raise ConflictError(f"{goes.path} is a disk of {user.where} already.", error_id="disk_in_use")
        return Copy(disk, place, found, goes, there)

    def _require_distinct(self) -> None:
        paths = [copy.target.path for copy in self.copies]
        for path in paths:
            if paths.count(path) > 1:
                raise BadValue("disks", path, "two disks of the clone would be this one.")

    def _check_identity(self, text: str, path: str, syntax: str) -> None:
        values = _checks.values_of(_configfile.parse(text, path, syntax), [])
        others = self.view.others_running(self.names.clone) + self.view.others_on_disk(self.names.clone)
        _checks.identities(values, others)
        if self.view.toolstack:
            self.view.toolstack.validate(text)

    def _copying(self) -> tuple[list[Step], list[str]]:
        rooms = _disk_place.Rooms(self.lvm)
        steps: list[Step] = []
        warnings: list[str] = []
        for copy in self.copies:
            if copy.again:
                rooms.take(copy.target, -copy.again.allocated)
            wish = _clone_plan.wish_for(copy, self.params["sparse"])
            plan = _disk_plan.present(wish, None, rooms.of(copy.target))
            rooms.take(copy.target, plan.takes)
            steps += _clone_plan.copy_steps(copy, plan, self.params["compare"])
            warnings += plan.warnings
        return steps, warnings

    # Report

    def _result(self, path: str, before: str | None, after: str | None, warnings: list[str]) -> dict[str, Any]:
        config = _configfile.parse(after or "", path, self.view.syntax)
        values = _checks.values_of(config, [])
        row = self.view.row(self.names.clone)
        changed = {
            "before_header": path if before is not None else "/dev/null",
            "after_header": path,
            "before": mask_text(before or ""),
            "after": mask_text(after or ""),
        }
        return {
            "changed": bool(self.steps),
            "actions": [step.text for step in self.steps],
            "warnings": warnings,
            "diff": [changed] if before != after else [],
            "domain": {
                "name": self.names.clone,
                "state": row.state if row else "stopped",
                "config": path,
                "uuid": values.get("uuid"),
                "macs": [vif.mac for vif in values.get("vifs", [])],
                "disks": [disk.target for disk in values.get("disks", [])],
            },
        }


def _read_journal(path: str) -> Journal | None:
    try:
        with open(path, encoding="utf-8") as stream:
            data = json.load(stream)
        return Journal(data["source"], tuple(data["targets"]), bool(data["paused"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise XenError(f"{path} is no journal of a clone; look at it, and remove it.") from error
