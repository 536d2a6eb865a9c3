# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One QEMU process: start it with an end in sight, know it again, end it and no other."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from . import tools
from .errors import LabError

DEFAULT_LIFETIME = 4 * 3600
GRACE = 10.0


def lifetime() -> int:
    """Seconds after which a forgotten instance ends itself: $XENLAB_MAX_LIFETIME, default four hours."""
    text = os.environ.get("XENLAB_MAX_LIFETIME", str(DEFAULT_LIFETIME))
    if not text.isdigit() or int(text) == 0:
        raise LabError(f"XENLAB_MAX_LIFETIME is {text!r}: give a number of seconds")
    return int(text)


def launch(
    command: list[str], cwd: Path, log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start QEMU, or its supervisor, below timeout(1), in a session of its own: no Ctrl-C of a terminal reaches it."""
    guarded = ["timeout", "--kill-after=10", str(lifetime()), *command]
    with log.open("wb") as output:
        return subprocess.Popen(
            guarded,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**tools.environment(), **(environment or {})},
        )


def read_pid(pidfile: Path) -> int | None:
    """The process id in a pid file, or None."""
    try:
        return int(pidfile.read_text())
    except (OSError, ValueError):
        return None


def is_qemu_of(pid: int, pidfile: Path) -> bool:
    """Whether process pid is the QEMU that was told to write pidfile: its command line says so."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"qemu-system" in os.path.basename(arguments[0]) and os.fsencode(pidfile) in arguments


Check = Callable[[int, Path], bool]


def is_supervisor_of(pid: int, pidfile: Path) -> bool:
    """Whether process pid is the supervisor (supervisor.py) that was told to write pidfile."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"xenlab.supervisor" in arguments[1:4] and os.fsencode(pidfile) in arguments


def running_pid(pidfile: Path, check: Check = is_qemu_of) -> int | None:
    """The process id of the QEMU of this pid file, or None if it does not run."""
    pid = read_pid(pidfile)
    return pid if pid is not None and check(pid, pidfile) else None


def end(pidfile: Path, grace: float = GRACE, check: Check = is_qemu_of) -> bool:
    """End the QEMU (or what check knows) of this pid file, and wait until it has gone. True if there was one.

    The process is held by a file descriptor between the check and the signal: a recycled pid cannot be hit.
    """
    pid = read_pid(pidfile)
    if pid is None:
        return False
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        pidfile.unlink(missing_ok=True)
        return False
    try:
        if not check(pid, pidfile):
            pidfile.unlink(missing_ok=True)
            return False
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                signal.pidfd_send_signal(handle, number)
            except ProcessLookupError:
                break
            if _gone(pid, pidfile, grace, check):
                break
    finally:
        os.close(handle)
    pidfile.unlink(missing_ok=True)
    return True


def _gone(pid: int, pidfile: Path, grace: float, check: Check) -> bool:
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline:
        if not check(pid, pidfile):  # a zombie has no command line any more
            return True
        time.sleep(0.05)
    return False
