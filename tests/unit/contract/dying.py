# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process that is killed just before its N-th change of the file system or start of a program, or sees it fail.

Python tells an audit hook of each of them before it does it (PEP 578), so none is left out, whichever function of
whichever library makes it. What has no event (writing) is counted by a function in its place.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from ansible_collections.netbsd.xen.tests.fake.harness import is_mutating

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_EVENTS = {
    "os.rename", "os.link", "os.symlink", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "os.chown",
    "os.utime", "os.setxattr", "subprocess.Popen",
}  # fmt: skip
# The content itself, for which there are no events. (Syncing is none: who is killed is not a host that loses power.)
_CALLS = ("write", "pwrite", "writev", "sendfile", "copy_file_range", "posix_fallocate")


class Points:
    """The changes of this process, counted.

    :param dies_at: before which it is killed, counted from 1; 0 for never.
    :param error: instead of being killed it gets this errno, as of a disk that is full.
    :param root: only files below it count.
    :param log: one line a change goes there.
    """

    def __init__(self, dies_at: int, root: str, log: str, error: int = 0) -> None:
        self.dies_at, self.root, self.number, self.process = dies_at, root, 0, os.getpid()
        self.error = error
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self.counting = True

    def arm(self) -> None:
        for name in _CALLS:
            if hasattr(os, name):
                setattr(os, name, self._counted(name, getattr(os, name)))
        sys.addaudithook(self._hook)

    def _counted(self, name: str, real: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self._reach(f"os.{name}")
            return real(*arguments, **named)

        return call

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _mode, flags = arguments
            # a folder is opened so for a file without a name, which ends with its process
            if not flags & _WRITES or isinstance(path, int) or os.path.isdir(path):
                return
        elif event not in _EVENTS:
            return
        elif event == "subprocess.Popen":
            command = list(map(str, arguments[1]))
            if not _only_looks(command):
                self._reach(f"run {' '.join(command)}")
            return
        paths = [os.fsdecode(part) for part in arguments if isinstance(part, (str, bytes, os.PathLike))]
        if all(not path.startswith("/") or path.startswith(self.root) for path in paths):
            self._reach(" ".join([event, *paths]))

    def _reach(self, what: str) -> None:
        if not self.counting or os.getpid() != self.process:
            return  # the fake's programs are forks of this one
        self.number += 1
        self.counting = False
        # the point itself may not be one
        _write(self.log, f"{what.replace(self.root, '')}\n".encode(errors="backslashreplace"))
        self.counting = True
        if self.number != self.dies_at:
            return
        if self.error:
            raise OSError(self.error, os.strerror(self.error))
        os.kill(self.process, signal.SIGKILL)


_write = os.write


def _only_looks(command: list[str]) -> bool:
    """Being killed before a program that changes nothing is being killed before the next change."""
    program = os.path.basename(command[0])
    if program in ("xl", "xm"):
        return not is_mutating([program, *command[1:]])
    return program.startswith("xenstore-") or (program, *command[1:2]) in (("lvm", "lvs"), ("lvm", "vgs"), ("sh", "-n"))
