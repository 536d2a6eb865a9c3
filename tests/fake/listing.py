# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What xl prints about domains: list, uptime, domid, domname, vm-list, network-list, block-list, pci-list."""

from __future__ import annotations

import sys
from typing import Any

from ansible_collections.netbsd.xen.tests.fake import devices, lifecycle, options, usage, yajl
from ansible_collections.netbsd.xen.tests.fake.exits import Exit
from ansible_collections.netbsd.xen.tests.fake.state import DOM0_NAME, State

Json = dict[str, Any]
_REASON_LETTERS = {"poweroff": "-", "reboot": "r", "suspend": "s", "crash": "c"}
_NIL_UUID = "00000000-0000-0000-0000-000000000000"
_CONNECTED, _INITIALISING = 4, 1  # xenbus states of a device


def list_domains(state: State, arguments: list[str]) -> None:
    """`xl list [-l] [-v] [-Z] [-c] [-n] [DOMAIN]`"""
    given, rest = options.split(
        ["-Z" if argument == "--context" else argument for argument in arguments],
        "lvhZcn",
        ("long", "verbose", "cpupool", "numa"),
    )
    if len(rest) > 1:
        raise Exit(1, stdout=usage.text("list"))
    domains = _chosen(state, rest[0]) if rest else [_dom0(state), *state.domains]
    if "l" in given:
        print(yajl.dumps([_long(state, domain) for domain in domains if _has_config(domain)]) + "\n")
    else:
        print(_header(given))
        for domain in domains:
            print(_row(domain, given))
    lifecycle.poll(state)


def _chosen(state: State, identifier: str) -> list[Json]:
    if identifier.isdigit():
        domain = _dom0(state) if int(identifier) == 0 else state.by_id(int(identifier))
        if domain is None:
            raise Exit(1, f"Error: Domain '{identifier}' does not exist.\n")
        return [domain]
    domain = lifecycle.find(state, identifier)
    return [_dom0(state) if domain["domid"] == 0 else domain]


def _dom0(state: State) -> Json:
    host = state.host
    return {
        "domid": 0, "name": DOM0_NAME, "uuid": _NIL_UUID, "memory_kib": host["dom0_mib"] * 1024, "vcpus_online": 1,
        "pause_count": 0, "shutdown_reason": None, "dying": False, "cpu_time": host["dom0_cpu_time"],
    }  # fmt: skip


def _header(given: set[str]) -> str:
    text = "Name                                        ID   Mem VCPUs\tState\tTime(s)"
    if "v" in given:
        text += "   UUID                            Reason-Code\tSecurity Label"
    elif "Z" in given:
        text += "   Security Label"
    if "c" in given:
        text += "         Cpupool"
    return text + (" NODE Affinity" if "n" in given else "")


def _row(domain: Json, given: set[str]) -> str:
    name = "(null)" if domain["name"] is None else domain["name"]
    text = f"{name:<40} {domain['domid']:5d} {domain['memory_kib'] // 1024:5d} {domain['vcpus_online']:5d}"
    text += f"     {_flags(domain)}  {domain['cpu_time']:8.1f}"
    reason = domain["shutdown_reason"]
    if "v" in given:
        code = "-" if reason is None else str(lifecycle.REASON_CODES[reason])
        text += f" {domain['uuid']} {code:>8} {'-':>16}"
    elif "Z" in given:
        text += f" {'-':>16}"
    if "c" in given:
        text += f" {'Pool-0':>15}"
    return text + (" all" if "n" in given else "")


def _flags(domain: Json) -> str:
    """r b p s, the letter of the reason, d: the flags that Xen keeps of a domain."""
    ended = domain["shutdown_reason"]
    stopped = domain["pause_count"] or ended or domain["dying"]
    busy = domain["domid"] == 0
    return "".join((
        "r" if busy and not stopped else "-",
        "b" if not busy and not stopped else "-",
        "p" if domain["pause_count"] else "-",
        "s" if ended else "-",
        _REASON_LETTERS[ended] if ended else "-",
        "d" if domain["dying"] else "-",
    ))  # fmt: skip


def _has_config(domain: Json) -> bool:
    """libxl has no configuration of a dying domain any more, and says so."""
    if not domain["dying"]:
        return True
    sys.stderr.write(
        f"libxl: error: libxl_domain.c:2335:retrieve_domain_configuration_lock_acquired: Domain {domain['domid']}:"
        "Fail to get domain configuration\n"
    )
    return False


