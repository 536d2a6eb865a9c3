# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What brconfig prints is read as brconfig.c prints it, with and without spanning tree, old and new."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.bridge import _bridge
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

TWO = """\
bridge0: flags=41<UP,RUNNING>
\tConfiguration:
\t\tpriority 32768 hellotime 2 fwddelay 15 maxage 20
\t\tipfilter disabled flags 0x0
\tInterfaces:
\t\txvif1i0 flags=3<LEARNING,DISCOVER>
\t\t\tport 5 priority 128
\t\twm0 flags=7<LEARNING,DISCOVER,STP>
\t\t\tport 1 priority 128 path cost 55 forwarding
\tAddress cache (max cache: 100, timeout: 1200):
\t\t52:54:0:12:34:56 wm0 1188 flags=0<>
\t\t0:16:3e:0:0:1 xvif1i0 12 flags=1<STATIC>
bridge12: flags=0<>
\tConfiguration:
\t\tpriority 1 hellotime 1 fwddelay 4 maxage 6
\tInterfaces:
\tAddress cache (max cache: 100, timeout: 1200):
"""


def test_output():
    found = _bridge.parse(TWO)
    assert list(found) == ["bridge0", "bridge12"]
    first, second = found["bridge0"], found["bridge12"]
    assert first.up and first.member_names == ("xvif1i0", "wm0")
    assert first.members == (
        _bridge.Member("xvif1i0", ("LEARNING", "DISCOVER"), 5, 128),
        _bridge.Member("wm0", ("LEARNING", "DISCOVER", "STP"), 1, 128, 55, "forwarding"),
    )
    assert [member.stp for member in first.members] == [False, True]
    assert first.parameters == {"priority": 32768, "hellotime": 2, "fwddelay": 15, "maxage": 20}
    assert (first.max_addresses, first.timeout) == (100, 1200)
    assert second == _bridge.Bridge(
        "bridge12", (), (), {"priority": 1, "hellotime": 1, "fwddelay": 4, "maxage": 6}, 100, 1200
    )
    assert not second.up


def test_no_bridges():
    assert _bridge.parse("") == {}


def test_a_failing_brconfig_is_told(monkeypatch):
    monkeypatch.setattr(_command, "run", lambda command: _command.Result(1, "", "brconfig: getifaddrs: no\n"))
    with pytest.raises(CommandError, match="getifaddrs"):
        _bridge.read()


@pytest.mark.parametrize(
    "name, answer",
    [
        ("bridge0", True),
        ("bridge12", True),
        ("bridge", False),
        ("bridge01", False),
        ("xenbr0", False),
        ("bridge0\n", 0),
    ],
)
def test_names(name, answer):
    assert bool(_bridge.NAME.match(name)) is bool(answer)


@pytest.mark.parametrize(
    "name, answer",
    [("xvif1i0", True), ("xvif1.0", True), ("vif12.0", True), ("tap0", True), ("wm0", False), ("tape0", False)],
)
def test_interfaces_of_guests(name, answer):
    assert _bridge.is_guest_interface(name) is answer


NAMES = st.lists(st.from_regex(r"(wm|xvif[1-9]i|vlan)[0-9]", fullmatch=True), unique=True, max_size=5)
FLAGS = st.lists(st.sampled_from(["LEARNING", "DISCOVER", "STP"]), unique=True)


@hypothesis.given(st.dictionaries(st.from_regex(r"bridge[1-9][0-9]?", fullmatch=True), NAMES, max_size=3), FLAGS)
def test_what_brconfig_prints_is_read_back(bridges, flags):
    text = ""
    for name, members in bridges.items():
        text += (
            f"{name}: flags=1<UP>\n\tConfiguration:\n\t\tpriority 1 hellotime 2 fwddelay 3 maxage 4\n\tInterfaces:\n"
        )
        for port, member in enumerate(members):
            text += f"\t\t{member} flags=3<{','.join(flags)}>\n\t\t\tport {port} priority 128\n"
        text += "\tAddress cache (max cache: 100, timeout: 1200):\n"
    found = _bridge.parse(text)
    assert {name: list(bridge.member_names) for name, bridge in found.items()} == bridges
    for bridge in found.values():
        assert [member.port for member in bridge.members] == list(range(len(bridge.members)))
        assert all(member.flags == tuple(flags) for member in bridge.members)
