# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Disks of a domain: xl's disk specs (xl-disk-configuration(5)), dictionaries, and libxl's JSON, all as ``Disk``."""

from __future__ import annotations

import dataclasses
from typing import Any, Mapping

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_disk_parser
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_common import (
    boolean,
    changed_fields,
    known_items,
    live_defbool,
    text_without_comma,
    whole_number,
)
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_vdev import (
    canonical_vdev,
    vdev_name,
    vdev_number,
)

__all__ = [
    "Disk", "as_dict", "disk_from_dict", "from_dict", "from_live", "identity", "parse", "parse_disk", "render",
    "render_disk", "vdev_name", "vdev_number",
]  # fmt: skip

OPTION = "disks"
FORMATS = ("raw", "qcow", "qcow2", "vhd", "qed", "empty")
BACKEND_TYPES = ("phy", "tap", "qdisk", "standalone")
SPECIFICATIONS = ("xen", "virtio")
_WORDS = {
    "format": FORMATS,
    "backendtype": BACKEND_TYPES,
    "specification": SPECIFICATIONS,
    "access": ("r", "ro", "w", "rw"),
}
# xm knew no format: without its prefix such an old spec is read in another order
_HINTS = {"format": " The order is target, format, vdev, access; only after a prefix such as phy: there is no format."}
_ALIASES = {"path": "target"}
_LIVE_TEXT = {
    "script": "script", "colo_host": "colo_host", "colo_export": "colo_export",
    "active_disk": "active_disk", "hidden_disk": "hidden_disk",
}  # fmt: skip
_LIVE_DEFBOOL = {"discard_enable": "discard", "trusted": "trusted", "grant_usage": "grant_usage", "colo_enable": "colo"}


@dataclasses.dataclass(frozen=True)
class Disk:
    """One virtual disk in canonical form: two specs that mean the same are equal.

    :ivar vdev: the virtual disk, see _spec_vdev.py.
    :ivar target: image or block device in dom0; None only for an empty CD-ROM drive.
    :ivar access: ``w`` or ``r``; a CD-ROM is always ``r``.
    :ivar discard: None leaves it to libxl (on for a writable disk).
    :ivar trusted: None leaves it to libxl (trusted). Xen 4.17 and older do not know it, nor ``grant_usage``.
    """

    vdev: str
    target: str | None = None
    format: str = "raw"
    access: str = "w"
    cdrom: bool = False
    backend: str | None = None
    backendtype: str | None = None
    script: str | None = None
    discard: bool | None = None
    direct_io_safe: bool = False
    specification: str | None = None
    trusted: bool | None = None
    grant_usage: bool | None = None
    colo: bool | None = None
    colo_host: str | None = None
    colo_port: int | None = None
    colo_export: str | None = None
    active_disk: str | None = None
    hidden_disk: str | None = None


def parse(text: str) -> Disk:
    """Read a spec as xl does: positional, key=value, and the old prefixes ``phy:``, ``file:``, ``tap:aio:`` ...

    :raises BadValue: where xl would refuse it.
    """
    _spec_disk_parser.require_room(text)
    return _canonical(_spec_disk_parser.items(text), text)


def from_dict(mapping: Mapping[str, Any]) -> Disk:
    """Read a dictionary whose keys are the fields of ``Disk``; ``path`` is another name for ``target``.

    ``devtype: cdrom`` is taken for ``cdrom: true``, since that is how xl spells it.

    :raises BadValue: an unknown key, a value that xl has no word for, no vdev or no target.
    """
    given = dict(mapping)
    devtype = given.pop("devtype", None)
    if devtype not in (None, "cdrom", "disk"):
        raise BadValue(OPTION, devtype, "devtype is cdrom or disk.")
    found = known_items(OPTION, given, Disk, _ALIASES)
    if devtype:
        found["cdrom"] = devtype == "cdrom"
    for field in dataclasses.fields(Disk):
        if field.name in found:
            found[field.name] = _from_user(field.name, found[field.name])
    disk = _canonical(found, dict(mapping))
    _spec_disk_parser.require_room(render(disk))
    return disk


def _from_user(key: str, value: Any) -> Any:
    if key in ("cdrom", "discard", "direct_io_safe", "trusted", "grant_usage", "colo"):
        return boolean(OPTION, key, value)
    if key == "colo_port":
        return whole_number(OPTION, key, value)
    if key == "target":
        if not isinstance(value, str) or "\n" in value or "\0" in value:
            raise BadValue(OPTION, value, "target must be a string on one line.")
        return value
    return text_without_comma(OPTION, key, value)


