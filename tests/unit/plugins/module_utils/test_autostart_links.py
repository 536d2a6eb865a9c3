# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The links that start domains on a Linux dom0."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart, _autostart_links
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError

SCRIPT = "for dom in $XENDOMAINS_AUTO/*; do xl create $dom; usleep $XENDOMAINS_CREATE_USLEEP; done\n"


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A host with three config files; ``auto`` does not exist yet."""
    monkeypatch.setattr(_autostart.platform, "system", lambda: "Linux")
    layout = _autostart_links._host.layout()._replace(auto_dir=str(tmp_path / "auto"))
    monkeypatch.setattr(_autostart_links._host, "layout", lambda: layout)
    monkeypatch.setattr(_autostart_links, "SETTINGS", (str(tmp_path / "default"),))
    monkeypatch.setattr(_autostart_links, "SCRIPTS", (str(tmp_path / "script"),))
    monkeypatch.setattr(_autostart_links, "ENABLED", (str(tmp_path / "S??xendomains"),))
    (tmp_path / "xen").mkdir()
    for name in ("web", "db"):
        (tmp_path / "xen" / f"{name}.cfg").write_text(f"name = '{name}'\n")
    return tmp_path


def want(host, name="web", enabled=True, order=None, delay=None):
    return _autostart.Want(name, str(host / "xen" / f"{name}.cfg"), enabled, order, delay)


def link(host, name, target="web"):
    (host / "auto").mkdir(exist_ok=True)
    (host / "auto" / name).symlink_to(host / "xen" / f"{target}.cfg")


def settle(wanted):
    changes = _autostart.read().changes(wanted)
    for change in changes:
        _autostart.carry_out(change)
    assert _autostart.read().changes(wanted) == []
    return [change.text for change in changes]


def links(host):
    return {name: os.readlink(host / "auto" / name) for name in sorted(os.listdir(host / "auto"))}


def test_found_by_where_they_lead(host):
    for name in ("10-web", "web.cfg"):
        link(host, name)
    link(host, "db.cfg", "db")
    (host / "auto" / "relative").symlink_to(os.path.join("..", "xen", "web.cfg"))
    (host / "auto" / "gone").symlink_to(host / "xen" / "gone.cfg")
    (host / "auto" / ".hidden").symlink_to(host / "xen" / "web.cfg")
    found = _autostart.read()
    mine = found.of("web", str(host / "xen" / "web.cfg"))
    assert [os.path.basename(entry.path) for entry in mine] == ["10-web", "relative", "web.cfg"]
    assert [(entry.name, entry.order) for entry in mine] == [("web", 10), ("relative", None), ("web.cfg", None)]
    settle(want(host, enabled=False))
    assert sorted(os.listdir(host / "auto")) == [".hidden", "db.cfg", "gone"]
    assert (host / "xen" / "web.cfg").exists()


@pytest.mark.parametrize(
    "there, order, after",
    [
        ([], None, ["web"]),
        ([], 5, ["05-web"]),
        (["web.cfg"], None, ["web.cfg"]),
        (["web.cfg"], 7, ["07-web.cfg"]),
        (["20-web"], None, ["20-web"]),
        (["20-web"], 7, ["07-web"]),
        (["20-web", "web"], 20, ["20-web"]),
        (["20-web", "web"], None, ["20-web"]),
    ],
)
def test_a_link_and_its_number(host, there, order, after):
    for name in there:
        link(host, name)
    settle(want(host, order=order))
    assert links(host) == {name: str(host / "xen" / "web.cfg") for name in after}


def test_the_names_give_the_order(host):
    for name, order in (("db", 10), ("web", 20)):
        settle(want(host, name, order=order))
    assert [entry.name for entry in _autostart.read().entries] == ["db", "web"]
    assert settle(want(host, "web", order=5)) == [f"rename {host}/auto/20-web to {host}/auto/05-web"]
    assert [entry.name for entry in _autostart.read().entries] == ["web", "db"]


def test_a_link_that_leads_nowhere_is_replaced(host):
    link(host, "web.cfg", "old/web")
    assert not _autostart.read().starts("web", str(host / "xen" / "web.cfg"))
    assert settle(want(host)) == [
        f"remove {host}/auto/web.cfg",
        f"link {host}/auto/web to {host}/xen/web.cfg",
    ]


def test_a_name_that_is_taken(host):
    link(host, "web", "db")
    with pytest.raises(XenError, match="leads to .*/db.cfg") as raised:
        _autostart.read().changes(want(host))
    assert raised.value.details["error_id"] == "autostart_taken"
    settle(want(host, order=1))


def test_the_config_file_itself_in_the_folder(host):
    (host / "auto").mkdir()
    path = host / "auto" / "web"
    path.write_text("name = 'web'\n")
    mine = _autostart.Want("web", str(path), True)
    assert _autostart.read().changes(mine) == []
    for other in (mine._replace(enabled=False), mine._replace(order=1)):
        with pytest.raises(XenError, match="the config file of web itself"):
            _autostart.read().changes(other)
    assert _autostart.read().changes(mine._replace(enabled=False, going=True)) == []


def test_a_domain_that_goes_takes_its_links_along(host):
    link(host, "web")
    link(host, "db", "db")
    assert settle(_autostart.Want("web", str(host / "xen" / "web.cfg"), going=True)) == [f"remove {host}/auto/web"]
    assert list(links(host)) == ["db"]


def test_the_folder_of_the_host_counts(host):
    (host / "default").write_text(f'# where\nXENDOMAINS_AUTO="{host}/other/"\n')
    settle(want(host))
    assert os.listdir(host / "other") == ["web"]


def test_no_folder_at_all(host):
    (host / "default").write_text('XENDOMAINS_AUTO=""\n')
    assert _autostart.read().entries == []
    assert any("to nothing" in problem for problem in _autostart.read().problems())
    with pytest.raises(XenError, match="to nothing"):
        _autostart.read().changes(want(host))


def test_settings_that_cannot_be_read(host):
    (host / "default").write_text('XENDOMAINS_AUTO="\n')
    assert any("line 1" in problem for problem in _autostart.read().problems())
    settle(want(host))


class TestDelay:
    def test_is_one_pause_for_all_and_only_grows(self, host):
        (host / "script").write_text(SCRIPT)
        (host / "default").write_text("# pause\nXENDOMAINS_CREATE_USLEEP=5000000 # five\n")
        assert _autostart.read().pause == 5
        assert settle(want(host, delay=5)) == [f"link {host}/auto/web to {host}/xen/web.cfg"]
        assert settle(want(host, "db", delay=12))[:1] == [f"set XENDOMAINS_CREATE_USLEEP=12000000 in {host}/default"]
        assert (host / "default").read_text() == "# pause\nXENDOMAINS_CREATE_USLEEP=12000000 # five\n"
        assert settle(want(host, delay=5)) == []

    def test_debian_has_none(self, host):
        (host / "script").write_text("for file in $XENDOMAINS_AUTO/*; do xl create $file; done\n")
        (host / "default").write_text("XENDOMAINS_CREATE_USLEEP=5000000\n")
        assert _autostart.read().pause is None
        with pytest.raises(XenError, match="no pause") as raised:
            _autostart.read().changes(want(host, delay=5))
        assert raised.value.details["error_id"] == "autostart_delay_unsupported"
        settle(want(host, delay=0))


def test_what_keeps_links_from_being_looked_at(host):
    assert any("no script" in problem for problem in _autostart.read().problems())
    (host / "script").write_text(SCRIPT)
    assert _autostart.read().problems() == ["The service xendomains is not enabled: no guest is started at boot."]
    (host / "S03xendomains").write_text("")
    assert _autostart.read().problems() == []


def test_diffs(host):
    (added,) = _autostart.read().changes(want(host))
    assert added.diff == ((f"{host}/auto/web", None, f"link to {host}/xen/web.cfg\n"),)
    settle(want(host))
    (moved,) = _autostart.read().changes(want(host, order=1))
    assert [(part.path, bool(part.before)) for part in moved.diff] == [
        (f"{host}/auto/web", True),
        (f"{host}/auto/01-web", False),
    ]


def test_somebody_else_was_faster(host):
    (change,) = _autostart.read().changes(want(host))
    link(host, "web", "db")
    with pytest.raises(XenError, match="exists meanwhile"):
        _autostart.carry_out(change)
