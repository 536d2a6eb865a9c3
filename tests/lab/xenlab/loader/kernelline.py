# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of a NetBSD kernel: what it takes from it, as a dom0.

Sources: NetBSD sys/arch/xen/xen/xen_machdep.c xen_parse_cmdline(), sys/arch/xen/xen/pciback.c pciback_pci_init() and
pciback_parse_pci(), sys/sys/boot_flag.h.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LINE_MAX = 255  # "command line exceeded limit of 255 chars. Truncated."
PCIDEVS_MAX = 63  # xcp_pcidevs[64]
ROOT_DEVICE = re.compile(r"(/dev/)?(wd0|ld0|sd0|xbd0)[a-p]?|dk\d+|NAME=.+|wedge:.+")
# flags of boot(8) after which the kernel waits for a person: which file to boot, userconf, the debugger, halt
WAITING = {"a": "asks for its root device", "c": "waits in userconf", "d": "waits in its debugger", "b": "has halted"}


@dataclass(frozen=True)
class KernelLine:
    """What the kernel understood. flags: letters of boot(8); hidden: PCI functions (bus, device, function) for
    pciback; complaints: what it prints about the line; waits: why it does not come up, or ""."""

    words: tuple[str, ...] = ()
    flags: str = ""
    hidden: tuple[tuple[int, int, int], ...] = ()
    complaints: tuple[str, ...] = ()
    waits: str = ""


def read(arguments: str) -> KernelLine:
    """The arguments behind the kernel's name."""
    complaints = []
    if len(arguments) > LINE_MAX:
        complaints.append("command line exceeded limit of 255 chars. Truncated.")
        arguments = arguments[:LINE_MAX]
    words = tuple(word for word in arguments.split(" ") if word)
    flags = "".join(word[1:] for word in words if word.startswith("-"))
    hidden: tuple[tuple[int, int, int], ...] = ()
    for value in _values(words, "pciback.hide="):
        hidden, errors = hidden_functions(value)
        complaints += errors
    waits = next((WAITING[flag] for flag in flags if flag in WAITING), "")
    roots = [*_values(words, "bootdev="), *_values(words, "root=")]
    if roots and not ROOT_DEVICE.fullmatch(roots[-1]):
        waits = waits or f"asks for its root device: there is no {roots[-1]}"
    return KernelLine(words, flags, hidden, tuple(complaints), waits)


def _values(words: tuple[str, ...], prefix: str) -> list[str]:
    return [word[len(prefix) :] for word in words if word.lower().startswith(prefix)]


def hidden_functions(value: str) -> tuple[tuple[tuple[int, int, int], ...], list[str]]:
    """The functions that pciback claims, from the value of pciback.hide=, and its complaints.

    Each in parentheses, nothing between them. A bad address is passed over, a missing parenthesis ends it all.
    """
    found, complaints = [], []
    text = value[:PCIDEVS_MAX]
    while text:
        inside, closed, rest = text[1:].partition(")")
        if not text.startswith("(") or not closed:
            complaints.append(f"pciback_pci_init: syntax error at {text}")
            break
        function = _function(inside)
        if function is None:
            complaints.append(f"pciback_pci_init: syntax error at char {inside}")
        else:
            found.append(function)
        text = rest
    return tuple(found), complaints


def _function(text: str) -> tuple[int, int, int] | None:
    match = re.fullmatch(r"(?:0000[^:]*:)?([0-9a-f]+):([0-9a-f]+)\.([0-9a-f]+)", text, re.IGNORECASE)
    if not match:
        return None
    bus, device, function = (int(part, 16) for part in match.groups())
    return bus, device, function
