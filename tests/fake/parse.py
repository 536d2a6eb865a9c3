# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What xl makes of a config file before it asks libxl for anything (xl's parse_config_data).

The result is libxl's domain_config as JSON-like data, as `xl -N create` prints it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible_collections.netbsd.xen.tests.fake import devices
from ansible_collections.netbsd.xen.tests.fake.exits import Exit
from ansible_collections.netbsd.xen.tests.fake.xlconfig import ConfigFile

Json = dict[str, Any]
_ACTIONS = ("destroy", "restart", "rename-restart", "preserve", "coredump-destroy", "coredump-restart", "soft-reset")
# Key, what xl takes when it is not given, and what libxl takes for granted and so leaves out of its JSON.
_EVENTS = (
    ("on_poweroff", "destroy", "destroy"),
    ("on_reboot", "restart", "destroy"),
    ("on_watchdog", "destroy", "destroy"),
    ("on_crash", "destroy", "destroy"),
    ("on_soft_reset", "soft-reset", "destroy"),
)


def domain_config(config: ConfigFile, nr_cpus: int, say: Callable[[str], None]) -> Json:
    """The domain that the file describes; `say` prints what xl remarks on the way.

    :raises Exit: xl refuses the file.
    """
    c_info = _create_info(config)
    b_info = _build_info(config, c_info["type"], nr_cpus)
    events = _events(config)
    b_info.update(_boot(config, c_info["type"]))
    result: Json = {"c_info": c_info, "b_info": b_info}
    for key, found in (
        ("disks", devices.disks(config)),
        ("nics", devices.nics(config, say)),
        ("pcidevs", devices.pcis(config)),
        ("vfbs", devices.vfbs(config)),
    ):
        if found:
            result[key] = found
    if "vfbs" in result:
        result["vkbs"] = [{"devid": vfb["devid"]} for vfb in result["vfbs"]]
    if "pcidevs" in result and c_info["type"] == "pv":
        b_info["type.pv"]["e820_host"] = "True"
    for warning in config.warnings:
        say(warning)
    result.update(events)
    return result


def _create_info(config: ConfigFile) -> Json:
    kind = config.string("type")
    if kind is None:
        kind = {"hvm": "hvm"}.get(config.string("builder") or "", "pv")
    if kind not in ("pv", "pvh", "hvm"):
        raise Exit(1, f"Invalid domain type {kind}.\n")
    name = config.string("name")
    if name is None:
        raise Exit(1, "Domain name must be specified.\n")
    info: Json = {"type": kind, "name": name, "uuid": _uuid(config), "run_hotplug_scripts": "True"}
    passthrough = config.string("passthrough")
    if passthrough:
        info["passthrough"] = passthrough
    return info


def _uuid(config: ConfigFile) -> str:
    import uuid as uuids  # slow to import, and most calls create nothing

    given = config.string("uuid")
    if given is None:
        return str(uuids.uuid4())
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}", given):
        raise Exit(1, f"Failed to parse UUID: {given}\n")
    return str(uuids.UUID(given))


def _build_info(config: ConfigFile, kind: str, nr_cpus: int) -> Json:
    info: Json = {}
    vcpus, maximum = config.number("vcpus"), config.number("maxvcpus")
    if vcpus and maximum and maximum < vcpus:
        raise Exit(1, "xl: maxvcpus < vcpus\n")
    if maximum or vcpus:
        info["max_vcpus"] = maximum or vcpus
    if vcpus:
        info["avail_vcpus"] = list(range(vcpus))
    cpus = config.string("cpus")
    if cpus is not None:
        affinity = _cpumap(cpus, nr_cpus)
        info["vcpu_hard_affinity"] = [affinity] * (maximum or vcpus or 1)
        info["numa_placement"] = "False"
    memory, maxmem = config.number("memory"), config.number("maxmem")
    if maxmem is not None or memory is not None:
        info["max_memkb"] = ((maxmem if maxmem is not None else memory) or 0) * 1024
    if memory is not None:
        info["target_memkb"] = memory * 1024
    sched = {"weight": config.number("cpu_weight"), "cap": config.number("cap")}
    info["sched_params"] = {key: value for key, value in sched.items() if value is not None}
    info["claim_mode"] = "True"
    info[f"type.{kind}"] = {"pv": dict, "pvh": dict, "hvm": lambda: _hvm(config)}[kind]()
    info.update({"arch_arm": {}, "arch_x86": {}})
    return info


