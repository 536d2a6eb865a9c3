# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""xl config files, read as Xen reads them and edited without touching what is not meant.

::

    document = parse(read_text(data), path)
    document.get("memory")          # "512": xl keeps numbers as text
    document.set("memory", 1024)    # only these digits change
    data = to_bytes(document.render())

The language is described in _xlcfg_lexer.py and _xlcfg_parser.py; all of it is held to Xen's own parser in the tests.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_lexer import is_ignored_at_end
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_list import Pair, align, edit_list, edit_value
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_parser import (
    ASSIGN,
    Statement,
    Value,
    parse_statements,
)
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_render import (
    Number,
    check_key,
    new_document,
    normalise,
    render_setting,
    render_value,
)

__all__ = ["Document", "Value", "new_document", "parse", "read_text", "render_value", "to_bytes", "to_long"]

_LONG = re.compile(r"[ \t\n\v\f\r]*([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))\Z")
_LONG_MAX = 2**63 - 1
_BLANK = " \t"


def read_text(data: bytes) -> str:
    """The text of a file; bytes that are not UTF-8 survive as surrogate escapes, since xl takes any byte."""
    return data.decode("utf-8", "surrogateescape")


def to_bytes(text: str) -> bytes:
    """The bytes of a text; the exact reverse of read_text()."""
    return text.encode("utf-8", "surrogateescape")


def to_long(text: str) -> int:
    """The number that xl makes of a setting's text: strtol(…, 0), as xlu_cfg_get_long() in libxlu_cfg.c.

    A leading 0x means hexadecimal, a leading 0 octal.

    :raises ValueError: where xl refuses the text as a number.
    """
    match = _LONG.match(text)
    if not match:
        raise ValueError(f"{text!r} is not a number")
    sign, hexadecimal, octal, decimal = match.groups()
    number = int(hexadecimal, 16) if hexadecimal else int(octal, 8) if octal else int(decimal)
    if sign == "-":
        number = -number
    if not -_LONG_MAX - 1 <= number <= _LONG_MAX:
        raise ValueError(f"{text!r} does not fit in 64 bits")
    return number


def parse(text: str, path: str = "<config>") -> Document:
    """Read a config file.

    :param path: what error messages call the text.
    :raises ConfigSyntaxError: where xl would refuse the file, with the cure for the frequent causes.
    """
    return Document(text, path)


