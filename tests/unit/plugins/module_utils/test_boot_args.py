# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arguments of Xen and of its dom0 kernel: what is not given stays, what is given is there once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot_args
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_args import Console
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue


@pytest.mark.parametrize(
    "before, options, console, after",
    [
        ("", {"dom0_mem": "512M"}, None, "dom0_mem=512M"),
        ("dom0_mem=1G x", {}, None, "dom0_mem=1G x"),
        ("dom0_mem=1G x", {"dom0_mem": "2G"}, None, "dom0_mem=2G x"),
        ("dom0_mem=1G x dom0_mem=3G", {"dom0_mem": "2G"}, None, "x dom0_mem=2G"),
        ("dom0_mem=1G x", {"dom0_mem": ""}, None, "x"),
        ("", {"dom0_vcpus_pin": True}, None, "dom0_vcpus_pin"),
        ("dom0_vcpus_pin=yes", {"dom0_vcpus_pin": True}, None, "dom0_vcpus_pin=yes"),
        ("no-dom0_vcpus_pin", {"dom0_vcpus_pin": True}, None, "dom0_vcpus_pin"),
        ("dom0_vcpus_pin x", {"dom0_vcpus_pin": False}, None, "x"),
        ("dom0_vcpus_pin x", {"dom0_vcpus_pin": None}, None, "dom0_vcpus_pin x"),
        ("", {"noreboot": True, "loglvl": "all"}, None, "loglvl=all noreboot"),
        ("ucode=1 x", {"extra": ["ucode=scan", "x", "y"]}, None, "ucode=scan x y"),
        # the consoles
        ("", {}, Console("vga"), "console=vga"),
        ("", {}, Console("serial"), "console=com1"),
        ("", {}, Console("serial", 1, 115200), "console=com2 com2=115200,8n1"),
        ("", {}, Console("both", 0, 9600), "console=vga,com1 com1=9600,8n1"),
        ("console=com1 com1=9600,8n1 x", {}, Console("vga"), "console=vga x"),
        ("console=com1 com1=9600,8n1 x", {}, Console("serial", 1), "console=com2 x"),
        ("console=com1 com1=9600,8n1 x", {}, None, "console=com1 com1=9600,8n1 x"),
    ],
)
def test_xen(before, options, console, after):
    assert " ".join(_boot_args.xen_args(before.split(), options, console)) == after


@pytest.mark.parametrize(
    "before, options, console, after",
    [
        ("bootdev=wd0a ro", {"root": "sd0a"}, None, "bootdev=sd0a ro"),
        ("ro", {"root": "sd0a"}, None, "ro root=sd0a"),
        ("root=wd0a", {"root": ""}, None, ""),
        # NetBSD counts serial ports from 0
        ("", {}, Console("serial", 0, 115200), "console=com0"),
        ("console=pc", {}, Console("serial", 1), "console=com1"),
        ("console=com0", {}, Console("both"), "console=pc"),
        ("CONSOLE=com0", {}, Console("vga"), "CONSOLE=pc"),
        ("", {"single_user": True}, None, "-s"),
        ("-vs", {"single_user": True}, None, "-vs"),
        ("-vs x -s", {"single_user": False}, None, "-v x"),
        ("", {"pciback_hide": ["0000:03:00.0", "3:0.1", "0a:1F.7"]}, None, "pciback.hide=(03:00.0)(03:00.1)(0a:1f.7)"),
        ("pciback.hide=(00:19.0) x", {"pciback_hide": []}, None, "x"),
        ("pciback.hide=(00:19.0)", {"pciback_hide": None}, None, "pciback.hide=(00:19.0)"),
        ("a", {"extra": ["ip=1.2.3.4", "a"]}, None, "a ip=1.2.3.4"),
    ],
)
def test_kernel(before, options, console, after):
    assert " ".join(_boot_args.kernel_args(before.split(), options, console)) == after


def test_a_native_kernel_gets_no_console():
    assert _boot_args.kernel_args((), {}, Console("serial"), xen=False) == ()


@pytest.mark.parametrize(
    "xen, kernel, console, says",
    [
        ({"dom0_mem": "512"}, {}, None, "unit"),
        ({"dom0_mem": "half"}, {}, None, "unit"),
        ({"dom0_mem": "min:512M,max:2"}, {}, None, "unit"),
        ({"dom0_max_vcpus": "0"}, {}, None, "vcpus"),
        ({"dom0_max_vcpus": "two"}, {}, None, "vcpus"),
        ({"extra": ["a b"]}, {}, None, "blanks"),
        ({"extra": ["a", "a=1"]}, {}, None, "twice"),
        ({"dom0_mem": "1G", "extra": ["dom0_mem=2G"]}, {}, None, "twice"),
        ({}, {"pciback_hide": [], "extra": ["pciback.hide=(0:1.0)"]}, None, "twice"),
        ({"loglvl": "all;boot"}, {}, None, "blanks"),
        ({}, {"extra": ["x#y"]}, None, "blanks"),
        ({}, {"root": "wd0a\n"}, None, "blanks"),
        ({}, {"pciback_hide": ["0001:03:00.0"]}, None, "domain 0000"),
        ({}, {"pciback_hide": ["03:00"]}, None, "bus:device.function"),
        ({}, {}, Console("serial", 2), "com2"),
    ],
)
def test_what_is_refused(xen, kernel, console, says):
    with pytest.raises(BadValue, match=says):
        _boot_args.validate(xen, kernel, console)


@pytest.mark.parametrize("size", ["512M", "2g", "1048576k", "min:512M,max:1G", "50%", "-256M", "1G+25%"])
def test_sizes_of_dom0(size):
    _boot_args.validate({"dom0_mem": size}, {}, None)


WORDS = st.sampled_from(
    ["dom0_mem=1G", "dom0_vcpus_pin", "console=com1", "com1=9600", "x", "x=1", "noreboot", "-s", "root=wd0a"]
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "dom0_mem": st.sampled_from(["", "512M", None]),
        "dom0_vcpus_pin": st.sampled_from([True, False, None]),
        "noreboot": st.sampled_from([True, False]),
        "extra": st.sampled_from([[], ["x"], ["x=2", "y"], ["y"]]),
    },
)
CONSOLES = st.sampled_from([None, Console("vga"), Console("serial", 1, 115200), Console("both")])


@given(st.lists(WORDS), OPTIONS, CONSOLES)
def test_twice_is_the_same_as_once(words, options, console):
    once = _boot_args.xen_args(words, options, console)
    assert _boot_args.xen_args(once, options, console) == once
    once = _boot_args.kernel_args(words, options, console)
    assert _boot_args.kernel_args(once, options, console) == once


@given(st.lists(WORDS))
def test_nothing_given_changes_nothing(words):
    assert _boot_args.xen_args(words, {}, None) == tuple(words)
    assert _boot_args.kernel_args(words, {}, None) == tuple(words)
