# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Reboot a guest, and believe it only when it is seen.

`xl reboot` returns as soon as the guest has acknowledged the request. The guest shuts down when it likes, if at all,
and then the xl process that watches it makes it again under a new id (xen tools/xl/xl_vmcontrol.c). So what is waited
for is a domain of that name with another id; after a soft reset, which keeps the id, one that has used less CPU time.
"""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.console._watch import Watch
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, TimedOut, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step, command_step
from ansible_collections.netbsd.xen.plugins.module_utils.domain._guest_commands import Command
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.options import _live
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing, _toolstack

Row = _listing.Row
_COMES_BACK = ("restart", "rename-restart", "coredump-restart", "soft-reset")
# Destroying is Xen's work, and not the guest's, which the timeout is for.
_DESTROY_SECONDS = 30.0
# xl itself needs a moment, whatever the guest does.
_ASK_SECONDS = 10.0
# A guest can be paused several times over; each unpause takes back one.
_UNPAUSE_LIMIT = 16


class Reboot(Command):
    """See ``_domain_command`` for the phases."""

    def plan(self, row: Row | None) -> list[Step]:
        self.before = self.require_guest(row, _listing.RUNNING, _listing.PAUSED)
        config = self.toolstack.configurations().get(self.before.domid) or {}
        action = _live.event_action("on_reboot")(config)
        if action not in _COMES_BACK:
            raise XenError(
                f"{self.name} runs with on_reboot={action}: after a reboot Xen would not start it again. "
                "Use xen_domain with state=restarted, which starts it from its config file.",
                error_id="would_not_restart",
            )
        if self.params["force"]:
            self.config = self._config_file()
        commands = self.toolstack.commands
        fallback = config.get("c_info", {}).get("type") == "hvm"
        steps = [command_step("reboot", commands.reboot(self.name, fallback))]
        if self.before.state == _listing.PAUSED:
            # a paused guest cannot answer: xl waits 60 s for it and fails
            steps.insert(0, command_step("unpause", commands.unpause(self.name)))
        return steps

    def _config_file(self) -> str:
        directory = _configfile.default_directory(self.params["config_dir"])
        path = self.params["config"] or _configfile.locate(self.name, directory, _host.layout().config_suffix)
        config = _configfile.read(path, _toolstack.syntax(self.params["toolstack"]))
        if config.value("name") != self.name:
            raise XenError(
                f"`force` would start {self.name} again from {path}, which is not its config file.",
                error_id="no_config",
            )
        return str(path)

    def apply(self, watch: Watch, steps: list[Step]) -> dict[str, Any]:
        started, forced = time.monotonic(), False
        for step in steps[:-1]:
            self._unpause(step, watch)
        try:
            self._ask(steps[-1])
            remaining = self.params["timeout"] - (time.monotonic() - started)
            row = watch.wait(self._is_back, "to come back from its reboot", max(0.0, remaining))
        except TimedOut as error:
            if not self.params["force"]:
                error.message += (
                    " `force: true` ends it then and starts it again. A NetBSD guest needs powerd=YES to obey."
                )
                raise
            row, forced = self._force(watch), True
        return {
            "old_domid": self.before.domid,
            "forced": forced,
            "seconds": round(time.monotonic() - started, 1),
            "cpu_seconds": row.cpu_seconds if row else None,
        }

    def _unpause(self, step: Step, watch: Watch) -> None:
        for _attempt in range(_UNPAUSE_LIMIT):
            self.toolstack.run(step.command)
            row = watch.row()
            if row is None or row.state != _listing.PAUSED:
                return
        raise XenError(f"{self.name} is still paused after {_UNPAUSE_LIMIT} times `{step.text}`.")

    def _ask(self, step: Step) -> None:
        """A guest that does not even acknowledge makes xl fail after a minute: to us, that is a guest not reacting."""
        try:
            self.toolstack.run(step.command, timeout=max(_ASK_SECONDS, self.params["timeout"]))
        except (CommandError, TimedOut) as error:
            said = str(error.details.get("stderr", ""))
            if "PV control interface not available" in said:
                # Xen has no reset button to press: XEN_DOMCTL_SENDTRIGGER_RESET is not implemented
                message = f"{self.name} has no PV drivers, so it cannot be asked to reboot."
            elif isinstance(error, TimedOut) or "acknowledge" in said:
                message = f"{self.name} did not acknowledge `{step.text}`."
            else:
                raise
            raise TimedOut(message, stderr=said) from error

    def _is_back(self, row: Row | None) -> bool:
        if row is None or row.state != _listing.RUNNING:
            return False
        return row.domid != self.before.domid or row.cpu_seconds < self.before.cpu_seconds

    def _force(self, watch: Watch) -> Row | None:
        commands = self.toolstack.commands
        self.toolstack.run(commands.destroy(self.name))
        watch.wait(lambda row: row is None, "to be gone", _DESTROY_SECONDS, may_crash=True)
        self.toolstack.run(commands.create(self.config))
        return watch.wait(self._is_back, "to run again", _DESTROY_SECONDS)

    def state_after(self, row: Row | None) -> str:
        return _listing.RUNNING
