# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""S-expressions of xend: the config file xend-config.sxp, read as xend reads it and edited a form at a time.

Source: tools/python/xen/xend/sxp.py (Parser): lists in parentheses, atoms, strings in either quote with backslash
escapes, and comments from ``#`` to the end of the line wherever a value could begin. Of two forms with one name xend
takes the first (sxp.child_value).
"""

from __future__ import annotations

import re
from typing import NamedTuple, Union

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConfigSyntaxError
from ansible_collections.netbsd.xen.plugins.module_utils.core._secrets import MASK, SECRET_KEYS

# xend's listings have six
_DEEPEST = 100
# A form with a secret in a comment, where nothing says how it ends; but for the one without a password
_COMMENTED = re.compile(rf"""(#[^\n]*\((?:{"|".join(sorted(SECRET_KEYS))})[ \t]+)(?!''\)|""\))[^\n]*""")
Value = Union[str, "list[Value]"]
_BARE = re.compile(r"[^\s()'\"#\\@!]+\Z")
_ATOM_END = " \t\r\n()"
_ESCAPES = {"n": "\n", "t": "\t", "b": "\b", "v": "\v", "f": "\f", "r": "\r"}


class Form(NamedTuple):
    """A list at the top of the file: its values, and where it stands in the text."""

    value: list[Value]
    start: int
    end: int

    @property
    def name(self) -> str | None:
        first = self.value[0] if self.value else None
        return first if isinstance(first, str) else None


def parse(text: str, path: str = "<config>") -> list[Form]:
    """The forms of a file; values outside of any list, which xend passes over, are left out.

    :raises ConfigSyntaxError: a list or a string does not end, or a list ends that never began.
    """
    return _Reader(text, path).forms()


class _Reader:
    def __init__(self, text: str, path: str) -> None:
        self._text, self._path, self._at, self._depth = text, path, 0, 0

    def forms(self) -> list[Form]:
        found = []
        while self._skip():
            start = self._at
            value = self._value()
            if isinstance(value, list):
                found.append(Form(value, start, self._at))
        return found

    def _skip(self) -> bool:
        """Go to the next value; False at the end of the text."""
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == "#":
                newline = self._text.find("\n", self._at)
                self._at = len(self._text) if newline < 0 else newline
            elif char.isspace():
                self._at += 1
            else:
                return True
        return False

    def _value(self) -> Value:
        char = self._text[self._at]
        if char == "(":
            return self._list()
        if char == ")":
            raise self._error(self._at, "a list ends here that has not begun.")
        return self._string(char) if char in "'\"" else self._atom()

    def _list(self) -> list[Value]:
        start = self._at
        self._at += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error(start, f"lists in lists, more than {_DEEPEST} deep.")
        values: list[Value] = []
        while self._skip():
            if self._text[self._at] == ")":
                self._at += 1
                self._depth -= 1
                return values
            values.append(self._value())
        raise self._error(start, "the list that begins here does not end.")

    def _string(self, quote: str) -> str:
        start = self._at
        self._at += 1
        result = ""
        while self._at < len(self._text):
            char = self._text[self._at]
            self._at += 1
            if char == quote:
                return result
            if char == "\\" and self._at < len(self._text):
                char = self._text[self._at]
                char = _ESCAPES.get(char, char)
                self._at += 1
            result += char
        raise self._error(start, "the string that begins here does not end.")

    def _atom(self) -> str:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in _ATOM_END:
            self._at += 1
        return self._text[start : self._at]

    def _error(self, at: int, reason: str) -> ConfigSyntaxError:
        line = self._text.count("\n", 0, at) + 1
        return ConfigSyntaxError(self._path, line, at - self._text.rfind("\n", 0, at), reason)


def get(forms: list[Form], name: str) -> list[Value] | None:
    """The values of the form of this name; None when there is none."""
    found = next((form for form in forms if form.name == name), None)
    return None if found is None else found.value[1:]


def with_value(text: str, name: str, values: list[Value], path: str = "<config>") -> str:
    """The text with a form that has these values. The same text when it has them already.

    A new form goes under the comment that shows its default, ``#(name ...)``, else at the end.
    """
    forms = parse(text, path)
    old = next((form for form in forms if form.name == name), None)
    new = render([name, *values])
    if old is not None:
        return text if old.value[1:] == values else text[: old.start] + new + text[old.end :]
    commented = None
    for match in re.finditer(rf"^[ \t]*#[ \t]*\({re.escape(name)}[\s)].*$", text, re.MULTILINE):
        if not any(form.start < match.start() < form.end for form in forms):
            commented = match
    if commented:
        return text[: commented.end()] + "\n" + new + text[commented.end() :]
    return text + ("" if not text or text.endswith("\n") else "\n") + new + "\n"


def masked(text: str) -> str:
    """The text with the secrets in it replaced, those in its comments too."""
    for form in reversed(parse(text)):
        if form.name in SECRET_KEYS and form.value[1:] not in ([], [""]):
            text = f"{text[: form.start]}({form.name} '{MASK}'){text[form.end :]}"
    return _COMMENTED.sub(rf"\1'{MASK}')", text)


def without(text: str, name: str, path: str = "<config>") -> str:
    """The text without any form of this name, each with its line if it stood there alone."""
    for form in reversed([form for form in parse(text, path) if form.name == name]):
        start, end = form.start, form.end
        line_start = text.rfind("\n", 0, start) + 1
        newline = text.find("\n", end)
        line_end = len(text) if newline < 0 else newline + 1
        if not text[line_start:start].strip() and not text[end:line_end].strip():
            start, end = line_start, line_end
        text = text[:start] + text[end:]
    return text


def render(value: Value) -> str:
    """A value as xend reads it back."""
    if isinstance(value, list):
        return f"({' '.join(render(item) for item in value)})"
    if _BARE.match(value):
        return value
    names = {char: letter for letter, char in _ESCAPES.items()}
    escaped = "".join("\\" + names[char] if char in names else "\\" + char if char in "\\'" else char for char in value)
    return f"'{escaped}'"
