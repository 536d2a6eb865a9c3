# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_domains: lists of domains from several situations, and the ways in which a list is refused as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domain import MAC, UUID, text

Parameters = dict[str, Any]
THREE = ("db", "web", "mail")


def domain(world: World, name: str, **more: Any) -> Parameters:
    """One domain of the list, with a disk of its own."""
    disk = world.root / "disks" / f"{name}.img"
    if not disk.exists():
        disk.write_bytes(b"\0" * 512)
    own: Parameters = {"name": name, "disks": [{"target": str(disk), "vdev": "xvda"}], "vifs": ["bridge=xenbr0"]}
    return {**own, **more}


def task(world: World, *domains: Parameters, state: str = "running", **more: Any) -> Parameters:
    """The parameters of a task on these domains."""
    defaults = {"state": state, "type": "pv", "kernel": world.kernel, "memory": 96, "timeout": 20}
    return {"domains": list(domains), "defaults": defaults, **more}


def three(world: World, **more: Any) -> Parameters:
    """web and mail depend on db."""
    rest = [domain(world, name, depends_on=["db"]) for name in THREE[1:]]
    return task(world, *rest, domain(world, "db"), **more)


def _made(world: World, *names: str) -> None:
    """Domains that a task of ours has made before, and somebody has written a comment into one of the files."""
    done = world.run("xen_domains", task(world, *(domain(world, name) for name in names)), check=False)
    assert not done.failed, done.result["msg"]
    if "web" in names:
        path = world.root / "etc" / "web.cfg"
        path.write_text(path.read_text(encoding="utf-8") + "# web, the company's front door\n", encoding="utf-8")


def _by_hand(world: World, *names: str) -> None:
    """Domains that run, with a config file each; nobody declares them."""
    for number, name in enumerate(names):
        content = f"name='{name}'\nkernel='{world.kernel}'\nmemory=64\nvif=['mac=00:16:3e:77:00:{number:02x}']\n"
        world.config(name, content)
        world.xen.add_domain(content)


def _from_nothing(world: World) -> Parameters:
    return three(world)


def _as_declared(world: World) -> Parameters:
    _made(world, *THREE)
    return three(world)


def _some_of_each(world: World) -> Parameters:
    """One is new, one gets more memory as it runs, one goes, one stays, one is restarted for its kernel's sake."""
    _made(world, "web", "old", "stays", "other")
    return task(
        world,
        domain(world, "new", depends_on=["web"]),
        domain(world, "web", memory=64),
        domain(world, "old", state="absent"),
        domain(world, "stays"),
        domain(world, "other", extra="single", allow_restart=True),
    )


def _state(state: str) -> Callable[[World], Parameters]:
    def prepare(world: World) -> Parameters:
        _made(world, *THREE)
        world.xen.guest("db", shutdown_polls=3, zombie_polls=2)
        return three(world, state=state)

    return prepare


def _saved_before(world: World) -> Parameters:
    _made(world, "web", "db")
    for name in ("web", "db"):
        world.save(name)
    return task(world, domain(world, "web", depends_on=["db"]), domain(world, "db"))


def _only(world: World) -> Parameters:
    return three(world, only=["web", "elsewhere"])


def _prune(how: str) -> Callable[[World], Parameters]:
    def prepare(world: World) -> Parameters:
        _made(world, "web")
        _by_hand(world, "stray", "router1")
        world.config("off", "name='off'\nkernel='/k'\nmemory=64\n")
        return task(world, domain(world, "web"), prune=how, prune_except=["router*"])

    return prepare


def _disk_changes_hands(world: World) -> Parameters:
    """What the one that goes has had is free for the one that comes; it could not be had at the same time."""
    _made(world, "old")
    disk = {"target": str(world.root / "disks" / "old.img"), "vdev": "xvda"}
    return task(world, {"name": "web", "disks": [disk]}, domain(world, "old", state="stopped"))


def _memory_changes_hands(world: World) -> Parameters:
    _made(world, "old")
    free = world.xen.free_memory
    return task(world, domain(world, "web", memory=free + 90), domain(world, "old", state="absent"))


