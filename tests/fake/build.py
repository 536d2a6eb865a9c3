# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`xl create`: from a config file to a domain, or to what libxl says when it cannot.

The order of the checks is libxl's: each failure below was seen at that stage of a real creation, except where a comment
says that it is composed of lines seen elsewhere.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from ansible_collections.netbsd.xen.tests.fake import devices, logs, options, parse, xlconfig, yajl
from ansible_collections.netbsd.xen.tests.fake.exits import Exit, libxl_failed
from ansible_collections.netbsd.xen.tests.fake.lifecycle import end_domain
from ansible_collections.netbsd.xen.tests.fake.state import State

Json = dict[str, Any]
_PAGE_KIB = 4
_DEFAULT_KIB = 32 * 1024  # libxl's max_memkb where the file gives none
_MAX_VCPUS = 4096


class _Failed(Exception):
    """A creation that libxl gives up after it has taken an id."""

    def __init__(self, *lines: str, plain: str = "") -> None:
        super().__init__()
        self.lines, self.plain = lines, plain


def create(state: State, arguments: list[str], dry_run: bool) -> None:
    """`xl create [-n] [-p] [-q] FILE [KEY=VALUE ...]`"""
    given, path, overrides = _arguments(arguments)
    text = xlconfig.read(path)
    if "q" not in given:
        _say(f"Parsing config from {path}\n")
    config = xlconfig.parse(path, "\n".join([text, *overrides]) + "\n" if overrides else text)
    wanted = parse.in_order(parse.domain_config(config, state.host["nr_cpus"], _say))
    if dry_run or "n" in given:
        print(yajl.dumps(wanted))
        return
    fault = state.take_fault("create_fails_halfway", "create")
    domain = make_domain(state, wanted)
    if fault:
        # xl was killed, or its own clean-up failed: the domain stays behind, built or not, and paused.
        domain["pause_count"] = 1
        raise libxl_failed(
            3,
            "libxl_device.c:1337:device_hotplug_child_death_cb: script: /etc/xen/scripts/block failed; error detected.",
            f"libxl_create.c:1672:domcreate_launch_dm: Domain {domain['domid']}:unable to add disk devices",
        )
    start(state, domain, paused="p" in given)


def make_domain(state: State, wanted: Json, restoring: bool = False) -> Json:
    """Build the domain as libxl does and put it into the state, not yet started.

    :param restoring: the memory comes out of a saved file, so neither kernel nor boot loader is looked at.
    :raises Exit: with libxl's lines; the id that it took is lost, as in Xen.
    """
    _check_defaults(state, wanted)
    domid = state.take_domid()
    try:
        _check_name(state, wanted, domid)
        _check_disk_files(wanted, domid)
        if not restoring:
            _check_boot(state, wanted, domid)
        _check_vdevs(state, wanted, domid)
        _check_bridges(state, wanted, domid)
        _check_pcis(state, wanted, domid)
    except _Failed as failed:
        raise _given_up(failed, domid) from None
    domain = _new_domain(state, wanted, domid)
    state.domains.append(domain)
    name = wanted["c_info"]["name"]
    if "/" in name:
        # xl's own monitor cannot open its log: the domain runs on without it.
        raise Exit(
            3,
            "xl: fatal error: xl_utils.c:277: No such file or directory: logfile = open(fullname, O_WRONLY | O_CREAT | "
            "O_APPEND | O_CLOEXEC, 0644)\n"
            "libxl: error: libxl_exec.c:117:libxl_report_child_exitstatus: domain monitoring "
            f"daemonizing child [{_pid(domid)}] exited with error status 1\n",
        )
    return domain


def start(state: State, domain: Json, paused: bool, boots: bool = True) -> None:
    """Let the new domain run, or leave it paused; some guests do not get far."""
    domain["pause_count"] = 1 if paused else 0
    logs.created(state, domain, boots)
    b_info = domain["config"]["b_info"]
    too_little = b_info["max_memkb"] < b_info["target_memkb"]
    if not paused and (too_little or state.guest(domain["name"])["crashes_at_start"]):
        end_domain(state, domain, "crash")


