# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the loader has read, and what the kernel has hidden, as NetBSD's own files and commands say."""

from __future__ import annotations

import re

import pytest


def test_the_boot_line_names_the_devices(host):
    lines = re.findall(r"^menu=Xen 4.20:load (.*?);", host.file("/boot.cfg").content_string, re.MULTILINE)
    assert lines == ["/netbsd-XEN3_DOM0.gz console=com0 pciback.hide=(00:05.0)(02:00.0)"]


def test_the_host_runs_xen(host):
    assert host.check_output("sysctl -n machdep.xen.version").startswith("4.20")


def test_the_kernel_has_hidden_them_and_no_others(host):
    assert host.check_output("ls /kern/xen/pci").split() == ["0000:00:05.0", "0000:02:00.0"]


@pytest.mark.parametrize(
    ("device", "product"),
    [("0000:00:05.0", "0x100e"), ("0000:02:00.0", "0x10d3")],
)
def test_they_are_the_devices_that_were_meant(host, device, product):
    text = host.file(f"/kern/xen/pci/{device}").content_string
    assert text.startswith(f"vendor: 0x8086\nproduct: {product}\n"), text


def test_the_kernel_config_for_guests_has_the_driver(host):
    text = host.file("/root/XEN3_DOMU_PCI").content_string
    assert re.search(r"^wm\*\s+at pci\? dev \? function \?$", text, re.MULTILINE), text
