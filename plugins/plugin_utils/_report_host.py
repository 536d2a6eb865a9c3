# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is PRIVATE to the collection. It can change at any time without notice.
"""One host of the report, out of what the modules returned; pure functions from data to data.

What a host says is made harmless here (``clean``), and believed nowhere: a host whose answer has another shape than the
modules' is a host that failed, and the others are reported all the same.
"""

from __future__ import annotations

import re
from typing import Any, Mapping

from ansible_collections.netbsd.xen.plugins.plugin_utils import _report_guests

Data = Mapping[str, Any]

# Worst first, which is also how the page sorts them.
STATUSES = ("unreachable", "failed", "error", "warning", "no xen", "ok")
# What every host is told that is no dom0 yet, and need not become one.
_BEFORE_XEN = {"packages_missing"}
_SEVERITIES = ("error", "warning", "info")
# Control characters, halves of surrogate pairs, and the marks that turn the direction of text, with which a name can
# be made to read as another one.
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def clean(value: Any) -> Any:
    """The same data of plain types, with U+FFFD for each character that would not be seen as what it is."""
    if isinstance(value, str):
        return _HARMFUL.sub("\ufffd", str(value))
    if isinstance(value, Mapping):
        return {clean(str(key)): clean(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, float)) else clean(str(value))


def host(name: str, seen: Data) -> dict[str, Any]:
    """One host, as ``hosts[]`` of the filter xen_report.

    :param seen: ``host``, ``guests``, ``plan`` and ``pci`` are the results of xen_host_info, xen_domain_info,
        xen_domains in check mode and xen_pciback; ``domains`` and ``defaults`` what is declared. All may be missing.
    """
    seen = clean(seen)
    try:
        told = _host(clean(name), seen)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        return _silent(clean(name), "failed", f"Its answer cannot be understood: {clean(repr(error))}")
    return told


def _silent(name: str, status: str, message: str) -> dict[str, Any]:
    return {
        "name": name, "status": status, "message": message, "system": None, "boot": None, "memory": None, "vcpus": None,
        "reboot": [], "guests": [], "drift": 0, "pci": [], "problems": [], "notes": [],
    }  # fmt: skip


def _host(name: str, seen: Data) -> dict[str, Any]:
    info = seen.get("host") or {}
    if info.get("unreachable"):
        return _silent(name, "unreachable", info.get("msg") or "It cannot be reached.")
    if "running" not in info:
        return _silent(name, "failed", info.get("msg") or "It was not looked at.")
    declared = _report_guests.declarations(seen.get("domains"), seen.get("defaults"))
    planned = (seen.get("plan") or {}).get("domains", [])
    guests = _report_guests.guests((seen.get("guests") or {}).get("domains", []), declared, planned)
    problems = _problems(info, seen.get("plan") or {})
    return {
        "name": name,
        "status": _status(info, problems, guests),
        "message": None,
        "system": _system(info),
        "boot": _boot(info.get("boot") or {}),
        "memory": _memory(info.get("memory") or {}, guests, declared is not None),
        "vcpus": _vcpus(info.get("cpus") or {}, guests, declared is not None),
        "reboot": list((info.get("reboot_required") or {}).get("reasons", [])),
        "guests": guests,
        "drift": sum(map(_report_guests.has_drifted, guests)),
        "pci": _pci(seen.get("pci") or {}, info.get("pciback") or []),
        "problems": problems,
        "notes": _notes(seen),
    }


def _status(info: Data, problems: list[dict[str, Any]], guests: list[dict[str, Any]]) -> str:
    found = {problem["severity"] for problem in problems}
    verdicts = {guest["verdict"] for guest in guests}
    if not info["running"]["dom0"] and not guests and {problem["id"] for problem in problems} <= _BEFORE_XEN:
        return "no xen"
    if "error" in found or "problem" in verdicts:
        return "error"
    if "warning" in found or verdicts & {"differs", "undeclared"}:
        return "warning"
    return "ok" if info["running"]["dom0"] else "no xen"


def _system(info: Data) -> dict[str, Any]:
    what, running, xen = info["host"], info["running"], info.get("xen") or {}
    return {
        "os": " ".join(str(what[key]) for key in ("system", "release", "machine") if what.get(key)),
        "firmware": what.get("firmware"),
        "dom0": bool(running["dom0"]),
        "kernel": running.get("kernel"),
        "xen": running.get("xen_version"),
        "installed": xen.get("version"),
        "toolstack": xen.get("toolstack"),
        "retired": bool(xen.get("retired")),
        "packages": dict(info.get("packages") or {}),
    }


