# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""One task at a time on the domains of a host: what two controllers read and then change must not overlap.

A lock of the kernel (flock(2)) on a file: it ends with the process that holds it, however that ends.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from typing import Iterator

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError, XenError

PATH = "/var/run/netbsd-xen.lock"
# How long a task waits for another one at least; starting a guest may take a minute on a slow host.
LEAST_SECONDS = 60.0
_POLL_SECONDS = 0.2


@contextlib.contextmanager
def host_lock(timeout: float = LEAST_SECONDS) -> Iterator[None]:
    """Hold the host's lock from before the first look until after the last change.

    Everything is read inside of it, so the second of two tasks sees what the first one did. The programs that are
    started do not inherit it: the monitor that `xl create` leaves behind would keep it for ever.

    :param timeout: seconds to wait for whoever has it.
    :raises XenError: ``error_id`` "locked"; says who has it, and since when.
    """
    handle = _opened()
    try:
        _acquire(handle, timeout)
        _note(handle, f"pid {os.getpid()} since {time.strftime('%Y-%m-%dT%H:%M:%S%z')}\n")
        yield
        _note(handle, "")
    finally:
        os.close(handle)


def _note(handle: int, text: str) -> None:
    """For people and messages only: nobody is kept out, or let in, by what the file says, nor by a full disk."""
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, text.encode(), 0)


def _opened() -> int:
    try:
        return os.open(PATH, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise HostError(f"The lock {PATH} cannot be opened: {error.strerror}.", error_id="lock_file") from error


def _acquire(handle: int, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise HostError(f"{PATH} cannot be locked: {error.strerror}.", error_id="lock_file") from error
        if time.monotonic() >= deadline:
            holder = os.pread(handle, 200, 0).decode(errors="replace").strip() or "a process that did not say who it is"
            raise XenError(
                f"Another task is at work on the domains of this host: {holder} holds {PATH}, and still did after "
                f"{timeout:g} s. Run this again when it has ended.",
                error_id="locked",
                holder=holder,
            )
        time.sleep(_POLL_SECONDS)
