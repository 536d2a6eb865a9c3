# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Read what `xl list`, `xl list -l`, `xl uptime` and `xl info` print.

Formats: xen tools/xl/xl_list.c, xl_info.c; held to recorded outputs of Xen 4.17 in the unit tests.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError

# The name may hold blanks or be longer than its column, so the row is read from the right.
_ROW = re.compile(
    r"^(?P<name>.*?)\s+(?P<domid>\d{1,12})\s+(?P<mem>\d{1,12})\s+(?P<vcpus>\d{1,12})\s+"
    r"(?P<flags>\S{6})\s+(?P<time>\d+(?:\.\d*)?)$"
)
_UPTIME = re.compile(
    r"^(?P<name>.*?)\s+(?P<domid>\d{1,12})\s+(?:(?P<days>\d{1,12}) days?,\s+)?(?P<h>\d{1,12}):(?P<m>\d\d):(?P<s>\d\d)$"
)
_FLAGS = re.compile(r"^[r-][b-][p-][s-][-rscwS?][d-]$")

RUNNING = "running"
PAUSED = "paused"
SHUTDOWN = "shutdown"  # has shut down but still exists: on its way out, or preserved
CRASHED = "crashed"
DYING = "dying"


class Row(NamedTuple):
    """One domain of `xl list`. Memory in MiB as it is now, time in CPU seconds."""

    name: str
    domid: int
    memory: int
    vcpus: int
    state: str
    cpu_seconds: float


def state_of(flags: str) -> str:
    """The six letters ``rbps?d`` of xl's State column as one word.

    ``------`` is a runnable domain that is just not on a CPU, hence running. The fifth letter is the reason of a
    shutdown (``-rscwS``: poweroff, reboot, suspend, crash, watchdog, soft reset).
    """
    if flags[5] == "d":
        return DYING
    if flags[3] == "s":
        return CRASHED if flags[4] in "cw" else SHUTDOWN
    if flags[2] == "p":
        return PAUSED
    return RUNNING


def parse_list(text: str) -> list[Row]:
    """All rows of `xl list`, Domain-0 included.

    :raises XenError: a line that is no row; guessing at it could hide a domain.
    """
    rows = []
    for line in text.splitlines()[1:]:
        match = _ROW.match(line)
        if not match or not _FLAGS.match(match.group("flags")):
            raise XenError(f"`xl list` printed a line that is not understood: {line!r}.")
        rows.append(
            Row(
                name=match.group("name"),
                domid=int(match.group("domid")),
                memory=int(match.group("mem")),
                vcpus=int(match.group("vcpus")),
                state=state_of(match.group("flags")),
                cpu_seconds=float(match.group("time")),
            )
        )
    return rows


def parse_long(text: str) -> dict[int, dict[str, Any]]:
    """`xl list -l` -> the libxl domain configuration of each domain id.

    Domains that are being destroyed are missing from it: libxl has no configuration of them any more.
    """
    try:
        entries = json.loads(text or "[]")
    except (ValueError, RecursionError) as error:
        raise XenError(f"`xl list -l` printed something that is not JSON: {error}.") from error
    if isinstance(entries, dict):
        entries = [entries]
    try:
        return {int(entry["domid"]): entry.get("config") or {} for entry in entries}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise XenError("`xl list -l` printed JSON that is no list of domains.") from error


def parse_uptime(text: str) -> dict[int, int]:
    """`xl uptime` -> seconds since the start of each domain id."""
    uptimes = {}
    for line in text.splitlines()[1:]:
        match = _UPTIME.match(line)
        if match:
            days, hours, minutes, seconds = (int(match.group(part) or 0) for part in ("days", "h", "m", "s"))
            uptimes[int(match.group("domid"))] = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    return uptimes


def parse_info(text: str) -> dict[str, str]:
    """`xl info` -> its ``name : value`` lines."""
    info = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon:
            info[key.strip()] = value.strip()
    return info


def find(rows: list[Row], name: str) -> Row | None:
    """The one row called ``name``, or None.

    :raises XenError: two domains have that name. Xen lets it happen when they are created at the same moment.
    """
    found = [row for row in rows if row.name == name]
    if len(found) > 1:
        ids = ", ".join(str(row.domid) for row in found)
        raise XenError(
            f"{len(found)} running domains are called {name} (ids {ids}). "
            "Destroy the wrong one by its id (`xl destroy ID`, `xm destroy ID`) and run this again."
        )
    return found[0] if found else None
