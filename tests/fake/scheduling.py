# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where and how much vcpus run: vcpu-list, vcpu-pin, sched-credit2 and sched-credit; and config-update."""

from __future__ import annotations

import sys
from typing import Any

from ansible_collections.netbsd.xen.tests.fake.exits import Exit, libxl_failed
from ansible_collections.netbsd.xen.tests.fake.lifecycle import find_guest
from ansible_collections.netbsd.xen.tests.fake.state import State

Json = dict[str, Any]


def vcpu_list(state: State, arguments: list[str]) -> None:
    """`xl vcpu-list [DOMAIN...]`; without a name, dom0 is left out here."""
    print("Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)")
    domains = [find_guest(state, name) for name in arguments] if arguments else state.domains
    for domain in domains:
        name = domain["name"] or "(null)"
        for vcpu in range(domain["config"]["b_info"].get("max_vcpus", 1)):
            online = vcpu < domain["vcpus_online"]
            cpu, flags = (str(vcpu % state.host["nr_cpus"]), "-b-") if online else ("-", "--p")
            row = f"{name:<32} {domain['domid']:5d} {vcpu:5d} {cpu:>4}   {flags} {domain['cpu_time']:9.1f}"
            print(f"{row}  {_affinity(state, domain, vcpu)} / all")


def _affinity(state: State, domain: Json, vcpu: int) -> str:
    """As xl prints a map of CPUs: ranges, and one word for all of them."""
    cpus = _pinned(domain, vcpu)
    if cpus is None or cpus >= set(range(state.host["nr_cpus"])):
        return "all"
    runs: list[list[int]] = []
    for cpu in sorted(cpus):
        if runs and cpu == runs[-1][-1] + 1:
            runs[-1].append(cpu)
        else:
            runs.append([cpu])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _pinned(domain: Json, vcpu: int) -> set[int] | None:
    """What was pinned last, or at the start; libxl's configuration keeps only the latter."""
    if str(vcpu) in domain.get("pins", {}):
        return set(domain["pins"][str(vcpu)])
    started = domain["config"]["b_info"].get("vcpu_hard_affinity", [])
    return set(started[vcpu]) if vcpu < len(started) and started[vcpu] else None


def vcpu_pin(state: State, arguments: list[str]) -> None:
    """`xl vcpu-pin DOMAIN VCPU|all CPUS`"""
    domain, which, cpus = find_guest(state, arguments[0]), arguments[1], _cpus(state, arguments[2])
    if not cpus:
        raise Exit(1, "vcpu hard affinity map is empty\n")
    maximum = domain["config"]["b_info"].get("max_vcpus", 1)
    vcpus = range(maximum) if which == "all" else [int(which)]
    if vcpus[0] >= maximum:
        failed = libxl_failed(
            1, f"libxl_sched.c:62:libxl__set_vcpuaffinity: Domain {domain['domid']}:Setting vcpu affinity: "
            "Invalid argument"
        )  # fmt: skip
        raise Exit(1, failed.stderr + f"Could not set affinity for vcpu `{which}'.\n")
    domain.setdefault("pins", {}).update({str(vcpu): sorted(cpus) for vcpu in vcpus})


def _cpus(state: State, text: str) -> set[int]:
    everywhere = set(range(state.host["nr_cpus"]))
    if text == "all":
        return everywhere
    chosen: set[int] = set()
    for part in text.split(","):
        first, _dash, last = part.lstrip("^").partition("-")
        members = set(range(int(first), int(last or first) + 1))
        chosen = chosen - members if part.startswith("^") else chosen | members
    return chosen & everywhere


def sched_credit2(state: State, arguments: list[str]) -> None:
    _sched(state, arguments, "credit2")


def sched_credit(state: State, arguments: list[str]) -> None:
    _sched(state, arguments, "credit")


def _sched(state: State, arguments: list[str], scheduler: str) -> None:
    """`xl sched-credit2 -d DOMAIN [-w WEIGHT] [-c CAP]`: without values it tells those of the domain."""
    given = dict(zip(arguments[::2], arguments[1::2], strict=False))
    domain = find_guest(state, given.get("-d", ""))
    params = domain["config"]["b_info"]["sched_params"]
    if params["sched"] != scheduler:
        raise libxl_failed(1, f"libxl_sched.c:595:sched_{scheduler}_domain_set: Getting domain sched {scheduler}")
    if "-w" not in given and "-c" not in given:
        print("Name                                ID Weight  Cap")
        print(f"{domain['name']:<33} {domain['domid']:4d} {params['weight']:6d} {params['cap']:4d}")
        return
    params.update(weight=int(given.get("-w", params["weight"])), cap=int(given.get("-c", params["cap"])))


def config_update(state: State, arguments: list[str]) -> None:
    """`xl config-update DOMAIN FILE`: kept for the guest's next reboot; what libxl tells of it is as before."""
    sys.stderr.write(
        "WARNING: xl now has better capability to manage domain configuration, avoid using this command when possible\n"
    )
    domain = find_guest(state, arguments[0])
    with open(arguments[1], encoding="utf-8") as stream:
        domain["updated"] = stream.read()
    sys.stderr.write(f"setting dom{domain['domid']} configuration\n")
