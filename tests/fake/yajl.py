# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON as libxl prints it: yajl's "beautified" form, with an empty line inside an empty object."""

from __future__ import annotations

import json
from typing import Any


def dumps(value: Any, level: int = 0) -> str:
    """`value` as text without a final newline; `level` counts the indentations of four blanks around it."""
    inner, outer = " " * 4 * (level + 1), " " * 4 * level
    if isinstance(value, dict):
        if not value:
            return "{\n\n" + outer + "}"
        lines = [f'{inner}"{key}": {dumps(item, level + 1)}' for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + outer + "}"
    if isinstance(value, list):
        if not value:
            return "[\n\n" + outer + "]"
        return "[\n" + ",\n".join(inner + dumps(item, level + 1) for item in value) + "\n" + outer + "]"
    return json.dumps(value, ensure_ascii=False)
