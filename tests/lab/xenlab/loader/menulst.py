# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB legacy (0.97) with /grub/menu.lst, as the old HOWTO of NetBSD/xen installs it.

Source: GNU GRUB 0.97, stage2/stage2.c (get_line_from_config, cmain, run_menu), stage2/builtins.c, and its manual
(chapter "Troubleshooting" for the messages). No limit on a command's length matters here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from . import images, netbsd
from .netbsd import Firmware, ReadFile
from .outcome import NOBODY, Choice, Dead, Module, Native, Person, Reset, Result, Xen

CONFIG = "/grub/menu.lst"
SAVED_DEFAULT = "/grub/default"
MAX_FALLBACK = 8
# builtins.c: every other word of the file is passed over without a message
BUILTIN_NAMES = """
    blocklist boot bootp cat chainloader clear cmp color configfile debug default device dhcp displayapm displaymem dump
    embed fallback find fstest geometry halt help hiddenmenu hide ifconfig impsprobe initrd install ioprobe kernel lock
    makeactive map md5crypt module modulenounzip pager partnew parttype password pause quit rarp read reboot root
    rootnoverify savedefault serial setkey setup terminal terminfo testload testvbe tftpserver timeout title unhide
    uppermem vbeprobe
"""
BUILTINS = frozenset(BUILTIN_NAMES.split())
# the disk of the lab's machine: one slice, in it a disklabel whose partition a is the root file system
PARTITION = re.compile(r"\(hd0,(?:0|a|0,a)\)")
DEVICE = re.compile(r"\((hd(\d+)[^)]*)\)")


class Refused(Exception):
    """GRUB's error: number and text."""


@dataclass
class MenuEntry:
    """A title and the commands below it."""

    title: str
    commands: list[str] = field(default_factory=list)


@dataclass
class Menu:
    """The whole file. default and fallback count from 0; timeout None: GRUB waits for a key."""

    entries: list[MenuEntry] = field(default_factory=list)
    default: int = 0
    fallback: tuple[int, ...] = ()
    timeout: int | None = None


def split(line: str) -> tuple[str, str]:
    """A command and its argument, with blanks and = between them: skip_to() in cmdline.c."""
    match = re.match(r"([^ =]*)[ =]*(.*)", line, re.DOTALL)
    assert match  # every part may be empty
    return match[1], match[2]


def number(text: str) -> int | None:
    """safe_parse_maxint() in char_io.c: decimal, or hexadecimal behind 0x; None if the text begins otherwise."""
    match = re.match(r"0[xX]([0-9a-fA-F]+)|([0-9]+)", text)
    return int(match[1], 16) if match and match[1] else int(match[2]) if match else None


def commands(text: str) -> list[str]:
    """The commands of the file: get_line_from_config(). A backslash continues a line, # begins one that is not read."""
    lines = re.sub(r"\\\n", " ", text.replace("\r", "").replace("\t", " ")).split("\n")
    stripped = [line.lstrip(" ") for line in lines]
    return [line for line in stripped if line and not line.startswith("#") and split(line)[0] in BUILTINS]


def parse(text: str, saved: int = 0) -> Menu:
    """The menu: cmain(). What stands before the first title sets it up; a title without a command is no entry.

    saved: what `default saved` means.
    """
    menu = Menu()
    default = None
    for line in commands(text):
        word, argument = split(line)
        if word == "title":
            menu.entries = [entry for entry in menu.entries if entry.commands] + [MenuEntry(argument)]
        elif menu.entries:
            menu.entries[-1].commands.append(line)
        elif word == "default":
            default = saved if argument == "saved" else number(argument)
        elif word == "fallback":
            menu.fallback = tuple(each for each in map(number, argument.split()[:MAX_FALLBACK]) if each is not None)
        elif word == "timeout":
            menu.timeout = number(argument)
    menu.entries = [entry for entry in menu.entries if entry.commands]
    menu.fallback = tuple(each for each in menu.fallback if each < len(menu.entries))
    if default is not None and default < len(menu.entries):
        menu.default = default
    elif default is not None and menu.fallback:
        menu.default, menu.fallback = menu.fallback[0], menu.fallback[1:]
    return menu


def run(read_file: ReadFile, firmware: Firmware = Firmware(), person: Person = NOBODY) -> Choice:  # noqa: B008 - frozen
    """Run GRUB to its end: what it starts, or why it stands still."""
    return _Grub(read_file, firmware, person).run()


