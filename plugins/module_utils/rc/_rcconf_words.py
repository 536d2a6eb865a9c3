# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Words of the shell as rc.conf(5) uses them: quoting and expansions, with the place of every character.

rc.subr(8) sources rc.conf, so the grammar is sh(1)'s. Nothing is ever run: what only a shell could know becomes a part
of kind ``unknown``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConfigSyntaxError

CHAR = "char"
PARAMETER = "parameter"
UNKNOWN = "unknown"

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_SPECIAL = r"[0-9@*#?$!-]"
_PLAIN = re.compile(rf"\$({NAME}|{_SPECIAL})")
_BRACED = re.compile(rf"\$\{{({NAME}|[0-9]+|{_SPECIAL})")
_LENGTH = re.compile(rf"\$\{{#(?:{NAME}|[0-9]+)\}}")
_OPERATOR = re.compile(r":?[-=?+]|%%?|##?")
# ends a word where it stands outside quotes
_META = frozenset(" \t\n;&|()<>")


class Part(NamedTuple):
    """One piece of a word.

    :param kind: ``char`` (one character, ``text`` is what it stands for), ``parameter`` (``$name``, ``${name:-word}``)
        or ``unknown`` ($(...), `...`, $((...)), ~: only a shell knows).
    :param start: offset in the file, likewise ``end`` (one past the last).
    :param quote: the quotes that it stands in: empty, ``'``, ``"``, or a backslash for an escaped character.
    """

    kind: str
    text: str
    start: int
    end: int
    quote: str
    name: str = ""
    operator: str = ""
    argument: tuple[Part, ...] = ()


class Word(NamedTuple):
    """A word with its place in the file; ``parts`` is empty for nothing and for empty quotes."""

    start: int
    end: int
    parts: tuple[Part, ...]

    @property
    def literal(self) -> str | None:
        """What it says when no shell is needed to know; else None."""
        if any(part.kind != CHAR for part in self.parts):
            return None
        return "".join(part.text for part in self.parts)

    @property
    def bare(self) -> str | None:
        """The same for a word without any quoting: only such a word can be reserved."""
        return self.literal if all(not part.quote for part in self.parts) else None