def _canonical(found: dict[str, Any], source: Any) -> Disk:
    """Check words and combinations, and complete them as xlu_disk_parse() does."""
    values = {key: value for key, value in found.items() if value not in (None, "")}
    _check_words(values, source)
    values["access"] = _spec_disk_parser.ACCESS[values.get("access", "")]
    if "vdev" not in values:
        raise BadValue(OPTION, source, "no vdev specified; say which virtual disk this is, such as xvda.")
    try:
        values["vdev"] = canonical_vdev(values["vdev"])
    except BadValue as error:
        raise BadValue(OPTION, source, error.message) from error
    if values.get("cdrom"):
        values["access"] = "r"
        if "target" not in values:
            values["format"] = "empty"
    elif "target" not in values:
        raise BadValue(OPTION, source, "no target specified; only a CD-ROM drive may be empty.")
    return Disk(**values)


def _check_words(values: Mapping[str, Any], source: Any) -> None:
    for key, words in _WORDS.items():
        if key in values and values[key] not in words:
            reason = f"{values[key]!r} is no {key}; it is one of {', '.join(words)}."
            raise BadValue(OPTION, source, reason + _HINTS.get(key, ""))


def render(disk: Disk) -> str:
    """The spec that a person would write: ``/srv/web.img,raw,xvda,rw``, and ``target=`` last for an odd target."""
    target = disk.target or ""
    plain = target.startswith("/") and not any(mark in target for mark in ",=")
    access = [] if disk.cdrom else ["rw" if disk.access == "w" else "ro"]
    if plain:
        items = [target, disk.format, disk.vdev, *access]
    elif target:
        items = [f"format={disk.format}", f"vdev={disk.vdev}", *(f"access={word}" for word in access)]
    else:
        items = [f"vdev={disk.vdev}"]
    items += ["cdrom"] if disk.cdrom else []
    items += _extra_items(disk)
    if target and not plain:
        # a comma at the very end would be taken for the end of the item
        items.append(f"target={target}," if target.endswith(",") else f"target={target}")
    return ",".join(items)


def _extra_items(disk: Disk) -> list[str]:
    items = []
    for key, word in _spec_disk_parser.STRING_KEYS.items():
        value = getattr(disk, word)
        if value is not None and word != "vdev":
            items.append(f"{key}={value}")
    if disk.colo_port is not None:
        items.append(f"colo-port={disk.colo_port}")
    if disk.grant_usage is not None:
        items.append(f"grant_usage={int(disk.grant_usage)}")
    for flag, (word, value) in _spec_disk_parser.FLAGS.items():
        if word != "cdrom" and getattr(disk, word) == value:
            items.append(flag)
    return items


def as_dict(disk: Disk) -> dict[str, Any]:
    """The fields that differ from xl's defaults; from_dict() gives the same disk back."""
    return changed_fields(disk)


def from_live(entry: Mapping[str, Any]) -> Disk:
    """One of ``config.disks`` in ``xl list -l``, libxl's JSON, where zeros and defaults are left out.

    :raises BadValue: an entry without a vdev.
    """
    found: dict[str, Any] = {
        "vdev": entry.get("vdev"),
        "target": entry.get("pdev_path"),
        "format": _live_word(entry.get("format")) or "raw",
        "access": "w" if entry.get("readwrite") else "r",
        "cdrom": bool(entry.get("is_cdrom")),
        "backendtype": _live_word(entry.get("backend")),
        "specification": _live_word(entry.get("specification")),
        "backend": entry.get("backend_domname") or str(entry.get("backend_domid") or ""),
        "direct_io_safe": bool(entry.get("direct_io_safe")),
        "colo_port": entry.get("colo_port") or None,
    }
    found.update({field: entry.get(key) for key, field in _LIVE_TEXT.items()})
    found.update({field: live_defbool(entry.get(key)) for key, field in _LIVE_DEFBOOL.items()})
    return _canonical(found, dict(entry))


def _live_word(word: Any) -> str | None:
    return None if word in (None, "unknown") else str(word)


def identity(disk: Disk) -> int:
    """What makes it the same disk of a domain: the number of its vdev."""
    return vdev_number(disk.vdev)


parse_disk, disk_from_dict, render_disk = parse, from_dict, render
