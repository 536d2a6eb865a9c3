# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Getters for what libxl's JSON says in quite other words than xl.cfg.

Source: parse_config_data() in xen tools/xl/xl_parse.c, which turns the one into the other; libxl_types.idl.
"""

from __future__ import annotations

import os
from typing import Any, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.options import _kinds_lists, _spec_vnuma
from ansible_collections.netbsd.xen.plugins.module_utils.options._live import UNKNOWN, Config, Getter, hvm, hvm_flag
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_devices import RDM, VKB

_PVGRUB = ("pvgrub32", "pvgrub64")
# XEN_HVM_MCA_CAP_LMCE in xen/include/public/hvm/params.h
_LMCE = 1
_NO_GFN = 2**64 - 1


def builder(config: Config) -> Any:
    """The old name of the type: hvm, or generic for what is not."""
    kind = config.get("c_info", {}).get("type")
    return UNKNOWN if kind is None else {"hvm": "hvm", "pv": "generic"}.get(kind, kind)


def firmware(config: Config) -> Any:
    """For HVM guests xl makes a path or a BIOS of it, for others a kernel in its own directory."""
    part = config.get("b_info", {}).get("type.hvm")
    if part is not None:
        return part.get("firmware") or part.get("bios", "")
    name = os.path.basename(config.get("b_info", {}).get("kernel", ""))
    return name[: -len(".bin")] if name.endswith(".bin") and name[: -len(".bin")] in _PVGRUB else ""


def firmware_agrees(wanted: str, live: str) -> bool:
    """``bios`` and ``uefi`` leave it to libxl which BIOS that is."""
    return wanted == "bios" or {"uefi": "ovmf"}.get(wanted, wanted) == live


def passthrough_agrees(wanted: str, live: str) -> bool:
    """``enabled`` and ``default`` become what the host can do."""
    return wanted == "default" or wanted == live or (wanted == "enabled" and live in ("sync_pt", "share_pt"))


def seclabel(config: Config) -> Any:
    """With an init_seclabel, the label for later is kept apart."""
    later = config.get("b_info", {}).get("exec_ssid_label")
    return later or config.get("c_info", {}).get("ssid_label", "")


def init_seclabel(config: Config) -> Any:
    """The first label counts as one only when there is another."""
    if not config.get("b_info", {}).get("exec_ssid_label"):
        return ""
    return config.get("c_info", {}).get("ssid_label", "")


def gfx_passthru(config: Config) -> Any:
    """off, on or igd."""
    enabled = hvm_flag("gfx_passthru", 0)(config)
    if not isinstance(enabled, int):
        return UNKNOWN
    kind = hvm("gfx_passthru_kind", "default")(config)
    return "off" if not enabled else "igd" if kind == "igd" else "on"


def stdvga(config: Config) -> Any:
    """The old way to choose between two cards; None when neither was chosen, and Cirrus is the default."""
    kind = vga(config)
    return kind if kind is UNKNOWN else int(kind == "stdvga")


def vga(config: Config) -> Any:
    """xl.cfg says stdvga, libxl std."""
    part = config.get("b_info", {}).get("type.hvm")
    if part is None:
        return UNKNOWN
    kind = part.get("vga", {}).get("kind", "cirrus")
    return {"std": "stdvga", "unknown": "cirrus"}.get(kind, kind)


def viridian(config: Config) -> Any:
    """The groups: a boolean for the defaults, and a bitmap each for what is on and what is off."""
    enabled = hvm_flag("viridian", 0)(config)
    if not isinstance(enabled, int):
        return UNKNOWN
    on, off = hvm("viridian_enable", [])(config), hvm("viridian_disable", [])(config)
    groups = _kinds_lists.VIRIDIAN_GROUPS
    chosen = ["defaults"] if enabled else []
    if any(bit >= len(groups) for bit in on):
        # only "all" sets bits that have no name
        chosen.append("all")
    else:
        chosen += [groups[bit] for bit in on]
    return _kinds_lists.viridian_groups("viridian", chosen + ["!" + groups[bit] for bit in off if bit < len(groups)])


def ms_vm_genid(config: Config) -> Any:
    """A random number, or none: libxl's JSON has it as a list of bytes."""
    value = hvm("ms_vm_genid", [])(config)
    if value is UNKNOWN:
        return UNKNOWN
    return "generate" if (any(value) if isinstance(value, list) else value) else "none"