def _long(state: State, domain: Json) -> Json:
    if domain["domid"]:
        return {"domid": domain["domid"], "config": domain["config"]}
    kib = state.host["dom0_mib"] * 1024
    b_info: Json = {"max_memkb": kib, "target_memkb": kib - 1}
    b_info["sched_params"] = {"sched": "credit2", "weight": 256, "cap": 0}
    b_info.update({"type.pv": {}, "arch_arm": {}, "arch_x86": {}})
    return {"domid": 0, "config": {"c_info": {"type": "pv", "name": DOM0_NAME}, "b_info": b_info}}


def uptime(state: State, arguments: list[str]) -> None:
    """`xl uptime [DOMAIN]`"""
    if arguments:
        domain = lifecycle.find(state, arguments[0])
        domains = [_dom0(state) if domain["domid"] == 0 else domain]
    else:
        domains = [_dom0(state), *state.domains]
    print("Name                                ID Uptime")
    for domain in domains:
        started = -state.host["boot_uptime"] if domain["domid"] == 0 else domain["started"]
        seconds = max(int(state.data["clock"] - started), 0)
        print(f"{domain['name'] or '(null)':<33} {domain['domid']:4d} {_duration(seconds)}")


def _duration(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:2d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return clock if not days else f"{days} day{'s' if days > 1 else ''}, {clock}"


def domid(state: State, arguments: list[str]) -> None:
    name = arguments[0]
    domain = state.by_name(name)
    if domain is None and name != DOM0_NAME:
        raise Exit(1, f"Can't get domid of domain name '{name}', maybe this domain does not exist.\n")
    print(domain["domid"] if domain else 0)


def domname(state: State, arguments: list[str]) -> None:
    if not arguments[0].isdigit():
        raise Exit(1, "Invalid domain id.\n\n")
    number = int(arguments[0])
    domain = _dom0(state) if number == 0 else state.by_id(number)
    if domain is None:
        raise Exit(1, f"Can't get domain name of domain id '{number}', maybe this domain does not exist.\n")
    print(domain["name"])


def vm_list(state: State, _arguments: list[str]) -> None:
    print("UUID                                  ID    name")
    for domain in [_dom0(state), *state.domains]:
        print(f"{domain['uuid']}  {domain['domid']:<4d} {domain['name'] or '(null)':<30}")


def network_list(state: State, arguments: list[str]) -> None:
    """The header comes first, also for a domain that does not exist."""
    print("Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref BE-path                       ")
    sys.stdout.flush()
    domain = lifecycle.find(state, arguments[0])
    for nic in domain.get("config", {}).get("nics", []):
        index, number = nic["devid"], domain["domid"]
        ring = 514 * (index + 1) + 10
        path = f"/local/domain/0/backend/vif/{number}/{index}"
        vif = f"{index:<3d} {0:<2d} {nic['mac']}{index:6d} {_xenbus(domain):5d} {-1:6d}"
        print(f"{vif} {ring:5d}/{ring + 1:<11d} {path:<30}")


def block_list(state: State, arguments: list[str]) -> None:
    """Exit status 0 also for a domain that does not exist."""
    print("Vdev  BE  handle state evt-ch ring-ref BE-path                       ")
    sys.stdout.flush()
    try:
        domain = lifecycle.find(state, arguments[0])
    except Exit:
        raise Exit(0, f"{arguments[0]} is an invalid domain identifier\n") from None
    for index, disk in enumerate(domain.get("config", {}).get("disks", [])):
        vdev = devices.vdev_number(disk["vdev"])
        path = f"/local/domain/0/backend/vbd/{domain['domid']}/{vdev}"
        print(f"{vdev:<5d} {0:<3d} {1:<6d} {_xenbus(domain):<5d} {15 + index:<6d} {8 + index:<8d} {path:<30}")


def _xenbus(domain: Json) -> int:
    """A guest that has not run has not connected its devices."""
    return _INITIALISING if domain["pause_count"] and domain["cpu_time"] == 0 else _CONNECTED


def pci_list(state: State, arguments: list[str]) -> None:
    found = lifecycle.find(state, arguments[0]).get("config", {}).get("pcidevs", [])
    if found:
        print("Vdev Device")
    for pci in found:
        vdevfn = pci.get("vdevfn", 0)
        print(f"{vdevfn >> 3:02x}.{vdevfn & 7:01x} {devices.bdf(pci)}")


def pci_assignable_list(state: State, _arguments: list[str]) -> None:
    for device in state.host["pci_assignable"]:
        print(f"{device} ")
