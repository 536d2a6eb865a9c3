# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The boot loader's menu of a host, whichever of the two loaders it is: parsed, checked, told about."""

from __future__ import annotations

from typing import Any, Union

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _bootcfg, _bootcfg_check, _menulst, _menulst_check
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import Entry, Problem
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_rules import NOWHERE, Surroundings
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

BOOT_CFG, MENU_LST = _bootcfg.BootCfg.loader, _menulst.MenuLst.loader
PATHS = {BOOT_CFG: _bootcfg.PATH, MENU_LST: _menulst.PATH}

Document = Union[_bootcfg.BootCfg, _menulst.MenuLst]


def parse(loader: str, text: str, path: str | None = None, saved: int = 0) -> Document:
    """A file as its loader understands it. Never fails: what the loader drops is found by ``problems()``.

    :param loader: ``boot.cfg`` or ``menu.lst``.
    :param saved: for ``default saved`` of menu.lst: the entry, from 0, that GRUB's file ``default`` names.
    """
    if loader == BOOT_CFG:
        return _bootcfg.BootCfg(text, path or _bootcfg.PATH)
    if loader == MENU_LST:
        return _menulst.MenuLst(text, path or _menulst.PATH, saved)
    raise BadValue("loader", loader, f"use {BOOT_CFG} or {MENU_LST}.")


def problems(document: Document, host: Surroundings = NOWHERE) -> list[Problem]:
    """Where the file does not do what it says, in the order of its lines."""
    if isinstance(document, _bootcfg.BootCfg):
        return _bootcfg_check.problems(document, host)
    return _menulst_check.problems(document, host)


def root_path(document: Document, entry: Entry, file: str) -> str | None:
    """Path on the root file system of a file that an entry names; None when it is on another device."""
    if isinstance(document, _bootcfg.BootCfg):
        return _bootcfg_check.root_path(file)
    return _menulst_check.root_path(file, document.blocks[entry.number - 1].body)


def as_dict(document: Document, host: Surroundings = NOWHERE) -> dict[str, Any]:
    """The file as a return value."""
    return {
        "loader": document.loader,
        "path": document.path,
        "entries": [entry.as_dict() for entry in document.entries],
        "default": document.default,
        "timeout": document.timeout,
        "problems": [item.as_dict() for item in problems(document, host)],
    }