def _cpumap(text: str, nr_cpus: int) -> list[int]:
    """`0-3,^1`, `all`: the cpus that the host has of it."""
    chosen: set[int] = set()
    for part in text.replace(" ", "").split(","):
        if part == "all":
            chosen |= set(range(nr_cpus))
            continue
        match = re.fullmatch(r"(\^?)(\d+)(?:-(\d+))?", part)
        if not match:
            raise Exit(1, f"Error: Cpu range '{part}' is invalid.\n")
        first, last = int(match.group(2)), int(match.group(3) or match.group(2))
        span = set(range(first, last + 1))
        chosen = chosen - span if match.group(1) else chosen | span
    usable = sorted(cpu for cpu in chosen if cpu < nr_cpus)
    if not usable:
        raise Exit(1, "vcpu hard affinity map is empty\n")
    return usable


def _hvm(config: ConfigFile) -> Json:
    """libxl's part for an HVM guest: firmware, screen, serial port, boot order."""
    info: Json = {}
    firmware = config.string("bios") or config.string("firmware")
    if firmware:
        info["bios"] = firmware
    vnc_keys = ("vnc", "vnclisten", "vncpasswd", "vncdisplay", "vncunused")
    given = {key: value for key in vnc_keys if (value := config.string(key)) is not None}
    info.update({"vga": {}, "vnc": devices.vnc(given)})
    if config.string("keymap"):
        info["keymap"] = config.string("keymap")
    info.update({"sdl": {}, "spice": {}})
    serial = config.values.get("serial")
    if isinstance(serial, list):
        info["serial_list"] = serial
    elif serial is not None:
        info["serial"] = serial
    if config.string("boot"):
        info["boot"] = config.string("boot")
    info["rdm"] = {}
    return info


def _boot(config: ConfigFile, kind: str) -> Json:
    """Kernel, command line, ramdisk and boot loader; without either a PV or PVH guest cannot start."""
    kernel, loader = config.string("kernel"), config.string("bootloader")
    if kind != "hvm" and kernel is None and loader is None:
        raise Exit(1, "Neither kernel nor bootloader specified\n")
    found: Json = {"kernel": kernel, "cmdline": _cmdline(config), "ramdisk": config.string("ramdisk")}
    found["bootloader"] = loader
    arguments = config.values.get("bootloader_args")
    if loader and arguments:
        found["bootloader_args"] = arguments if isinstance(arguments, list) else [arguments]
    return {key: value for key, value in found.items() if value is not None}


def _cmdline(config: ConfigFile) -> str | None:
    """xl prefers `cmdline`; else it puts `root=` before `extra`."""
    cmdline, root, extra = config.string("cmdline"), config.string("root"), config.string("extra")
    if cmdline is not None:
        return cmdline
    parts = ([f"root={root}"] if root is not None else []) + ([extra] if extra is not None else [])
    return " ".join(parts) if parts else None


def _events(config: ConfigFile) -> Json:
    events: Json = {}
    for key, default, assumed in _EVENTS:
        action = config.string(key) or default
        if action not in _ACTIONS:
            raise Exit(1, f'Unknown {key} action "{action}" specified\n')
        if action != assumed:
            events[key] = action.replace("-", "_")
    return events


def in_order(config: Json) -> Json:
    """The same config with b_info's fields as libxl orders them."""
    order = (
        "max_vcpus", "avail_vcpus", "vcpu_hard_affinity", "numa_placement", "max_memkb", "target_memkb", "video_memkb",
        "shadow_memkb", "device_model_version", "sched_params", "claim_mode", "kernel", "cmdline", "ramdisk",
        "bootloader", "bootloader_args", "type.hvm", "type.pv", "type.pvh", "arch_arm", "arch_x86",
    )  # fmt: skip
    b_info = config["b_info"]
    unknown = set(b_info) - set(order)
    if unknown:
        raise AssertionError(f"the order of these fields is not known: {sorted(unknown)}")
    return {**config, "b_info": {key: b_info[key] for key in order if key in b_info}}
