# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees while the lab works: one line a step on stderr, with the seconds it took."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .errors import LabError

TAIL_LINES = 15
REPORT_EVERY = 15.0


def say(text: str) -> None:
    """One line on stderr, so that stdout stays free for results."""
    print(f"xenlab: {text}", file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say how long the block took; nothing if it fails (the error speaks then)."""
    start = time.monotonic()
    yield
    say(f"{title}: {time.monotonic() - start:.1f} s")


def tail(path: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a text file, or an empty string if there is none."""
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.rstrip().splitlines()[-lines:])


def run_logged(command: Sequence[str], title: str, log: Path, timeout: float, env: dict[str, str]) -> None:
    """Run a long command with its output in a file; report now and then where it is.

    Raises LabError with the end of the log if it fails or takes more than timeout seconds. Whatever ends this
    function early also ends the command.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    say(f"{title} (log: {log})")
    with log.open("w") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env)
        try:
            _watch(process, start, timeout, lambda: tail(log, 1)[:90])
        finally:
            if process.poll() is None:
                process.kill()  # not terminate: unshare(1) waits for its child with SIGTERM blocked
                process.wait()
    if process.returncode != 0:
        late = time.monotonic() - start > timeout
        why = f"took more than {timeout:.0f} s" if late else f"failed ({process.returncode})"
        raise LabError(f"{title}: {why}; see {log}", tail(log))
    say(f"{title}: {time.monotonic() - start:.1f} s")


def _watch(process: subprocess.Popen[bytes], start: float, timeout: float, where: Callable[[], str]) -> None:
    next_report = start + REPORT_EVERY
    while process.poll() is None and time.monotonic() - start <= timeout:
        if time.monotonic() > next_report:
            next_report += REPORT_EVERY
            say(f"  {time.monotonic() - start:4.0f} s  {where()}")
        time.sleep(0.2)
