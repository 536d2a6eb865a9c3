# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of rc.conf that starts domains on NetBSD: found, filled, ordered and emptied, and nothing else changes."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart, _autostart_words
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConfigSyntaxError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf

BEFORE = 'hostname=xen1\n# xendomains="web"\nsshd=YES\n'
AFTER = "xencommons=YES\n"
WEB = "/usr/pkg/etc/xen/web"


@pytest.fixture
def netbsd(tmp_path, monkeypatch):
    path = tmp_path / "rc.conf"
    monkeypatch.setattr(_rcconf, "RC_CONF", str(path))
    monkeypatch.setattr(_rcconf, "RC_CONF_D", str(tmp_path))
    monkeypatch.setattr(_rcconf, "DEFAULTS", str(tmp_path / "defaults"))
    monkeypatch.setattr(_autostart.platform, "system", lambda: "NetBSD")
    return path


@pytest.fixture
def configs(netbsd, tmp_path, monkeypatch):
    """A directory of config files that exists, and a list to fill."""
    directory = tmp_path / "xen"
    directory.mkdir()
    layout = _autostart_words._host.layout()._replace(config_dir=str(directory))
    monkeypatch.setattr(_autostart_words._host, "layout", lambda: layout)
    for name in ("web", "db", "mail", "sql.cfg"):
        (directory / name).write_text(f"name = '{name}'\n")
    return directory


def want(config, name=None, enabled=True, order=None, delay=None):
    return _autostart.Want(name or os.path.basename(str(config)), str(config), enabled, order, delay)


def settle(wanted):
    """Do what is wanted, as a task does; returns the kinds and texts of the steps, after which nothing is left."""
    changes = _autostart.read().changes(wanted)
    for change in changes:
        _autostart.carry_out(change)
    assert _autostart.read().changes(wanted) == []
    return [change.kind for change in changes], [change.text for change in changes]


def values(netbsd):
    conf = _rcconf.RcConf("xendomains")
    return conf.value("xendomains"), conf.value("xendomains_order")


@pytest.mark.parametrize(
    "line, words, without",
    [
        ('xendomains="web db"', ["web", "db"], 'xendomains="db"'),
        ("xendomains='db web'", ["db", "web"], "xendomains='db'"),
        ("xendomains=web", ["web"], 'xendomains=""'),
        ("xendomains=web # the shop", ["web"], 'xendomains="" # the shop'),
        ("xendomains=web;sshd=YES", ["web"], 'xendomains="";sshd=YES'),
        ('  xendomains="web"', ["web"], '  xendomains=""'),
        ('xendomains="web web db"', ["web", "web", "db"], 'xendomains="db"'),
        ('xendomains="web\n  db"', ["web", "db"], 'xendomains="db"'),
        ('xendomains="db \\\n  web"', ["db", "web"], 'xendomains="db"'),
        ('xendomains="web2 my-web web.cfg"', ["web2", "my-web", "web.cfg"], None),
        ('xendomains="web"\nxendomains="db"', ["db"], None),
        ('xendomains="db"\nxendomains="web"', ["web"], 'xendomains="db"\nxendomains=""'),
        ('xendomains=""', [], None),
        ("xendomains=", [], None),
        ("#xendomains=web", [], None),
        ("my_xendomains=web", [], None),
        (
            'xendomains="web db"\nxendomains="$xendomains mail"',
            ["web", "db", "mail"],
            'xendomains="db"\nxendomains="$xendomains mail"',
        ),
        (
            'xendomains="db"\nxendomains="${xendomains} web"',
            ["db", "web"],
            'xendomains="db"\nxendomains="${xendomains}"',
        ),
    ],
)
def test_rc_conf(netbsd, line, words, without):
    netbsd.write_text(BEFORE + line + "\n" + AFTER)
    found = _autostart.read()
    assert sorted(entry.name for entry in found.entries) == sorted(words)
    assert found.starts("web", WEB) == ("web" in words)
    settle(want(WEB, enabled=False))
    assert netbsd.read_text() == BEFORE + (line if without is None else without) + "\n" + AFTER