def _arguments(arguments: list[str]) -> tuple[set[str], str, list[str]]:
    given, rest = options.split(
        ["-n" if argument == "--dryrun" else argument for argument in arguments], "FnqepcVAhd", ("quiet",), "f"
    )
    if not rest or "=" in rest[0]:
        raise Exit(6, "Config file not specified and none in save file\n")
    return given, rest[0], rest[1:]


def _check_defaults(state: State, wanted: Json) -> None:
    """What libxl refuses before it takes an id."""
    unable = "libxl_create.c:{line}:libxl__domain_config_setdefault: Unable to set domain {part} info defaults"
    if wanted["b_info"].get("max_vcpus", 1) > _MAX_VCPUS:
        raise libxl_failed(
            3,
            "libxl_create.c:220:libxl__domain_build_info_setdefault: avail_vcpus bitmap contains too many VCPUS",
            unable.format(line=1241, part="build"),
        )
    if wanted["c_info"]["type"] != "pv" and not state.host["hap"]:
        raise libxl_failed(
            6,
            "libxl_create.c:46:libxl__domain_create_info_setdefault: neither hap nor shadow paging available",
            unable.format(line=1143, part="create"),
        )


def _check_name(state: State, wanted: Json, domid: int) -> None:
    name = wanted["c_info"]["name"]
    if state.by_name(name) or name == "Domain-0":
        raise _Failed(
            f'libxl_domain.c:81:libxl__domain_rename: Domain {domid}:Domain with name "{name}" already exists.',
            f"libxl_create.c:1296:initiate_domain_create: Domain {domid}:cannot make domain: -6",
        )


def _check_disk_files(wanted: Json, domid: int) -> None:
    for index, disk in enumerate(wanted.get("disks", [])):
        path = disk.get("pdev_path", "")
        if path and "script" not in disk and not os.path.exists(path):
            raise _Failed(
                f"libxl_device.c:455:libxl__device_disk_set_backend: Disk vdev={disk['vdev']} failed to stat: {path}: "
                "No such file or directory",
                f"libxl_create.c:1318:initiate_domain_create: Domain {domid}:Unable to set disk defaults for disk "
                f"{index}",
            )


def _check_boot(state: State, wanted: Json, domid: int) -> None:
    """The boot loader, the kernel, the ramdisk and the memory that they need."""
    b_info = wanted["b_info"]
    cannot = f"libxl_create.c:1640:domcreate_rebuild_done: Domain {domid}:cannot (re-)build domain: -3"
    if wanted["c_info"]["type"] == "hvm" and "kernel" not in b_info:
        return
    if "bootloader" in b_info and "kernel" not in b_info:
        _check_bootloader(wanted, domid, cannot)
        return
    for field, function, line in (("kernel", "xc_dom_kernel_file", 646), ("ramdisk", "xc_dom_ramdisk_file", 659)):
        path = b_info.get(field)
        if path is not None and not os.path.isfile(path):
            raise _Failed(
                f"libxl_dom.c:{line}:libxl__build_pv: {function} failed: No such file or directory",
                cannot,
                plain=f"xc: error: panic: xg_dom_core.c:205: failed to open file '{path}': No such file or directory: "
                "Internal error\n",
            )
    if not _is_kernel(b_info["kernel"]):
        raise _Failed(
            "libxl_dom.c:571:libxl__build_dom: xc_dom_parse_image failed",
            cannot,
            plain="xc: error: panic: xg_dom_core.c:689: xc_dom_find_loader: no loader found: Invalid kernel\n",
        )
    _check_memory(state, b_info, cannot)


def _check_bootloader(wanted: Json, domid: int, cannot: str) -> None:
    """pygrub finds a kernel in a disk that is not empty; every other boot loader is missing on the fake host."""
    disks = wanted.get("disks", [])
    found = wanted["b_info"]["bootloader"] == "pygrub"
    if found and disks and _holds_something(disks[0]["pdev_path"]):
        return
    raise _Failed(
        f"libxl_bootloader.c:767:bootloader_finished: Domain {domid}:bootloader failed - consult logfile "
        f"/var/log/xen/bootloader.{domid}.log",
        f"libxl_exec.c:117:libxl_report_child_exitstatus: bootloader [{_pid(domid)}] exited with error status "
        f"{1 if found else 255}",
        cannot,
    )


