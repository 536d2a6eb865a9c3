# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/boot.cfg as NetBSD's loader reads it.

Source: NetBSD sys/lib/libsa/bootcfg.c perform_bootcfg() (1.5.8.1), sys/lib/libsa/bootcfg.h. Where boot.cfg(5) says
something else, the code counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_SIZE = 32768  # sys/arch/i386/stand/lib/bootmenu.c parsebootconf()
MAX_MENU = 20  # bootcfg.h BOOTCFG_MAXMENU
MAX_BANNER = 12  # bootcfg.h BOOTCFG_MAXBANNER
NUMBERED = 9  # entries that one key can choose by a digit
DEFAULT_TIMEOUT = 10
COMMAND_MAX = 79  # bootmenu.c docommandchoice(): `char input[80]`, filled without a check
WAIT_FOR_EVER = -1


@dataclass(frozen=True)
class Entry:
    """One line of the menu; command is the whole text behind the first colon."""

    title: str
    command: str


@dataclass(frozen=True)
class BootCfg:
    """What the loader knows after reading. default counts from 0 (-1 when there is no entry); modules are the global
    load= and fs= lines as (command, argument)."""

    menu: tuple[Entry, ...] = ()
    banner: tuple[str, ...] = ()
    timeout: int = DEFAULT_TIMEOUT
    default: int = -1
    consdev: str = ""
    root: str = ""
    letters: bool = False
    clear: bool = False
    modules: tuple[tuple[str, str], ...] = ()

    def key(self, index: int) -> str:
        """What the menu shows before an entry."""
        return chr(ord("A") + index) if self.letters else str(index + 1)


def atoi(text: str) -> int:
    """C's: blanks, a sign, digits; 0 if there are none."""
    found = re.match(r"[ \t]*([+-]?[0-9]+)", text)
    return int(found[1]) if found else 0


def parse(data: bytes) -> BootCfg | None:
    """What perform_bootcfg() makes of a file; None for a file that is too large, which counts as absent."""
    if len(data) > MAX_SIZE:
        return None
    reader = _Reader()
    # a NUL ends the text, as in C
    for line in data.partition(b"\0")[0].decode("latin-1").split("\n"):
        key, equals, value = line.partition("#")[0].partition("=")
        if equals:
            reader.take(key, value)
    return reader.finish()


class _Reader:
    """The state of the loop over the lines."""

    def __init__(self) -> None:
        self.menu: list[Entry] = []
        self.banner: list[str] = []
        self.modules: list[tuple[str, str]] = []
        self.timeout = DEFAULT_TIMEOUT
        self.default = 0
        self.consdev = self.root = ""
        self.format = "a"
        self.clear = False

    def take(self, key: str, value: str) -> None:
        """One line. Keywords are compared by their length only (strncmp), in this order."""
        if key.startswith("menu"):
            self._menu(value)
        elif key.startswith("banner"):
            self.banner += [value] if len(self.banner) < MAX_BANNER else []
        elif key.startswith("timeout"):
            self.timeout = atoi(value) if value[:1].isascii() and value[:1].isdigit() else WAIT_FOR_EVER
        elif key.startswith("default"):
            self.default = atoi(value) - 1
        elif key.startswith("consdev"):
            self.consdev = value
        elif key.startswith("root"):
            self.root = value
        elif key.startswith("load"):
            self.modules.append(("load", value))
        elif key.startswith("format"):
            self._format(value)
        elif key.startswith("clear"):
            self.clear = atoi(value) != 0
        elif key == "fs":  # do_bootcfg_command() in bootmenu.c compares whole words, and knows no rndseed
            self.modules.append(("fs", value))

    def _menu(self, value: str) -> None:
        title, colon, command = value.partition(":")
        if colon and len(self.menu) < MAX_MENU:
            self.menu.append(Entry(title or command, command))

    def _format(self, value: str) -> None:
        letter = value[:1].lower()
        if letter in ("a", "n", "d", "l"):
            self.format = "n" if letter == "d" else letter

    def finish(self) -> BootCfg:
        many = len(self.menu) > NUMBERED and self.timeout > 0
        if self.format == "n" and many:
            del self.menu[NUMBERED:]
        return BootCfg(
            tuple(self.menu),
            tuple(self.banner),
            self.timeout,
            min(max(self.default, 0), len(self.menu) - 1),
            self.consdev,
            self.root,
            self.format == "l" or (self.format == "a" and many),
            self.clear,
            tuple(self.modules),
        )


def commands(text: str) -> list[str]:
    """The pieces of a menu entry between `;`, as docommandchoice() in bootmenu.c copies them to its buffer.

    Blanks behind a `;` are skipped, the first piece keeps its own; empty ones do nothing. A piece longer than
    COMMAND_MAX does not fit.
    """
    first, *others = text.split(";")
    return [piece for piece in (first, *(other.lstrip(" ") for other in others)) if piece]
