# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`xm` on the same host and the same domains as the fake `xl`: its words, its listings in SXP, its files in Python.

Formats and messages: tools/python/xen/xm/main.py of Xen 4.1, xend/XendConfig.py (to_sxp).
"""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any

from ansible_collections.netbsd.xen.tests.fake import (
    build,
    events,
    lifecycle,
    listing,
    plugging,
    saving,
    scheduling,
    tuning,
    usage,
)
from ansible_collections.netbsd.xen.tests.fake.exits import Exit
from ansible_collections.netbsd.xen.tests.fake.state import State

Json = dict[str, Any]
INVALID_DOMAIN = 3
# Those that do what xl's of the same name do.
_SAME = {
    "shutdown": lifecycle.shutdown,
    "reboot": lifecycle.reboot,
    "destroy": lifecycle.destroy,
    "pause": lifecycle.pause,
    "unpause": lifecycle.unpause,
    "save": saving.save,
    "restore": saving.restore,
    "rename": tuning.rename,
    "vcpu-set": tuning.vcpu_set,
    "network-attach": plugging.network_attach,
    "network-detach": plugging.network_detach,
    "block-detach": plugging.block_detach,
    "trigger": events.trigger,
    "sysrq": events.sysrq,
    "dump-core": events.dump_core,
    "info": usage.info,
    "vcpu-list": scheduling.vcpu_list,
    "vcpu-pin": scheduling.vcpu_pin,
    "sched-credit": scheduling.sched_credit,
}
_NAMES_A_DOMAIN = set(_SAME) - {"restore", "info", "vcpu-list", "sched-credit"}


def run(state: State, arguments: list[str]) -> None:
    """One call.

    :raises Exit: as xm ends when it fails.
    """
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if state.take_fault("xend_down", command):
        raise Exit(1, "Error: Unable to connect to xend: Connection refused. Is xend running?\n")
    fault = state.take_fault("fails", command)
    if fault:
        raise Exit(fault["rc"], fault["stderr"])
    if command in _NAMES_A_DOMAIN or command in ("mem-set", "mem-max", "block-attach"):
        _require_domain(state, rest[0])
    try:
        _do(state, command, rest)
    except Exit as end:
        if end.status == 0 or end.stderr.startswith("Error:"):
            raise
        lines = end.stderr.strip().splitlines() or ["Internal error"]
        raise Exit(1, f"Error: {lines[0]}\n", end.stdout) from None


def _do(state: State, command: str, rest: list[str]) -> None:
    if command == "list":
        list_domains(state, rest)
    elif command == "create":
        create(state, rest)
    elif command in ("mem-set", "mem-max"):
        (tuning.mem_set if command == "mem-set" else tuning.mem_max)(state, [rest[0], f"{rest[1]}m"])
    elif command == "block-attach":
        plugging.block_attach(state, [rest[0], xl_disk(",".join(rest[1:]))])
    elif command in _SAME:
        _SAME[command](state, rest)
    else:
        raise Exit(1, f"Error: Subcommand {command} not found!\n")


def _require_domain(state: State, name: str) -> None:
    if state.by_name(name) is None and not (name.isdigit() and state.by_id(int(name))):
        raise Exit(INVALID_DOMAIN, f"Error: Domain '{name}' does not exist.\n")


def list_domains(state: State, arguments: list[str]) -> None:
    """`xm list [-l]`"""
    domains = [listing._dom0(state), *state.domains]
    if {"-l", "--long"} & set(arguments):
        for domain in domains:
            if not domain["dying"]:
                print(expression(domain))
    else:
        print(f"{'Name':<40} {'ID':>5} {'Mem':>5} {'VCPUs':>5} {'State':>10} {'Time(s)':>9}")
        for domain in domains:
            name = domain["name"] or f"Domain-{domain['domid']}"
            mib = domain["memory_kib"] // 1024
            flags = _flags(domain)
            print(f"{name:<40} {domain['domid']:>5} {mib:>5} {domain['vcpus_online']:>5} {flags:>10} {1.0:>8.1f}")
    lifecycle.poll(state)


def _flags(domain: Json) -> str:
    """xl's letters, and c for a crash where xl has the letter of the reason."""
    flags = listing._flags(domain)
    return flags[:4] + ("c" if domain["shutdown_reason"] == "crash" else "-") + flags[5]


