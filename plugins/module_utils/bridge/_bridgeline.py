# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The lines of /etc/ifconfig.bridgeN that this collection understands: calls of brconfig(8) and ifconfig(8).

A line becomes a list of calls, and calls become a line again. What is more shell than that stays as it is.
Sources: command_table of sbin/brconfig/brconfig.c for the number of arguments; etc/rc.d/network for ``$int``.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.host import _ifconfig
from ansible_collections.netbsd.xen.plugins.module_utils.host._ifconfig import Line

# brconfig.c command_table, up to NetBSD 10
ARGUMENTS = {
    **dict.fromkeys(("up", "down", "flush", "flushall", "addr", "ipf", "-ipf"), 0),
    **dict.fromkeys(("add", "delete", "discover", "-discover", "learn", "-learn", "stp", "-stp"), 1),
    **dict.fromkeys(("maxaddr", "hellotime", "fwddelay", "maxage", "priority", "timeout", "deladdr"), 1),
    **dict.fromkeys(("static", "ifpriority", "ifpathcost"), 2),
}
# these name a member first
_OF_PORTS = ("discover", "-discover", "learn", "-learn", "static", "ifpriority", "ifpathcost")
OF_MEMBER = ("add", "delete", "stp", "-stp", *_OF_PORTS)
_SEPARATORS = (";", "&&")
_SHELL = re.compile(r"[`|<>(){}\\]|\$(?!int\b)|(?<!&)&(?!&)")


class Call(NamedTuple):
    """One call of brconfig or ifconfig.

    :param separator: what stands before it in its line: nothing, ``;`` or ``&&``.
    :param program: as written, ``/sbin/brconfig``; empty for a line of plain arguments.
    :param subject: the interface as written, ``$int``; ``interface`` is the one that it means.
    :param words: brconfig's commands with their arguments; for ifconfig, words one by one.
    """

    separator: str
    program: str
    subject: str
    interface: str
    words: tuple[tuple[str, ...], ...]

    @property
    def is_brconfig(self) -> bool:
        return os.path.basename(self.program) == "brconfig"

    def render(self) -> str:
        flat = [word for words in self.words for word in words]
        text = " ".join(shlex.quote(word) for word in flat)
        if not self.program:
            return text
        return " ".join(part for part in (self.program, self.subject, text) if part)


def calls_of(line: Line, interface: str) -> list[Call] | None:
    """The calls of a line of /etc/ifconfig.INTERFACE; None for a line that is none or not only such calls."""
    if line.kind == _ifconfig.ARGUMENTS:
        words = _split(line.text)
        return None if words is None else [Call("", "", "", interface, tuple((word,) for word in words))]
    if line.kind != _ifconfig.COMMAND or _SHELL.search(line.text.replace("${int}", "$int")):
        return None
    tokens = _split(line.text.replace("${int}", "$int"))
    if not tokens:
        return None
    calls: list[Call] = []
    separator, words = "", []
    for token in [*tokens, ";"]:
        if token not in _SEPARATORS:
            words.append(token)
            continue
        if words:
            call = _call(separator, words, interface)
            if call is None:
                return None
            calls.append(call)
        separator, words = token, []
    return calls


def _split(text: str) -> list[str] | None:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    try:
        return list(lexer)
    except ValueError:
        return None


def _call(separator: str, words: list[str], interface: str) -> Call | None:
    program = os.path.basename(words[0])
    if program not in ("brconfig", "ifconfig") or len(words) < 2:
        return None
    target = interface if words[1] == "$int" else words[1]
    rest = words[2:]
    grouped = _grouped(rest) if program == "brconfig" else [(word,) for word in rest]
    if grouped is None:
        return None
    return Call(separator, words[0], words[1], target, tuple(grouped))


def _grouped(words: list[str]) -> list[tuple[str, ...]] | None:
    """brconfig's commands with their arguments; None where brconfig would stop."""
    grouped = []
    position = 0
    while position < len(words):
        count = ARGUMENTS.get(words[position])
        if count is None or position + count >= len(words):
            return None
        grouped.append(tuple(words[position : position + 1 + count]))
        position += 1 + count
    return grouped


def with_calls(line: Line, calls: list[Call]) -> str:
    """The line with other calls, as it is written in the file; empty when nothing is left to call."""
    left = [call for call in calls if call.words]
    if not left:
        return ""
    indent = line.raw[: len(line.raw) - len(line.raw.lstrip(" \t"))]
    text = left[0].render()
    for call in left[1:]:
        text += f"{' ' if call.separator == '&&' else ''}{call.separator or ';'} {call.render()}"
    mark = "!" if line.kind == _ifconfig.COMMAND else ""
    return f"{indent}{mark}{text}\n"