def _holds_something(path: str) -> bool:
    with open(path, "rb") as stream:
        return any(stream.read(65536))


def _is_kernel(path: str) -> bool:
    """By the magic of ELF, gzip or a Linux bzImage ("MZ" or "HdrS")."""
    with open(path, "rb") as stream:
        head = stream.read(0x206)
    return head.startswith((b"\x7fELF", b"\x1f\x8b", b"MZ")) or head[0x202:0x206] == b"HdrS"


def _check_memory(state: State, b_info: Json, cannot: str) -> None:
    wanted_kib = b_info.get("target_memkb", _DEFAULT_KIB)
    pages, kernel, padding = wanted_kib // _PAGE_KIB, state.host["kernel_pages"], state.host["padding_pages"]
    if wanted_kib // 1024 > state.free_mib:
        raise _Failed(
            "libxl_dom.c:586:libxl__build_dom: xc_dom_boot_mem_init failed: Cannot allocate memory",
            cannot,
            plain="xc: error: panic: xg_dom_boot.c:119: xc_dom_boot_mem_init: can't allocate low memory for domain: "
            "Out of memory\n",
        )
    problem = ""
    if padding > pages:
        problem = f"padding too large ({padding:#x} > {pages:#x} - 0x0 pages)"
    elif kernel > pages - padding:
        problem = f"kernel too large ({kernel:#x} > {pages:#x} - {padding:#x} pages)"
    if problem:
        raise _Failed(
            "libxl_dom.c:594:libxl__build_dom: xc_dom_build_image failed: No such file or directory",
            cannot,
            plain=f"xc: error: panic: xg_dom_core.c:536: xc_dom_chk_alloc_pages: segment {problem}: Out of memory\n",
        )


def _check_vdevs(state: State, wanted: Json, domid: int) -> None:
    unable = f"libxl_create.c:1672:domcreate_launch_dm: Domain {domid}:unable to add disk devices"
    seen: set[int] = set()
    for disk in wanted.get("disks", []):
        number = devices.vdev_number(disk["vdev"])
        if number is None:
            unknown = f"Domain {domid}:Invalid or unsupported virtual disk identifier {disk['vdev']}"
            raise _Failed(
                f"libxl_disk.c:214:libxl__device_from_disk: {unknown}",
                f"libxl_disk.c:335:device_disk_add: {unknown}",
                unable,
            )
        if number in seen:
            raise _Failed(f"libxl_disk.c:343:device_disk_add: Domain {domid}:device already exists in xenstore", unable)
        seen.add(number)
    needs_qemu = wanted["c_info"]["type"] == "hvm" or "vfbs" in wanted
    if not state.host["qemu"] and (needs_qemu or any(disk.get("format") != "raw" for disk in wanted.get("disks", []))):
        program = "/usr/libexec/xen-qemu-system-i386"
        raise _Failed(
            f"libxl_dm.c:2909:libxl__spawn_local_dm: Domain {domid}:device model {program} is not executable: "
            "No such file or directory",
            f"libxl_dm.c:2911:libxl__spawn_local_dm: Domain {domid}:Please install the qemu-system-xen package for "
            "this domain to work",
            f"libxl_dm.c:3161:device_model_spawn_outcome: Domain {domid}:(null): spawn failed (rc=-3)",
            f"libxl_dm.c:3381:device_model_postconfig_done: Domain {domid}:Post DM startup configs failed, rc=-3",
            f"libxl_create.c:1896:domcreate_devmodel_started: Domain {domid}:device model did not start: -3",
        )


