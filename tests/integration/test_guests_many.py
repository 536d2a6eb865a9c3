# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty guests of 4 MiB on real Xen, in one task each: made, found as they are, one broken, pruned, drained."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from onlab import LabHost

COUNT = 20
NAMES = [f"many{number:02}" for number in range(COUNT)]
DEFAULTS: dict[str, Any] = {
    "state": "running", "type": "pv", "kernel": "/srv/domu/nano", "memory": 4, "timeout": 60, "settle": 0,
}  # fmt: skip


def guests(**defaults: Any) -> dict[str, Any]:
    """Each fifth is one that the four before it depend on."""
    domains = [
        {"name": name, "depends_on": [] if number % 5 == 4 else [NAMES[number - number % 5 + 4]]}
        for number, name in enumerate(NAMES)
    ]
    return {"domains": domains, "defaults": {**DEFAULTS, **defaults}}


def running(lab: LabHost) -> dict[str, int]:
    """Guests by name, with their ids, as xl lists them."""
    lines = lab.sh("xl list").splitlines()[2:]
    return {line.split()[0]: int(line.split()[1]) for line in lines}


def entries(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in result["domains"]}


def do(lab: LabHost, parameters: dict[str, Any], actions: list[str] | None = None) -> dict[str, Any]:
    """Plan and do it; the plan is what is done. That doing it again does nothing is seen once for all of them."""
    planned = lab.module("xen_domains", parameters, check=True)
    done = lab.module("xen_domains", parameters)
    assert [planned[key] for key in ("changed", "actions", "diff")] == [
        done[key] for key in ("changed", "actions", "diff")
    ]
    assert actions in (None, done["actions"]), done["actions"]
    return done


@pytest.fixture(scope="module")
def lab(lab_host: LabHost) -> Iterator[LabHost]:
    lab_host.sh("truncate -s 1M /srv/domu/stray.img")
    yield lab_host
    lab_host.sh("for id in $(xl list | awk 'NR > 2 {print $2}'); do xl destroy $id; done; rm -f /srv/domu/stray.img")
    lab_host.sh("rm -f /etc/xen/many*.cfg /etc/xen/stray.cfg /etc/xen/late.cfg")


def test_twenty_from_nothing_in_order(lab: LabHost) -> None:
    done = do(lab, guests())
    assert len(done["actions"]) == 2 * COUNT
    found = running(lab)
    assert sorted(found) == NAMES
    for number, name in enumerate(NAMES):
        if number % 5 != 4:
            assert found[name] > found[NAMES[number - number % 5 + 4]], f"{name} was started before what it depends on"
    assert [entry["state"] for entry in done["domains"]] == ["running"] * COUNT


def test_twenty_that_are_right_cost_about_what_one_does(lab: LabHost) -> None:
    """One `xl list` and one `xl list -l`, however many; so it is not twenty times as long."""
    before = running(lab)
    seconds = {}
    for names in (NAMES[4:5], NAMES):
        start = time.monotonic()
        do(lab, {**guests(), "only": names}, [])
        seconds[len(names)] = time.monotonic() - start
    assert running(lab) == before
    print("seconds of two runs:", {count: round(took, 2) for count, took in seconds.items()})
    assert seconds[COUNT] < 6 * seconds[1], seconds


def test_one_that_is_broken(lab: LabHost) -> None:
    """Of two whose kernel is none, one is seen before and one when it is started; all others are made."""
    before = running(lab)
    lab.sh("rm -f /etc/xen/late.cfg; echo no kernel >/srv/domu/no-kernel")
    parameters = guests()
    parameters["domains"] += [
        {"name": "early", "kernel": "/srv/domu/nowhere"},
        {"name": "needs", "depends_on": ["early"]},
        {"name": "late", "kernel": "/srv/domu/no-kernel"},
        {"name": "stray"},
    ]
    planned = lab.fails("xen_domains", parameters, "domains_failed", check=True)
    assert running(lab) == before
    assert [name for name, entry in entries(planned).items() if entry["failed"]] == ["early", "needs"]
    done = lab.fails("xen_domains", parameters, "domains_failed")
    told = entries(done)
    assert told["early"]["error_id"] == "kernel_missing"
    assert (told["needs"]["skipped"], told["needs"]["because_of"]) == (True, ["early"])
    assert told["late"]["error_id"] == "start_failed"
    assert told["stray"]["state"] == "running"
    now = running(lab)
    assert set(now) - set(before) == {"stray"}
    assert {name: now[name] for name in NAMES} == before
    assert lab.sh("cd /etc/xen && ls early* needs* late* 2>/dev/null || true") == ""
    lab.sh("rm /srv/domu/no-kernel")


def test_prune(lab: LabHost) -> None:
    """`stray` is there, and in no list."""
    lab.sh("echo 'disk = [ \"/srv/domu/stray.img,raw,xvda\" ]' >>/etc/xen/stray.cfg")
    before = running(lab)
    kept = {**guests(), "prune": "stop", "prune_except": ["st*"]}
    assert lab.module("xen_domains", {**guests(), "prune": "report"})["undeclared"] == ["stray"]
    assert lab.module("xen_domains", kept)["undeclared"] == []
    assert running(lab) == before
    do(lab, {**guests(), "prune": "stop"}, ["xl shutdown stray"])
    assert set(before) - set(running(lab)) == {"stray"}
    lab.change("xen_domains", {**guests(), "prune": "remove"}, ["remove /etc/xen/stray.cfg"])
    assert lab.sh("ls /etc/xen/stray.cfg /srv/domu/stray.img 2>/dev/null || true") == "/srv/domu/stray.img\n"
    assert len(running(lab)) == COUNT


def test_more_memory_than_there_is(lab: LabHost) -> None:
    """Each of the two fits; nothing is started."""
    free = int(lab.sh("xl info | awk '$1 == \"free_memory\" {print $3}'"))
    wish = {"domains": [{"name": name, "memory": free * 2 // 3} for name in ("big0", "big1")], "defaults": DEFAULTS}
    for check in (True, False):
        lab.fails("xen_domains", wish, "insufficient_memory", check)
    assert len(running(lab)) == COUNT


def test_two_controllers_at_once(lab: LabHost) -> None:
    """Each writes another property of the same files; neither loses what the other wrote."""
    results: list[dict[str, Any]] = []
    with LabHost(lab.host) as other:

        def work(host: LabHost, **properties: Any) -> None:
            domains = [{"name": name, **properties} for name in NAMES[:6]]
            results.append(host.module("xen_domains", {"domains": domains}))

        threads = [
            threading.Thread(target=work, args=(lab,), kwargs={"on_crash": "preserve"}),
            threading.Thread(target=work, args=(other,), kwargs={"on_reboot": "destroy"}),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    assert [len(result["actions"]) for result in results] == [6, 6]
    for name in NAMES[:6]:
        text = lab.sh(f"cat /etc/xen/{name}.cfg")
        assert "on_crash" in text and "on_reboot" in text, text


def test_drain(lab: LabHost) -> None:
    """All of them at once, but for those that others depend on, which go last."""
    done = do(lab, guests(state="stopped"))
    stops = [action for action in done["actions"] if action.startswith("xl shutdown")]
    assert stops[-1].endswith(NAMES[19]) and len(stops) == COUNT
    assert running(lab) == {}
    do(lab, guests(state="absent"))
    do(lab, guests(state="absent"), [])
    assert lab.sh("ls /etc/xen/many* 2>/dev/null || true") == ""
