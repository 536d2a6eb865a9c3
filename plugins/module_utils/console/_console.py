# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a guest has written on its console, and how to write to it.

There are two places to read it from:

- The log of xenconsoled, when it was started with ``--log=guest`` or ``--log=all`` (XENCONSOLED_TRACE on NetBSD and
  Linux, xenconsoled_args): ``guest-NAME.log``, one file for all lives of the guest. Reading it takes nothing away. NAME
  is what the domain was called when its console was set up (xen tools/console/daemon/io.c, create_domain_log): a guest
  that came by migration has ``guest-NAME--incoming.log``, and a renamed one keeps its old file.
- The terminal that xenstore names, which is where `xl console` reads. What has been read there is gone for everybody
  else, so it is read only when there is no log, and never while somebody is at `xl console`: the client takes a lock
  (tools/console/client/main.c), and we take the same one. xenconsoled keeps for it what nobody has read, up to 1 MiB,
  so what the guest said before the terminal was opened is there as well.

The bytes are the guest's own and not to be trusted: what is kept of them is bounded, and control characters are taken
out before anybody is shown them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import re
import stat
import time

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError, TimedOut, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _host

# XEN_LOCK_DIR of xen m4/paths.m4.
_LOCK_DIRS = {"NetBSD": "/var/run"}
_LOCK_DIR = "/var/lock"
_CHUNK = 16 * 1024
# How far back a marker may begin, and what an error can tell of.
_KEPT = 64 * 1024
_TAIL_LINES = 15
_TAIL_WIDTH = 200
# CSI and OSC sequences and the two-character ones (ECMA-48). Bounded: a guest that opens one and never ends it shall
# not hide what it says next.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\)|[@-Z\\-_]|)")
# A terminal makes \r\r\n of a program's \r\n (ONLCR of termios(4)).
_LINE_END = re.compile(r"\r+\n|\r")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def clean(data: bytes) -> str:
    """The text in a guest's bytes: no escape sequences, and of control characters only tab and newline."""
    text = _LINE_END.sub("\n", data.decode("utf-8", errors="replace"))
    return _CONTROL.sub("", _ESCAPES.sub("", text))


def tail_of(data: bytes) -> list[str]:
    """The last lines that are not empty, each of bounded length."""
    lines = [line.rstrip()[:_TAIL_WIDTH] for line in clean(data).splitlines() if line.strip()]
    return lines[-_TAIL_LINES:]


def tail_of_file(path: str) -> list[str]:
    """The last lines of a log; none when there is no such file."""
    try:
        with open(path, "rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - _KEPT))
            return tail_of(stream.read(_KEPT))
    except OSError:
        return []


def log_file(name: str) -> str | None:
    """Path of the log of that guest's console, which need not exist yet; None when xenconsoled keeps none."""
    directory = os.path.join(_host.LOG_DIR, "console")
    arguments = _daemon_arguments()
    if arguments is not None:
        if _option(arguments, "--log") not in ("guest", "all"):
            return None
        directory = _option(arguments, "--log-dir") or directory
    paths = [os.path.join(directory, f"guest-{name}{suffix}.log") for suffix in ("", "--incoming")]
    found = [path for path in paths if os.path.isfile(path)]
    if not found:
        return paths[0] if arguments is not None else None
    return max(found, key=os.path.getmtime)


def _daemon_arguments() -> list[str] | None:
    """The command line of the xenconsoled that runs; None when it is not seen, as when it runs in another domain."""
    try:
        listing = _command.run(["ps", "-axww", "-o", "args="]).stdout
    except XenError:
        return None
    for line in listing.splitlines():
        words = line.split()
        if words and os.path.basename(words[0]) == "xenconsoled":
            return words[1:]
    return None


def _option(arguments: list[str], name: str) -> str | None:
    """The value of a long option, as ``--log=guest`` or ``--log guest``; the last one counts (getopt_long)."""
    value = None
    for index, word in enumerate(arguments):
        if word.startswith(f"{name}="):
            value = word.partition("=")[2]
        elif word == name and index + 1 < len(arguments):
            value = arguments[index + 1]
    return value


class Log:
    """A log that grows, read from a position on. One that was rotated or truncated is read from its beginning."""

    def __init__(self, path: str, position: int | None = None) -> None:
        self.path = path
        self._inode, size = self._look()
        self.position = size if position is None else position

    def read(self) -> bytes:
        """The next bytes, at most one chunk; empty when there is nothing new."""
        inode, size = self._look()
        if size < self.position or (self._inode is not None and inode not in (None, self._inode)):
            self.position = 0
        self._inode = inode
        if inode is None or size == self.position:
            return b""
        with open(self.path, "rb") as stream:
            stream.seek(self.position)
            data = stream.read(_CHUNK)
        self.position += len(data)
        return data

    def _look(self) -> tuple[int | None, int]:
        try:
            info = os.stat(self.path)
        except OSError:
            return None, 0
        return info.st_ino, info.st_size


class Terminal:
    """The terminal of a running guest's console, opened as `xl console` does, but without waiting.

    :raises HostError: somebody is at the console, or it has none.
    """

    def __init__(self, domid: int, path: str | None = None) -> None:
        self.path = path or terminal_of(domid) or ""
        self._lock = _take_lock(domid)
        try:
            self._descriptor = self._open()
        except OSError as error:
            os.close(self._lock)
            raise HostError(
                f"The console of domain {domid} ({self.path or 'none in xenstore'}) cannot be opened: "
                f"{error.strerror}. Is xenconsoled running?",
                error_id="no_console",
            ) from error

    def _open(self) -> int:
        descriptor = os.open(self.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        if not stat.S_ISCHR(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))
        return descriptor

    def read(self) -> bytes:
        """The next bytes, at most one chunk; empty when there is nothing new, or the guest is gone."""
        try:
            return os.read(self._descriptor, _CHUNK)
        except OSError:
            return b""

    def write(self, data: bytes, timeout: float) -> None:
        """Type ``data``. A guest that does not take its input makes the terminal fill up.

        :raises TimedOut: it did not take all of it.
        """
        deadline = time.monotonic() + timeout
        sent = 0
        while sent < len(data):
            try:
                sent += os.write(self._descriptor, data[sent : sent + 64])
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise TimedOut(f"The guest took {sent} of {len(data)} bytes on its console, and no more.") from None
                time.sleep(0.1)

    def close(self) -> None:
        os.close(self._descriptor)
        os.close(self._lock)


def terminal_of(domid: int) -> str | None:
    """What xenstore says is the guest's first console: the serial port of an HVM guest that has one, else the PV one,
    as libxl chooses (libxl_console.c, libxl__primary_console_find).
    """
    return serial_of(domid) or _in_xenstore(f"/local/domain/{domid}/console/tty")


def serial_of(domid: int) -> str | None:
    """The terminal of an HVM guest's serial port, which its device model has: xenconsoled logs nothing of that."""
    return _in_xenstore(f"/local/domain/{domid}/serial/0/tty")


def _in_xenstore(key: str) -> str | None:
    program = _host.find_program("xenstore-read")
    if not program:
        return None
    result = _command.run([program, key])
    path = result.stdout.strip()
    return path if result.rc == 0 and path.startswith("/dev/") else None


def _take_lock(domid: int) -> int:
    path = os.path.join(_LOCK_DIRS.get(platform.system(), _LOCK_DIR), f"xenconsole.{domid}")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise HostError(
            f"Somebody is at the console of domain {domid} (`xl console`), and what we read there they would miss. "
            "Let them leave it, or have consoles logged: xenconsoled with --log=guest.",
            error_id="console_in_use",
        ) from None
    return descriptor
