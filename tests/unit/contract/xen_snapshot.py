# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_snapshot: of guests that are stopped, paused or running, of files and volumes, taken, reverted and removed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.snapshot import _snapshot_store
from ansible_collections.netbsd.xen.plugins.module_utils.snapshot._snapshot_store import Manifest, SavedDisk
from ansible_collections.netbsd.xen.tests.fake.lvm import FakeLvm
from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_disk import lvm
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domain import text

Prepare = Callable[[World], dict[str, Any]]
OLD = bytes(65536) + b"as it was" + bytes(1015)
NEW = bytes(65536) + b"as it is now" + bytes(1524)


def _web(world: World, live: str | None, volume: bool) -> tuple[dict[str, Any], FakeLvm | None]:
    """Web with one disk, an image or a volume; gives the task."""
    fake = lvm(world) if volume else None
    if fake:
        disk = str(fake.volume("vg0", "web", 1, NEW))
        content = text(world, disk=disk)
    else:
        world.moves = {"storage._vnd.SYS_BLOCK": "/nowhere"}
        os.chmod(world.file("disks/web.img", NEW), 0o640)
        content = text(world)
    world.config("web", content)
    if live:
        world.xen.add_domain(content, live)
    return {"name": "web", "snapshot": "before", "directory": str(world.root / "snapshots")}, fake


def _take(live: str | None = None, volume: bool = False, **parameters: Any) -> Prepare:
    return lambda world: {**_web(world, live, volume)[0], **parameters}


def _folder(world: World, name: str = "before") -> Path:
    folder = world.root / "snapshots" / "web" / name
    for path in (*reversed(folder.parents[:2]), folder):
        path.mkdir(mode=0o700)
    return folder


def _taken(live: str | None = None, volume: bool = False, folder: str = "before", **parameters: Any) -> Prepare:
    """With a snapshot of when the disk said ``OLD``, or at least its folder under another name."""

    def prepare(world: World) -> dict[str, Any]:
        task, fake = _web(world, live, volume)
        path = _folder(world, folder)
        if fake:
            device = fake.volume("vg0", "web.before", 2, OLD, origin="web")
            disk = SavedDisk("xvda", str(fake.dev / "vg0" / "web"), "volume", 4 * 1024**2, "lvm", str(device))
        else:
            digest = hashlib.sha256(OLD).hexdigest()
            disk = SavedDisk("xvda", str(world.root / "disks/web.img"), "file", len(OLD), "copy", "xvda.img", digest)
            world.file(f"snapshots/web/{folder}/xvda.img", OLD)
        manifest = Manifest("web", "before", "2026-11-22T21:00:00Z", "stopped", False, "partial" in folder, (disk,))
        _snapshot_store.write(str(path), manifest)
        return {**task, **parameters}

    return prepare


def _reverted(live: str | None = None, volume: bool = False, **parameters: Any) -> Prepare:
    return _taken(live, volume, state="reverted", **parameters)


def _with_file(prepare: Prepare, name: str, content: bytes = b"") -> Prepare:
    """One file is other than it should be."""

    def prepare_all(world: World) -> dict[str, Any]:
        task = prepare(world)
        world.file(name, content)
        return task

    return prepare_all


def _without_volume(world: World) -> dict[str, Any]:
    """Killed when the LVM snapshot had gone into its origin, and was not taken anew yet."""
    task = _reverted(volume=True)(world)
    world.file("snapshots/web/before/reverting", b"")
    fake = FakeLvm(world.root / "other", {"vg0": 15})
    fake.volume("vg0", "web", 1, OLD)
    for name in ("lvm.json", "dev/vg0/web"):
        (world.root / "lvm" / name).write_bytes((fake.directory / name).read_bytes())
    (world.root / "lvm/dev/vg0/web.before").unlink()
    return task


def _failing(prepare: Prepare, command: str) -> Prepare:
    def prepare_all(world: World) -> dict[str, Any]:
        task = prepare(world)
        world.xen.fault("fails", command, rc=1, stderr="no such luck\n")
        return task

    return prepare_all


def _saved(world: World) -> dict[str, Any]:
    task = _reverted("running")(world)
    world.save("web")
    return task


def cases() -> list[Case]:
    marker = "snapshots/web/before/reverting"
    return [
        Case("of a stopped guest", _take(), changes=True, after="gone"),
        Case("of a paused guest", _take("paused"), changes=True, after="paused"),
        Case("of a running guest", _take("running", pause=True), changes=True, after="running"),
        Case("with memory", _take("running", pause=True, memory=True), changes=True, after="running"),
        Case("with memory, paused", _take("paused", memory=True), changes=True, after="paused"),
        Case("of a volume", _take(volume=True), changes=True),
        Case("of a volume, copied", _take(volume=True, method="copy"), changes=True),
        Case("as it is", _taken(), changes=False),
        Case("after one that was cut off", _taken(folder=".before.partial"), changes=True),
        Case(
            "after one that was cut off while the guest was paused",
            _taken("paused", volume=True, folder=".before.partial"), changes=True, after="running",
        ),
        Case("back", _reverted(), changes=True, after="gone"),
        Case("back with a volume", _reverted(volume=True), changes=True),
        Case("back under a running guest", _reverted("running", allow_restart=True), changes=True, after="running"),
        Case("back when it is as it was", _with_file(_reverted(), "disks/web.img", OLD), changes=False),
        Case("back again, after it was cut off", _with_file(_reverted(), marker), changes=True),
        Case("back with a volume, after it was cut off", _without_volume, changes=True),
        Case("away", _taken(state="absent"), changes=True),
        Case("away with a volume", _taken("running", volume=True, state="absent"), changes=True, after="running"),
        Case("away, after it was cut off", _taken(folder=".before.removing", state="absent"), changes=True),
        Case("away when it is gone", _take(state="absent"), changes=False),
        Case("error: the guest runs", _take("running"), error="domain_running", after="running"),
        Case("error: no memory to take", _take(memory=True), error="not_running"),
        Case("error: no such domain", _take(name="db"), error="no_such_domain"),
        Case("error: a name that is no folder", _take(snapshot="../x"), error="bad_value"),
        Case("error: no such snapshot", _take(state="reverted"), error="no_such_snapshot"),
        Case("error: back under a running guest", _reverted("running"), error="domain_running", after="running"),
        Case("error: back under a saved guest", _saved, error="domain_saved"),
        Case(
            "error: a damaged copy", _with_file(_reverted(), "snapshots/web/before/xvda.img", NEW),
            error="snapshot_damaged",
        ),
        Case(
            "error: a damaged manifest", _with_file(_reverted(), "snapshots/web/before/manifest.json", b"{"),
            error="manifest_damaged",
        ),
        Case(
            "error: it does not run again", _failing(_take("running", pause=True), "unpause"),
            error="command_failed", fails_late=True, after="running",
        ),
        Case(
            "error: it cannot be saved", _failing(_take("running", pause=True, memory=True), "save"),
            error="command_failed", fails_late=True, after="running",
        ),
    ]  # fmt: skip
