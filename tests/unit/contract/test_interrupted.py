# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that is killed between any two steps, or while any command of the toolstack answers: the next run converges.

What it converges to is what an undisturbed run on an equal host ends with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.netbsd.xen.tests.fake.harness import collections_root
from ansible_collections.netbsd.xen.tests.unit.contract.world import Server, World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domains import domain, task

Parameters = dict[str, Any]
TWO = ("web", "db")
# A process that is killed while it waits may have several seconds of waiting before it; no scenario has more calls.
MOST = 60
# What differs between two hosts on which the same was done: when, and how often something was tried.
PASSING = ("domid", "started", "ending", "cpu_time")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server(["xen_domains"], collections_root())
    yield started
    started.close()


def _made(world: World, *names: str) -> None:
    done = world.run("xen_domains", task(world, *(domain(world, name) for name in names)), check=False)
    assert not done.failed, done.result["msg"]


def _two(world: World, **more: Any) -> Parameters:
    return task(world, domain(world, "web", depends_on=["db"]), domain(world, "db"), parallel=1, **more)


def _new(world: World) -> Parameters:
    return _two(world)


def _changed(world: World) -> Parameters:
    """Memory as it runs, a restart, one that is new, and one that goes."""
    _made(world, "web", "db", "old")
    return task(
        world,
        domain(world, "web", memory=64),
        domain(world, "db", extra="single", allow_restart=True),
        domain(world, "new", depends_on=["web"]),
        domain(world, "old", state="absent"),
        parallel=1,
    )


def _restored(world: World) -> Parameters:
    _made(world, "web", "db")
    for name in ("web", "db"):
        world.save(name)
    return _two(world)


def _stopped(world: World) -> Parameters:
    _made(world, *TWO)
    world.xen.guest("db", shutdown_polls=2, shutdown_linger=1, zombie_polls=2)
    return _two(world, state="stopped")


def _saved(world: World) -> Parameters:
    _made(world, "web", "db")
    return _two(world, state="saved")


def _removed(world: World) -> Parameters:
    _made(world, *TWO)
    for name in TWO:
        (world.root / "auto" / f"{name}.cfg").symlink_to(world.root / "etc" / f"{name}.cfg")
    return _two(world, state="absent")


def _pruned(world: World) -> Parameters:
    _made(world, *TWO)
    return task(world, domain(world, "db"), prune="remove", parallel=1)


SCENARIOS = [_new, _changed, _restored, _stopped, _saved, _removed, _pruned]
# Between a command's end and the next step of the plan there is the waiting: a restart and a stop have all of it.
WAITING = [_changed, _stopped]


@pytest.fixture
def worlds(tmp_path: Path, server: Server) -> Callable[[], World]:
    """Makes equal hosts: the same paths, one after the other."""
    numbers = iter(range(10**6))
    return lambda: World(tmp_path / str(next(numbers)), server)


def _end(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """Files and guests, without what passes, and with paths that are the same on every host."""
    root = str(world.root.parent)
    files = {}
    for name in world.tree():
        if name.endswith(".save.stale"):
            continue  # one that was restored from, and was not removed: kept, where nothing restores from it again
        path = world.root / name
        is_text = path.is_file() and name.startswith("etc/")
        files[name] = path.read_text(encoding="utf-8").replace(root, "") if is_text else path.lstat().st_mode
    guests = {name: {key: item for key, item in guest.items() if key not in PASSING}
              for name, guest in world.guests().items()}  # fmt: skip
    return files, _without(guests, root)


def _without(value: Any, root: str) -> Any:
    if isinstance(value, dict):
        return {key: _without(item, root) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, root) for item in value]
    return value.replace(root, "") if isinstance(value, str) else value


def _undisturbed(world: World, scenario: Callable[[World], Parameters]) -> tuple[dict[str, Any], dict[str, Any]]:
    done = world.run("xen_domains", scenario(world), check=False)
    assert not done.failed, done.result["msg"]
    return _end(world)


def _converges(world: World, parameters: Parameters) -> None:
    again = world.run("xen_domains", parameters, check=False)
    assert not again.failed, f"the next run failed: {again.result['msg']}"
    third = world.run("xen_domains", parameters, check=False)
    assert not third.result["changed"], third.result["actions"]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__.strip("_"))
def test_killed_after_each_step(worlds: Callable[[], World], scenario: Callable[[World], Parameters]) -> None:
    expected = _undisturbed(worlds(), scenario)
    for step in range(1, MOST):
        world = worlds()
        parameters = scenario(world)
        if not world.is_killed("xen_domains", parameters, after_step=step):
            assert step > 2, "there was nothing to be killed in"
            return
        _converges(world, parameters)
        assert _end(world) == expected, f"killed after step {step}"
    raise AssertionError("there is no end to it")


@pytest.mark.parametrize("scenario", WAITING, ids=lambda scenario: scenario.__name__.strip("_"))
def test_killed_after_each_command(worlds: Callable[[], World], scenario: Callable[[World], Parameters]) -> None:
    """Its command is done, but it has not heard of that."""
    expected = _undisturbed(worlds(), scenario)
    for calls in range(1, MOST):
        world = worlds()
        parameters = scenario(world)
        world.xen.fault("kills_caller", calls=calls, times=None)
        is_killed = world.is_killed("xen_domains", parameters)
        world.xen.rearm([])
        if not is_killed:
            assert calls > 3, "there was nothing to be killed in"
            return
        _converges(world, parameters)
        assert _end(world) == expected, f"killed after call {calls}"
    raise AssertionError("there is no end to it")
