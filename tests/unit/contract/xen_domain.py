# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_domain: every state from every situation, with and without properties, and the ways to fail."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import World

Parameters = dict[str, Any]
STATES = ("present", "running", "paused", "stopped", "restarted", "saved", "absent")
FILES = ("no file", "same", "other memory", "other extra")
_OTHER: dict[str, Parameters] = {"other memory": {"memory": 64}, "other extra": {"extra": "single"}}
LIVE = ("not live", "running", "paused", "crashed", "saved")
UUID, MAC = "11111111-2222-3333-4444-555555555555", "00:16:3e:11:11:01"

# A file as a person wrote it: comments, both kinds of quotes, an own order, a key that the collection does not know.
FILE = """# web, the company's front door
name = 'web'
type = "pv"
memory = {memory}   # MiB
maxmem = 128
vcpus = 1
kernel = "{kernel}"
ramdisk = "{ramdisk}"
extra = "console=hvc0 {extra}"
uuid = "{uuid}"
vif = [ 'mac={mac},bridge=xenbr0' ]
disk = [ 'format=raw,vdev=xvda,access=rw,target={disk}' ]
device_model_args = [ "-nodefaults" ]
"""


def text(world: World, **values: Any) -> str:
    """The file of ``web``; ``values`` replace the usual ones."""
    disk = world.root / "disks" / "web.img"
    if not disk.exists():
        disk.write_bytes(b"\0" * 512)
    usual: dict[str, Any] = {
        "memory": 96, "extra": "quiet", "kernel": world.kernel, "ramdisk": world.ramdisk, "disk": str(disk),
        "uuid": UUID, "mac": MAC,
    }  # fmt: skip
    return FILE.format(**{**usual, **values})


def properties(world: World) -> Parameters:
    """A task that declares what ``text`` says, partly as dictionaries."""
    text(world)
    return {
        "type": "pv", "memory": "96", "vcpus": 1, "kernel": world.kernel, "ramdisk": world.ramdisk,
        "extra": "console=hvc0 quiet", "vifs": [{"bridge": "xenbr0"}],
        "disks": [{"target": str(world.root / "disks" / "web.img"), "vdev": "xvda"}],
    }  # fmt: skip


def situation(world: World, file: str, live: str) -> None:
    """The file and the guest; the guest was started from what the file says, or, without one, from what is wanted."""
    world.file("auto/placeholder")
    content = text(world, **_OTHER.get(file, {}))
    if file != "no file":
        path = world.config("web", content)
        os.symlink(path, world.root / "auto" / "web.cfg")
    if live == "not live":
        return
    if live == "crashed":
        content += 'on_crash = "preserve"\n'
    world.xen.add_domain(content, {"saved": "running"}.get(live, live))
    if live == "saved":
        world.save("web")


def matrix() -> Iterator[Case]:
    for state, file, live in itertools.product(STATES, FILES, LIVE):
        if state != "absent":
            yield _case(state, file, live, True)
        if file in ("no file", "same"):
            yield _case(state, file, live, False)


def _case(state: str, file: str, live: str, with_properties: bool) -> Case:
    def prepare(world: World) -> Parameters:
        situation(world, file, live)
        given = properties(world) if with_properties else {}
        return {"name": "web", "state": state, "timeout": 20, **given}

    kind = "declared" if with_properties else "by name"
    return Case(
        name=f"{state}, {kind}, from {file}, {live}",
        prepare=prepare,
        error=_expected_error(state, file, live, with_properties),
        always_changes=state == "restarted",
        changes=_expected_change(state, file, live, with_properties),
        after=_expected_guest(state, live),
    )


def _expected_error(state: str, file: str, live: str, with_properties: bool) -> str | None:
    """What the documentation of the module says must be refused."""
    gone = live == "not live"
    if state == "absent":
        return "preserved" if live == "crashed" else None
    if file == "no file" and gone and not with_properties:
        return "no_such_domain" if state != "stopped" else None  # what is not there is stopped
    if live == "crashed" and state != "present":
        return "not_running" if state == "saved" else "preserved"
    if state == "saved" and gone:
        return "not_running"
    if state == "restarted" and file == "no file" and not with_properties:
        return "no_config"
    return None


def _expected_change(state: str, file: str, live: str, with_properties: bool) -> bool:
    """Whether anything is not yet as the task wants it."""
    if state == "absent":
        return file != "no file" or live != "not live"
    as_wanted = {
        "present": LIVE,
        "running": ("running",),
        "paused": ("paused",),
        "stopped": ("not live", "saved"),
        "saved": ("saved",),
        "restarted": (),
    }
    return live not in as_wanted[state] or (with_properties and file != "same")


def _expected_guest(state: str, live: str) -> str | None:
    before = {"not live": "gone", "saved": "gone"}.get(live, live)
    after = {"running": "running", "restarted": "running", "paused": "paused", "present": before}
    return after.get(state, "gone")


def neighbour(world: World, name: str) -> None:
    """Another guest that runs, with a config file of its own."""
    content = f"name = '{name}'\nkernel = '{world.kernel}'\nmemory = 64\nvif = [ 'bridge=xenbr0' ]\n"
    world.config(name, content)
    world.xen.add_domain(content)


def single(name: str, error: str | None = None, **more: Any) -> Callable[[Callable[[World], Parameters]], Case]:
    """Make a case of the function that prepares it."""
    return lambda prepare: Case(name=name, prepare=prepare, error=error, **more)


def web(world: World, file: str = "same", live: str = "not live", **parameters: Any) -> Parameters:
    """A situation, and a task on ``web`` in it."""
    situation(world, file, live)
    return {"name": "web", "timeout": 20, **parameters}


def variations() -> Iterator[Case]:
    """What the matrix leaves out: permissions, policies, and other ways to say the same."""
    from ansible_collections.netbsd.xen.tests.unit.contract import (
        xen_domain_autostart,
        xen_domain_errors,
        xen_domain_live,
        xen_domain_more,
        xen_domain_rename,
    )

    yield from xen_domain_more.CASES
    yield from xen_domain_errors.CASES
    yield from xen_domain_live.CASES
    yield from xen_domain_rename.CASES
    yield from xen_domain_autostart.CASES


@functools.lru_cache(maxsize=1)
def cases() -> list[Case]:
    return [*matrix(), *variations()]
