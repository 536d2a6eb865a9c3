# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""GRUB legacy's menu.lst: read as GRUB 0.97 reads it, edited without touching any other byte.

Source: GRUB 0.97 stage2/stage2.c (get_line_from_config, cmain), cmdline.c (find_command, skip_to), builtins.c.
NetBSD's package keeps the file at /grub/menu.lst (MESSAGE of sysutils/grub).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import Command, Entry, Image, split_words

PATH = "/grub/menu.lst"
DEFAULT_DEVICE = "(hd0,a)"
INDENT = "  "
LINE_LIMIT = 1500  # NEW_HEAPSIZE
# builtins.c; other words are passed over without a message
_BUILTIN_NAMES = """
    blocklist boot bootp cat chainloader clear cmp color configfile debug default device dhcp displayapm displaymem dump
    embed fallback find fstest geometry halt help hiddenmenu hide ifconfig impsprobe initrd install ioprobe kernel lock
    makeactive map md5crypt module modulenounzip pager partnew parttype password pause quit rarp read reboot root
    rootnoverify savedefault serial setkey setup terminal terminfo testload testvbe tftpserver timeout title unhide
    uppermem vbeprobe
"""
BUILTINS = frozenset(_BUILTIN_NAMES.split())
_MODULES = ("module", "modulenounzip")
_XEN = re.compile(r"(^|/)xen[^/]*$")
_DEVICE = re.compile(r"\([a-z0-9,]+\)")


class Line(NamedTuple):
    """One line as GRUB joins it: a backslash at the end of a line continues it.

    :param first: index of its first line in the file, from 0; ``last`` of its last one.
    :param name: the command; empty for a comment or a blank line.
    :param argument: what follows, tabs as blanks.
    """

    first: int
    last: int
    name: str
    argument: str
    text: str


class _Block(NamedTuple):
    """The lines of one entry: its title and the commands that GRUB knows."""

    title: Line
    body: list[Line]


