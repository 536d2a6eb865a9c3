# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""At a guest's console: type, and wait for what it says, within one time limit.

What stands there already when we come (xenconsoled keeps what nobody has read) counts as said: a prompt that waits for
an answer was shown before. Bytes are kept as they came, up to a limit, and read as text without control characters.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any, Callable, Match, Pattern, TypeVar

from ansible_collections.netbsd.xen.plugins.module_utils.console import _console
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError, TimedOut, XenError

# What a person's Enter key sends; the terminal in the guest makes a newline of it (ICRNL of termios(4)).
ENTER = "\r"
INTERRUPT = "\x03"
_POLL_SECONDS = 0.05
# A look at the toolstack costs more than one at the console.
_ALIVE_SECONDS = 3.0
# xenconsoled makes the terminal a moment after the guest; `xl console` waits as long for it (console/client/main.c).
_TERMINAL_SECONDS = 5.0
# How long the console is silent after the last that we type, before we go.
_LEAVING_SECONDS = 0.5
# All that is kept, and the part of it that is searched for a prompt or returned.
_KEPT = 1024 * 1024
_SEARCHED = 64 * 1024
Found = TypeVar("Found")


class Session:
    """A context manager; nobody is at the console any more when it ends, whatever happened.

    :param open_terminal: gives the terminal. :param alive: raises XenError when the guest is gone.
    :param timeout: seconds for all that is done here together.
    """

    def __init__(
        self, name: str, open_terminal: Callable[[], _console.Terminal], alive: Callable[[], None], timeout: float
    ) -> None:
        self.name, self.timeout = name, timeout
        self._open, self._alive = open_terminal, alive
        self._deadline = time.monotonic() + timeout
        self._data = b""
        self._start = 0  # what counts, in bytes of _data
        self._searched = self._seen = 0  # where the text begins that is searched, and how much of it has been
        self._heard = self._looked = time.monotonic()

    def __enter__(self) -> Session:
        until = min(self._deadline, time.monotonic() + _TERMINAL_SECONDS)
        while True:
            try:
                self._terminal = self._open()
                return self
            except HostError as error:
                if error.details["error_id"] != "no_console" or time.monotonic() >= until:
                    raise
            time.sleep(_POLL_SECONDS)

    def __exit__(self, *_: Any) -> None:
        self._terminal.close()

    # What it says

    @property
    def fresh(self) -> bytes:
        """What was said since ``forget``."""
        return self._data[self._start :]

    @property
    def text(self) -> str:
        """The end of that, as text."""
        return _console.clean(self.fresh[-_SEARCHED:])

    @property
    def transcript(self) -> str:
        """The end of all that was said."""
        return _console.clean(self._data[-_SEARCHED:])

    @property
    def quiet(self) -> float:
        """Seconds since its last byte, or since we came."""
        return time.monotonic() - self._heard

    def forget(self) -> None:
        """Only what is said from now on counts."""
        self._start = self._searched = len(self._data)
        self._seen = 0

    def search(self, pattern: Pattern[str]) -> Match[str] | None:
        """The next place, behind the one that was found before, where this was said."""
        surplus = len(self._data) - self._searched - _SEARCHED
        if surplus > 0:
            dropped = self._data[self._searched : self._searched + surplus]
            self._searched += surplus
            self._seen = max(0, self._seen - len(_console.clean(dropped)))
        match = pattern.search(_console.clean(self._data[self._searched :]), self._seen)
        if match:
            self._seen = match.end()
        return match

    def hear(self) -> bool:
        """Take what there is; whether there was something."""
        heard = False
        data = self._terminal.read()
        while data:
            heard, self._heard = True, time.monotonic()
            surplus = max(0, len(self._data) + len(data) - _KEPT)
            self._data = self._data[surplus:] + data
            self._start, self._searched = max(0, self._start - surplus), max(0, self._searched - surplus)
            data = self._terminal.read() if self._remaining() else b""
        return heard

    def wait(self, look: Callable[[], Found | None], what: str) -> Found:
        """Listen until ``look`` gives something, which is asked each time.

        :param what: that was waited for, for the error: "the prompt 'login:'".
        :raises TimedOut: it did not come. :raises XenError: the guest is gone.
        """
        while True:
            heard = self.hear()
            found = look()
            if found is not None:
                return found
            if not self._remaining():
                raise self._timed_out(what)
            if not heard:
                self._require_alive()
                time.sleep(_POLL_SECONDS)

    def expect(self, mark: bytes, what: str) -> None:
        """Listen until these bytes have come; see ``wait``."""
        self.wait(lambda: mark in self.fresh or None, what)

    # What is typed

    def type(self, text: str) -> None:
        """Type; a newline is the Enter key.

        :raises TimedOut: the guest does not take it.
        """
        self._terminal.write(text.replace("\n", ENTER).encode(), max(1.0, self._remaining()))

    def leave(self, text: str, seconds: float) -> None:
        """Type something last, and wait a little for what it does; that it does nothing is no error."""
        with contextlib.suppress(XenError, OSError):
            self.forget()
            self.type(text)
            self._deadline = time.monotonic() + seconds
            self.wait(lambda: True if self.fresh and self.quiet > _LEAVING_SECONDS else None, "")

    # Inside

    def _remaining(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    def _require_alive(self) -> None:
        now = time.monotonic()
        if min(self.quiet, now - self._looked) >= _ALIVE_SECONDS:
            self._looked = now
            self._alive()

    def _timed_out(self, what: str) -> TimedOut:
        lines = _console.tail_of(self._data)
        ends = f"It ends: {' | '.join(lines[-5:])}" if lines else "It has shown nothing."
        return TimedOut(f"The console of {self.name} has not shown {what} within {self.timeout:g} s. {ends}")
