# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Carry out a Plan: the only code of the collection that changes a domain.

Each kind of step has one method here. When starting a guest fails, what was made on the way is taken back: the
half-made domain, the new config file, and, after a restart, the guest as it ran before.
"""

from __future__ import annotations

import os
import time
from typing import Any, Callable

from ansible_collections.netbsd.xen.plugins.module_utils import _autostart, _configfile, _host, _listing, _plan
from ansible_collections.netbsd.xen.plugins.module_utils._errors import CommandError, TimedOut, XenError

_POLL_SECONDS = 1.0
# A guest can be paused several times over; each unpause takes back one.
_UNPAUSE_LIMIT = 16
_LOG_LINES = 15
_STARTS = ("create", "restore")
# Steps after which the guest has (some of) what the new config file says.
_TAKES_EFFECT = {"create", "set_memory", "set_vcpus"}
_DESTROY_SECONDS = 30.0


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

    def run(self) -> _listing.Row | None:
        """Do everything; returns the domain's row afterwards.

        :raises XenError: a step failed; ``details`` say what was done and what was taken back.
        """
        for step in self.plan.steps:
            try:
                self._do(step)
            except XenError as error:
                self._tell(step, error)
                raise
            self.done.append(step)
        try:
            return self._verify()
        except XenError as error:
            error.details.setdefault("actions_done", [step.text for step in self.done])
            raise

    def _do(self, step: _plan.Step) -> None:
        try:
            getattr(self, f"_{step.kind}")(step)
        except OSError as error:
            raise XenError(f"Failed to {step.text}: {error.strerror}.", error_id="os_error") from error

    # When a step fails

    def _tell(self, step: _plan.Step, error: XenError) -> None:
        """Take back what can be taken back, and add to the error what was done and what was undone."""
        undone = self._take_back(step, error)
        error.details.update(actions_done=[done.text for done in self.done], taken_back=undone)
        if step.kind in _STARTS:
            error.message = f"{self.name} could not be started: {error.message}"
            error.details["error_id"] = "start_failed"
        if undone:
            error.message += f" Taken back: {'; '.join(undone)}."

    def _take_back(self, step: _plan.Step, error: XenError) -> list[str]:
        """Leave the old state rather than half of the new one; returns what was done for that, as sentences.

        The config file stays as written only when the guest already has some of what it says.
        """
        undone = self._destroy_half_made(error) if step.kind in _STARTS else []
        kinds = {done.kind for done in self.done}
        if "write_config" in kinds and not kinds & _TAKES_EFFECT:
            undone.append(self._put_config_back())
            ran = self.before is not None and self.before.state in (_listing.RUNNING, _listing.PAUSED)
            ended = "shutdown" in kinds or ("destroy" in kinds and ran)
            if step.kind in _STARTS and ended and self.plan.config_before is not None:
                undone.append(self._start_as_before())
        return undone

    def _destroy_half_made(self, error: XenError) -> list[str]:
        """Of a domain that this task began to make. When xl fails here too, the config is still put back."""
        if "already exists" in str(error.details.get("stderr")):
            return []  # somebody else was faster; that domain is theirs
        try:
            row = self._row()
            if row is None or (self.before and self.before.domid == row.domid):
                return []
            self.toolstack.run(self.toolstack.commands.destroy(self.name))
        except XenError as another:
            return [f"but looking for a half-made domain failed: {another.message}"]
        return [f"the half-made domain {row.domid} was destroyed"]

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
        try:
            paused = self.plan.state_before == _listing.PAUSED
            self.toolstack.run(self.toolstack.commands.create(self.plan.config_path, paused))
        except XenError as error:
            return f"but starting {self.name} with its old config failed too: {error.message}"
        return f"{self.name} runs again with its old config"

    # Steps that change files

    def _write_config(self, step: _plan.Step) -> None:
        self.backup_file = _configfile.write(self.plan.config_path, step.data, self.backup)

    def _remove_config(self, step: _plan.Step) -> None:
        os.unlink(step.data)

    _remove_save = _remove_config
    _remove_disk = _remove_config

    def _remove_autostart(self, step: _plan.Step) -> None:
        _autostart.remove(step.data)

    def _rename(self, step: _plan.Step) -> None:
        os.rename(*step.data)

    def _keep_save(self, step: _plan.Step) -> None:
        """The back end may still have flushed the images while xl took the guest down: date the save after that."""
        partial, _save_file = step.data
        os.utime(partial)
        os.rename(*step.data)

    # Steps that start

    def _run(self, step: _plan.Step) -> None:
        self.toolstack.run(step.command)

    _create = _run
    _restore = _run
    _pause = _run

    # Steps that change a running guest

    def _unpause(self, step: _plan.Step) -> None:
        for _attempt in range(_UNPAUSE_LIMIT):
            self.toolstack.run(step.command)
            row = self._row()
            if row is None or row.state != _listing.PAUSED:
                return
        raise XenError(f"{self.name} is still paused after {_UNPAUSE_LIMIT} times `{step.text}`.")

    def _set_memory(self, step: _plan.Step) -> None:
        self.toolstack.run(step.command)
        slack = max(1, step.data // 100)  # balloon drivers may stop a little before their target
        self._wait(
            lambda row: row is not None and abs(row.memory - step.data) <= slack,
            f"has {step.data} MiB",
            step,
            hint="Memory moves when the guest's balloon driver moves it.",
        )

    def _set_vcpus(self, step: _plan.Step) -> None:
        try:
            self.toolstack.run(step.command)
        except CommandError as error:
            # xl create takes more vcpus than the host has CPUs; so does vcpu-set, but it wants to be asked twice
            if "--ignore-host" not in error.stderr:
                raise
            self.toolstack.run(self.toolstack.commands.set_vcpus(self.name, step.data, overcommit=True))
        self._wait(
            lambda row: row is not None and row.vcpus == step.data,
            f"has {step.data} vcpus",
            step,
            hint="The guest switches a new vcpu on itself (Linux: echo 1 > /sys/devices/system/cpu/cpuN/online).",
        )

    # Steps that end

    def _shutdown(self, step: _plan.Step) -> None:
        """Ask the guest to power off and wait until it is gone; ``step.data`` is `force`: destroy it at the end."""
        deadline = time.monotonic() + self.timeout
        row = self._row()
        if row is None:
            return
        try:
            self._ask_to_shut_down(step, deadline)
            self._wait_gone(row, deadline)
        except TimedOut:
            if not step.data:
                raise
            self._destroy(_plan.command_step("destroy", self.toolstack.commands.destroy(self.name)))

    def _ask_to_shut_down(self, step: _plan.Step, deadline: float) -> None:
        """A guest that does not even acknowledge makes xl fail after a minute: to us, that is a guest not reacting."""
        try:
            self.toolstack.run(step.command, timeout=max(1.0, deadline - time.monotonic()))
        except (CommandError, TimedOut) as error:
            if self._row() is None:
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
            row = self._row()
            if row is None:
                return
            if row.domid != was.domid:
                raise XenError(
                    f"{self.name} was shut down and came back as domain {row.domid}: its on_poweroff says restart. "
                    "Set on_poweroff to destroy, or use `force: true` with `timeout: 0`.",
                    error_id="came_back",
                )
            if time.monotonic() >= deadline:
                raise TimedOut(
                    f"{self.name} was asked to shut down and is still {row.state} after {self.timeout:g} s. "
                    "Give it more `timeout`, or `force: true` to destroy it then. "
                    "A NetBSD guest needs powerd=YES to obey.",
                    state=row.state,
                )
            time.sleep(_POLL_SECONDS)

    def _destroy(self, step: _plan.Step) -> None:
        self.toolstack.run(step.command)
        # the timeout is for the guest, which has no say in this any more; with `timeout: 0` Xen still needs a moment
        self._wait(lambda row: row is None, "is gone", step, max(self.timeout, _DESTROY_SECONDS))

    def _save(self, step: _plan.Step) -> None:
        os.makedirs(os.path.dirname(step.data), mode=0o700, exist_ok=True)
        try:
            self.toolstack.run(step.command)
        except XenError:
            # a domain that is gone lives in that file only
            if self._row() is not None and os.path.exists(step.data):
                os.unlink(step.data)
            raise

    # Looking

    def _row(self) -> _listing.Row | None:
        return _listing.find(self.toolstack.listing(), self.name)

    def _wait(
        self,
        true: Callable[[_listing.Row | None], bool],
        what: str,
        step: _plan.Step,
        timeout: float | None = None,
        hint: str = "",
    ) -> None:
        timeout = self.timeout if timeout is None else timeout
        deadline = time.monotonic() + timeout
        while True:
            row = self._row()
            if true(row):
                return
            if row is None:
                raise XenError(f"`{step.text}` was accepted, but then {self.name} was gone. {self._why()}")
            if time.monotonic() >= deadline:
                raise TimedOut(
                    f"`{step.text}` was accepted, but {timeout:g} s later it is still not so "
                    f"that {self.name} {what} (it is {row.state}, {row.memory} MiB, {row.vcpus} vcpus). {hint}".rstrip()
                )
            time.sleep(_POLL_SECONDS)

    def _verify(self) -> _listing.Row | None:
        """Read again, and fail when the host is not as planned."""
        after = _configfile.text_of(self.plan.config_path)
        if after != self.plan.config_after:
            raise XenError(f"{self.plan.config_path} is not what was written; something else changed it meanwhile.")
        if not any(step.command for step in self.plan.steps):
            return self.before
        row = self._row()
        state = row.state if row else "not there"
        wanted = self.plan.state_after
        if wanted in ("running", "paused") and state != wanted:
            raise XenError(
                f"{self.name} was started and is {state}, not {wanted}. {self._why()}",
                error_id="not_as_planned",
                state=state,
            )
        if wanted in ("stopped", "saved", "absent") and row is not None:
            raise XenError(f"{self.name} should be {wanted} and is {state}.", error_id="not_as_planned", state=state)
        return row

    def _why(self) -> str:
        """The last lines of what xl and the guest's console say, for a guest that died."""
        parts = []
        for path in (f"{_host.LOG_DIR}/xl-{self.name}.log", f"{_host.LOG_DIR}/console/guest-{self.name}.log"):
            try:
                with open(path, encoding="utf-8", errors="replace") as stream:
                    lines = stream.read().splitlines()[-_LOG_LINES:]
            except OSError:
                continue
            parts.append(f"{path} ends: " + " | ".join(lines))
        return " ".join(parts)
