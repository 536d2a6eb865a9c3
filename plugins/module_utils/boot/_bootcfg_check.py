# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Where a boot.cfg does not do what it says. Sources: those of ``_bootcfg``."""

from __future__ import annotations

import re
from typing import Iterator

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot_rules, _bootcfg
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import (
    ERROR,
    NATIVE,
    OTHER,
    WARNING,
    Entry,
    Problem,
    size,
)
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_rules import Surroundings, problem

# the tables of commands of boot/boot2.c and efiboot/boot.c, and `prompt` of bootmenu.c
_COMMAND_NAMES = """
    help ? ls quit boot pkboot dev consdev root menu modules load multiboot vesa splash rndseed fs userconf
    devpath efivar gop memmap reloc text version prompt
"""
_COMMANDS = frozenset(_COMMAND_NAMES.split())
# cons_devs[] of boot2.c; the UEFI loader takes com with an I/O port and a speed, too
_CONSOLE = re.compile(r"pc|auto|com(?:[0-3](?:kbd)?(?:,\d+)?|,[0-9a-fA-Fx]+(?:,\d+)?)")
_FLAGS = re.compile(r"-[abcdjmqsvxz1234]*")
_BOOT_PATH = re.compile(r"^(?:[A-Za-z]+[0-9]*[a-z]?|NAME=[^:]*):")


def problems(document: _bootcfg.BootCfg, host: Surroundings) -> list[Problem]:
    """Everything that is wrong, in the order of the lines."""
    found = [*_file(document, host), *_dropped_lines(document), *_settings(document), *_globals(document)]
    for entry, line in zip(document.entries, document.menu_lines):
        found += _menu_line(entry, line)
        found += _commands(entry, document)
        found += _boot_rules.image_problems(entry, root_path, host)
    found += _boot_rules.duplicates(document.entries)
    found += _boot_rules.fallback(document.entries)
    return sorted(found, key=lambda item: item.line)


def root_path(file: str) -> str | None:
    """Path on the root file system of a file in a command; None when it names a device, which may be another one."""
    if _BOOT_PATH.match(file):
        return None
    return file if file.startswith("/") else "/" + file


def _file(document: _bootcfg.BootCfg, host: Surroundings) -> Iterator[Problem]:
    length = size(document.text)
    if length > _bootcfg.SIZE_LIMIT:
        yield Problem(
            "file_too_large",
            ERROR,
            0,
            f"The file has {length} bytes, and the loader ignores one of more than {_bootcfg.SIZE_LIMIT}.",
            "Remove comments or banners.",
        )
    if "\0" in document.text:
        place = document.text.split("\0")[0].count("\n") + 1
        yield Problem("nul_byte", ERROR, place, "The loader stops reading at the NUL byte.", "Remove it.")
    if host.shadowed_by:
        yield Problem(
            "shadowed",
            ERROR,
            0,
            f"The UEFI loader reads {host.shadowed_by}, and never this file.",
            "Move that one away, or edit that one (option path).",
        )
    if not document.entries:
        yield Problem("no_menu", WARNING, 0, "There is no menu: the loader boots /netbsd.", "Add an entry.")
    for line in document.banners[_bootcfg.BANNER_LIMIT :]:
        yield Problem(
            "too_many_banners",
            WARNING,
            line.number,
            f"The loader shows {_bootcfg.BANNER_LIMIT} banner lines, and not this one.",
            "Remove some.",
        )


def _dropped_lines(document: _bootcfg.BootCfg) -> Iterator[Problem]:
    for line, reason in document.dropped:
        if reason == "no_key":
            what, cure = "The loader does not know the line: it begins with a blank.", "Remove the blank."
        elif reason == "too_many":
            digits = len(document.menu_lines) <= _bootcfg.DIGIT_LIMIT
            limit = f"{_bootcfg.DIGIT_LIMIT} entries with format=n" if digits else f"{_bootcfg.MENU_LIMIT} entries"
            what, cure = f"The loader keeps {limit}, and drops this one.", "Remove entries that are not needed."
        elif "#" in line.raw:
            what, cure = "The loader cuts the line at #, and no : is left: the entry is dropped.", "Remove the #."
        else:
            what, cure = "The loader drops a menu line without = and :.", "Write menu=TEXT:COMMANDS."
        yield Problem("dropped_" + reason, ERROR, line.number, what, cure)


def _settings(document: _bootcfg.BootCfg) -> Iterator[Problem]:
    given, last = document.default_given, document.last.get("default")
    if last and document.entries and given is not None and not 1 <= given <= len(document.entries):
        yield Problem(
            "default_out_of_range",
            WARNING,
            last.number,
            f"default={last.value.strip()} is none of the {len(document.entries)} entries: "
            f"the loader takes {document.default}.",
            "Give the number of an entry.",
        )
    default = next((entry for entry in document.entries if entry.number == document.default), None)
    if default and default.kind == "prompt":
        yield problem(default, "default_prompt", WARNING, "is the default, and waits for commands.", "Choose another.")
    timeout = document.last.get("timeout")
    if timeout and document.timeout is None:
        yield Problem(
            "waits_for_ever",
            WARNING,
            timeout.number,
            "The timeout is no number: the loader waits for a key for ever.",
            "Write timeout=SECONDS.",
        )
    console = document.last.get("consdev")
    if console and not _CONSOLE.fullmatch(console.value):
        yield Problem(
            "bad_consdev",
            WARNING,
            console.number,
            f"The loader knows no console {console.value!r}.",
            "Use pc, auto, com0 to com3, with nothing behind it.",
        )