def test_rc_conf_that_sh_could_not_read(netbsd):
    netbsd.write_text('xendomains="web\n')
    with pytest.raises(ConfigSyntaxError, match="line 1, column 12"):
        _autostart.read()


def test_bytes_and_modes_are_kept(netbsd):
    netbsd.write_bytes(b'a=1\r\nxendomains="web db"\nb=\xff\n')
    netbsd.chmod(0o600)
    assert _autostart.read().of("mail", "/usr/pkg/etc/xen/mail") == ()
    assert settle(want(WEB, enabled=False)) == (["remove_autostart"], [f"remove web from xendomains in {netbsd}"])
    assert netbsd.read_bytes() == b'a=1\r\nxendomains="db"\nb=\xff\n'
    assert netbsd.stat().st_mode & 0o777 == 0o600
    assert [path.read_bytes() for path in netbsd.parent.glob("rc.conf.*~")] == [b'a=1\r\nxendomains="web db"\nb=\xff\n']


def test_without_rc_conf(netbsd, configs):
    assert not _autostart.read().starts("web", WEB)
    assert settle(want(configs / "web")) == (["add_autostart"], [f"add web to xendomains in {netbsd}"])
    assert netbsd.read_text() == "xendomains=web\n"


@pytest.mark.parametrize(
    "second, where",
    [
        ("", ["rc.conf"]),
        ('xendomains="db"', []),
        ('xendomains="web"', ["xendomains"]),
        ('xendomains="$xendomains db"', ["rc.conf"]),
        ('xendomains="$xendomains web"', ["rc.conf", "xendomains"]),
    ],
)
def test_rc_conf_d_is_read_last(netbsd, second, where):
    netbsd.write_text('xendomains="web"\n')
    (netbsd.parent / "xendomains").write_text(second + "\n")
    found = _autostart.read().of("web", WEB)
    assert [os.path.basename(entry.path) for entry in found] == where
    settle(want(WEB, enabled=False))
    assert _autostart.read().of("web", WEB) == ()


@pytest.mark.parametrize(
    "line, result",
    [
        ("", "xendomains=web\n"),
        ('xendomains=""', 'xendomains="web"\n'),
        ("xendomains='db'  # the database", "xendomains='db web'  # the database\n"),
        ('xendomains="db \\\n  mail"', 'xendomains="db \\\n  mail web"\n'),
        ('xendomains="db web mail web"', 'xendomains="db web mail"\n'),
        ('xendomains="web db"', None),
        ('xendomains="db"\nxendomains="$xendomains mail"', 'xendomains="db"\nxendomains="$xendomains mail web"\n'),
    ],
)
def test_add(netbsd, configs, line, result):
    netbsd.write_text(BEFORE + line + "\n" * bool(line))
    kinds, _texts = settle(want(configs / "web"))
    assert netbsd.read_text() == BEFORE + (line + "\n" if result is None else result)
    assert kinds == ([] if result is None else ["move_autostart" if "web" in line else "add_autostart"])


@pytest.mark.parametrize(
    "tasks", [("db:20", "mail:30", "web:10"), ("mail:30", "web:10", "db:20"), ("web:10", "db:20", "mail:30")]
)
@pytest.mark.parametrize("line", ["", "xendomains='mail db'", 'xendomains="db \\\n  web \\\n  mail"'])
def test_numbers_order_the_list_whatever_the_order_of_the_tasks(netbsd, configs, tasks, line):
    netbsd.write_text(line + "\n" * bool(line))
    wishes = [
        want(configs / name, order=int(number)) for name, _colon, number in (task.partition(":") for task in tasks)
    ]
    for wanted in wishes:
        settle(wanted)
    words, numbers = values(netbsd)
    assert words.split() == ["web", "db", "mail"]
    assert sorted(numbers.split()) == ["db:20", "mail:30", "web:10"]
    assert all(_autostart.read().changes(wanted) == [] for wanted in wishes)


