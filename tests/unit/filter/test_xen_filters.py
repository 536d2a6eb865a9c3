# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters as a template calls them, and their documentation: xen_mac and xen_vdev."""

from __future__ import annotations

import inspect
import re

import jinja2
import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.filter import xen_mac, xen_vdev
from ansible_collections.netbsd.xen.plugins.module_utils.core import _identity

mac = xen_mac.FilterModule().filters()["xen_mac"]
vdev = xen_vdev.FilterModule().filters()["xen_vdev"]

# xen-vbd-interface(7), its examples and the borders of its table; libxl_device.c, libxl__device_disk_dev_number
TABLE = [
    ("xvda", 51712), ("xvda1", 51713), ("xvdb2", 51730), ("xvdp15", 51967), ("xvda16", 1 << 28 | 16),
    ("xvdq", 1 << 28 | 16 << 8), ("xvdtq37", 1 << 28 | 536 << 8 | 37),
    ("hda", 0x300), ("hda1", 0x301), ("hdb", 0x340), ("hdc", 0x1600), ("hdc2", 0x1602), ("hdd63", 0x167F),
    ("sda", 0x800), ("sda1", 0x801), ("sdb3", 0x813), ("sdp15", 0x8FF),
]  # fmt: skip


def test_a_mac_is_that_of_the_modules():
    assert mac("web", host="xen1") == _identity.derive_mac("xen1", "web", 0)
    assert mac("web", 2, host="xen1") == _identity.derive_mac("xen1", "web", 2)
    assert mac("web") == "00:16:3e:ff:ce:c2"  # sha256 of /web/vif/0: it must never change


@given(name=st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True), index=st.integers(0, 7), host=st.text(max_size=9))
def test_a_mac_is_one_of_xens(name, index, host):
    assert re.fullmatch(r"00:16:3e(:[0-9a-f]{2}){3}", mac(name, index, host))
    assert mac(name, index, host) == mac(name, index, host) != mac(name, index + 1, host)


@pytest.mark.parametrize(
    "arguments", [(3,), ("",), ("7",), ("a b",), ("web", -1), ("web", "0"), ("web", True), ("web", 0, None)]
)
def test_no_mac_of_nonsense(arguments):
    with pytest.raises(AnsibleFilterError, match=r"^netbsd\.xen\.xen_mac: "):
        mac(*arguments)


@pytest.mark.parametrize("name, number", TABLE)
def test_names_and_numbers(name, number):
    assert vdev(name) == vdev(number, "hex") == hex(number)
    assert vdev(name, "number") == number
    for given_as in (number, str(number), hex(number), f"0{number:o}"):
        assert vdev(given_as) == name
        assert vdev(given_as, to="number") == number
    assert vdev(name, "name") == name


def test_other_spellings():
    assert (vdev("d0p0", "name"), vdev("d536p37", "name"), vdev("d1p2")) == ("xvda", "xvdtq37", "0xca12")
    assert [vdev(number) for number in (0, 1, 0x900)] == ["0x0", "0x1", "0x900"]


@given(number=st.integers(0, 2**31 - 1))
def test_a_number_comes_back(number):
    """Also by way of its name, when it has one."""
    assert vdev(vdev(number, "name"), "number") == number


@pytest.mark.parametrize(
    "value", ["", "xvd", "hde", "hda64", "sdq", "xvda0", "0x", "08", "-1", -1, 2**31, True, None, 1.5, ["xvda"], "a b"]
)
def test_no_vdev(value):
    with pytest.raises(AnsibleFilterError, match=r"^netbsd\.xen\.xen_vdev: "):
        vdev(value)


def test_no_such_form():
    with pytest.raises(AnsibleFilterError, match="to: 'octal'"):
        vdev("xvda", to="octal")


@pytest.mark.parametrize("plugin, function, first", [(xen_mac, mac, "name"), (xen_vdev, vdev, "vdev")])
def test_every_option_is_documented_as_it_is(plugin, function, first):
    options = yaml.safe_load(plugin.DOCUMENTATION)["options"]
    parameters = inspect.signature(function).parameters
    assert list(parameters)[0] == first
    assert {name: each.default for name, each in list(parameters.items())[1:]} == {
        name: option["default"] for name, option in options.items() if name != "_input"
    }


@pytest.mark.parametrize(
    "text, becomes",
    [
        ("{{ '0x301' | netbsd.xen.xen_vdev }}", "hda1"),
        ("{{ 51712 | netbsd.xen.xen_vdev }}", "xvda"),
        ("{{ 'sda1' | netbsd.xen.xen_vdev }} is {{ 'sda1' | netbsd.xen.xen_vdev(to='number') }}", "0x801 is 2049"),
        (
            "{{ 'router' | netbsd.xen.xen_mac(1, host='example.org') }}",
            _identity.derive_mac("example.org", "router", 1),
        ),
    ],
)
def test_the_examples(text, becomes):
    assert text in xen_vdev.EXAMPLES + xen_mac.EXAMPLES
    environment = jinja2.Environment()
    environment.filters.update({"netbsd.xen.xen_vdev": vdev, "netbsd.xen.xen_mac": mac})
    assert environment.from_string(text).render() == becomes
