# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Carry out a Plan: the only code of the collection that changes a domain.

Each kind of step has one method here or in ``_apply_live``. When a step fails, ``_apply_undo`` takes back what was
made on the way.
"""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart
from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.core import _plan
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, TimedOut, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_apply
from ansible_collections.netbsd.xen.plugins.module_utils.domain._apply_live import LiveSteps, is_live
from ansible_collections.netbsd.xen.plugins.module_utils.domain._apply_start import Start
from ansible_collections.netbsd.xen.plugins.module_utils.domain._apply_undo import STARTS, Undo
from ansible_collections.netbsd.xen.plugins.module_utils.domain._apply_watch import Watch
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _lvm
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

# A guest can be paused several times over; each unpause takes back one.
_UNPAUSE_LIMIT = 16
_DESTROY_SECONDS = 30.0
# A guest that crashes and is restarted, again and again, may just not be there when it is to be destroyed.
_DESTROY_LIMIT = 5
_CAME_BACK = "came_back"


class Applier:
    """Runs the steps of one plan in order, then checks that the host is as planned.

    :param timeout: seconds that each wait may take.
    :param before: the domain's row before the first step, None when it did not exist.
    """

    def __init__(
        self, toolstack: Any, plan: _plan.Plan, name: str, timeout: float, before: _listing.Row | None, backup: bool
    ) -> None:
        self.toolstack, self.plan, self.name, self.timeout = toolstack, plan, name, timeout
        self.before, self.backup = before, backup
        self.backup_file: str | None = None
        self.done: list[_plan.Step] = []
        self.watch = Watch(toolstack, name, timeout)
        self.settle = 0
        self.start = Start(toolstack, name, timeout)
        self.live = LiveSteps(self.watch)
        self.undo = Undo(plan, self.watch, self.live, before)

    def run(self) -> _listing.Row | None:
        """Do everything; returns the domain's row afterwards.

        :raises XenError: a step failed; ``details`` say what was done and what was taken back.
        """
        for index, step in enumerate(self.plan.steps):
            try:
                self._do(step)
                self.done.append(step)
                if is_live(step) and not any(map(is_live, self.plan.steps[index + 1 :])):
                    self.live.verify(self.plan.live, self.plan.policy)
            except XenError as error:
                self._tell(step, error)
                raise
        try:
            return self._verify()
        except XenError as error:
            error.details.setdefault("actions_done", [step.text for step in self.done])
            raise

    def _do(self, step: _plan.Step) -> None:
        try:
            if is_live(step):
                self.live.do(step)
            elif step.kind in _disk_apply.KINDS:
                _disk_apply.do(step, _lvm.Lvm())
            else:
                getattr(self, f"_{step.kind}")(step)
        except OSError as error:
            raise XenError(f"Failed to {step.text}: {error.strerror}.", error_id="os_error") from error

    def _tell(self, step: _plan.Step, error: XenError) -> None:
        """Take back what can be taken back, and add to the error what was done and what was undone."""
        undone = self.undo.take_back(self.done, step, error)
        error.details.update(actions_done=[done.text for done in self.done], taken_back=undone)
        if step.kind in STARTS:
            error.message = f"{self.name} could not be started: {error.message}"
            error.details["error_id"] = "start_failed"
        if undone:
            error.message += f" Taken back: {'; '.join(undone)}."

    # Steps that change files

    def _write_config(self, step: _plan.Step) -> None:
        self.backup_file = _configfile.write(self.plan.config_path, step.data, self.backup)

    def _write_renamed(self, step: _plan.Step) -> None:
        _configfile.write(step.data.path, step.data.text, self.backup)

    def _remove_config(self, step: _plan.Step) -> None:
        os.unlink(step.data)

    _remove_save = _remove_config
    _remove_disk = _remove_config

    def _add_autostart(self, step: _plan.Step) -> None:
        _autostart.carry_out(step.data)

    _move_autostart = _add_autostart
    _remove_autostart = _add_autostart
    _set_autostart_delay = _add_autostart

    def _rename(self, step: _plan.Step) -> None:
        os.rename(*step.data)

    _claim_save = _rename
    _recover_save = _rename

    def _keep_save(self, step: _plan.Step) -> None:
        """The back end may still have flushed the images while xl took the guest down: date the save after that."""
        partial, _save_file = step.data
        os.utime(partial)
        os.rename(*step.data)

    # Steps that start

    def _run(self, step: _plan.Step) -> None:
        self.toolstack.run(step.command)

    def _create(self, step: _plan.Step) -> None:
        self.start.begin(listen=self.plan.has("wait_console"))
        self._run(step)

    def _restore(self, step: _plan.Step) -> None:
        self.start.begin(listen=False)
        self._run(step)

    def _wait_console(self, step: _plan.Step) -> None:
        self.start.wait_console(step)

    _pause = _run
    _rename_guest = _run

    def _unpause(self, step: _plan.Step) -> None:
        for _attempt in range(_UNPAUSE_LIMIT):
            self.toolstack.run(step.command)
            row = self.watch.row()
            if row is None or row.state != _listing.PAUSED:
                return
        raise XenError(f"{self.name} is still paused after {_UNPAUSE_LIMIT} times `{step.text}`.")

    # Steps that end

    def _shutdown(self, step: _plan.Step) -> None:
        """Ask the guest to power off and wait until it is gone; ``step.data`` is `force`: destroy it at the end."""
        deadline = self.watch.now() + self.timeout
        row = self.watch.row()
        try:
            if row is not None:
                self._ask_to_shut_down(step, deadline)
                self._wait_gone(row, deadline)
            if self.start.comes_back():
                raise XenError(
                    f"{self.name} has ended, and xl has started it again: it crashes, or reboots itself, again and "
                    "again. `force: true` destroys it.",
                    error_id=_CAME_BACK,
                )
        except XenError as error:
            if not step.data or error.details["error_id"] not in (TimedOut.error_id, _CAME_BACK):
                raise
            self._destroy(_plan.command_step("destroy", self.toolstack.commands.destroy(self.name)))

    def _ask_to_shut_down(self, step: _plan.Step, deadline: float) -> None:
        """A guest that does not even acknowledge makes xl fail after a minute: to us, that is a guest not reacting."""
        try:
            self.toolstack.run(step.command, timeout=max(1.0, deadline - self.watch.now()))
        except (CommandError, TimedOut) as error:
            if self.watch.row() is None:
                return
            said = str(error.details.get("stderr", "")).strip()
            details = {key: value for key, value in error.details.items() if key != "error_id"}
            raise TimedOut(
                f"{self.name} did not acknowledge `{step.text}`. {said} Its console may tell why; "
                "`force: true` destroys it.",
                **details,
            ) from error

    def _wait_gone(self, was: _listing.Row, deadline: float) -> None:
        while True:
            row = self.watch.row()
            if row is None:
                return
            if row.domid != was.domid:
                raise XenError(
                    f"{self.name} was shut down and came back as domain {row.domid}: its on_poweroff says restart. "
                    "Set on_poweroff to destroy, or use `force: true` with `timeout: 0`.",
                    error_id=_CAME_BACK,
                )
            if self.watch.now() >= deadline:
                raise TimedOut(
                    f"{self.name} was asked to shut down and is still {row.state} after {self.timeout:g} s. "
                    "Give it more `timeout`, or `force: true` to destroy it then. "
                    "A NetBSD guest needs powerd=YES to obey.",
                    state=row.state,
                )
            self.watch.pause()

    def _destroy(self, step: _plan.Step) -> None:
        for _attempt in range(_DESTROY_LIMIT):
            self._destroy_once(step)
            if not self.start.comes_back():
                return
        raise XenError(f"{self.name} comes back each time that it is destroyed.", error_id=_CAME_BACK)

    def _destroy_once(self, step: _plan.Step) -> None:
        try:
            self.toolstack.run(step.command)
        except CommandError:
            # the guest's own xl may take it down at the same moment; then this one complains
            row = self.watch.row()
            if row is not None and row.state != _listing.DYING:
                raise
        # the timeout is for the guest, which has no say in this any more; with `timeout: 0` Xen still needs a moment
        self.watch.wait(lambda row: row is None, "is gone", step, max(self.timeout, _DESTROY_SECONDS))

    def _save(self, step: _plan.Step) -> None:
        os.makedirs(os.path.dirname(step.data), mode=0o700, exist_ok=True)
        try:
            self.toolstack.run(step.command)
        except XenError:
            # a domain that is gone lives in that file only
            if self.watch.row() is not None and os.path.exists(step.data):
                os.unlink(step.data)
            raise

    # Looking

    def _verify(self) -> _listing.Row | None:
        """Read again, and fail when the host is not as planned."""
        after = _configfile.text_of(self.plan.config_path)
        if after != self.plan.config_after:
            raise XenError(f"{self.plan.config_path} is not what was written; something else changed it meanwhile.")
        if not any(step.command for step in self.plan.steps):
            return self.before
        wanted = self.plan.state_after
        row = (self.start.settle(self.settle) if wanted == _listing.RUNNING else None) or self.watch.row()
        state = row.state if row else "not there"
        if wanted in ("running", "paused") and state != wanted:
            raise XenError(
                f"{self.name} was started and is {state}, not {wanted}. {self.watch.why()}",
                error_id="not_as_planned",
                state=state,
            )
        if wanted in ("stopped", "saved", "absent") and row is not None:
            raise XenError(f"{self.name} should be {wanted} and is {state}.", error_id="not_as_planned", state=state)
        return row
