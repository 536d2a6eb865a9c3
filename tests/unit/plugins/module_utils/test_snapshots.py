# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots: their manifests and folders, the plans with plain data, and what becomes of half of one."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, CommandError, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_plan
from ansible_collections.netbsd.xen.plugins.module_utils.snapshot import (
    _snapshot_apply,
    _snapshot_plan,
    _snapshot_store,
)
from ansible_collections.netbsd.xen.plugins.module_utils.snapshot._snapshot_store import Manifest, SavedDisk, Store
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _lvm
from ansible_collections.netbsd.xen.plugins.module_utils.storage._disk_place import FILE, VOLUME, Found, Place, Room
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack._xl import Commands
from ansible_collections.netbsd.xen.tests.fake.lvm import FakeLvm
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import row

MIB = 1024 * 1024
GROUP = _lvm.Group("vg0", 4 * MIB, 100 * MIB)
ROOM = Room(100 * MIB, GROUP)
IMAGE = _snapshot_plan.Subject("xvda", Place("/srv/web.img", FILE), Found(8 * MIB, MIB))
VOL = _snapshot_plan.Subject("xvdb", Place("/dev/vg0/web", VOLUME, "vg0", "web"), Found(8 * MIB, 8 * MIB), ROOM)
COPIED = _snapshot_plan.saved_disk(IMAGE, "s", "copy")
BY_LVM = _snapshot_plan.saved_disk(VOL, "s", "lvm")
STORE = Store("/snap", "web")


def manifest(*disks, **more):
    usual = {"taken": "", "state": "stopped", "memory": False, "paused": False, **more}
    return Manifest("web", "s", disks=disks, **usual)


def taken(made, state="stopped", leftover=None):
    subjects = [{"xvda": IMAGE, "xvdb": VOL}[disk.vdev] for disk in made.disks]
    return [step.text for step in _snapshot_plan.taken(made, STORE, subjects, leftover, state, Commands)]


def test_a_stopped_guest_is_taken():
    assert taken(manifest(COPIED, BY_LVM)) == [
        "create /snap/web/.s.partial",
        "copy /srv/web.img to /snap/web/.s.partial/xvda.img",
        "lvm lvcreate --yes -s -l 4 -n web.s vg0/web",
        "rename /snap/web/.s.partial to /snap/web/s",
    ]


@pytest.mark.parametrize(
    "state, memory, paused, steps",
    [
        ("running", False, True, ["xl pause web", "copy", "xl unpause web"]),
        ("paused", False, True, ["copy", "xl unpause web"]),
        ("paused", False, False, ["copy"]),
        ("running", True, True, ["xl save -p web /snap/web/.s.partial/memory.save", "copy", "xl unpause web"]),
        ("paused", True, False, ["xl unpause web", "xl save -p web /snap/web/.s.partial/memory.save", "copy"]),
    ],
)
def test_who_is_paused_and_when(state, memory, paused, steps):
    """A guest that is paused although the manifest says that a task pauses it was paused by a task that was killed."""
    texts = taken(manifest(COPIED, memory=memory, paused=paused), state)[1:-1]
    assert ["copy" if text.startswith("copy ") else text for text in texts] == steps


def test_what_was_cut_off_goes_first():
    texts = taken(manifest(COPIED), leftover=manifest(COPIED, BY_LVM))
    assert texts[:3] == ["lvm lvremove -f vg0/web.s", "remove /snap/web/.s.partial", "create /snap/web/.s.partial"]


def test_an_lvm_snapshot_needs_room():
    assert _snapshot_plan.cow_extents(8 * MIB, GROUP) * GROUP.extent > 8 * MIB * 257 // 256
    with pytest.raises(HostError, match="needs 4 extents, and volume group vg0 has 3 free"):
        _snapshot_plan.snapshot_step(VOL.place, "s", 8 * MIB, Room(12 * MIB, GROUP))


def test_removing():
    texts = [step.text for step in _snapshot_plan.removed(STORE, "s", manifest(COPIED, BY_LVM))]
    assert texts == [
        "rename /snap/web/s to /snap/web/.s.removing", "lvm lvremove -f vg0/web.s", "remove /snap/web/.s.removing",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "names, is_leftover", [([], True), ([".manifest.json.99.abcd_123"], True), (["xvda.img"], False)]
)
def test_what_is_left_of_a_folder_without_a_manifest(tmp_path, names, is_leftover):
    """Just made, or all but removed, when its task was killed; or somebody else's."""
    assert _snapshot_store.leftover(str(tmp_path / "none")) is None
    for name in names:
        (tmp_path / name).touch()
    if is_leftover:
        assert _snapshot_store.leftover(str(tmp_path)).disks == ()
        return
    with pytest.raises(XenError, match="no part of a snapshot"):
        _snapshot_store.leftover(str(tmp_path))


