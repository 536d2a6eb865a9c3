# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The device nodes of a dom0 have the numbers of NetBSD's majors files, and what differs is told."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.host import _devnodes
from ansible_collections.netbsd.xen.plugins.module_utils.host._devnodes import Found


def test_numbers():
    by_name = {node.name: node for node in _devnodes.wanted(5)}
    assert len(by_name) == 3 + 5 * 32
    assert by_name["xenevt"].describe() == "character 141,0"
    assert by_name["xsd_kva"].describe() == "character 141,1"
    assert by_name["xencons"].describe() == "character 143,0"
    assert by_name["vnd0a"].describe() == "block 14,0"
    assert by_name["vnd4d"].describe() == "block 14,35"
    assert by_name["rvnd4d"].describe() == "character 41,35"
    assert by_name["vnd1i"].describe() == "block 14,524296"
    assert by_name["rvnd4p"].path == "/dev/rvnd4p"


def test_without_the_nodes_of_xen():
    assert {node.target for node in _devnodes.wanted(2, xen=False)} == {"vnd0", "vnd1"}


def test_what_differs():
    there = {
        "/dev/xenevt": Found("character", 141, 0, 0o600),
        "/dev/xsd_kva": Found("character", 142, 1),
        "/dev/xencons": Found("block", 143, 0),
    }
    wrong = _devnodes.differing(_devnodes.wanted(1), lambda path: there.get(path, Found("missing")))
    assert [(node.name, found.describe()) for node, found in wrong[:3]] == [
        ("xsd_kva", "character 142,1"),
        ("xencons", "block 143,0"),
        ("vnd0a", "missing"),
    ]
    assert _devnodes.targets(wrong) == ["xen", "vnd0"]
    assert Found("other").describe() == "no device node"


def test_looking(tmp_path):
    assert _devnodes.look(str(tmp_path / "none")) == Found("missing")
    (tmp_path / "file").write_text("", encoding="utf-8")
    os.chmod(tmp_path / "file", 0o640)
    assert _devnodes.look(str(tmp_path / "file")) == Found("other", mode=0o640)
    null = _devnodes.look("/dev/null")
    assert (null.kind, null.major, null.minor) == ("character", 1, 3)


@pytest.mark.parametrize("names, units", [([], []), (["vnd10d", "vnd2d", "rvnd3d", "vnd4a", "xvnd5d"], [2, 10])])
def test_units_of_vnd(tmp_path, names, units):
    for name in names:
        (tmp_path / name).write_text("", encoding="utf-8")
    assert _devnodes.vnd_units(str(tmp_path)) == units


def test_no_directory(tmp_path):
    assert _devnodes.vnd_units(str(tmp_path / "none")) == []
