# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What becomes of the guests of a host while its hypervisor is replaced: pure functions, and the record of it.

The record is what an interrupted upgrade is resumed from: once guests are gone, nothing else on the host knows which of
them ran. It says how far the upgrade came, too. ``LEAVING``: the guests are being put away, by the toolstack that they
were started with. ``AWAY``: none of them is here, and the packages may be those of either version.
"""

from __future__ import annotations

import json
from typing import Any, Mapping, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError

SHUTDOWN, SAVE, MIGRATE, REFUSE = "shutdown", "save", "migrate", "refuse"
POLICIES = (SHUTDOWN, SAVE, MIGRATE, REFUSE)
LEAVING, AWAY = "leaving", "away"
_FORMAT = 1
_HERE = ("running", "paused")
_GONE = ("stopped", "saved", "absent")
# What of a declared domain says when it may be started, and when it is up.
_ORDER_KEYS = ("depends_on", "order", "delay", "wait_for_console")


class Guest(NamedTuple):
    """A guest that shall be again what it was.

    :param was: ``running`` or ``paused``.
    :param policy: one of ``POLICIES``.
    """

    name: str
    was: str
    policy: str


class Record(NamedTuple):
    """
    :param version: the Xen that the host shall have, such as ``4.20``.
    :param before: the Xen that ran when the upgrade began, such as ``4.18.3``; None when none did.
    :param stage: ``LEAVING`` or ``AWAY``.
    :param destination: the dom0 to which guests with the policy ``migrate`` go; empty when there are none.
    """

    version: str
    before: str | None
    stage: str
    guests: tuple[Guest, ...]
    destination: str = ""


def dump(record: Record) -> bytes:
    guests = [guest._asdict() for guest in record.guests]
    data = {"format": _FORMAT, **record._asdict(), "guests": guests}
    return (json.dumps(data, indent=1, sort_keys=True) + "\n").encode()


def load(path: str, data: bytes) -> Record:
    """
    :param path: where it was read, for the message.
    :raises XenError: it is no record. It is written as a whole, so somebody else has been at it.
    """
    try:
        told = json.loads(data)
        guests = tuple(Guest(str(each["name"]), each["was"], each["policy"]) for each in told["guests"])
        record = Record(str(told["version"]), told["before"], told["stage"], guests, str(told.get("destination", "")))
        known = all(guest.was in _HERE and guest.policy in POLICIES for guest in guests)
        if told["format"] != _FORMAT or record.stage not in (LEAVING, AWAY) or not known:
            raise ValueError("a value that is not known here")
    except (ValueError, KeyError, TypeError) as error:
        raise XenError(
            f"{path} is not a record of an upgrade ({error}). It says which guests are to run again after an upgrade "
            "that was begun: look at it, start those guests, and remove it.",
            error_id="bad_record",
            path=path,
        ) from error
    return record


def choose(
    rows: Sequence[Mapping[str, Any]], default: str, policies: Mapping[str, str], remembered: Sequence[Guest] = ()
) -> tuple[Guest, ...]:
    """The guests that an upgrade is about: those that are here, and those that were when it began.

    A guest that has left already did so by the policy of then, and comes back by it.

    :param rows: as the ``domains`` of xen_domain_info.
    """
    here = {str(row["name"]): str(row["state"]) for row in rows if row["state"] not in _GONE}
    known = {guest.name: guest for guest in remembered}
    guests = []
    for name in sorted({*here, *known}):
        old, policy = known.get(name), policies.get(name, default)
        if old is None:
            guests.append(Guest(name, here[name], policy))
        else:
            guests.append(old._replace(policy=policy) if name in here else old)
    return tuple(guests)


def unknown(policies: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names with a policy of their own that are no guests of this host: misspelt, or another host's."""
    return sorted(set(policies) - {str(row["name"]) for row in rows})


