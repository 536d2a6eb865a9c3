# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""How xen_host_info looks at a host: files and commands, where "cannot see it" is an answer and never an error.

Everything that the readers of ``_hostinfo_*`` know of the host comes through one ``Probe``, so that a test is a
directory with files and a table of commands with what they say.
"""

from __future__ import annotations

import mmap
import os
import re
import socket
import stat
from typing import Any, Callable, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, TimedOut
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _devnodes

# Where NetBSD, pkgsrc and Linux keep the programs that are asked; become may bring a PATH without some of them. The
# package tools of pkgsrc are newer than those of the base system.
_DIRECTORIES = ("/usr/pkg/sbin", "/usr/pkg/bin", "/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin")
# Nothing that is asked has more than a second of work to do; what takes longer hangs.
PATIENCE = 20.0
_ANSWER_SECONDS = 5


class Kernel(NamedTuple):
    """uname(3) of the running kernel."""

    system: str
    node: str
    release: str
    version: str
    machine: str


class Probe:
    """A host to look at.

    :param root: the folder that stands for ``/``; another one in tests only.
    :param run: runs a command line and returns its ``_command.Result``.
    :ivar warnings: what could not be looked at, and why; each once.
    """

    def __init__(
        self,
        root: str = "/",
        run: Callable[..., _command.Result] = _command.run,
        kernel: Kernel | None = None,
        is_root: bool | None = None,
    ) -> None:
        self.root = root
        self.kernel = kernel or Kernel(*os.uname())
        self.is_root = os.geteuid() == 0 if is_root is None else is_root
        self.warnings: list[str] = []
        self._run = run

    @property
    def is_netbsd(self) -> bool:
        return self.kernel.system == "NetBSD"

    def warn(self, message: str) -> None:
        """Remember what was not to be found out; the same only once."""
        if message not in self.warnings:
            self.warnings.append(message)

    # files

    def path(self, path: str) -> str:
        """Where an absolute path of the host is for us."""
        return path if self.root == "/" else os.path.join(self.root, path.lstrip("/"))

    def stat(self, path: str) -> os.stat_result | None:
        """None when there is nothing, or no way to see it."""
        try:
            return os.stat(self.path(path))
        except OSError:
            return None

    def exists(self, path: str) -> bool:
        return self.stat(path) is not None

    def is_file(self, path: str) -> bool:
        found = self.stat(path)
        return found is not None and stat.S_ISREG(found.st_mode)

    def is_on_root(self, path: str) -> bool:
        """Whether it is a regular file of the root file system itself, the only one that a boot loader reads."""
        folder, root = self.stat(os.path.dirname(path)), self.stat("/")
        return folder is not None and root is not None and folder.st_dev == root.st_dev and self.is_file(path)

    def search(self, path: str, hint: bytes, pattern: re.Pattern[bytes]) -> bytes | None:
        """The first group of a pattern in a file of any size, None when it is not in there.

        :param hint: bytes that are in every match; looked for first, since that is far quicker.
        """
        if not self.is_file(path):
            return None
        try:
            with open(self.path(path), "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                match = pattern.search(data) if data.find(hint) >= 0 else None
                return match.group(1) if match else None
        except (OSError, ValueError):  # an empty file cannot be mapped
            return None

    def node(self, path: str) -> _devnodes.Found:
        """What device node a path is."""
        return _devnodes.look(self.path(path))

    def connects(self, path: str) -> bool:
        """Whether somebody takes connections on a Unix socket."""
        if not self.exists(path):
            return False
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ANSWER_SECONDS)
            try:
                connection.connect(self.path(path))
            except OSError:
                return False
        return True

    def read(self, path: str, limit: int = 1024 * 1024) -> bytes | None:
        """The content of a regular file, at most ``limit`` bytes; None when there is none.

        One that may not be read, as most of Xen's are for anybody but root, is None with a warning.
        """
        if not self.is_file(path):
            return None
        try:
            with open(self.path(path), "rb") as stream:
                return stream.read(limit)
        except OSError as error:
            self.warn(f"Cannot read {path}: {error.strerror}.")
            return None

    def text(self, path: str) -> str | None:
        """As ``read``; bytes that are no UTF-8 survive as surrogates."""
        data = self.read(path)
        return None if data is None else data.decode("utf-8", "surrogateescape")

    def names(self, directory: str) -> list[str]:
        """What a directory holds, sorted; nothing when it does not exist."""
        try:
            return sorted(os.listdir(self.path(directory)))
        except FileNotFoundError:
            return []
        except OSError as error:
            self.warn(f"Cannot look into {directory}: {error.strerror}.")
            return []

    # commands

    def program(self, name: str) -> str | None:
        """Full path of a program of the host."""
        for directory in _DIRECTORIES:
            path = f"{directory}/{name}"
            found = self.stat(path)
            if found and stat.S_ISREG(found.st_mode) and found.st_mode & 0o111:
                return path
        return None

    def run(self, name: str, *arguments: str, timeout: float = PATIENCE) -> _command.Result | None:
        """Run a program; None when it is not there, cannot be started, or hangs (then with a warning)."""
        program = self.program(name)
        if program is None:
            return None
        try:
            return self._run([program, *arguments], timeout)
        except TimedOut as error:
            self.warn(error.message)
        except CommandError as error:
            self.warn(error.message)
        return None

    def output(self, name: str, *arguments: str) -> str | None:
        """What a program prints when it succeeds; None, always with a warning, when nobody knows what it would say."""
        result = self.run(name, *arguments)
        if result is not None and result.rc == 0:
            return result.stdout
        if result is not None:
            words = " ".join([name, *arguments])
            self.warn(f"`{words}` failed (exit code {result.rc}): {result.stderr.strip() or 'it gave no reason'}")
        elif self.program(name) is None:
            self.warn(f"There is no program {name}.")
        return None

    def lines(self, name: str, *arguments: str, **options: Any) -> list[str]:
        """What a program prints when it succeeds; nothing when it does not."""
        result: _command.Result | None = self.run(name, *arguments, **options)
        return result.stdout.splitlines() if result is not None and result.rc == 0 else []

    def sysctl(self, *names: str) -> dict[str, str]:
        """The values of these names, and of all below them, with one process.

        sysctl(8) of NetBSD stops at a name that it does not know. What not every kernel has is asked for by the name of
        a subtree that all have.
        """
        result = self.run("sysctl", *names)
        pairs = [line.partition(" = ") for line in (result.stdout if result else "").splitlines()]
        return {name: value.strip() for name, equals, value in pairs if equals}
