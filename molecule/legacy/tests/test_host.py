# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dom0 of the HOWTO: GRUB legacy, xend, xm."""

from __future__ import annotations

import re
import time


def test_the_hypervisor_of_the_play_runs(host):
    assert "xen_major              : 3" in host.check_output("/usr/pkg/sbin/xm info")


def test_xm_lists_the_guest_that_xendomains_has_started(host):
    for _second in range(30):
        if re.search(r"^nbsd +[1-9]", host.run("/usr/pkg/sbin/xm list").stdout, re.MULTILINE):
            return
        time.sleep(1)
    raise AssertionError(host.run("/usr/pkg/sbin/xm list").stdout)


def test_the_menu_boots_xen_and_keeps_the_native_kernel(host):
    menu = host.file("/grub/menu.lst").content_string
    assert re.search(r"^\s*kernel\s+(\(hd0,a\))?/xen3\.gz\b", menu, re.MULTILINE)
    assert re.search(r"^\s*module\s+(\(hd0,a\))?/netbsd-XEN3_DOM0\.gz\b", menu, re.MULTILINE)
    assert re.search(r"^\s*kernel\s.*/netbsd\s*$", menu, re.MULTILINE)


def test_the_services_of_that_time_are_switched_on(host):
    values = host.check_output(". /etc/rc.conf; echo $xend $xenbackendd $xencommons").lower()
    assert values.split() == ["yes", "yes"]


def test_boot_cfg_was_left_alone(host):
    assert "multiboot" not in host.run("cat /boot.cfg").stdout
