# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook as a process that can be watched, and killed in the middle of a task."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECAP = re.compile(r"ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)")


class Play:
    """A run of ansible-playbook; use as a context manager, which ends it.

    :param arguments: what follows ``ansible-playbook``.
    """

    def __init__(self, arguments: list[str]) -> None:
        self.lines: list[str] = []
        self._new: queue.Queue[str | None] = queue.Queue()
        # a connection of its own: what a killed play leaves of one must not be used by the next
        self._sockets = tempfile.TemporaryDirectory(prefix="play")
        self._process = subprocess.Popen(
            [str(Path(sys.executable).with_name("ansible-playbook")), *arguments],
            cwd=ROOT,
            env={**os.environ, "ANSIBLE_SSH_CONTROL_PATH_DIR": self._sockets.name, "ANSIBLE_NOCOLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._new.put(line)
        self._new.put(None)

    def __enter__(self) -> Play:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._sockets.cleanup()

    def kill(self) -> None:
        """End it and all that it has started, without a chance to clean up."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def until(self, pattern: str, timeout: float) -> bool:
        """Wait for a line; False when the play ends without one."""
        end = time.monotonic() + timeout
        while (line := self._new.get(timeout=max(0.1, end - time.monotonic()))) is not None:
            self.lines.append(line)
            if re.search(pattern, line):
                return True
        return False

    def finish(self, timeout: float) -> int:
        """Wait for the end; the exit code."""
        self.until(r"(?!)", timeout)
        return self._process.wait()

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def changed(self) -> int:
        """How many tasks have changed something, in all hosts."""
        return sum(int(found[2]) for found in RECAP.finditer(self.text))
