# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two configs, and the guest that runs with each, as xl shows them. Run while the installer runs, and after it."""

from __future__ import annotations

import json

import pytest

UNIX = "/platform/i86xpv/kernel/amd64/unix"


def test_kernel_and_microroot_are_those_of_the_cd(host):
    host.check_output("cmp /srv/solaris/kernels/solaris/unix /srv/domu/nano")
    assert host.file("/srv/solaris/kernels/solaris/x86.microroot").content_string == "microroot\n"


def test_the_installer_had_the_cd_and_did_not_come_back(host):
    kept = host.file("/root/install.cfg")
    text = (kept if kept.exists else host.file("/etc/xen/solaris.cfg")).content_string
    assert f'extra = "{UNIX} - nowin -B install_media=cdrom"' in text
    assert "/srv/solaris/osol.iso" in text
    assert 'on_reboot = "destroy"' in text


def test_the_guest_boots_from_its_disk(host):
    if not host.file("/root/install.cfg").exists:
        pytest.skip("the installer runs")
    text = host.file("/etc/xen/solaris.cfg").content_string
    assert "zfs-bootfs=rpool/43,bootpath=" in text
    assert "osol.iso" not in text
    assert "on_reboot" not in text
    (guest,) = json.loads(host.check_output("xl list -l solaris"))
    assert guest["config"]["b_info"]["cmdline"] == f'{UNIX} -B zfs-bootfs=rpool/43,bootpath="/xpvd/xdf@0:a"'


def test_nothing_of_the_cd_is_left(host):
    # while it runs, the installer has the CD by a loop device of its own
    if host.file("/root/install.cfg").exists:
        assert "osol" not in host.check_output("losetup -a")
    assert "netbsd-xen" not in host.check_output("cat /proc/mounts")
