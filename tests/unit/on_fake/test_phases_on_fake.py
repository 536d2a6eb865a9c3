# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_install on the fake: from the installer's config to that of what was installed, with a guest that powers off."""

from __future__ import annotations

import json

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.console import _watch
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, TimedOut, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _apply_start
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host, _lock
from ansible_collections.netbsd.xen.plugins.module_utils.installer import _phases
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _install_stamp
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xl
from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen


class Bench:
    """A fake host, and a guest ``mail`` that is to be installed."""

    def __init__(self, place, monkeypatch) -> None:
        self.root = place / "host"
        for folder in ("etc", "save", "log", "run"):
            (self.root / folder).mkdir(parents=True)
        self.xen = FakeXen(place / "xen", log_dir=str(self.root / "log"))
        for name in ("FAKE_XL_STATE", "PATH"):
            monkeypatch.setenv(name, self.xen.environment[name])
        monkeypatch.setattr(_host, "LOG_DIR", str(self.root / "log"))
        monkeypatch.setattr(_host, "SAVE_DIR", str(self.root / "save"))
        monkeypatch.setattr(_host, "require_root", lambda: None)
        monkeypatch.setattr(_lock, "PATH", str(self.root / "run" / "lock"))
        monkeypatch.setattr(_install_stamp, "FOLDER", str(self.root / "db"))
        for module in (_watch, _apply_start):
            monkeypatch.setattr(module, "_POLL_SECONDS", 0.0)
        self.config = self.root / "etc" / "mail.cfg"

    def run(self, check=False, sleep=lambda _seconds: None, **more):
        install = {"kernel": str(self.xen.kernel), "ramdisk": str(self.xen.ramdisk), "memory": "128"}
        params = {
            "name": "mail", "install": install, "final": {"kernel": str(self.xen.kernel), "memory": "64"}, "timeout": 0,
            "phase": "auto", "toolstack": "xl", "config_dir": str(self.root / "etc"), **more,
        }  # fmt: skip
        return _phases.InstallTask(params, check, sleep).run()

    def power_off(self):
        _xl.Xl().run(["xl", "shutdown", "mail"])
        while any(row.name == "mail" for row in _xl.Xl().listing()):
            pass

    def phase(self):
        return json.loads((self.root / "db" / "mail.phase.json").read_text())["phase"]


@pytest.fixture
def bench(tmp_path, monkeypatch):
    return Bench(tmp_path, monkeypatch)


def test_from_the_installer_to_what_was_installed(bench):
    planned = bench.run(check=True)
    assert (planned["phase"], planned["changed"]) == ("install", True)
    assert not bench.config.exists()
    started = bench.run()
    assert started["actions"] == planned["actions"]
    assert bench.phase() == "install"
    text = bench.config.read_text()
    assert 'on_reboot = "destroy"' in text
    assert 'on_crash = "preserve"' in text
    assert not bench.run()["changed"], "the installer is at work"
    bench.power_off()
    planned = bench.run(check=True)
    assert (planned["phase"], bench.config.read_text()) == ("final", text)
    done = bench.run()
    assert (done["phase"], done["actions"], done["domain"]["state"]) == ("final", planned["actions"], "running")
    text = bench.config.read_text()
    assert "memory = 64" in text
    for key in ("ramdisk", "on_reboot", "on_crash", "on_poweroff"):
        assert key not in text
    assert not bench.run()["changed"]


def test_waited_for(bench):
    done = bench.run(timeout=60, sleep=lambda _seconds: bench.power_off())
    assert (done["phase"], done["changed"], bench.phase()) == ("final", True, "final")
    with pytest.raises(TimedOut):
        Bench.run(bench, name="slow", timeout=1)


def test_a_guest_that_was_there_is_not_installed_over(bench):
    bench.config.write_text(f"name='mail'\nkernel='{bench.xen.kernel}'\nmemory=64\n")
    for check in (True, False):
        with pytest.raises(XenError) as caught:
            bench.run(check)
        assert caught.value.details["error_id"] == "domain_exists"
    assert bench.run(phase="final")["domain"]["state"] == "running"


@pytest.mark.parametrize("install", [{"name": "x"}, {"memori": 5}, {"config_dir": "/etc"}])
def test_a_config_that_is_none_is_refused_at_once(bench, install):
    with pytest.raises(BadValue):
        bench.run(install=install)
    assert not (bench.root / "db").exists()
