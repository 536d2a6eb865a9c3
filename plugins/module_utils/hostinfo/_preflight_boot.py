# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Preflight checks 1 to 8: whether the loader brings this host up as a dom0, and back without Xen."""

from __future__ import annotations

from typing import Any, Iterator

from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import NATIVE, XEN, Problem, at
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._hostinfo_boot import is_version
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._preflight_model import (
    ERROR,
    INFO,
    WARNING,
    Check,
    Facts,
    Finding,
)

# The validator of the menu knows its own problems; here is which check of the list each of them belongs to.
MENU_PROBLEMS = {
    "command_too_long": 1,
    "kernel_arguments_too_long": 2,
    "global_module": 3,
    "wrong_first_module": 3,
    "more_modules": 3,
    "load_relative": 3,
    "no_dom0_kernel": 3,
    "file_too_large": 4,
    "nul_byte": 4,
    "no_menu": 4,
    "too_many_banners": 4,
    "dropped_no_key": 4,
    "dropped_too_many": 4,
    "dropped_no_colon": 4,
    "dropped_title": 4,
    "default_out_of_range": 4,
    "default_prompt": 4,
    "waits_for_ever": 4,
    "bad_consdev": 4,
    "ignored_keyword": 4,
    "setting_in_entry": 4,
    "kernel_type_missing": 4,
    "carriage_return": 4,
    "empty_command": 4,
    "cut_at_hash": 4,
    "blank_before_command": 4,
    "unknown_command": 4,
    "bad_boot_arguments": 4,
    "boots_nothing": 4,
    "duplicate_name": 4,
    "dom0_mem_missing": 5,
    "dom0_mem_syntax": 5,
    "dom0_mem_unit": 5,
    "shadowed": 6,
    "missing_file": 7,
    "needs_multiboot2": 7,
    "no_native_entry": 8,
    "pciback_syntax": 19,
    "pciback_too_long": 19,
}
_ANOTHER = 4
_MENU_WHY = {
    1: "The loader copies each command into 80 bytes on its stack, and overruns them.",
    2: "The loader or the kernel cuts what is too long, and the dom0 kernel misses its last arguments.",
    3: "Xen takes the first module that the loader has queued as the dom0 kernel.",
    4: "The loader reads the menu by rules of its own: what it does not understand it drops, and renumbers the rest.",
    5: "Xen reads a size without a unit as KiB. Without dom0_mem, the dom0 takes all memory and xl balloons it.",
    6: "The UEFI loader reads the file of the EFI system partition first, and /boot.cfg only when that is missing.",
    7: "The loader reads its own file system only, and a UEFI loader starts multiboot 2 programs only.",
    8: "A host whose Xen does not boot is recovered with its native kernel.",
    19: "The kernel reads pciback.hide= into 64 bytes and by strict rules; a mistake hides nothing.",
}


def menu_problems(facts: Facts) -> list[dict[str, Any]]:
    """What the validator of the menu has found, as problems of the preflight."""
    document = facts.menu.document
    if document is None:
        return []
    return [_menu_problem(document.path, item) for item in facts.menu.problems]


def _menu_problem(path: str, item: Problem) -> dict[str, Any]:
    number = MENU_PROBLEMS.get(item.id, _ANOTHER)
    where = f"{path}, line {item.line}" if item.line else path
    return {
        "id": item.id,
        "number": number,
        "severity": item.severity,
        "what": f"{where}: {item.what}",
        "why": _MENU_WHY[number],
        "cure": item.cure,
    }


def _no_menu_file(facts: Facts) -> Iterator[Finding]:
    if facts.is_netbsd and facts.has_packages and facts.menu.document is None:
        yield Finding("The host has neither /boot.cfg nor /grub/menu.lst.")


def _loader_old(facts: Facts) -> Iterator[Finding]:
    """GRUB does not use NetBSD's second stage at all."""
    document = facts.menu.document
    if facts.loader and facts.loader.same is False and document is not None and document.loader == "boot.cfg":
        yield Finding(f"{facts.loader.path} is not the {facts.loader.source} of this NetBSD.")


