# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scenario has left on its host, seen by testinfra. What lies between the changes, change.yml looks at."""

from __future__ import annotations

import pytest


def test_only_the_running_guest_is_left_in_xen(host):
    lines = host.check_output("xl list").splitlines()[1:]
    assert [line.split()[0] for line in lines] == ["Domain-0", "tiny"]


def test_the_guest_was_started_from_the_file_that_the_module_wrote(host):
    file = host.file("/etc/xen/tiny.cfg")
    assert file.mode == 0o640
    assert file.content_string.startswith("# Domain tiny: written by Ansible")
    uuid = host.check_output("xl vm-list | awk '$3 == \"tiny\" {print $1}'")
    assert f'uuid = "{uuid}"' in file.content_string


def test_no_temporary_file_is_left(host):
    own = {"tiny.cfg", "mine.cfg", "screen.cfg", "auto"}
    debian = {"oxenstored.conf", "scripts", "xl.conf", "xlexample.hvm", "xlexample.pvhlinux", "xlexample.pvlinux"}
    assert set(host.file("/etc/xen").listdir()) == own | debian
    assert not host.file("/var/lib/xen/save").exists or host.file("/var/lib/xen/save").listdir() == []
    assert host.run("ls /tmp/netbsd-xen-*").rc != 0


@pytest.mark.parametrize("image", ["disk0.img", "disk1.img", "vg0.img"])
def test_disks_stay(host, image):
    assert host.file(f"/srv/domu/{image}").is_file


def test_the_autostart_entry_of_another_guest_stays(host):
    assert host.file("/etc/xen/auto").listdir() == ["mine"]
    assert host.file("/etc/xen/auto/mine").linked_to == "/etc/xen/mine.cfg"


def test_xen_reads_the_users_file_as_before_but_for_the_memory(host):
    told = host.check_output("xl -N create /etc/xen/mine.cfg >/dev/null && cat /etc/xen/mine.cfg")
    assert "memory =  5     # MiB" in told
    assert "# a key that nobody knows\nmy_own_key = [ 'a', \"b\" ]" in told


def test_a_file_with_a_password_is_for_root_only(host):
    file = host.file("/etc/xen/screen.cfg")
    assert (file.user, file.group, file.mode) == ("root", "root", 0o600)


def test_the_password_is_nowhere_else(host):
    found = host.run("grep -rl opensesame /etc /root /tmp /run /var --exclude-dir=lock")
    assert found.stdout.split() == ["/etc/xen/screen.cfg"]
