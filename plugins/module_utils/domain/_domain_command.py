# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""One command to one guest, from its parameters to its result. Used by xen_domain_command.

Each command is an object with two phases: ``plan`` looks, refuses what cannot work, and returns the steps; ``apply``
does them. Check mode ends after the first. ``changed`` is whether there are steps.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any, ContextManager

from ansible_collections.netbsd.xen.plugins.module_utils.console import _watch
from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _guest_commands, _migrate, _reboot
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host, _lock
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing, _toolstack

COMMANDS: dict[str, Any] = {
    "reboot": _reboot.Reboot,
    "migrate": _migrate.Migrate,
    "trigger": _guest_commands.Trigger,
    "sysrq": _guest_commands.SysRq,
    "dump_core": _guest_commands.DumpCore,
    "send": _guest_commands.Send,
    "wait": _guest_commands.Wait,
}


class CommandTask:
    """:param params: the module's parameters. :param check_mode: plan, but do not apply."""

    def __init__(self, params: dict[str, Any], check_mode: bool) -> None:
        self.params, self.check_mode = params, check_mode
        self.started = time.monotonic()
        self.name = _values.domain_name("name", params["name"])
        if params["timeout"] < 0:
            raise BadValue("timeout", params["timeout"], "seconds cannot be negative.")
        self.pattern = _watch.console_pattern("wait_for_console", params["wait_for_console"])

    def run(self) -> dict[str, Any]:
        """The task's result.

        :raises XenError: in the phase of planning, nothing was done.
        """
        _host.require_root()
        toolstack = _toolstack.find(self.params["toolstack"])
        command = COMMANDS[self.params["command"]](toolstack, self.name, self.params)
        watch = None
        try:
            with self._lock():
                command.rows = toolstack.listing()
                row = _listing.find(command.rows, self.name)
                steps = command.plan(row)
                result: dict[str, Any] = {"changed": bool(steps), "actions": [step.text for step in steps]}
                if not self.check_mode:
                    watch = _watch.Watch(toolstack, self.name)
                    result["console_position"] = watch.listen(self.params["console_position"])
                    result.update(command.apply(watch, steps))
            if watch:
                if self.pattern:
                    result["console_line"] = watch.wait_for(self.pattern, self._remaining())
                row = watch.row()
        finally:
            if watch:
                watch.close()
        result["warnings"] = command.warnings
        result["domain"] = self._domain(row, command.state_after(row))
        return result

    def _lock(self) -> ContextManager[None]:
        """Who only waits must not keep others from making true what is waited for."""
        if self.check_mode or self.params["command"] == "wait":
            return contextlib.nullcontext()
        return _lock.host_lock(max(_lock.LEAST_SECONDS, self.params["timeout"]))

    def _remaining(self) -> float:
        return max(0.0, self.params["timeout"] - (time.monotonic() - self.started))

    def _domain(self, row: _listing.Row | None, state: str) -> dict[str, Any]:
        return {
            "name": self.name,
            "state": state,
            "domid": row.domid if row else None,
            "memory": row.memory if row else None,
            "vcpus": row.vcpus if row else None,
        }
