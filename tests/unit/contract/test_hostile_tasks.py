# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole tasks with hostile names and with passwords, on a fake host: what runs, what is written, what is said.

A task that is refused has changed nothing and ends with an error, not with a traceback. No command line has a password
in it: every user of the host may read those.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.netbsd.xen.tests.fake.harness import collections_root
from ansible_collections.netbsd.xen.tests.unit.contract.world import Server, World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domain import text as config_of_web
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.test_hostile import CANARY, HOSTILE

Parameters = dict[str, Any]
PASSWORDS = ["hunter2", "hunter'2\"", "hunter\\2", "hunter$(id)`2", "hunter #2;=", "hunter☃2", "hunter2\nx"]
# Of the hostile texts those that a program or a shell on the way would stumble over; the files have tests of their own.
# NUL and what is no Unicode end in Ansible itself, before a module begins.
TEXTS = [HOSTILE[what] for what in (
    "newline", "both quotes", "commands", "out of quotes", "template", "items", "option", "dots", "long",
)]  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    modules = ["xen_domain", "xen_domains", "xen_domain_info", "xen_disk", "xen_clone", "xen_snapshot", "rc_conf"]
    started = Server([*modules, "xen_domain_command"], collections_root())
    yield started
    started.close()


@pytest.fixture
def world(tmp_path: Path, server: Server) -> Iterator[World]:
    made = World(tmp_path, server)
    made.moves = {"storage._vnd.SYS_BLOCK": "/nowhere"}
    yield made
    assert not list(tmp_path.rglob(CANARY)) and not Path(CANARY).exists()


def _guest(world: World, **more: Any) -> Parameters:
    return {"name": "web", "type": "pv", "kernel": world.kernel, "memory": 64, "state": "present", **more}


def _image(world: World, text: str) -> Parameters:
    return {"path": f"{world.root}/disks/{text}", "size": "1M"}


TASKS: dict[str, tuple[str, Callable[[World, str], Parameters]]] = {
    "xen_domain: name": ("xen_domain", lambda world, text: {**_guest(world), "name": text}),
    "xen_domain: kernel line": ("xen_domain", lambda world, text: _guest(world, extra=text)),
    "xen_domain: kernel": ("xen_domain", lambda world, text: _guest(world, kernel=f"/{text}")),
    "xen_domain: config": ("xen_domain", lambda world, text: _guest(world, config=f"{world.root}/etc/{text}")),
    "xen_domain: renamed_from": ("xen_domain", lambda world, text: _guest(world, renamed_from=text)),
    "xen_domain: bridge": ("xen_domain", lambda world, text: _guest(world, vifs=[{"bridge": text}])),
    "xen_domains: name": ("xen_domains", lambda world, text: {"domains": [{**_guest(world), "name": text}]}),
    "xen_domain_info: name": ("xen_domain_info", lambda _world, text: {"name": [text]}),
    "xen_domain_command: key": (
        "xen_domain_command", lambda _world, text: {"name": "other", "command": "sysrq", "key": text}),
    "xen_disk: path": ("xen_disk", _image),
    "xen_clone: name": ("xen_clone", lambda _world, text: {"source": "other", "name": text}),
    "xen_clone: directory": (
        "xen_clone", lambda world, text: {"source": "other", "name": "new", "directory": f"{world.root}/{text}"}),
    "xen_snapshot: snapshot": (
        "xen_snapshot", lambda world, text: {"name": "other", "snapshot": text, "directory": f"{world.root}/snap"}),
    "rc_conf: a word": (
        "rc_conf", lambda world, text: {"name": "xendomains", "add": [text], "path": f"{world.root}/etc/rc.conf"}),
}  # fmt: skip


@pytest.mark.parametrize("task", TASKS)
def test_hostile_text(world: World, task: str) -> None:
    module, parameters = TASKS[task]
    world.file("disks/other.img", bytes(4096))
    other = config_of_web(world, disk=f"{world.root}/disks/other.img").replace('"web"', '"other"')
    path = world.config("other", other.replace("'web'", "'other'"))
    for text in TEXTS:
        tree, guests = world.tree(), world.guests()
        done = world.run(module, parameters(world, text), check=False)
        if done.failed:
            assert done.result["error_id"] and done.result["msg"]
            assert {name: entry[:4] for name, entry in world.tree().items()} == {
                name: entry[:4] for name, entry in tree.items()
            }, text
            assert world.guests() == guests, text
        elif module in ("xen_domain", "xen_domains"):
            world.run("xen_domain", {"name": "web", "state": "absent", "force": True, "timeout": 0}, check=False)
        assert path.exists()


@pytest.mark.parametrize("password", PASSWORDS, ids=range(len(PASSWORDS)))  # the id is in the paths
@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_a_password(world: World, password: str, mode: int) -> None:
    """In an option, in a device, as free text; the file was there before, and others could read it."""
    world.config("web", f"name = 'web'\nkernel = '{world.kernel}'\nmemory = 64\n").chmod(mode)
    refused = 0
    for secret in (
        {"vncpasswd": password},
        {"vfb": [{"vnc": True, "vncpasswd": password}]},
        {"extra_config": {"spicepasswd": password}},
        {"vfb": [{"vnc": True, "vncpasswd": f"{password},x"}]},
        {"vncpasswd": password, "memory": "nothing"},
    ):
        for check in (True, False):
            done = world.run("xen_domain", _guest(world, **secret), check)
            assert "hunter" not in world.output.read_text(encoding="utf-8"), secret
            refused += done.failed
        said = [*world.xen.calls(), world.xen.state["domains"] and world.run("xen_domain_info", {}, False).result]
        assert "hunter" not in str(said)
        config = world.root / "etc" / "web.cfg"
        if "passwd" in config.read_text(encoding="utf-8"):
            assert stat.S_IMODE(config.stat().st_mode) == 0o600
        assert not list(world.temporary.iterdir())
    assert refused, "none of them was refused, so no message was seen"
