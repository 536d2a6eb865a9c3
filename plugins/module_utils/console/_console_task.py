# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""One task at a guest's console, from its parameters to its result. Used by xen_console.

The order is fixed: log in, answer prompts or run the command (which may be what prompts), wait for words.
"""

from __future__ import annotations

import functools
import time
from typing import Any, Pattern

from ansible_collections.netbsd.xen.plugins.module_utils.console import (
    _console,
    _console_session,
    _console_shell,
    _watch,
)
from ansible_collections.netbsd.xen.plugins.module_utils.console._console_login import Login
from ansible_collections.netbsd.xen.plugins.module_utils.console._console_session import ENTER, Session
from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, TimedOut, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing, _toolstack

# A program that turns off the echo for a password drops what was typed before it did (TCSAFLUSH of termios(4)).
_BEFORE_ANSWER_SECONDS = 0.1
_LOGOUT_SECONDS = 5.0
# How long is listened before an Enter wakes the console: until it is quiet, but a guest that boots may not be for long.
_QUIET_SECONDS = 0.4
_LOOK_SECONDS = 5.0


class ConsoleTask:
    """:param params: the module's parameters. :param check_mode: plan, but do not go to the console."""

    def __init__(self, params: dict[str, Any], check_mode: bool) -> None:
        self.params, self.check_mode = params, check_mode
        self.name = _values.domain_name("name", params["name"])
        if params["timeout"] <= 0:
            raise BadValue("timeout", params["timeout"], "give it at least a second.")
        self.command = params["command"] and _console_shell.require_typable("command", params["command"])
        self.pattern = _watch.console_pattern("wait_for", params["wait_for"])
        self.responses = [Response(index, each) for index, each in enumerate(params["responses"] or [])]
        self.needs_shell = bool(self.command or params["login"])
        self.marks = _console_shell.Marks()

    def run(self) -> dict[str, Any]:
        """The task's result.

        :raises XenError: ``transcript`` in its details says what was seen, if we came to the console at all.
        """
        _host.require_root()
        self.toolstack = _toolstack.find(self.params["toolstack"])
        self.watch = _watch.Watch(self.toolstack, self.name)
        self.row = self._require_running()
        actions = self._actions()
        result: dict[str, Any] = {"changed": bool(actions), "actions": actions}
        if not self.check_mode:
            domid = self.row.domid
            with Session(
                self.name, lambda: _console.Terminal(domid), self._require_alive, self.params["timeout"]
            ) as session:
                self._at_console(session, result)
        return result

    def _actions(self) -> list[str]:
        where, login = f"on the console of {self.name}", self.params["login"]
        actions = [f"be logged in as {login['user']} {where}"] if login else []
        actions += [f"run `{self.command}` {where}"] if self.command else []
        return actions + [f"answer {each.pattern.pattern!r} {where}" for each in self.responses]

    # The guest

    def _require_running(self) -> _listing.Row:
        row = self.watch.row()
        if row is None or row.state != _listing.RUNNING:
            state = row.state if row else "not there"
            raise XenError(
                f"{self.name} is {state}, and only a guest that runs has somebody at the other end of its console. "
                "Start it with xen_domain, state=running.",
                error_id="not_running",
                state=state,
            )
        return row

    def _require_alive(self) -> None:
        row = self.watch.row()
        self.watch.require_no_crash(row)
        if row is None or row.domid != self.row.domid:
            raise self.watch.died(f"{self.name} has ended while its console was read.")

    # The console

    def _at_console(self, session: Session, result: dict[str, Any]) -> None:
        login = Login(session, self.marks, self.params["login"])
        try:
            self._talk(session, login, result)
        except XenError as error:
            error.details["transcript"] = session.transcript
            if login.reached and isinstance(error, TimedOut):
                # a line that was half typed, or a command that does not end
                session.leave(_console_session.INTERRUPT, 1.0)
            raise
        finally:
            for _shell in range(login.inner + (login.done and self.params["logout"])):
                session.leave(f"exit{ENTER}", _LOGOUT_SECONDS)
        result["transcript"] = session.transcript

    def _talk(self, session: Session, login: Login, result: dict[str, Any]) -> None:
        if self.needs_shell:
            login.reach_shell()
            result["logged_in"] = login.done
            session.forget()
        elif self.params["wake"]:
            self._wake(session)
        if self.command:
            result.update(self._run_command(session, self.command))
        else:
            for response in self.responses:
                session.wait(functools.partial(response.give, session), response.what)
        if self.pattern:
            pattern = self.pattern
            result["console_line"] = session.wait(lambda: _line(session, pattern), repr(pattern.pattern))

    def _wake(self, session: Session) -> None:
        """Press Enter, unless what is waited for first stands there already: that would be the answer to it."""
        until = time.monotonic() + _LOOK_SECONDS
        session.wait(lambda: session.quiet > _QUIET_SECONDS or time.monotonic() > until or None, "anything")
        first = self.responses[0].pattern if self.responses else self.pattern
        if first and not first.search(session.text):
            session.type(ENTER)

    def _run_command(self, session: Session, command: str) -> dict[str, Any]:
        for line, answer in self.marks.lines(command, asks=bool(self.responses)):
            session.forget()
            session.type(line)
            session.expect(answer, "that its shell took the command")
        waiting = list(self.responses)

        def ended() -> _console_shell.Output | None:
            output = self.marks.output(session.fresh)
            if output is None and waiting and waiting[0].give(session):
                waiting.pop(0)
            return output

        output = session.wait(ended, f"the end of `{command}`")
        stdout = _console.clean(output.data).rstrip("\n")
        told = {"rc": output.rc, "stdout": stdout, "truncated": not output.whole}
        if output.rc:
            raise XenError(
                f"`{command}` on the console of {self.name} ended with exit code {output.rc}.",
                error_id="nonzero_exit",
                **told,
            )
        return told


class Response:
    """What to answer to one prompt.

    :param given: ``prompt``, ``text`` or ``secret``, ``enter``.
    """

    def __init__(self, index: int, given: dict[str, Any]) -> None:
        pattern = _watch.console_pattern(f"responses[{index}].prompt", given["prompt"])
        if pattern is None:
            raise BadValue(f"responses[{index}].prompt", None, "there is nothing to answer to.")
        self.pattern = pattern
        self.answer = (given["secret"] or given["text"] or "") + (ENTER if given["enter"] else "")
        self.what = f"the prompt {pattern.pattern!r}"

    def give(self, session: Session) -> bool | None:
        """Answer if the prompt is there."""
        if not session.search(self.pattern):
            return None
        time.sleep(_BEFORE_ANSWER_SECONDS)
        session.type(self.answer)
        return True


def _line(session: Session, pattern: Pattern[str]) -> str | None:
    """The line in which the console has shown it."""
    match = session.search(pattern)
    if not match:
        return None
    start = match.string.rfind("\n", 0, match.start()) + 1
    return match.string[start:].partition("\n")[0][:1000]
