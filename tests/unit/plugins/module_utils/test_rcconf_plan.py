# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tasks want of rc.conf: several variables at once, in the right files, with the traps refused."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf, _rcconf_plan
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf_plan import Wish, list_wish, plan, wish


@pytest.mark.parametrize(
    "value, text",
    [
        (True, "YES"),
        (False, "NO"),
        ("yes", "yes"),
        (5, "5"),
        ("", ""),
        (["-q", "-b"], "-q -b"),
        ([], ""),
        (None, None),
    ],
)
def test_values_of_yaml(value, text):
    assert wish("dhcpcd_flags", value) == Wish("dhcpcd_flags", text)


@pytest.mark.parametrize("value", [4.2, {"a": 1}, ["a b"], [""], [["a", "b"]]])
def test_values_that_cannot_be(value):
    with pytest.raises(BadValue):
        wish("flags", value)


@pytest.mark.parametrize("value", [True, False, "YES", "no", "on"])
def test_xendomains_is_no_switch(value):
    with pytest.raises(BadValue, match="a domain called YES") as caught:
        wish("xendomains", value)
    assert caught.value.details["error_id"] == "list_not_switch"
    assert wish("xendomains", ["web"]).value == "web"


def test_the_variable_of_xen_watchdog():
    with pytest.raises(BadValue, match="is xenwatchdog"):
        wish("xen_watchdog", True)
    with pytest.raises(BadValue, match="that of xen-watchdog is xenwatchdog"):
        wish("xen-watchdog", True)


def test_a_word_cannot_come_and_go():
    with pytest.raises(BadValue, match="it is in remove, too"):
        list_wish("xendomains", ["web"], ["db", "web"])


def test_many_at_once():
    files = {
        "/etc/rc.conf": "xend=YES\nxendomains='a b'\nsshd=YES\n",
        "/etc/rc.conf.d/xendomains": "xendomains_config=x\n",
    }
    wanted = [
        wish("xencommons", True),
        wish("xend", None),
        wish("sshd", "YES"),
        list_wish("xendomains", ["c"], ["a", "z"]),
        wish("xendomains_config", "/usr/pkg/etc/xen/%s.cfg"),
    ]
    todo = plan(wanted, reader=files.get)
    assert {path: after for path, (_before, after) in todo.changes.items()} == {
        "/etc/rc.conf": "xendomains='b c'\nsshd=YES\nxencommons=YES\n",
        "/etc/rc.conf.d/xendomains": "xendomains_config=/usr/pkg/etc/xen/%s.cfg\n",
    }
    assert todo.actions == [
        "set xencommons=YES in /etc/rc.conf",
        "remove xend in /etc/rc.conf",
        "add c to xendomains in /etc/rc.conf",
        "remove a from xendomains in /etc/rc.conf",
        "set xendomains_config=/usr/pkg/etc/xen/%s.cfg in /etc/rc.conf.d/xendomains",
    ]
    assert todo.values["xendomains"] == "b c" and todo.values["xend"] is None
    after = {path: text for path, (_before, text) in todo.changes.items()}
    again = plan(wanted, reader=after.get)
    assert not again.changed and not again.actions and not again.diff()


def test_one_file_alone(tmp_path):
    path = tmp_path / "my.conf"
    todo = plan([wish("x", "1")], path=str(path))
    assert todo.diff() == [{"before_header": "/dev/null", "after_header": str(path), "before": "", "after": "x=1\n"}]
    assert _rcconf_plan.apply(todo) == []
    assert path.read_text() == "x=1\n"
    assert path.stat().st_mode & 0o777 == 0o644
    (kept,) = _rcconf_plan.apply(plan([wish("x", "2")], path=str(path)), backup=True)
    assert (path.read_text(), _rcconf.read_text(kept)) == ("x=2\n", "x=1\n")


def test_the_host_s_sh_has_the_last_word(tmp_path):
    path = tmp_path / "rc.conf"
    path.write_text("x=1\n")
    broken = _rcconf_plan.RcPlan(["edit"], {str(path): ("x=1\n", "x='1\n")}, {})
    with pytest.raises(XenError, match="sh could not read the new one"):
        _rcconf_plan.apply(broken)
    assert path.read_text() == "x=1\n"


def test_rc_conf_d_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(_rcconf, "RC_CONF_D", str(tmp_path / "rc.conf.d"))
    path = str(tmp_path / "rc.conf.d" / "xend")
    _rcconf_plan.apply(plan([wish("xend", True)], path=path))
    assert _rcconf.read_text(path) == "xend=YES\n"