@pytest.mark.parametrize(
    "line, order, expected",
    [
        ('xendomains="db mail"', 10, 'xendomains="web db mail"'),
        ("xendomains='db mail' # mine", 10, "xendomains='web db mail' # mine"),
        (
            'xendomains="db \\\n  mail"\nxendomains_order="db:5"',
            10,
            'xendomains="db \\\n  web mail"\nxendomains_order="db:5 web:10"',
        ),
        (
            'xendomains="db mail"\nxendomains_order="db:5 mail:20"',
            10,
            'xendomains="db web mail"\nxendomains_order="db:5 mail:20 web:10"',
        ),
        (
            'xendomains="db mail"\nxendomains_order="db:5 mail:20"',
            99,
            'xendomains="db mail web"\nxendomains_order="db:5 mail:20 web:99"',
        ),
        ('xendomains="web db"\nxendomains_order="web:1 db:5"', 7, 'xendomains="db web"\nxendomains_order="db:5 web:7"'),
        ('xendomains="db web"\nxendomains_order="db:5"', 5, 'xendomains="db web"\nxendomains_order="db:5 web:5"'),
    ],
)
def test_place(netbsd, configs, line, order, expected):
    netbsd.write_text(line + "\n")
    settle(want(configs / "web", order=order))
    text = netbsd.read_text()
    if "xendomains_order" not in expected:
        expected += f"\nxendomains_order=web:{order}"
    assert text == expected + "\n"


def test_a_number_without_a_move(netbsd, configs):
    netbsd.write_text('xendomains="web"\n')
    assert settle(want(configs / "web", order=3))[1] == [f"set xendomains_order='web:3' in {netbsd}"]
    assert settle(want(configs / "web")) == ([], [])
    settle(want(configs / "web", enabled=False))
    assert netbsd.read_text() == 'xendomains=""\n'


def test_the_word_is_what_leads_to_the_file(netbsd, configs):
    """web.cfg is found by the word web.cfg; the word web, which led nowhere, gives its place to it."""
    netbsd.write_text('xendomains="sql db"\n')
    found = _autostart.read()
    assert found.word_of(str(configs / "sql.cfg")) == "sql.cfg"
    settle(want(configs / "sql.cfg", name="sql"))
    assert netbsd.read_text() == 'xendomains="sql.cfg db"\n'


def test_a_renamed_domain_takes_the_place_of_its_old_name(netbsd, configs):
    netbsd.write_text('xendomains="db web \\\n  mail"\nxendomains_order="web:5"\n')
    settle(want(configs / "shop", order=None)._replace(instead_of=str(configs / "web")))
    assert values(netbsd) == ("db shop mail", "")


def test_the_format_of_the_host_counts(netbsd, configs):
    netbsd.write_text(f'xendomains_config="{configs}/%s.cfg"\n')
    settle(want(configs / "sql.cfg", name="sql"))
    assert values(netbsd)[0] == "sql"
    with pytest.raises(XenError, match="it looks for .*/web.cfg .*passes over") as raised:
        _autostart.read().changes(want(configs / "web"))
    assert raised.value.details["error_id"] == "autostart_config"
    assert raised.value.details["looked_for"] == f"{configs}/web.cfg"


@pytest.mark.parametrize("line", ['xendomains_config=""', 'xendomains_config="$(uname)/%s"'])
def test_a_format_that_leads_nowhere(netbsd, configs, line):
    netbsd.write_text(line + "\n")
    with pytest.raises(XenError, match="would not find"):
        _autostart.read().changes(want(configs / "web"))
    assert any("xendomains_config" in problem for problem in _autostart.read().problems())


