# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a finished dom0 is, whoever made it: the scenario netbsd runs the same tests against a real NetBSD host."""

from __future__ import annotations

import os
import re

# The scenario netbsd sets these; the defaults are those of the lab.
VERSION = os.environ.get("XEN_TEST_VERSION", "4.20")
MEMBER = os.environ.get("XEN_TEST_MEMBER", "wm0")
NUMBER = VERSION.replace(".", "")


def test_the_hypervisor_of_the_play_runs(host):
    assert host.check_output("sysctl -n machdep.xen.version").startswith(VERSION)


def test_the_kernel_is_privileged(host):
    assert host.run("test -r /kern/xen/privcmd").rc == 0


def test_the_toolstack_answers(host):
    assert re.search(r"^Domain-0 +0 ", host.check_output("/usr/pkg/sbin/xl list"), re.MULTILINE)


def test_the_native_kernel_can_still_be_chosen(host):
    menus = [line for line in host.file("/boot.cfg").content_string.splitlines() if line.startswith("menu=")]
    assert any("multiboot" not in line and re.search(r"[:;] *boot( |$)", line) for line in menus)


def test_no_command_of_the_boot_loader_is_too_long(host):
    for line in host.file("/boot.cfg").content_string.splitlines():
        if line.startswith("menu="):
            commands = line.partition(":")[2].split(";")
            assert max(len(command.strip()) for command in commands) <= 79, line


def test_the_hypervisor_on_the_root_file_system_is_that_of_the_package(host):
    assert host.run("cmp /xen%s.gz /usr/pkg/xen%s-kernel/xen.gz", NUMBER, NUMBER).rc == 0


def test_the_services_come_up_with_the_next_boot_too(host):
    variables = host.check_output('. /etc/rc.conf; echo $xencommons "$xendomains"')
    assert variables.lower().startswith("yes ")


def test_the_scripts_are_those_of_the_package(host):
    for script in ("xencommons", "xendomains"):
        assert host.run("cmp /etc/rc.d/%s /usr/pkg/share/examples/rc.d/%s", script, script).rc == 0
        assert host.run("test -x /etc/rc.d/%s", script).rc == 0


def test_the_bridge_has_the_interface_and_the_host_keeps_its_address(host):
    assert MEMBER in host.check_output("brconfig bridge0")
    assert "inet " in host.check_output("ifconfig %s", MEMBER)
    assert host.file("/etc/ifconfig.bridge0").content_string.splitlines()[0] == "create"
