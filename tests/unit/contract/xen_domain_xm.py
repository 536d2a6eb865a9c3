# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_domain with xm: the same states from the same situations, on files in Python."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from ansible_collections.netbsd.xen.tests.unit.contract import xen_domain
from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domain import FILES, LIVE, STATES, Parameters, properties

# What xl's file of the same guest says, in xm's words, and with a little code.
FILE = """# web, the company's front door
import os
megabytes = 1
name = 'web'
builder = "linux"
memory = {memory}   # MiB
maxmem = 128 * megabytes
vcpus = 1
kernel = "{kernel}"
ramdisk = "{ramdisk}"
extra = "console=hvc0 {extra}"
uuid = "{uuid}"
vif = [ 'mac={mac}, bridge=xenbr0' ]
disk = [ 'file:{disk},xvda,w' ]
helper = os.getcwd()
"""


def text(world: World, **values: Any) -> str:
    usual: dict[str, Any] = {
        "memory": 96, "extra": "quiet", "kernel": world.kernel, "ramdisk": world.ramdisk,
        "disk": str(world.root / "disks" / "web.img"), "uuid": xen_domain.UUID, "mac": xen_domain.MAC,
    }  # fmt: skip
    return FILE.format(**{**usual, **values})


def situation(world: World, file: str, live: str) -> None:
    """As xen_domain's; the guest that runs was started of what the same file of xl says."""
    xen_domain.situation(world, file, live)
    if file != "no file":
        world.config("web", text(world, **xen_domain._OTHER.get(file, {})))


def matrix() -> Iterator[Case]:
    for state, file, live in itertools.product(STATES, FILES, LIVE):
        if state != "absent" and (live in ("not live", "running") or file == "same"):
            yield _case(state, file, live, True)
        if file == "same":
            yield _case(state, file, live, False)


def _case(state: str, file: str, live: str, with_properties: bool) -> Case:
    def prepare(world: World) -> Parameters:
        situation(world, file, live)
        given = properties(world) if with_properties else {}
        return {"name": "web", "state": state, "timeout": 20, "toolstack": "xm", **given}

    kind = "declared" if with_properties else "by name"
    return Case(
        name=f"xm: {state}, {kind}, from {file}, {live}",
        prepare=prepare,
        error=xen_domain._expected_error(state, file, live, with_properties),
        always_changes=state == "restarted",
        changes=xen_domain._expected_change(state, file, live, with_properties),
        after=xen_domain._expected_guest(state, live),
    )


def _web(world: World, file: str = "same", live: str = "running", **parameters: Any) -> Parameters:
    situation(world, file, live)
    return {"name": "web", "state": "running", "timeout": 20, "toolstack": "xm", **parameters}


def _live(world: World) -> Parameters:
    more = world.file("disks/more.img")
    disks = [*properties(world)["disks"], {"target": more, "vdev": "xvdb", "access": "r"}]
    return _web(world, memory="112", disks=disks)


def _code(world: World) -> Parameters:
    return _web(world, maxmem="256")


def _xend_down(world: World) -> Parameters:
    given = _web(world)
    world.xen.fault("xend_down", times=None)
    return given


def _file_only(world: World) -> Parameters:
    given = _web(world, live="not live", memory="64")
    world.xen.fault("xend_down", times=None)
    return {**given, "state": "present"}


def _no_python(world: World) -> Parameters:
    given = _web(world, live="not live")
    path = world.root / "etc" / "web.cfg"
    path.write_text(path.read_text(encoding="utf-8") + "print 'x'\n", encoding="utf-8")
    return given


def _new(**more: Any) -> Any:
    def prepare(world: World) -> Parameters:
        return _web(world, "no file", "not live", **{**properties(world), **more})

    return prepare


def cases() -> list[Case]:
    return [
        *matrix(),
        Case("xm: memory and a disk live", _live, changes=True, after="running"),
        Case("xm: a new guest", _new(), changes=True, after="running"),
        Case("xm: error: what xm has no words for", _new(cmdline="single"), error="bad_value"),
        Case("xm: error: a type that xm cannot make", _new(type="pvh"), error="bad_value"),
        Case("xm: error: the value is code", _code, error="config_code"),
        Case("xm: error: xend is down", _xend_down, error="daemons_down"),
        Case("xm: only the file where xend is down", _file_only, changes=True),
        Case("xm: error: no Python of today", _no_python, error="config_syntax"),
    ]
