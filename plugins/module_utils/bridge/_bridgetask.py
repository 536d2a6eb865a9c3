# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The whole bridge task: look, plan, refuse or prepare the way back, do, look again."""

from __future__ import annotations

import os
from typing import Any, Mapping

from ansible_collections.netbsd.xen.plugins.module_utils.bridge import (
    _bridgefile,
    _bridgeplan,
    _bridgerollback,
    _bridgestate,
)
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridge import is_guest_interface
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridgeplan import BridgePlan
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridgestate import Seen, Wanted
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConflictError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _hostplan

LEAST_SECONDS = 10


def make(wanted: Wanted, check: bool, backup: bool, rollback: int, environment: Mapping[str, str]) -> dict[str, Any]:
    """Make the bridge as wanted.

    :param rollback: seconds to wait for the confirmation of a change that may cut the connection; 0: refuse that.
    :raises ConflictError: the change may cut the connection, and there is no ``rollback``.
    :raises HostError: the bridge is not as planned afterwards, or we are not root.
    """
    seen = _bridgestate.look(wanted.name, environment)
    todo = _bridgeplan.plan(wanted, seen)
    if todo.risks and not rollback:
        raise ConflictError(
            f"{', '.join(todo.risks)} may cut the connection: {seen.link.reason}. Nothing was changed. With "
            f"`rollback: 60` the change is made and taken back by itself unless the host can still be reached; with "
            f"`live: false` only {todo.file.path} is written, for the next boot.",
            error_id="would_cut_connection",
            actions=todo.host.actions,
        )
    armed = bool(todo.risks) and not check
    kept: list[str] = []
    if todo.host.changed and not check:
        _require_root()
        if armed:
            _bridgerollback.arm(wanted.name, max(rollback, LEAST_SECONDS), todo.undo, todo.file)
        kept = _hostplan.apply(todo.host, backup)
        seen = _bridgestate.look(wanted.name, environment)
        _verify(wanted, seen, todo)
    return {
        "changed": todo.host.changed,
        "actions": todo.host.actions,
        "diff": todo.host.diff(),
        "warnings": list(todo.host.warnings),
        "backup_files": kept,
        "bridge": returned(wanted.name, seen),
        "rollback_armed": armed,
    }


def _verify(wanted: Wanted, seen: Seen, done: BridgePlan) -> None:
    left = _bridgeplan.plan(wanted._replace(force=True), seen)
    if left.host.changed:
        raise HostError(
            f"{wanted.name} is not as planned. After {'; '.join(done.host.actions)} there is still to do: "
            f"{'; '.join(left.host.actions)}.",
            error_id="not_as_planned",
            actions=done.host.actions,
        )


def returned(name: str, seen: Seen) -> dict[str, Any]:
    """The bridge as a return value."""
    bridge = seen.bridges.get(name)
    file = None if seen.text is None else _bridgefile.read(seen.text, name)
    members = bridge.members if bridge else ()
    return {
        "name": name,
        "exists": bridge is not None,
        "up": bridge.up if bridge else False,
        "mtu": seen.mtu_of(name),
        "members": sorted(each.name for each in members if not is_guest_interface(each.name)),
        "guests": sorted(each.name for each in members if is_guest_interface(each.name)),
        "stp": sorted(each.name for each in members if each.stp),
        "file": _bridgefile.path_of(name) if file else None,
        "file_members": sorted(file.members) if file else [],
    }


def _require_root() -> None:
    if os.geteuid() != 0:
        raise HostError("Only root can change bridges. Connect as root, or set `become: true`.", error_id="not_root")
