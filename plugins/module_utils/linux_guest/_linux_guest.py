# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The inside of a Linux guest, on its disk while it is off: mount, plan, write. Used by linux_guest."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator

from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _mount
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host, _lock
from ansible_collections.netbsd.xen.plugins.module_utils.host._rootdir import Entry, RootDir
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest import _linux_apply, _linux_files
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest._linux_files import Change


def run(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The task's result.

    :raises XenError: nothing was changed, or what the message says.
    """
    _host.require_root()
    wanted = _linux_files.wanted(params)._replace(console=params["console"], identity=_identity(params["identity"]))
    with _mounted(params, read_only=True) as folder:
        changes, keys = _plan(wanted, RootDir(folder))
    if (changes or keys) and not check_mode:
        with _mounted(params, read_only=False) as folder:
            root = RootDir(folder)
            # nobody else writes in between, but what is written is what was found to be missing here
            changes, keys = _plan(wanted, root)
            _linux_apply.write(changes, root)
            if keys:
                _linux_apply.make_host_keys(root)
    return _result(changes, keys)


@contextlib.contextmanager
def _mounted(params: dict[str, Any], read_only: bool) -> Iterator[str]:
    """The guest's root; nobody can start the guest with a task of ours meanwhile."""
    disk = _values.absolute_path("disk", params["disk"])
    with _lock.host_lock():
        view = HostView.open(params["toolstack"], params["config_dir"])
        with _mount.mounted(disk, params["partition"], params["fstype"], read_only, view) as folder:
            yield folder


def _identity(given: str | None) -> str | None:
    """:raises BadValue: not one line."""
    if given is not None and (not given.strip() or "\n" in given):
        raise BadValue("identity", given, "give the name of the guest, or another word for it.")
    return given.strip() if given else None


def _plan(wanted: _linux_files.Wanted, root: RootDir) -> tuple[list[Change], bool]:
    """What is to be written, and whether sshd needs new keys."""
    changes = _linux_files.changes(wanted, root)
    copied = bool(wanted.identity) and _linux_files.is_copy(wanted.identity or "", root)
    return changes, copied and _linux_apply.lacks_host_keys(root, changes)


def _result(changes: list[Change], keys: bool) -> dict[str, Any]:
    actions = [change.text for change in changes]
    return {
        "changed": bool(changes) or keys,
        "actions": actions + ([_linux_apply.HOST_KEYS] if keys else []),
        "diff": [_diff(change) for change in changes],
    }


def _diff(change: Change) -> dict[str, str]:
    return {
        "before_header": change.path,
        "after_header": change.path,
        "before": _shown(change.path, change.before),
        "after": _shown(change.path, change.after),
    }


def _shown(path: str, entry: Entry | None) -> str:
    """A file as a diff shows it. What only its owner may read is nobody else's business."""
    if entry is None:
        return ""
    if entry.link is not None:
        return f"-> {entry.link}\n"
    if path.startswith("/etc/ssh/") or (entry.mode is not None and not entry.mode & 0o044):
        return f"({len(entry.data or b'')} bytes)\n"
    return (entry.data or b"").decode("utf-8", "replace")
