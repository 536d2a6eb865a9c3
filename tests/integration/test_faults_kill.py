# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task on real Xen that is killed just before, or just after, any command of xl that changes something.

Afterwards every file, disk and domain is as before the task or as after it; the next run comes to what was wanted, and
the one after that changes nothing. Which commands a task runs is found out by an undisturbed run. ``make faults`` runs
these; the file operations between the commands are the matter of tests/unit/contract/test_killed_anywhere.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from faulty import NANO, FaultyHost, check_between, check_converges, fault, guest
from onlab import LabHost
from xenlab import Lab

Parameters = dict[str, Any]
KIND = "killed before or after a command of xl, real Xen"


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


SCENARIOS = [
    Scenario("create", [], "xen_domain", guest("web")),
    Scenario(
        "live change",
        [guest("web")],
        "xen_domain",
        guest("web", cpu_weight=512, vifs=[{"bridge": "xenbr0"}, {"bridge": "xenbr1"}],
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
    Scenario("delete, disks kept", [guest("web")], "xen_domain", {"name": "web", "state": "absent", "timeout": 60}),
    Scenario("save", [guest("web")], "xen_domain", {"name": "web", "state": "saved", "timeout": 60}),
    Scenario(
        "snapshot",
        [guest("web")],
        "xen_snapshot",
        {"name": "web", "snapshot": "one", "pause": True, "directory": "/srv/faults/snap"},
    ),
    Scenario("clone", [guest("web")], "xen_clone", {"source": "web", "name": "web2", "pause": True}),
    Scenario(
        "three guests",
        [],
        "xen_domains",
        _domains(*(guest(name) for name in ("db", "web", "mail"))),
        ("db", "web", "mail"),
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def host() -> Iterator[FaultyHost]:
    with Lab.instance("faults_kill") as started, LabHost(started) as lab:
        yield FaultyHost(lab)


def prepare(host: FaultyHost, scenario: Scenario) -> None:
    host.clear()
    for name in scenario.images:
        host.lab.sh(f"(echo the disk of {name}; seq 100000) | head -c 1M >/srv/faults/{name}.img")
    for parameters in scenario.before:
        host.lab.module("xen_domain", parameters)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.what)
def test_killed_at_each_command(host: FaultyHost, scenario: Scenario) -> None:
    prepare(host, scenario)
    old = host.look()
    host.arm("count", "nothing")
    host.lab.module(scenario.module, scenario.parameters)
    commands = host.disarm()
    new = host.look()
    assert commands, "nothing to be killed at"
    for place, command in enumerate(commands):
        number = commands[: place + 1].count(command)
        for when in ("before", "after"):
            where = f"{scenario.what}: killed {when} {command} ({place + 1} of {len(commands)})"
            prepare(host, scenario)
            host.arm(when, command, number)
            assert host.lab.is_killed(scenario.module, scenario.parameters), where
            host.disarm()
            with fault(KIND, where):
                print(where, flush=True)
                check_between(host.look(), old, new, where)
                check_converges(host, [(scenario.module, scenario.parameters)], new, where)
