# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The result of a task on many domains: one entry for each, and all of them together."""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domains._domains_spec import Element

# Of the result of one domain, what its entry takes over as it is.
_FIELDS = ("changed", "actions", "differences", "restart_required", "backup_file")


class Outcome(NamedTuple):
    """How it ended for one domain: with a result as of xen_domain, or with an error.

    :param skipped: nothing was tried, because of another domain.
    """

    result: dict[str, Any] | None = None
    error: XenError | None = None
    skipped: bool = False


def report(
    elements: Sequence[Element],
    outcomes: Mapping[str, Outcome],
    state_of: Callable[[str], str | None],
    undeclared: Sequence[str] | None,
    warnings: Sequence[str],
) -> dict[str, Any]:
    """The task's result.

    :param elements: in the order of the list, in which they are told.
    :param outcomes: in the order of work, in which the actions are.
    :param state_of: what a domain that failed is in Xen now.
    :param undeclared: names of those that are there and not declared; None when they were not looked for.
    :raises XenError: some of them failed; all that is returned is in its details.
    """
    entries = {element.name: _entry(element, outcomes[element.name], state_of) for element in elements}
    told: dict[str, Any] = {
        "changed": any(entry["changed"] for entry in entries.values()),
        "actions": [action for name in outcomes for action in entries[name]["actions"]],
        "domains": list(entries.values()),
        "diff": [part for name, outcome in outcomes.items() for part in _diff(name, outcome)],
        "warnings": [*dict.fromkeys([*warnings, *_warnings(elements, outcomes)])],
    }
    if undeclared is not None:
        told["undeclared"] = list(undeclared)
    lost = [entry for entry in entries.values() if entry["failed"]]
    if lost:
        # the first line of each; all of what xl said is in its entry
        said = "\n".join(f"{entry['name']}: {entry['msg'].partition(chr(10))[0]}" for entry in lost)
        raise XenError(
            f"{len(lost)} of {len(entries)} domains are not as declared.\n{said}",
            **{**told, "error_id": "domains_failed"},
        )
    return told


def _entry(element: Element, outcome: Outcome, state_of: Callable[[str], str | None]) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": element.name, "declared": element.declared}
    if outcome.result:
        entry.update({key: outcome.result[key] for key in _FIELDS if key in outcome.result})
        entry["state"] = outcome.result["state"]
        return {**entry, "failed": False, "skipped": False}
    if outcome.error is None:
        raise AssertionError("unreachable")
    details = dict(outcome.error.details)
    done = details.pop("actions_done", [])
    entry.update(
        changed=bool(done),
        actions=done,
        differences=[],
        restart_required=False,
        state=state_of(element.name),
    )
    return {**details, **entry, "failed": True, "skipped": outcome.skipped, "msg": outcome.error.message}


def _diff(name: str, outcome: Outcome) -> list[dict[str, str]]:
    """Of files, which go by their paths, and of the domain, which gets its name here."""
    parts = outcome.result["diff"] if outcome.result else []
    headers = ("before_header", "after_header")
    return [
        {key: f"domain {name}" if key in headers and text == "domain" else text for key, text in part.items()}
        for part in parts
    ]


def _warnings(elements: Sequence[Element], outcomes: Mapping[str, Outcome]) -> list[str]:
    """What is said of one domain, with its name. What is said of the host is said once."""
    found = []
    for element in elements:
        result = outcomes[element.name].result
        for warning in result["warnings"] if result else []:
            is_of_host = warning.startswith("Only the config file is managed")
            found.append(warning if is_of_host else f"{element.name}: {warning}")
    return found
