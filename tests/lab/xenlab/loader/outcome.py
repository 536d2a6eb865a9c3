# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a boot loader makes of a disk: something to start, or a machine that stands still."""

from __future__ import annotations

from dataclasses import dataclass

from .images import Image


@dataclass(frozen=True)
class Module:
    """A file that the loader hands to a multiboot kernel. text is the module's string: file name and arguments."""

    text: str
    image: Image


@dataclass(frozen=True)
class Xen:
    """A multiboot kernel is started: the hypervisor with these arguments, and its modules in their order."""

    file: str
    image: Image
    arguments: str
    modules: tuple[Module, ...]


@dataclass(frozen=True)
class Native:
    """A NetBSD kernel is started on the bare machine; flags as in boot(8): "s" for single user."""

    file: str
    image: Image
    flags: str = ""


@dataclass(frozen=True)
class Reset:
    """The loader starts the machine anew (`quit`)."""


@dataclass(frozen=True)
class Dead:
    """Nothing starts: the message that a person at the console would see last, or what happened to the loader."""

    message: str


Result = Xen | Native | Reset | Dead


@dataclass(frozen=True)
class Person:
    """Somebody at the console, for one boot: a menu entry by its number (from 1) or title, or commands at the prompt
    (one a line)."""

    entry: int | str | None = None
    command: str | None = None


NOBODY = Person()


@dataclass(frozen=True)
class Choice:
    """One run of a loader.

    loader: "boot.cfg", "menu.lst" or "none"; config: the file read, or "" if there was none; entry: number (from 1)
    and title, 0 and "" without a menu; why: why this entry; commands: what was executed; screen: what the loader
    printed.
    """

    loader: str
    config: str
    entry: int
    title: str
    why: str
    commands: tuple[str, ...]
    screen: tuple[str, ...]
    result: Result
