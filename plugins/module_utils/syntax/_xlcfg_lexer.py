# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The lexer of xl config files, the same language as Xen's flex rules (tools/libs/util/libxlu_cfg_l.l).

Every token knows its place in the text, so that an edit can leave all other bytes alone. Texts are ``str`` in which
bytes that are not UTF-8 are surrogate escapes; Xen works on bytes and takes any of them in strings and comments.
"""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConfigSyntaxError

IDENT = "identifier"
NUMBER = "number"
STRING = "string"
NEWLINE = "end of line"
END = "end of file"
# The other kinds are the characters themselves: = += ; [ ] ,

_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t]+)
  | (?P<ident>[a-z][._0-9a-z]*)
  | (?P<number>[0-9][0-9a-fx]*)
  | (?P<newline>\n|\#[^\n]*\n)
  | (?P<string>'(?:[^'\\\n]|\\[^\n])*'|"(?:[^"\\\n]|\\[^\n])*")
  | (?P<mark>\+=|[=;\[\],])
    """,
    re.VERBOSE,
)
_KINDS = {"ident": IDENT, "number": NUMBER, "newline": NEWLINE, "string": STRING}
_ESCAPES = {
    '"': '"', "'": "'", "\\": "\\",
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip
# strtoul(…, 10) over at most three characters: it skips white space and takes a sign before the digits.
_OCTAL = re.compile(r"[ \t\v\f\r]*[+-]?[0-9]+")


class Token(NamedTuple):
    """``text[start:end]`` is the token; a NEWLINE token includes the comment before it."""

    kind: str
    start: int
    end: int


def tokens(text: str, path: str) -> Iterator[Token]:
    """All tokens but blanks, closed by one END token.

    :raises ConfigSyntaxError: at the first character with which no token can begin.
    """
    nul = text.find("\0")
    if nul >= 0:
        raise syntax_error(text, path, nul, "a NUL byte", "xl cannot read NUL bytes; is this really a text file?")
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            if is_ignored_at_end(text, position):
                break
            reason, hint = _explain(text, position)
            raise syntax_error(text, path, position, reason, hint)
        group = str(match.lastgroup)
        if group != "blank":
            yield Token(_KINDS.get(group, match.group()), match.start(), match.end())
        position = match.end()
    yield Token(END, position, len(text))


def is_ignored_at_end(text: str, position: int) -> bool:
    """Whether xl overlooks a wrong character here: it does when that is the very last byte of the file.

    A quirk of the lexer: it collects the rest of a bad word before it complains, and at the end there is no rest.
    """
    return position == len(text) - 1 and (text[position] < "\x80" or "\udc80" <= text[position] <= "\udcff")


def dequote(text: str, path: str, token: Token) -> str:
    """The value of a STRING token, decoded as xlu__cfgl_dequote() in libxlu_cfg.c does.

    Its numeric escapes are broken, and copied here as they are: ``\\x..`` is always an error, and an octal escape such
    as ``\\101`` needs two decimal digits after the first one, is skipped, and yields nothing.
    """
    body_end = token.end - 1
    out = []
    position = token.start + 1
    while position < body_end:
        char = text[position]
        position += 1
        if char != "\\":
            out.append(char)
            continue
        escape = text[position]
        position += 1
        if escape in _ESCAPES:
            out.append(_ESCAPES[escape])
        elif "0" <= escape <= "7":
            digits = _OCTAL.match(text, position, min(position + 3, body_end))
            if digits is None or digits.end() < position + 2:
                raise syntax_error(text, path, position - 2, "a broken octal escape in a string", _ESCAPE_HINT)
            position = digits.end()
        elif escape == "x":
            raise syntax_error(text, path, position - 2, "a hexadecimal escape, which xl never accepts", _ESCAPE_HINT)
        else:
            raise syntax_error(text, path, position - 2, f"an unknown escape \\{escape} in a string", _ESCAPE_HINT)
    return "".join(out)


def syntax_error(text: str, path: str, position: int, reason: str, hint: str = "") -> ConfigSyntaxError:
    """The error at a place of the text, with its line and column (from 1)."""
    line_start = text.rfind("\n", 0, position) + 1
    line, column = text.count("\n", 0, position) + 1, position - line_start + 1
    return ConfigSyntaxError(path, line, column, reason + ".", hint)


_ESCAPE_HINT = r"Write the character itself, or one of \\ \" \' \a \b \f \n \r \t \v."
_PYTHON_HINT = "xl reads settings of the form key = value only; Python code worked with xm."
_HINTS = (
    (r"\r", "a carriage return", "The file has DOS line ends (CRLF); convert it to plain newlines."),
    (r"#", "a comment that no newline ends", "End the last line of the file with a newline."),
    (r"\ufeff", "a byte order mark", "Save the file as UTF-8 without a byte order mark."),
    (r"(True|False|None)\b", r"the Python word {0}", "xl has no such words: write 1 or 0, or leave the key out."),
    (r"['\"]", "a string that is not closed on its line", "Close the quote before the end of the line."),
    (r"-[ \t]*[0-9]", "a negative number", 'A number has no sign here; write it as a string: "-1".'),
    (r"[A-Z][A-Za-z0-9_.]*(?=[ \t]*\+?=)", "the name {0}", "Names of settings are written in lower case."),
    (r"[A-Z]", "the capital letter {0}", "Names, and the digits of hexadecimal numbers, are written in lower case."),
    (r"[(){}:+\-*/%]", "the character {0}", _PYTHON_HINT),
    (r"\\", "a backslash outside a string", "A value ends with its line; only lists go on over several lines."),
)


def _explain(text: str, position: int) -> tuple[str, str]:
    """Reason and cure for a character that begins no token."""
    for pattern, reason, hint in _HINTS:
        match = re.compile(pattern).match(text, position)
        if match:
            return reason.format(match.group()), hint
    return f"the character {text[position]!r}", "Only comments and strings may hold such a character."