def _globals(document: _bootcfg.BootCfg) -> Iterator[Problem]:
    xen = [entry for entry in document.entries if entry.hypervisor]
    for line in document.lines:
        if line.key in ("load", "fs") and xen:
            yield Problem(
                "global_module",
                ERROR,
                line.number,
                f"{line.key}= outside of an entry is queued before the dom0 kernel, and Xen would boot {line.value!r}.",
                "Move it into the entries that need it.",
            )
        elif line.key == "rndseed":
            yield Problem(
                "ignored_keyword",
                WARNING,
                line.number,
                "The loader ignores rndseed= here.",
                "Move it into the entries.",
            )


def _menu_line(entry: Entry, line: _bootcfg.Line) -> Iterator[Problem]:
    body = line.value.partition(":")[2]
    for command in _bootcfg.copied(body):
        if size(command) > _bootcfg.COMMAND_LIMIT:
            yield problem(
                entry,
                "command_too_long",
                ERROR,
                f"has a command of {size(command)} characters, which overruns the loader's buffer: {command!r}.",
                f"Shorten it by {size(command) - _bootcfg.COMMAND_LIMIT} characters: at most {_bootcfg.COMMAND_LIMIT} "
                "between semicolons. A short file name in / helps most.",
            )
    if "\r" in line.value:
        yield problem(
            entry, "carriage_return", ERROR, "ends in a carriage return, which the loader takes as text.", "Remove it."
        )
    if re.search(r"(?:^|;) *;", body.rstrip("; ")):
        yield problem(
            entry, "empty_command", ERROR, "has an empty command, on which the loader may hang.", "Remove a semicolon."
        )
    if line.end < len(line.raw) and not line.value.endswith((" ", "\t")):
        yield problem(
            entry,
            "cut_at_hash",
            WARNING,
            f"is cut off at #: {line.raw[line.end :]!r} is not read.",
            "Put a blank in front of a comment; # cannot be part of an entry.",
        )


def _commands(entry: Entry, document: _bootcfg.BootCfg) -> Iterator[Problem]:
    for command in entry.commands:
        if command.name == "":
            yield problem(
                entry,
                "blank_before_command",
                ERROR,
                "has a blank before its first command, which the loader then does not know.",
                "Remove the blank after the colon.",
            )
        elif command.name not in _COMMANDS:
            yield problem(
                entry, "unknown_command", WARNING, f"has the unknown command {command.name!r}.", "See boot(8)."
            )
    if entry.kind == NATIVE and entry.kernel and not _are_flags(entry.kernel.args):
        yield problem(
            entry,
            "bad_boot_arguments",
            ERROR,
            f"has `boot` with {' '.join(entry.kernel.args)!r}, which the loader refuses.",
            "Without Xen, the loader takes flags alone, as in boot /netbsd -s; see boot(8).",
        )
    if entry.kind == OTHER:
        yield problem(
            entry, "boots_nothing", ERROR, "boots nothing.", "End it with boot, multiboot or prompt; see boot(8)."
        )
    if entry.hypervisor:
        yield from _modules(entry, bool(document.modules))


def _are_flags(words: tuple[str, ...]) -> bool:
    """parseopts() of parseutils.c: each word is a hyphen and flags that it knows (sys/boot_flag.h)."""
    return all(_FLAGS.fullmatch(word) for word in words)


def _modules(entry: Entry, queued: bool) -> Iterator[Problem]:
    """The list of modules that Xen gets: the dom0 kernel, and nothing else."""
    until = [command.name for command in entry.commands].index("multiboot")
    modules = [item for item in entry.commands[:until] if item.name in ("load", "splash", "rndseed", "fs")]
    if modules and modules[0].name != "load" and not queued:
        yield problem(
            entry,
            "wrong_first_module",
            ERROR,
            f"gives Xen {modules[0].argument!r} as the dom0 kernel: {modules[0].name} comes before load.",
            f"Remove {modules[0].text!r}.",
        )
    elif len(modules) > 1:
        yield problem(
            entry,
            "more_modules",
            WARNING,
            f"gives Xen more than the dom0 kernel: {modules[1].text!r}.",
            "Remove it; Xen passes it on as a ramdisk.",
        )
    for module in modules:
        file = module.argument.split(" ")[0]
        if module.name == "load" and not file.startswith("/") and not _BOOT_PATH.match(file):
            yield problem(
                entry,
                "load_relative",
                ERROR,
                f"loads {file!r}, which the loader looks for among the kernel modules.",
                f"Write /{file}.",
            )
