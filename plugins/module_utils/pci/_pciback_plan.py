# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a task of xen_pciback does at run time, and what keeps a device from being hidden: pure.

Sources: Xen tools/libs/light/libxl_pci.c (pci-assignable-add, -remove), pciback.4.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _pciback
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConflictError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.pci._pci_functions import Functions
from ansible_collections.netbsd.xen.plugins.module_utils.pci._pciback_boot import EXACT


class Use(NamedTuple):
    """One domain that has a function, or shall have it.

    :param config: its config file; None for a running domain that has none in the folder.
    :param in_config: whether the file gives it the function; ``running``: whether the running domain has it.
    """

    domain: str
    config: str | None
    in_config: bool
    running: bool

    def as_dict(self) -> dict[str, Any]:
        """The use as a return value."""
        return self._asdict()


Uses = Mapping[str, Sequence[Use]]


def require_there(devices: Sequence[str], functions: Functions, hidden: Sequence[str]) -> None:
    """
    :raises XenError: the host has no such function (``device_missing``). A host that cannot be asked is believed.
    """
    missing = [bdf for bdf in devices if bdf not in functions.found and bdf not in hidden]
    if missing and functions.complete:
        raise XenError(
            f"devices: this host has no PCI function {', '.join(missing)}. Look at its list (NetBSD: "
            "`pcictl pci0 list -b any`, which counts in decimal; Linux: `lspci`). Nothing was changed.",
            error_id="device_missing",
            devices=missing,
        )


def require_dispensable(devices: Sequence[str], reasons: Mapping[str, Sequence[str]]) -> None:
    """
    :param devices: those that are to be hidden and are not yet.
    :raises XenError: the host itself needs one (``device_needed``).
    """
    needed = [f"{bdf}: {'; '.join(reasons[bdf])}" for bdf in devices if reasons.get(bdf)]
    if needed:
        raise XenError(
            "devices: this host needs what would be hidden from it. "
            + ". ".join(needed)
            + ". Take it out of the list, or set `force: true` if you know better. Nothing was changed.",
            error_id="device_needed",
            devices=[bdf for bdf in devices if reasons.get(bdf)],
        )


class Runtime(NamedTuple):
    """Functions to make assignable, and to give back to the host, at run time."""

    add: tuple[str, ...]
    remove: tuple[str, ...]

    @property
    def commands(self) -> list[list[str]]:
        """`-r` gives a function back to the driver that it was taken from."""
        back = [["xl", "pci-assignable-remove", "-r", bdf] for bdf in self.remove]
        return back + [["xl", "pci-assignable-add", bdf] for bdf in self.add]

    def after(self, hidden: Sequence[str]) -> list[str]:
        """What is hidden when the commands have run."""
        return sorted((set(hidden) | set(self.add)) - set(self.remove))


def at_run_time(devices: Sequence[str], policy: str, hidden: Sequence[str], uses: Uses) -> Runtime:
    """
    :raises ConflictError: what would be taken from guests is in use by a running one (``device_in_use``).
    """
    remove = sorted(set(hidden) - set(devices)) if policy == EXACT else []
    busy = [f"{bdf} (the running domain {use.domain})" for bdf in remove for use in uses.get(bdf, ()) if use.running]
    if busy:
        raise ConflictError(
            f"devices: {', '.join(busy)} cannot be given back to the host while a guest has it. Take it from the guest "
            "first (netbsd.xen.xen_domain with another `pci`), or leave it in the list. Nothing was changed.",
            error_id="device_in_use",
        )
    return Runtime(tuple(sorted(set(devices) - set(hidden))), tuple(remove))


def reboot_reasons(following: str | None, wanted: Sequence[str] | None, hidden: Sequence[str] | None) -> list[str]:
    """Why a reboot is needed for the boot line to come true.

    :param following: the entry that is booted next; None when that boots no Xen.
    :param wanted: what it hides.
    :param hidden: what is hidden now; None when no dom0 runs.
    """
    if following is None or wanted is None:
        return []
    if hidden is None:
        return [f"the host runs without Xen, and entry {following!r} hides {_names(wanted)}"] if wanted else []
    if sorted(wanted) == sorted(hidden):
        return []
    return [f"{_names(hidden)} hidden now, and {_names(wanted)} after the next boot ({following})"]


def _names(bdfs: Sequence[str]) -> str:
    return " ".join(_pciback.short(bdf) for bdf in sorted(bdfs)) or "nothing"


def iommu_warning(iommu: bool | None) -> str | None:
    """What is to be said of a device that becomes a guest's; None where an IOMMU watches over it."""
    if iommu:
        return None
    why = "Xen uses no IOMMU on this host" if iommu is False else "Xen does not say that it uses an IOMMU"
    return (
        f"{why}: by its PCI device, a guest can read and write all memory of the machine, the dom0's too "
        "(pciback(4)). Give devices to trusted guests only."
    )