def mca_caps(config: Config) -> Any:
    """A bit mask, of which xl knows one bit."""
    value = hvm("mca_caps", 0)(config)
    return value if value is UNKNOWN else ["lmce"] if value & _LMCE else []


def smbios(config: Config) -> Any:
    """The strings, as xl.cfg writes them."""
    entries = hvm("smbios", [])(config)
    return entries if entries is UNKNOWN else [f"{item.get('key')}={item.get('value', '')}" for item in entries]


def ioports(config: Config) -> list[str]:
    """Ranges: the first port, and how many."""
    return [
        _kinds_lists.io_range(entry.get("first", 0), entry.get("number", 1))
        for entry in config.get("b_info", {}).get("ioports", [])
    ]


def iomem(config: Config) -> list[str]:
    """Pages: the first, how many, and where the guest sees them."""
    found = []
    for entry in config.get("b_info", {}).get("iomem", []):
        gfn = entry.get("gfn")
        found.append(
            _kinds_lists.memory_pages(
                entry.get("start", 0), entry.get("number", 0), None if gfn in (None, -1, _NO_GFN) else gfn
            )
        )
    return found


def device_tree_nodes(config: Config) -> list[str]:
    """The host's device tree nodes that the guest has."""
    return [entry.get("path", "") for entry in config.get("dtdevs", [])]


def rdm(config: Config) -> Any:
    """Strategy and policy; an empty text when neither was said."""
    value = hvm("rdm", {})(config)
    return value if value is UNKNOWN else RDM.from_live(value) or ""


def rdm_agrees(wanted: Any, live: Any) -> bool:
    """xl ignores all of it when it has a right policy, since 4.15: a test in xlu_rdm_parse() is upside down."""
    if not wanted or not live:
        return bool(wanted == live or (wanted and "policy" in wanted))
    return all(live.get(key) == value for key, value in wanted.items())


def keyboards(config: Config) -> list[Any]:
    """Without those that come with a frame buffer, which xl adds and no file has."""
    return [VKB.from_live(entry) for entry in config.get("vkbs", []) if entry.get("backend_type") in ("qemu", "linux")]


def vnuma(config: Config) -> list[Any]:
    """The virtual nodes."""
    return [_spec_vnuma.from_live(node) for node in config.get("b_info", {}).get("vnuma_nodes", [])]


def same_vcpus(wanted: str | Sequence[str], live: Sequence[str]) -> bool:
    """Pinning: ``live`` has that of each vcpu. What names nodes, or all, stands for CPUs that only the host knows."""
    if any(not set(cpus) <= set("0123456789,-") for cpus in ([wanted] if isinstance(wanted, str) else wanted)):
        return True
    if isinstance(wanted, str):
        return all(cpus == wanted for cpus in live) if wanted and live else not wanted and not live
    # a list pins as many vcpus as it is long
    return list(wanted) == list(live)[: len(wanted)]


def renamed(getter: Getter, old: str, new: str) -> Getter:
    """A word that libxl spells with underscores: qemu_xen."""

    def get(config: Config) -> Any:
        value = getter(config)
        return value.replace(old, new) if isinstance(value, str) else value

    return get


def timer_mode(config: Config) -> Any:
    """In the part for HVM guests before Xen 4.17; PV guests have no timers of the kind."""
    part = config.get("b_info", {})
    mode = part.get("timer_mode", part.get("type.hvm", {}).get("timer_mode"))
    if mode is None:
        return UNKNOWN if "type.pv" in part else "no_delay_for_missed_ticks"
    return mode


def rtc_timeoffset(config: Config) -> int:
    """Seconds; libxl keeps a signed number as an unsigned one of 32 bits."""
    offset = int(config.get("b_info", {}).get("rtc_timeoffset", 0))
    return offset - 2**32 if offset >= 2**31 else offset


def tee(config: Config) -> Any:
    """In the part for Arm before Xen 4.18."""
    part = config.get("b_info", {})
    return part.get("tee", part.get("arch_arm", {}).get("tee", "none"))
