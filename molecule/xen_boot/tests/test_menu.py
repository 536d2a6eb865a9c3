# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The menu as a person at the console would read it."""

from __future__ import annotations

import pytest

LOAD = "load /netbsd-XEN3_DOM0.gz console=com0 pciback.hide=(00:05.0)(00:06.0)"
MULTIBOOT = "multiboot /xen420.gz dom0_mem=512M dom0_max_vcpus=1 dom0_vcpus_pin console=com1"


@pytest.fixture
def lines(host):
    return host.file("/boot.cfg").content_string.splitlines()


def test_the_entry_boots_the_dom0(lines):
    assert f"menu=Xen 4.20:{LOAD};{MULTIBOOT}" in lines


def test_the_entry_is_the_default(lines):
    menus = [line for line in lines if line.startswith("menu=")]
    number = next(index for index, line in enumerate(menus, 1) if line.startswith("menu=Xen 4.20:"))
    assert f"default={number}" in lines


def test_netbsd_without_xen_can_be_chosen(lines):
    assert any(line.startswith("menu=") and "boot" in line and "multiboot" not in line for line in lines)


def test_no_command_is_too_long_for_the_loader(lines):
    commands = [part for line in lines if line.startswith("menu=") for part in line.partition(":")[2].split(";")]
    assert max(map(len, commands)) <= 79