class MenuLst:
    """A menu.lst as text and as what GRUB makes of it. Edits return a new object.

    :param saved: what GRUB's file ``default``, beside the menu, says: the entry (from 0) that ``default saved`` boots.
    :ivar entries: the menu. A title without any command is none.
    :ivar dropped: titles without a command.
    :ivar default: number (from 1) of the entry that is booted by itself; None without a menu.
    :ivar default_given: the same as the file asks for it, in range or not; None when it does not say.
    :ivar default_saved: it says ``default saved``.
    :ivar fallback: numbers (from 1) of the entries that are tried when one fails.
    :ivar timeout: seconds; 0: at once; None: wait for ever.
    :ivar device: where this file's kernels are: ``(hd0,a)``.
    """

    loader = "menu.lst"

    def __init__(self, text: str, path: str = PATH, saved: int = 0) -> None:
        self.text = text
        self.path = path
        self.saved = saved
        self.lines = _logical_lines(_pieces(text))
        self.settings: dict[str, Line] = {}
        self.dropped: list[Line] = []
        self.blocks: list[_Block] = []
        self._take_lines()
        self.entries = [_entry(number, block) for number, block in enumerate(self.blocks, 1)]
        self.default_saved = self._argument("default") == "saved"
        asked = saved if self.default_saved else _maxint(self._argument("default"))
        self.default_given = None if asked is None else asked + 1
        self.fallback = [number for number in self._fallback() if number <= len(self.entries)]
        self.timeout = _maxint(self._argument("timeout"))
        self.default = self._default()
        self.device = self._device()

    def _take_lines(self) -> None:
        block: _Block | None = None
        for line in self.lines:
            if line.name == "title":
                if block and not block.body:
                    self.dropped.append(block.title)
                    self.blocks.pop()
                block = _Block(line, [])
                self.blocks.append(block)
            elif line.name not in BUILTINS:
                continue
            elif block:
                block.body.append(line)
            else:
                self.settings[line.name] = line
        if block and not block.body:
            self.dropped.append(block.title)
            self.blocks.pop()

    def _argument(self, setting: str) -> str:
        return self.settings[setting].argument if setting in self.settings else ""

    def _fallback(self) -> list[int]:
        numbers: list[int] = []
        for word in self._argument("fallback").split()[:8]:  # MAX_FALLBACK_ENTRIES
            value = _maxint(word)
            if value is None:
                break
            if value + 1 not in numbers:
                numbers.append(value + 1)
        return numbers

    def _default(self) -> int | None:
        if not self.entries:
            return None
        wanted = self.default_given or 1
        if wanted <= len(self.entries):
            return wanted
        return self.fallback[0] if self.fallback else 1

    def _device(self) -> str:
        for block in self.blocks:
            for line in block.body:
                if line.name in ("kernel", "root", *_MODULES):
                    match = _DEVICE.search(line.argument)
                    if match:
                        return match.group(0)
        return DEFAULT_DEVICE

    # -- editing: each returns the file with this one change

    def with_entry(self, number: int, text: str, hypervisor: Image | None, kernel: Image) -> MenuLst:
        """Entry ``number`` with another name or other images; its other lines stay."""
        block, old = self.blocks[number - 1], self.entries[number - 1]
        pieces = _pieces(self.text)
        kernels = [line for line in block.body if line.name == "kernel"]
        modules = [line for line in block.body if line.name in _MODULES]
        # GRUB loads no module before a kernel: lines in that order are not kept
        pair = len(kernels) == len(modules) == 1 and kernels[0].first < modules[0].first
        if old.kind == "xen" and hypervisor and pair:
            _put(pieces, modules[0], kernel)
            _put(pieces, kernels[0], hypervisor)
        elif old.kind == "native" and hypervisor is None and len(kernels) == 1:
            _put(pieces, kernels[0], kernel)
        else:
            body = self._body(hypervisor, kernel)
            pieces[block.body[0].first : block.body[-1].last + 1] = body
        _put_text(pieces, block.title, text)
        return self._of(pieces)

    def with_new_entry(self, position: int, text: str, hypervisor: Image | None, kernel: Image) -> MenuLst:
        """A new entry that becomes number ``position``; the later ones move down."""
        pieces = _pieces(self.text)
        new = [f"title {text}\n", *self._body(hypervisor, kernel)]
        if position <= len(self.blocks):
            index = _above(pieces, self.blocks[position - 1].title.first)
            pieces[index:index] = [*new, "\n"]
            return self._of(pieces)
        index = self.blocks[-1].body[-1].last + 1 if self.blocks else len(pieces)
        if index and not pieces[index - 1].endswith("\n"):
            pieces[index - 1] += "\n"
        pieces[index:index] = ["\n", *new] if index else new
        return self._of(pieces)

    def without_entry(self, number: int) -> MenuLst:
        block = self.blocks[number - 1]
        pieces = _pieces(self.text)
        del pieces[block.title.first : block.body[-1].last + 1]
        return self._of(pieces)

    def moved(self, number: int, position: int) -> MenuLst:
        """The same entry at another place of the menu, with the comments on top of it."""
        pieces = _pieces(self.text)
        block = self.blocks[number - 1]
        first = _above(pieces, block.title.first)
        mine = pieces[first : block.body[-1].last + 1]
        if not mine[-1].endswith("\n"):
            mine[-1] += "\n"
        del pieces[first : block.body[-1].last + 1]
        rest = self._of(pieces)
        if position <= len(rest.blocks):
            index = _above(pieces, rest.blocks[position - 1].title.first)
        else:
            index = rest.blocks[-1].body[-1].last + 1
        if index and not pieces[index - 1].endswith("\n"):
            pieces[index - 1] += "\n"
        pieces[index:index] = mine
        return self._of(pieces)

    def with_default(self, number: int) -> MenuLst:
        return self._with_setting("default", str(number - 1))

    def with_timeout(self, seconds: int) -> MenuLst:
        return self._with_setting("timeout", str(seconds))

    def with_fallback(self, numbers: list[int]) -> MenuLst:
        """Other entries to try; none removes the setting."""
        line = self.settings.get("fallback")
        if line and not numbers:
            pieces = _pieces(self.text)
            del pieces[line.first : line.last + 1]
            return self._of(pieces)
        return self._with_setting("fallback", " ".join(str(number - 1) for number in numbers))

    def _with_setting(self, name: str, value: str) -> MenuLst:
        pieces = _pieces(self.text)
        line = self.settings.get(name)
        if line:
            _put_text(pieces, line, value)
        else:
            index = _above(pieces, self.blocks[0].title.first) if self.blocks else len(pieces)
            if index and not pieces[index - 1].endswith("\n"):
                pieces[index - 1] += "\n"
            pieces.insert(index, f"{name} {value}\n")
        return self._of(pieces)

    def _body(self, hypervisor: Image | None, kernel: Image) -> list[str]:
        if hypervisor is None:
            lines = [f"root {self.device}", f"kernel --type=netbsd {kernel.words}"]
        else:
            lines = [f"kernel {self._placed(hypervisor)}", f"module {self._placed(kernel)}"]
        return [f"{INDENT}{line}\n" for line in lines]

    def _placed(self, image: Image) -> str:
        return image.words if image.file.startswith("(") else self.device + image.words

    def _of(self, pieces: list[str]) -> MenuLst:
        return MenuLst("".join(pieces), self.path, self.saved)


