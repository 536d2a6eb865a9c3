# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""From whatever a console shows to a shell that answers: wake it, log in when it asks, and see that it is one.

A prompt is taken for one when it is the last thing on the console, and nothing followed it for a moment. What a shell's
prompt looks like need not be known: a shell is what answers the probe of ``_console_shell``. A login prompt is never
given the probe, but it may come while one is on its way; the password that is asked for then gets an Enter.

A shell of another family (root's on old NetBSD is csh) complains of the probe in its own words. There /bin/sh is
started, which every shell does when it reads that line, and ended afterwards.
"""

from __future__ import annotations

import re
import time
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.console._console_session import ENTER, Session
from ansible_collections.netbsd.xen.plugins.module_utils.console._console_shell import Marks
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError

# getty(8) and login(1) of NetBSD ("im" of gettytab), agetty, busybox
_LOGIN = re.compile(r"login: *\Z", re.IGNORECASE)
_PASSWORD = re.compile(r"password[^\n]*: *\Z", re.IGNORECASE)
_SHELL = re.compile(r"[#$%>] *\Z")
# What the probe makes csh and tcsh (bin/csh/err.c: ERR_UNDVAR, ERR_NOTFOUND) and fish say.
_OTHER_SHELL = re.compile(r"_x: Undefined variable|_x=1: Command not found|Unsupported use of '='")
_BOURNE = "/bin/sh"
_SETTLED_SECONDS = 0.4
_KNOCK_SECONDS = 5.0
# How often what looks like a shell's prompt is answered at once. It may be that of csh, or of something else.
_HASTE = 4
# A guest that asks for the name again and never for the password takes no login at all, as with securetty.
_NAMES = 3
# The first one may have been lost to half a name that somebody had typed before.
_PASSWORDS = 2


class Login:
    """The dialogue. ``reached`` says afterwards whether there is a shell, ``done`` whether it had to log in, and
    ``inner`` whether the shell runs in one of another family.

    :param account: ``user`` and ``password``; None when there is none to log in with.
    """

    def __init__(self, session: Session, marks: Marks, account: dict[str, Any] | None) -> None:
        self.session, self.marks, self.account = session, marks, account
        self.reached = self.done = self.inner = False
        self._names = self._passwords = self._knocks = 0
        self._knocked = 0.0

    def reach_shell(self) -> None:
        """:raises XenError: it asks for a login and there is none, or it does not take it."""
        self.session.wait(self._step, "a Bourne shell that answers")
        self.reached, self.done = True, self._names > 0

    def _step(self) -> bool | None:
        session = self.session
        if self.marks.ready(session.fresh):
            return True
        if session.quiet < _SETTLED_SECONDS:
            return None
        last = session.text.rpartition("\n")[2]
        if _LOGIN.search(last):
            self._give_name()
        elif _PASSWORD.search(last):
            self._give_password()
        elif not self.inner and _OTHER_SHELL.search(session.text):
            self.inner = True
            self._type(_BOURNE)
        elif time.monotonic() - self._knocked >= self._patience(last):
            self._knock()
        return None

    def _give_name(self) -> None:
        if self.account is None:
            raise XenError(
                f"The console of {self.session.name} asks for a login. Give `login` with a user and a password.",
                error_id="login_needed",
            )
        if self._passwords >= _PASSWORDS or self._names - self._passwords >= _NAMES:
            raise XenError(
                f"{self.session.name} does not let {self.account['user']} log in on its console. Are user and password "
                "right, and is the user allowed to log in there (/etc/ttys on NetBSD: `secure` for root)?",
                error_id="login_failed",
            )
        self._names += 1
        self._type(self.account["user"])

    def _give_password(self) -> None:
        if self.account and self._names > self._passwords:
            self._passwords += 1
            self._type(self.account["password"] or "")
        else:  # of somebody who has left, or of a probe that was taken for a name
            self._type("")

    def _type(self, text: str) -> None:
        self._knocks, self._knocked = 1, time.monotonic()
        self.session.forget()
        self.session.type(text + ENTER)

    def _patience(self, last: str) -> float:
        soon = self._knocks == 0 or (self._knocks < _HASTE and _SHELL.search(last))
        return _SETTLED_SECONDS if soon else _KNOCK_SECONDS

    def _knock(self) -> None:
        """First an Enter, which makes a prompt show itself; the probe when something was said to that."""
        self._knocks += 1
        answered = self._knocks > 1 and self.session.text.strip()
        self._knocked = time.monotonic()
        self.session.forget()
        self.session.type(self.marks.probe() if answered or self._knocks % 3 == 0 else ENTER)
