# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The parser of xl config files, the same grammar as Xen's (tools/libs/util/libxlu_cfg_y.y).

::

    file:      (assignment? (NEWLINE | ';'))* assignment?
    assignment: IDENT ('=' | '+=') value
    value:     STRING | NUMBER | '[' (value (',' value)* ','?)? ']'      newlines may stand anywhere inside [ ]

``+=`` came with Xen 4.13: an older xl refuses a file that has it.
"""

from __future__ import annotations

import re
from typing import Any, List, NamedTuple, Union

from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_lexer import (
    END,
    IDENT,
    NEWLINE,
    NUMBER,
    STRING,
    Token,
    dequote,
    syntax_error,
    tokens,
)

# A string or number (xl keeps both as text), or a list of values.
Value = Union[str, List[Any]]

ASSIGN, ADD = "=", "+="
_OPERATOR_AHEAD = re.compile(r"[ \t]*\+?=")
MAX_DEPTH = 64  # of lists in lists; Xen's own parser stops at some thousands, no key uses more than two


class Node(NamedTuple):
    """A value with its place: ``text[start:end]``; ``items`` are the nodes of a list's items."""

    start: int
    end: int
    value: Value
    items: tuple[Node, ...]

    @property
    def is_list(self) -> bool:
        return isinstance(self.value, list)


class Statement(NamedTuple):
    """``key op value`` at ``text[start:node.end]``; ``op_at`` is where the operator begins."""

    key: str
    op: str
    start: int
    op_at: int
    node: Node


def parse_statements(text: str, path: str) -> list[Statement]:
    """All assignments in the order of the file.

    :raises ConfigSyntaxError: wherever Xen's parser would refuse the file.
    """
    return _Parser(text, path).statements()


class _Parser:
    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path
        self._tokens = tokens(text, path)
        self.token = next(self._tokens)

    def statements(self) -> list[Statement]:
        found: list[Statement] = []
        while self.token.kind != END:
            if self.token.kind == IDENT:
                found.append(self._assignment())
                if self.token.kind == END:
                    break
            if self.token.kind not in (NEWLINE, ";"):
                raise self._unexpected("the end of the line" if found else "a setting, key = value")
            self._next()
        _check_additions(found, self.text, self.path)
        return found

    def _assignment(self) -> Statement:
        name = self._next()
        if self.token.kind not in (ASSIGN, ADD):
            raise self._unexpected(f"= after {self.text[name.start : name.end]}")
        operator = self._next()
        node = self._value(depth=0)
        return Statement(self.text[name.start : name.end], operator.kind, name.start, operator.start, node)

    def _value(self, depth: int) -> Node:
        if self.token.kind == "[":
            return self._list(depth + 1)
        if self.token.kind not in (STRING, NUMBER):
            raise self._unexpected("a string, a number or a list")
        token = self._next()
        value = dequote(self.text, self.path, token) if token.kind == STRING else self.text[token.start : token.end]
        return Node(token.start, token.end, value, ())

    def _list(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise syntax_error(self.text, self.path, self.token.start, f"lists nested deeper than {MAX_DEPTH}")
        start = self._next().start
        items: list[Node] = []
        self._skip_newlines()
        while self.token.kind != "]":
            self._refuse_unclosed(start)
            items.append(self._value(depth))
            self._skip_newlines()
            if self.token.kind == ",":
                self._next()
                self._skip_newlines()
            elif self.token.kind != "]":
                self._refuse_unclosed(start)
                raise self._unexpected(", or ]")
        return Node(start, self._next().end, [item.value for item in items], tuple(items))

    def _skip_newlines(self) -> None:
        while self.token.kind == NEWLINE:
            self._next()

    def _next(self) -> Token:
        """Step over the current token and return it."""
        token = self.token
        if token.kind != END:
            self.token = next(self._tokens)
        return token

    def _refuse_unclosed(self, start: int) -> None:
        """Blame the bracket, not the line far below it where the file ends or the next setting begins."""
        ends = self.token.kind == END or (
            self.token.kind == IDENT and _OPERATOR_AHEAD.match(self.text, self.token.end) is not None
        )
        if ends:
            raise syntax_error(self.text, self.path, start, "a list that is not closed", "Close it with ].")

    def _unexpected(self, wanted: str) -> Exception:
        token = self.token
        got = self.text[token.start : token.end]
        if token.kind in (NEWLINE, END):
            got = f"the {token.kind}"
        elif token.kind == STRING:
            got = "a string"  # it may be a secret
        return syntax_error(self.text, self.path, token.start, f"{got} where {wanted} should be", self._hint())

    def _hint(self) -> str:
        kind, word = self.token.kind, self.text[self.token.start : self.token.end]
        line = self.text[self.text.rfind("\n", 0, self.token.start) + 1 : self.token.start].split()
        if line[:1] in (["import"], ["from"], ["def"], ["if"], ["for"]):
            return "xl reads settings of the form key = value only; Python code worked with xm."
        if word in ("true", "false", "none", "yes", "no", "on", "off"):
            return "Booleans are the numbers 1 and 0."
        if kind == IDENT and line and line[-1] in ("=", "+="):
            return f"Put quotes around a string: '{word}'."
        if kind == STRING and line:
            return "Strings are not joined; one value ends with its line or with a semicolon."
        if kind == IDENT and line:
            return "Put each setting on a line of its own, or a semicolon between them."
        return ""


def _check_additions(statements: list[Statement], text: str, path: str) -> None:
    """Refuse ``+=`` of a list to a string and the reverse, as xlu__cfg_concat_vals() does."""
    was_list: dict[str, bool] = {}
    for statement in statements:
        is_list = statement.node.is_list
        if statement.op == ADD and was_list.get(statement.key, is_list) != is_list:
            reason = f"a {'list' if is_list else 'string'} added to {statement.key}, which is not one"
            hint = "Add a list to a list, or a string to a string."
            raise syntax_error(text, path, statement.start, reason, hint)
        was_list[statement.key] = is_list
