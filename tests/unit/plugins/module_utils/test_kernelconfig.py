# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kernel configuration files: what is written is in the grammar of config(5), and everything has a parent."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _kernelconfig

# usr.bin/config/scan.l: its words, numbers, strings and signs; a comment goes to the end of the line
TOKEN = re.compile(
    r'[ \t]+|#.*|(?P<word>[A-Za-z_.][-A-Za-z_0-9.]*)|(?P<number>0x[0-9a-f]+|\d+)|(?P<string>"[^"]*")|(?P<sign>[*?])'
)
# what a kernel for guests has already, and the attributes that drivers bring: (child's parent, who brings it)
THERE = {"xenbus", "hypervisor", "mainbus"}
ATTRIBUTES = {"mii", "scsi", "atapi", "ata", "audiobus", "hdaudiobus"}


def tokens(line):
    found, at = [], 0
    while at < len(line):
        match = TOKEN.match(line, at)
        assert match, (line, at)
        found += [(kind, match.group(kind)) for kind in ("word", "number", "string", "sign") if match.group(kind)]
        at = match.end()
    return found


def statement(line):
    """gram.y, selection part: `include "FILE"`, or `device AT attachment locators [FLAGS number]`. (name, parent)"""
    left = tokens(line)
    if left[:1] == [("word", "include")]:
        assert [kind for kind, _text in left[1:]] == ["string"]
        return None
    (kind, name), left = left[0], left[1:]
    assert kind == "word"
    assert left.pop(0) == ("sign", "*")
    assert left.pop(0) == ("word", "at")
    kind, parent = left.pop(0)
    assert kind == "word"
    if left and left[0] == ("sign", "?"):
        left.pop(0)
    while left:
        assert left.pop(0)[0] == "word"
        assert left.pop(0)[0] in ("sign", "number")
    return name, parent


def statements(text):
    lines = [line for line in text.splitlines() if tokens(line)]
    return [found for found in map(statement, lines) if found]


def rendered(*drivers, **more):
    return statements(_kernelconfig.render(list(drivers), **more))


def test_the_howto_s_kernel():
    """The drivers that the NetBSD/Xen HOWTO adds to XEN3_DOMU."""
    found = rendered("uhci", "ehci", "umass", "ahc", "sd", "cd")
    assert found[:2] == [("xpci", "xenbus"), ("pci", "xpci")]
    assert set(found[2:]) == {
        ("uhci", "pci"), ("usb", "uhci"), ("ehci", "pci"), ("usb", "ehci"), ("uhub", "usb"), ("uhub", "uhub"),
        ("umass", "uhub"), ("ahc", "pci"), ("scsibus", "scsi"), ("atapibus", "atapi"), ("sd", "scsibus"),
        ("sd", "atapibus"), ("cd", "scsibus"), ("cd", "atapibus"),
    }  # fmt: skip


def test_the_base_is_included_first():
    text = _kernelconfig.render(["wm"], name="WEB")
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    assert lines[0] == ["include", '"arch/amd64/conf/XEN3_DOMU"']
    assert "config WEB" in text
    assert "kernel=WEB" in text


@pytest.mark.parametrize(
    ("more", "included"),
    [
        ({"machine": "i386"}, '"arch/i386/conf/XEN3PAE_DOMU"'),
        ({"base": "MY_DOMU"}, '"arch/amd64/conf/MY_DOMU"'),
    ],
)
def test_another_base(more, included):
    assert included in _kernelconfig.render(["wm"], **more)


def test_no_driver_is_the_front_end_alone():
    assert rendered() == [("xpci", "xenbus"), ("pci", "xpci")]


def test_a_driver_that_is_not_known_as_a_statement():
    found = rendered("aq* at  pci? dev ? function ?", "wd* at umass?", "com1 at puc? port ?".replace("1", "*"))
    assert found[2:] == [("aq", "pci"), ("wd", "umass"), ("com", "puc")]


def test_keyboards_bring_what_they_hang_on():
    assert ("uhidev", "uhub") in rendered("ohci", "ukbd")


@pytest.mark.parametrize(
    ("drivers", "reason"),
    [
        (["nosuch"], "not known"),
        (["sd"], "SCSI controller"),
        (["wd", "ahc"], "SATA controller"),
        (["umass"], "USB controller"),
        (["wm at pci; rm"], "no statement"),
        (['wm* at pci? dev "x"'], "no statement"),
        (["wm* at pci?\npseudo-device x"], "no statement"),
    ],
)
def test_refused(drivers, reason):
    with pytest.raises(BadValue, match=reason):
        _kernelconfig.render(drivers)


@pytest.mark.parametrize("more", [{"machine": "evbarm"}, {"base": '../../x"'}, {"name": "a b"}])
def test_names(more):
    with pytest.raises(BadValue):
        _kernelconfig.render(["wm"], **more)


@given(st.lists(st.sampled_from(_kernelconfig.drivers()), unique=True))
def test_everything_has_a_parent(drivers):
    try:
        found = rendered(*drivers)
    except BadValue:
        return
    assert len(set(found)) >= len(drivers) + 2
    names = {name for name, _parent in found} | THERE
    for name, parent in found:
        assert parent in names | ATTRIBUTES, (name, parent)
