# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""PCI functions of a guest, looked at before it gets them: can this host pass them on, are they hidden, are they free?

libxl finds most of it itself, but with the domain half made, and on a NetBSD dom0 with the name of a file of Linux.
"""

from __future__ import annotations

import os
import platform
from typing import Any, Iterable, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _pciback
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConflictError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _toolstack

# NetBSD: a file for each function that pciback(4) has hidden, given to a guest or not
KERNFS = "/kern/xen/pci"
# Linux: the same, with other files beside them
_SYSFS = "/sys/bus/pci/drivers/pciback"
# sysutils/xenkernel3: "3.1 supports PCI pass-through while other versions do not"
_NETBSD_VERSION = ("3", "1")


def problem(view: HostView) -> str | None:
    """Why this host cannot give a PCI function to any guest; None when it can."""
    toolstack = view.toolstack
    if platform.system() != "NetBSD" or toolstack is None:
        return None
    instead = (
        "What works: Xen 3.1 with xm (xenkernel3 and xentools3) on this NetBSD, or a Linux dom0. A guest can also use "
        "what the dom0 shares with it: a disk by `disks`, a network by `vifs`."
    )
    if toolstack.name == "xl":
        return (
            "xl cannot pass a PCI device to a guest on a NetBSD dom0: it opens the device's files under "
            f"/sys/bus/pci/devices (libxl_pci.c), which NetBSD has not. {instead}"
        )
    version = view.info().get("xen_major", ""), view.info().get("xen_minor", "")
    if all(version) and version != _NETBSD_VERSION:
        return (
            f"Xen {'.'.join(version)} does not pass PCI devices to guests of a NetBSD dom0; of the versions with xm "
            f"only 3.1 does. {instead}"
        )
    return None


def require(functions: Sequence[Any], view: HostView, name: str, own: Iterable[Any] = (), seize: bool = False) -> None:
    """
    :param functions: what the domain ``name`` is to get (``_spec_pci.Pci``).
    :param own: what it has now, and gives back before.
    :param seize: whether xl itself takes from the dom0 what does not say otherwise (pci_seize).
    :raises HostError: this host cannot (``pci_unsupported``), or one is not hidden (``pci_not_assignable``).
    :raises ConflictError: another running guest has one (``pci_in_use``).
    """
    if not functions or view.toolstack is None:
        return
    reason = problem(view)
    if reason:
        raise HostError(f"pci: {reason}", error_id="pci_unsupported")
    _require_unused(functions, view.others_running(name))
    known = {*_hidden(view.toolstack), *(function.bdf for function in own if function.bdf)}
    for function in functions:
        seized = seize if function.seize is None else function.seize
        # one that is to be seized is hidden by xl itself; one with a name is not known by its BDF
        if function.bdf and not seized and not any(_same(function.bdf, bdf) for bdf in known):
            raise HostError(
                f"pci: {function.bdf} cannot be given to {name}: it is not hidden from the dom0. Hide it with "
                f'netbsd.xen.xen_pciback (devices: ["{_pciback.short(function.bdf)}"]), which also says what is '
                "hidden now and what after the next boot.",
                error_id="pci_not_assignable",
            )


def warnings(
    functions: Sequence[Any], view: HostView, on_disk: Iterable[_checks.Other], starts: bool = False
) -> list[str]:
    """What is to be said of a config file with these functions.

    :param on_disk: the other config files.
    :param starts: the guest is started too, so that ``require`` says what keeps it from that.
    """
    found = [
        f"pci: {function.bdf} is given to a domain by {other.where}, too. Only one of the two can run at a time."
        for other in on_disk
        for function in functions
        if any(_same(function.bdf, theirs.bdf) for theirs in other.pci)
    ]
    reason = problem(view) if functions and not starts else None
    return [*found, f"pci: the guest will not start here. {reason}"] if reason else found


def _require_unused(functions: Sequence[Any], others: Iterable[_checks.Other]) -> None:
    for other in others:
        for function in functions:
            if any(_same(function.bdf, theirs.bdf) for theirs in other.pci):
                raise ConflictError(
                    f"pci: {function.bdf} is in use by {other.where}. A PCI device can be given to one guest only: "
                    "stop the other one, or take the device from it first.",
                    error_id="pci_in_use",
                )


def _hidden(toolstack: _toolstack.Toolstack) -> list[str]:
    """The functions that guests can be given; some of them may be in use."""
    folder = KERNFS if platform.system() == "NetBSD" else _SYSFS
    if toolstack.name == "xl":
        return toolstack.assignable()
    return os.listdir(folder) if os.path.isdir(folder) else []


def _same(one: str | None, other: str | None) -> bool:
    """Whether two BDFs mean a common function; ``*`` as a function is all of them."""
    if not one or not other:
        return False
    if one.endswith("*") or other.endswith("*"):
        return one.rpartition(".")[0] == other.rpartition(".")[0]
    return one == other
