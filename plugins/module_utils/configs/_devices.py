# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Lists of devices: which wanted device is which existing one, and whether a running one is as wanted."""

from __future__ import annotations

import os
from typing import Any, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_disk

EXACT = "exact"
APPEND = "append"
# libxl names these only when they are on, or not 0
_LEFT_OUT: dict[str, dict[str, Any]] = {
    "pci": {"permissive": False, "msitranslate": False, "seize": False, "power_mgmt": False},
    "vfb": {"vncdisplay": 0},
}


def identity(option: str, device: Any, index: int) -> Any:
    """What makes a device the same device: the vdev of a disk, the MAC of a vif, the BDF of a PCI function.

    Frame buffers have nothing of the kind; they are told apart by their place in the list.
    """
    if option == "disks":
        return _spec_disk.vdev_number(device.vdev)
    if option == "vifs":
        return device.mac
    if option == "pci":
        return device.bdf or device.name
    return index


def require_distinct(option: str, devices: Sequence[Any]) -> None:
    """:raises BadValue: one guest cannot have two devices of one identity."""
    seen: dict[Any, Any] = {}
    for index, device in enumerate(devices):
        key = identity(option, device, index)
        if key is not None and key in seen:
            what = {"disks": "vdev", "vifs": "MAC", "pci": "BDF or name"}[option]
            raise BadValue(option, str(getattr(device, what.lower(), key)), f"two devices have this {what}.")
        seen[key] = device


def merge(option: str, wanted: list[Any], existing: list[Any], policy: str) -> list[Any]:
    """The list that the config file shall have.

    EXACT: the wanted devices and no other. APPEND: the existing ones, with the wanted ones changed or added.
    """
    if policy == EXACT:
        return wanted
    by_identity = {identity(option, device, index): device for index, device in enumerate(wanted)}
    merged = [by_identity.pop(identity(option, device, index), device) for index, device in enumerate(existing)]
    return merged + list(by_identity.values())


def same_set(option: str, one: list[Any] | None, other: list[Any] | None) -> bool:
    """Whether two lists mean the same devices. The order of vifs is their numbering in the guest, so it counts."""
    if one is None or other is None:
        return one is other
    if option == "vifs":
        return one == other
    return len(one) == len(other) and all(device in other for device in one)


class Changes(NamedTuple):
    """Where a running guest has other devices than wanted. ``changed`` pairs the wanted device with the running one."""

    added: list[Any]
    removed: list[Any]
    changed: list[tuple[Any, Any]]


def changes(option: str, spec: Any, wanted: list[Any], live: list[Any], policy: str) -> Changes:
    """What has to be done to a running guest. With APPEND nothing is removed.

    A vif without a MAC, for which xl makes one up, is taken for the next one that nobody else was taken for.
    """
    left = [(identity(option, device, index), device) for index, device in enumerate(live)]
    pairs = [(device, _take(left, identity(option, device, index))) for index, device in enumerate(wanted)]
    found = Changes([], [], [])
    for device, other in pairs:
        if other is None and left and identity(option, device, 0) is None:
            other = left.pop(0)[1]
        if other is None:
            found.added.append(device)
        elif not _same_device(option, spec, device, other):
            found.changed.append((device, other))
    if policy == EXACT:
        found.removed.extend(device for _key, device in left)
    return found


def _take(left: list[tuple[Any, Any]], key: Any) -> Any:
    """The first device of this identity, which is no longer left then."""
    for index, (other, device) in enumerate(left):
        if key is not None and other == key:
            del left[index]
            return device
    return None


def same_live(option: str, spec: Any, wanted: list[Any], live: list[Any], policy: str) -> bool:
    """Whether the running guest has the wanted devices."""
    return not any(changes(option, spec, wanted, live, policy))


def _same_device(option: str, spec: Any, wanted: Any, running: Any) -> bool:
    """Only fields that the wanted device sets are compared: libxl completes the rest (bridge, script, type ...) with
    the host's defaults when the guest starts.
    """
    actual = {**_LEFT_OUT.get(option, {}), **_always(option, running), **spec.as_dict(running)}
    expected = {**_always(option, wanted), **spec.as_dict(wanted)}
    return all(_same_field(field, value, actual.get(field)) for field, value in expected.items())


def _same_field(field: str, wanted: Any, actual: Any) -> bool:
    """libxl looks for a script without a path in its own directory, and keeps the whole path."""
    if field == "script" and isinstance(actual, str) and "/" not in wanted:
        return os.path.basename(actual) == wanted
    return bool(wanted == actual)


def _always(option: str, device: Any) -> dict[str, Any]:
    """Fields whose default counts too: a disk with no access given is writable, and libxl does not complete that."""
    if option == "disks":
        return {"access": device.access, "format": device.format}
    return {}
