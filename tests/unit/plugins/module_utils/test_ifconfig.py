# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ifconfig's output of old and new NetBSD, and the files /etc/ifconfig.IF, are read as NetBSD means them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _ifconfig

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

CORPUS = Path(__file__).resolve().parents[5] / "shared" / "corpus" / "ifconfig"

NEW = """\
wm0: flags=0x8943<UP,BROADCAST,RUNNING,PROMISC,SIMPLEX,MULTICAST> mtu 1500
\tcapabilities=0x7ff80<TSO4,IP4CSUM_Rx,IP4CSUM_Tx>
\tec_enabled=0x2<VLAN_HWTAGGING>
\taddress: 52:54:00:12:34:AB
\tmedia: Ethernet autoselect (1000baseT full-duplex)
\tstatus: active
\tinet 10.0.2.15/24 broadcast 10.0.2.255 flags 0
\tinet6 fe80::5054:ff:fe12:34ab%wm0/64 flags 0 scopeid 0x1
lo0: flags=0x8049<UP,LOOPBACK,RUNNING,MULTICAST> mtu 33624
\tinet 127.0.0.1/8 flags 0
\tinet6 ::1/128 flags 0x20<NODAD>
bridge0: flags=0x41<UP,RUNNING> mtu 1500
"""
OLD = """\
ex0: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> mtu 1500
\taddress: 00:01:02:03:04:05
\tmedia: Ethernet autoselect (none)
\tstatus: no carrier
\tinet 192.168.1.10 netmask 0xffffff00 broadcast 192.168.1.255
\tinet alias 192.168.1.11 netmask 0xffffffff broadcast 192.168.1.11
\tinet6 fe80::201:2ff:fe03:405%ex0 prefixlen 64 scopeid 0x1
tun0: flags=51<UP,POINTOPOINT,RUNNING> mtu 1500
\tinet 10.8.0.2 -> 10.8.0.1 netmask 0xffffffff
xvif1.0: flags=8802<BROADCAST,SIMPLEX,MULTICAST> mtu 1500
"""


def test_new_ifconfig():
    found = _ifconfig.parse_interfaces(NEW)
    assert list(found) == ["wm0", "lo0", "bridge0"]
    wm0 = found["wm0"]
    assert wm0 == _ifconfig.Interface(
        "wm0",
        ("UP", "BROADCAST", "RUNNING", "PROMISC", "SIMPLEX", "MULTICAST"),
        1500,
        "52:54:00:12:34:ab",
        "active",
        (
            _ifconfig.Address("inet", "10.0.2.15", 24),
            _ifconfig.Address("inet6", "fe80::5054:ff:fe12:34ab", 64),
        ),
    )
    assert wm0.up
    assert found["bridge0"] == _ifconfig.Interface("bridge0", ("UP", "RUNNING"), 1500, None, None, ())
    assert found["lo0"].addresses[0] == _ifconfig.Address("inet", "127.0.0.1", 8)


def test_old_ifconfig():
    found = _ifconfig.parse_interfaces(OLD)
    assert list(found) == ["ex0", "tun0", "xvif1.0"]
    assert found["ex0"].status == "no carrier"
    assert found["ex0"].addresses == (
        _ifconfig.Address("inet", "192.168.1.10", 24),
        _ifconfig.Address("inet", "192.168.1.11", 32),
        _ifconfig.Address("inet6", "fe80::201:2ff:fe03:405", 64),
    )
    assert found["tun0"].addresses == (_ifconfig.Address("inet", "10.8.0.2", 32),)
    assert not found["xvif1.0"].up


@pytest.mark.parametrize(
    "address, answer",
    [
        ("10.0.2.15", True),
        ("10.0.2.1", False),
        ("FE80:0::5054:ff:fe12:34ab", True),
        ("fe80::5054:ff:fe12:34ab%wm0", True),
        ("fe80::5054:ff:fe12:34ab%wm1", False),
        ("nonsense", False),
    ],
)
def test_has_address(address, answer):
    assert _ifconfig.parse_interfaces(NEW)["wm0"].has(address) is answer


@pytest.mark.parametrize("flags", ["0", "0x0<>"])
def test_no_flags_at_all(flags):
    """snprintb(3) of newer ifconfigs prints no brackets when there is nothing to put in."""
    assert _ifconfig.parse_interfaces(f"bridge0: flags={flags} mtu 1500\n") == {
        "bridge0": _ifconfig.Interface("bridge0", (), 1500, None, None, ())
    }


def test_a_vlan_tells_what_it_is_on():
    text = "vlan3: flags=0x8802<BROADCAST,SIMPLEX> mtu 1500\n\tvlan: 3 parent: wm0\n\taddress: 52:54:00:12:34:56\n"
    assert _ifconfig.parse_interfaces(text)["vlan3"].parent == "wm0"
    assert _ifconfig.parse_interfaces(text.replace("wm0", "<none>"))["vlan3"].parent is None


@pytest.mark.parametrize("text", ["", "ifconfig: no such interface\n", "\tinet 10.0.0.1/8\n"])
def test_no_interfaces(text):
    assert _ifconfig.parse_interfaces(text) == {}


def test_a_failing_ifconfig_is_told(monkeypatch):
    monkeypatch.setattr(_command, "run", lambda command: _command.Result(1, "", "ifconfig: SIOCGIFFLAGS: no\n"))
    with pytest.raises(CommandError, match="SIOCGIFFLAGS") as caught:
        _ifconfig.read()
    assert caught.value.rc == 1


def kinds(text):
    return [(line.kind, line.text) for line in _ifconfig.parse_file(text)]


def test_file():
    assert kinds(
        "create\n\n  # a comment\n!brconfig $int add wm0 \\\n  stp wm0\n\tup \ndhcp\ninet 10.0.0.1 \\\nnetmask 0xff"
    ) == [
        ("create", "create"),
        ("blank", ""),
        ("comment", "# a comment"),
        ("command", "brconfig $int add wm0   stp wm0"),
        ("arguments", "up"),
        ("dhcp", "dhcp"),
        ("arguments", "inet 10.0.0.1 netmask 0xff"),
    ]


def test_only_the_very_word_is_create():
    assert kinds("create up\n") == [("arguments", "create up")]


@hypothesis.given(st.text(alphabet="ab #!\\\n\t\x0b\u2028c", max_size=60))
def test_the_lines_make_up_the_file(text):
    lines = _ifconfig.parse_file(text)
    assert "".join(line.raw for line in lines) == text
    assert all("\n" not in line.text for line in lines)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real files is not here")
def test_real_files():
    for path in sorted(CORPUS.iterdir()):
        text = path.read_text(encoding="utf-8")
        lines = _ifconfig.parse_file(text)
        assert lines and "".join(line.raw for line in lines) == text, path.name
