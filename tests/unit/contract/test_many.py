# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_domains on a fake host: what many guests cost, how they wait, and what one that fails does to the others."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.netbsd.xen.tests.fake.harness import collections_root
from ansible_collections.netbsd.xen.tests.unit.contract.world import Outcome, Server, World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domains import domain, task, three

LIST, LIST_LONG = ["xl", "list"], ["xl", "list", "-l"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server(["xen_domains", "xen_domain"], collections_root())
    yield started
    started.close()


@pytest.fixture
def world(tmp_path: Path, server: Server) -> World:
    return World(tmp_path, server)


def run(world: World, parameters: dict[str, Any], check: bool = False) -> Outcome:
    return world.run("xen_domains", parameters, check)


def ok(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.failed, outcome.result["msg"]
    return outcome.result


def entries(outcome: Outcome) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in outcome.result["domains"]}


def running(world: World) -> set[str]:
    return {guest["name"] for guest in world.xen.state["domains"] if not guest["shutdown_reason"]}


def many(world: World, count: int, **more: Any) -> dict[str, Any]:
    """So many small guests, of which every third depends on the one before."""
    guests = [
        {"name": f"g{number}", "depends_on": [f"g{number - 1}"] if number % 3 == 2 else []} for number in range(count)
    ]
    parameters = task(world, *guests, **more)
    parameters["defaults"].update(memory=64, vifs=["bridge=xenbr0"])
    return parameters


class TestCost:
    @pytest.mark.parametrize("count", [1, 10, 100])
    def test_guests_that_are_as_declared(self, world: World, count: int) -> None:
        """Two calls of the toolstack, however many there are."""
        for number in range(count):
            mac = f"00:16:3e:00:00:{number:02x}"
            content = f"name='g{number}'\nkernel='{world.kernel}'\nmemory=64\nvif=['mac={mac},bridge=xenbr0']\n"
            world.config(f"g{number}", content + "type='pv'\n")
            world.xen.add_domain(content)
        for check in (True, False):
            result = ok(run(world, many(world, count), check))
            assert (result["changed"], len(result["domains"])) == (False, count)
            assert world.xen.calls() == [LIST, LIST_LONG]

    def test_state_only(self, world: World) -> None:
        """Nothing to compare: the long listing is not even asked for."""
        parameters = {"domains": [{"name": "web"}, {"name": "db"}], "defaults": {"state": "stopped"}}
        ok(run(world, {**parameters, "prune": "report"}))
        assert world.xen.calls() == [LIST]

    def test_waits_share_their_listings(self, world: World) -> None:
        """Fifteen that take seven looks to shut down: not a hundred looks."""
        ok(run(world, many(world, 15)))
        for number in range(15):
            world.xen.guest(f"g{number}", shutdown_polls=7)
        parameters = {"domains": [{"name": f"g{number}"} for number in range(15)], "defaults": {"state": "stopped"}}
        ok(run(world, {**parameters, "parallel": 15}))
        assert running(world) == set()
        counted = Counter(tuple(call[:2]) for call in world.xen.calls())
        assert counted["xl", "shutdown"] == 15
        assert counted["xl", "list"] < 45, counted


class TestOrder:
    def creates(self, world: World) -> list[str]:
        return [Path(call[-1]).stem for call in world.xen.mutating_calls() if call[1] == "create"]

    def test_starts_and_stops(self, world: World) -> None:
        ok(run(world, three(world)))
        assert self.creates(world) == ["db", "web", "mail"]
        ok(run(world, three(world, state="stopped")))
        assert [call[-1] for call in world.xen.mutating_calls()][-1] == "db"

    def test_numbers(self, world: World) -> None:
        late, early, usual = (domain(world, name, order=order) for name, order in (("a", 5), ("b", -5), ("c", 0)))
        result = ok(run(world, task(world, late, early, usual)))
        assert self.creates(world) == ["b", "c", "a"]
        told = [Path(action.split()[-1]).stem for action in result["actions"] if action.startswith("xl create")]
        assert told == ["b", "c", "a"]

    def test_what_goes_goes_first(self, world: World) -> None:
        ok(run(world, task(world, domain(world, "old"))))
        ok(run(world, task(world, domain(world, "new"), domain(world, "old", state="stopped"))))
        assert [call[1] for call in world.xen.mutating_calls()] == ["shutdown", "create"]


class TestFailures:
    def test_one_does_not_keep_the_others(self, world: World) -> None:
        """Known before the first change: the kernel of db is not there. web needs db; mail does not."""
        parameters = task(
            world, domain(world, "web", depends_on=["db"]), domain(world, "db", kernel="/nowhere"),
            domain(world, "mail"), domain(world, "last", depends_on=["web"]),
        )  # fmt: skip
        foreseen, done = run(world, parameters, check=True), run(world, parameters)
        for outcome in (foreseen, done):
            assert outcome.failed and outcome.result["error_id"] == "domains_failed"
            assert outcome.result["msg"].startswith(
                "3 of 4 domains are not as declared.\nweb: Nothing was done, because"
            )
            told = entries(outcome)
            assert told["db"]["error_id"] == "kernel_missing"
            assert [told[name]["skipped"] for name in ("web", "db", "mail", "last")] == [True, False, False, True]
            assert told["web"]["because_of"] == ["db"]
            assert (told["mail"]["state"], told["mail"]["failed"], told["web"]["state"]) == ("running", False, None)
        assert foreseen.mutating == []
        assert running(world) == {"mail"}
        assert not (world.root / "etc" / "web.cfg").exists()
        again = run(world, parameters)
        assert again.mutating == [] and not again.result["changed"]

    def test_one_that_does_not_start(self, world: World) -> None:
        """Known only when it is tried. What it had on its way is taken back, and the one before it stays."""
        world.xen.fault("create_fails_halfway", "create")
        parameters = task(
            world, domain(world, "web", depends_on=["db"]), domain(world, "db"), domain(world, "mail"),
        )  # fmt: skip
        done = run(world, parameters)
        told = entries(done)
        assert (told["db"]["error_id"], told["web"]["error_id"]) == ("start_failed", "dependency_failed")
        assert "the half-made domain" in told["db"]["taken_back"][0]
        assert running(world) == {"mail"}
        assert ok(run(world, parameters))["changed"]
        assert running(world) == {"mail", "db", "web"}

    def test_one_that_does_not_stop_keeps_what_it_needs(self, world: World) -> None:
        ok(run(world, three(world)))
        world.xen.guest("web", ignores_shutdown=True)
        parameters = three(world, state="stopped")
        parameters["defaults"]["timeout"] = 1
        told = entries(run(world, parameters))
        assert told["web"]["error_id"] == "timeout"
        assert (told["db"]["skipped"], told["db"]["because_of"], told["db"]["state"]) == (True, ["web"], "running")
        assert told["mail"]["state"] == "stopped"
        assert running(world) == {"web", "db"}

    def test_a_disk_that_is_not_given_back_is_not_given_on(self, world: World) -> None:
        """Two guests that write to one disk would destroy it; xl on NetBSD does not look."""
        ok(run(world, task(world, domain(world, "old"))))
        world.xen.guest("old", ignores_shutdown=True)
        disk = {"target": str(world.root / "disks" / "old.img"), "vdev": "xvda"}
        parameters = task(world, {"name": "web", "disks": [disk]}, domain(world, "old", state="stopped", timeout=1))
        told = entries(run(world, parameters))
        assert (told["old"]["error_id"], told["web"]["because_of"]) == ("timeout", ["old"])
        assert running(world) == {"old"}

    def test_one_that_does_not_stay(self, world: World) -> None:
        """Seen when the last one has been started, not only by the next task."""
        world.xen.guest("web", crashes_at_start=True)
        parameters = task(world, domain(world, "web", on_crash="preserve"), domain(world, "db"))
        told = entries(run(world, parameters))
        assert told["web"]["failed"] and told["web"]["state"] == "crashed", told["web"]
        assert not told["db"]["failed"]

    def test_all_that_is_wrong_with_a_list(self, world: World) -> None:
        parameters = task(
            world, {"name": "a", "memroy": 1}, {"name": "b", "vifs": "bridge"}, {"name": "c", "state": "on"},
            {"name": "c"}, {"name": "d", "depends_on": ["e"]}, {"memory": 4}, {"name": "12"},
            {"name": "f", "delay": -1},
        )  # fmt: skip
        outcome = run(world, parameters)
        problems = outcome.result["problems"]
        starts = ("a: memroy", "b: vifs", "c: value of state must be one of", "domains[5]: missing required",
                  "12: name:", "f: delay:", "c: declared 2 times", "d: depends_on: e is not")  # fmt: skip
        assert len(problems) == len(starts), problems
        for start, problem in zip(starts, problems, strict=True):
            assert problem.startswith(start), problem
            assert problem in outcome.result["msg"]
        assert world.xen.calls() == []


class TestPrune:
    @pytest.mark.parametrize("how", ["report", "stop", "remove"])
    def test_prune(self, world: World, how: str) -> None:
        ok(run(world, task(world, *(domain(world, name) for name in ("web", "stray", "off", "router1")))))
        ok(run(world, task(world, domain(world, "off", state="stopped"))))
        world.xen.add_domain(f"name='Xenstore'\nkernel='{world.kernel}'\nmemory=64\n")
        parameters = task(world, domain(world, "web"), prune=how, prune_except=["router*"])
        result = ok(run(world, parameters))
        assert result["undeclared"] == ["off", "stray"]
        assert running(world) == {"web", "router1", "Xenstore", *(["stray"] if how == "report" else [])}
        gone = how == "remove"
        for name in ("stray", "off"):
            assert (world.root / "etc" / f"{name}.cfg").exists() is not gone
            assert (world.root / "disks" / f"{name}.img").exists()
        pruned = {"report": [], "stop": ["stray"], "remove": ["off", "stray"]}[how]
        assert [entry["name"] for entry in result["domains"] if not entry["declared"]] == pruned
        again = ok(run(world, parameters))
        assert not again["changed"]
        assert again["undeclared"] == ([] if gone else ["off", "stray"])

    def test_only_some(self, world: World) -> None:
        ok(run(world, task(world, *(domain(world, name) for name in ("a", "b")))))
        result = ok(run(world, {**three(world, only=["web", "a"]), "prune": "remove"}))
        assert (result["undeclared"], running(world)) == (["a"], {"b", "web"})


def test_two_controllers_at_once(world: World, server: Server) -> None:
    """Each changes another property of the same guests; neither loses what the other wrote."""
    guests = ["web", "db", "mail"]
    ok(run(world, task(world, *(domain(world, name) for name in guests))))
    second = Server(["xen_domains"], collections_root())
    other = object.__new__(World)
    other.__dict__.update(world.__dict__, server=second, output=world.output.with_name("output2"))
    tasks = [
        (world, {"domains": [{"name": name, "memory": 64, "state": "running"} for name in guests]}),
        (other, {"domains": [{"name": name, "extra_config": {"nomigrate": 1}} for name in reversed(guests)]}),
    ]
    outcomes: list[Outcome] = []
    threads = [
        threading.Thread(target=lambda side=side, parameters=parameters: outcomes.append(run(side, parameters)))
        for side, parameters in tasks
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    second.close()
    assert [ok(outcome)["changed"] for outcome in outcomes] == [True, True]
    for name in guests:
        text = (world.root / "etc" / f"{name}.cfg").read_text(encoding="utf-8")
        assert "memory = 64" in text and "nomigrate = 1" in text, text
