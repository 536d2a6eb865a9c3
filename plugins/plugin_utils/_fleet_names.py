# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is PRIVATE to the collection. It can change at any time without notice.
"""Names of guests as names of hosts: no two alike, and none that means something else to Ansible."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Iterable, NamedTuple, Sequence

# What can stand in a name of a host; the rest are operators of patterns (: , & ! * [ ] ~), blanks, or a terminal's.
_UNSAFE = re.compile(r"[^\w.-]")
# Hosts and groups of Ansible's own: a guest of that name would be the controller, or everything.
RESERVED = ("localhost", "127.0.0.1", "all", "ungrouped")
_LONGEST = 253


class Named(NamedTuple):
    """A guest and what it is called in the inventory."""

    host: str
    variables: dict[str, Any]


def safe(name: str) -> str:
    """A name in which nothing is special; the guest's own stays in its variable ``xen_name``."""
    return _UNSAFE.sub("_", name)[:_LONGEST].lstrip("-") or "_"


def named(guests: Sequence[tuple[str, dict[str, Any]]], taken: Iterable[str]) -> tuple[list[Named], list[str]]:
    """Host names for all guests of the fleet, and warnings.

    A guest that exists goes before those of its name that are only configured somewhere, as after a migration; they are
    left out. Of several that exist all are called NAME.DOM0, so that no play for one of them meets another.

    :param guests: (wished name, variables) of each.
    :param taken: names that no guest can have: those of groups and of the dom0s themselves.
    """
    reserved = {*RESERVED, *taken}
    wished = [(safe(name), variables) for name, variables in guests]
    alive = {name for name, variables in wished if variables["xen_domid"] is not None}
    kept = [(name, variables) for name, variables in wished if variables["xen_domid"] is not None or name not in alive]
    count = Counter(name for name, _variables in kept)
    result: list[Named] = []
    warnings = []
    used: set[str] = set(reserved)
    for name, variables in kept:
        dom0 = variables["xen_dom0"]
        host = name
        if count[name] > 1 or name in reserved:
            host = f"{name}.{safe(dom0)}"
            why = f"{count[name]} guests have that name" if count[name] > 1 else "that name means something else"
            warnings.append(f"guest {name!r} of {dom0} is called {host} in the inventory: {why}.")
        number = 2
        unique = host
        while unique in used:
            unique, number = f"{host}_{number}", number + 1
        used.add(unique)
        result.append(Named(unique, variables))
    return result, warnings
