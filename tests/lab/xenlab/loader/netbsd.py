# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetBSD's own boot loader on BIOS and UEFI machines: the menu, the commands, the module list.

Sources: NetBSD sys/arch/i386/stand/boot/boot2.c (1.70), lib/bootmenu.c (1.20), lib/menuutils.c, lib/parseutils.c,
lib/exec.c, lib/exec_multiboot1.c; efiboot/boot.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import bootcfg, images
from .bootcfg import BootCfg
from .outcome import NOBODY, Choice, Dead, Module, Native, Person, Reset, Result, Xen

ReadFile = Callable[[str], bytes | None]

MODULE_STRING_MAX = 79  # sys/arch/x86/include/bootinfo.h: bi_modulelist_entry has `char path[80]`
ESP = "/etc/lab/esp"
NAMES = ("netbsd", "netbsd.gz", "onetbsd", "onetbsd.gz", "netbsd.old", "netbsd.old.gz")
MULTIBOOT2_SINCE = (9, 0)
NO_FILE, NO_DEVICE, NO_EXEC = "No such file or directory", "Device not configured", "Exec format error"
# commands that do nothing for what is started here
WITHOUT_EFFECT = (
    *("help", "?", "ls", "vesa", "userconf"),
    *("gop", "devpath", "efivar", "memmap", "text", "version", "root"),
)
BOOT_FLAGS = "abcdmqsvxz1234"  # sys/sys/boot_flag.h, sys/arch/x86/include/boot_flag.h
CONSOLES = ("pc", "auto", *(f"com{n}{kbd}" for n in range(4) for kbd in ("", "kbd")))


@dataclass(frozen=True)
class Firmware:
    """What runs the loader. uefi: UEFI, not BIOS; release: the NetBSD that the loader is of, as (major, minor)."""

    uefi: bool = False
    release: tuple[int, int] = (10, 1)


def run(read_file: ReadFile, firmware: Firmware = Firmware(), person: Person = NOBODY) -> Choice:  # noqa: B008 - frozen
    """Run the loader to its end: what it starts, or why it stands still."""
    return _Loader(read_file, firmware, person).run()


def trailer(text: str) -> tuple[str, str]:
    """gettrailer() in parseutils.c: the word before the first blank or tab (it may be empty), and what follows."""
    found = re.match(r"([^ \t]*)[ \t]*(.*)", text, re.DOTALL)
    assert found  # every part may be empty
    return found[1], found[2]


