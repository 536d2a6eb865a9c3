# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The one family of errors of the collection: everything that a user may meet is a ``XenError``.

Modules catch ``XenError`` in one place and turn it into ``fail_json(msg=str(error), **error.details)``. A message says
what was wrong, where, and what to do; ``details`` hold what a program may want: ``error_id`` above all.
"""

from __future__ import annotations

from typing import Any, Sequence


class XenError(Exception):
    """Base of all errors; ``details`` become return values of the failed task.

    :param message: one or more full sentences: what was wrong, where, what to do.
    :param details: JSON-like values; ``error_id`` names the kind of error in snake_case.
    """

    error_id = "error"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = {"error_id": self.error_id}
        self.details.update(details)


class BadValue(XenError):
    """A value given by the user that Xen, or we, cannot accept. ``option`` names where it was given.

    ``reason`` is the message without the value, for where that may hold a secret.
    """

    error_id = "bad_value"

    def __init__(self, option: str, value: Any, reason: str, **details: Any) -> None:
        super().__init__(f"{option}: {value!r}: {reason}", option=option, **details)
        self.reason = reason


class ConfigSyntaxError(XenError):
    """A config file that xl could not read. Lines and columns count from 1."""

    error_id = "config_syntax"

    def __init__(self, path: str, line: int, column: int, reason: str, hint: str = "") -> None:
        text = f"{path}: line {line}, column {column}: {reason}"
        super().__init__(f"{text} {hint}" if hint else text, path=path, line=line, column=column)
        self.path, self.line, self.column, self.reason, self.hint = path, line, column, reason, hint


class HostError(XenError):
    """The host is not able to do what is asked: no Xen, no daemons, no bridge, too little memory."""

    error_id = "host"


class ConflictError(XenError):
    """Something on this host is already in use by another domain: a name, a MAC, a uuid, a disk."""

    error_id = "conflict"


class CommandError(XenError):
    """A command that failed, with all that it said.

    :param cmd: the command line as a list.
    :param rc: exit status.
    """

    error_id = "command_failed"

    def __init__(self, message: str, cmd: Sequence[str], rc: int, stdout: str, stderr: str, **details: Any) -> None:
        super().__init__(message, cmd=list(cmd), rc=rc, stdout=stdout, stderr=stderr, **details)
        self.cmd, self.rc, self.stdout, self.stderr = list(cmd), rc, stdout, stderr


class TimedOut(XenError):
    """A state that did not become true within the timeout (seconds)."""

    error_id = "timeout"
