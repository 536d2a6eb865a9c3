# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What keeps an entry from booting Xen, whichever loader reads it: its files and its arguments."""

from __future__ import annotations

import re
from typing import Callable, Iterator, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _pciback
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import ERROR, WARNING, Entry, Image, Problem

# xen-command-line.pandoc, dom0_mem: a list of min:<sz>, max:<sz> and <sz>; a size without a suffix is in KiB
_SIZE = re.compile(r"^(?:(?:min|max):)?(-?)(?:(\d+)([bkmgt]?)(\+\d{1,2}%)?|\d{1,2}%)$", re.IGNORECASE)
_LOWEST_KIB = 65536  # the 64 MiB of the old HOWTO's dom0_mem=65536


class Surroundings(NamedTuple):
    """What of the host matters for its boot files. Everything may be unknown.

    :param exists: whether a file (absolute path) is on the root file system; None: files are not looked at.
    :param uefi: whether the firmware is UEFI; None: unknown.
    :param shadowed_by: the boot.cfg that the UEFI loader reads instead of this one; None: there is none.
    :param multiboot2: whether a hypervisor file can be booted by the UEFI loader; answers None when it cannot tell.
    """

    exists: Callable[[str], bool] | None = None
    uefi: bool | None = None
    shadowed_by: str | None = None
    multiboot2: Callable[[str], bool | None] | None = None


NOWHERE = Surroundings()


def argument(image: Image, key: str) -> str | None:
    """The value of the last ``key=value`` among the words after a file; None without one."""
    found = [word[len(key) + 1 :] for word in image.args if word.startswith(key + "=")]
    return found[-1] if found else None


def image_problems(entry: Entry, root_path: Callable[[str], str | None], host: Surroundings) -> Iterator[Problem]:
    """Problems of the files of an entry and of the arguments of Xen and of the dom0 kernel.

    :param root_path: gives the path on the root file system of a file as the entry names it; None when it is elsewhere.
    """
    for role, image in (("hypervisor", entry.hypervisor), ("kernel", entry.kernel)):
        if image is not None:
            yield from _file_problems(entry, role, image, root_path(image.file), host)
    if entry.hypervisor is not None:
        yield from _dom0_memory_problems(entry, entry.hypervisor)
        if entry.kernel is None:
            yield problem(
                entry,
                "no_dom0_kernel",
                ERROR,
                "has no dom0 kernel where Xen looks for it: the first module that is loaded before it.",
                "Load the dom0 kernel first (boot.cfg: load, then multiboot; GRUB: kernel, then module).",
            )
        else:
            yield from _pciback_problems(entry, entry.kernel)


def problem(entry: Entry, identity: str, severity: str, what: str, cure: str, line: int = 0) -> Problem:
    """A problem of one entry, whose name begins the sentence."""
    return Problem(identity, severity, line or entry.line, f"Entry {entry.text!r} {what}", cure, entry.number)


def _file_problems(entry: Entry, role: str, image: Image, path: str | None, host: Surroundings) -> Iterator[Problem]:
    if path is None or host.exists is None:
        return
    if not host.exists(path):
        yield problem(
            entry,
            "missing_file",
            ERROR,
            f"boots {path}, which is not on the root file system (the loader reads no other).",
            f"Install the {role} there (netbsd.xen.boot_file), or correct the path.",
        )
    elif role == "hypervisor" and host.uefi and host.multiboot2 and host.multiboot2(path) is False:
        yield problem(
            entry,
            "needs_multiboot2",
            ERROR,
            f"cannot boot {path} on this UEFI host: it has no multiboot 2 header.",
            "Use Xen 4.9 or later, or boot by BIOS.",
        )


def _dom0_memory_problems(entry: Entry, hypervisor: Image) -> Iterator[Problem]:
    value = argument(hypervisor, "dom0_mem")
    if value is None:
        yield problem(
            entry,
            "dom0_mem_missing",
            WARNING,
            "gives dom0 all memory: it has no dom0_mem.",
            "Add for example dom0_mem=512M.",
        )
        return
    for part in value.split(","):
        yield from _memory_size_problems(entry, part)


def _memory_size_problems(entry: Entry, part: str) -> Iterator[Problem]:
    match = _SIZE.match(part)
    if not match:
        yield problem(
            entry,
            "dom0_mem_syntax",
            ERROR,
            f"has dom0_mem={part}, which is no size.",
            "Write a number with a unit, such as 512M or 2G.",
        )
    elif match.group(2) and not match.group(3):
        enough = int(match.group(2)) >= _LOWEST_KIB
        yield problem(
            entry,
            "dom0_mem_unit",
            WARNING if enough else ERROR,
            f"has dom0_mem={part} without a unit, which Xen reads as KiB.",
            f"Write {int(match.group(2)) // 1024}M." if enough else f"Write {part}M if MiB are meant.",
        )


def _pciback_problems(entry: Entry, kernel: Image) -> Iterator[Problem]:
    value = _pciback.value_of(kernel.args)
    if value is None:
        return
    verdict = _pciback.judge(value)
    impossible = [bdf for bdf in verdict.claimed if not _pciback.possible(bdf)]
    if verdict.excess:
        yield problem(
            entry,
            "pciback_too_long",
            ERROR,
            f"hides devices with {len(value)} characters; the kernel keeps the first {_pciback.LIMIT}.",
            f"Leave the domain 0000: out, or hide fewer devices (at most {_pciback.MOST}).",
        )
    if impossible or verdict.rejected or (verdict.stopped_at is not None and not verdict.excess):
        yield problem(
            entry,
            "pciback_syntax",
            ERROR,
            f"has {_pciback.KEY}={value}, which the kernel does not understand{_where(verdict, impossible)}.",
            "Write each device as (bus:device.function), without anything between them.",
        )


def _where(verdict: _pciback.Verdict, impossible: list[str]) -> str:
    """What becomes of a list that the kernel does not understand."""
    if verdict.stopped_at is not None:
        return f" from {verdict.stopped_at!r} on: no device can be given to a guest"
    return f": it passes over {', '.join([*verdict.rejected, *impossible])}"


def duplicates(entries: list[Entry]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for entry in entries:
        name = entry.text.strip()
        if name in seen:
            yield problem(
                entry,
                "duplicate_name",
                WARNING,
                f"has the same name as entry {seen[name]}.",
                "Rename or remove one of them.",
            )
        seen.setdefault(name, entry.number)


def fallback(entries: list[Entry]) -> Iterator[Problem]:
    if entries and not any(entry.kind == "native" for entry in entries):
        yield Problem(
            "no_native_entry",
            WARNING,
            0,
            "No entry boots NetBSD without Xen.",
            "Keep one, to get in again when Xen does not boot: boot /netbsd.",
        )
