# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""PCI functions passed to a domain: xl's PCI specs (xl-pci-configuration(5)), dictionaries, and libxl's JSON.

Source: xlu_pci_parse_spec_string() in tools/libs/util/libxlu_pci.c. All numbers are hexadecimal. Before Xen 4.15 only
``[DDDD:]BB:SS.F[@VSLOT][,key=value]`` was known, without ``bdf=``, ``vslot=`` and ``name=``.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Mapping

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_common import (
    boolean,
    changed_fields,
    known_items,
    text_without_comma,
    zero_or_one,
)

OPTION = "pci"
RDM_POLICIES = ("strict", "relaxed")
ALL_FUNCTIONS = 0xFFFFFFFF  # LIBXL_PCI_FUNC_ALL
_FLAGS = ("permissive", "msitranslate", "seize", "power_mgmt")
_BDF = re.compile(r"(?:([0-9a-fA-F]+):)?([0-9a-fA-F]+):([0-9a-fA-F]+)\.(\*|[0-9a-fA-F]+)")
_HINT = (
    "a PCI function is written [DDDD:]BB:SS.F in hexadecimal, such as '0000:01:00.0'; F is 0 to 7, or * for all. "
    "Mind the quotes: YAML takes it for a number to the base 60."
)


@dataclasses.dataclass(frozen=True)
class Pci:
    """One PCI function (or all of a device) in canonical form. It has a ``bdf`` or a ``name``, not both.

    :ivar bdf: ``0000:01:00.0``; ``*`` as function means all of them.
    :ivar name: the name given with ``xl pci-assignable-add`` (Xen 4.15).
    :ivar vslot: slot in the guest, two hexadecimal digits up to 1f.
    :ivar permissive: and the other flags: None leaves it to pci_permissive= ... of the domain.
    """

    bdf: str | None = None
    name: str | None = None
    vslot: str | None = None
    permissive: bool | None = None
    msitranslate: bool | None = None
    seize: bool | None = None
    power_mgmt: bool | None = None
    rdm_policy: str | None = None


_KEYS = tuple(field.name for field in dataclasses.fields(Pci))


def parse(text: str) -> Pci:
    """Read a spec as xl does.

    :raises BadValue: where xl would refuse it, and for flags other than 0 and 1, all of which xl takes for 0.
    """
    found: dict[str, Any] = {}
    rest = text
    match = _BDF.match(text)
    if match:
        found["bdf"], rest = _checked("bdf", match.group(), text), text[match.end() :]
        if rest.startswith("@"):
            slot, comma, rest = rest[1:].partition(",")
            found["vslot"] = _checked("vslot", slot, text)
        elif rest.startswith(","):
            rest = rest[1:]
        elif rest:
            raise BadValue(OPTION, text, _HINT)
    while rest:
        item, comma, rest = rest.partition(",")
        key, equals, value = item.partition("=")
        if not equals and not found:
            raise BadValue(OPTION, text, _HINT)
        if not equals or key not in _KEYS:
            raise BadValue(OPTION, text, f"unknown parameter {item!r}; known are: {', '.join(_KEYS)}.")
        found[key] = zero_or_one(OPTION, key, value) if key in _FLAGS else _checked(key, value, text)
    return _canonical(found, text)


def from_dict(mapping: Mapping[str, Any]) -> Pci:
    """Read a dictionary whose keys are the fields of ``Pci``; a ``vslot`` that is an int is a plain number.

    :raises BadValue: an unknown key, or a value that xl would not take.
    """
    found = known_items(OPTION, mapping, Pci, {})
    for key, value in found.items():
        if key in _FLAGS:
            found[key] = boolean(OPTION, key, value)
        elif key == "vslot" and isinstance(value, int):
            found[key] = format(value, "x")
        elif key == "bdf" and isinstance(value, (int, float)):
            raise BadValue(OPTION, value, _HINT)
        else:
            found[key] = text_without_comma(OPTION, key, value)
    return _canonical(found, dict(mapping))


def _canonical(found: dict[str, Any], source: Any) -> Pci:
    values = {key: _checked(key, value, source) for key, value in found.items() if value is not None}
    if ("bdf" in values) == ("name" in values):
        raise BadValue(OPTION, source, f"give either a bdf or a name; {_HINT}")
    return Pci(**values)


def _checked(key: str, value: Any, source: Any) -> Any:
    """The canonical form of one field."""
    if key == "bdf":
        return canonical_bdf(value)
    if key == "vslot":
        return _vslot(value, source)
    if key == "rdm_policy" and value not in RDM_POLICIES:
        raise BadValue(OPTION, source, f"rdm_policy is one of {', '.join(RDM_POLICIES)}.")
    return value


def canonical_bdf(text: str) -> str:
    """``0000:01:00.0``, whatever the digits and whether the domain was given.

    :raises BadValue: not a BDF, or out of range.
    """
    match = _BDF.fullmatch(text)
    if not match:
        raise BadValue(OPTION, text, _HINT)
    domain, bus, device = (int(digits or "0", 16) for digits in match.groups()[:3])
    function = match.group(4)
    if domain > 0xFFFF or bus > 0xFF or device > 0x1F or (function != "*" and int(function, 16) > 7):
        raise BadValue(OPTION, text, "out of range: domain up to ffff, bus to ff, device to 1f, function to 7.")
    return f"{domain:04x}:{bus:02x}:{device:02x}.{function if function == '*' else int(function, 16)}"


def _vslot(text: str, source: Any) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]+", text) or int(text, 16) > 0x1F:
        raise BadValue(OPTION, source, "vslot is a hexadecimal number up to 1f.")
    return f"{int(text, 16):02x}"


def render(pci: Pci) -> str:
    """The spec that a person would write: ``0000:01:00.0,permissive=1``. ``@vslot`` works with every Xen."""
    items = [f"name={pci.name}" if pci.bdf is None else pci.bdf]
    if pci.vslot is not None:
        items[0] += f",vslot={pci.vslot}" if pci.bdf is None else f"@{pci.vslot}"
    items += [f"{key}={int(getattr(pci, key))}" for key in _FLAGS if getattr(pci, key) is not None]
    if pci.rdm_policy is not None:
        items.append(f"rdm_policy={pci.rdm_policy}")
    return ",".join(items)


def as_dict(pci: Pci) -> dict[str, Any]:
    """The fields that are set; from_dict() gives the same device back."""
    return changed_fields(pci)


def from_live(entry: Mapping[str, Any]) -> Pci:
    """One of ``config.pcidevs`` in ``xl list -l``, libxl's JSON, where zeros are left out.

    libxl names a flag only when it is on, and a policy of "invalid" when none was chosen.
    """
    domain, bus, device, function = (entry.get(key) or 0 for key in ("domain", "bus", "dev", "func"))
    last = "*" if entry.get("vfunc_mask") == ALL_FUNCTIONS else format(function, "x")
    slot = (entry.get("vdevfn") or 0) >> 3
    values: dict[str, Any] = {key: True for key in _FLAGS if entry.get(key)}
    if entry.get("name"):
        values["name"] = entry["name"]
    else:
        values["bdf"] = f"{domain:x}:{bus:x}:{device:x}.{last}"
    if slot:
        values["vslot"] = format(slot, "x")
    if entry.get("rdm_policy") in RDM_POLICIES:
        values["rdm_policy"] = entry["rdm_policy"]
    return _canonical(values, dict(entry))


def identity(pci: Pci) -> str:
    """What makes it the same device: its BDF, or its name."""
    return str(pci.bdf or pci.name)
