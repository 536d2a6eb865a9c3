# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be changed while a domain runs: mem-set, mem-max, vcpu-set, rename."""

from __future__ import annotations

import re

from ansible_collections.netbsd.xen.tests.fake.exits import Exit, libxl_failed
from ansible_collections.netbsd.xen.tests.fake.lifecycle import find_guest
from ansible_collections.netbsd.xen.tests.fake.state import DOM0_NAME, State

_KIB_PER = {"b": 1 / 1024, "k": 1, "m": 1024, "g": 1024**2, "t": 1024**3}


def mem_set(state: State, arguments: list[str]) -> None:
    """`xl mem-set DOMAIN MEM`: the guest's balloon follows at once, as far as the host has memory."""
    domain, kib = find_guest(state, arguments[0]), _kib(arguments[1])
    b_info = domain["config"]["b_info"]
    if kib > b_info["max_memkb"]:
        failed = libxl_failed(
            1,
            f"libxl_mem.c:278:libxl_set_memory_target: Domain {domain['domid']}:memory_dynamic_max must be less than "
            "or equal to memory_static_max",
        )
        raise Exit(1, failed.stderr + f"\ncannot set domid {domain['domid']} dynamic max memory to : {arguments[1]}\n")
    b_info["target_memkb"] = kib
    if not state.guest(domain["name"])["keeps_memory"]:
        domain["memory_kib"] = min(kib, domain["memory_kib"] + max(state.free_mib, 0) * 1024)


def mem_max(state: State, arguments: list[str]) -> None:
    """`xl mem-max DOMAIN MEM`: never below what the domain may use now."""
    domain, kib = find_guest(state, arguments[0]), _kib(arguments[1])
    b_info = domain["config"]["b_info"]
    if kib < b_info["target_memkb"]:
        failed = libxl_failed(
            1,
            f"libxl_mem.c:59:libxl_domain_setmaxmem: Domain {domain['domid']}:memory_static_max must be greater than "
            "or or equal to memory_dynamic_max: Success",
        )
        raise Exit(1, failed.stderr + f"cannot set domid {domain['domid']} static max memory to : {arguments[1]}\n")
    b_info["max_memkb"] = kib


def _kib(text: str) -> int:
    match = re.fullmatch(r"(\d+)([bkmgtBKMGT]?)", text)
    if not match:
        raise Exit(1, f"invalid memory size: {text}\n")
    return int(int(match.group(1)) * _KIB_PER[(match.group(2) or "m").lower()])


def vcpu_set(state: State, arguments: list[str]) -> None:
    """`xl vcpu-set [--ignore-host] DOMAIN COUNT`"""
    plain = [argument for argument in arguments if not argument.startswith("-")]
    domain = find_guest(state, plain[0])
    if not plain[1].isdigit():
        raise Exit(1, "Error: Invalid argument.\n")
    count, maximum, cpus = int(plain[1]), domain["config"]["b_info"]["max_vcpus"], state.host["nr_cpus"]
    if count > cpus and "--ignore-host" not in arguments:
        raise Exit(
            1,
            f"You are overcommmitting! You have {cpus} physical CPUs and want {count} vCPUs! Aborting, use "
            "--ignore-host to continue\n",
        )
    if not 0 < count <= maximum:
        number, line = domain["domid"], 1869 if count else 1863
        which = f", however maxcpus is {maximum}!" if count else "!"
        failed = libxl_failed(
            1,
            f"libxl_domain.c:{line}:libxl_set_vcpuonline: Domain {number}:Requested {count} VCPUs{which}: "
            "Function not implemented",
        )
        raise Exit(1, failed.stderr + f"libxl_set_vcpuonline failed domid={number} max_vcpus={count}, rc: -3\n")
    domain["config"]["b_info"]["avail_vcpus"] = list(range(count))
    domain["vcpus_online"] = count


def rename(state: State, arguments: list[str]) -> None:
    """`xl rename DOMAIN NAME`; a domain may be renamed to its own name."""
    domain, name = find_guest(state, arguments[0]), arguments[1]
    other = state.by_name(name)
    if (other and other is not domain) or name == DOM0_NAME:
        failed = libxl_failed(
            1,
            f"libxl_domain.c:81:libxl__domain_rename: Domain {domain['domid']}:"
            f'Domain with name "{name}" already exists.',
        )
        raise Exit(1, failed.stderr + f"Can't rename domain '{arguments[0]}'.\n")
    domain["name"] = domain["config"]["c_info"]["name"] = name
