# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device nodes and the kernfs, as NetBSD's own commands see them."""

from __future__ import annotations

import re

import pytest


@pytest.mark.parametrize(
    "node, kind, numbers",
    [
        ("xenevt", "c", "141, *0"),
        ("xsd_kva", "c", "141, *1"),
        ("xencons", "c", "143, *0"),
        ("vnd5d", "b", "14, *43"),
        ("rvnd5d", "c", "41, *43"),
    ],
)
def test_a_node_has_its_numbers(host, node, kind, numbers):
    listed = host.check_output("ls -l /dev/%s", node)
    assert re.match(rf"{kind}\S+ .* {numbers} ", listed), listed


def test_there_are_no_more_vnd_than_asked_for(host):
    assert host.run("test -e /dev/vnd6d").rc != 0


def test_kernfs_is_mounted_now(host):
    assert re.search(r"^\S+ on /kern type kernfs", host.check_output("mount"), re.MULTILINE)


def test_kernfs_is_mounted_at_boot_and_once(host):
    lines = [line.split() for line in host.file("/etc/fstab").content_string.splitlines()]
    assert len([fields for fields in lines if fields[1:3] == ["/kern", "kernfs"]]) == 1
