# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files inside a NetBSD guest, byte for byte, and what is refused."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _guest_spec, _guestfiles

RC_CONF = "if [ -r /etc/defaults/rc.conf ]; then\n\t. /etc/defaults/rc.conf\nfi\nrc_configured=NO\nwscons=YES\n"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB root@dom0"
FILES = {
    "/etc/ttys": 'console "/usr/libexec/getty Pc" vt100 off secure\nttyE0 "/usr/libexec/getty Pc" wsvt25 on secure\n',
    "/etc/wscons.conf": "screen\t0\t-\tvt100\n",
    "/etc/rc.conf": RC_CONF,
    "/etc/ssh/sshd_config": "LoginGraceTime 600\n#PermitRootLogin no\n",
}


def params(**given):
    empty = {name: option.get("default") for name, option in _guest_spec.spec().items()}
    return {**empty, **given}


def after(want, files):
    return {change.path: change.after for change in _guestfiles.changes(want, files.get)}


def test_every_file_is_what_the_manual_pages_say():
    network = {
        "address": "10.0.0.5", "netmask": "255.255.255.0", "gateway": "10.0.0.1",
        "nameservers": ["10.0.0.1", "10.0.0.2"], "search": "example.org",
    }  # fmt: skip
    want = _guestfiles.wanted(
        params(hostname="web", network=network, authorized_keys=[KEY], rc_conf={"powerd": True, "rc_configured": True})
    )
    found = after(want, FILES)
    assert found == {
        "/etc/ttys": FILES["/etc/ttys"].replace("wsvt25 on", "wsvt25 off").replace("vt100 off", "vt100 on"),
        "/etc/wscons.conf": "#screen\t0\t-\tvt100\n",
        "/etc/rc.conf": RC_CONF.replace("rc_configured=NO", "rc_configured=YES")
        + 'hostname=web\nifconfig_xennet0="inet 10.0.0.5 netmask 255.255.255.0"\ndefaultroute=10.0.0.1\npowerd=YES\n',
        "/etc/resolv.conf": "search example.org\nnameserver 10.0.0.1\nnameserver 10.0.0.2\n",
        "/root/.ssh/authorized_keys": KEY + "\n",
        "/etc/ssh/sshd_config": "LoginGraceTime 600\n#PermitRootLogin no\nPermitRootLogin without-password\n",
    }
    assert after(want, {**FILES, **found}) == {}


def test_dhcp_is_one_variable():
    assert _guestfiles.network_variables({"interface": "xennet1", "dhcp": True}) == {"ifconfig_xennet1": "dhcp"}


@pytest.mark.parametrize(
    "network",
    [
        {"dhcp": False},
        {"dhcp": True, "address": "10.0.0.5"},
        {"address": "10.0.0.5"},
        {"address": "web; rm", "netmask": "1"},
    ],
)
def test_a_network_that_is_none_is_refused(network):
    with pytest.raises(BadValue):
        _guestfiles.network_variables(network)


@pytest.mark.parametrize("key", ["", "AAAA", "ssh-rsa AAAA\nssh-rsa BBBB"])
def test_a_key_that_is_none_is_refused(key):
    with pytest.raises(BadValue):
        _guestfiles.wanted(params(authorized_keys=[key]))


def test_a_key_that_is_there_with_options_stays_as_it_is():
    text = 'from="10.0.0.1" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB old comment'
    assert _guestfiles.with_keys(text, (KEY,)) == text
    assert _guestfiles.with_keys(text, ("ssh-rsa AAAAB3",)) == text + "\nssh-rsa AAAAB3\n"


def test_only_ttys_is_needed_where_nothing_else_is_asked_for():
    with pytest.raises(XenError) as caught:
        _guestfiles.changes(_guestfiles.wanted(params()), {}.get)
    assert caught.value.details["error_id"] == "no_netbsd"
    assert after(_guestfiles.wanted(params(screens=True)), {"/etc/ttys": "console none vt100 on\n"}) == {}


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("PermitRootLogin yes\n", "PermitRootLogin yes\n"),
        ("permitrootlogin no\n", "PermitRootLogin without-password\n"),
        ("UsePam yes", "UsePam yes\nPermitRootLogin without-password\n"),
        (
            "UsePam yes\nMatch User backup\n\tPermitRootLogin yes\n",
            "UsePam yes\nPermitRootLogin without-password\nMatch User backup\n\tPermitRootLogin yes\n",
        ),
    ],
)
def test_root_comes_in_by_key(before, expected):
    assert _guestfiles.with_root_by_key(before) == expected
    assert _guestfiles.with_root_by_key(expected) == expected


def test_fstab_is_as_sysinst_writes_it():
    assert _guestfiles.fstab("/dev/xbd0a", "/dev/xbd0b", "10.1") == (
        "# NetBSD /etc/fstab\n# See /usr/share/examples/fstab/ for more examples.\n"
        "/dev/xbd0a\t\t/\tffs\trw,log\t\t 1 1\n/dev/xbd0b\t\tnone\tswap\tsw,dp\t\t 0 0\n"
        "kernfs\t\t/kern\tkernfs\trw\nptyfs\t\t/dev/pts\tptyfs\trw\nprocfs\t\t/proc\tprocfs\trw\n"
        "tmpfs\t\t/var/shm\ttmpfs\trw,-m1777,-sram%25\n"
    )
    old = _guestfiles.fstab("/dev/xbd0a", None, "5.2")
    assert "rw\t\t 1 1" in old
    assert "swap" not in old
    assert "tmpfs" not in old