class Lexer:
    """Reads words from ``text``; ``position`` is the offset of the next character."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.position = 0

    def error(self, offset: int, reason: str, hint: str = "") -> ConfigSyntaxError:
        """The error at an offset, for raising."""
        line = self.text.count("\n", 0, offset) + 1
        column = offset - (self.text.rfind("\n", 0, offset) + 1) + 1
        return ConfigSyntaxError(self.path, line, column, reason, hint)

    def peek(self, length: int = 1) -> str:
        return self.text[self.position : self.position + length]

    def word(self) -> Word:
        """The word that begins here; it may be empty.

        :raises ConfigSyntaxError: a quote or a bracket is not closed.
        """
        start = self.position
        parts: list[Part] = []
        while self.position < len(self.text) and self.peek() not in _META:
            self._piece(parts, "")
        return Word(start, self.position, tuple(_with_tildes(parts)))

    def _piece(self, parts: list[Part], closing: str) -> None:
        """One piece outside double quotes; ``closing`` is ``}`` inside ${name:-word}."""
        start, char = self.position, self.peek()
        if char == "\\":
            self._backslash(parts, "", closing)
        elif char == "'":
            end = self.text.find("'", start + 1)
            if end < 0:
                raise self.error(start, "the quote ' is not closed.")
            parts += [Part(CHAR, self.text[at], at, at + 1, "'") for at in range(start + 1, end)]
            self.position = end + 1
        elif char == '"':
            self.position += 1
            self._double_quoted(parts, start)
        elif char in "$`":
            parts.append(self._expansion(""))
        else:
            parts.append(Part(CHAR, char, start, start + 1, ""))
            self.position += 1

    def _double_quoted(self, parts: list[Part], opened: int) -> None:
        while self.peek() != '"':
            if not self.peek():
                raise self.error(opened, 'the quote " is not closed.')
            self._quoted_piece(parts, '"')
        self.position += 1

    def _quoted_piece(self, parts: list[Part], escapable: str) -> None:
        char = self.peek()
        if char == "\\":
            self._backslash(parts, '"', escapable)
        elif char in "$`":
            parts.append(self._expansion('"'))
        else:
            parts.append(Part(CHAR, char, self.position, self.position + 1, '"'))
            self.position += 1

    def _backslash(self, parts: list[Part], quote: str, escapable: str) -> None:
        """A backslash takes a line's end away, and what follows from its meaning. Inside double quotes it is itself
        before any other character than these."""
        start, following = self.position, self.text[self.position + 1 : self.position + 2]
        if following == "\n":
            self.position += 2
        elif following and (not quote or following in "$`\\" + escapable):
            parts.append(Part(CHAR, following, start, start + 2, quote or "\\"))
            self.position += 2
        else:
            parts.append(Part(CHAR, "\\", start, start + 1, quote))
            self.position += 1

    def _expansion(self, quote: str) -> Part:
        start = self.position
        if self.peek() == "`":
            self._skip_backquotes()
        elif self.peek(2) == "${":
            return self._braced(quote)
        elif self.peek(3) == "$((":
            self._skip_arithmetic()
        elif self.peek(2) == "$(":
            self.position += 2
            self.command_list(start)
        elif not quote and self.peek(2) == "$'":
            self._dollar_quotes(start)
        else:
            match = _PLAIN.match(self.text, start)
            if not match:
                self.position += 1
                return Part(CHAR, "$", start, start + 1, quote)
            self.position = match.end()
            return Part(PARAMETER, match.group(), start, match.end(), quote, match.group(1))
        return Part(UNKNOWN, self.text[start : self.position], start, self.position, quote)

    def _dollar_quotes(self, start: int) -> None:
        """$'...': with escapes in some shells, a dollar and quotes in others."""
        end = self.text.find("'", start + 2)
        if end < 0 or "\\" in self.text[start:end]:
            raise self.error(start, "$' is not understood: shells differ about it.")
        self.position = end + 1

    def command_list(self, opened: int) -> None:
        """Skip the commands of $(...) with the closing bracket; the parser knows how."""
        raise NotImplementedError

    def commands_of(self, text: str) -> None:
        """Check commands that stand between backquotes."""
        raise NotImplementedError

    def _skip_backquotes(self) -> None:
        match = re.compile(r"`((?:[^`\\]|\\.)*)`", re.DOTALL).match(self.text, self.position)
        if not match:
            raise self.error(self.position, "the backquote ` is not closed.")
        try:
            self.commands_of(re.sub(r"\\([$`\\])", r"\1", match.group(1)))
        except ConfigSyntaxError as error:
            raise self.error(self.position, f"between backquotes: {error.reason}") from None
        self.position = match.end()

    def _skip_arithmetic(self) -> None:
        depth, at = 0, self.position + 2
        while True:
            at += 1
            char = self.text[at : at + 1]
            if not char:
                raise self.error(self.position, "$(( is not closed.")
            depth += {"(": 1, ")": -1}.get(char, 0)
            if depth < 0 and self.text.startswith("))", at):
                self.position = at + 2
                return

    def _braced(self, quote: str) -> Part:
        start = self.position
        length = _LENGTH.match(self.text, start)
        if length:
            self.position = length.end()
            return Part(UNKNOWN, length.group(), start, length.end(), quote)
        match = _BRACED.match(self.text, start)
        if not match:
            raise self.error(start, "${ is not followed by a name.")
        operator = _OPERATOR.match(self.text, match.end())
        self.position = operator.end() if operator else match.end()
        argument: list[Part] = []
        while self.peek() != "}":
            if not self.peek() or not operator:
                raise self.error(start, "${ is not closed.")
            if quote and self.peek() == '"':
                self.position += 1
            elif quote:
                self._quoted_piece(argument, '"}')
            else:
                self._piece(argument, "}")
        self.position += 1
        text = self.text[start : self.position]
        name, sign = match.group(1), operator.group() if operator else ""
        return Part(PARAMETER, text, start, self.position, quote, name, sign, tuple(argument))


def _with_tildes(parts: list[Part]) -> list[Part]:
    """~ at the beginning, or behind a colon, stands for a home directory when it is not quoted."""
    found = []
    for number, part in enumerate(parts):
        before = parts[number - 1] if number else None
        first = before is None or (before.kind == CHAR and before.text == ":" and not before.quote)
        tilde = part.kind == CHAR and part.text == "~" and not part.quote and first
        found.append(part._replace(kind=UNKNOWN) if tilde else part)
    return found
