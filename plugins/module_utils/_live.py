# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a running domain is made of, taken out of libxl's JSON (`xl list -l`) in our canonical form.

libxl leaves defaults out of its JSON, so each getter knows the default; what libxl does not tell at all is ``UNKNOWN``.
Field names and defaults: xen tools/libs/light/libxl_types.idl.
"""

from __future__ import annotations

from typing import Any, Callable, Dict

from ansible_collections.netbsd.xen.plugins.module_utils import _values


class _Unknown:
    """The one value that stands for "libxl does not say"."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
Config = Dict[str, Any]
Getter = Callable[[Config], Any]


def create_info(field: str) -> Getter:
    """A field of c_info: type, name, uuid."""
    return lambda config: config.get("c_info", {}).get(field, UNKNOWN)


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


def event_action(field: str, default: str) -> Getter:
    """on_poweroff and its kin; libxl writes rename_restart where xl.cfg says rename-restart."""
    return lambda config: str(config.get(field, default)).replace("_", "-")


def hvm(field: str, default: Any = "") -> Getter:
    """A field of the HVM part of b_info; unknown for other types."""

    def get(config: Config) -> Any:
        part = config.get("b_info", {}).get("type.hvm")
        return UNKNOWN if part is None else part.get(field, default)

    return get


def hvm_vnc(field: str, default: Any) -> Getter:
    """A field of the VNC settings of an HVM guest. libxl writes its three-valued booleans as "True" and "False"."""

    def get(config: Config) -> Any:
        part = config.get("b_info", {}).get("type.hvm")
        if part is None:
            return UNKNOWN
        value = part.get("vnc", {}).get(field, default)
        return {"True": 1, "False": 0}.get(value, value) if isinstance(value, str) else value

    return get


def affinity(config: Config) -> list[str]:
    """The CPUs that each vcpu was pinned to when the guest started; empty when to none in particular.

    libxl does not keep up with a later `xl vcpu-pin`.
    """
    return [_values.cpu_ranges(cpus) for cpus in config.get("b_info", {}).get("vcpu_hard_affinity", [])]


def serial_ports(config: Config) -> Any:
    """Where the serial ports of an HVM guest go. xl keeps one string and a list of them in different fields."""
    part = config.get("b_info", {}).get("type.hvm")
    if part is None:
        return UNKNOWN
    return part.get("serial_list") or ([part["serial"]] if part.get("serial") else [])


def not_told(config: Config) -> _Unknown:
    """For what libxl does not tell, or not in the words of xl.cfg."""
    return UNKNOWN


def devices(field: str, from_live: Callable[[dict[str, Any]], Any]) -> Getter:
    """A device list of the domain: disks, nics, pcidevs, vfbs."""
    return lambda config: [from_live(entry) for entry in config.get(field, [])]


def kernel_line(config: Config) -> str:
    """The kernel's command line, however it was put together (xl.cfg: cmdline, or root and extra)."""
    return str(build_info("cmdline")(config))
