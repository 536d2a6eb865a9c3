# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is PRIVATE to the collection. It can change at any time without notice.
"""The fleet of the report: its hosts, and the figures that are told first."""

from __future__ import annotations

import re
from typing import Any, Mapping, Sequence

from ansible_collections.netbsd.xen.plugins.plugin_utils import _report_host

# What may come and go in this data. A program that reads the JSON can rely on its number.
FORMAT = 1
_LIVE = ("running", "paused")


def fleet(hosts: Sequence[Mapping[str, Any]], names: Sequence[str], title: str, time: str) -> dict[str, Any]:
    """All of the report.

    :param hosts: as ``_report_host.host`` made them; any order, told in the order of their names.
    :param names: of all that were to be looked at; one without an entry failed before it could be told.
    :param time: when it was made, in words. The only thing in the report that changes when no host does.
    """
    told = {host["name"] for host in hosts}
    lost = [_report_host.host(name, {}) for name in names if _report_host.clean(name) not in told]
    ordered = sorted([*hosts, *lost], key=lambda host: _natural(host["name"]))
    head = {"format": FORMAT, "title": _report_host.clean(title), "time": _report_host.clean(time)}
    return {**head, "summary": summary(ordered), "hosts": ordered}


def _natural(name: str) -> str:
    """A key by which xen2 comes before xen10."""
    return re.sub(r"[0-9]+", lambda number: number.group().zfill(9), name)


def summary(hosts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of the first lines. ``memory`` is of the hosts that tell theirs, in MiB."""
    guests = [guest for host in hosts for guest in host["guests"]]
    memories = [host["memory"] for host in hosts if host["memory"]]
    problems = [problem["severity"] for host in hosts for problem in host["problems"]]
    return {
        "hosts": len(hosts),
        "unreachable": sum(host["status"] == "unreachable" for host in hosts),
        "failed": sum(host["status"] == "failed" for host in hosts),
        "guests": sum(guest["state"] != "missing" for guest in guests),
        "running": sum(guest["state"] in _LIVE for guest in guests),
        "drift": sum(host["drift"] for host in hosts),
        "undeclared": sum(guest["verdict"] == "undeclared" for guest in guests),
        "errors": problems.count("error") + sum(guest["verdict"] == "problem" for guest in guests),
        "warnings": problems.count("warning"),
        "memory": {
            "total": sum(each["total"] for each in memories),
            "free": sum(each["free"] or 0 for each in memories),
        },
    }
