# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest that the role has made: its disk, its config file, and the guest itself, by SSH."""

from __future__ import annotations

import time

import pytest

SSH = "ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5"


@pytest.fixture(scope="module")
def guest(host):
    """Runs a command in the guest, which is given its time to boot."""

    def run(command):
        for _attempt in range(60):
            done = host.run(f"{SSH} root@10.77.0.21 '{command}'")
            if done.rc != 255:
                return done.stdout.strip()
            time.sleep(5)
        raise AssertionError(done.stderr)

    return run


def test_the_guest_runs_from_its_file(host):
    assert "web" in host.check_output("xl list")
    text = host.file("/etc/xen/web.cfg").content_string
    assert 'kernel = "/srv/linux/web-vmlinuz"' in text
    assert 'root = "/dev/xvda1 ro"' in text
    assert 'extra = "console=hvc0"' in text


def test_nothing_half_made_is_left(host):
    assert sorted(host.file("/srv/linux").listdir()) == ["web-initrd", "web-vmlinuz", "web.img"]
    assert host.file("/srv/linux/web.img").mode == 0o600


def test_it_runs_on_its_own_root_and_lets_its_key_in(guest):
    assert guest("hostname") == "web"
    assert "/dev/xvda1 / ext4 rw" in guest("cat /proc/mounts")
    assert "10.77.0.21/24" in guest("ip addr show eth0")


def test_there_is_a_login_on_the_console(guest):
    assert "hvc0" in guest("ps")