class _Grub:
    def __init__(self, read_file: ReadFile, firmware: Firmware, person: Person) -> None:
        self._read_file = read_file
        self._firmware = firmware
        self._person = person
        self._screen = ["GNU GRUB  version 0.97"]
        self._executed: list[str] = []
        self._root = "(hd0,a)"
        self._forget()

    def _forget(self) -> None:
        """A new entry starts with nothing loaded."""
        self._native: Native | None = None
        self._xen: tuple[str, images.Image, str] | None = None
        self._modules: list[Module] = []
        self._chain = False

    def run(self) -> Choice:
        data = self._read_file(CONFIG)
        if data is None:
            self._screen.append("grub> ")
            return self._choice("", -1, "", "no menu", Dead("GRUB found no menu.lst and waits at its command line"))
        saved = (self._read_file(SAVED_DEFAULT) or b"").decode("latin-1")
        menu = parse(data.decode("latin-1"), number(saved) or 0)
        if not menu.entries:
            return self._choice(CONFIG, -1, "", "no menu", Dead("GRUB's menu is empty: it waits at its command line"))
        last: tuple[int, str, str] = (-1, "", "no timeout")
        for index, why in self._attempts(menu):
            title = menu.entries[index].title
            last = (index, title, why)
            self._screen += ["", f"  Booting '{title}'", ""]
            try:
                result = self._entry(menu.entries[index].commands)
            except Refused as error:
                self._screen += [str(error), "", "Press any key to continue..."]
                continue
            if isinstance(result, Choice):
                return result
            return self._choice(CONFIG, *last, result)
        problem = str(self._screen[-3]) if last[0] >= 0 else "there is no timeout"
        return self._choice(CONFIG, *last, Dead(f"GRUB waits for a key: {problem}"))

    def _attempts(self, menu: Menu) -> Iterator[tuple[int, str]]:
        if self._person.entry is not None and menu.timeout != 0:
            yield self._chosen(menu, self._person.entry), "chosen at the console"
            return
        if menu.timeout is None:
            return
        yield menu.default, f"default, after {menu.timeout} s"
        for index in menu.fallback:
            yield index, "fallback"

    @staticmethod
    def _chosen(menu: Menu, entry: int | str) -> int:
        titles = [each.title for each in menu.entries]
        if isinstance(entry, int) and 1 <= entry <= len(titles):
            return entry - 1
        if isinstance(entry, str) and entry in titles:
            return titles.index(entry)
        raise ValueError(f"the menu has no entry {entry!r}; it has: {', '.join(titles)}")

    def _choice(self, config: str, index: int, title: str, why: str, result: Result) -> Choice:
        executed, screen = tuple(self._executed), tuple(self._screen)
        return Choice("menu.lst", config, index + 1, title, why, executed, screen, result)

    # -- commands

    def _entry(self, commands: list[str]) -> Result | Choice:
        self._forget()
        actions: dict[str, Callable[[str], None]] = {
            "root": self._set_root,
            "rootnoverify": self._set_root,
            "kernel": self._kernel,
            "module": self._module,
            "modulenounzip": self._module,
            "chainloader": self._chainloader,
        }
        for line in commands:
            self._executed.append(line)
            self._screen.append(line)
            word, argument = split(line)
            if word in ("reboot", "halt"):
                return Reset() if word == "reboot" else Dead("GRUB halted the machine")
            if word == "boot":
                break
            if word in actions:
                actions[word](argument)
            elif word == "pause":
                raise Refused("paused")
        return self._start()

    def _start(self) -> Result | Choice:
        if self._chain:
            chained = netbsd.run(self._read_file, self._firmware, self._person)
            screen = (*self._screen, *chained.screen)
            return Choice(
                chained.loader, chained.config, chained.entry, chained.title, chained.why, chained.commands, screen,
                chained.result,
            )  # fmt: skip
        if self._xen:
            file, image, arguments = self._xen
            return Xen(file, image, arguments, tuple(self._modules))
        if self._native:
            return self._native
        raise Refused("Error 8: Kernel must be loaded before booting")

    def _set_root(self, argument: str) -> None:
        self._root = self._device(argument.split()[0] if argument else self._root)

    @staticmethod
    def _device(text: str) -> str:
        match = DEVICE.fullmatch(text)
        if not match:
            raise Refused("Error 11: Unrecognized device string")
        if match[2] != "0":
            raise Refused("Error 21: Selected disk does not exist")
        if not PARTITION.fullmatch(text):
            raise Refused("Error 22: No such partition")
        return text

    def _load(self, name: str) -> images.Image:
        match = re.match(r"(\([^)]*\))?(/.*)", name)
        if not match:
            raise Refused("Error 1: Filename must be either an absolute pathname or blocklist")
        self._device(match[1] or self._root)
        data = self._read_file(match[2])
        if data is None:
            raise Refused("Error 15: File not found")
        image = images.read(data)
        if image is None:
            raise Refused("Error 16: Inconsistent filesystem structure")
        return image

    def _kernel(self, argument: str) -> None:
        options = re.match(r"((?:--\S+\s+)*)(\S*)(.*)", argument)
        assert options  # every part may be empty
        name, arguments = options[2], options[3].strip()
        image = self._load(name)
        if image.multiboot1:
            self._xen = (name, image, arguments)
        elif not image.kernel:
            raise Refused("Error 13: Invalid or unsupported executable format")
        else:
            self._native = self._start_natively(name, image, "--type=netbsd" in options[1], arguments)

    @staticmethod
    def _start_natively(name: str, image: images.Image, as_netbsd: bool, arguments: str) -> Native:
        if not as_netbsd:  # GRUB then takes an ELF kernel for FreeBSD's and passes what NetBSD does not understand
            raise Refused(f"[FreeBSD-elf] {name}: without --type=netbsd the kernel is started as FreeBSD's and hangs")
        if not image.boots_natively:
            raise Refused(f"{name} ({image.config}) is a kernel for Xen and stops at its first instruction without it")
        flags = "".join(word[1:] for word in arguments.split() if word.startswith("-"))
        return Native(name, image, flags)

    def _module(self, argument: str) -> None:
        if not self._xen:
            raise Refused("Error 20: Multiboot kernel must be loaded before modules")
        name = argument.split()[0] if argument else ""
        self._modules.append(Module(argument, self._load(name)))

    def _chainloader(self, argument: str) -> None:
        match = re.fullmatch(r"(?:--force\s+)?(\([^)]*\))?\+1", argument)
        if not match:
            raise Refused("Error 15: File not found")
        self._device(match[1] or self._root)
        self._chain = True
