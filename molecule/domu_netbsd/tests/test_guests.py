# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guests as the host's own tools show them."""

from __future__ import annotations

import json

import pytest

WEB_RC_CONF = (
    "hostname=web\n"
    'ifconfig_xennet0="inet 10.0.0.5 netmask 255.255.255.0"\n'
    "defaultroute=10.0.0.1\npowerd=YES\nsshd=YES\nntpd=YES\n"
)


def inside(host, disk, command):
    host.check_output(f"vnconfig vnd0 {disk} && mount -t ffs /dev/vnd0a /mnt")
    try:
        return host.check_output(command)
    finally:
        host.check_output("umount /mnt && vnconfig -u vnd0")


@pytest.mark.parametrize("name", ["web", "db"])
def test_it_is_installed(host, name):
    stamp = json.loads(host.file(f"/var/db/netbsd-xen/{name}.install.json").content_string)
    assert stamp["state"] == "done"
    assert f"label: {stamp['label']}\n" in host.check_output(f"disklabel -F -r /{name}.img") + "\n"
    enabled = inside(host, f"/{name}.img", r"grep '\son\s' /mnt/etc/ttys")
    assert enabled.split()[0] == "console"
    assert len(enabled.splitlines()) == 1


def test_the_inside_of_web(host):
    text = inside(host, "/web.img", "cat /mnt/etc/rc.conf") + "\n"
    assert text.endswith(WEB_RC_CONF), text


def test_the_inside_of_db(host):
    text = inside(host, "/db.img", "cat /mnt/etc/rc.conf") + "\n"
    assert text.endswith("hostname=db\nifconfig_xennet0=dhcp\npowerd=YES\nsshd=YES\n"), text


@pytest.mark.parametrize(("name", "memory"), [("web", "512"), ("db", "128")])
def test_the_config_names_disk_and_kernel(host, name, memory):
    text = host.file(f"/usr/pkg/etc/xen/{name}").content_string
    assert 'kernel = "/netbsd-XEN3_DOMU-10.1-amd64.gz"' in text
    assert f"/{name}.img" in text
    assert f"memory = {memory}" in text
    assert host.file("/netbsd-XEN3_DOMU-10.1-amd64.gz").exists


def test_the_kernel_of_the_installer_is_that_of_the_release(host):
    release = "/srv/netbsd/NetBSD-10.1/amd64/binary/kernel"
    host.check_output(f"cmp /netbsd-INSTALL_XEN3_DOMU.gz {release}/netbsd-INSTALL_XEN3_DOMU.gz")
