# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""NetBSD's boot.cfg: read exactly as the loader of x86 reads it, edited without touching any other byte.

Sources: NetBSD sys/lib/libsa/bootcfg.c (perform_bootcfg), sys/arch/i386/stand/lib/bootmenu.c (docommandchoice),
menuutils.c and parseutils.c (docommand, gettrailer), exec.c (module_add). boot.cfg.5 is less exact than they are.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import (
    Command,
    Entry,
    Image,
    size,
    split_words,
)

PATH = "/boot.cfg"
ESP_PATH = "/EFI/NetBSD/boot.cfg"
SIZE_LIMIT = 32768  # parsebootconf(): a larger file is taken as absent
MENU_LIMIT = 20  # BOOTCFG_MAXMENU
BANNER_LIMIT = 12  # BOOTCFG_MAXBANNER
DIGIT_LIMIT = 9  # with format=n and a countdown, one key must do
COMMAND_LIMIT = 79  # docommandchoice(): char input[80]
DEFAULT_TIMEOUT = 10
DEFAULT_KERNEL = "netbsd"  # what `boot` alone boots; boot2.c, efiboot/boot.c: names[0]

# in the order in which bootcfg.c asks; each is compared by its own length only, so that `menuentry=` is a menu line
_KEYWORDS = ("menu", "banner", "timeout", "default", "consdev", "root", "load", "format", "clear", "userconf")
_ATOI = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)")
# do_bootcfg_command() and the commands table: what queues a file as a module
_MODULE_COMMANDS = ("load", "splash", "rndseed", "fs")


class Line(NamedTuple):
    """One line, as the loader splits it.

    :param raw: the line without its newline.
    :param key: the keyword that it counts as, or the text before ``=`` when the loader has no such keyword; None for a
        line without ``=``.
    :param value: what follows ``=``, up to the first ``#``.
    :param start: where the value begins in ``raw``.
    """

    number: int
    raw: str
    key: str | None
    value: str
    start: int

    @property
    def end(self) -> int:
        """Where the value ends in ``raw``."""
        return self.start + len(self.value)


