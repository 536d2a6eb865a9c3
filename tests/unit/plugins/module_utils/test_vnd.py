# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images behind vnds and loop devices."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.host import _command
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _vnd

# the three forms of usr.sbin/vnconfig/vnconfig.c, show()
LISTING = """vnd0: /home (/dev/wd0e) inode 4711
vnd1: not in use
vnd2: wd0e inode 4712
vnd10: dev 0,4 inode 99
"""


def test_the_listing_of_vnconfig():
    assert _vnd.parse(LISTING) == {"vnd0": ("/home", 4711), "vnd2": (None, 4712), "vnd10": (None, 99)}


@pytest.mark.parametrize(
    "device, unit",
    [
        ("/dev/vnd0d", "/dev/vnd0"),
        ("/dev/rvnd12a", "/dev/vnd12"),
        ("/dev/vnd3", "/dev/vnd3"),
        ("/dev/wd0e", None),
        ("/home/vnd0", None),
    ],
)
def test_the_unit_of_a_partition(device, unit):
    assert _vnd.unit_of(device) == unit


@pytest.fixture
def netbsd(monkeypatch):
    """A NetBSD whose vnconfig says what ``said`` holds."""
    said = []
    monkeypatch.setattr(_vnd.platform, "system", lambda: "NetBSD")
    monkeypatch.setattr(_vnd._host, "find_program", lambda name: f"/usr/sbin/{name}")
    monkeypatch.setattr(_vnd._command, "run", lambda _cmd: _command.Result(0, "".join(said), ""))
    return said


def test_an_image_on_a_vnd(tmp_path, netbsd):
    image, other = tmp_path / "web.img", tmp_path / "other.img"
    image.write_bytes(b"x")
    other.write_bytes(b"y")
    inode = os.stat(image).st_ino
    netbsd += [f"vnd0: {tmp_path} (/dev/wd0e) inode {inode}\n", "vnd1: not in use\n"]
    assert _vnd.devices_of(str(image)) == ["/dev/vnd0"]
    assert _vnd.devices_of(str(other)) == []
    assert _vnd.devices_of(str(tmp_path / "missing")) == []


def test_the_same_inode_of_another_file_system(tmp_path, netbsd):
    image = tmp_path / "web.img"
    image.write_bytes(b"x")
    netbsd.append(f"vnd0: /proc (procfs) inode {os.stat(image).st_ino}\n")
    assert _vnd.devices_of(str(image)) == []


def test_an_image_on_a_loop_device(tmp_path, monkeypatch):
    monkeypatch.setattr(_vnd, "SYS_BLOCK", str(tmp_path / "block"))
    monkeypatch.setattr(_vnd.platform, "system", lambda: "Linux")
    image = tmp_path / "web.img"
    image.write_bytes(b"x")
    for loop, file in (("loop0", image), ("loop1", tmp_path / "gone (deleted)")):
        (tmp_path / "block" / loop / "loop").mkdir(parents=True)
        (tmp_path / "block" / loop / "loop" / "backing_file").write_text(f"{file}\n", encoding="utf-8")
    assert _vnd.devices_of(str(image)) == ["/dev/loop0"]
