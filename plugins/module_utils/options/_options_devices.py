# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Options: the devices of a guest, paravirtual and passed through."""

from __future__ import annotations

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.options import (
    _kinds,
    _kinds_lists,
    _live,
    _live_special,
    _spec_devices,
)
from ansible_collections.netbsd.xen.plugins.module_utils.options._option import (
    BOOL,
    FILE,
    NO_SECRET,
    RAW,
    Option,
    choice,
    flag,
    same,
)
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_keyed import KeyedSpec, agrees

_VFB_SPEC: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "options": {
        "vnc": {"type": "bool"},
        "vnclisten": {"type": "str"},
        "vncdisplay": {"type": "int"},
        "vncunused": {"type": "bool"},
        "vncpasswd": {"type": "str", "no_log": True},
        "sdl": {"type": "bool"},
        "opengl": {"type": "bool"},
        "display": {"type": "str"},
        "xauthority": {"type": "str"},
        "keymap": {"type": "str", "no_log": False},
    },
}
_PASSTHROUGH = ("default", "disabled", "enabled", "sync_pt", "share_pt")


def _device_list(*aliases: str) -> dict[str, Any]:
    """Not a list for Ansible, which would split a single device given as a string at its commas."""
    return {"type": "raw", "aliases": list(aliases)}


def _devices(field: str, kind: _kinds.Kind) -> _live.Getter:
    return _live.devices(field, kind.spec.from_live)


def _keyed(spec: KeyedSpec, field: str, **more: Any) -> Option:
    """A list of devices that say ``key=value``; libxl completes each with what it does not say."""
    kind = _kinds.devices(spec)
    return same(spec.option, kind, _live.devices(field, spec.from_live), RAW, agrees=agrees, **more)


def _pci_default(key: str) -> Option:
    """What the PCI functions of a guest have when they do not say; libxl tells it of each of them only."""
    return Option(key, key, _kinds.FLAG, _live.not_told, BOOL)


DEVICES: tuple[Option, ...] = (
    Option("disks", "disk", _kinds.DISKS, _devices("disks", _kinds.DISKS), _device_list("disk"), "disks"),
    Option("vifs", "vif", _kinds.VIFS, _devices("nics", _kinds.VIFS), _device_list("vif"), "vifs"),
    Option("pci", "pci", _kinds.PCI, _devices("pcidevs", _kinds.PCI), _device_list(), "pci"),
    _pci_default("pci_permissive"),
    _pci_default("pci_msitranslate"),
    _pci_default("pci_seize"),
    _pci_default("pci_power_mgmt"),
    same("passthrough", _kinds.words(*_PASSTHROUGH), _live.create_info("passthrough", "default"),
         {**choice(*_PASSTHROUGH), **NO_SECRET}, agrees=_live_special.passthrough_agrees),
    same("rdm", _kinds_lists.one_of_keys(_spec_devices.RDM), _live_special.rdm, RAW, agrees=_live_special.rdm_agrees),
    flag("e820_host", _live.flag_within("type.pv", "e820_host", default=None)),
    same("ioports", _kinds_lists.IOPORTS, _live_special.ioports, RAW),
    same("irqs", _kinds_lists.IRQS, _live.build_list("irqs", int), RAW),
    same("iomem", _kinds_lists.IOMEM, _live_special.iomem, RAW),
    same("device_tree", _kinds.PATH, _live.build_info("device_tree"), FILE),
    same("dtdev", _kinds_lists.STRINGS, _live_special.device_tree_nodes, RAW),
    Option("vfb", "vfb", _kinds.VFBS, _devices("vfbs", _kinds.VFBS), _VFB_SPEC),
    same("vkb", _kinds.devices(_spec_devices.VKB), _live_special.keyboards, RAW, agrees=agrees),
    _keyed(_spec_devices.VTPM, "vtpms"),
    _keyed(_spec_devices.P9, "p9s"),
    _keyed(_spec_devices.PVCALLS, "pvcallsifs"),
    _keyed(_spec_devices.CHANNEL, "channels"),
    _keyed(_spec_devices.USBCTRL, "usbctrls"),
    _keyed(_spec_devices.USBDEV, "usbdevs"),
    _keyed(_spec_devices.VDISPL, "vdispls"),
    same("vsnd", _kinds_lists.NESTED, _live.not_told, RAW),
    _keyed(_spec_devices.VIRTIO, "virtios", newer=True),
)  # fmt: skip
