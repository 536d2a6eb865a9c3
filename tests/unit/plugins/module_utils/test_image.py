# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Image files, on the file system of whoever runs the tests."""

from __future__ import annotations

import errno
import fcntl
import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConflictError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _image

MIB = 1024 * 1024
KEEP = _image.Owner()


def allocated(path):
    return os.stat(path).st_blocks * 512


def no_fallocate(monkeypatch, number=errno.EOPNOTSUPP):
    """As on NetBSD's FFS, which cannot allocate ahead."""

    def refuse(*_arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "posix_fallocate", refuse)


def test_a_sparse_image_takes_nothing(tmp_path):
    path = str(tmp_path / "web.img")
    _image.create(path, 64 * MIB, True, KEEP)
    assert os.path.getsize(path) == 64 * MIB
    assert allocated(path) < MIB
    assert os.stat(path).st_mode & 0o7777 == 0o600


@pytest.mark.parametrize("ahead", [True, False])
def test_a_full_image_takes_all(tmp_path, monkeypatch, ahead):
    if not ahead:
        no_fallocate(monkeypatch)
    path = str(tmp_path / "web.img")
    _image.create(path, 3 * MIB + 512, False, _image.Owner(mode=0o640))
    assert os.path.getsize(path) == 3 * MIB + 512
    assert allocated(path) >= 3 * MIB
    assert os.stat(path).st_mode & 0o7777 == 0o640


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("ahead", [True, False])
def test_growing_keeps_what_there_is(tmp_path, monkeypatch, sparse, ahead):
    if not ahead:
        no_fallocate(monkeypatch)
    path = tmp_path / "web.img"
    path.write_bytes(b"x" * MIB)
    _image.grow(str(path), 4 * MIB, sparse)
    assert path.read_bytes() == b"x" * MIB + bytes(3 * MIB)
    assert (allocated(path) < 2 * MIB) == sparse


def test_growing_never_makes_smaller(tmp_path):
    path = tmp_path / "web.img"
    path.write_bytes(b"x" * MIB)
    with pytest.raises(XenError, match="not made smaller"):
        _image.grow(str(path), 512, True)
    assert path.stat().st_size == MIB


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_a_failure_leaves_nothing(tmp_path, error):
    def fail(sink):
        sink.put(0, b"half")
        raise error

    with pytest.raises(type(error)):
        _image.create(str(tmp_path / "web.img"), MIB, True, KEEP, fail)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    no_fallocate(monkeypatch, errno.ENOSPC)
    with pytest.raises(OSError, match="No space"):
        _image.create(str(tmp_path / "web.img"), MIB, False, KEEP)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_task_left_is_taken_over(tmp_path):
    path = tmp_path / "web.img"
    (tmp_path / ".web.img.partial").write_bytes(b"old" * MIB)
    _image.create(str(path), MIB, True, KEEP)
    assert path.read_bytes() == bytes(MIB)
    assert os.listdir(tmp_path) == ["web.img"]


def test_two_makers_do_not_meet(tmp_path):
    path = str(tmp_path / "web.img")
    with open(_image.partial_of(path), "wb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.write(b"theirs")
        stream.flush()
        with pytest.raises(ConflictError, match="Another task"):
            _image.create(path, MIB, True, KEEP)
    assert (tmp_path / ".web.img.partial").read_bytes() == b"theirs"


def test_what_has_appeared_meanwhile_stays(tmp_path):
    path = tmp_path / "web.img"
    path.write_bytes(b"somebody's")
    with pytest.raises(ConflictError, match="has appeared"):
        _image.create(str(path), MIB, True, KEEP)
    assert path.read_bytes() == b"somebody's"
    assert os.listdir(tmp_path) == ["web.img"]


def test_the_owner_of_an_image(tmp_path):
    path = tmp_path / "web.img"
    path.write_bytes(b"x")
    _image.set_owner(str(path), _image.Owner(mode=0o640, uid=os.getuid(), gid=os.getgid()))
    assert path.stat().st_mode & 0o7777 == 0o640
