# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small fleet, as the modules would tell it: what the tests of the report take for the hosts' answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.netbsd.xen.plugins.plugin_utils import _report_fleet, _report_host

TEMPLATES = str(Path(__file__).resolve().parents[3] / "roles" / "xen_report" / "templates")
TIME = "2026-11-23 02:00 UTC"


def entry(number: int, name: str, kind: str, hypervisor: str | None, kernel: str, *xen_args: str) -> dict[str, Any]:
    return {
        "number": number, "name": name, "line": number, "kind": kind, "commands": [], "hypervisor": hypervisor,
        "xen_args": list(xen_args), "kernel": kernel, "kernel_args": ["console=pc"] if hypervisor else [],
    }  # fmt: skip


def machine(**more: Any) -> dict[str, Any]:
    """The result of xen_host_info on a dom0 without a problem."""
    result = {
        "changed": False,
        "host": {"system": "NetBSD", "release": "10.1", "machine": "amd64", "hostname": "xen1", "firmware": "bios"},
        "running": {"hypervisor": "xen", "dom0": True, "xen_version": "4.20.1", "kernel": "XEN3_DOM0",
                    "commandline": "dom0_mem=1024M", "domains": ["db", "web"]},
        "xen": {"version": "4.20", "toolstack": "xl", "retired": False},
        "packages": {"xenkernel420": "20260317", "xentools420": "20260317"},
        "memory": {"total": 16384, "free": 9000, "dom0": 1024},
        "cpus": {"count": 8, "dom0": 1, "model": None},
        "boot": {
            "loader": "boot.cfg", "path": "/boot.cfg", "default": 1, "running_entry": "Xen 4.20",
            "next_entry": "Xen 4.20", "files": [],
            "entries": [
                entry(1, "Xen 4.20", "xen", "/xen420.gz", "/netbsd-XEN3_DOM0.gz", "dom0_mem=1024M"),
                entry(2, "Xen 4.18", "xen", "/xen418.gz", "/netbsd-XEN3_DOM0.gz", "dom0_mem=1024M"),
                entry(3, "Boot normally", "native", None, "netbsd"),
            ],
        },
        "reboot_required": {"required": False, "reasons": []},
        "pciback": [{"bdf": "0000:03:00.0", "vendor": "0x8086", "product": "0x10d3"}],
        "problems": [],
    }  # fmt: skip
    return {**result, **more}


def guest(name: str, state: str = "running", memory: int = 512, **more: Any) -> dict[str, Any]:
    """An entry of ``domains`` of xen_domain_info."""
    runs = state in ("running", "paused", "crashed")
    result = {
        "name": name, "state": state, "domid": 1 if runs else None, "memory": memory if runs else None,
        "vcpus": 1 if runs else None, "crashes": 0 if runs else None, "config": f"/usr/pkg/etc/xen/{name}",
        "properties": {"type": "pv", "memory": memory, "vcpus": 1}, "live": {"type": "pv"} if runs else {},
        "drift": [], "problems": [], "autostart": True, "autostart_order": None,
    }  # fmt: skip
    return {**result, **more}


