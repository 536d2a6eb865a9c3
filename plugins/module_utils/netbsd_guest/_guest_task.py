# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The task of netbsd_guest: the files inside a guest, in the guest itself or on its disk in the dom0."""

from __future__ import annotations

import os
from typing import Any, Callable

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _mount
from ansible_collections.netbsd.xen.plugins.module_utils.host import (
    _atomicfile,
    _command,
    _host,
    _hostplan,
    _systemfile,
)
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostplan import FileChange, HostPlan
from ansible_collections.netbsd.xen.plugins.module_utils.host._rootdir import RootDir
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _guestfiles, _guestttys
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf_plan

POWERD = "/etc/rc.d/powerd"
# init(8): reads ttys(5) again
_HUP_INIT = ("/bin/kill", "-HUP", "1")


def run(params: dict[str, Any], check: bool) -> dict[str, Any]:
    """The whole task.

    :raises XenError: nothing was changed, or only files that are whole; run it again.
    """
    _host.require_root()
    want = _guestfiles.wanted(params)
    if params["disk"]:
        return _on_disk(params, want, check)
    root = os.path.normpath(params["root"])
    todo = plan(want, root, _live_steps(want) if root == "/" else lambda _changes: [])
    return _done(todo, root, check)


def _on_disk(params: dict[str, Any], want: _guestfiles.Wanted, check: bool) -> dict[str, Any]:
    disk = params["disk"]
    if not os.path.exists(disk):
        raise BadValue("disk", disk, "there is no such disk on this host.", error_id="disk_missing")
    view = HostView.open(params["toolstack"], params["config_dir"])
    # of a volume or partition, the root file system is all of it
    partition = "a" if os.path.isfile(disk) else None
    with _mount.mounted(disk, partition, "ffs", read_only=check, view=view) as root:
        return _done(plan(want, root, lambda _changes: []), root, check)


def reader_below(root: str) -> Callable[[str], str | None]:
    """Reads a file of the system whose root is there."""
    return lambda path: _systemfile.read(below(root, path))


def below(root: str, path: str) -> str:
    """Where a file of the guest is for the host. The guest's links are its own and lead to nothing of the host's."""
    return path if root == "/" else RootDir(root).place(path)


def plan(want: _guestfiles.Wanted, root: str, more: Callable[[list[FileChange]], list[Step]]) -> HostPlan:
    """What to do. Paths are those that the guest knows.

    :param more: the steps that follow from changed files.
    """
    files = _guestfiles.changes(want, reader_below(root))
    steps = [step for change in files for step in _hostplan.file_steps(change)]
    return HostPlan(steps + more(files), "guest", [], [])


def _live_steps(want: _guestfiles.Wanted) -> Callable[[list[FileChange]], list[Step]]:
    """What tells a running system of its new files: init(8) of ttys(5); and powerd(8) is started."""

    def steps(files: list[FileChange]) -> list[Step]:
        found = []
        if any(change.path == _guestttys.TTYS for change in files):
            found.append(_hostplan.command(*_HUP_INIT))
        if _rcconf_plan.wish("powerd", want.rc_conf.get("powerd", False)).value == "YES" and not _powerd_runs():
            found.append(_hostplan.command(POWERD, "onestart"))
        return found

    return steps


def _powerd_runs() -> bool:
    if not os.path.exists(POWERD):
        raise HostError(f"{POWERD} is missing: this is no NetBSD with its set `etc`.", error_id="no_netbsd")
    return _command.run([POWERD, "onestatus"]).rc == 0


def _done(todo: HostPlan, root: str, check: bool) -> dict[str, Any]:
    if todo.changed and not check:
        apply(todo, root)
    return {"changed": todo.changed, "actions": todo.actions, "diff": todo.diff()}


def apply(todo: HostPlan, root: str) -> None:
    """Do the steps below this root.

    :raises XenError: a file cannot be written, sh cannot read a new rc.conf, or a command failed.
    """
    for step in todo.steps:
        if step.kind == _hostplan.COMMAND:
            _hostplan.run(step.command, step.text)
        else:
            write(root, step.data)


def write(root: str, change: FileChange) -> None:
    """Write a file of the guest; a new one of root's keys is root's alone."""
    text, path = change.after or "", below(root, change.path)
    if change.path.startswith("/etc/rc.conf"):
        _rcconf_plan.check_with_sh(path, text)
    private = change.path == _guestfiles.KEYS
    os.makedirs(os.path.dirname(path), mode=0o700 if private else 0o755, exist_ok=True)
    mode = _guestfiles.PRIVATE if private else _atomicfile.NEW_MODE
    _atomicfile.write(path, text.encode("utf-8", "surrogateescape"), new_mode=mode)
