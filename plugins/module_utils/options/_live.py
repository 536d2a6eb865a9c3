# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a running domain is made of, taken out of libxl's JSON (`xl list -l`) in our canonical form.

libxl leaves defaults out of its JSON, so each getter knows the default; what libxl does not tell at all is ``UNKNOWN``.
Field names and defaults: xen tools/libs/light/libxl_types.idl.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core import _values


class _Unknown:
    """The one value that stands for "libxl does not say"."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
Config = Dict[str, Any]
Getter = Callable[[Config], Any]
# Stands in a configuration that was made of what xend tells, which is much less than libxl does.
TOLD_BY = "told_by"
XEND = "xend"


def create_info(field: str, default: Any = UNKNOWN) -> Getter:
    """A field of c_info: type, name, uuid."""
    return lambda config: config.get("c_info", {}).get(field, default)


def build_info(field: str, default: Any = "") -> Getter:
    """A field of b_info that is left out when it has its default.

    What says how a PV guest boots was in the part for its type before Xen 4.5 (bootloader: 4.10).
    """

    def get(config: Config) -> Any:
        part = config.get("b_info", {})
        return part.get(field, part.get("type.pv", {}).get(field, default))

    return get


def build_info_mib(field: str) -> Getter:
    """A field of b_info that counts KiB, as whole MiB."""

    def get(config: Config) -> Any:
        kib = config.get("b_info", {}).get(field)
        return UNKNOWN if kib is None else kib // 1024

    return get


def available_vcpus(config: Config) -> Any:
    """The number of vcpus that are on. avail_vcpus is a bitmap, written as the list of its bits."""
    available = config.get("b_info", {}).get("avail_vcpus")
    return maximum_vcpus(config) if available is None else len(available)


def maximum_vcpus(config: Config) -> int:
    """max_vcpus; 1 when libxl left it out."""
    return int(config.get("b_info", {}).get("max_vcpus", 1))


def event_action(field: str) -> Getter:
    """on_poweroff and its kin. libxl leaves out "destroy" and calls rename-restart RESTART_RENAME."""

    def get(config: Config) -> str:
        action = str(config.get(field, "destroy")).replace("_", "-")
        return "rename-restart" if action == "restart-rename" else action

    return get


def _defbool(value: Any) -> Any:
    """libxl writes its three-valued booleans as "True" and "False", and leaves them out when nothing was said."""
    return {"True": 1, "False": 0}.get(value, value) if isinstance(value, str) else int(value)


def create_flag(field: str, default: int | None) -> Getter:
    """A boolean of c_info."""

    def get(config: Config) -> Any:
        value = config.get("c_info", {}).get(field)
        return default if value is None else _defbool(value)

    return get


def build_flag(field: str, default: int | None) -> Getter:
    """A boolean of b_info. Some were in the part for HVM guests in older versions of Xen (apic, acpi, nested_hvm)."""

    def get(config: Config) -> Any:
        part = config.get("b_info", {})
        value = part.get(field, part.get("type.hvm", {}).get(field))
        return default if value is None else _defbool(value)

    return get


def build_mib(field: str, default: int | None) -> Getter:
    """A field of b_info that counts KiB, as whole MiB, for what is left out when it has its default."""

    def get(config: Config) -> Any:
        kib = config.get("b_info", {}).get(field)
        return default if kib is None else kib // 1024

    return get


def _part(config: Config, path: Sequence[str]) -> Any:
    """A part of b_info, None when it is not there; inside the part of the guest's type, what is left out is empty."""
    part = config.get("b_info", {}).get(path[0])
    for name in path[1:]:
        part = None if part is None else part.get(name, {})
    return part


def within(*path: str, default: Any = "") -> Getter:
    """A text or number in a part of b_info, such as ``("type.hvm", "spice", "host")``; unknown without the first part.

    Only a guest of its own type has the first part.
    """

    def get(config: Config) -> Any:
        part = _part(config, path[:-1])
        return UNKNOWN if part is None else part.get(path[-1], default)

    return get


def flag_within(*path: str, default: int | None) -> Getter:
    """A boolean in a part of b_info."""

    def get(config: Config) -> Any:
        part = _part(config, path[:-1])
        if part is None:
            return UNKNOWN
        value = part.get(path[-1])
        return default if value is None else _defbool(value)

    return get


def mib_within(*path: str, default: int | None) -> Getter:
    """A number of KiB in a part of b_info, as whole MiB."""

    def get(config: Config) -> Any:
        part = _part(config, path[:-1])
        if part is None:
            return UNKNOWN
        return default if part.get(path[-1]) is None else part[path[-1]] // 1024

    return get


def word(getter: Getter, names: dict[Any, Any]) -> Getter:
    """The same in xl.cfg's words, where libxl has others."""

    def get(config: Config) -> Any:
        value = getter(config)
        return value if isinstance(value, (_Unknown, list)) else names.get(value, value)

    return get


def hvm(field: str, default: Any = "") -> Getter:
    """A field of the HVM part of b_info; unknown for other types."""
    return within("type.hvm", field, default=default)


def hvm_flag(field: str, default: int | None) -> Getter:
    """A boolean of the HVM part."""
    return flag_within("type.hvm", field, default=default)


def hvm_only(getter: Getter) -> Getter:
    """For what xl reads for HVM guests only, though libxl has a place for it in every guest."""
    return lambda config: getter(config) if "type.hvm" in config.get("b_info", {}) else UNKNOWN


def build_list(field: str, convert: Callable[[Any], Any]) -> Getter:
    """A list in b_info, each item brought to our form."""
    return lambda config: [convert(item) for item in config.get("b_info", {}).get(field, [])]


def one_or_list(single: str, several: str) -> Getter:
    """What xl keeps in two fields of the HVM part, one for a string and one for a list of them."""

    def get(config: Config) -> Any:
        part = _part(config, ("type.hvm",))
        if part is None:
            return UNKNOWN
        return part.get(several) or ([part[single]] if part.get(single) else [])

    return get


def affinity(field: str) -> Getter:
    """The CPUs of each vcpu, hard or soft, from when the guest started; empty when none in particular.

    libxl does not keep up with a later `xl vcpu-pin`.
    """
    return lambda config: [_values.cpu_ranges(cpus) for cpus in config.get("b_info", {}).get(field, [])]


def libxl_only(getter: Getter) -> Getter:
    """For what xend does not tell: that it says nothing does not mean the default then."""
    return lambda config: UNKNOWN if config.get(TOLD_BY) == XEND else getter(config)


def not_told(config: Config) -> _Unknown:
    """For what libxl does not tell, or not in the words of xl.cfg."""
    return UNKNOWN


def devices(field: str, from_live: Callable[[dict[str, Any]], Any]) -> Getter:
    """A device list of the domain: disks, nics, pcidevs, vfbs."""
    return lambda config: [from_live(entry) for entry in config.get(field, [])]


def kernel_line(config: Config) -> str:
    """The kernel's command line, however it was put together (xl.cfg: cmdline, or root and extra)."""
    return str(build_info("cmdline")(config))


def scheduling(field: str) -> Getter:
    """A parameter of the scheduler; libxl asks it, and has -1 (or nothing) for the scheduler's own default."""

    def get(config: Config) -> Any:
        value = config.get("b_info", {}).get("sched_params", {}).get(field)
        return None if value in (None, -1) else value

    return get
