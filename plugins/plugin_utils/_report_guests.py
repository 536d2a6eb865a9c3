# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is PRIVATE to the collection. It can change at any time without notice.
"""One guest of the report: what is declared of it, what its config file says and what runs, put side by side.

The inputs are return values: ``domains`` of xen_domain_info and of xen_domains in check mode, and the task's own list.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.core._values import memory_mib

MISSING = "missing"
# Which states are what a declaration asks for; ``present`` is content with any but none.
_FULFILLED = {
    "running": ("running",),
    "restarted": ("running",),
    "paused": ("paused",),
    "stopped": ("stopped",),
    "saved": ("saved",),
    "absent": (MISSING,),
}
# The states in which a guest has memory and vcpus, so that its declaration counts for the host.
_TAKES_MEMORY = ("running", "restarted", "paused")

Data = Mapping[str, Any]


def declarations(domains: Sequence[Data] | None, defaults: Data | None) -> dict[str, dict[str, Any]] | None:
    """The declared guests by name, with the defaults in; None when this host declares nothing.

    A playbook's own default of ``state`` is ``running``, as in playbooks/domains.yml.
    """
    if domains is None:
        return None
    return {str(each["name"]): {"state": "running", **(defaults or {}), **each} for each in domains}


def guests(info: Sequence[Data], declared: dict[str, dict[str, Any]] | None, planned: Sequence[Data]) -> list[Any]:
    """All guests that a host has, or shall have, by name.

    :param info: ``domains`` of xen_domain_info.
    :param planned: ``domains`` of xen_domains in check mode; empty when nothing was planned.
    """
    known = {str(each["name"]): each for each in info}
    plans = {str(each["name"]): each for each in planned}
    names = sorted({*known, *(declared or {})})
    return [_guest(name, known.get(name, {}), declared, plans.get(name, {})) for name in names]


def _guest(name: str, known: Data, declared: dict[str, dict[str, Any]] | None, plan: Data) -> dict[str, Any]:
    wish = (declared or {}).get(name)
    state = known.get("state", MISSING)
    properties, live = known.get("properties") or {}, known.get("live") or {}
    wanted = wish["state"] if wish else None
    guest = {
        "name": name,
        "state": state,
        "wanted": wanted,
        "declared": None if declared is None else wish is not None,
        "type": live.get("type") or properties.get("type"),
        "memory": known.get("memory"),
        "vcpus": known.get("vcpus"),
        "wanted_memory": _mib((wish or {}).get("memory")) or properties.get("memory"),
        "wanted_vcpus": (wish or {}).get("vcpus") or properties.get("vcpus"),
        "shall_run": wanted in _TAKES_MEMORY,
        "autostart": known.get("autostart"),
        "crashes": known.get("crashes") or 0,
        # of one that is not there, everything would differ
        "differences": _state_difference(state, wanted) + (_differences(known, plan) if known else []),
        "actions": list(plan.get("actions", [])),
        "problems": list(known.get("problems", [])) + ([plan["msg"]] if plan.get("failed") else []),
    }
    return {**guest, "verdict": _verdict(guest)}


def _mib(value: Any) -> int | None:
    """A declared amount of memory; None for what is none, which the plan tells of."""
    try:
        return None if value is None else int(memory_mib("memory", value))
    except BadValue:
        return None


def _state_difference(state: str, wanted: str | None) -> list[dict[str, Any]]:
    if wanted is None or (wanted == "present" and state != MISSING) or state in _FULFILLED.get(wanted, ()):
        return []
    return [{"option": "state", "now": state, "wanted": wanted, "needs": None}]


def _differences(known: Data, plan: Data) -> list[dict[str, Any]]:
    """Of the plan, when the guest is declared; else the running guest against its file, which it starts from next."""
    if plan:
        return [_of_plan(each) for each in plan.get("differences", [])]
    return [
        {"option": each["option"], "now": each["live"], "wanted": each["on_disk"], "needs": each["needs"]}
        for each in known.get("drift", [])
    ]


def _of_plan(item: Data) -> dict[str, Any]:
    if item["needs"] == "unmanaged":
        # nothing that the task declares: the file is what the next start brings
        return {"option": item["option"], "now": item["live"], "wanted": item["on_disk"], "needs": "unmanaged"}
    # where only the file has to change, the guest runs as it shall
    in_file = item["needs"] == "config" or item["live"] is None
    now = item["on_disk"] if in_file else item["live"]
    return {"option": item["option"], "now": now, "wanted": item["wanted"], "needs": item["needs"]}


def has_drifted(guest: Data) -> bool:
    """Whether it is not as declared, or not declared at all where others are."""
    return bool(guest["differences"] or guest["actions"] or guest["verdict"] == "undeclared")


def _verdict(guest: Data) -> str:
    """One word for all of it, the worst first."""
    if guest["problems"] or guest["state"] == "crashed":
        return "problem"
    if guest["declared"] is False:
        return "undeclared"
    if guest["differences"] or guest["actions"]:
        return "differs"
    return "as declared" if guest["declared"] else "as its file"