def _check_bridges(state: State, wanted: Json, domid: int) -> None:
    """Composed: the script's lines from `xl network-attach`, the rest as for PCI devices."""
    for nic in wanted.get("nics", []):
        bridge = nic.get("bridge", "xenbr0")
        if "script" not in nic and bridge not in state.host["bridges"]:
            raise _Failed(
                f"libxl_exec.c:117:libxl_report_child_exitstatus: /etc/xen/scripts/vif-bridge online [{_pid(domid)}] "
                "exited with error status 1",
                f"libxl_device.c:1337:device_hotplug_child_death_cb: script: Could not find bridge device {bridge}",
                f"libxl_create.c:1921:domcreate_attach_devices: Domain {domid}:unable to add vif devices",
            )


def _check_pcis(state: State, wanted: Json, domid: int) -> None:
    used = {devices.bdf(pci) for dom in state.domains for pci in dom["config"].get("pcidevs", [])}
    for pci in wanted.get("pcidevs", []):
        if devices.bdf(pci) in state.host["pci_assignable"] and devices.bdf(pci) not in used:
            continue
        where = f"{pci.get('domain', 0):x}:{pci.get('bus', 0):x}:{pci.get('dev', 0):x}.{pci.get('func', 0):x}"
        raise _Failed(
            f"libxl_pci.c:1677:libxl__device_pci_add: Domain {domid}:PCI device {where} is not assignable",
            f"libxl_pci.c:1809:device_pci_add_done: Domain {domid}:libxl__device_pci_add failed for PCI device {where} "
            "(rc -3)",
            f"libxl_create.c:1921:domcreate_attach_devices: Domain {domid}:unable to add pci devices",
        )


def _given_up(failed: _Failed, domid: int) -> Exit:
    """libxl tears the domain down after each failure, and complains that it is gone already."""
    torn_down = (
        f"libxl_domain.c:1183:libxl__destroy_domid: Domain {domid}:Non-existant domain",
        f"libxl_domain.c:1137:domain_destroy_callback: Domain {domid}:Unable to destroy guest",
        f"libxl_domain.c:1064:domain_destroy_cb: Domain {domid}:Destruction of domain failed",
    )
    end = libxl_failed(3, *failed.lines, *torn_down)
    return Exit(3, failed.plain + end.stderr)


def _new_domain(state: State, wanted: Json, domid: int) -> Json:
    """libxl's domain, with the defaults that it fills in."""
    c_info, b_info = dict(wanted["c_info"]), dict(wanted["b_info"])
    maximum = b_info.setdefault("max_vcpus", 1)
    b_info.setdefault("avail_vcpus", [0])
    b_info.setdefault("max_memkb", _DEFAULT_KIB)
    b_info.setdefault("target_memkb", b_info["max_memkb"])
    b_info["video_memkb"] = 0
    b_info["sched_params"] = {"sched": "credit2", "weight": 256, "cap": 0, **b_info["sched_params"]}
    b_info["arch_x86"] = {"msr_relaxed": "False"}
    c_info = {"type": c_info.pop("type"), "name": c_info.pop("name"), "domid": 0xFFFFFFFF, **c_info}
    config = parse.in_order({**wanted, "c_info": c_info, "b_info": b_info})
    config.update(
        {
            "disks": [{**disk, "colo_restore_enable": "False"} for disk in wanted.get("disks", [])],
            "nics": [devices.complete_nic(nic, domid) for nic in wanted.get("nics", [])],
        }
    )
    for kind in ("disks", "nics"):
        if not config[kind]:
            del config[kind]
    return {
        "domid": domid,
        "name": c_info["name"],
        "uuid": c_info["uuid"],
        "config": config,
        "memory_kib": b_info["target_memkb"],
        "vcpus_online": min(len(b_info["avail_vcpus"]), maximum),
        "pause_count": 1,
        "shutdown_reason": None,
        "dying": False,
        "steps": [],
        "cpu_time": state.guest(c_info["name"])["cpu_time"],
        "started": state.data["clock"],
    }


def _pid(domid: int) -> int:
    """The id that a helper process of libxl might have had; nothing depends on it."""
    return 2000 + domid


def _say(text: str) -> None:
    sys.stderr.write(text)
