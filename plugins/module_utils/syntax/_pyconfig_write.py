# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Writing values into a Python config file: in words that Python 2, Python 3 and xl read alike.

Positions are those of a text with one character a byte, see ``_pyconfig``.
"""

from __future__ import annotations

import ast
import keyword
import re
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._pyconfig_reader import Setting
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_list import align, edit_list
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_parser import Node, Value
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_render import INDENT, QUOTES, Number, quote
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_render import normalise as xl_normalise

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_PLAIN_TEXT = re.compile(r"[\x20-\x7e]*\Z")
_LITERALS = (ast.Constant, ast.List, ast.Tuple, ast.Load, ast.UnaryOp, ast.USub, ast.BinOp, ast.Add)
_NEWLINE = re.compile(r"\r\n|\r|\n")
_BLANK = " \t"


class Lines:
    """Where the lines of a text begin, for the positions that ast gives: lines from 1, columns in UTF-8 bytes."""

    def __init__(self, data: str) -> None:
        self._data = data
        self._starts = [0, *(match.end() for match in _NEWLINE.finditer(data))]

    def start(self, node: Any) -> int:
        return self._at(node.lineno, node.col_offset)

    def end(self, node: Any) -> int:
        return self._at(node.end_lineno, node.end_col_offset)

    def _at(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self._data)
        return start + len(self._data[start:end].encode("utf-8")[:column].decode("utf-8", "ignore"))


def is_literal(node: ast.expr) -> bool:
    """Whether an expression is written out: it names nothing and calls nothing."""
    return all(isinstance(part, _LITERALS) for part in ast.walk(node))


def normalise(value: Any, key: str) -> Any:
    """A value as it will be read back; integers become ``Number``, which is written without quotes.

    :raises BadValue: for a key that is no name in Python, and for what no config file can hold.
    """
    if not _KEY.match(key) or keyword.iskeyword(key) or key in ("None", "print", "exec"):
        raise BadValue("config", key, "xm's config files are Python, and this is no name of a variable there.")
    if isinstance(value, int) and value < 0:
        return Number(value)
    return xl_normalise(value, key)


def render_setting(key: str, value: Any) -> str:
    """One line, or several for a list, with its newline.

    :raises BadValue: as ``normalise``.
    """
    return f"{key} = {render(normalise(value, key))}\n"


def render(value: Any, preferred: str = QUOTES[1]) -> str:
    """A value of ``normalise`` in a person's layout, as ``_xlcfg_render`` has it."""
    if not isinstance(value, list):
        return _scalar(value, preferred)
    items = [render(item, QUOTES[0]) for item in value]
    if len(items) < 2:
        return f"[ {items[0]} ]" if items else "[ ]"
    return "[\n" + "".join(f"{INDENT}{item},\n" for item in items) + "]"


def _scalar(value: str, preferred: str) -> str:
    """Bytes beyond ASCII are escaped: Python 2 refuses a file that has them and does not say in which encoding."""
    if isinstance(value, Number):
        return str(value)
    quoted = quote(value.encode("utf-8", "surrogateescape").decode("latin-1"), preferred)
    return re.sub(r"[^\x20-\x7e]", lambda match: f"\\x{ord(match.group()):02x}", quoted)


def edited_value(data: str, lines: Lines, setting: Setting, old: Any, new: Any, keep: bool) -> str:
    """The text with another value in one statement.

    :param keep: the statement is all that makes the value, so items of a list that stay can stay where they are.
    """
    start, end = _value_range(data, lines, setting)
    node = _node(data, lines, setting.value) if keep else None
    if node is not None and isinstance(new, list) and node.is_list and _all_plain(new):
        if not isinstance(node.value, list):
            raise AssertionError("unreachable")
        value = edit_list(data, node, align(node.value, new), new)
        return data[: node.start] + value + data[node.end :]
    mark = data[start] if data[start] in QUOTES else ""
    if mark and isinstance(new, Number):
        new = str(new)  # a number that stood in quotes stays there; xm takes it either way
    value = render(new, mark or QUOTES[1])
    return data[:start] + value + data[end:]


def _value_range(data: str, lines: Lines, setting: Setting) -> tuple[int, int]:
    """From behind the = to the end of the statement: brackets around the value belong to it."""
    start = data.index("=", lines.end(setting.target)) + 1
    end = lines.end(setting.statement)
    return start + len(data[start:end]) - len(data[start:end].lstrip(_BLANK)), end


def _all_plain(values: list[Any]) -> bool:
    return all(isinstance(value, str) and _PLAIN_TEXT.match(value) for value in values)


def _node(data: str, lines: Lines, value: ast.expr) -> Node | None:
    """A list of plain strings as ``_xlcfg_list`` knows it; None for all else."""
    if not isinstance(value, ast.List):
        return None
    items = []
    for item in value.elts:
        start, end = lines.start(item), lines.end(item)
        source = data[start:end]
        if not isinstance(item, ast.Constant) or not isinstance(item.value, str) or not _is_one_string(source):
            return None
        items.append(Node(start, end, item.value, ()))
    start, end = lines.start(value), lines.end(value)
    between = (
        data[start:end] if not items else data[start : items[0].start] + _gaps(data, items) + data[items[-1].end : end]
    )
    if re.search(r"[()\\\r]", re.sub(r"#[^\n]*", "", between)):
        return None
    texts: Value = [str(item.value) for item in items]
    return Node(start, end, texts, tuple(items))


def _gaps(data: str, items: list[Node]) -> str:
    return "".join(data[before.end : after.start] for before, after in zip(items, items[1:]))


def _is_one_string(source: str) -> bool:
    """Not several that Python puts together, not one with a prefix or three quotes, not over several lines."""
    mark = source[0]
    return (
        mark in QUOTES
        and bool(re.match(rf"{mark}(?:[^\\\n{mark}]|\\[^\n])*{mark}\Z", source))
        and source[:3] != mark * 3
    )


def without(data: str, lines: Lines, statement: ast.stmt) -> str:
    """The text without a statement: with its lines if it is alone there, else with one of the semicolons."""
    start, end = lines.start(statement), lines.end(statement)
    before = re.split(r"[\r\n]", data[:start])[-1]
    after = re.match(r"[ \t]*(;?)[ \t]*(#[^\r\n]*)?(\r\n|\r|\n|\Z)?", data[end:])
    if after is None:
        raise AssertionError("unreachable")
    if before.strip(_BLANK):
        cut = data.rindex(";", 0, start)
        return data[:cut].rstrip(_BLANK) + data[end:]
    if after.group(3) is not None:
        return data[: start - len(before)] + data[end + after.end() :]
    rest = data[end + after.end(1) :]
    return data[:start] + rest.lstrip(_BLANK)