class BootCfg:
    """A boot.cfg as text and as what the loader makes of it. Edits return a new object.

    :ivar lines: every ``Line``.
    :ivar entries: the menu, as many entries as the loader keeps.
    :ivar dropped: lines that look like menu entries and are none: pairs of ``Line`` and ``no_colon``, ``too_many`` or
        ``no_key``.
    :ivar default: number of the entry that is booted by itself; None without a menu.
    :ivar default_given: the number that the file asks for; None when it does not say.
    :ivar timeout: seconds; 0: at once; None: wait for ever.
    :ivar format: ``auto``, ``number`` or ``letter``.
    :ivar modules: files that ``load=`` and ``fs=`` lines queue in front of those of any entry.
    """

    loader = "boot.cfg"

    def __init__(self, text: str, path: str = PATH) -> None:
        self.text = text
        self.path = path
        # the loader's string ends at the first NUL
        self.lines = [_line(number, raw) for number, raw in enumerate(text.split("\0")[0].split("\n"), 1)]
        if self.lines and not self.lines[-1].raw:
            self.lines.pop()
        self.menu_lines: list[Line] = []
        self.banners: list[Line] = []
        self.modules: list[str] = []
        self.dropped: list[tuple[Line, str]] = []
        self.last: dict[str, Line] = {}
        for line in self.lines:
            self._take(line)
        self.timeout = self._timeout()
        self.format = self._format()
        self._limit_to_digits()
        self.entries = [self._entry(number, line) for number, line in enumerate(self.menu_lines, 1)]
        given = self.last.get("default")
        self.default_given = atoi(given.value) if given else None
        wanted = 1 if self.default_given is None else max(self.default_given, 1)
        self.default = min(wanted, len(self.entries)) if self.entries else None

    def _take(self, line: Line) -> None:
        if line.key is None:
            if re.match(r"\s*menu", line.raw):
                self.dropped.append((line, "no_colon"))
        elif line.key == "menu":
            if len(self.menu_lines) >= MENU_LIMIT:
                self.dropped.append((line, "too_many"))
            elif ":" not in line.value:
                self.dropped.append((line, "no_colon"))
            else:
                self.menu_lines.append(line)
        elif line.key == "banner":
            self.banners.append(line)
        elif line.key in ("load", "fs"):
            self.modules.append(line.value.lstrip(" \t"))
        elif line.key.lstrip() != line.key and line.key.lstrip().startswith(_KEYWORDS):
            self.dropped.append((line, "no_key"))
        else:
            self.last[line.key] = line

    def _timeout(self) -> int | None:
        line = self.last.get("timeout")
        if line is None:
            return DEFAULT_TIMEOUT
        # isdigit() of the first character, then atoi()
        return atoi(line.value) if re.match("[0-9]", line.value) else None

    def _format(self) -> str:
        chosen = "auto"
        for line in self.lines:
            if line.key == "format":
                first = line.value[:1].lower()
                chosen = {"a": "auto", "n": "number", "d": "number", "l": "letter"}.get(first, chosen)
        return chosen

    def _limit_to_digits(self) -> None:
        if self.format == "number" and self.timeout and len(self.menu_lines) > DIGIT_LIMIT:
            self.dropped.extend((line, "too_many") for line in self.menu_lines[DIGIT_LIMIT:])
            del self.menu_lines[DIGIT_LIMIT:]

    def _entry(self, number: int, line: Line) -> Entry:
        text, _colon, body = line.value.partition(":")
        commands = split_commands(body)
        hypervisor, kernel = _images(commands, self.modules)
        return Entry(number, text or body, line.number, commands, hypervisor, kernel)

    # -- editing: each returns the file with this one change

    def with_entry(self, number: int, text: str, hypervisor: Image | None, kernel: Image) -> BootCfg:
        """Entry ``number`` with another name or other images; its other commands, and a comment, stay."""
        line = self.menu_lines[number - 1]
        body = line.value.partition(":")[2]
        old = self.entries[number - 1]
        if old.hypervisor is None and hypervisor is None and old.kernel:
            body = _replace(body, ("boot", "pkboot"), kernel)
        elif old.hypervisor and hypervisor and _is_plain(old):
            body = _replace(_replace(body, ("load",), kernel), ("multiboot",), hypervisor)
        else:
            body = new_body(hypervisor, kernel)
        behind = line.value[len(line.value.rstrip(" \t")) :] if line.end < len(line.raw) else ""
        return self._with_value(line, f"{text}:{body.rstrip(' ')}{behind}")

    def with_new_entry(self, position: int, text: str, hypervisor: Image | None, kernel: Image) -> BootCfg:
        """A new entry that becomes number ``position``; the later ones move down."""
        raw = f"menu={text}:{new_body(hypervisor, kernel)}"
        if position <= len(self.menu_lines):
            return self._inserted(self.menu_lines[position - 1].number - 1, raw)
        if self.menu_lines:
            return self._inserted(self.menu_lines[-1].number, raw)
        return self._inserted(len(self.lines), raw)

    def without_entry(self, number: int) -> BootCfg:
        gone = self.menu_lines[number - 1].number - 1
        pieces = _pieces(self.text)
        return BootCfg("".join(pieces[:gone] + pieces[gone + 1 :]), self.path)

    def moved(self, number: int, position: int) -> BootCfg:
        """The same entry at another place of the menu, with all that stands on its line."""
        raw = self.menu_lines[number - 1].raw
        rest = self.without_entry(number)
        after = position > len(rest.menu_lines)
        neighbour = rest.menu_lines[-1 if after else position - 1]
        return rest._inserted(neighbour.number if after else neighbour.number - 1, raw)

    def with_default(self, number: int) -> BootCfg:
        return self._with_number("default", number)

    def with_timeout(self, seconds: int) -> BootCfg:
        return self._with_number("timeout", seconds)

    def _with_number(self, key: str, number: int) -> BootCfg:
        line = self.last.get(key)
        if line is None:
            return self._inserted(len(self.lines), f"{key}={number}")
        behind = line.value[len(line.value.rstrip()) :]  # the blanks in front of a comment
        return self._with_value(line, f"{number}{behind}")

    def _with_value(self, line: Line, value: str) -> BootCfg:
        return self._with_raw(line.number, line.raw[: line.start] + value + line.raw[line.end :])

    def _with_raw(self, number: int, raw: str) -> BootCfg:
        pieces = _pieces(self.text)
        ending = "\n" if pieces[number - 1].endswith("\n") else ""
        pieces[number - 1] = raw + ending
        return BootCfg("".join(pieces), self.path)

    def _inserted(self, index: int, raw: str) -> BootCfg:
        pieces = _pieces(self.text)
        if index and not pieces[index - 1].endswith("\n"):
            pieces[index - 1] += "\n"
        pieces.insert(index, raw + "\n")
        return BootCfg("".join(pieces), self.path)


