# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Writing values in the language of xl config files, so that Xen reads back exactly what was given."""

from __future__ import annotations

import re
from typing import Any, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_parser import Value

QUOTES = ("'", '"')
INDENT = "    "
_KEY = re.compile(r"[a-z][._0-9a-z]*\Z")
_NUMBER = re.compile(r"[0-9][0-9a-fx]*\Z")
_ESCAPES = {
    "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
}  # fmt: skip


class Number(str):
    """Text to be written without quotes, as a number of the language."""

    __slots__ = ()


def check_key(key: str) -> str:
    """``key`` if xl can read it as the name of a setting.

    :raises BadValue: otherwise.
    """
    if not isinstance(key, str) or not _KEY.match(key):
        raise BadValue("config", key, "a setting's name is a lower-case letter, then a-z, 0-9, dots and underscores.")
    return key


def normalise(value: Any, option: str = "config") -> Value:
    """A value as xl will read it back: numbers become text (bool: 1 and 0), tuples become lists.

    Non-negative integers become ``Number``, which is written without quotes; the language has no negative numbers, so
    those become strings, which xl reads as numbers too (strtol).

    :raises BadValue: for what no config file can hold: NUL, other types, text that is no text.
    """
    if isinstance(value, bool):
        return Number(int(value))
    if isinstance(value, int):
        return Number(value) if value >= 0 else str(value)
    if isinstance(value, str):
        _check_text(value, option)
        return value
    if isinstance(value, (list, tuple)):
        return [normalise(item, option) for item in value]
    raise BadValue(option, value, f"a setting is a string, a number or a list, not {type(value).__name__}.")


def _check_text(value: str, option: str) -> None:
    if "\0" in value:
        raise BadValue(option, value, "xl cannot read a NUL character.")
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise BadValue(option, value, f"cannot be written as UTF-8: {error.reason}.") from error


def quote(value: str, preferred: str) -> str:
    """``value`` as a string of the language, in the preferred quotes unless only the other ones need no escapes."""
    other = QUOTES[preferred == QUOTES[0]]
    mark = other if preferred in value and other not in value else preferred
    return mark + "".join(_ESCAPES.get(char, "\\" + char if char == mark else char) for char in value) + mark


def scalar(value: str, preferred: str = QUOTES[1], bare: bool = False) -> str:
    """A string or number; ``bare`` writes any text that is a number of the language without quotes."""
    if isinstance(value, Number) or (bare and _NUMBER.match(value)):
        return str(value)
    return quote(value, preferred)


def render_value(value: Any, option: str = "config", preferred: str | None = None) -> str:
    """A value in a person's layout: a list of one item on one line, of several items with one item a line.

    Strings stand in double quotes, items of lists in single quotes, as in Xen's own examples; ``preferred`` says
    otherwise for both.

    :raises BadValue: see normalise().
    """
    return _render(normalise(value, option), "", preferred)


def _render(value: Value, indent: str, preferred: str | None) -> str:
    if isinstance(value, str):
        return scalar(value, preferred or QUOTES[0 if indent else 1])
    inner = indent + INDENT
    items = [_render(item, inner, preferred or QUOTES[0]) for item in value]
    if not items:
        return "[ ]"
    if len(items) == 1:
        return f"[ {items[0]} ]"
    lines = [f"{inner}{item},\n" for item in items]
    return "[\n" + "".join(lines) + indent + "]"


def render_setting(key: str, value: Any) -> str:
    """One line, or several for a list, with its newline."""
    return f"{check_key(key)} = {render_value(value, key)}\n"


def new_document(items: Sequence[tuple[str, Any]], header: str = "") -> str:
    """The text of a new config file.

    :param items: keys with their values, in the order to write.
    :param header: text for a comment above the settings, without the ``#``.
    :raises BadValue: for a key or value that xl could not read.
    """
    lines: list[str] = [f"# {line}".rstrip() + "\n" for line in header.splitlines()]
    if lines:
        lines.append("\n")
    lines.extend(render_setting(key, value) for key, value in items)
    return "".join(lines)
