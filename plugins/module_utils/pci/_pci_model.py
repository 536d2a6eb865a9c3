# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""One PCI function of a host.

Source of the classes: the PCI Code and ID Assignment Specification, as in pci.ids and NetBSD's sys/dev/pci/pcireg.h.
"""

from __future__ import annotations

from typing import Any, NamedTuple

VGA = "0x0300"
_CLASSES = {
    "0x0100": "SCSI controller",
    "0x0101": "IDE controller",
    "0x0104": "RAID controller",
    "0x0106": "SATA controller",
    "0x0107": "SAS controller",
    "0x0108": "NVMe controller",
    "0x0200": "Ethernet controller",
    "0x0280": "network controller",
    VGA: "VGA controller",
    "0x0302": "3D controller",
    "0x0401": "audio device",
    "0x0403": "audio device",
    "0x0600": "host bridge",
    "0x0601": "ISA bridge",
    "0x0604": "PCI bridge",
    "0x0607": "CardBus bridge",
    "0x0700": "serial controller",
    "0x0c00": "FireWire controller",
    "0x0c03": "USB controller",
    "0x0c05": "SMBus controller",
}


class Function(NamedTuple):
    """What the host tells of one PCI function; None for what it does not tell.

    :param bdf: ``0000:03:00.0``.
    :param vendor: ``0x8086``; likewise ``product``.
    :param pci_class: class and subclass: ``0x0200`` for an Ethernet controller.
    :param driver: what drives it now: ``wm0`` on NetBSD, ``e1000`` on Linux; ``pciback0`` or ``pciback`` when hidden.
    :param description: what NetBSD's kernel printed of it.
    """

    bdf: str
    vendor: str | None = None
    product: str | None = None
    pci_class: str | None = None
    driver: str | None = None
    description: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The function as return values."""
        return {
            "bdf": self.bdf,
            "vendor": self.vendor,
            "product": self.product,
            "class": self.pci_class,
            "class_name": _CLASSES.get(self.pci_class or ""),
            "driver": self.driver,
            "description": self.description,
        }