def _pieces(text: str) -> list[str]:
    """The lines with their newlines (str.splitlines() would split at more than newlines)."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _line(number: int, raw: str) -> Line:
    visible = raw.partition("#")[0]
    key, equals, value = visible.partition("=")
    if not equals:
        return Line(number, raw, None, "", 0)
    known = next((word for word in _KEYWORDS if key.startswith(word)), key)
    return Line(number, raw, known, value, len(key) + 1)


def atoi(text: str) -> int:
    """C's atoi(): the number that a text begins with, or 0."""
    match = _ATOI.match(text)
    return int(match.group(1)) if match else 0


def split_commands(body: str) -> tuple[Command, ...]:
    """The commands of a menu line, one a ``;``, as docommandchoice() copies them.

    Blanks after a ``;`` and at the end of a command go. Blanks in front of the *first* command stay, and make it one
    that the loader does not know: gettrailer() takes the empty word in front of them for the name.
    """
    commands = []
    for piece in copied(body):
        if piece:
            text = piece.rstrip(" ") or " "
            name, argument = _name_and_argument(text)
            commands.append(Command(name, argument, text))
    return tuple(commands)


def _name_and_argument(text: str) -> tuple[str, str]:
    name = re.split("[ \t]", text, maxsplit=1)[0]
    return name, text[len(name) :].lstrip(" \t")


def copied(body: str) -> list[str]:
    """Each command as it is copied into the loader's buffer of 80 bytes: blanks at its end are cut off only after."""
    return [piece if index == 0 else piece.lstrip(" ") for index, piece in enumerate(body.split(";"))]


def _images(commands: tuple[Command, ...], queued: list[str]) -> tuple[Image | None, Image | None]:
    """What an entry boots: (hypervisor, dom0 kernel) or (None, native kernel); the first command that boots counts.

    Xen takes the first of all modules as the dom0 kernel, whichever command queued it.
    """
    modules = list(queued)
    for command in commands:
        if command.name in _MODULE_COMMANDS:
            modules.append(command.argument)
        elif command.name in ("boot", "pkboot"):
            return None, _native(command.argument)
        elif command.name == "multiboot":
            return split_words(command.argument), split_words(modules[0]) if modules else None
    return None, None


def _native(argument: str) -> Image:
    """parseboot(): ``[dev:][file] [-flags]``."""
    image = split_words(argument)
    if image is None:
        return Image(DEFAULT_KERNEL)
    return Image(DEFAULT_KERNEL, (image.file, *image.args)) if image.file.startswith("-") else image


def new_body(hypervisor: Image | None, kernel: Image) -> str:
    """The commands of a new entry. The dom0 kernel comes first of all modules: Xen boots the first."""
    if hypervisor is None:
        return f"boot {kernel.words}"
    return f"load {kernel.words};multiboot {hypervisor.words}"


def fits(hypervisor: Image | None, kernel: Image) -> bool:
    """Whether the loader's buffer holds each command of a new entry."""
    return all(size(command) <= COMMAND_LIMIT for command in copied(new_body(hypervisor, kernel)))


def _is_plain(entry: Entry) -> bool:
    """One kernel, one hypervisor, in the right order: so that the two commands can be changed where they stand."""
    names = [command.name for command in entry.commands if command.name in (*_MODULE_COMMANDS, "multiboot", "boot")]
    return names == ["load", "multiboot"] and not any(command.name == "" for command in entry.commands)


def _replace(body: str, names: tuple[str, ...], image: Image) -> str:
    """The body with another argument for its first command of these names."""
    pieces = body.split(";")
    for index, piece in enumerate(pieces):
        match = re.match(r"( *)([^ \t]+)", piece)
        if match and match.group(2) in names and (index or not match.group(1)):
            pieces[index] = f"{match.group(1)}{match.group(2)} {image.words}"
            break
    return ";".join(pieces)