def _pieces(text: str) -> list[str]:
    """The lines with their newlines (str.splitlines() would split at more than newlines)."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _logical_lines(pieces: list[str]) -> list[Line]:
    lines = []
    first = 0
    joined = ""
    for index, piece in enumerate(pieces):
        joined += piece.replace("\r", "").replace("\t", " ").rstrip("\n")
        if joined.endswith("\\") and piece.endswith("\n"):
            joined = joined[:-1] + " "
            continue
        lines.append(_line(first, index, joined))
        first, joined = index + 1, ""
    if joined:
        lines.append(_line(first, len(pieces) - 1, joined))
    return lines


def _line(first: int, last: int, joined: str) -> Line:
    text = joined.lstrip(" ")[:LINE_LIMIT]
    if not text or text.startswith("#"):
        return Line(first, last, "", "", text)
    name = re.split("[ =]", text, maxsplit=1)[0]
    return Line(first, last, name, text[len(name) :].lstrip(" ="), text)


def _maxint(text: str) -> int | None:
    """safe_parse_maxint() of char_io.c: decimal, or hexadecimal with 0x; None when it begins with something else."""
    match = re.match(r"0[xX]([0-9a-fA-F]+)|([0-9]+)", text)
    if not match:
        return None
    return int(match.group(1), 16) if match.group(1) else int(match.group(2))


def _entry(number: int, block: _Block) -> Entry:
    commands = tuple(Command(line.name, line.argument, line.text) for line in block.body)
    loaded: Image | None = None
    modules: list[Image | None] = []
    for command in commands:
        if command.name == "kernel":
            loaded, modules = split_words(_without_options(command.argument)), []
        elif command.name in _MODULES:
            modules.append(split_words(command.argument))
    title, line = block.title.argument, block.title.first + 1
    if loaded and (modules or _XEN.search(loaded.file)):
        return Entry(number, title, line, commands, loaded, modules[0] if modules else None)
    return Entry(number, title, line, commands, None, loaded)


def _without_options(argument: str) -> str:
    """``--type=netbsd --no-mem-option /netbsd`` -> ``/netbsd``; kernel_func() takes these in front of the file."""
    return re.sub(r"^(--(type=[a-z0-9]*|no-mem-option) *)+", "", argument)


def _put(pieces: list[str], line: Line, image: Image) -> None:
    """Another image on a ``kernel`` or ``module`` line; GRUB's own options and the indentation stay."""
    options = line.argument[: len(line.argument) - len(_without_options(line.argument))]
    _put_text(pieces, line, options + image.words)


def _put_text(pieces: list[str], line: Line, argument: str) -> None:
    """Another argument for a command. Lines that it was continued on become empty strings, so that the indexes of the
    other lines stay true."""
    match = re.match(r"[ \t]*[^ \t=]+[ \t=]*", pieces[line.first])
    head = match.group(0) if match else line.name + " "
    ending = re.search(r"\r?\n?$", pieces[line.last])
    pieces[line.first] = head.rstrip("\r\n") + argument + (ending.group(0) if ending else "")
    for index in range(line.first + 1, line.last + 1):
        pieces[index] = ""


def _above(pieces: list[str], index: int) -> int:
    """Index of the first of the comment lines that stand directly on top of a line: they belong to it."""
    while index and pieces[index - 1].lstrip().startswith("#"):
        index -= 1
    return index
