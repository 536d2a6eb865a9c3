# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""In which order the domains of a list are worked on: pure functions on their names.

What gives something back (memory, a disk) goes before what takes it. A domain is started after those that it depends
on, and stopped before them.
"""

from __future__ import annotations

from typing import Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError

DOWN = 0
UP = 1


class Job(NamedTuple):
    """One domain with something to do.

    :param phase: DOWN for what stops a domain, or makes it smaller; UP for all else.
    :param order: the user's number: lower ones are started earlier and stopped later.
    """

    name: str
    phase: int
    order: int = 0


class Order(NamedTuple):
    """
    :param waves: names, in the order of work; a wave begins when the one before has ended, well or not.
    :param needs: of each name, those that must have ended well before it begins.
    """

    waves: list[list[str]]
    needs: dict[str, frozenset[str]]


def require_no_cycle(depends_on: Mapping[str, Sequence[str]]) -> None:
    """:raises XenError: domains that wait for each other; the message names them in a row."""
    cycle = _cycle(depends_on)
    if cycle:
        raise XenError(
            f"depends_on goes round in a circle: {' -> '.join(cycle)}. None of them could be started first.",
            error_id="dependency_cycle",
            cycle=cycle,
        )


def arrange(jobs: Sequence[Job], depends_on: Mapping[str, Sequence[str]], orders: Mapping[str, int]) -> Order:
    """The order of work.

    :param jobs: all that have something to do or cannot do it, in the order of the user's list, which decides where
        nothing else does.
    :param depends_on: of every domain of the list, also of those with nothing to do.
    :param orders: the user's numbers. A dependency counts more: who depends on a later one is later, too.
    """
    reach = {job.name: reachable(job.name, depends_on) for job in jobs}
    ranks = {job.name: max([job.order, *(orders.get(name, 0) for name in reach[job.name])]) for job in jobs}
    phases = {job.name: job.phase for job in jobs}
    needs: dict[str, set[str]] = {job.name: set() for job in jobs}
    for job in jobs:
        for name in reach[job.name]:
            if phases.get(name) == job.phase:
                before, after = (name, job.name) if job.phase == UP else (job.name, name)
                needs[after].add(before)
            elif phases.get(name) == DOWN:
                needs[job.name].add(name)
    keys = {job.name: (job.phase, ranks[job.name] if job.phase == UP else -ranks[job.name]) for job in jobs}
    waves = [
        _in_order([job.name for job in jobs if keys[job.name] == key], needs) for key in sorted(set(keys.values()))
    ]
    return Order(waves, {name: frozenset(names) for name, names in needs.items()})


def reachable(name: str, depends_on: Mapping[str, Sequence[str]]) -> set[str]:
    """Everything that ``name`` depends on, directly or not."""
    found: set[str] = set()
    rest = list(depends_on.get(name, ()))
    while rest:
        other = rest.pop()
        if other not in found:
            found.add(other)
            rest += depends_on.get(other, ())
    return found


def _in_order(names: list[str], needs: Mapping[str, Iterable[str]]) -> list[str]:
    """The names so that each comes after what it needs of them, else as they are."""
    placed: list[str] = []
    rest = list(names)
    while rest:
        ready = next(name for name in rest if not set(needs[name]) & set(rest))
        rest.remove(ready)
        placed.append(ready)
    return placed


def _cycle(depends_on: Mapping[str, Sequence[str]]) -> list[str]:
    """The first cycle, its first name again at its end; empty when there is none."""
    done: set[str] = set()
    for start in depends_on:
        path: list[str] = [start]
        choices = [list(depends_on[start])]
        while path:
            if not choices[-1]:
                done.add(path.pop())
                choices.pop()
                continue
            name = choices[-1].pop(0)
            if name in path:
                return [*path[path.index(name) :], name]
            if name not in done:
                path.append(name)
                choices.append(list(depends_on.get(name, ())))
    return []
