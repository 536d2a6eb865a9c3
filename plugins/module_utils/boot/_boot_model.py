# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a boot loader's menu says, in one shape for boot.cfg and for GRUB legacy's menu.lst.

``_bootcfg.BootCfg`` and ``_menulst.MenuLst`` read the two kinds of file. Both have ``loader``, ``path``, ``text``,
``entries``, ``default`` (number of an entry) and ``timeout``, and the same methods for editing.
"""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.host import _systemfile

XEN, NATIVE, PROMPT, CHAIN, OTHER = "xen", "native", "prompt", "chain", "other"
ERROR, WARNING = "error", "warning"


class Image(NamedTuple):
    """A file that the loader loads, with what it is told: the hypervisor, or a kernel.

    :param file: as written, with a device in front of it if there is one: ``/netbsd``, ``hd0a:/netbsd``,
        ``(hd0,a)/xen.gz``.
    :param args: the words after it.
    """

    file: str
    args: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        return " ".join((self.file, *self.args))


class Command(NamedTuple):
    """One command of an entry.

    :param text: as the loader holds it, name and argument together.
    """

    name: str
    argument: str
    text: str


class Entry(NamedTuple):
    """One choice of the menu, as the loader understands it.

    :param number: place in the menu, counted from 1 in both kinds of file (GRUB itself counts from 0).
    :param line: where it begins in the file, counted from 1.
    :param hypervisor: None when the entry boots without Xen.
    :param kernel: the dom0 kernel (what Xen gets as its first module), or the native kernel.
    """

    number: int
    text: str
    line: int
    commands: tuple[Command, ...]
    hypervisor: Image | None
    kernel: Image | None

    @property
    def kind(self) -> str:
        """``xen``, ``native``, ``prompt`` (the loader's command line), ``chain`` (another loader) or ``other``."""
        if self.hypervisor:
            return XEN
        if self.kernel:
            return NATIVE
        names = {command.name for command in self.commands}
        return PROMPT if "prompt" in names else CHAIN if "chainloader" in names else OTHER

    def as_dict(self) -> dict[str, Any]:
        """The entry as a return value."""
        return {
            "number": self.number,
            "name": self.text,
            "line": self.line,
            "kind": self.kind,
            "commands": [command.text for command in self.commands],
            "hypervisor": self.hypervisor.file if self.hypervisor else None,
            "xen_args": list(self.hypervisor.args) if self.hypervisor else [],
            "kernel": self.kernel.file if self.kernel else None,
            "kernel_args": list(self.kernel.args) if self.kernel else [],
        }


class Problem(NamedTuple):
    """Something in the file that the loader takes otherwise than its writer meant.

    :param severity: ``error``: an entry, or the whole menu, does not boot as written. ``warning``: it still boots.
    :param line: counted from 1; 0 when it is about the file as a whole.
    :param what: one sentence, for people; ``cure`` says what to do.
    :param entry: number of the entry that it is about; None: it is about all of them.
    """

    id: str
    severity: str
    line: int
    what: str
    cure: str
    entry: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return self._asdict()

    def sentence(self, path: str) -> str:
        where = f"{path}, line {self.line}" if self.line else path
        return f"{where}: {self.what} {self.cure}"


def size(text: str) -> int:
    """Length as the loader counts it: in bytes."""
    return len(_systemfile.to_bytes(text))


def named(entries: Sequence[Entry], name: str) -> list[Entry]:
    """The entries with this text; blanks around it do not count."""
    return [entry for entry in entries if entry.text.strip() == name.strip()]


def at(entries: Sequence[Entry], number: int | None) -> Entry | None:
    """The entry with this number."""
    return next((entry for entry in entries if entry.number == number), None)


def split_words(text: str) -> Image | None:
    """``/netbsd -s`` as an image; None when there is nothing. The loaders know blanks and tabs only."""
    words = re.findall(r"[^ \t]+", text)
    return Image(words[0], tuple(words[1:])) if words else None


def previous_name(path: str) -> str:
    """Where boot_file keeps the content before: ``/netbsd-XEN3_DOM0.gz`` -> ``/netbsd-XEN3_DOM0.old.gz``."""
    base, ending = os.path.splitext(path)
    return f"{base}.old{ending}" if ending == ".gz" else path + ".old"