def target(disk, same=False, used_up=False):
    subject = IMAGE if disk is COPIED else VOL
    return _snapshot_plan.Target(disk, subject.place, same, used_up, subject.room)


def reverted(*targets, state=None, config="/etc/xen/web.cfg", memory=False, was="stopped"):
    made = manifest(*(each.disk for each in targets), memory=memory, state=was)
    return [step.text for step in _snapshot_plan.reverted(made, STORE, targets, state, config, Commands)]


BACK = [
    "begin to revert web to s",
    "keep /srv/web.img as /srv/web.img.before-revert",
    "copy /snap/web/s/xvda.img to /srv/web.img",
    "lvm lvconvert --merge --interval 1 vg0/web.s",
    "lvm lvcreate --yes -s -l 4 -n web.s vg0/web",
    "remove /srv/web.img.before-revert",
    "end to revert web to s",
]


def test_going_back():
    assert reverted(target(COPIED), target(BY_LVM)) == BACK


@pytest.mark.parametrize(
    "state, config, memory, was, last",
    [
        ("running", "/etc/xen/web.cfg", False, "stopped", "xl create /etc/xen/web.cfg"),
        ("paused", "/etc/xen/web.cfg", False, "stopped", "xl create -p /etc/xen/web.cfg"),
        ("running", None, False, "stopped", "remove /srv/web.img.before-revert"),
        ("running", "/etc/xen/web.cfg", True, "running", "xl restore /snap/web/s/memory.save"),
        ("running", "/etc/xen/web.cfg", True, "paused", "xl restore -p /snap/web/s/memory.save"),
    ],
)
def test_going_back_with_a_guest_that_runs(state, config, memory, was, last):
    texts = reverted(target(COPIED), state=state, config=config, memory=memory, was=was)
    assert texts[1] == "xl destroy web"
    assert texts[-1] == "end to revert web to s"
    assert texts[-2].startswith(last)


def test_what_is_as_it_was_is_left_alone():
    assert reverted(target(COPIED, same=True), target(BY_LVM, same=True), state="running") == []
    assert reverted(target(COPIED, same=True), target(BY_LVM)) == [BACK[0], *BACK[3:5], BACK[-1]]


def test_a_snapshot_that_is_used_up_is_taken_anew(monkeypatch):
    monkeypatch.setattr(Store, "ran_before", lambda self, name: "running")
    back = [BACK[4], "xl create /etc/xen/web.cfg", BACK[-1]]
    assert reverted(target(BY_LVM, same=True, used_up=True)) == back


def test_a_guest_that_runs_again_is_left_alone(monkeypatch):
    monkeypatch.setattr(Store, "ran_before", lambda self, name: "running")
    assert reverted(target(COPIED, same=True), state="running") == [BACK[-1]]


@pytest.mark.parametrize("state", ["running", "paused", "crashed"])
def test_nothing_is_done_under_a_guest(state):
    with pytest.raises(XenError, match="allow_restart"):
        _snapshot_plan.require_stopped(state, "web", False)
    _snapshot_plan.require_stopped(state, "web", True)
    _snapshot_plan.require_stopped(None, "web", False)


@pytest.mark.parametrize("name", ["before-upgrade", "a.b", "2026-11-22_1", "x" * 60])
def test_names(name):
    assert _snapshot_store.snapshot_name("snapshot", name) == name


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", ".hidden", "a..b", "a.", "x.partial", "a b", "-x", "x" * 61])
def test_what_is_no_name(name):
    with pytest.raises(BadValue):
        _snapshot_store.snapshot_name("snapshot", name)


