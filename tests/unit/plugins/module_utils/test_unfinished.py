# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a killed task has left beside a save file, and whether it may be restored."""

from __future__ import annotations

import os
import time

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.domain import _savefile, _unfinished

NOW = time.time()


@pytest.fixture
def save(tmp_path, monkeypatch):
    """The path of a save file; every file beside it is the save of a guest with one writable image."""
    image = tmp_path / "web.img"
    image.write_bytes(b"disk")
    os.utime(image, (NOW, NOW))
    config = {"disks": [{"pdev_path": str(image), "vdev": "xvda", "readwrite": 1}]}
    monkeypatch.setattr(_savefile, "configuration", lambda path: config)
    return str(tmp_path / "web.save")


def left(save, suffix, at=NOW):
    with open(save + suffix, "w") as stream:
        stream.write("memory")
    os.utime(save + suffix, (at, at))


def test_nothing(save):
    assert _unfinished.look(save) == _unfinished.Unfinished()


@pytest.mark.parametrize("suffix, field", [(".partial", "save"), (".restoring", "restore")])
def test_certain(save, suffix, field):
    left(save, suffix)
    found = _unfinished.look(save)
    assert getattr(found, field) == found.path == save + suffix
    assert found.certain


@pytest.mark.parametrize("suffix", [".partial", ".restoring"])
def test_a_guest_has_run_since(save, suffix):
    left(save, suffix, NOW - 60)
    assert not _unfinished.look(save).certain


def test_a_save_that_a_crash_of_the_host_may_have_cut_off(save, monkeypatch):
    left(save, ".partial")
    monkeypatch.setattr(_unfinished.time, "clock_gettime", lambda clock: -60.0)  # booted a minute from now
    assert not _unfinished.look(save).certain
    os.rename(save + ".partial", save + ".restoring")
    assert _unfinished.look(save).certain, "this one was whole when it got its name"


@pytest.mark.parametrize("path", ["/dev/null", "/nowhere/disk.img"])
def test_of_a_volume_nobody_can_tell(save, monkeypatch, path):
    left(save, ".restoring")
    monkeypatch.setattr(_savefile, "configuration", lambda path_: {"disks": [{"pdev_path": path, "readwrite": 1}]})
    assert not _unfinished.look(save).certain


def test_what_the_guest_only_reads_does_not_matter(save, monkeypatch):
    left(save, ".restoring")
    monkeypatch.setattr(_savefile, "configuration", lambda path: {"disks": [{"pdev_path": "/dev/null"}, {}]})
    assert _unfinished.look(save).certain


def test_no_save_file_at_all(save, monkeypatch):
    left(save, ".partial")
    monkeypatch.setattr(_savefile, "configuration", lambda path: None)
    assert not _unfinished.look(save).certain


def test_two_at_once_are_for_a_person(save):
    left(save, ".partial")
    left(save, ".restoring")
    assert not _unfinished.look(save).certain
