# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_clone: of guests that are stopped, paused or running, of files and volumes, and what it refuses."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_disk import lvm
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domain import text

Prepare = Callable[[World], dict[str, Any]]
TASK = {"source": "web", "name": "web2"}
CONTENT = bytes(65536) + b"root file system" + bytes(65520)


def of_web(live: str | None = None, **parameters: Any) -> Prepare:
    """A clone of web, whose disk is ``web.img``."""

    def prepare(world: World) -> dict[str, Any]:
        world.moves = {"storage._vnd.SYS_BLOCK": "/nowhere"}
        world.file("disks/web.img", CONTENT)
        content = text(world)
        world.config("web", content)
        if live:
            world.xen.add_domain(content, live)
        return {**TASK, **parameters}

    return prepare


def _of_volume(leftover: bool = False, **parameters: Any) -> Prepare:
    def prepare(world: World) -> dict[str, Any]:
        fake = lvm(world)
        disk = fake.volume("vg0", "web-root", 1, CONTENT)
        world.config("web", text(world, disk=str(disk)))
        if leftover:
            fake.volume("vg0", "web2-root", 1)
            journal(world, str(fake.dev / "vg0" / "web2-root"))
        return {**TASK, **parameters}

    return prepare


def journal(world: World, *targets: str, paused: bool = False) -> None:
    """What a clone that was killed has left."""
    data = {"source": "web", "targets": targets, "paused": paused}
    world.file("etc/.web2.clone", json.dumps(data).encode())


def _cut_off(live: str | None, paused: bool) -> Prepare:
    """Killed when the disk was there and the config was not."""

    def prepare(world: World) -> dict[str, Any]:
        task = of_web(live)(world)
        target = world.file("disks/web2.img", b"old" * 512)
        os.chmod(target, 0o600)
        journal(world, target, paused=paused)
        return task

    return prepare


def _nearly_done(world: World) -> dict[str, Any]:
    task = of_web()(world)
    world.config("web2", text(world, uuid="22222222-2222-3333-4444-555555555555").replace("'web'", "'web2'"))
    journal(world, world.file("disks/web2.img"))
    return task


def _into_place_of_another(world: World) -> dict[str, Any]:
    task = of_web()(world)
    world.file("disks/web2.img", b"somebody's")
    return task


def _of_another(world: World) -> dict[str, Any]:
    """The path of the copy is a disk of a guest that has no disk yet."""
    task = of_web()(world)
    target = str(world.root / "disks" / "web2.img")
    world.config("db", text(world, disk=target, uuid="3" * 8 + "-2222-3333-4444-555555555555").replace("'web'", "'db'"))
    return task


def _failing(prepare: Prepare, command: str) -> Prepare:
    def prepare_all(world: World) -> dict[str, Any]:
        task = prepare(world)
        world.xen.fault("fails", command, rc=1, stderr="no such luck\n")
        return task

    return prepare_all


def _foreign_disk(world: World) -> dict[str, Any]:
    task = of_web()(world)
    world.config("web", text(world, disk=world.file("disks/root.img")))
    return task


def cases() -> list[Case]:
    return [
        Case("of a stopped guest", of_web(), changes=True, after="gone"),
        Case("compared", of_web(compare=True, sparse=True), changes=True),
        Case("of a paused guest", of_web("paused"), changes=True, after="paused"),
        Case("of a running guest", of_web("running", pause=True), changes=True, after="running"),
        Case("into another folder", _into_folder, changes=True),
        Case("with a path", lambda world: of_web(disks={"0xca00": f"{world.root}/save/x.img"})(world), changes=True),
        Case("of a volume", _of_volume(compare=True), changes=True),
        Case("that was cut off", _cut_off(None, False), changes=True),
        Case("that was cut off while the source was paused", _cut_off("paused", True), changes=True, after="running"),
        Case("of a volume that was cut off", _of_volume(leftover=True), changes=True),
        Case("that was cut off at its end", _nearly_done, changes=True),
        Case("error: the source runs", of_web("running"), error="source_running", after="running"),
        Case("error: no such source", of_web(source="db"), error="no_such_domain"),
        Case("error: itself", of_web(name="web"), error="bad_value"),
        Case("error: no such vdev", of_web(disks={"xvdz": "/srv/z.img"}), error="bad_value"),
        Case("error: no place follows", _foreign_disk, error="bad_value"),
        Case("error: something is there", _into_place_of_another, error="target_exists"),
        Case("error: it is another guest's", _of_another, error="disk_in_use"),
        Case(
            "error: the source does not run again", _failing(of_web("running", pause=True), "unpause"),
            error="command_failed", fails_late=True, after="running",
        ),
        Case(
            "error: the source cannot be paused", _failing(of_web("running", pause=True), "pause"),
            error="command_failed", fails_late=True, after="running",
        ),
    ]  # fmt: skip


def _into_folder(world: World) -> dict[str, Any]:
    return of_web(directory=str(world.root / "save"))(world)
