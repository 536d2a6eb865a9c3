# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How domains end, pause and come back: shutdown, reboot, destroy, pause, unpause, and the passing of time.

Time passes by polls: each `xl list` prints what is there and then lets every ending go one step on, so that a module
that waits sees what it would see on a real host, however fast the machine is. A guest that has been asked to end runs
on for `shutdown_polls`, is shut down for `shutdown_linger`, then meets its on_poweroff, on_reboot or on_crash action.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from ansible_collections.netbsd.xen.tests.fake import logs, options
from ansible_collections.netbsd.xen.tests.fake.exits import Exit, libxl_failed
from ansible_collections.netbsd.xen.tests.fake.state import DOM0_NAME, State

Json = dict[str, Any]
REASON_CODES = {"poweroff": 0, "reboot": 1, "suspend": 2, "crash": 3}
_ACTION_OF = {"poweroff": "on_poweroff", "reboot": "on_reboot", "crash": "on_crash"}
_VERBS = {"poweroff": ("shutdown", "Shutting down"), "reboot": ("reboot", "Rebooting")}
_DOM0: Json = {"domid": 0, "name": DOM0_NAME, "shutdown_reason": None, "pause_count": 0}


class WaitsForEver(Exception):
    """xl would never come back: the program sleeps until somebody ends it."""


def find(state: State, identifier: str) -> Json:
    """The domain of that name or id. xl takes anything made of digits for an id, whatever the names are."""
    if identifier.isdigit():
        domain = _DOM0 if int(identifier) == 0 else state.by_id(int(identifier))
    else:
        domain = _DOM0 if identifier == DOM0_NAME else state.by_name(identifier)
    if domain is None:
        raise Exit(1, f"{identifier} is an invalid domain identifier (rc=-6)\n")
    return domain


def find_guest(state: State, identifier: str) -> Json:
    """Like `find`, for what no test may do to the host's own domain."""
    domain = find(state, identifier)
    if domain is _DOM0:
        raise AssertionError("this would end or freeze the host itself")
    return domain


def shutdown(state: State, arguments: list[str], reason: str = "poweroff") -> None:
    """`xl shutdown|reboot [-w] [-F] DOMAIN | -a`: ask, and wait only with -w."""
    verb, participle = _VERBS[reason]
    given, rest = options.split(arguments, "awF", ("all", "wait"))
    if "a" not in given and not rest:
        raise Exit(1, "You must specify -a or a domain id.\n\n")
    domains = list(state.domains) if "a" in given else [find_guest(state, rest[0])]
    for domain in domains:
        sys.stderr.write(f"{participle} domain {domain['domid']}\n")
        if domain["pause_count"] or domain["shutdown_reason"] or domain["dying"]:
            failed = libxl_failed(1, "libxl_domain.c:854:pvcontrol_cb: guest didn't acknowledge control request: -9")
            raise Exit(1, failed.stderr + f"{verb} failed (rc=-9)\n")
        _request(state, domain, reason)
    if "w" in given:
        _wait(state, [domain["domid"] for domain in domains])


def reboot(state: State, arguments: list[str]) -> None:
    shutdown(state, arguments, "reboot")


def destroy(state: State, arguments: list[str]) -> None:
    """`xl destroy [-f] DOMAIN`"""
    names = [argument for argument in arguments if argument != "-f"]
    domain = find(state, names[0])
    if domain is _DOM0:
        raise Exit(
            1,
            "Not destroying domain 0; use -f to force.\n"
            "This can only be done when using a disaggregated hardware domain and toolstack.\n\n",
        )
    logs.destroyed(state, domain)
    _start_dying(state, domain)
    _settle(state, domain)


def pause(state: State, arguments: list[str]) -> None:
    """Xen counts: a domain that was paused twice must be unpaused twice."""
    find_guest(state, arguments[0])["pause_count"] += 1


