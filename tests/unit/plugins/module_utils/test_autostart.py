# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What starts a domain at boot is found and taken away in any layout, and nothing else changes."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils import _autostart, _rcconf
from ansible_collections.netbsd.xen.plugins.module_utils._errors import ConfigSyntaxError

BEFORE = 'hostname=xen1\n# xendomains="web"\nsshd=YES\n'
AFTER = "xencommons=YES\n"


@pytest.fixture
def netbsd(tmp_path, monkeypatch):
    path = tmp_path / "rc.conf"
    monkeypatch.setattr(_rcconf, "RC_CONF", str(path))
    monkeypatch.setattr(_rcconf, "RC_CONF_D", str(tmp_path))
    monkeypatch.setattr(_autostart.platform, "system", lambda: "NetBSD")
    return path


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
        ("xendomains_config='/usr/pkg/etc/xen/%s'", [], None),
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
    text = BEFORE + line + "\n" + AFTER
    netbsd.write_text(text)
    found = _autostart.read()
    assert [word for listed in found.lists.values() for word in listed] == words
    for entry in found.of("web", "/usr/pkg/etc/xen/web"):
        _autostart.remove(entry)
    assert netbsd.read_text() == BEFORE + (line if without is None else without) + "\n" + AFTER


def test_rc_conf_that_sh_could_not_read(netbsd):
    netbsd.write_text('xendomains="web\n')
    with pytest.raises(ConfigSyntaxError, match="line 1, column 12"):
        _autostart.read()


def test_netbsd(netbsd):
    netbsd.write_bytes(b'a=1\r\nxendomains="web db"\nb=\xff\n')
    netbsd.chmod(0o600)
    found = _autostart.read()
    (entry,) = found.of("web", "/usr/pkg/etc/xen/web")
    assert entry.text == "web from xendomains in " + str(netbsd)
    assert found.of("mail", "/usr/pkg/etc/xen/mail") == ()
    _autostart.remove(entry)
    assert netbsd.read_bytes() == b'a=1\r\nxendomains="db"\nb=\xff\n'
    assert netbsd.stat().st_mode & 0o777 == 0o600
    assert [path.read_bytes() for path in netbsd.parent.glob("rc.conf.*~")] == [b'a=1\r\nxendomains="web db"\nb=\xff\n']


def test_netbsd_without_rc_conf(netbsd):
    assert _autostart.read().of("web", "/usr/pkg/etc/xen/web") == ()


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
    found = _autostart.read().of("web", "/usr/pkg/etc/xen/web")
    assert [os.path.basename(entry.path) for entry in found] == where
    for entry in found:
        _autostart.remove(entry)
    assert _autostart.read().of("web", "/usr/pkg/etc/xen/web") == ()


def test_links(tmp_path, monkeypatch):
    auto, configs = tmp_path / "auto", tmp_path / "xen"
    auto.mkdir()
    configs.mkdir()
    for name in ("web.cfg", "db.cfg"):
        (configs / name).write_text("name = 'x'\n")
    (auto / "10-web").symlink_to(configs / "web.cfg")
    (auto / "web.cfg").symlink_to(os.path.join("..", "xen", "web.cfg"))
    (auto / "db.cfg").symlink_to(configs / "db.cfg")
    (auto / "gone").symlink_to(configs / "gone.cfg")
    monkeypatch.setattr(_autostart.platform, "system", lambda: "Linux")
    layout = _autostart._host.layout()._replace(auto_dir=str(auto))
    monkeypatch.setattr(_autostart._host, "layout", lambda: layout)
    found = _autostart.read().of("web", str(configs / "web.cfg"))
    assert [entry.path for entry in found] == [str(auto / "10-web"), str(auto / "web.cfg")]
    for entry in found:
        _autostart.remove(entry)
    assert sorted(os.listdir(str(auto))) == ["db.cfg", "gone"]
    assert (configs / "web.cfg").exists()


def test_no_auto_directory(tmp_path, monkeypatch):
    layout = _autostart._host.layout()._replace(auto_dir=str(tmp_path / "none"))
    monkeypatch.setattr(_autostart.platform, "system", lambda: "Linux")
    monkeypatch.setattr(_autostart._host, "layout", lambda: layout)
    assert _autostart.read().of("web", "/etc/xen/web.cfg") == ()
