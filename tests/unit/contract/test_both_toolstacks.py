# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host, looked at through both toolstacks: they must tell the same of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.netbsd.xen.tests.fake.harness import collections_root
from ansible_collections.netbsd.xen.tests.unit.contract import xen_domain, xen_domain_xm
from ansible_collections.netbsd.xen.tests.unit.contract.world import Server, World

# what can be compared as it is
SAME = ("name", "state", "domid", "memory", "vcpus", "config", "problems", "extra_config")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server(["xen_domain_info", "xen_domain", "xen_domains"], collections_root())
    yield started
    started.close()


@pytest.fixture
def world(tmp_path: Path, server: Server) -> World:
    return World(tmp_path, server)


def told(world: World, toolstack: str) -> dict[str, Any]:
    result = world.run("xen_domain_info", {"toolstack": toolstack}, False).result
    assert not result.get("failed"), result.get("msg")
    (domain,) = result["domains"]
    return dict(domain)


@pytest.mark.parametrize("state", ["running", "paused", "not live"])
def test_both_tell_the_same(world: World, state: str) -> None:
    xen_domain.situation(world, "same", state)
    of_xl = told(world, "xl")
    world.config("web", xen_domain_xm.text(world))
    of_xm = told(world, "xm")
    both = {key: (of_xl[key], of_xm[key]) for key in SAME if key != "extra_config"}
    assert all(one == other for one, other in both.values()), both
    for key in ("kernel", "memory", "maxmem", "vcpus", "type", "cmdline", "disks", "uuid", "on_reboot"):
        assert of_xl["live"].get(key) == of_xm["live"].get(key), key
    # the one that xm has no words for
    assert {**of_xl["properties"], "device_model_args": None} == {**of_xm["properties"], "device_model_args": None}
    assert of_xm["drift"] == []


def test_many_at_once_with_xm(world: World) -> None:
    """xen_domains asks xm as often about three guests as about one, and finds nothing to do when it is done."""
    domains = [
        {"name": name, "state": "running", "type": "pv", "kernel": world.kernel, "memory": "64"}
        for name in ("one", "two", "three")
    ]
    given = {"toolstack": "xm", "domains": domains}
    done = world.run("xen_domains", given, False)
    assert not done.failed, done.result.get("msg")
    assert {domain["name"] for domain in world.xen.state["domains"]} == {"one", "two", "three"}
    again = world.run("xen_domains", given, False)
    assert (again.result["changed"], again.mutating) == (False, [])
    assert sum(call[:2] == ["xm", "list"] for call in world.xen.calls()) <= 2