def objections(guests: Sequence[Guest], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why the guests that are here cannot be put away so that they come back as they were."""
    by_name = {str(row["name"]): row for row in rows}
    found = []
    for guest in guests:
        row = by_name.get(guest.name)
        reason = _objection(guest, row) if row and row["state"] not in _GONE else None
        if reason:
            found.append(f"{guest.name}: {reason}")
    return found


def _objection(guest: Guest, row: Mapping[str, Any]) -> str | None:
    if guest.policy == REFUSE:
        return "it runs, and the policy is to refuse. Stop it, or choose another policy for it."
    if row["state"] not in _HERE:
        return f"it is {row['state']}. Look at it, and remove it or start it again, first."
    if guest.policy == MIGRATE:
        return _objection_to_migrate(row)
    if not row["config"]:
        return "it has no config file to be started from again. xen_domain writes one (see xen_domain_info, as_vars)."
    if guest.policy == SAVE and row["autostart"]:
        # xendomains makes it from its config file, whatever became of the memory that it had
        return (
            "the policy is to save it, and the host starts it at boot, anew and beside its saved memory. Shut it down "
            "instead, or set autostart: false for it."
        )
    return None


def _objection_to_migrate(row: Mapping[str, Any]) -> str | None:
    if row["autostart"]:
        # the host boots while the guest is on the other one
        return (
            "the policy is to migrate it, and the host starts it at boot, a second time beside the one that was moved. "
            "Shut it down instead, or set autostart: false for it."
        )
    return None


def strayed(guests: Sequence[Guest], rows: Sequence[Mapping[str, Any]], before: Record | None, to: str) -> list[str]:
    """Why guests that were moved by an interrupted run would not be found.

    :param to: the dom0 where they are looked for now.
    """
    here = {str(row["name"]) for row in rows if row["state"] not in _GONE}
    away = [guest.name for guest in guests if guest.policy == MIGRATE and guest.name not in here]
    if not before or not away or to == before.destination:
        return []
    return [
        f"{', '.join(away)}: moved to {before.destination} by a run that was interrupted, and {to or 'no destination'} "
        "is given now. Give the same one, until they are back."
    ]


def migrating(guests: Sequence[Guest], declared: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of those that go to another host, in the declared order."""
    return [entry["name"] for entry in _entries([(guest, "") for guest in guests if guest.policy == MIGRATE], declared)]


def notes(guests: Sequence[Guest], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a guest will not be again after it was shut down: what only the running guest has."""
    changed = {str(row["name"]): [str(each["option"]) for each in row["drift"]] for row in rows if row["drift"]}
    return [
        f"{guest.name} runs unlike its config file ({', '.join(changed[guest.name])}), and comes back as the file says."
        for guest in guests
        if guest.policy == SHUTDOWN and guest.name in changed
    ]


def leaving(guests: Sequence[Guest], declared: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What xen_domains shall do before the upgrade; a guest that goes to another host is not of it."""
    states = {SHUTDOWN: "stopped", SAVE: "saved"}
    return _entries([(guest, states[guest.policy]) for guest in guests if guest.policy in states], declared)


def returning(guests: Sequence[Guest], declared: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What xen_domains shall do after it."""
    return _entries([(guest, guest.was) for guest in guests if guest.policy != MIGRATE], declared)


def _entries(wanted: Sequence[tuple[Guest, str]], declared: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """In the declared order, with what says who waits for whom; a guest that nobody declared goes last."""
    place = {str(each.get("name")): number for number, each in enumerate(declared)}
    names = {guest.name for guest, _state in wanted}
    entries = []
    for guest, state in sorted(wanted, key=lambda each: place.get(each[0].name, len(place))):
        entry: dict[str, Any] = {"name": guest.name, "state": state}
        own = declared[place[guest.name]] if guest.name in place else {}
        entry.update((key, own[key]) for key in _ORDER_KEYS if key in own)
        if "depends_on" in entry:
            entry["depends_on"] = [name for name in entry["depends_on"] if name in names]
        entries.append(entry)
    return entries
