# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake xl as a fork of the process that calls it, in place of a new interpreter.

It is still a process of its own, found on PATH by its caller, with its own arguments, environment, output and exit
status; only Python's start is saved, which is nearly all that a call of the fake costs. The contract makes thousands.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from typing import Any

# Loaded here once, so that the forks need not.
# pylint: disable-next=unused-import
from ansible_collections.netbsd.xen.tests.fake import build, cli, listing, plugging, saving, scheduling, tuning  # noqa: F401

_sleep = time.sleep
_Popen = subprocess.Popen


def popen(command: Any, *arguments: Any, **options: Any) -> Any:
    """subprocess.Popen, but for the programs of the fake."""
    folder = os.path.dirname(os.environ["FAKE_XL_STATE"])
    if os.path.dirname(command[0]) != os.path.join(folder, "bin"):
        return _Popen(command, *arguments, **options)
    sys.audit("subprocess.Popen", command[0], command, None, options["env"])  # as the real one says
    return ForkedProgram(list(command), options["env"])


class ForkedProgram:
    """What callers use of a Popen that was made with pipes for stdout and stderr."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._outputs = (tempfile.TemporaryFile(), tempfile.TemporaryFile())  # noqa: SIM115 - read in communicate()
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            self._run(command, environment)

    def _run(self, command: list[str], environment: dict[str, str]) -> None:
        """Never returns."""
        os.setsid()
        os.environ.clear()
        os.environ.update(environment)
        time.sleep = _sleep
        for number, output in enumerate(self._outputs, start=1):
            os.dup2(output.fileno(), number)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        status = 1
        try:
            status = cli.main(command)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Wait for the end; afterwards what was written.

        :raises subprocess.TimeoutExpired: it runs still.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            done, status = os.waitpid(self.pid, 0 if deadline is None else os.WNOHANG)
            if done:
                self.returncode = os.waitstatus_to_exitcode(status)
            elif deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("xl", timeout or 0)
            else:
                _sleep(0.001)
        for output in self._outputs:
            output.seek(0)
        return self._outputs[0].read(), self._outputs[1].read()

    def kill(self) -> None:
        os.kill(self.pid, 9)
