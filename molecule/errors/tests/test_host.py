# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the errors have left on the host: nothing of the guests that could not be made."""

from __future__ import annotations


def test_only_files_of_guests_that_were_meant_to_be_there(host):
    configs = [name for name in host.file("/etc/xen").listdir() if name.endswith(".cfg")]
    assert sorted(configs) == ["broken.cfg", "holder.cfg", "old.cfg"]


def test_no_temporary_file_is_left(host):
    assert host.run("ls /etc/xen/.*[a-z]* /tmp/netbsd-xen-*").stdout == ""
    assert not host.file("/var/lib/xen/save").exists or host.file("/var/lib/xen/save").listdir() == []


def test_the_broken_file_is_untouched(host):
    assert host.file("/etc/xen/broken.cfg").content_string.endswith('disk = [ "a", b ]\n')


def test_the_disk_of_the_destroyed_guest_stays(host):
    assert host.file("/srv/domu/disk0.img").size == 16 << 20