def test_a_manifest_survives(tmp_path):
    disk = SavedDisk("xvda", "/srv/web.img", "file", MIB, "copy", "xvda.img", "00ff")
    made = manifest(disk, taken="2026-11-22T21:00:00Z", memory=True)
    _snapshot_store.write(str(tmp_path), made)
    assert _snapshot_store.read(str(tmp_path)) == made
    assert os.stat(tmp_path / "manifest.json").st_mode & 0o7777 == 0o600
    assert _snapshot_store.read(str(tmp_path / "nowhere")) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 1}', '{"format": 2, "disks": []}', '{"format": 1, "disks": 7}']
)
def test_what_is_no_manifest(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(XenError):
        _snapshot_store.read(str(tmp_path))


def test_what_there_is(tmp_path):
    store = Store(str(tmp_path), "web")
    for folder in (store.path("a"), store.path("b"), store.partial("c"), store.removing("d")):
        os.makedirs(folder)
        _snapshot_store.write(folder, manifest())
    os.makedirs(store.path("nothing"))
    with open(store.path("b", "reverting"), "w", encoding="ascii"):
        pass
    assert store.names() == ["a", "b"]
    assert [(each["reverting"], each["domain"]) for each in _snapshot_store.described(store)] == [
        (False, "web"), (True, "web"),
    ]  # fmt: skip
    assert _snapshot_store.domains(str(tmp_path)) == ["web"]
    assert _snapshot_store.domains(str(tmp_path / "nowhere")) == []


class Toolstack:
    """A guest that is gone when it has been listed so many times more; ``destroy`` fails, if it shall."""

    def __init__(self, lists, fails=False):
        self.lists, self.fails = lists, fails

    def run(self, command):
        if self.fails:
            raise CommandError("libxl: error: Unable to destroy guest", command, 1, "", "")

    def listing(self):
        self.lists -= 1
        return [row(name="web")] if self.lists >= 0 else []


def destroyed(toolstack, monkeypatch):
    monkeypatch.setattr(_snapshot_apply, "_POLL_SECONDS", 0)
    steps = [Step("destroy", "xl destroy web", ("xl", "destroy", "web"))]
    _snapshot_apply.Applier(toolstack, _lvm.Lvm(), steps).run()


@pytest.mark.parametrize("lists, fails", [(0, False), (3, False), (0, True)])
def test_a_guest_is_waited_for_until_it_is_gone(lists, fails, monkeypatch):
    """Its own xl may be faster than ours, which then fails."""
    destroyed(Toolstack(lists, fails), monkeypatch)


def test_a_guest_that_is_not_destroyed(monkeypatch):
    with pytest.raises(CommandError):
        destroyed(Toolstack(99, fails=True), monkeypatch)
    monkeypatch.setattr(_snapshot_apply, "_LET_GO_SECONDS", 0)
    with pytest.raises(XenError, match="web is still there"):
        destroyed(Toolstack(99), monkeypatch)


def test_an_origin_must_be_closed(tmp_path, monkeypatch):
    fake = FakeLvm(tmp_path, {"vg0": 15})
    fake.volume("vg0", "web", 1, open=True)
    fake.volume("vg0", "web.s", 1, origin="web")
    monkeypatch.setattr(_lvm, "PROGRAM", str(fake.program))
    monkeypatch.setattr(_snapshot_apply, "_LET_GO_SECONDS", 0)
    with pytest.raises(XenError, match="/dev/vg0/web is still in use"):
        _snapshot_apply.Applier(None, _lvm.Lvm(), [_disk_plan.command(_lvm.Commands.merge("vg0", "web.s"))]).run()
    assert "vg0/web.s" in fake.volumes


class NoToolstack:
    def run(self, command):
        raise XenError(f"{' '.join(command)} failed")


def test_a_revert_that_fails_puts_the_images_back(tmp_path):
    """The copy of the second disk cannot be read: the first one is as it was."""
    folder, image = tmp_path / "s", tmp_path / "web.img"
    folder.mkdir()
    (folder / "xvda.img").write_bytes(b"old" * 512)
    image.write_bytes(b"new" * 512)
    image.chmod(0o640)
    steps = [
        Step("mark", "begin", data=(str(folder), "")),
        Step("keep", "keep", data=(str(image), f"{image}.before-revert")),
        Step("put_back", "copy", data={"source": str(folder / "xvda.img"), "size": 1536, "target": str(image)}),
        Step(
            "put_back", "copy", data={"source": str(folder / "none"), "size": 1536, "target": str(tmp_path / "db.img")}
        ),
        Step("unmark", "end", data=str(folder)),
    ]
    (tmp_path / "db.img").write_bytes(b"x")
    with pytest.raises(XenError) as caught:
        _snapshot_apply.Applier(NoToolstack(), _lvm.Lvm(), steps).run()
    assert image.read_bytes() == b"new" * 512
    assert (image.stat().st_mode & 0o7777, sorted(os.listdir(tmp_path))) == (0o640, ["db.img", "s", "web.img"])
    assert os.listdir(folder) == ["xvda.img"]
    assert caught.value.details["taken_back"][-1] == "end"


def test_a_revert_keeps_mode_and_what_was_kept_first(tmp_path):
    image, kept = tmp_path / "web.img", tmp_path / "web.img.before-revert"
    (tmp_path / "copy").write_bytes(b"old")
    image.write_bytes(b"half")
    image.chmod(0o644)
    kept.write_bytes(b"before")
    steps = [
        Step("keep", "keep", data=(str(image), str(kept))),
        Step("put_back", "copy", data={"source": str(tmp_path / "copy"), "size": 3, "target": str(image)}),
    ]
    _snapshot_apply.Applier(NoToolstack(), _lvm.Lvm(), steps).run()
    assert (image.read_bytes(), kept.read_bytes(), image.stat().st_mode & 0o7777) == (b"old", b"before", 0o644)
