# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""S-expressions as xm prints them (tools/python/xen/xend/{sxp,PrettyPrint}.py)."""

from __future__ import annotations

import re
from typing import Any

WIDTH = 70


def atom(value: Any) -> str:
    """A word; in quotes if it has blanks, quotes or brackets."""
    text = str(value)
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'" if re.search(r"[\s()'\"]", text) else text


def flat(expression: Any) -> str:
    if isinstance(expression, list):
        return "(" + " ".join(flat(each) for each in expression) + ")"
    return atom(expression)


def pretty(expression: Any, indent: int = 0) -> str:
    """One line if it fits, else each part on its own, four columns further in."""
    line = " " * indent + flat(expression)
    top = isinstance(expression, list) and expression[:1] == ["domain"]
    if not isinstance(expression, list) or (len(line) <= WIDTH and not top):
        return line
    head, *rest = expression
    start = " " * indent + "(" + flat(head)
    return "\n".join([start, *(pretty(each, indent + 4) for each in rest), " " * indent + ")"])