class Document:
    """A config file: its effective values, and its text, which edits change only where they must.

    A key may be set more than once: the last ``=`` counts, each ``+=`` after it adds to it.
    """

    def __init__(self, text: str, path: str = "<config>") -> None:
        self._path = path
        self._read(text)

    def _read(self, text: str) -> None:
        self._statements = parse_statements(text, self._path)
        self._text = text

    def render(self) -> str:
        """The text, byte for byte but for the edits."""
        return self._text

    def keys(self) -> list[str]:
        """All keys, in the order of their first appearance."""
        return list(dict.fromkeys(statement.key for statement in self._statements))

    def as_dict(self) -> dict[str, Value]:
        """All keys with their effective values."""
        return {key: self._effective(key) for key in self.keys()}

    def get(self, key: str) -> Value | None:
        """The effective value: text (numbers too), a list, or None for a key that is not set."""
        return self._effective(key) if self._effective_statements(key) else None

    def line_of(self, key: str) -> int:
        """The line (from 1) of the last statement that sets the key.

        :raises KeyError: for a key that is not set.
        """
        statements = self._effective_statements(key)
        if not statements:
            raise KeyError(key)
        return self._text.count("\n", 0, statements[-1].start) + 1

    def set(self, key: str, value: Any) -> None:
        """Give a key this value (str, int, bool or a nested list of these), changing as few bytes as possible.

        Nothing changes when it has this value already; an int equals any spelling of the number. A new key is added at
        the end of the file.

        :raises BadValue: for a key or value that xl could not read.
        """
        new = normalise(value, check_key(key))
        statements = self._effective_statements(key)
        if not statements:
            self._append(key, new)
        elif not self._is_already(statements, new):
            old = self._effective(key)
            if isinstance(new, list) and isinstance(old, list):
                self._set_list(statements, old, new)
            else:
                self._set_whole(statements, new)

    def remove(self, key: str) -> None:
        """Remove all statements of the key, each with its line if it stood there alone. A missing key is no error."""
        for statement in reversed([found for found in self._statements if found.key == key]):
            self._text = _without(self._text, statement)
        self._read(self._text)

    def _effective_statements(self, key: str) -> list[Statement]:
        """The last ``=`` of the key and all ``+=`` after it."""
        mine = [statement for statement in self._statements if statement.key == key]
        assigned = [index for index, statement in enumerate(mine) if statement.op == ASSIGN]
        return mine[assigned[-1] :] if assigned else mine

    def _effective(self, key: str) -> Value:
        values = [statement.node.value for statement in self._effective_statements(key)]
        if isinstance(values[0], str):
            return "".join(str(value) for value in values)
        return [item for value in values for item in value]

    def _is_already(self, statements: list[Statement], new: Value) -> bool:
        old = self._effective(statements[0].key)
        if isinstance(new, list) or isinstance(old, list):
            return isinstance(new, list) and isinstance(old, list) and old == new
        if not isinstance(new, Number):
            return old == new
        # xl refuses to read a number where the last word was +=, so that must be rewritten even if the digits agree.
        try:
            return statements[-1].op == ASSIGN and to_long(old) == int(new)
        except ValueError:
            return False

    def _append(self, key: str, value: Value) -> None:
        text = self._text
        if text and is_ignored_at_end(text, len(text) - 1) and not text.endswith("\n"):
            text = self._without_ignored_end(text)
        if text and not text.endswith("\n"):
            text += "\n"
        self._read(text + render_setting(key, value))

    def _without_ignored_end(self, text: str) -> str:
        """Drop a wrong last character that xl overlooks only as long as it is the last one; # begins a comment."""
        end = max((statement.node.end for statement in self._statements), default=0)
        last = text[-1]
        return text[:-1] if len(text) > end and last not in "#;" + _BLANK else text

    def _set_list(self, statements: list[Statement], old: list[Value], new: list[Value]) -> None:
        """Edit the items where they stand; a new item joins the statement of the item before it."""
        owner = [number for number, found in enumerate(statements) for _item in found.node.items]
        first = [owner.index(number) if number in owner else 0 for number in range(len(statements))]
        steps: list[list[Pair]] = [[] for _found in statements]
        pairs = align(old, new)
        current = next((owner[pair.old] for pair in pairs if pair.old is not None), len(statements) - 1)
        for pair in pairs:
            if pair.old is not None:
                current = owner[pair.old]
                pair = Pair(pair.old - first[current], pair.new)
            steps[current].append(pair)
        text = self._text
        for number, found in reversed(list(enumerate(statements))):
            todo = steps[number]
            if number and todo and all(pair.new is None for pair in todo):
                text = _without(text, found)
            else:
                text = text[: found.node.start] + edit_list(self._text, found.node, todo, new) + text[found.node.end :]
        self._read(text)

    def _set_whole(self, statements: list[Statement], new: Value) -> None:
        """Write the value where it was first set; what was added to it later goes."""
        text = self._text
        for added in reversed(statements[1:]):
            text = _without(text, added)
        found = statements[0]
        operator = ASSIGN if isinstance(new, Number) else found.op
        between = text[found.op_at + len(found.op) : found.node.start]
        value = edit_value(self._text, found.node, new)
        self._read(text[: found.op_at] + operator + between + value + text[found.node.end :])


def _without(text: str, statement: Statement) -> str:
    """``text`` without a statement: with its whole line if it is alone there, else with one of the semicolons."""
    start, end = statement.start, statement.node.end
    line_start = text.rfind("\n", 0, start) + 1
    before = text[line_start:start].strip(_BLANK)
    after = end + len(text[end:]) - len(text[end:].lstrip(_BLANK))
    if text[after : after + 1] == ";":
        rest = after + 1
        rest += len(text[rest:]) - len(text[rest:].lstrip(_BLANK))
        if text[rest : rest + 1] not in ("", "\n", "#"):
            return text[:start] + text[rest:]
        if before:
            return text[:start].rstrip(_BLANK) + text[after + 1 :]
    elif before:
        return text[: text.rindex(";", 0, start)].rstrip(_BLANK) + text[end:]
    newline = text.find("\n", after)
    return text[:line_start] + (text[newline + 1 :] if newline >= 0 else "")