def expression(domain: Json) -> str:
    """What `xm list --long` says of a domain."""
    config = domain.get("config", {})
    create_info, build_info = config.get("c_info", {}), config.get("b_info", {})
    hvm = create_info.get("type") == "hvm"
    image: list[Any] = ["hvm" if hvm else "linux", ["kernel", build_info.get("kernel", "")]]
    image += [["ramdisk", build_info["ramdisk"]]] if build_info.get("ramdisk") else []
    image += [["args", build_info["cmdline"]]] if build_info.get("cmdline") else []
    parts: list[Any] = [
        ["domid", domain["domid"]],
        ["uuid", domain["uuid"]],
        ["name", domain["name"]],
        ["vcpus", build_info.get("max_vcpus", 1)],
        ["online_vcpus", domain["vcpus_online"]],
        ["maxmem", build_info.get("max_memkb", 0) // 1024],
        ["memory", build_info.get("target_memkb", domain["memory_kib"]) // 1024],
        ["bootloader", build_info.get("bootloader", "")],
        *([event, config.get(event, "destroy")] for event in ("on_poweroff", "on_reboot", "on_crash")),
        ["start_time", 1000000000.25],
        ["image", image],
        ["state", _flags(domain)],
    ]
    parts += [["device", ["vbd", *_vbd(disk)]] for disk in config.get("disks", [])]
    parts += [["device", ["vif", *_vif(nic)]] for nic in config.get("nics", [])]
    return _sxp(["domain", *parts])


def _vbd(disk: Json) -> list[Any]:
    kind = "cdrom" if disk.get("is_cdrom") else "disk"
    prefix = "phy" if disk.get("pdev_path", "").startswith("/dev/") else "file"
    path = f"{prefix}:{disk['pdev_path']}" if disk.get("pdev_path") else ""
    mode = "w" if disk.get("readwrite") else "r"
    return [["dev", f"{disk['vdev']}:{kind}"], ["uname", path], ["mode", mode], ["backend", 0]]


def _vif(nic: Json) -> list[Any]:
    return [[key, nic[key]] for key in ("bridge", "mac", "script", "ip") if nic.get(key)]


def _sxp(value: Any) -> str:
    if isinstance(value, list):
        return "(" + " ".join(_sxp(item) for item in value) + ")"
    text = str(value)
    plain = text and not set(text) & set(" ()'\"\\#\t\n")
    return text if plain or not text else "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def create(state: State, arguments: list[str]) -> None:
    """`xm create [-p] [-n] [-q] FILE`: runs the file, as the real one does; a test has nothing else in it."""
    options = {argument for argument in arguments if argument.startswith("-")}
    (path,) = [argument for argument in arguments if not argument.startswith("-")]
    print(f'Using config file "{path}".')
    values: dict[str, Any] = {}
    try:
        with open(path, encoding="utf-8") as file:
            exec(compile(file.read(), path, "exec"), {}, values)
    except OSError:
        raise Exit(1, f"Error: Unable to open config file: {path}\n") from None
    except Exception as problem:
        raise Exit(1, f"Error: {problem}\n") from None
    kernel = values.get("kernel")
    if kernel and not os.path.exists(kernel):
        raise Exit(1, f'Error: Cannot find kernel "{kernel}"\n')
    if options & {"-n", "--dryrun"}:
        print(_sxp(["vm", ["name", values.get("name", os.path.basename(path))]]))
        return
    if state.by_name(values["name"]):
        domid = state.by_name(values["name"])["domid"]
        raise Exit(1, f"Error: Domain '{values['name']}' already exists with ID '{domid}'\n")
    with tempfile.NamedTemporaryFile("w", suffix=".cfg", encoding="utf-8") as file:
        file.write(for_xl(values))
        file.flush()
        build.create(state, ["-q", *sorted(options & {"-p"}), file.name], False)
    print(f"Started domain {values['name']}")


def for_xl(values: dict[str, Any]) -> str:
    """The same guest in a file that the fake xl reads."""
    wanted = {key: value for key, value in values.items() if isinstance(value, (str, int, list)) and value != ""}
    builder = wanted.pop("builder", "linux")
    wanted["type"] = {"hvm": "hvm"}.get(str(builder), "pv")
    if "disk" in wanted:
        wanted["disk"] = [xl_disk(item) for item in wanted["disk"]]
    for key, name in (("bootargs", "bootloader_args"), ("cpu_cap", "cap")):
        if key in wanted:
            wanted[name] = wanted.pop(key)
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in wanted.items())


def xl_disk(text: str) -> str:
    """uname,device,mode and nothing else, as preprocess_disk() in create.py has it."""
    parts = text.split(",")
    if len(parts) not in (3, 4, 5) or parts[2] not in ("r", "w", "w!"):
        raise Exit(1, f"Error: Invalid disk specifier: {text}\n")
    device, _colon, kind = parts[1].partition(":")
    items = ["format=raw", f"vdev={device}", "devtype=cdrom" if kind == "cdrom" else f"access={parts[2][0]}"]
    return ",".join([*items, f"target={parts[0].partition(':')[2]}"])
