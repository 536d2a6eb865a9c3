# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest of the play."""

from __future__ import annotations

import re
import time


def test_the_guest_runs(host):
    assert re.search(r"^web +[1-9]", host.check_output("/usr/pkg/sbin/xl list"), re.MULTILINE)


def test_its_userland_has_come_up(host):
    for _second in range(60):
        if "DOMU_READY" in host.run("cat /var/log/xen/console/guest-web.log").stdout:
            return
        time.sleep(1)
    raise AssertionError(host.run("tail /var/log/xen/console/guest-web.log").stdout)


def test_its_vif_is_in_the_bridge(host):
    assert re.search(r"vif\d+", host.check_output("brconfig bridge0"))


def test_it_starts_with_the_host(host):
    assert "web" in host.check_output(". /etc/rc.conf; echo $xendomains").split()
    assert host.run("test -f /usr/pkg/etc/xen/web").rc == 0
