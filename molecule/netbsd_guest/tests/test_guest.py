# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's files, and that they are at work, as its own tools show them."""

from __future__ import annotations


def test_only_the_console_has_a_login(host):
    enabled = host.check_output(r"grep '\son\s' /etc/ttys").splitlines()
    assert [line.split()[0] for line in enabled] == ["console"]


def test_there_are_no_screens(host):
    assert host.run("grep '^screen' /etc/wscons.conf").rc == 1
    assert "#screen\t0\t-\tvt100" in host.file("/etc/wscons.conf").content_string
    assert "encoding us" in host.file("/etc/wscons.conf").content_string


def test_powerd_runs_and_comes_back(host):
    assert host.run("/etc/rc.d/powerd status").rc == 0
    text = host.file("/etc/rc.conf").content_string
    assert "powerd=YES" in text
    # NO is its default, so there was nothing to write
    assert "ntpd" not in text
