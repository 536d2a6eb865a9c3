# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Read what `xm list` prints (xm_brief_list() in tools/python/xen/xm/main.py, Xen 3.1 to 4.2).

The columns are those of `xl list`; ID is narrower in 3.x. Domains that xend manages and that do not run are listed too,
with neither id nor state. Mem is what the guest shall have, not what it has: xend prints its own target.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

_ROW = re.compile(
    r"^(?P<name>.*?)\s+(?P<domid>\d{1,12})\s+(?P<mem>\d{1,12})\s+(?P<vcpus>\d{1,12})\s+"
    r"(?P<flags>[r-][b-][p-][s-][c-][d-])\s+(?P<time>\d+(?:\.\d*)?)$"
)
_INACTIVE = re.compile(r"^(?P<name>.*?)\s+(?:-1\s+)?\d+\s+\d+\s+(?:-{6}\s+)?[\d.]+$")
_HEADER = re.compile(r"^Name\s+ID\s+Mem")


class Listing(NamedTuple):
    """:param rows: the domains that exist in Xen. :param inactive: names of those that xend only remembers."""

    rows: list[_listing.Row]
    inactive: list[str]


def parse_list(text: str) -> Listing:
    """All lines of `xm list`.

    :raises XenError: a line that is no row; guessing at it could hide a domain.
    """
    rows, inactive = [], []
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if _HEADER.match(line)), None)
    if start is None:
        raise XenError(f"`xm list` printed no list of domains: {text.strip()[:200]!r}.")
    for line in lines[start + 1 :]:
        line = line.rstrip()
        match = _ROW.match(line)
        if match:
            rows.append(_row(match))
            continue
        managed = _INACTIVE.match(line)
        if not managed:
            raise XenError(f"`xm list` printed a line that is not understood: {line!r}.")
        inactive.append(managed.group("name"))
    return Listing(rows, inactive)


def _row(match: re.Match[str]) -> _listing.Row:
    flags = match.group("flags")
    # xend sets c for a domain that crashed; libxl's fifth letter is the reason of the shutdown
    state = _listing.CRASHED if flags[4] == "c" and flags[5] != "d" else _listing.state_of(flags)
    return _listing.Row(
        name=match.group("name"),
        domid=int(match.group("domid")),
        memory=int(match.group("mem")),
        vcpus=int(match.group("vcpus")),
        state=state,
        cpu_seconds=float(match.group("time")),
    )