def test_unset_is_left_alone(netbsd, configs):
    netbsd.write_text('xendomains="web web"\n')
    assert _autostart.read().changes(want(configs / "web", enabled=None)) == []


class TestDelay:
    def test_is_a_hook(self, netbsd, configs):
        netbsd.write_text('xendomains="db"\n')
        kinds, texts = settle(want(configs / "web", delay=30))
        hook = configs / "web-pre"
        assert (kinds[0], texts[0]) == ("set_autostart_delay", f"write {hook}: sleep 30")
        assert hook.stat().st_mode & 0o777 == 0o755
        assert hook.read_text().startswith("#!/bin/sh\n") and hook.read_text().endswith("\nsleep 30\n")
        found = _autostart.read()
        assert [found.own_delay(entry) for entry in found.entries] == [None, 30]
        assert settle(want(configs / "web", delay=5))[1] == [f"write {hook}: sleep 5"]
        assert settle(want(configs / "web", delay=0))[1] == [f"remove {hook}"]
        assert not hook.exists()

    def test_goes_with_the_entry(self, netbsd, configs):
        netbsd.write_text('xendomains="web db"\n')
        settle(want(configs / "web", delay=30))
        kinds, _texts = settle(want(configs / "web", enabled=False))
        assert kinds == ["remove_autostart", "remove_autostart"]
        assert not (configs / "web-pre").exists() and values(netbsd)[0] == "db"

    def test_a_hook_of_the_users_stays(self, netbsd, configs):
        netbsd.write_text('xendomains="web"\n')
        (configs / "web-pre").write_text("#!/bin/sh\nsleep 3\n")
        with pytest.raises(XenError, match="hook of your own") as raised:
            _autostart.read().changes(want(configs / "web", delay=30))
        assert raised.value.details["error_id"] == "autostart_foreign_hook"
        settle(want(configs / "web", enabled=False))
        assert (configs / "web-pre").exists()

    @pytest.mark.parametrize("line", ['xendomains_prehook=""', 'xendomains_prehook="/etc/hook %s"'])
    def test_no_place_for_a_hook(self, netbsd, configs, line):
        netbsd.write_text(line + "\n")
        with pytest.raises(XenError, match="no place for a hook"):
            _autostart.read().changes(want(configs / "web", delay=30))


def test_the_diff_is_that_of_the_files(netbsd, configs):
    netbsd.write_text("a=1\n")
    delay, added = _autostart.read().changes(want(configs / "web", delay=3))
    assert added.diff == ((str(netbsd), "a=1\n", "a=1\nxendomains=web\n"),)
    assert [(part.path, part.before) for part in delay.diff] == [(str(configs / "web-pre"), None)]
    assert delay.diff[0].after.endswith("sleep 3\n")


@pytest.mark.parametrize(
    "option, value", [("autostart_order", -1), ("autostart_order", 100), ("autostart_delay", 3601)]
)
def test_numbers_have_bounds(option, value):
    with pytest.raises(BadValue, match=option):
        _autostart.want({"name": "web", "autostart": True, option: value}, WEB)


def test_order_counts_only_for_what_starts():
    params = {"name": "web", "autostart": False, "autostart_order": 3, "autostart_delay": 4}
    assert _autostart.want(params, WEB) == _autostart.Want("web", WEB, False)
    assert _autostart.want({**params, "autostart": None}, WEB).enabled is None
    assert _autostart.want({**params, "state": "absent"}, WEB) == _autostart.Want("web", WEB, False, going=True)


def test_another_writer_is_noticed(netbsd, configs, monkeypatch):
    netbsd.write_text("a=1\n")
    (change,) = _autostart.read().changes(want(configs / "web"))
    monkeypatch.setattr(_autostart_words._atomicfile, "write", lambda *given, **more: None)
    with pytest.raises(XenError, match="something else writes it, too"):
        _autostart.carry_out(change)
