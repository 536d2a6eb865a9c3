# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of measurements, printed as a table with ratios."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """``seconds``: the median of ``runs`` runs. ``peer``: the median of the peer in the same run."""

    what: str
    seconds: float
    runs: int
    peer: float


def render(rows: Sequence[Row]) -> str:
    """One line a row: median seconds, number of runs, ratio to the peer."""
    width = max(len(row.what) for row in rows)
    lines = [f"{'':{width}}  {'median s':>10} {'runs':>5} {'x peer':>8}"]
    lines += [f"{row.what:{width}}  {row.seconds:10.4f} {row.runs:5d} {row.seconds / row.peer:8.1f}" for row in rows]
    return "\n".join(lines)
