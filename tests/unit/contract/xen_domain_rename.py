# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_domain: the domain ``web`` is called ``www`` from now on, also after a task that was killed half-way."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domain import Parameters, single, text

CASES: list[Case] = []


def case(name: str, **more: Any) -> Any:
    def register(prepare: Any) -> Any:
        CASES.append(single(f"renamed: {name}", **more)(prepare))
        return prepare

    return register


def renamed(content: str) -> str:
    return content.replace("name = 'web'", "name = 'www'")


def task(**more: Any) -> Parameters:
    return {"name": "www", "renamed_from": "web", "state": "running", "timeout": 20, **more}


def web(world: World, live: str = "running", linked: bool = False) -> str:
    content = text(world)
    path = world.config("web", content)
    if live != "stopped":
        world.xen.add_domain(content, live)
    if linked:
        os.symlink(path, world.root / "auto" / "20-web.cfg")
    return content


@case("running", changes=True, after="gone")
def _running(world: World) -> Parameters:
    web(world)
    return task()


@case("stopped, only the file", changes=True, after="gone")
def _present(world: World) -> Parameters:
    web(world, "stopped")
    return task(state="present")


@case("stopped, and started", changes=True, after="gone")
def _started(world: World) -> Parameters:
    web(world, "stopped")
    return task()


@case("paused, with its start at boot", changes=True, after="gone")
def _linked(world: World) -> Parameters:
    web(world, "paused", linked=True)
    return task(state="paused")


@case("with more memory", changes=True, after="gone")
def _memory(world: World) -> Parameters:
    web(world)
    return task(memory="112")


@case("in a file of another name", changes=True, after="gone")
def _in_place(world: World) -> Parameters:
    content = text(world)
    path = world.config("front", content)
    world.xen.add_domain(content)
    return task(config=str(path))


@case("a guest without a file", changes=True, after="gone")
def _no_file(world: World) -> Parameters:
    world.xen.add_domain(text(world))
    return task()


@case("long ago", changes=False, after="gone")
def _long_ago(world: World) -> Parameters:
    content = renamed(text(world))
    world.config("www", content)
    world.xen.add_domain(content)
    return task()


@case("killed after the new file", changes=True, after="gone")
def _killed_early(world: World) -> Parameters:
    world.config("www", renamed(web(world)))
    return task()


@case("killed after xl rename", changes=True, after="gone")
def _killed_late(world: World) -> Parameters:
    content = renamed(web(world, "stopped", linked=True))
    world.config("www", content)
    world.xen.add_domain(content)
    return task()


@case("killed in place, before xl rename", changes=True, after="gone")
def _killed_in_place(world: World) -> Parameters:
    path = world.config("front", renamed(text(world)))
    world.xen.add_domain(text(world))
    return task(config=str(path))


@case("error: both are there", error="name_in_use", after="running")
def _both(world: World) -> Parameters:
    web(world)
    world.config("www", "name = 'www'\nmemory = 64\nkernel = '/k'\n")
    return task()


@case("error: both are running", error="name_in_use", after="running")
def _both_running(world: World) -> Parameters:
    content = renamed(web(world))
    world.config("www", content)
    world.xen.add_domain(content)
    return task()


@case("error: saved", error="saved")
def _saved(world: World) -> Parameters:
    web(world)
    world.save("web")
    return task()


@case("error: from itself", error="bad_value", after="running")
def _itself(world: World) -> Parameters:
    web(world)
    return {**task(), "name": "web"}