def _boot(boot: Data) -> dict[str, Any] | None:
    """The menu, each entry with whether it runs and whether it is next; None when the host has none."""
    if not boot.get("loader"):
        return None
    entries = [
        {
            "number": each["number"],
            "name": each["name"],
            "kind": each["kind"],
            "boots": [" ".join([file, *args]) for file, args in _images(each)],
            "running": each["name"] == boot["running_entry"],
            "next": each["number"] == boot["default"],
        }
        for each in boot["entries"]
    ]
    return {"path": boot["path"], "entries": entries}


def _images(entry: Data) -> list[tuple[str, list[str]]]:
    pairs = [(entry["hypervisor"], entry["xen_args"]), (entry["kernel"], entry["kernel_args"])]
    return [(str(file), [str(word) for word in args]) for file, args in pairs if file]


def _memory(memory: Data, guests: list[dict[str, Any]], declares: bool) -> dict[str, Any] | None:
    """MiB. ``xen`` is what neither a domain has nor is free; ``declared`` is the dom0's and all that shall run."""
    total, free = memory.get("total"), memory.get("free")
    if total is None:
        return None
    dom0 = memory.get("dom0") or 0
    used = sum(guest["memory"] or 0 for guest in guests)
    rest = max(0, total - dom0 - used - free) if free is not None else 0
    return {"total": total, "dom0": dom0, "guests": used, "xen": rest, "free": free,
            "declared": dom0 + _declared(guests, "wanted_memory") if declares else None}  # fmt: skip


def _vcpus(cpus: Data, guests: list[dict[str, Any]], declares: bool) -> dict[str, Any] | None:
    """``total`` is what the machine has; more vcpus than that is not an error."""
    if cpus.get("count") is None:
        return None
    dom0 = cpus.get("dom0") or 0
    return {"total": cpus["count"], "dom0": dom0, "guests": sum(guest["vcpus"] or 0 for guest in guests),
            "declared": dom0 + _declared(guests, "wanted_vcpus", 1) if declares else None}  # fmt: skip


def _declared(guests: list[dict[str, Any]], key: str, least: int = 0) -> int:
    return sum(int(guest[key] or least) for guest in guests if guest["shall_run"])


def _pci(result: Data, hidden: list[Data]) -> list[dict[str, Any]]:
    """The functions that are hidden or given away; only the hidden ones when xen_pciback could not look."""
    if "devices" not in result:
        return [
            {"bdf": each["bdf"], "what": _ids(each), "driver": None, "hidden": True, "next_boot": None, "domains": []}
            for each in hidden
        ]
    return [
        {
            "bdf": each["bdf"],
            "what": each.get("description") or " ".join(filter(None, (each.get("class_name"), _ids(each)))),
            "driver": each.get("driver"),
            "hidden": each["hidden"],
            "next_boot": each["next_boot"],
            "domains": [{"name": one["domain"], "running": bool(one["running"])} for one in each["domains"]],
        }
        for each in result["devices"]
    ]


def _ids(device: Data) -> str:
    """``8086:10d3``, as people look them up."""
    parts = [str(device[key])[2:] for key in ("vendor", "product") if device.get(key)]
    return ":".join(parts)


def _problems(info: Data, plan: Data) -> list[dict[str, Any]]:
    keys = ("id", "severity", "what", "why", "cure")
    found = [{key: each[key] for key in keys} for each in info.get("problems", [])]
    if info["running"]["dom0"] and plan.get("msg") and "domains" not in plan:
        # as when the host has not the memory for all of them
        found.append({"id": plan.get("error_id") or "plan_failed", "severity": "error", "what": plan["msg"],
                      "why": "The guests cannot be brought to what is declared.", "cure": None})  # fmt: skip
    return sorted(found, key=lambda each: _SEVERITIES.index(each["severity"]))


def _notes(seen: Data) -> list[str]:
    """What could not be seen, and why."""
    notes = list(seen["host"].get("warnings", []))
    for part, key, what in (("guests", "domains", "Guests"), ("pci", "devices", "PCI devices")):
        result = seen.get(part) or {}
        notes += result.get("warnings", [])
        if key not in result and result.get("msg"):
            notes.append(f"{what}: {result['msg']}")
    return list(dict.fromkeys(notes))
