# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""One task at a time on the domains of a host: what two controllers read and then change must not overlap.

A lock of the kernel (flock(2)) on a file: it ends with the process that holds it, however that ends. What that process
has started does not end with it: `xl save` goes on writing when its task is killed. So the file says which commands
run, and the next task waits for those that still do. They cannot inherit the lock instead: the monitor that `xl create`
leaves behind would keep it for ever.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import subprocess
import threading
import time
from typing import Iterator, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError, XenError

PATH = "/var/run/netbsd-xen.lock"
# How long a task waits for another one at least; starting a guest may take a minute on a slow host.
LEAST_SECONDS = 60.0
_POLL_SECONDS = 0.2
_PS_SECONDS = 10.0
# a line of the file, for each command of the holder
_RUNS = re.compile(r"^runs (\d+): (.*)$", re.MULTILINE)
_NOTE_LIMIT = 65536


class _Held:
    """What the file says while this process has the lock: who it is, and which commands it runs.

    For messages, and for who comes after a holder that was killed; nobody is let in by it, nor kept out by a full disk.
    """

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self.running: dict[int, str] = {}
        self._mutex = threading.Lock()
        self._who = f"pid {os.getpid()} since {time.strftime('%Y-%m-%dT%H:%M:%S%z')}\n"
        self._write()

    def starts(self, pid: int, command: str) -> None:
        with self._mutex:
            self.running[pid] = command
            self._write()

    def ended(self, pid: int) -> None:
        with self._mutex:
            del self.running[pid]
            self._write()

    def _write(self) -> None:
        runs = (f"runs {pid}: {command}\n" for pid, command in self.running.items())
        _note(self.handle, self._who + "".join(runs))


_held: list[_Held] = []


@contextlib.contextmanager
def host_lock(timeout: float = LEAST_SECONDS) -> Iterator[None]:
    """Hold the host's lock from before the first look until after the last change.

    Everything is read inside of it, so the second of two tasks sees what the first one did.

    :param timeout: seconds to wait for whoever has it, and for what a killed one has left running.
    :raises XenError: ``error_id`` "locked"; says who has it, and since when.
    """
    handle = _opened()
    try:
        deadline = time.monotonic() + timeout
        _acquire(handle, deadline, timeout)
        _wait_for_left(handle, deadline, timeout)
        _held.append(_Held(handle))
        try:
            yield
        finally:
            _held.pop()
        _note(handle, "")
    finally:
        os.close(handle)


@contextlib.contextmanager
def at_work(pid: int, command: Sequence[str]) -> Iterator[None]:
    """While the command runs, which leads a session of its own: the file says so, if this process has the lock."""
    held = _held[-1] if _held else None
    if held is None:
        yield
        return
    held.starts(pid, " ".join(command).replace("\n", " "))
    try:
        yield
    finally:
        held.ended(pid)


def _note(handle: int, text: str) -> None:
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, text.encode(errors="replace"), 0)


def _read(handle: int) -> str:
    return os.pread(handle, _NOTE_LIMIT, 0).decode(errors="replace")


def _opened() -> int:
    try:
        return os.open(PATH, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise HostError(f"The lock {PATH} cannot be opened: {error.strerror}.", error_id="lock_file") from error


def _acquire(handle: int, deadline: float, timeout: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise HostError(f"{PATH} cannot be locked: {error.strerror}.", error_id="lock_file") from error
        if time.monotonic() >= deadline:
            holder = (_read(handle).splitlines() or ["a process that did not say who it is"])[0]
            raise XenError(
                f"Another task is at work on the domains of this host: {holder} holds {PATH}, and still did after "
                f"{timeout:g} s. Run this again when it has ended.",
                error_id="locked",
                holder=holder,
            )
        time.sleep(_POLL_SECONDS)


def _wait_for_left(handle: int, deadline: float, timeout: float) -> None:
    """Wait for the commands of a task that was killed: what they change must not be read before they have ended."""
    for found in _RUNS.finditer(_read(handle)):
        while _runs(int(found[1]), found[2]):
            if time.monotonic() >= deadline:
                raise XenError(
                    f"A task that was killed has left `{found[2]}` (pid {found[1]}) running, and it still was after "
                    f"{timeout:g} s. Run this again when it has ended, or end it.",
                    error_id="locked",
                    holder=f"pid {found[1]}",
                )
            time.sleep(_POLL_SECONDS)


def _runs(pid: int, command: str) -> bool:
    """Whether it is still this command, and not another process that has got its number since.

    It leads its session, as few processes do, and its arguments are the same; a script has its interpreter before them.
    """
    try:
        if os.getsid(pid) != pid:
            return False
    except OSError:
        return False
    try:
        # as _command would, which is built on this; the options are the same on all systems
        seen = subprocess.run(  # pylint: disable=ansible-bad-function
            ["ps", "-ww", "-p", str(pid), "-o", "args="],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PS_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        # rather wait in vain than look at a guest amid a change
        return True
    _program, _blank, arguments = command.partition(" ")
    return seen.stdout.decode(errors="replace").rstrip().endswith(arguments or command)
