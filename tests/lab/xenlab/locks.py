# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One at a time: an advisory lock on a file, released by the kernel whatever ends the process."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import progress
from .errors import LabError


@contextmanager
def lock(path: Path, what: str, timeout: float) -> Iterator[None]:
    """Hold the lock at path; wait up to timeout seconds for another holder, and say so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        deadline = time.monotonic() + timeout
        told = False
        while not _try_lock(file.fileno()):
            if not told:
                progress.say(f"waiting for another xenlab that is busy with {what}")
                told = True
            if time.monotonic() > deadline:
                raise LabError(f"another xenlab has been busy with {what} for {timeout:.0f} s (lock {path})")
            time.sleep(0.2)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
