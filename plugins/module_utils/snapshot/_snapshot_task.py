# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""One task on one snapshot, from its parameters to its result: read, plan, check, apply. Used by xen_snapshot."""

from __future__ import annotations

import os
import platform
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_use
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host, _lock
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options
from ansible_collections.netbsd.xen.plugins.module_utils.snapshot import (
    _snapshot_apply,
    _snapshot_plan,
    _snapshot_store,
)
from ansible_collections.netbsd.xen.plugins.module_utils.snapshot._snapshot_store import Manifest, SavedDisk, Store
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _disk_place, _image_copy, _lvm
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

_SETTLE_SECONDS = 15.0


def run(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The whole task.

    :raises XenError: nothing was changed, or ``actions_done`` and ``taken_back`` in its details say what was.
    """
    _host.require_root()
    task = SnapshotTask(params)
    if check_mode:
        task.plan(HostView.open(params["toolstack"], params["config_dir"]))
        return task.result()
    with _lock.host_lock():
        task.plan(HostView.open(params["toolstack"], params["config_dir"]))
        if task.steps:
            _snapshot_apply.Applier(task.view.toolstack, task.lvm, task.steps).run()
        return task.result()


class SnapshotTask:
    """:param params: the module's parameters."""

    view: HostView

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params
        self.domain = _values.domain_name("name", params["name"])
        self.snapshot = _snapshot_store.snapshot_name("snapshot", params["snapshot"])
        directory = _values.absolute_path("directory", params["directory"] or _snapshot_store.DEFAULT_DIRECTORY)
        self.store = Store(directory, self.domain)
        self.lvm = _lvm.Lvm()
        self.steps: list[Step] = []
        self.manifest: Manifest | None = None
        self.before: set[str] = set()

    def plan(self, view: HostView) -> None:
        """Look and plan; ``steps`` then hold what is to be done, ``manifest`` what the snapshot is or will be."""
        self.view = view
        self.before = set(self.store.names())
        self.manifest = _snapshot_store.read(self.store.path(self.snapshot))
        {"present": self._present, "absent": self._absent, "reverted": self._reverted}[self.params["state"]]()

    # Plan

    def _present(self) -> None:
        if self.manifest:
            return
        self.view.settle([self.domain], _SETTLE_SECONDS)
        row = self.view.row(self.domain)
        subjects = self._subjects(row)
        leftover = _snapshot_store.leftover(self.store.partial(self.snapshot))
        state = row.state if row else "stopped"
        pauses = self._pauses(row, leftover)
        self.manifest = Manifest(
            domain=self.domain, snapshot=self.snapshot, taken="", state="running" if pauses else state,
            memory=bool(self.params["memory"]), paused=pauses,
            disks=tuple(_snapshot_plan.saved_disk(each, self.snapshot, self._method(each)) for each in subjects),
        )  # fmt: skip
        self._require_room(subjects)
        taken = _snapshot_plan.taken(self.manifest, self.store, subjects, leftover, state, self.view.commands)
        # one of the same name that was on its way out may still have its volumes
        self.steps = [*self._removal(self.store.removing(self.snapshot)), *taken]

    def _removal(self, folder: str, but: Manifest | None = None) -> list[Step]:
        """Steps that take away what a killed task has left in a folder, but for the volumes of another snapshot."""
        leftover = _snapshot_store.leftover(folder)
        if not leftover:
            return []
        kept = [disk.saved_as for disk in but.disks] if but else []
        disks = tuple(disk for disk in leftover.disks if disk.saved_as not in kept)
        return _snapshot_plan.removal(folder, leftover._replace(disks=disks), f"remove {folder}")

    def _pauses(self, row: _listing.Row | None, leftover: Manifest | None) -> bool:
        """Whether the guest is paused for this, and so is to run afterwards."""
        state = row.state if row else None
        if self.params["memory"]:
            if state not in (_listing.RUNNING, _listing.PAUSED):
                raise XenError(f"{self.domain} does not run, so it has no memory to take.", error_id="not_running")
            if self.view.toolstack and self.view.toolstack.name != "xl":
                raise BadValue("memory", True, "only xl can take the memory of a guest and go on with it.")
        if state == _listing.PAUSED and leftover and leftover.paused:
            return True
        return _snapshot_plan.require_quiet(state, self.domain, True, self.params["pause"])

    def _absent(self) -> None:
        self.steps = self._removal(self.store.removing(self.snapshot), self.manifest)
        if self.manifest:
            self.steps += _snapshot_plan.removed(self.store, self.snapshot, self.manifest)
        self.steps += self._removal(self.store.partial(self.snapshot), self.manifest)

    def _reverted(self) -> None:
        if not self.manifest:
            known = ", ".join(self.store.names()) or "none at all"
            raise XenError(
                f"{self.domain} has no snapshot {self.snapshot} in {self.store.directory}; it has: {known}.",
                error_id="no_such_snapshot",
            )
        self.view.settle([self.domain], _SETTLE_SECONDS)
        row = self.view.row(self.domain)
        state = row.state if row else None
        self._require_not_saved(state)
        rooms = _disk_place.Rooms(self.lvm)
        targets = [self._target(disk, rooms) for disk in self.manifest.disks]
        config = self._config()
        steps = _snapshot_plan.reverted(
            self.manifest, self.store, targets, state, config.path if config.exists else None, self.view.commands
        )
        if any(step.kind != _snapshot_plan.UNMARK for step in steps):
            _snapshot_plan.require_stopped(state, self.domain, self.params["allow_restart"])
        self.steps = steps

    # Read

    def _config(self) -> _configfile.ConfigFile:
        path = self.params["config"] or _configfile.locate(
            self.domain, self.view.directory, _host.layout().config_suffix
        )
        return self.view.config(_values.absolute_path("config", path))

    def _subjects(self, row: _listing.Row | None) -> list[_snapshot_plan.Subject]:
        """The disks that the guest writes to: those it runs with, else those of its config file."""
        option = _options.BY_NAME["disks"]
        if row and row.domid in self.view.configurations():
            disks = option.live(self.view.configurations()[row.domid])
        else:
            config = self._config()
            if not config.exists:
                raise XenError(
                    f"There is no domain {self.domain}: no config file {config.path}, and it does not run.",
                    error_id="no_such_domain",
                )
            disks = _plan_config.on_disk(config, option) or []
        return [self._subject(disk) for disk in disks if disk.access == "w"]

    def _subject(self, disk: Any) -> _snapshot_plan.Subject:
        what = f"disks of {self.domain}"
        if disk.script or not disk.target:
            raise XenError(f"{disk.vdev} of {self.domain} is made by a script; it cannot be taken here.")
        place = _disk_place.place_of(what, os.path.join("/dev", disk.target))
        found = _disk_place.look(what, place, self.lvm)
        if found is None:
            raise XenError(f"{place.path}, {disk.vdev} of {self.domain}, is not there.", error_id="disk_missing")
        self._require_own(place.path)
        return _snapshot_plan.Subject(disk.vdev, place, found, _disk_place.Rooms(self.lvm).of(place))

    def _require_own(self, path: str) -> None:
        for user in _disk_use.users(self.view, path):
            if user.running and user.access == "w" and user.domain != self.domain:
                raise ConflictError(f"{path} is written to by {user.where}.", error_id="disk_in_use")

    def _method(self, subject: _snapshot_plan.Subject) -> str:
        """NetBSD's device mapper has no snapshots (dm(4): linear, zero and error)."""
        linux = platform.system() == "Linux" and subject.place.kind == _disk_place.VOLUME and not subject.found.thin
        return _snapshot_store.LVM if linux and self.params["method"] == "auto" else _snapshot_store.COPY

    def _require_room(self, subjects: list[_snapshot_plan.Subject]) -> None:
        """:raises XenError: the copies do not fit."""
        folder = self.store.directory
        while not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        copied = [each for each in subjects if self._method(each) == _snapshot_store.COPY]
        needed = sum(each.found.allocated for each in copied)
        free = os.statvfs(folder).f_bfree * os.statvfs(folder).f_frsize
        if needed > free:
            raise XenError(f"The disks of {self.domain} do not fit into {self.store.directory}.", error_id="no_space")

    def _target(self, disk: SavedDisk, rooms: _disk_place.Rooms) -> _snapshot_plan.Target:
        """:raises XenError: the disk is not what it was, its snapshot is damaged, or somebody else has it."""
        place = _disk_place.place_of("disks", disk.path)
        found = _disk_place.look("disks", place, self.lvm)
        if found is None:
            raise XenError(f"{disk.path} is not there any more.", error_id="disk_missing")
        if disk.kind != "file" and found.size != disk.size:
            raise XenError(
                f"{disk.path} had {disk.size} bytes when {self.snapshot} was taken, and has {found.size} now. A volume "
                "is not made smaller.",
                error_id="would_shrink",
            )
        self._require_own(disk.path)
        room = rooms.of(place)
        if disk.method == _snapshot_store.LVM:
            return self._lvm_target(disk, place, room)
        copy = self.store.path(self.snapshot, disk.saved_as)
        if not os.path.exists(copy) or _image_copy.checksum(copy, "sha256") != disk.sha256:
            raise XenError(f"{copy} is not what was copied into it; nothing is changed.", error_id="snapshot_damaged")
        same = found.size == disk.size and _image_copy.same(copy, disk.path, disk.size)
        return _snapshot_plan.Target(disk, place, same, False, room)

    def _lvm_target(self, disk: SavedDisk, place: _disk_place.Place, room: _disk_place.Room) -> _snapshot_plan.Target:
        names = _lvm.split_path(disk.saved_as)
        snapshot = self.lvm.volume(*names) if names else None
        used_up = snapshot is None and self.store.is_reverting(self.snapshot)
        if not used_up and (snapshot is None or snapshot.origin != place.volume or snapshot.attributes[4:5] == "I"):
            raise XenError(
                f"The LVM snapshot {disk.saved_as} is gone, or has overflowed; nothing is changed.",
                error_id="snapshot_damaged",
            )
        same = used_up or _image_copy.same(disk.saved_as, disk.path, disk.size)
        freed = 0 if snapshot is None else snapshot.size
        return _snapshot_plan.Target(disk, place, same, used_up, room._replace(free=room.free + freed))

    def _require_not_saved(self, state: str | None) -> None:
        save_file = os.path.join(_host.SAVE_DIR, f"{self.domain}.save")
        if state is None and os.path.exists(save_file):
            raise XenError(
                f"{self.domain} is saved in {save_file}, and goes on from there with the disks as they are. Start it "
                "or remove that file first.",
                error_id="domain_saved",
            )

    # Report

    def result(self) -> dict[str, Any]:
        """The task's result; in check mode, what it would be."""
        after = self.before | {self.snapshot}
        if self.params["state"] == "absent":
            after = self.before - {self.snapshot}
        header = f"snapshots of {self.domain}"
        texts = ["".join(f"{name}\n" for name in sorted(names)) for names in (self.before, after)]
        changed = {"before_header": header, "after_header": header, "before": texts[0], "after": texts[1]}
        return {
            "changed": bool(self.steps),
            "actions": [step.text for step in self.steps],
            "diff": [changed] if texts[0] != texts[1] else [],
            "snapshots": sorted(after),
        }
