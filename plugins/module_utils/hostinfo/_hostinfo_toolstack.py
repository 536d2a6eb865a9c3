# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What the toolstack knows: the hypervisor's memory, CPUs and command line, and the guests that run.

xl opens its context before it does anything, and hangs there when xenstored is gone (TODO of xentools42). So it is
asked only in a dom0 whose xenstored takes connections, as root, and with a limit in time. The answers' forms: xen
tools/xl/xl_info.c, xl_list.c; tools/python/xen/xm/main.py for xm, which prints the same names.
"""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

XENSTORED_SOCKETS = ("/var/run/xenstored/socket", "/run/xenstored/socket")
# xm lists managed domains that do not run, too: without id and state
_RUNNING_ROW = re.compile(r"\s\d+\s+\d+\s+\d+\s+\S{6}\s+[\d.]+$")
# how the Name column shows a domain that xenstored has no name of
_NO_NAME = ("(null)", "")


class Toolstack(NamedTuple):
    """What was asked and answered.

    :param info: `xl info`; empty when it was not to be had.
    :param rows: the guests that run, without the dom0; None when it is not known.
    :param dom0: memory of the dom0 in MiB.
    """

    info: dict[str, str]
    rows: list[_listing.Row] | None
    dom0: int | None = None

    @property
    def version(self) -> str | None:
        """The hypervisor's, as 4.20.1: xm of 3.1 prints the parts alone (tools/python/xen/xend/XendNode.py xeninfo)."""
        major, minor = self.info.get("xen_major"), self.info.get("xen_minor")
        return f"{major}.{minor}{self.info.get('xen_extra', '')}" if major and minor else None

    @property
    def names(self) -> list[str] | None:
        """Names of the guests that run; one without a name is told by its id."""
        if self.rows is None:
            return None
        return sorted(row.name if row.name not in _NO_NAME else f"(domain {row.domid})" for row in self.rows)


NOTHING = Toolstack({}, None)


def ask(probe: Probe, name: str, what: tuple[str, ...] = ("info", "list")) -> Toolstack:
    """Ask the toolstack of a dom0.

    :param name: ``xl`` or ``xm``.
    :param what: of ``info`` and ``list``: each is one process.
    """
    if not probe.is_root:
        probe.warn("Only root can ask the toolstack: guests, and what only the hypervisor knows, are not told.")
        return NOTHING
    if not xenstored_answers(probe):
        return NOTHING
    info = _listing.parse_info("\n".join(_lines(probe, name, "info"))) if "info" in what else {}
    rows = _rows(probe, name) if "list" in what else None
    if rows is None:
        return Toolstack(info, None)
    dom0 = next((row.memory for row in rows if row.domid == 0), None)
    return Toolstack(info, [row for row in rows if row.domid != 0], dom0)


def xenstored_answers(probe: Probe) -> bool:
    """Whether xenstored takes connections."""
    return any(probe.connects(path) for path in XENSTORED_SOCKETS)


def _lines(probe: Probe, program: str, command: str) -> list[str]:
    result = probe.run(program, command)
    if result is None:
        return []
    if result.rc != 0:
        said = (result.stderr.strip() or result.stdout.strip() or "it said nothing").splitlines()[0]
        probe.warn(f"`{program} {command}` failed with exit code {result.rc}: {said}")
        return []
    return result.stdout.splitlines()


def _rows(probe: Probe, program: str) -> list[_listing.Row] | None:
    lines = _lines(probe, program, "list")
    if not lines:
        return _rows_of_xenstore(probe)
    if program == "xm":
        lines = [lines[0], *(line for line in lines[1:] if _RUNNING_ROW.search(line))]
    try:
        return _listing.parse_list("\n".join(lines))
    except XenError as error:
        probe.warn(error.message)
        return _rows_of_xenstore(probe)


def _rows_of_xenstore(probe: Probe) -> list[_listing.Row] | None:
    """Names and ids only. xl of another Xen version than the one that runs cannot list; xenstore has no versions."""
    listed = probe.run("xenstore-list", "/local/domain")
    if listed is None or listed.rc != 0:
        return None
    rows = []
    for word in listed.stdout.split():
        if word.isdigit() and word != "0":
            name = probe.run("xenstore-read", f"/local/domain/{word}/name")
            title = name.stdout.strip() if name and name.rc == 0 else ""
            rows.append(_listing.Row(title, int(word), 0, 0, _listing.RUNNING, 0.0))
    probe.warn("The toolstack cannot list the guests; their names are xenstore's.")
    return rows


def nameless(rows: list[_listing.Row] | None) -> list[int]:
    """Ids of guests that Xen runs and xenstored does not know."""
    return [row.domid for row in rows or [] if row.name in _NO_NAME and row.state != _listing.DYING]


def number(info: dict[str, str], key: str) -> int | None:
    """A number of `xl info`."""
    text = info.get(key, "")
    return int(text) if text.isdigit() else None


def memory(toolstack: Toolstack, values: dict[str, str], on_xen: bool) -> dict[str, Any]:
    """MiB. ``total`` and ``free`` are the machine's, ``dom0`` is what this kernel has under Xen.

    :param values: sysctls; without Xen hw.physmem64 is the whole machine's, in a dom0 what the kernel can use.
    """
    physical = values.get("hw.physmem64", "")
    here = int(physical) // 1024**2 if physical.isdigit() else None
    return {
        "total": number(toolstack.info, "total_memory") if on_xen else here,
        "free": number(toolstack.info, "free_memory"),
        "dom0": (toolstack.dom0 or here) if on_xen else None,
    }


def cpus(info: dict[str, str], values: dict[str, str], on_xen: bool) -> dict[str, Any]:
    """``count``: CPUs of the machine; ``dom0``: virtual ones of this kernel under Xen.

    :param values: of sysctl; Linux has no ``hw.ncpu``.
    """
    here = values.get("hw.ncpu", "")
    count = int(here) if here.isdigit() else os.cpu_count()
    return {
        "count": number(info, "nr_cpus") if on_xen else count,
        "dom0": count if on_xen else None,
        "model": values.get("machdep.cpu_brand"),
    }