def _packages_missing(facts: Facts) -> Iterator[Finding]:
    if not facts.is_netbsd or facts.has_packages:
        return
    if facts.row is None:
        if not facts.running["dom0"]:
            yield Finding("No Xen is installed: there is neither a xenkernel nor a xentools package.")
        return
    missing = [name for name in (facts.row.kernel_package, facts.row.tools_package) if name not in facts.packages]
    yield Finding(
        f"Xen {facts.row.version} is not installed: {' and '.join(missing)} missing.",
        f"Install them (netbsd.xen.xen_packages, or `pkgin install {' '.join(missing)}`).",
    )


def _versions_differ(facts: Facts) -> Iterator[Finding]:
    version = facts.running["xen_version"]
    if not facts.running["dom0"] or not facts.has_packages or facts.row is None or version is None:
        return
    if not is_version(version, facts.row.version):
        yield Finding(f"Xen {version} runs, and the toolstack is that of {facts.row.tools_package}.")


def _hypervisor_stale(facts: Facts) -> Iterator[Finding]:
    for copy in facts.hypervisors:
        if copy.same is False:
            yield Finding(f"{copy.path} is not the same as {copy.source}, of which it should be a copy.")


def _xen_entry(facts: Facts) -> Iterator[Finding]:
    document = facts.menu.document
    if facts.has_packages and document is not None and not any(entry.kind == XEN for entry in document.entries):
        yield Finding(f"No entry of {document.path} boots Xen.")


def _xen_not_default(facts: Facts) -> Iterator[Finding]:
    document = facts.menu.document
    if not facts.has_packages or document is None or not any(entry.kind == XEN for entry in document.entries):
        return
    following = at(document.entries, document.default)
    if following and following.kind != XEN:
        yield Finding(f"The default entry of {document.path}, {following.text!r}, boots without Xen.")


def _native_replaced(facts: Facts) -> Iterator[Finding]:
    document = facts.menu.document
    if document is None or not facts.native_config:
        return
    entry = next((each for each in document.entries if each.kind == NATIVE), None)
    if entry and entry.kernel:
        yield Finding(f"{entry.kernel.file}, which {entry.text!r} boots, is the Xen kernel {facts.native_config}.")


CHECKS = (
    Check(
        "no_menu_file", 4, ERROR,
        "Without a menu the loader boots /netbsd, without Xen.",
        "Write an entry (netbsd.xen.xen_boot).",
        _no_menu_file,
    ),
    Check(
        "loader_differs", 6, WARNING,
        "A loader of an older NetBSD may not know multiboot 2, options of boot.cfg, or the file system.",
        "Copy it: cp /usr/mdec/boot /boot.",
        _loader_old,
    ),
    Check(
        "packages_missing", 7, ERROR,
        "The hypervisor is in a xenkernel package, and the toolstack in the xentools package of the same version.",
        "Install both, of one version (netbsd.xen.xen_packages).",
        _packages_missing,
    ),
    Check(
        "versions_differ", 7, ERROR,
        "xl and its libraries talk to the hypervisor of their own version only: no guest can be managed.",
        "Reboot into the matching hypervisor, or install the toolstack of the one that runs.",
        _versions_differ,
    ),
    Check(
        "hypervisor_stale", 7, WARNING,
        "After an upgrade of the package the loader still starts the old hypervisor, with the new toolstack.",
        "Copy it again (netbsd.xen.xen_kernels).",
        _hypervisor_stale,
    ),
    Check(
        "xen_entry_missing", 7, ERROR,
        "The loader can only boot what its menu has.",
        "Write an entry (netbsd.xen.xen_boot).",
        _xen_entry,
    ),
    Check(
        "xen_not_default", 7, INFO,
        "After a reboot without anybody at the console no guest starts.",
        "Make the entry of Xen the default one (xen_boot_default: true).",
        _xen_not_default,
    ),
    Check(
        "native_kernel_replaced", 8, ERROR,
        "The set kern-XEN3_DOM0 holds ./netbsd: unpacked in / it replaces the native kernel, which is the way back.",
        "Put the GENERIC kernel of this release back (binary/kernel/netbsd-GENERIC.gz, or the set kern-GENERIC).",
        _native_replaced,
    ),
)  # fmt: skip
