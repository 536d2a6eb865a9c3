# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mounting a guest's disk: what is run, in which order, and what is undone, also of a task that was killed."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import (
    BadValue,
    CommandError,
    ConflictError,
    XenError,
)
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _mount
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _attach
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.test_partitions import mbr


class System:
    """A dom0 whose commands are written down and do what they do to two tables: of devices and of mounts."""

    def __init__(self) -> None:
        self.ran: list[list[str]] = []
        self.devices: dict[str, str] = {}
        self.mounts: set[str] = set()
        self.failing: set[str] = set()

    def run(self, cmd, timeout=None):
        name = os.path.basename(cmd[0])
        words = [name, *cmd[1:]]
        self.ran.append(words)
        if name in self.failing:
            return _command.Result(32, "", f"{name}: no good\n")
        return _command.Result(0, getattr(self, f"_{name}")(words) or "", "")

    def _losetup(self, words):
        if words[1] == "--detach":
            del self.devices[words[2]]
            return ""
        device = f"/dev/loop{len(self.devices)}"
        self.devices[device] = words[-1]
        return f"{device}\n"

    def _vndconfig(self, words):
        if words[1] == "-l":
            return "vnd0: /home (/dev/wd0e) inode 4711\nvnd1: not in use\n"
        if words[1] == "-u":
            del self.devices[f"/dev/{words[2]}"]
        else:
            self.devices[f"/dev/{words[-2]}"] = words[-1]
        return ""

    def _blkid(self, _words):
        return "ext4\n"

    def _mount(self, words):
        self.mounts.add(words[-1])

    def _umount(self, words):
        self.mounts.remove(words[-1])

    @property
    def commands(self) -> list[str]:
        return [" ".join(words) for words in self.ran]


@pytest.fixture
def system(monkeypatch, tmp_path):
    system = System()
    monkeypatch.setattr(_command, "run", system.run)
    monkeypatch.setattr(_mount, "FOLDER", str(tmp_path / "mounts"))
    monkeypatch.setattr(_attach._host, "find_program", lambda name: f"/sbin/{name}")
    monkeypatch.setattr(_mount.os.path, "ismount", lambda path: path in system.mounts)
    monkeypatch.setattr(_mount._disk_use, "dom0_users", lambda _path: [])

    def shown(image):
        return sorted(device for device, file in system.devices.items() if file == image)

    monkeypatch.setattr(_attach._vnd, "devices_of", shown)
    return system


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "web.img"
    path.write_bytes(mbr((0x83, 2048, 100)))
    return str(path)


def test_a_partition_on_linux(system, image):
    with _mount.mounted(image, partition=1) as folder:
        assert folder in system.mounts
        name = os.path.basename(folder)
        assert sorted(os.listdir(_mount.FOLDER)) == [name, f"{name}.json"]
    assert system.commands == [
        f"losetup --offset 1048576 --sizelimit 51200 --find --show {image}",
        "blkid -o value -s TYPE /dev/loop0",
        f"mount -t ext4 -o nodev,nosuid,noexec /dev/loop0 {folder}",
        f"umount {folder}",
        "losetup --detach /dev/loop0",
    ]
    assert (system.devices, system.mounts, os.listdir(_mount.FOLDER)) == ({}, set(), [])


def test_read_only_replays_no_journal(system, image):
    with _mount.mounted(image, partition=1, read_only=True):
        assert "losetup --read-only" in system.commands[0]
        assert "-o nodev,nosuid,noexec,ro,noload" in system.commands[-1]


def test_a_letter_on_netbsd(system, image, monkeypatch):
    monkeypatch.setattr(_mount.platform, "system", lambda: "NetBSD")
    monkeypatch.setattr(_attach._devnodes, "vnd_units", lambda: [0, 1])
    with _mount.mounted(image, partition="a") as folder:
        pass
    assert system.commands == [
        "vndconfig -l",
        f"vndconfig -c vnd1 {image}",
        f"mount -t ffs -o nodev,nosuid,noexec /dev/vnd1a {folder}",
        f"umount {folder}",
        "vndconfig -u vnd1",
    ]
    with pytest.raises(BadValue, match="letters from a to p"), _mount.mounted(image, partition=1):
        pass


def test_what_fails_in_the_block_leaves_nothing(system, image):
    with pytest.raises(ZeroDivisionError), _mount.mounted(image, partition=1):
        raise ZeroDivisionError
    assert (system.devices, system.mounts, os.listdir(_mount.FOLDER)) == ({}, set(), [])


def test_what_cannot_be_mounted_leaves_nothing(system, image):
    system.failing.add("mount")
    said = "cannot be mounted: mount: no good. The disk has partitions: 1"
    with pytest.raises(CommandError, match=said) as caught, _mount.mounted(image):
        pass
    assert caught.value.details["error_id"] == "cannot_mount"
    assert (system.devices, os.listdir(_mount.FOLDER)) == ({}, [])


def test_a_partition_that_is_not_there(system, image):
    with pytest.raises(BadValue, match="no such partition; there are: 1"), _mount.mounted(image, partition=2):
        pass
    with pytest.raises(XenError, match="is not there"), _mount.mounted(f"{image}.other"):
        pass
    assert system.ran == []


def test_what_a_killed_task_left_is_undone_by_the_next_on_another_disk(system, image, tmp_path):
    other = str(tmp_path / "other.img")
    folder = os.path.join(_mount.FOLDER, "0123")
    os.makedirs(folder)
    system.mounts.add(folder)
    system.devices["/dev/loop7"] = other
    with open(f"{folder}.json", "w") as stream:
        json.dump({"disk": other, "folder": folder}, stream)
    with open(os.path.join(_mount.FOLDER, "4567.json"), "w") as stream:
        stream.write("")  # killed before it was written
    with _mount.mounted(image, partition=1):
        assert system.commands[:2] == [f"umount {folder}", "losetup --detach /dev/loop7"]
        assert os.path.basename(f"{folder}.json") not in os.listdir(_mount.FOLDER)
    assert system.devices == {}


def test_two_tasks_on_one_disk(system, image, monkeypatch):
    monkeypatch.setattr(_mount, "_PAUSE", 0)
    with _mount.mounted(image, partition=1):
        with pytest.raises(ConflictError, match="Another task has mounted"), _mount.mounted(image, partition=1):
            pass
        assert len(system.mounts) == 1


def test_a_disk_in_use(system, image, monkeypatch):
    user = _mount._disk_use.User(None, "a file system that is mounted in the dom0", True, "w")
    monkeypatch.setattr(_mount._disk_use, "dom0_users", lambda _path: [user])
    with pytest.raises(ConflictError, match="cannot be mounted. Stop that first"), _mount.mounted(image, partition=1):
        pass
    assert system.ran == []
