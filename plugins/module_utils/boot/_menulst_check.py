# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Where a menu.lst does not do what it says. Sources: those of ``_menulst``."""

from __future__ import annotations

import re
from functools import partial
from typing import Iterator

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot_rules, _menulst
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

# xen_machdep.c: "command line exceeded limit of 255 chars. Truncated."
KERNEL_LIMIT = 255
_FOR_THE_MENU = ("default", "fallback", "timeout", "hiddenmenu")
# NetBSD's partition a of the first disk, with or without the number of the MBR partition
_ROOT_DEVICE = re.compile(r"\(hd0,(?:[0-3],)?a\)")


def problems(document: _menulst.MenuLst, host: Surroundings) -> list[Problem]:
    """Everything that is wrong, in the order of the lines."""
    found = [*_file(document), *_settings(document)]
    for entry, block in zip(document.entries, document.blocks):
        found += _entry(document, entry, block)
        found += _boot_rules.image_problems(entry, partial(root_path, body=block.body), host)
    found += _boot_rules.duplicates(document.entries)
    found += _boot_rules.fallback(document.entries)
    return sorted(found, key=lambda item: item.line)


def root_path(file: str, body: list[_menulst.Line]) -> str | None:
    """Path on NetBSD's root file system of a file in an entry; None when it is on another device."""
    device, path = re.fullmatch(r"(\([^)]*\))?(.*)", file, re.DOTALL).groups()  # type: ignore[union-attr]
    if device is None:
        roots = [line.argument.strip() for line in body if line.name in ("root", "rootnoverify")]
        device = roots[-1] if roots else None
    return None if device and not _ROOT_DEVICE.fullmatch(device) else path


def _file(document: _menulst.MenuLst) -> Iterator[Problem]:
    if not document.entries:
        yield Problem("no_menu", ERROR, 0, "There is no menu: GRUB stops at its command line.", "Add an entry.")
    if "\0" in document.text:
        place = document.text.split("\0")[0].count("\n") + 1
        yield Problem("nul_byte", ERROR, place, "GRUB takes the NUL byte as the end of the line.", "Remove it.")
    for line in document.dropped:
        yield Problem(
            "dropped_title",
            WARNING,
            line.first + 1,
            f"GRUB drops the title {line.argument!r}: no command follows.",
            "Write its commands on lines of their own.",
        )


def _settings(document: _menulst.MenuLst) -> Iterator[Problem]:
    given, last = document.default_given, document.settings.get("default")
    if last and document.entries and (given is None or given > len(document.entries)):
        yield Problem(
            "default_out_of_range",
            WARNING,
            last.first + 1,
            f"`default {last.argument}` is none of the {len(document.entries)} entries, which GRUB counts from 0: "
            f"it takes {(document.default or 1) - 1}.",
            "Give the number of an entry.",
        )
    if document.entries and document.timeout is None:
        yield Problem(
            "waits_for_ever", WARNING, 0, "There is no timeout: GRUB waits for a key for ever.", "Add timeout SECONDS."
        )
    for block in document.blocks:
        for line in block.body:
            if line.name in _FOR_THE_MENU:
                yield Problem(
                    "setting_in_entry",
                    WARNING,
                    line.first + 1,
                    f"GRUB takes `{line.text}` as a command of the entry above it.",
                    "Move it above the first title.",
                )


def _entry(document: _menulst.MenuLst, entry: Entry, block: _menulst._Block) -> Iterator[Problem]:
    end = block.body[-1].last
    for line in document.lines:
        if not block.title.first < line.first <= end:
            continue
        if line.name and line.name not in _menulst.BUILTINS:
            yield problem(
                entry,
                "unknown_command",
                WARNING,
                f"has the unknown command {line.name!r}, which GRUB passes over.",
                "A blank may be missing.",
                line.first + 1,
            )
        elif size(line.text) >= _menulst.LINE_LIMIT:
            yield problem(
                entry,
                "command_too_long",
                ERROR,
                f"has a command of more than {_menulst.LINE_LIMIT} characters.",
                "Shorten it.",
                line.first + 1,
            )
    names = [command.name for command in entry.commands]
    if entry.kind == OTHER and not {"configfile", "halt", "reboot", "lock"} & set(names):
        yield problem(entry, "boots_nothing", ERROR, "boots nothing.", "It needs a kernel or a chainloader.")
    if entry.kind == NATIVE and entry.kernel and _is_netbsd_as_freebsd(entry):
        yield problem(
            entry,
            "kernel_type_missing",
            ERROR,
            f"starts {entry.kernel.file} as if it were FreeBSD's kernel.",
            "Write kernel --type=netbsd in front of the file.",
        )
    if entry.hypervisor and entry.kernel and size(entry.kernel.words) > KERNEL_LIMIT:
        yield problem(
            entry,
            "kernel_arguments_too_long",
            ERROR,
            f"gives the dom0 kernel {size(entry.kernel.words)} characters, and it keeps {KERNEL_LIMIT}.",
            "Shorten the file name or the arguments.",
        )


def _is_netbsd_as_freebsd(entry: Entry) -> bool:
    """GRUB takes an ELF kernel for FreeBSD's unless it is told otherwise (boot.c, load_image())."""
    last = [command for command in entry.commands if command.name == "kernel"][-1]
    file = entry.kernel.file if entry.kernel else ""
    return "netbsd" in file.rpartition("/")[2] and "--type=netbsd" not in last.argument.split(file)[0]
