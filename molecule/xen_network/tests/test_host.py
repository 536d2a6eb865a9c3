# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridges, as brconfig and ifconfig see them, and as the next boot will."""

from __future__ import annotations

import re


def test_the_bridge_has_the_interface_of_the_host(host):
    assert re.search(r"^\s+wm0 flags=", host.check_output("brconfig bridge0"), re.MULTILINE)


def test_the_bridges_are_up(host):
    for bridge in ("bridge0", "bridge1"):
        assert re.match(rf"{bridge}: flags=\S*<UP", host.check_output("ifconfig %s", bridge))


def test_the_bridge_among_guests_has_nobody_yet(host):
    assert not re.search(r"port \d", host.check_output("brconfig bridge1"))


def test_the_next_boot_makes_them_too(host):
    lines = host.file("/etc/ifconfig.bridge0").content_string.splitlines()
    assert lines == ["create", "!brconfig $int add wm0 up", "up"]
    assert host.file("/etc/ifconfig.bridge1").content_string.splitlines() == ["create", "up"]


def test_the_host_has_kept_its_address(host):
    assert re.search(r"inet 10\.0\.2\.15\b", host.check_output("ifconfig wm0"))