def unpause(state: State, arguments: list[str]) -> None:
    """Exit status 0 also for a domain that was not paused, with a complaint."""
    domain = find_guest(state, arguments[0])
    if domain["pause_count"]:
        domain["pause_count"] -= 1
        return
    sys.stderr.write(
        f"libxl: error: libxl_domain.c:688:domain_unpause_done: Domain {domain['domid']}:"
        "Unpausing domain: Invalid argument\n"
    )


def end_domain(state: State, domain: Json, reason: str) -> None:
    """The guest has ended by itself, now."""
    domain["ending"] = {"reason": reason, "stage": "running", "polls": 0}
    _settle(state, domain)


def poll(state: State) -> None:
    """One `xl list` has been printed: everything that is under way goes one step on."""
    for entry in list(state.data["restarting"]):
        entry["polls"] -= 1
        if entry["polls"] <= 0:
            state.data["restarting"].remove(entry)
            _restart(state, entry["domain"])
    for domain in list(state.domains):
        if domain.get("ending"):
            domain["ending"]["polls"] -= 1
            _settle(state, domain)


def _request(state: State, domain: Json, reason: str) -> None:
    guest = state.guest(domain["name"])
    if guest["ignores_shutdown"] or domain.get("ending"):
        return
    domain["ending"] = {"reason": reason, "stage": "running", "polls": guest["shutdown_polls"]}
    _settle(state, domain)


def _settle(state: State, domain: Json) -> None:
    """Take every step of the ending that is due."""
    while domain.get("ending") and domain["ending"]["polls"] <= 0:
        stage, reason = domain["ending"]["stage"], domain["ending"]["reason"]
        if stage == "running":
            domain["shutdown_reason"] = reason
            linger = state.guest(domain["name"])["shutdown_linger"]
            domain["ending"] = {"reason": reason, "stage": "shutdown", "polls": linger}
        elif stage == "shutdown":
            _act(state, domain, reason)
        else:
            state.remove(domain)
            domain["ending"] = None


def _act(state: State, domain: Json, reason: str) -> None:
    """What the domain's own xl process does when it sees the end: the on_... action."""
    action = domain["config"].get(_ACTION_OF[reason], "destroy")
    fresh = json.loads(json.dumps(domain))
    gap = state.guest(domain["name"])["restart_gap"]
    logs.ended(state, domain, reason, action)
    if action == "preserve":
        domain["ending"] = None
        return
    if action == "rename_restart":
        domain["ending"] = None
        domain["name"] = domain["config"]["c_info"]["name"] = f"{domain['name']}-1"
    else:
        _start_dying(state, domain)
    if action in ("restart", "rename_restart", "coredump_restart", "soft_reset"):
        if gap:
            state.data["restarting"].append({"polls": gap, "domain": fresh})
        else:
            _restart(state, fresh)


def _start_dying(state: State, domain: Json) -> None:
    """From here on the domain has no name: xl shows "(null)" while pages of it are still held."""
    polls = state.guest(domain["name"])["zombie_polls"] if domain["name"] is not None else 0
    domain.update(name=None, dying=True, memory_kib=0, pause_count=1)
    domain["ending"] = {"reason": None, "stage": "dying", "polls": polls}


def _restart(state: State, domain: Json) -> None:
    """The same configuration under a new id."""
    domain.update(
        domid=state.take_domid(), shutdown_reason=None, dying=False, pause_count=0, ending=None,
        memory_kib=domain["config"]["b_info"]["target_memkb"], started=state.data["clock"],
    )  # fmt: skip
    state.domains.append(domain)
    logs.began(state, domain)
    if state.guest(domain["name"])["crashes_at_start"]:
        end_domain(state, domain, "crash")


def _wait(state: State, domids: list[int]) -> None:
    """-w: until each of them has shut down or is gone."""
    sys.stderr.write(f"Waiting for {len(domids)} domains\n")
    for domid in domids:
        while (domain := state.by_id(domid)) and not domain["shutdown_reason"] and not domain["dying"]:
            if not domain.get("ending"):
                raise WaitsForEver
            code = REASON_CODES[domain["ending"]["reason"]]
            poll(state)
        sys.stderr.write(f"Domain {domid} has been shut down, reason code {code}\n")
