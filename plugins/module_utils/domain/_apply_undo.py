# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""When a step fails: leave the old state rather than half of the new one.

What is taken back: live changes of the guest, a half-made domain, the new config file, and, after a restart, the guest
as it ran before. The config file stays as written only when the guest has (some of) what it says.
"""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.core import _plan
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain._apply_live import LiveSteps
from ansible_collections.netbsd.xen.plugins.module_utils.domain._apply_watch import Watch
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

STARTS = ("create", "restore")


class Undo:
    """:param before: the domain's row before the first step, None when it did not exist."""

    def __init__(self, plan: _plan.Plan, watch: Watch, live: LiveSteps, before: _listing.Row | None) -> None:
        self.plan, self.watch, self.live, self.before = plan, watch, live, before
        self.toolstack: Any = watch.toolstack

    def take_back(self, done: list[_plan.Step], failed: _plan.Step | None, error: XenError) -> list[str]:
        """What was done, as sentences.

        :param failed: the step that failed, None when all were done and the look afterwards was not satisfied.
        """
        starting = failed is not None and failed.kind in STARTS
        undone = self._destroy_half_made(error) if starting else []
        undone += self._put_save_back(done) if starting else []
        told, live_is_as_before = self.live.take_back()
        undone += told
        kinds = {step.kind for step in done}
        if "write_config" in kinds and "create" not in kinds and live_is_as_before:
            undone.append(self._put_config_back())
            ran = self.before is not None and self.before.state in (_listing.RUNNING, _listing.PAUSED)
            ended = "shutdown" in kinds or ("destroy" in kinds and ran)
            if starting and ended and self.plan.config_before is not None:
                undone.append(self._start_as_before())
        return undone

    def _destroy_half_made(self, error: XenError) -> list[str]:
        """Of a domain that this task began to make. When xl fails here too, the config is still put back."""
        if "already exists" in str(error.details.get("stderr")):
            return []  # somebody else was faster; that domain is theirs
        try:
            row = self.watch.row()
            if row is None or (self.before and self.before.domid == row.domid):
                return []
            self.toolstack.run(self.toolstack.commands.destroy(self.watch.name))
        except XenError as another:
            return [f"but looking for a half-made domain failed: {another.message}"]
        return [f"the half-made domain {row.domid} was destroyed"]

    def _put_save_back(self, done: list[_plan.Step]) -> list[str]:
        """A save file that could not be restored gets its own name again."""
        undone = []
        for step in done:
            if step.kind == "claim_save":
                source, target = step.data
                try:
                    os.rename(target, source)
                    undone.append(f"{source} is as before")
                except OSError as error:
                    undone.append(f"but {target} could not be renamed to {source}: {error.strerror}")
        return undone

    def _put_config_back(self) -> str:
        path = self.plan.config_path
        try:
            if self.plan.config_before is None:
                os.unlink(path)
                return f"the new {path} was removed"
            _configfile.write(path, self.plan.config_before)
        except OSError as error:
            return f"but {path} could not be put back: {error.strerror}"
        return f"{path} is as before"

    def _start_as_before(self) -> str:
        name = self.watch.name
        try:
            paused = self.plan.state_before == _listing.PAUSED
            self.toolstack.run(self.toolstack.commands.create(self.plan.config_path, paused))
        except XenError as error:
            return f"but starting {name} with its old config failed too: {error.message}"
        return f"{name} runs again with its old config"
