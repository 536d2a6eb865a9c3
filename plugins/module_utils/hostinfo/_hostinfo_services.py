# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The rc.d scripts of the Xen tools: there, current, switched on, and their daemons really running.

`/etc/rc.d/xencommons status` exits with 0 whether anything runs or not, so nobody is asked but the process table.
Sources: pkgsrc sysutils/xentoolsNN files/*.sh (names of processes and pid files); ps(1).
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._releases import EXAMPLES, Release, Service
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf

RC_D = "/etc/rc.d"
# What a script starts besides the process that the table of releases names.
WITH_IT = {"xencommons": ("xenconsoled",)}
_PID_FILES = {name: f"/var/run/{name}.pid" for name in ("xenstored", "xend", "xenbackendd")}


class Process(NamedTuple):
    """A line of ps."""

    pid: int
    arguments: tuple[str, ...]

    def is_program(self, name: str) -> bool:
        """xend is a script: then the interpreter is the first word."""
        return any(os.path.basename(word) == name for word in self.arguments[:2])


def processes(probe: Probe) -> list[Process]:
    """All processes of the host."""
    found = []
    for line in probe.lines("ps", "-axwwo", "pid,command"):
        words = line.split()
        if len(words) > 1 and words[0].isdigit():
            found.append(Process(int(words[0]), tuple(words[1:])))
    return found


def pid_of(probe: Probe, table: Sequence[Process], name: str) -> int | None:
    """The process id of a daemon that really runs: its pid file counts only when such a process has that id."""
    candidates = [process.pid for process in table if process.is_program(name)]
    said = (probe.text(_PID_FILES[name]) or "").strip() if name in _PID_FILES else ""
    if said.isdigit() and int(said) in candidates:
        return int(said)
    return min(candidates) if candidates else None


def services(probe: Probe, row: Release, table: Sequence[Process]) -> list[dict[str, Any]]:
    """Every script of this version, in the order of the table of releases.

    ``enabled`` and ``running`` of xendomains are None: it has no rcvar, and leaves no process behind. ``current`` is
    None when there is nothing to compare.
    """
    return [_service(probe, service, table) for service in row.services]


def _service(probe: Probe, service: Service, table: Sequence[Process]) -> dict[str, Any]:
    wanted = (service.process, *WITH_IT.get(service.script, ())) if service.process else ()
    pids = {name: pid_of(probe, table, name) for name in wanted}
    return {
        "script": service.script,
        "rcvar": service.rcvar,
        "enabled": enabled(probe, service),
        "running": all(pids.values()) if pids else None,
        "processes": pids,
        "installed": probe.is_file(f"{RC_D}/{service.script}"),
        "current": _is_current(probe, service.script),
        "optional": service.optional,
    }


def _is_current(probe: Probe, script: str) -> bool | None:
    example, installed = probe.read(f"{EXAMPLES}/{script}"), probe.read(f"{RC_D}/{script}")
    return None if example is None or installed is None else example == installed


def enabled(probe: Probe, service: Service) -> bool | None:
    """Whether rc(8) starts it; None without an rcvar, or when only a shell could tell."""
    if service.rcvar is None:
        return None
    conf = rc_conf(probe, rc_name(service.script))
    if conf is None or conf.value(service.rcvar) is None:
        return None
    return conf.enabled(service.rcvar)


def rc_name(script: str) -> str:
    """What the script calls itself: rc.conf.d has a file of that name. xen-watchdog's is xenwatchdog."""
    return script.replace("-", "")


def rc_conf(probe: Probe, script: str) -> _rcconf.RcConf | None:
    """rc.conf as a script sees it; None with a warning when sh could not read it."""
    try:
        return _rcconf.RcConf(script, reader=probe.text)
    except XenError as error:
        probe.warn(error.message)
        return None
