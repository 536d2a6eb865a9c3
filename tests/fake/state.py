# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake host: what Xen, xenstored and the guests know, kept in one JSON file between calls.

Memory is in KiB where a name ends in ``_kib`` and in MiB where it ends in ``_mib``; time is in seconds.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from typing import Any

DOM0_NAME = "Domain-0"

# The host of the captures. `overhead_mib` is what Xen itself takes of the machine's memory.
DEFAULT_HOST: dict[str, Any] = {
    "hostname": "xen1",
    "nr_cpus": 4,
    "xen_minor": 17,
    "total_mib": 8191,
    "overhead_mib": 84,
    "dom0_mib": 512,
    "dom0_cpu_time": 14.2,
    "boot_uptime": 24,
    "hap": True,  # nested paging, without which libxl makes no HVM or PVH guest
    "shadow_paging": False,  # without it, PV guests are not copied while they run; Debian's Xen has none
    "qemu": True,  # a device model, for HVM guests, framebuffers and disks that are not raw
    "bridges": ["xenbr0"],
    "log_dir": "",  # where xl and xenconsoled write their logs; nowhere, unless a test wants to read them
    "pci_assignable": [],
    # What a guest kernel needs, in pages of 4 KiB: its segments, and the room that the PV builder leaves below them.
    "kernel_pages": 0x2E00,
    "padding_pages": 0x1000,
    "commandline": "dom0_mem=512M,max:512M dom0_max_vcpus=1 dom0_vcpus_pin com1=115200 console=com1 bootscrub=0 "
    "loglvl=all guest_loglvl=all",
}

# How a guest behaves, by the name of its domain; what a test does not say is taken from here.
DEFAULT_GUEST: dict[str, Any] = {
    "ignores_shutdown": False,  # acknowledges the request, and stays
    "ignores_suspend": False,  # `xl save` fails after its timeout
    "crashes_at_start": False,
    "console": "",  # what it says on its console when it starts
    "tty": "",  # the terminal of its console, if there is somebody behind it
    "takes_sysrq": True,
    "busy_disks": [],  # vdevs that the guest does not give away
    "keeps_memory": False,  # its balloon does not move
    "shutdown_polls": 1,  # calls of `xl list` that still see the guest running after the request
    "shutdown_linger": 0,  # then: calls that see it shut down (---s--) but not yet destroyed
    "zombie_polls": 0,  # then: calls that see it dying, as "(null)"
    "restart_gap": 1,  # calls without the domain between a reboot's end and its start
    "cpu_time": 1.0,
}


class State:
    """The JSON file as an object: `host`, `domains`, `guests`, `faults`, `pending`, `next_domid`, `clock`."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    @classmethod
    def fresh(cls, **host: Any) -> State:
        """A host that has just booted: dom0 only."""
        unknown = set(host) - set(DEFAULT_HOST)
        if unknown:
            raise ValueError(f"unknown properties of the fake host: {sorted(unknown)}")
        merged = json.loads(json.dumps(DEFAULT_HOST))
        merged.update(host)
        return cls(
            {
                "host": merged,
                "domains": [],
                "restarting": [],
                "guests": {},
                "faults": [],
                "next_domid": 1,
                "clock": 0,
            }
        )

    @property
    def host(self) -> dict[str, Any]:
        return self.data["host"]

    @property
    def domains(self) -> list[dict[str, Any]]:
        """Guests in order of their ids; dom0 is not among them."""
        return self.data["domains"]

    def guest(self, name: str) -> dict[str, Any]:
        """How the guest of that name behaves."""
        return {**DEFAULT_GUEST, **self.data["guests"].get(name, {})}

    def take_domid(self) -> int:
        """The next id: Xen counts on even when a creation fails."""
        domid = self.data["next_domid"]
        self.data["next_domid"] = domid + 1
        return domid

    def by_name(self, name: str) -> dict[str, Any] | None:
        return next((dom for dom in self.domains if dom["name"] == name), None)

    def by_id(self, domid: int) -> dict[str, Any] | None:
        return next((dom for dom in self.domains if dom["domid"] == domid), None)

    def remove(self, domain: dict[str, Any]) -> None:
        self.data["domains"] = [dom for dom in self.domains if dom is not domain]

    @property
    def free_mib(self) -> int:
        """What `xl info` calls free_memory."""
        used = sum(dom["memory_kib"] for dom in self.domains) // 1024
        return self.host["total_mib"] - self.host["overhead_mib"] - self.host["dom0_mib"] - used

    def take_fault(self, name: str, command: str) -> dict[str, Any] | None:
        """The first armed fault of that name that is meant for the command; counts it down."""
        for fault in self.data["faults"]:
            if fault["name"] != name or fault.get("command") not in (None, command):
                continue
            if fault.get("times") is not None:
                fault["times"] -= 1
                if fault["times"] <= 0:
                    self.data["faults"].remove(fault)
            return fault
        return None


def read(path: str) -> State:
    with open(path, encoding="utf-8") as stream:
        return State(json.load(stream))


def write(path: str, state: State) -> None:
    temporary = f"{path}.{os.getpid()}.tmp"
    with open(temporary, "w", encoding="utf-8") as stream:
        json.dump(state.data, stream, indent=1)
    os.replace(temporary, path)


@contextlib.contextmanager
def locked(path: str) -> Iterator[State]:
    """The state for reading and writing; calls that run side by side wait for each other. Saved also on SystemExit."""
    with open(path + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = read(path)
        try:
            yield state
        finally:
            write(path, state)
