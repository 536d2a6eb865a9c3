# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written for xendomains does what was asked for: a script that behaves as pkgsrc's is run on it by sh."""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart, _autostart_words
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf

SCRIPT = Path(__file__).resolve().parents[3] / "lab" / "netbsd" / "files" / "xentools" / "rc.d" / "xendomains"
# rc.subr(8), as far as this script needs it
RC_SUBR = """
load_rc_config() { . {top}/rc.conf; if [ -f {top}/rc.conf.d/$1 ]; then . {top}/rc.conf.d/$1; fi; }
run_rc_command() { $start_cmd; }
"""
LOGGING = '#!/bin/sh\necho "${0##*/} $*" >>{top}/log\n'


class Host:
    """A NetBSD below a directory."""

    def __init__(self, top):
        self.top = top
        for folder in ("rc.conf.d", "sbin", "xen"):
            (top / folder).mkdir()
        (top / "log").write_text("")
        for program in ("xl", "sleep"):
            (top / "sbin" / program).write_text(LOGGING.replace("{top}", str(top)))
            (top / "sbin" / program).chmod(0o755)
        text = SCRIPT.read_text(encoding="utf-8").replace(". /etc/rc.subr", RC_SUBR.replace("{top}", str(top)))
        self.script = text.replace("@PREFIX@", str(top)).replace("@PKG_SYSCONFDIR@", f"{top}/xen")
        (top / "rc.conf").write_text("# the host\n")

    def config(self, name):
        path = self.top / "xen" / name
        path.write_text(f"name = '{name}'\n")
        return path

    def want(self, name, path=None, **options):
        wanted = _autostart.Want(name, str(path or self.top / "xen" / name), True, **options)
        for change in _autostart.read().changes(wanted):
            _autostart.carry_out(change)

    def boot(self):
        """What the host does when it boots: the names of config files that it starts, and its pauses."""
        (self.top / "log").write_text("")
        environment = {"PATH": f"{self.top}/sbin:/usr/bin:/bin"}
        subprocess.run(["sh", "-c", self.script, "xendomains", "start"], check=True, env=environment)
        log = (self.top / "log").read_text().replace(f"{self.top}/xen/", "")
        return [line.replace("xl create ", "") for line in log.splitlines()]


@pytest.fixture
def host(tmp_path, monkeypatch):
    made = Host(tmp_path)
    monkeypatch.setattr(_rcconf, "RC_CONF", str(tmp_path / "rc.conf"))
    monkeypatch.setattr(_rcconf, "RC_CONF_D", str(tmp_path / "rc.conf.d"))
    monkeypatch.setattr(_rcconf, "DEFAULTS", str(tmp_path / "defaults"))
    monkeypatch.setattr(_autostart.platform, "system", lambda: "NetBSD")
    layout = _autostart_words._host.layout()._replace(config_dir=str(tmp_path / "xen"))
    monkeypatch.setattr(_autostart_words._host, "layout", lambda: layout)
    return made


@pytest.mark.parametrize("tasks", list(itertools.permutations(["web", "db", "mail"])))
@pytest.mark.parametrize("where", ["rc.conf", "rc.conf.d/xendomains"])
def test_the_order(host, tasks, where):
    numbers = {"db": 10, "mail": 20, "web": 30}
    for name in (*numbers, "old"):
        host.config(name)
    (host.top / where).write_text("xendomains='old mail'\n")
    for name in tasks:
        host.want(name, order=numbers[name])
    assert host.boot() == ["db", "mail", "web", "old"]
    assert [entry.name for entry in _autostart.read().entries] == host.boot()


def test_the_pause(host):
    for name in ("db", "web"):
        host.config(name)
    host.want("db")
    host.want("web", delay=30)
    assert host.boot() == ["db", "sleep 30", "web"]
    host.want("web", delay=0)
    assert host.boot() == ["db", "web"]


@pytest.mark.parametrize(
    ("line", "name", "file"),
    [
        ("", "web", "web"),
        ("", "web", "web.cfg"),
        ("xendomains_config={top}/xen/%s.cfg", "web", "web.cfg"),
        ("xendomains=web", "web", "web.cfg"),
    ],
)
def test_the_file_is_found(host, line, name, file):
    host.config(file)
    (host.top / "rc.conf").write_text(line.replace("{top}", str(host.top)) + "\n")
    host.want(name, host.top / "xen" / file)
    assert host.boot() == [file]


def test_what_is_missing_is_what_is_passed_over(host):
    host.config("web")
    (host.top / "rc.conf").write_text('xendomains="gone web"\n')
    assert host.boot() == ["web"]
    assert [Path(entry.config).exists() for entry in _autostart.read().entries] == [False, True]
