# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Run a command of the host, bounded in time, and keep all that it said."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, TimedOut
from ansible_collections.netbsd.xen.plugins.module_utils.host import _lock

_LAST_WORDS_SECONDS = 1.0


class Result(NamedTuple):
    """What a finished command left: exit status and decoded output."""

    rc: int
    stdout: str
    stderr: str


def run(cmd: Sequence[str], timeout: float | None = 60.0) -> Result:
    """Run ``cmd`` (a list, never a shell line) in the C locale and return its ``Result``.

    :param timeout: seconds; the command and its children are killed at the end of it. None waits for ever.
    :raises TimedOut: the command hung, which xl does when xenstored is gone.
    :raises CommandError: the command could not be started at all.
    """
    env = dict(os.environ, LC_ALL="C", LANG="C")
    try:
        # run_command of AnsibleModule knows no timeout
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            list(cmd),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            start_new_session=True,
        )
    except OSError as error:
        raise CommandError(f"Cannot run {cmd[0]}: {error.strerror}.", cmd, 127, "", str(error)) from error
    try:
        with _lock.at_work(process.pid, cmd):
            stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        _kill_group(process)
        stderr = _last_words(process)
        toolstack = os.path.basename(cmd[0]) in ("xl", "xm")
        raise TimedOut(
            f"`{' '.join(cmd)}` did not end within {timeout:g} s and was killed."
            + (" A hanging toolstack usually means that xenstored is not running." if toolstack else ""),
            cmd=list(cmd),
            stderr=stderr.decode(errors="replace"),
        ) from None
    return Result(process.returncode, stdout.decode(errors="replace"), stderr.decode(errors="replace"))


def _last_words(process: subprocess.Popen[bytes]) -> bytes:
    """What it said on stderr. A daemon that it left behind may keep the pipes open; that is not waited for."""
    try:
        return process.communicate(timeout=_LAST_WORDS_SECONDS)[1]
    except subprocess.TimeoutExpired as error:
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()
        return error.stderr or b""


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End the command with everything it started; it leads a session of its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()