class _Loader:
    def __init__(self, read_file: ReadFile, firmware: Firmware, person: Person) -> None:
        self._read_file = read_file
        self._firmware = firmware
        self._person = person
        self._config = ""
        self._cfg = BootCfg()
        self._device = "hd0a"
        self._modules: list[tuple[str, str]] = []
        self._modules_on = True
        self._screen: list[str] = []
        self._executed: list[str] = []

    # -- the course of things

    def run(self) -> Choice:
        self._read_config()
        self._modules += [(kind, text.lstrip(" \t")) for kind, text in self._dedupe(self._cfg.modules)]
        self._say(*(self._cfg.banner or (f">> NetBSD/x86 {'EFI' if self._firmware.uefi else 'BIOS'} Boot",)))
        if self._cfg.consdev:
            self._consdev(self._cfg.consdev)
        if self._person.command is not None:
            return self._at_prompt(self._person.command)
        return self._menu() if self._cfg.menu else self._without_menu()

    def _read_config(self) -> None:
        places = ["/boot.cfg"]
        if self._firmware.uefi:  # efiboot/boot.c: the root file system's only if this one cannot be read
            places.insert(0, f"{ESP}/EFI/NetBSD/boot.cfg")
        for place in places:
            data = self._read_file(place)
            cfg = bootcfg.parse(data) if data is not None else None
            if cfg is not None:
                self._config, self._cfg = place, cfg
                return

    def _menu(self) -> Choice:
        cfg = self._cfg
        self._say("", *(f"    {cfg.key(number)}. {each.title}" for number, each in enumerate(cfg.menu)))
        last: tuple[int, str] = (-1, "")
        for index, why in self._attempts():
            last = (index, why)
            self._say("", f"Option {cfg.key(index)} is chosen: {why}")
            if cfg.menu[index].command == "prompt":
                self._say('type "?" or "help" for help.', "> ")
                return self._choice(index, why, Dead("the boot loader waits at its prompt"))
            result = self._execute(bootcfg.commands(cfg.menu[index].command))
            if result is not None:
                return self._choice(index, why, result)
        if cfg.timeout < 0:
            return self._choice(-1, "no timeout", Dead("the boot loader waits at its menu: timeout is no number"))
        return self._choice(*last, Dead(f"the boot loader is back at its menu: {self._screen[-1]}"))

    def _attempts(self) -> Iterator[tuple[int, str]]:
        """The entries that are tried, and why. One that returns leads back to the menu, which counts down again."""
        if self._person.entry is not None and self._cfg.timeout != 0:
            yield self._chosen(self._person.entry), "chosen at the console"
        if self._cfg.timeout >= 0:
            yield self._cfg.default, f"default, after {self._cfg.timeout} s"

    def _chosen(self, entry: int | str) -> int:
        titles = [each.title for each in self._cfg.menu]
        if isinstance(entry, int) and 1 <= entry <= len(titles):
            return entry - 1
        if isinstance(entry, str) and entry in titles:
            return titles.index(entry)
        raise ValueError(f"the menu has no entry {entry!r}; it has: {', '.join(titles)}")

    def _without_menu(self) -> Choice:
        for name in NAMES:
            self._say(f"booting {self._device}:{name}")
            result = self._boot_file(name, "")
            if result is not None:
                return self._choice(-1, "no menu: the kernel's usual names", result)
        self._say("> ")
        return self._choice(-1, "no menu", Dead("the boot loader found no kernel and waits at its prompt"))

    def _at_prompt(self, lines: str) -> Choice:
        result = self._execute(lines.splitlines())
        why = "typed at the prompt"
        return self._choice(-1, why, result or Dead(f"the boot loader waits at its prompt: {self._screen[-1]}"))

    def _choice(self, index: int, why: str, result: Result) -> Choice:
        title = self._cfg.menu[index].title if index >= 0 else ""
        screen = tuple(self._screen)
        return Choice("boot.cfg", self._config, index + 1, title, why, tuple(self._executed), screen, result)

    def _say(self, *lines: str) -> None:
        self._screen += lines

    # -- commands

    def _execute(self, commands: list[str]) -> Result | None:
        """Run commands until one starts something; None if the loader has the machine back afterwards."""
        for command in commands:
            if len(command) > bootcfg.COMMAND_MAX:
                self._executed.append(command)
                return Dead(
                    f"the boot loader overwrote its own stack: a command of {len(command)} characters, "
                    f"{bootcfg.COMMAND_MAX} fit: {command}"
                )
            command = command.rstrip(" ")
            self._executed.append(command)
            result = self._command(*trailer(command))
            if result is not None:
                return result
        return None

    def _command(self, word: str, argument: str) -> Result | None:
        if word in ("boot", "pkboot"):
            return self._boot(argument)
        if word == "multiboot":
            return self._multiboot(argument)
        if word == "quit":
            return Reset()
        if word == "menu" and self._cfg.menu:
            return Dead("the boot loader is back at its menu")
        if word in ("load", "splash", "rndseed", "fs"):
            self._add_module(word, argument)
        elif word == "modules":
            self._modules_on = argument in ("on", "enabled") or (self._modules_on and argument != "off")
        elif word == "consdev":
            self._consdev(argument)
        elif word == "dev":
            self._dev(argument)
        elif word not in WITHOUT_EFFECT:
            self._say("unknown command")
        return None

    def _consdev(self, name: str) -> None:
        known = name in CONSOLES or (self._firmware.uefi and re.fullmatch(r"com(\d?,.+)", name))
        if not known:
            self._say("invalid console device.")

    def _dev(self, argument: str) -> None:
        if argument:
            self._device = argument.partition(":")[0]

    def _add_module(self, kind: str, text: str) -> None:
        self._modules = self._dedupe([*self._modules, (kind, text.lstrip(" \t"))])

    @staticmethod
    def _dedupe(modules: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
        """module_add_common() skips what is on the list already."""
        return list(dict.fromkeys(modules))

    # -- starting

    def _open(self, name: str) -> bytes | str:
        """A file named `[dev:]file`: its contents, or why it cannot be read (strerror's words)."""
        device, colon, path = name.partition(":")
        if not colon:
            device, path = self._device, name
        path = "/" + path.lstrip("/")
        if device == "esp" and self._firmware.uefi:
            path = ESP + path
        elif not self._is_root(device):
            return NO_DEVICE
        data = self._read_file(path)
        return NO_FILE if data is None else data

    def _is_root(self, device: str) -> bool:
        """The lab's machine has one disk, hd0, with the root file system in partition a (no letter means a)."""
        if device.startswith("NAME="):
            return device.encode() in (self._read_file("/etc/fstab") or b"").split()
        return device in ("hd0a", "hd0", "hd")

    def _boot(self, argument: str) -> Result | None:
        """command_boot() with parseboot(): [[dev:]file] [-flags]."""
        name, options = ("", argument) if argument.startswith("-") else trailer(argument)
        flags = re.sub(r"[ \t]+-?|^-", "", options)
        if options and not re.fullmatch(r"-[^ \t]*([ \t]+-[^ \t]*)*[ \t]*", options):
            self._say("invalid arguments")
            return None
        unknown = [flag for flag in flags if flag not in BOOT_FLAGS]
        if unknown:
            self._say(f"-{unknown[0]}: unknown flag")
            return None
        for each in [name] if name else NAMES:
            result = self._boot_file(each, flags)
            if result is not None:
                return result
        return None

    def _boot_file(self, name: str, flags: str) -> Result | None:
        data = self._open(name)
        image = images.read(data) if isinstance(data, bytes) else None
        if image is None or not image.kernel:
            why = data if isinstance(data, str) else NO_EXEC
            self._say(f"boot: {self._device}:{name}: {why}")
            return None
        if not image.boots_natively:
            return Dead(f"{name} ({image.config}) is a kernel for Xen: it stops at its first instruction without it")
        return Native(name, image, flags)

    def _multiboot(self, argument: str) -> Result | None:
        name, arguments = trailer(argument)
        data = self._open(name)
        image = images.read(data) if isinstance(data, bytes) else None
        why = data if isinstance(data, str) else self._refused(image)
        if image is None or why:
            self._say(f"multiboot: {self._device}:{name}: {why or NO_EXEC}")
            return None
        modules = self._load_modules(name) if self._modules_on else ()
        return Xen(name, image, arguments, modules)

    def _refused(self, image: images.Image | None) -> str:
        if image is None:
            return NO_EXEC
        second = image.multiboot2 and self._firmware.release >= MULTIBOOT2_SINCE
        if self._firmware.uefi and not second:
            self._say("EFI boot requires multiboot 2 kernel")
            return NO_EXEC
        return "" if second or image.multiboot1 else NO_EXEC

    def _load_modules(self, kernel: str) -> tuple[Module, ...]:
        """module_init(): all that were queued, in order, those that cannot be read left out with a warning."""
        device = kernel.partition(":")[0] + ":" if ":" in kernel else ""
        loaded = []
        for _kind, text in self._modules:
            data = self._open_module(text, device)
            image = images.read(data) if isinstance(data, bytes) else None
            if image is None:
                self._say(f"WARNING: couldn't open {text}")
                continue
            self._say(f"Loading {text}")
            loaded.append(Module(text[:MODULE_STRING_MAX], image))
        return tuple(loaded)

    def _open_module(self, text: str, device: str) -> bytes | str:
        """module_path(): a name without a leading / is looked for among the kernel's modules first, then, with its
        arguments and all, as a file."""
        name = re.split(r"[ \t]", text, maxsplit=1)[0]
        path = name.partition(":")[2] if ":" in name else name
        if path.startswith("/"):
            return self._open(name if ":" in name else device + name)
        return self._open(text)
