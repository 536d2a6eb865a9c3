# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of xl.conf and xend-config.sxp: written once, read back, all else left alone."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import (
    BadValue,
    ConfigSyntaxError,
    HostError,
    XenError,
)
from ansible_collections.netbsd.xen.plugins.module_utils.host import _hostplan
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _sxp
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _toolstackconf
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack._toolstackconf import xend_edited, xl_edited


@pytest.mark.parametrize(
    "editor, before, settings, after",
    [
        (xl_edited, "# xl\n", {"vif.default.bridge": "bridge0"}, '# xl\nvif.default.bridge = "bridge0"\n'),
        (xl_edited, 'vif.default.bridge="x"\n', {"vif.default.bridge": "b"}, 'vif.default.bridge="b"\n'),
        (xl_edited, "a=1\nclaim_mode=1\n", {"claim_mode": None}, "a=1\n"),
        (xl_edited, "claim_mode=1\n", {"claim_mode": True}, "claim_mode=1\n"),
        (xend_edited, "(vif-script a)\n", {"vif-script": "vif-bridge"}, "(vif-script vif-bridge)\n"),
        (
            xend_edited,
            "",
            {"a": True, "b": False, "c": 1, "d": ["x", ["y z"]]},
            "(a yes)\n(b no)\n(c 1)\n(d x ('y z'))\n",
        ),
        (xend_edited, "(a 1)\n(b 2)\n", {"a": None}, "(b 2)\n"),
    ],
)
def test_settings(tmp_path, editor, before, settings, after):
    path = tmp_path / "conf"
    path.write_text(before, encoding="utf-8")
    for check in (True, False):
        result = _toolstackconf.make(str(path), settings, editor, check, False)
        assert result["changed"] is (before != after)
        assert path.read_text(encoding="utf-8") == (before if check else after)
    again = _toolstackconf.make(str(path), settings, editor, False, False)
    assert again["changed"] is False and again["actions"] == []


def test_a_new_file(tmp_path):
    path = tmp_path / "xl.conf"
    assert _toolstackconf.make(str(path), {"a": None}, xl_edited, False, False)["changed"] is False
    assert not path.exists()
    result = _toolstackconf.make(str(path), {"autoballoon": "off"}, xl_edited, False, False)
    assert result["actions"] == [f"write {path}"]
    with pytest.raises(XenError, match="does not exist"):
        _toolstackconf.make(str(tmp_path / "none" / "xl.conf"), {"a": 1}, xl_edited, False, False)


def test_errors(tmp_path):
    path = tmp_path / "conf"
    path.write_text("(a\n", encoding="utf-8")
    with pytest.raises(ConfigSyntaxError):
        _toolstackconf.make(str(path), {"b": 1}, xend_edited, True, False)
    with pytest.raises(ConfigSyntaxError):
        _toolstackconf.make(str(path), {"b": 1}, xl_edited, True, False)
    with pytest.raises(BadValue, match="settings.b"):
        xend_edited("", {"b": {"c": 1}}, "x")


def test_a_file_that_does_not_stay_is_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr(_hostplan, "apply", lambda plan, backup: [])
    with pytest.raises(HostError, match="something else writes it"):
        _toolstackconf.make(str(tmp_path / "x"), {"a": 1}, xl_edited, False, False)


@pytest.mark.parametrize(
    "text, shown",
    [
        ("(vncpasswd 'hunter2')\n(a b)\n", "(vncpasswd '********')\n(a b)\n"),
        ("(a b) (vncpasswd\n  # its\n hunter2 ) # c\n", "(a b) (vncpasswd '********') # c\n"),
        ("(vncpasswd 'it\\'s (hunter2)')\n", "(vncpasswd '********')\n"),
        ("# (vncpasswd hunter2) it was\n(a b)\n", "# (vncpasswd '********')\n(a b)\n"),
        ("#(vncpasswd '')\n(vncpasswd '')\n(vncpasswd)\n", "#(vncpasswd '')\n(vncpasswd '')\n(vncpasswd)\n"),
    ],
)
def test_a_password_is_not_shown(text, shown):
    assert _sxp.masked(text) == shown


@pytest.mark.parametrize("settings", [{"a": "b"}, {"vncpasswd": "hunter3"}, {"vncpasswd": None}])
def test_a_file_with_a_password_is_its_owners_only(tmp_path, settings, monkeypatch):
    monkeypatch.setattr(_hostplan, "BACKUPS", str(tmp_path / "backups"))
    path = tmp_path / "xend-config.sxp"
    path.write_text("(vncpasswd 'hunter2')\n(c d)\n", encoding="utf-8")
    path.chmod(0o644)
    result = _toolstackconf.make(str(path), settings, xend_edited, False, True)
    assert "hunter" not in str(result)
    (kept,) = result["backup_files"]
    assert (os.stat(path).st_mode & 0o777, os.stat(kept).st_mode & 0o777) == (0o600, 0o600)


def test_a_file_without_a_password_keeps_its_mode(tmp_path):
    path = tmp_path / "xend-config.sxp"
    path.write_text("(vncpasswd '')\n", encoding="utf-8")
    path.chmod(0o644)
    _toolstackconf.make(str(path), {"a": "b"}, xend_edited, False, False)
    assert os.stat(path).st_mode & 0o777 == 0o644
