# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Edit a boot menu and know all the while which entry is which: both loaders name entries by their number, and the
number changes whenever an entry comes, goes or moves."""

from __future__ import annotations

from typing import Callable, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot_model
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot import Document
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import Entry, Image
from ansible_collections.netbsd.xen.plugins.module_utils.boot._menulst import MenuLst
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError


class Editor:
    """A document under edit, and where its default and its fall-backs went.

    :ivar meant: number of the entry that was the default when the edit began; None when there was none, or it is gone.
    :ivar actions: what was done, in words.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.meant = document.default
        self.actions: list[str] = []
        self._fallback: list[int] = list(document.fallback) if isinstance(document, MenuLst) else []

    @property
    def entries(self) -> Sequence[Entry]:
        return self.document.entries

    def named(self, name: str) -> Entry | None:
        """
        :raises XenError: more than one entry has this name.
        """
        found = _boot_model.named(self.entries, name)
        if len(found) > 1:
            lines = " and ".join(str(entry.line) for entry in found)
            raise XenError(
                f"{self.document.path}: lines {lines} both have an entry {name!r}. Rename or remove one of them.",
                error_id="ambiguous_entry",
            )
        return found[0] if found else None

    def add(self, position: int | None, name: str, hypervisor: Image | None, kernel: Image) -> int:
        """A new entry, at the end when no position is given. Returns its number.

        :raises XenError: there is no room for it.
        """
        count = len(self.entries)
        number = min(position or count + 1, count + 1)
        self.document = self.document.with_new_entry(number, name, hypervisor, kernel)
        if len(self.entries) == count:
            raise XenError(
                f"{self.document.path} has {count} entries, and the boot loader keeps no more: {name!r} would push one "
                "out. Remove an entry that is not needed.",
                error_id="menu_full",
            )
        self._renumber(lambda old: old + 1 if old >= number else old)
        self.actions.append(f"add entry {number}, {name!r}")
        return number

    def change(self, number: int, name: str, hypervisor: Image | None, kernel: Image, what: str = "change") -> None:
        self.document = self.document.with_entry(number, name, hypervisor, kernel)
        self.actions.append(f"{what} entry {number}, {name!r}")

    def remove(self, number: int) -> None:
        name = self.entries[number - 1].text
        self.document = self.document.without_entry(number)
        if self.meant == number:
            self.meant = None
        self._fallback = [old for old in self._fallback if old != number]
        self._renumber(lambda old: old - 1 if old > number else old)
        self.actions.append(f"remove entry {number}, {name!r}")

    def move(self, number: int, position: int) -> int:
        """Give an entry another place; returns its number."""
        position = min(position, len(self.entries))
        if position == number:
            return number
        name = self.entries[number - 1].text
        self.document = self.document.moved(number, position)

        def new(old: int) -> int:
            if old == number:
                return position
            without = old - 1 if old > number else old
            return without + 1 if without >= position else without

        self._renumber(new)
        self.actions.append(f"move entry {name!r} from {number} to {position}")
        return position

    def settle(self, timeout: int | None, chosen: bool) -> None:
        """Let the default be the entry that is meant, and the fall-backs and the timeout be right.

        :param chosen: the task itself says which entry is the default.
        """
        target = self.meant
        document = self.document
        if target is not None and (document.default != target or self._default_is_beyond()):
            if isinstance(document, MenuLst) and document.default_saved and not chosen:
                raise XenError(
                    f"{document.path} boots the entry that GRUB has saved by its number, and this change would give "
                    "that entry another number. Say which entry is the default (default: true), or put the new entry "
                    "at the end.",
                    error_id="saved_default",
                )
            document = document.with_default(target)
            self.actions.append(f"default is entry {target}, {document.entries[target - 1].text!r}")
        if isinstance(document, MenuLst) and self._fallback != document.fallback:
            document = document.with_fallback(self._fallback)
            self.actions.append("renumber the fall-back entries")
        if timeout is not None and document.timeout != timeout:
            document = document.with_timeout(timeout)
            self.actions.append(f"timeout is {timeout} s")
        self.document = document

    def _default_is_beyond(self) -> bool:
        """Whether an edit has left the default with a number that no entry has: both loaders take some entry then."""
        given = self.document.default_given
        return bool(self.actions) and given is not None and given > len(self.entries)

    def _renumber(self, new: Callable[[int], int]) -> None:
        self.meant = None if self.meant is None else new(self.meant)
        self._fallback = [new(old) for old in self._fallback]
