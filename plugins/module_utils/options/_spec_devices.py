# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The devices that xl.cfg(5) writes as ``key=value`` lists: their keys, and where libxl's JSON has them.

Source: parse_config_data() and its helpers in xen tools/xl/xl_parse.c; libxl_device_* in libxl_types.idl.
"""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_keyed import (
    FLAG,
    NUMBER,
    TEXT,
    UUID,
    Key,
    KeyedSpec,
)


def _backend(entry: Mapping[str, Any]) -> Any:
    """The driver domain: as it was named, or its id when it is not dom0."""
    return entry.get("backend_domname") or str(entry.get("backend_domid") or "")


def _host_device(field: str) -> Any:
    return lambda entry: (entry.get("type.hostdev") or {}).get(field)


def _connection(entry: Mapping[str, Any]) -> Any:
    return next((word for word in ("pty", "socket") if f"connection.{word}" in entry), None)


def _connectors(entry: Mapping[str, Any]) -> str:
    return ";".join(
        f"{connector.get('unique_id', '')}:{connector.get('width', 0)}x{connector.get('height', 0)}"
        for connector in entry.get("connectors", [])
    )


def _unless(field: str, word: str) -> Any:
    """A word of libxl's, unless it is the one for "not said"."""
    return lambda entry: None if entry.get(field) == word else entry.get(field)


VTPM = KeyedSpec("vtpm", [Key("backend", TEXT, _backend), Key("uuid", UUID)], required=["backend"])
P9 = KeyedSpec(
    "p9",
    [
        Key("tag"),
        Key("security_model"),
        Key("path"),
        Key("backend", TEXT, _backend),
        # newer than Xen 4.17
        Key("type", ("qemu", "xen_9pfsd"), _unless("type", "unknown")),
        Key("max-space", NUMBER),
        Key("max-files", NUMBER),
        Key("max-open-files", NUMBER),
        Key("auto-delete", FLAG),
    ],
    required=["tag", "security_model", "path"],
)
PVCALLS = KeyedSpec("pvcalls", [Key("backend", TEXT, _backend)])
CHANNEL = KeyedSpec(
    "channel",
    [
        Key("backend", TEXT, _backend),
        Key("name"),
        Key("connection", ("pty", "socket"), _connection),
        Key("path", TEXT, lambda entry: (entry.get("connection.socket") or {}).get("path")),
    ],
    required=["name", "connection"],
    trims=True,
)
USBCTRL = KeyedSpec(
    "usbctrl", [Key("type", ("auto", "pv", "devicemodel", "qusb")), Key("version", NUMBER), Key("ports", NUMBER)]
)
USBDEV = KeyedSpec(
    "usbdev",
    [
        Key("type", ("hostdev",), lambda entry: "hostdev" if "type.hostdev" in entry else None),
        Key("hostbus", NUMBER, _host_device("hostbus")),
        Key("hostaddr", NUMBER, _host_device("hostaddr")),
        Key("controller", NUMBER, "ctrl"),
        Key("port", NUMBER),
    ],
    implied={"type": "hostdev"},
)
VKB = KeyedSpec(
    "vkb",
    [
        Key("unique-id"),
        Key("backend", TEXT, _backend),
        Key("backend-type", ("qemu", "linux"), _unless("backend_type", "unknown")),
        Key("feature-disable-keyboard", FLAG),
        Key("feature-disable-pointer", FLAG),
        Key("feature-abs-pointer", FLAG),
        Key("feature-raw-pointer", FLAG),
        Key("feature-multi-touch", FLAG),
        Key("multi-touch-width", NUMBER),
        Key("multi-touch-height", NUMBER),
        Key("multi-touch-num-contacts", NUMBER),
        Key("width", NUMBER),
        Key("height", NUMBER),
    ],
    required=["backend_type"],
)
VDISPL = KeyedSpec(
    "vdispl",
    [Key("backend", TEXT, _backend), Key("be-alloc", FLAG), Key("connectors", TEXT, _connectors)],
    required=["connectors"],
)
VIRTIO = KeyedSpec(
    "virtio",
    [Key("backend", TEXT, _backend), Key("type"), Key("transport", ("mmio",), _unless("transport", "unknown")),
     Key("grant_usage", FLAG)],
    required=["type"],
    lone_words=True,
)  # fmt: skip
RDM = KeyedSpec(
    "rdm",
    [
        Key("strategy", ("host",), _unless("strategy", "ignore")),
        Key("policy", ("strict", "relaxed"), _unless("policy", "invalid")),
    ],
    trims=None,
)
