# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Kinds of options that are lists: strings, words for a program, I/O ranges, Hyper-V's groups; and CPUID, rdm.

Source of what is accepted: parse_config_data() in xen tools/xl/xl_parse.c.
"""

from __future__ import annotations

import re
from typing import Any, Callable

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options._kinds import Convert, Kind, same, text, text_or_list
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg import Value, to_long

_HEX = r"(?:0[xX])?[0-9a-fA-F]+"
_IOPORTS = re.compile(rf"({_HEX})(?:-({_HEX}))?\Z")
_IOMEM = re.compile(rf"({_HEX}),({_HEX})(?:@({_HEX}))?\Z")
_XEND_CPUID = re.compile(r"(?:0x[0-9a-fA-F]+|[0-9]+)(?:,(?:0x[0-9a-fA-F]+|[0-9]+))?:")
# libxl_viridian_enlightenment in libxl_types.idl: the place in this list is the bit in libxl's JSON
VIRIDIAN_GROUPS = (
    "base", "freq", "time_ref_count", "reference_tsc", "hcall_remote_tlb_flush", "apic_assist", "crash_ctl", "synic",
    "stimer", "hcall_ipi", "ex_processor_masks", "no_vp_limit", "cpu_hotplug",
)  # fmt: skip
# libxl_smbios_type
SMBIOS_KEYS = (
    "bios_vendor", "bios_version", "system_manufacturer", "system_product_name", "system_version",
    "system_serial_number", "baseboard_manufacturer", "baseboard_product_name", "baseboard_version",
    "baseboard_serial_number", "baseboard_asset_tag", "baseboard_location_in_chassis", "enclosure_manufacturer",
    "enclosure_serial_number", "enclosure_asset_tag", "battery_manufacturer", "battery_device_name", "oem",
)  # fmt: skip


def listed(check: Callable[[str, str], Any], written: Callable[[Any], Any] = same) -> Kind:
    """A list that xl takes as a list only; a task may give a single item without one.

    :param check: one item of a task or file -> canonical. Raises BadValue.
    :param written: canonical item -> what the file says.
    """

    def from_param(option: str, value: Any) -> list[Any]:
        return [check(option, item) for item in text_or_list(option, value)]

    def from_file(option: str, value: Value) -> list[Any]:
        if not isinstance(value, list):
            raise BadValue(option, value, "a string where xl wants a list.")
        return [check(option, text(option, item)) for item in value]

    return Kind(from_param, from_file, lambda items: [written(item) for item in items], same)


def _arguments(option: str, value: Any) -> list[str]:
    """xl splits a string at white space into arguments, and takes a list as it is."""
    return text_or_list(option, value) if isinstance(value, (list, tuple)) else text(option, value).split()


def ioports(option: str, value: str) -> str:
    """``2f8-2ff`` or ``2f8``, hexadecimal."""
    match = _IOPORTS.match(value.strip())
    if not match:
        raise BadValue(option, value, "not a port or a range of ports in hexadecimal, such as 2f8-2ff.")
    first, last = int(match.group(1), 16), int(match.group(2) or match.group(1), 16)
    if last < first:
        raise BadValue(option, value, "the range runs backwards.")
    return io_range(first, last - first + 1)


def io_range(first: int, count: int) -> str:
    """The canonical form of a range of ports."""
    return f"{first:x}" if count == 1 else f"{first:x}-{first + count - 1:x}"


def iomem(option: str, value: str) -> str:
    """``START,PAGES[@GFN]``, hexadecimal page numbers; GFN left out where it is START."""
    match = _IOMEM.match(value.strip())
    if not match:
        raise BadValue(option, value, "not START,PAGES or START,PAGES@GFN in hexadecimal page numbers, such as a0,20.")
    start, pages = int(match.group(1), 16), int(match.group(2), 16)
    return memory_pages(start, pages, int(match.group(3), 16) if match.group(3) else None)


def memory_pages(start: int, pages: int, gfn: int | None) -> str:
    """The canonical form of pages of I/O memory."""
    return f"{start:x},{pages:x}" + ("" if gfn in (None, start) else f"@{gfn:x}")


def _irq(option: str, value: str) -> int:
    """xl reads it with strtoul(…, 10)."""
    if not re.fullmatch(r"[0-9]+", value):
        raise BadValue(option, value, "not the number of an interrupt.")
    return int(value)


def _word(*words: str) -> Callable[[str, str], str]:
    def check(option: str, value: str) -> str:
        if value not in words:
            raise BadValue(option, value, f"use {', '.join(words)}.")
        return value

    return check


def _smbios(option: str, value: Any) -> list[str]:
    """Strings ``key=value``, or a dictionary of them, where ``oem`` may have a list."""
    if isinstance(value, dict):
        value = [
            f"{key}={item}" for key, items in value.items() for item in (items if isinstance(items, list) else [items])
        ]
    found = text_or_list(option, value)
    for item in found:
        key, equals, _value = item.partition("=")
        if not equals or key not in SMBIOS_KEYS:
            raise BadValue(option, item, f"not KEY=VALUE with a key of {', '.join(SMBIOS_KEYS)}.")
    return found


def _cpuid(option: str, value: Any) -> str | list[str]:
    """A string in libxl's words, or a list of strings in xend's; the two are not the same language."""
    if isinstance(value, (list, tuple)):
        items = text_or_list(option, value)
        for item in items:
            if not _XEND_CPUID.match(item):
                raise BadValue(option, item, "an item of the list begins with a leaf, such as 1:ecx=…; see xl.cfg(5).")
        return items
    said = text(option, value)
    if said and said.split(",", maxsplit=1)[0] != "host":
        raise BadValue(option, value, 'the string begins with "host", such as host,tm=0; see xl.cfg(5).')
    return said


def _any_cpuid(option: str, value: Any) -> str | list[str]:
    """xl complains of what it does not understand, and goes on without it."""
    return text_or_list(option, value) if isinstance(value, (list, tuple)) else text(option, value)


def _nested(option: str, value: Any) -> list[Any]:
    """A list of lists of strings; a single inner list may be given alone."""
    if not isinstance(value, (list, tuple)):
        raise BadValue(option, value, "wants a list of lists of strings, see xl.cfg(5).")
    if value and not any(isinstance(item, (list, tuple)) for item in value):
        value = [value]
    return [text_or_list(option, item) for item in value]


def viridian_groups(option: str, value: Any) -> list[str]:
    """``true`` stands for ``[defaults]`` and ``false`` for none (xl.cfg(5)); order and repetition mean nothing."""
    if isinstance(value, bool):
        return ["defaults"] if value else []
    chosen: list[str] = []
    for item in text_or_list(option, value):
        group = item[1:] if item.startswith("!") else item
        if item not in ("all", "defaults") and group not in VIRIDIAN_GROUPS:
            raise BadValue(option, item, f"use all, defaults, or one of {', '.join(VIRIDIAN_GROUPS)}, or !GROUP.")
        # the last word on a group counts
        chosen = [other for other in chosen if other.lstrip("!") != group] + [item]
    order = ("defaults", "all", *VIRIDIAN_GROUPS)
    return sorted(chosen, key=lambda item: (order.index(item.lstrip("!")), item))


def _viridian_from_file(option: str, value: Value) -> list[str]:
    if isinstance(value, str):
        try:
            return viridian_groups(option, bool(to_long(value)))
        except ValueError:
            raise BadValue(option, value, "neither a number nor a list.") from None
    return viridian_groups(option, value)


def _viridian_to_file(groups: list[str]) -> int | list[str]:
    """The number where it says the same, since every Xen reads that."""
    return 1 if groups == ["defaults"] else groups


def _gfx_passthru(option: str, value: Any) -> str:
    said = str(value).strip().lower()
    for word, spellings in (("off", ("0", "false", "no", "off")), ("on", ("1", "true", "yes", "on", "default"))):
        if said in spellings:
            return word
    if said not in ("igd", ""):
        raise BadValue(option, value, "use off, on or igd.")
    return said


def _gfx_from_file(option: str, value: Value) -> str:
    said = text(option, value)
    try:
        return "on" if to_long(said) else "off"
    except ValueError:
        return {"default": "on"}.get(said, said)


def one_of_keys(spec: Any) -> Kind:
    """A single string of ``key=value``: a dictionary, or the string itself.

    :param spec: as for a list of devices.
    """

    def from_param(option: str, value: Any) -> Any:
        if isinstance(value, dict):
            return spec.from_dict(value)
        return spec.parse(text(option, value)) if value else ""

    def from_file(option: str, value: Value) -> Any:
        return spec.parse(text(option, value))

    def to_data(value: Any) -> Any:
        return spec.as_dict(value) if value else value

    return Kind(from_param, from_file, spec.render, to_data, spec)


def nested_lists(spec: Any) -> Kind:
    """A list of which each item is itself a list of ``key=value``: vnuma."""
    strings: Convert = _nested

    def from_param(option: str, value: Any) -> list[Any]:
        given = value if isinstance(value, (list, tuple)) else [value]
        if all(isinstance(item, dict) for item in given):
            return [spec.from_dict(item) for item in given]
        return [spec.parse(item) for item in strings(option, given)]

    def from_file(option: str, value: Value) -> list[Any]:
        return [spec.parse(item) for item in strings(option, value)]

    def to_data(items: list[Any]) -> list[Any]:
        return [spec.as_dict(item) for item in items]

    return Kind(from_param, from_file, lambda items: [spec.render(item) for item in items], to_data, spec)


STRINGS = listed(text)
ARGUMENTS = Kind(_arguments, _arguments, same, same)
IOPORTS = listed(ioports)
IOMEM = listed(iomem)
IRQS = listed(_irq)
MCA_CAPS = listed(_word("lmce"))
SMBIOS = Kind(_smbios, STRINGS.from_file, same, same)
CPUID = Kind(_cpuid, _any_cpuid, same, same)
NESTED = Kind(_nested, _nested, same, same)
VIRIDIAN = Kind(viridian_groups, _viridian_from_file, _viridian_to_file, same)
GFX_PASSTHRU = Kind(_gfx_passthru, _gfx_from_file, lambda word: {"off": 0, "on": 1}.get(word, word), same)
