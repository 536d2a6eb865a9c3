# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts are those of the package, rc.conf is what they read, and nothing was started on a host without Xen."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("name", ["xencommons", "xendomains", "xen-watchdog"])
def test_the_script_is_that_of_the_package(host, name):
    assert host.run(f"cmp /usr/pkg/share/examples/rc.d/{name} /etc/rc.d/{name}").rc == 0
    assert host.run(f"test -x /etc/rc.d/{name}").rc == 0


@pytest.mark.parametrize(
    "name, value",
    [
        ("xencommons", "YES"),
        ("xenwatchdog", "YES"),
        ("xendomains", "web db"),
        ("xendomains_config", "/usr/pkg/etc/xen/%s.cfg"),
        ("XENCONSOLED_TRACE", "guest"),
    ],
)
def test_rc_conf(host, name, value):
    assert host.check_output(f'. /etc/rc.conf; echo "${name}"') == value


def test_what_others_had_written_is_still_there(host):
    assert host.check_output('. /etc/rc.conf; echo "$sshd"') == "YES"


def test_nothing_was_started(host):
    assert host.run("pgrep xenstored").rc != 0
