# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Follow a guest: wait for a state, or for words on its console; and tell why it died when it did."""

from __future__ import annotations

import os
import re
import time
from typing import Any, Callable, Pattern

from ansible_collections.netbsd.xen.plugins.module_utils.console import _console, _xllog
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, TimedOut, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

_POLL_SECONDS = 1.0
Row = _listing.Row


class Watch:
    """One guest from now on. Made before the thing that shall be watched, so that nothing of it is missed."""

    def __init__(self, toolstack: Any, name: str) -> None:
        self.toolstack, self.name = toolstack, name
        self._log: _console.Log | None = None
        self._terminal: _console.Terminal | None = None
        self._domid: int | None = None
        self._said = b""
        self._crashed = _xllog.read(name).crashed

    def listen(self, since: int | None = None) -> int | None:
        """Take note of what its console says from now on; the position in its log, None when there is no log.

        :param since: position in the log to read from, in bytes; None for its end.
        """
        path = _console.log_file(self.name)
        self._log = _console.Log(path, since) if path else None
        return self._log.position if self._log else None

    def row(self) -> Row | None:
        return _listing.find(self.toolstack.listing(), self.name)

    def close(self) -> None:
        if self._terminal:
            self._terminal.close()
            self._terminal = None

    # States

    def wait(
        self, true: Callable[[Row | None], bool], what: str, timeout: float, may_crash: bool = False
    ) -> Row | None:
        """Wait until ``true`` of the guest's row (None: it does not exist); that row.

        :param what: the sentence's end for the error, such as "to be paused".
        :param may_crash: a crash is just another way to get there.
        :raises XenError: the guest has crashed. :raises TimedOut: not within ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            row = self.row()
            if not may_crash:
                self.require_no_crash(row)
            if true(row):
                return row
            if time.monotonic() >= deadline:
                raise self.timed_out(f"Waited {timeout:g} s for {self.name} {what}: it is {_state(row)}.", row)
            time.sleep(_POLL_SECONDS)

    def timed_out(self, message: str, row: Row | None) -> TimedOut:
        return TimedOut(
            f"{message} {told(self.name, self.tail(), getattr(self.toolstack, 'name', 'xl'))}",
            state=_state(row),
            console=self.tail(),
        )

    # Console

    def wait_for(self, pattern: Pattern[str], timeout: float) -> str:
        """Wait until the guest's console has shown ``pattern``; the line that it was found in.

        :raises XenError: the guest has died. :raises TimedOut: not within ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            row = self.row()
            found = self._search(pattern, row)
            if found is not None:
                return found
            self.require_no_crash(row)
            if row is None and not _xllog.is_coming(self.name):
                raise self.died(f"{self.name} was gone before its console showed {pattern.pattern!r}.")
            if time.monotonic() >= deadline:
                raise self.timed_out(
                    f"The console of {self.name} has not shown {pattern.pattern!r} within {timeout:g} s.", row
                )
            time.sleep(_POLL_SECONDS)

    def _search(self, pattern: Pattern[str], row: Row | None) -> str | None:
        for source in self._sources(row):
            data = source.read()
            while data:
                self._said = (self._said + data)[-_console._KEPT :]
                text = _console.clean(self._said)
                match = pattern.search(text)
                if match:
                    line = text[text.rfind("\n", 0, match.start()) + 1 :]
                    return line.partition("\n")[0][:1000]
                data = source.read()
        return None

    def _sources(self, row: Row | None) -> list[_console.Log | _console.Terminal]:
        """Where to read: the log when there is one, and the terminal, which each life of the guest has its own of, when
        there is no log, or the guest talks to a serial port.
        """
        if row is not None and row.domid != self._domid:
            self.close()
            self._domid = row.domid
            serial = _console.serial_of(row.domid)
            if serial or not self._log:
                self._terminal = _console.Terminal(row.domid, serial)
        return [source for source in (self._log, self._terminal) if source]

    # Why

    def tail(self) -> list[str]:
        """The last lines of the console."""
        return _console.tail_of(self._said) if self._terminal else _console_tail(self.name)

    def _told(self) -> str:
        return told(self.name, self.tail(), getattr(self.toolstack, "name", "xl"))

    def died(self, message: str) -> XenError:
        """The error for a guest that has ended by itself."""
        history = _xllog.read(self.name)
        crashed = history.crashed - self._crashed
        return XenError(
            f"{message} {told(self.name, self.tail(), getattr(self.toolstack, 'name', 'xl'))}",
            error_id="crashed" if crashed else "died",
            reason=history.last_reason,
            console=self.tail(),
            xl_log=history.tail(),
        )

    def require_no_crash(self, row: Row | None) -> None:
        """:raises XenError: it has crashed since it is watched."""
        crashed = _xllog.read(self.name).crashed - self._crashed
        if crashed or (row is not None and row.state == _listing.CRASHED):
            raise self.died(f"{self.name} has crashed.")


def told(name: str, lines: list[str] | None = None, toolstack: str = "xl") -> str:
    """What the toolstack and the guest's console said last, as sentences.

    :param lines: of the console; None for what its log says.
    :param toolstack: ``xm`` has one log for all, that of xend.
    """
    if toolstack == "xm":
        path = os.path.join(_host.LOG_DIR, "xend.log")
        said = _console.tail_of_file(path)
    else:
        history = _xllog.read(name)
        path, said = history.path, history.tail() if history.lives else []
    lines = _console_tail(name) if lines is None else lines
    parts = [f"{path} ends: {' | '.join(said)}."] if said else []
    parts.append(f"Its console ends: {' | '.join(lines)}" if lines else "Its console has shown nothing.")
    return " ".join(parts)


def _console_tail(name: str) -> list[str]:
    path = _console.log_file(name)
    return _console.tail_of_file(path) if path else []


def _state(row: Row | None) -> str:
    return row.state if row else "not there"


def console_pattern(option: str, text: str | None) -> Pattern[str] | None:
    """A regular expression for a console, with ``^`` and ``$`` for its lines.

    :raises BadValue: it is none.
    """
    if text is None:
        return None
    try:
        pattern = re.compile(text, re.MULTILINE)
    except re.error as error:
        raise BadValue(option, text, f"no regular expression of Python's: {error}.") from None
    if pattern.search(""):
        raise BadValue(option, text, "it matches an empty text, so there would be nothing to wait for.")
    return pattern
