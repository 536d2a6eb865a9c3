# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Carrying out what ``_services`` has planned, and looking whether it is so."""

from __future__ import annotations

import os
import tempfile
import time
from typing import Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, TimedOut
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile, _command
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf_plan
from ansible_collections.netbsd.xen.plugins.module_utils.services import _services
from ansible_collections.netbsd.xen.plugins.module_utils.services._services import MODE, Plan, Script, Start

# Not beside the scripts: rc(8) looks at every file of /etc/rc.d.
BACKUPS = "/var/backups"
# As /etc/rc sets it, and where the daemons are.
_PATH = "PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/pkg/sbin:/usr/pkg/bin"
# xencommons alone sleeps for five seconds.
_START_TIMEOUT = 300.0
_PATIENCE = 30.0


def apply(todo: Plan, probe: Probe, backup: bool = False) -> list[str]:
    """Do all of it in order: scripts, variables, daemons. Returns the paths of the backups.

    :raises XenError: a file cannot be written, or a daemon does not come up.
    """
    kept = [_put(script, backup) for script in todo.scripts]
    for path in todo.modes:
        os.chmod(path, MODE)
    kept += _rcconf_plan.apply(todo.variables, backup)
    for start in todo.starts:
        _start(start, probe)
    return [path for path in kept if path]


def _put(script: Script, backup: bool) -> str | None:
    wanted = script.before if script.after is None else script.after
    kept = None
    if script.after is not None or backup:
        kept = _atomicfile.write(script.path, wanted or b"", backup=backup, backup_dir=BACKUPS, new_mode=MODE)
    if script.after is None:
        os.unlink(script.path)
        _atomicfile.sync_directory(os.path.dirname(script.path))
    else:
        os.chmod(script.path, MODE)
    return kept


def _start(start: Start, probe: Probe) -> None:
    """Start a daemon and wait until it is there.

    Its output goes to a file: a daemon that keeps it open must not keep us waiting.
    """
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        shell = '"$@" >"$0" 2>&1 </dev/null'
        command = ["/usr/bin/env", _PATH, "/bin/sh", "-c", shell, log.name, *start.command]
        try:
            done = _command.run(command, timeout=_START_TIMEOUT)
        except TimedOut as error:
            raise TimedOut(f"`{' '.join(start.command)}` hangs. {_said(log.name)}", **error.details) from error
        left = _wait(start, probe)
        if left:
            said = _said(log.name)
            raise CommandError(
                f"`{' '.join(start.command)}` has left no {' and no '.join(left)} running. {said} See /var/log/xen.",
                start.command,
                done.rc,
                said,
                "",
                error_id="service_not_running",
            )


def _wait(start: Start, probe: Probe) -> Sequence[str]:
    end = time.monotonic() + _PATIENCE
    while True:
        left = _services.still_missing([start], probe)
        if not left or time.monotonic() >= end:
            return left
        time.sleep(0.5)


def _said(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as stream:
        text = " ".join(stream.read().split())
    return f"It said: {text}" if text else "It said nothing."