def _identities_change_hands(world: World) -> Parameters:
    _made(world, "old")
    first = {"name": "old", "vifs": [f"bridge=xenbr0,mac={MAC}"], "uuid": UUID}
    made = world.run("xen_domains", task(world, {**first, "state": "present", "memory": 96}), check=False)
    assert not made.failed, made.result["msg"]
    return task(
        world,
        {**first, "name": "web"},
        {"name": "old", "vifs": ["bridge=xenbr0,mac=00:16:3e:99:99:99"], "uuid": UUID.replace("1", "2"),
         "allow_restart": True},
    )  # fmt: skip


def _nameless_neighbours(world: World) -> Parameters:
    for name in ("a", "b"):
        world.xen.add_domain(f"name='{name}'\nkernel='{world.kernel}'\nmemory=64\n", "dying")
    world.xen.fault("list_fails", "list")
    return three(world, prune="report")


def _refused(**more: Any) -> Callable[[World], Parameters]:
    return lambda world: three(world, **more)


def _list(*domains: Parameters) -> Callable[[World], Parameters]:
    """A task on these, in which a path may be under the world's root."""
    return lambda world: task(world, *({**domain(world, each.get("name", "x")), **each} for each in domains))


def _too_much_memory(world: World) -> Parameters:
    """Each of them fits."""
    half = world.xen.free_memory // 2
    return task(world, *(domain(world, name, memory=half) for name in THREE))


def _one_disk(world: World) -> Parameters:
    shared = {"target": str(world.root / "disks" / "db.img"), "vdev": "xvda"}
    return task(world, domain(world, "db"), {"name": "web", "disks": [shared]})


def _mac_of_a_stranger(world: World) -> Parameters:
    world.xen.add_domain(text(world))
    return task(world, domain(world, "db", uuid=UUID))


def cases() -> list[Case]:
    mac = {"vifs": [f"bridge=xenbr0,mac={MAC}"]}
    return [
        Case("three from nothing", _from_nothing, changes=True, after="running"),
        Case("as declared", _as_declared, changes=False, after="running"),
        Case("some of each", _some_of_each, changes=True, after="running"),
        *(Case(f"all {state}", _state(state), changes=True, after="gone") for state in ("stopped", "saved", "absent")),
        Case("all paused", _state("paused"), changes=True, after="paused"),
        Case("all restarted", _state("restarted"), changes=True, always_changes=True, after="running"),
        Case("saved before", _saved_before, changes=True, after="running"),
        Case("only one", _only, changes=True, after="running"),
        Case("prune nothing", _prune("none"), changes=False),
        Case("prune: report", _prune("report"), changes=False),
        Case("prune: stop", _prune("stop"), changes=True),
        Case("prune: remove", _prune("remove"), changes=True),
        Case("a disk changes hands", _disk_changes_hands, changes=True, after="running"),
        Case("memory changes hands", _memory_changes_hands, changes=True, after="running"),
        Case("identities change hands", _identities_change_hands, changes=True, after="running"),
        Case("domains without a name, and a listing that fails", _nameless_neighbours, changes=True),
        Case("no domains", task, changes=False),
        Case("error: a word that no option has", _list({"name": "web", "memroy": 1}), error="bad_value"),
        Case("error: no name", lambda world: task(world, {"memory": 96}), error="bad_value"),
        Case("error: a value", _list({"name": "web", "vifs": "bridge"}), error="bad_value"),
        Case("error: declared twice", _list({"name": "web"}, {"name": "web"}), error="bad_value"),
        Case("error: depends on a stranger", _list({"name": "web", "depends_on": ["db"]}), error="bad_value"),
        Case(
            "error: a circle",
            _list({"name": "web", "depends_on": ["db"]}, {"name": "db", "depends_on": ["web"]}),
            error="dependency_cycle",
        ),
        Case("error: parallel", _refused(parallel=0), error="bad_value"),
        Case("error: prune all", lambda world: task(world, prune="stop"), error="bad_value"),
        Case("error: all of them do not fit", _too_much_memory, error="insufficient_memory"),
        Case("error: one disk for two", _one_disk, error="disk_in_use"),
        Case("error: one MAC for two", _list({"name": "web", **mac}, {"name": "db", **mac}), error="duplicate_mac"),
        Case(
            "error: one uuid for two", _list({"name": "web", "uuid": UUID}, {"name": "db", "uuid": UUID}),
            error="duplicate_uuid",
        ),
        Case("error: every one of them fails", _mac_of_a_stranger, error="domains_failed"),
    ]  # fmt: skip
