# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Keep secrets out of everything that is shown: diffs, return values, messages, logs."""

from __future__ import annotations

import json
import re
from typing import Any, Iterator

# Keys that hold a secret, in the table of options or not; masked wherever a configuration is shown.
SECRET_KEYS = frozenset(["vncpasswd", "spicepasswd"])
MASK = "********"
_KEYS = "|".join(sorted(SECRET_KEYS))
_STRING = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
# A value in Python (xm's files): three quotes, several strings that are put together, brackets around them
_VALUE = rf"(?:\"\"\".*?\"\"\"|\'\'\'.*?\'\'\'|{_STRING}(?:[ \t]*\+?[ \t]*{_STRING})*|\([^)]*\)|[^\s;#]+)"
# What the text of a config file is made of, as far as secrets go: a comment, a setting of a secret key with its value,
# any other string. Left to right, so that a # or a quote inside of something else is not taken for a beginning.
_PART = re.compile(
    rf"""(?P<comment>\#[^\n]*)"""
    rf"""|(?P<setting>(?<![._0-9A-Za-z])(?:{_KEYS})[ \t]*\+?=[ \t]*)(?P<value>{_VALUE})"""
    rf"""|(?P<string>{_STRING})""",
    re.DOTALL,
)
# vncpasswd=... in the spec of a frame buffer: xl ends it at the comma, whatever quotes are in it
_INSIDE = re.compile(rf"((?:{_KEYS})\s*=\s*)([^,\n]+)")
# The same in a comment, where nothing says how the value ends
_COMMENTED = re.compile(rf"((?:{_KEYS})\s*\+?=\s*)\S.*")


def mask_text(text: str) -> str:
    """The text of a config file with the secrets replaced, in its comments too; everything else keeps its place."""
    return _PART.sub(_masked_part, text)


def _masked_part(match: re.Match[str]) -> str:
    if match.group("comment"):
        return _COMMENTED.sub(rf"\1{MASK}", match.group())
    if match.group("setting"):
        return f'{match.group("setting")}"{MASK}"'
    text = match.group("string")
    return text[0] + _INSIDE.sub(rf"\1{MASK}", text[1:-1]) + text[-1]


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


def spellings(secret: str) -> set[str]:
    """The secret, and as it stands in a message that shows a value as Python, JSON or xl would write it."""
    return {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}


def _secrets(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _secrets(item, str(name))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _secrets(item, key)
    elif value is not None and not isinstance(value, bool):
        if key in SECRET_KEYS:
            # an empty one would have Ansible put its mask between all letters of the result
            yield from filter(None, [str(value)])
        else:
            yield from (match.group(2) for match in _INSIDE.finditer(str(value)))
