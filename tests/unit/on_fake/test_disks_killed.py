# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clones and snapshots that are killed after each of their steps: the next run brings it to its end.

Nothing of the module runs after the kill, no clean-up either. In between, no half-made thing has its final name.
"""

from __future__ import annotations

import itertools
import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.clone import _clone_apply, _clone_task
from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host, _lock
from ansible_collections.netbsd.xen.plugins.module_utils.snapshot import (
    _snapshot_apply,
    _snapshot_store,
    _snapshot_task,
)
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _lvm, _vnd
from ansible_collections.netbsd.xen.tests.fake.harness import fake_xen  # noqa: F401 # pylint: disable=unused-import # a fixture
from ansible_collections.netbsd.xen.tests.fake.lvm import FakeLvm

OLD, NEW = b"as it was".ljust(4096, b"\0"), b"as it is".ljust(4096, b"\0")
CONFIG = """name = "web" # mine
type = "pv"
kernel = "{kernel}"
memory = 64
disk = [ '{image},raw,xvda,w', '{volume},raw,xvdb,w' ]
"""


class Killed(BaseException):
    """The end of the process."""


class World:
    """A guest ``web`` with an image and a volume."""

    def __init__(self, xen, folder, monkeypatch):
        self.xen, self.folder, self.monkeypatch = xen, folder, monkeypatch
        self.lvm = FakeLvm(folder / "lvm", {"vg0": 15})
        for where, name, value in (
            (_lvm, "PROGRAM", str(self.lvm.program)), (_lvm, "DEV", str(self.lvm.dev)), (_vnd, "SYS_BLOCK", "/nowhere"),
            (_lock, "PATH", str(folder / "lock")), (_host, "require_root", lambda: None),
            (_host, "SAVE_DIR", str(folder / "save")),
        ):  # fmt: skip
            monkeypatch.setattr(where, name, value)
        self.image = folder / "web.img"
        self.image.write_bytes(NEW)
        self.volume = self.lvm.volume("vg0", "web-data", 1, NEW)
        self.etc = folder / "etc"
        self.etc.mkdir()
        text = CONFIG.format(kernel=xen.kernel, image=self.image, volume=self.volume)
        (self.etc / "web.cfg").write_text(text, encoding="utf-8")
        self.common = {"toolstack": "auto", "config_dir": str(self.etc)}

    def start(self, state="running"):
        self.xen.add_domain(self.etc / "web.cfg", state)

    def state(self):
        guest = self.xen.domain("web")
        return None if guest is None else "paused" if guest["pause_count"] else "running"

    def killed_after(self, count, applier, work):
        """Run until ``count`` steps are done; whether the work has ended before that."""
        do, done = applier._do, itertools.count(1)

        def do_and_die(this, step):
            do(this, step)
            if next(done) == count:
                raise Killed

        with self.monkeypatch.context() as patch:
            patch.setattr(applier, "_do", do_and_die)
            try:
                work()
            except Killed:
                return False
        return True

    def head(self, path):
        with open(path, "rb") as stream:
            return stream.read(4096)


@pytest.fixture
def world(fake_xen, tmp_path, monkeypatch):  # noqa: F811
    return World(fake_xen, tmp_path, monkeypatch)


def clone(world):
    usual = dict.fromkeys(("config", "source_config", "disks", "directory", "sparse"))
    task = {**usual, **world.common, "name": "web2", "source": "web", "pause": True, "compare": True}
    return _clone_task.run(task, False)


@pytest.mark.parametrize("runs", [False, True])
@pytest.mark.parametrize("count", range(1, 12))
def test_a_clone(world, count, runs):
    if runs:
        world.start()
    world.killed_after(count, _clone_apply.Applier, lambda: clone(world))
    made = (world.etc / "web2.cfg").exists()
    complete = made and not (world.etc / ".web2.clone").exists()
    if made:
        assert world.head(world.folder / "web2.img") == world.head(world.lvm.dev / "vg0" / "web2-data") == NEW
    assert clone(world)["changed"] != complete
    assert clone(world)["changed"] is False
    assert world.head(world.folder / "web2.img") == world.head(world.lvm.dev / "vg0" / "web2-data") == NEW
    assert sorted(world.lvm.volumes) == ["vg0/web-data", "vg0/web2-data"]
    assert sorted(os.listdir(world.etc)) == ["web.cfg", "web2.cfg"]
    assert _configfile.read(str(world.etc / "web2.cfg")).value("name") == "web2"
    assert world.state() == ("running" if runs else None)
    assert [name for name in os.listdir(world.folder) if "partial" in name] == []


def snapshot(world, state="present", **more):
    usual = {"config": None, "method": "auto", "memory": False, "pause": True, "allow_restart": False}
    task = {**usual, **world.common, "name": "web", "snapshot": "s", "directory": str(world.folder / "snap")}
    return _snapshot_task.run({**task, "state": state, **more}, False)


@pytest.mark.parametrize("runs, memory", [(False, False), (True, True)])
@pytest.mark.parametrize("count", range(1, 8))
def test_taking_a_snapshot(world, count, runs, memory):
    if runs:
        world.start()
    ended = world.killed_after(count, _snapshot_apply.Applier, lambda: snapshot(world, memory=memory))
    complete = (world.folder / "snap/web/s").exists()
    assert snapshot(world, memory=memory)["changed"] != complete
    assert complete or not ended
    assert snapshot(world)["changed"] is False
    assert os.listdir(world.folder / "snap" / "web") == ["s"]
    manifest = _snapshot_store.read(str(world.folder / "snap/web/s"))
    assert manifest and manifest.taken and [disk.method for disk in manifest.disks] == ["copy", "lvm"]
    assert world.head(world.folder / "snap/web/s/xvda.img") == NEW
    assert sorted(world.lvm.volumes) == ["vg0/web-data", "vg0/web-data.s"]
    assert world.state() == ("running" if runs else None)


def changed_since(world):
    """The disks say NEW, and a snapshot of when they said OLD is there."""
    for path in (world.image, world.volume):
        with open(path, "r+b") as stream:
            stream.write(OLD)
    snapshot(world)
    for path in (world.image, world.volume):
        with open(path, "r+b") as stream:
            stream.write(NEW)


@pytest.mark.parametrize("runs", [False, True])
@pytest.mark.parametrize("count", range(1, 10))
def test_going_back(world, count, runs):
    changed_since(world)
    if runs:
        world.start()
    world.killed_after(count, _snapshot_apply.Applier, lambda: snapshot(world, "reverted", allow_restart=True))
    snapshot(world, "reverted", allow_restart=True)
    assert snapshot(world, "reverted", allow_restart=True)["changed"] is False
    assert world.state() == ("running" if runs else None)
    assert world.head(world.image) == world.head(world.volume) == OLD
    assert sorted(world.lvm.volumes) == ["vg0/web-data", "vg0/web-data.s"]
    assert world.head(world.lvm.dev / "vg0" / "web-data.s") == OLD
    assert [name for name in os.listdir(world.folder) if "before-revert" in name] == []
    assert sorted(os.listdir(world.folder / "snap/web/s")) == ["manifest.json", "xvda.img"]


@pytest.mark.parametrize("count", range(1, 4))
def test_removing_a_snapshot(world, count):
    snapshot(world)
    world.killed_after(count, _snapshot_apply.Applier, lambda: snapshot(world, "absent"))
    assert not (world.folder / "snap/web/s").exists()
    snapshot(world, "absent")
    assert snapshot(world, "absent")["changed"] is False
    assert not (world.folder / "snap/web").exists()
    assert sorted(world.lvm.volumes) == ["vg0/web-data"]
    assert world.head(world.image) == world.head(world.volume) == NEW
