# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adopting a host that was kept by hand: what xen_domain_info reads of it, given to xen_domain, changes nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.netbsd.xen.tests.fake.harness import collections_root
from ansible_collections.netbsd.xen.tests.unit.contract.world import Server, World

WEB = """# the front door
name = 'web'
type = "pv"
memory = 0x60   # MiB
maxmem = 128
kernel = "{kernel}"
root = '/dev/xvda1 ro'
vif = [ 'mac=00:16:3e:11:11:01,bridge=xenbr0', 'bridge=xenbr0' ]
disk = [ 'phy:{disk},xvda,w' ]
localtime = 1; pool = "Pool-0"; their_own = 1
"""
PLAIN = "name = '{name}'\nkernel = '{kernel}'\nmemory = 64\non_crash = 'preserve'\nvncpasswd = 'hunter2'\n"
STATES = {"alpha": "running", "beta": "paused", "gamma": "stopped", "delta": "saved"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server(["xen_domain", "xen_domains", "xen_domain_info"], collections_root())
    yield started
    started.close()


@pytest.fixture
def world(tmp_path: Path, server: Server) -> World:
    return World(tmp_path, server)


def keep_by_hand(world: World) -> None:
    """Guests in every state, as somebody wrote and started them; two of them start at boot."""
    text = WEB.format(kernel=world.kernel, disk=world.file("disks/web.img"))
    path = world.config("web", text)
    world.xen.add_domain(text)
    for name, state in STATES.items():
        text = PLAIN.format(name=name, kernel=world.kernel)
        (world.root / "etc" / f"{name}.cfg").write_text(text, encoding="utf-8")
        if state != "stopped":
            world.xen.add_domain(text, "paused" if state == "paused" else "running")
        if state == "saved":
            world.save(name)
    (world.root / "auto" / "20-web").symlink_to(path)
    (world.root / "auto" / "10-gamma").symlink_to(world.root / "etc" / "gamma.cfg")


def read(world: World, **options: Any) -> dict[str, Any]:
    outcome = world.run("xen_domain_info", {"as_vars": True, **options}, check=False)
    assert not outcome.failed, outcome.result
    assert "hunter2" not in str(outcome.result)
    return outcome.result


def give_back(world: World, domain: dict[str, Any], *actions: str) -> None:
    """The domain as a task, in check mode and for real."""
    tree, guests = world.tree(), world.guests()
    for check in (True, False):
        outcome = world.run("xen_domain", domain, check)
        assert not outcome.failed, outcome.result
        assert outcome.result["actions"] == list(actions), outcome.result["actions"]
        assert outcome.mutating == []
    assert world.guests() == guests
    assert actions or world.tree() == tree


def test_given_back_it_changes_nothing(world: World) -> None:
    keep_by_hand(world)
    result = read(world)
    domains = {domain["name"]: domain for domain in result["vars"]["xen_domains"]}
    assert list(domains) == ["gamma", "web", "alpha", "beta", "delta"], "the order of the start at boot, then by name"
    assert {name: domain["state"] for name, domain in domains.items()} == {**STATES, "web": "running"}
    assert domains["web"] == {
        "name": "web", "state": "running", "type": "pv", "kernel": world.kernel, "root": "/dev/xvda1 ro", "memory": 96,
        "maxmem": 128, "disks": [{"vdev": "xvda", "target": str(world.root / "disks/web.img")}],
        "vifs": [{"mac": "00:16:3e:11:11:01", "bridge": "xenbr0"}, {"mac": "random", "bridge": "xenbr0"}],
        "localtime": True, "pool": "Pool-0", "extra_config": {"their_own": 1}, "autostart": True, "autostart_order": 20,
    }  # fmt: skip
    assert result["problems"] == []
    assert [secret["option"] for secret in result["secrets"]] == ["vncpasswd"] * len(STATES)
    for domain in domains.values():
        give_back(world, domain)


def test_given_back_as_one_list_it_changes_nothing(world: World) -> None:
    """As playbooks/domains.yml does; and pruning finds nobody who is not in the list."""
    keep_by_hand(world)
    tree, guests = world.tree(), world.guests()
    task = {"domains": read(world)["vars"]["xen_domains"], "prune": "report"}
    for check in (True, False):
        outcome = world.run("xen_domains", task, check)
        assert not outcome.failed, outcome.result
        assert (outcome.result["changed"], outcome.result["actions"], outcome.mutating) == (False, [], [])
        assert outcome.result["undeclared"] == []
    assert (world.tree(), world.guests()) == (tree, guests)


def test_a_guest_without_a_file_gets_it_and_nothing_else(world: World) -> None:
    text = WEB.format(kernel=world.kernel, disk=world.file("disks/web.img"))
    world.xen.add_domain(text)
    (domain,) = read(world)["vars"]["xen_domains"]
    give_back(world, domain, f"write {world.root}/etc/web.cfg")
    (again,) = read(world)["vars"]["xen_domains"]
    give_back(world, again)
    assert again == domain


def test_a_guest_that_is_nothing_but_a_save(world: World) -> None:
    world.xen.add_domain(PLAIN.format(name="lone", kernel=world.kernel))
    world.save("lone")
    (domain,) = read(world)["vars"]["xen_domains"]
    assert (domain["name"], domain["state"], domain["memory"]) == ("lone", "saved", 64)
    give_back(world, domain, f"write {world.root}/etc/lone.cfg")


def test_a_guest_that_differs_from_its_file_is_left_as_it_is(world: World) -> None:
    keep_by_hand(world)
    path = world.root / "etc" / "web.cfg"
    path.write_text(path.read_text(encoding="utf-8").replace("0x60", "80"), encoding="utf-8")
    result = read(world, name=["web"])
    (domain,) = result["vars"]["xen_domains"]
    assert (domain["memory"], domain["apply"]) == (80, "next_boot")
    assert [problem["option"] for problem in result["problems"]] == ["apply"]
    give_back(world, domain)


def test_a_vcpu_that_was_pinned_by_hand_stays_there(world: World) -> None:
    """libxl does not keep up with `xl vcpu-pin`, so that `xl list -l` tells nothing of it."""
    keep_by_hand(world)
    path = world.root / "etc" / "alpha.cfg"
    path.write_text(path.read_text(encoding="utf-8") + "cpus = '0-3'\n", encoding="utf-8")
    subprocess.run(["xl", "vcpu-pin", "alpha", "0", "1"], env=world.xen.environment, check=True)
    result = read(world, name=["alpha"])
    assert [(item["option"], item["live"]) for item in result["domains"][0]["drift"]] == [("cpus", ["1"])]
    (domain,) = result["vars"]["xen_domains"]
    assert (domain["cpus"], domain["apply"]) == ("0-3", "next_boot")
    give_back(world, domain)


def test_files_that_are_not_in_the_list_are_named(world: World) -> None:
    etc = world.root / "etc"
    (etc / "broken.cfg").write_text("name = 'x'\nmemory = [ 1\nkernel = 'k'\n", encoding="utf-8")
    (etc / "nameless").write_text("memory = 1\nkernel = 'k'\n", encoding="utf-8")
    (etc / "for-xm").write_text("name = 'old'\nmemory = 64\nkernel = '/boot/' + 'netbsd'\n", encoding="utf-8")
    (etc / "xl.conf").write_text("autoballoon = 'off'\n", encoding="utf-8")
    (etc / "twin.cfg").write_text("name = 'twin'\nmemory = 1\n", encoding="utf-8")
    (etc / "copy-of-twin").write_text("name = 'twin'\nmemory = 1\n", encoding="utf-8")
    (etc / "a hook").write_text("#!/bin/sh\nsleep 3\n", encoding="utf-8")
    named = {Path(problem["path"]).name: problem for problem in read(world)["problems"]}
    assert sorted(named) == ["broken.cfg", "copy-of-twin", "for-xm", "nameless"]
    assert "xen_convert_config" in named["for-xm"]["reason"] and named["for-xm"]["line"] == 3
    assert named["broken.cfg"]["line"] == 2
    assert "twin.cfg" in named["copy-of-twin"]["reason"]


def test_what_starts_at_boot_and_what_does_not(world: World) -> None:
    keep_by_hand(world)
    (world.root / "auto" / "gone").symlink_to(world.root / "etc" / "gone.cfg")
    (world.root / "auto" / "web").symlink_to(world.root / "etc" / "web.cfg")
    result = read(world)
    told = result["autostart"]
    assert [(entry["entry"], entry["name"], entry["order"]) for entry in told["entries"]] == [
        ("gamma", "gamma", 10), ("web", "web", 20), ("gone", None, None), ("web", "web", None),
    ]  # fmt: skip
    assert (told["missing"], told["twice"], told["unlisted"]) == (["gone"], ["web"], ["alpha", "beta"])
    assert any("no script" in problem for problem in told["problems"])
    domains = {domain["name"]: domain for domain in result["domains"]}
    assert (domains["gamma"]["autostart"], domains["gamma"]["autostart_order"]) == (True, 10)
    assert (domains["alpha"]["autostart"], domains["alpha"]["autostart_order"]) == (False, None)
