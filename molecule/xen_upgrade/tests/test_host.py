# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The new hypervisor with its own toolstack, the way back, and the guests as they were, by the host's own tools."""

from __future__ import annotations

import re

XL = "/usr/pkg/sbin/xl"


def console(host, name):
    return host.file(f"/var/log/xen/console/guest-{name}.log").content_string


def test_the_host_runs_the_new_hypervisor_with_its_tools(host):
    assert host.check_output("sysctl -n machdep.xen.version").startswith("4.20")
    assert re.findall(r"^xentools\d+", host.check_output("pkg_info"), re.MULTILINE) == ["xentools420"]


def test_the_old_one_can_be_booted(host):
    menu = host.file("/boot.cfg").content_string
    assert re.findall(r"^menu=(Xen [\d.]+):", menu, re.MULTILINE) == ["Xen 4.18", "Xen 4.20"]
    assert host.file("/xen418.gz").is_file


def test_the_guests_run_that_ran_and_no_others(host):
    listed = host.check_output(f"{XL} list").splitlines()[2:]
    assert sorted(line.split()[0] for line in listed) == ["first", "kept", "plain"]


def test_the_saved_one_went_on_and_the_others_were_started(host):
    assert console(host, "kept").count("DOMU_READY") == 1
    assert "nano: resumed" in console(host, "kept")
    assert console(host, "plain").count("DOMU_READY") == 2
    assert not host.file("/var/lib/xen/save/kept.save").exists


def test_nothing_is_left_of_the_upgrade(host):
    assert not host.file("/var/db/xen_upgrade.json").exists