def planned(name: str, *differences: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An entry of ``domains`` of xen_domains in check mode."""
    result = {"name": name, "declared": True, "changed": bool(differences), "actions": [], "differences": [],
              "state": "running", "failed": False, "skipped": False}  # fmt: skip
    return {**result, "differences": list(differences), **more}


def difference(option: str, live: Any, wanted: Any, needs: str) -> dict[str, Any]:
    return {"option": option, "live": live, "on_disk": live, "wanted": wanted, "needs": needs, "commands": []}


PROBLEM = {
    "id": "bridge_without_member", "number": 15, "severity": "warning",
    "what": "bridge0 has no interface of the host in it.",
    "why": "Guests on it reach each other and nothing else.",
    "cure": "Add an interface: `!brconfig bridge0 add wm0` in /etc/ifconfig.bridge0.",
}  # fmt: skip
FATAL = {
    "id": "command_too_long", "number": 1, "severity": "error",
    "what": "/boot.cfg, line 2: the command `load /netbsd-XEN3_DOM0.gz console=pc "
            "pciback.hide=(03:00.0)(03:00.1)(04:00.0)` has 84 characters.",
    "why": "The boot loader takes 79 and cuts the rest off.",
    "cure": "Shorten it, for example with a shorter name of the kernel.",
}  # fmt: skip


def seen() -> dict[str, dict[str, Any]]:
    """By host: what the role would have seen."""
    db, web = {"name": "db", "memory": "4G"}, {"name": "web", "memory": 768, "vcpus": 2}
    plain = machine()
    xen1 = {
        "host": machine(problems=[PROBLEM]),
        "guests": {"domains": [guest("db", memory=4096), guest("web", crashes=2), guest("scratch", "paused", 256)]},
        "plan": {"domains": [planned("db"), planned("web", difference("memory", 512, 768, "live"),
                                                    difference("vcpus", 1, 2, "restart"))]},
        "pci": {"devices": [
            {"bdf": "0000:03:00.0", "next_boot": True, "hidden": True, "assignable": False, "vendor": "0x8086",
             "product": "0x10d3", "class_name": "Ethernet controller", "driver": "pciback0", "description": None,
             "domains": [{"domain": "web", "config": None, "in_config": True, "running": True}]},
            {"bdf": "0000:04:00.0", "next_boot": True, "hidden": False, "assignable": False, "vendor": "0x1b21",
             "product": "0x1142", "class_name": "USB controller", "driver": "xhci0", "description": None,
             "domains": []},
        ]},
        "domains": [db, web],
    }  # fmt: skip
    xen2 = {
        "host": machine(
            host={**plain["host"], "release": "9.4"}, running={**plain["running"], "xen_version": "4.11.4"},
            xen={"version": "4.11", "toolstack": "xl", "retired": True}, problems=[PROBLEM, FATAL],
            memory={"total": 8192, "free": 900, "dom0": 512}, cpus={"count": 4, "dom0": 1, "model": None},
            boot={**plain["boot"], "default": 2, "next_entry": "Xen 4.18"},
            reboot_required={"required": True, "reasons": ["The next boot is Xen 4.18, and Xen 4.11 runs."]},
        ),
        "guests": {"domains": [guest("mail", memory=4096), guest("build", "crashed", 2048), guest("old", "stopped")]},
        "plan": {"domains": [planned("mail"), planned("build", actions=["xl create /usr/pkg/etc/xen/build"]),
                             planned("ci", actions=["write /usr/pkg/etc/xen/ci"], state=None)]},
        "domains": [{"name": "mail", "memory": 4096}, {"name": "build", "memory": 2048},
                    {"name": "ci", "memory": "4G", "vcpus": 4}, {"name": "old", "state": "stopped"}],
    }  # fmt: skip
    xen3 = {
        "host": machine(
            running={"hypervisor": None, "dom0": False, "xen_version": None, "kernel": "GENERIC", "commandline": None,
                     "domains": None},
            xen=None, packages={}, memory={"total": 4096, "free": None, "dom0": None}, pciback=[],
            cpus={"count": 2, "dom0": None, "model": None},
            boot={**plain["boot"], "default": 1, "running_entry": "Boot normally",
                  "entries": [entry(1, "Boot normally", "native", None, "netbsd")]},
        ),
    }  # fmt: skip
    return {
        "xen1.example.org": xen1,
        "xen2.example.org": xen2,
        "xen3.example.org": xen3,
        "xen10.example.org": {"host": {"unreachable": True, "changed": False,
                                       "msg": "ssh: connect to host xen10.example.org port 22: No route to host"}},
    }  # fmt: skip


def fleet() -> dict[str, Any]:
    hosts = [_report_host.host(name, answers) for name, answers in seen().items()]
    return _report_fleet.fleet(hosts, [], "Xen hosts", TIME)
