# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""ttys(5) and wscons.conf(5) of a guest, edited a word at a time: a login on the console alone, and no screens.

Sources: lib/libc/gen/getttyent.c (a line is name, command, type and flags; blanks separate, double quotes hold
together, ``#`` begins a comment); etc/etc.amd64/ttys; wscons.conf(5) and etc/rc.d/wscons, which reads a line whose
first word is ``screen``. A PV or PVH guest has no screen, so getty and wsconscfg on its terminals only fail.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Sequence

TTYS = "/etc/ttys"
WSCONS = "/etc/wscons.conf"
# as etc/etc.amd64/ttys has it
CONSOLE_LINE = 'console\t"/usr/libexec/getty Pc"\t\tvt100\ton secure'
_WORD = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^\s"#])+')
_SCREEN = re.compile(r"^(?=[ \t]*screen[ \t])", re.MULTILINE)


class Tty(NamedTuple):
    """A terminal of ttys(5).

    :param number: its line, from 1.
    :param words: name, command, type and flags, each with where it begins and ends in its line.
    """

    number: int
    words: tuple[tuple[str, int, int], ...]

    @property
    def name(self) -> str:
        return self.words[0][0]

    @property
    def enabled(self) -> bool:
        """Whether init(8) starts a getty on it: the last of ``on`` and ``off`` counts, and none means off."""
        switches = [text for text, _start, _end in self.words[3:] if text in ("on", "off")]
        return switches[-1:] == ["on"]


def parse_ttys(text: str) -> list[Tty]:
    """The terminals of ttys(5), in its order."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        words = []
        place = 0
        while True:
            match = _WORD.match(line, place + len(line[place:]) - len(line[place:].lstrip(" \t\r")))
            if not match:
                break
            words.append((match.group(0), match.start(), match.end()))
            place = match.end()
        if words:
            found.append(Tty(number, tuple(words)))
    return found


def with_ttys(text: str, enabled: Sequence[str] = ("console",)) -> str:
    """The text with a login on these terminals and on no other; all else keeps its place.

    The console gets a line when there is none; another terminal that is not in the file is left out.
    """
    lines = text.split("\n")
    ttys = parse_ttys(text)
    for tty in ttys:
        wanted = tty.name in enabled
        if tty.enabled != wanted:
            lines[tty.number - 1] = _switched(lines[tty.number - 1], tty, wanted)
    if "console" in enabled and all(tty.name != "console" for tty in ttys):
        at = len(lines) - 1 if lines[-1] == "" else len(lines)
        lines.insert(at, CONSOLE_LINE)
        if lines[-1] != "":
            lines.append("")
    return "\n".join(lines)


def _switched(line: str, tty: Tty, wanted: bool) -> str:
    if len(tty.words) < 3:
        # no command or no type: init(8) starts nothing on it
        return CONSOLE_LINE if wanted and tty.name == "console" else line
    word = "on" if wanted else "off"
    switches = [(start, end) for text, start, end in tty.words[3:] if text in ("on", "off")]
    for start, end in reversed(switches):
        line = line[:start] + word + line[end:]
    if not switches:
        end = tty.words[2][2]
        line = f"{line[:end]}\t{word}{line[end:]}"
    return line


def without_screens(text: str) -> str:
    """wscons.conf(5) with its screens commented out."""
    return _SCREEN.sub("#", text)
