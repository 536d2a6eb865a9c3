# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task on real Xen that is killed just before or after any command of xl that changes something, or while it runs and
goes on by itself, or before any file gets its name.

Afterwards every file, disk and domain is as before the task or as after it; the next run comes to what was wanted, and
the one after that changes nothing. Where a task can be killed is found out by an undisturbed run. ``make faults`` runs
these; all other changes of files are the matter of tests/unit/contract/test_killed_anywhere.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from faults.figures import fault
from faulty import NANO, FaultyHost, check_between, check_converges, guest
from onlab import LabHost
from xenlab import Lab

Parameters = dict[str, Any]
KIND = "killed at a command of xl or at a file, real Xen"


class Scenario(NamedTuple):
    """
    :param before: what makes the situation: tasks of xen_domain.
    :param images: disks that are there.
    """

    what: str
    before: list[Parameters]
    module: str
    parameters: Parameters
    images: tuple[str, ...] = ("web",)


def _domains(*guests: Parameters) -> Parameters:
    defaults = {key: value for key, value in NANO.items() if key != "name"}
    return {"domains": list(guests), "defaults": defaults, "parallel": 1}


def _gone(state: str, **more: Any) -> Parameters:
    return {"name": "web", "state": state, "timeout": 60, **more}


SCENARIOS = [
    Scenario("create", [], "xen_domain", guest("web", vifs=[{"bridge": "xenbr0"}])),
    Scenario(
        "live change",
        [guest("web")],
        "xen_domain",
        guest("web", cpu_weight=512, vifs=[{"bridge": "xenbr1"}],
              disks=["/srv/faults/web.img,raw,xvda,w", "/srv/faults/more.img,raw,xvdb,w"]),
        ("web", "more"),
    ),
    Scenario("restart", [guest("web")], "xen_domain", guest("web", extra="changed", allow_restart=True)),
    Scenario(
        "a disk that is made",
        [],
        "xen_domain",
        guest("web", disks=[{"target": "/srv/faults/made.img", "vdev": "xvda", "size": "8M"}]),
        (),
    ),
    Scenario("stop", [guest("web")], "xen_domain", _gone("stopped")),
    Scenario("destroy", [guest("web")], "xen_domain", _gone("stopped", force=True, timeout=0)),
    Scenario("rename", [guest("web")], "xen_domain", guest("www", disks=guest("web")["disks"], renamed_from="web")),
    Scenario("delete, disks kept", [guest("web")], "xen_domain", _gone("absent")),
    Scenario("save", [guest("web")], "xen_domain", _gone("saved")),
    Scenario("resume", [guest("web"), _gone("saved")], "xen_domain", _gone("running")),
    Scenario(
        "snapshot",
        [guest("web")],
        "xen_snapshot",
        {"name": "web", "snapshot": "one", "pause": True, "directory": "/srv/faults/snap"},
    ),
    Scenario("clone", [guest("web")], "xen_clone", {"source": "web", "name": "web2", "pause": True}),
    Scenario(
        "two guests",
        [],
        "xen_domains",
        _domains(*(guest(name) for name in ("db", "web"))),
        ("db", "web"),
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def host() -> Iterator[FaultyHost]:
    with Lab.instance("faults_kill") as started, LabHost(started) as lab:
        yield FaultyHost(lab)


class Point(NamedTuple):
    """Where a task is killed.

    :param when: ``before`` or ``after`` a command of xl, or ``during`` it; before a file's ``replacing``.
    :param number: which time it does this.
    """

    when: str
    what: str
    number: int

    def __str__(self) -> str:
        return f"{self.when} {self.what} ({self.number})"


def points(commands: list[str], replaced: list[str]) -> list[Point]:
    """All points of a task that ran these commands of xl and gave these files their names."""
    return [
        *(
            Point(when, command, commands[: place + 1].count(command))
            for place, command in enumerate(commands)
            for when in ("before", "during", "after")
        ),
        *(Point("replacing", path, number) for number, path in enumerate(replaced, start=1)),
    ]


def prepare(host: FaultyHost, scenario: Scenario) -> None:
    """Make the situation, and keep it."""
    host.clear()
    for name in scenario.images:
        host.lab.sh(f"(echo the disk of {name}; seq 100000) | head -c 1M >/srv/faults/{name}.img")
    for parameters in scenario.before:
        host.lab.module("xen_domain", parameters)
    host.keep()


def kill(host: FaultyHost, scenario: Scenario, point: Point) -> bool:
    if point.when == "replacing":
        host.put_back()
        return host.lab.is_killed(scenario.module, scenario.parameters, at_replacing=point.number)
    host.put_back(*point)
    return host.lab.is_killed(scenario.module, scenario.parameters)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.what)
def test_killed_at_each_change(host: FaultyHost, scenario: Scenario) -> None:
    prepare(host, scenario)
    old = host.look()
    host.arm("count")
    replaced = host.lab.replaced(scenario.module, scenario.parameters)
    every = points(host.disarm(), replaced)
    new = host.look()
    assert every, "nothing to be killed at"
    for point in every:
        where = f"{scenario.what}: killed {point}"
        started = time.monotonic()
        assert kill(host, scenario, point), f"{where}: it was not"
        with fault(KIND, where):
            check_between(host.look(), old, new, where)
            check_converges(host, [(scenario.module, scenario.parameters)], new, where)
        print(f"{where}: {time.monotonic() - started:.0f} s", flush=True)
