# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Keep secrets out of everything that is shown: diffs, return values, messages, logs."""

from __future__ import annotations

import re
from typing import Any, Iterator

from ansible_collections.netbsd.xen.plugins.module_utils._options import SECRET_KEYS

MASK = "********"
_KEYS = "|".join(sorted(SECRET_KEYS))
# vncpasswd = "..." as a setting of its own. A quoted string of xl.cfg may hold escaped quotes.
_SETTING = re.compile(rf"""(?m)^(\s*(?:{_KEYS})\s*\+?=\s*)("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[^\s;#]+)""")
# vncpasswd=... inside the string of a vfb
_INSIDE = re.compile(rf"""((?:{_KEYS})\s*=\s*)(?!["'\s])((?:[^,"'\\\n]|\\.)+)""")


def mask_text(text: str) -> str:
    """The text of a config file with the secrets replaced; everything else keeps its place."""
    return _INSIDE.sub(rf"\1{MASK}", _SETTING.sub(rf'\1"{MASK}"', text))


def mask_data(value: Any) -> Any:
    """The same for return values: the value of a secret key is replaced wherever it stands."""
    if isinstance(value, dict):
        return {key: MASK if key in SECRET_KEYS and item else mask_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask_data(item) for item in value]
    if isinstance(value, str):
        return _INSIDE.sub(rf"\1{MASK}", value)
    return value


def secrets_in(value: Any, key: str = "") -> set[str]:
    """Every secret in the parameters of a task, for Ansible's own masking."""
    return set(_secrets(value, key))


def _secrets(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _secrets(item, str(name))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _secrets(item, key)
    elif value is not None and not isinstance(value, bool):
        if key in SECRET_KEYS:
            yield str(value)
        else:
            yield from (match.group(2) for match in _INSIDE.finditer(str(value)))
