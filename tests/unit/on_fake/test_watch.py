# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Following a guest through its states and its console, on the fake; and xl's own log of its lives."""

from __future__ import annotations

import os
import pty
import re
import tty

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.console import _console, _watch, _xllog
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, TimedOut, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xl
from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import captured

READY = re.compile("DOMU_READY", re.MULTILINE)


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A fake host that logs, where a second is short."""
    fake = FakeXen(tmp_path / "xen")
    for name in ("FAKE_XL_STATE", "PATH"):
        monkeypatch.setenv(name, fake.environment[name])
    fake.host(log_dir=str(tmp_path))
    monkeypatch.setattr(_host, "LOG_DIR", str(tmp_path))
    monkeypatch.setattr(_console, "_daemon_arguments", lambda: ["--log=guest"])
    monkeypatch.setattr(_watch, "_POLL_SECONDS", 0.0)
    return fake


def config(host, more=""):
    path = host.directory / "web.cfg"
    path.write_text(f"name='web'\nkernel='{host.kernel}'\nmemory=96\n{more}", encoding="utf-8")
    return str(path)


def create(host, more=""):
    xl = _xl.Xl()
    watch = _watch.Watch(xl, "web")
    watch.listen()
    xl.run(["xl", "create", config(host, more)])
    return watch


def test_words_on_the_console(host):
    host.guest("web", console="booting\r\n\x1b[32mDOMU_READY\x1b[0m now\r\n")
    assert create(host).wait_for(READY, 10) == "DOMU_READY now"


def test_words_of_an_earlier_life_do_not_count(host):
    host.guest("web", console="DOMU_READY\n")
    create(host)
    watch = _watch.Watch(_xl.Xl(), "web")
    watch.listen()
    with pytest.raises(TimedOut, match="has not shown 'DOMU_READY' within 0 s") as caught:
        watch.wait_for(READY, 0)
    assert caught.value.details["console"] == ["DOMU_READY"]
    assert watch.listen(since=0) == 0
    assert watch.wait_for(READY, 10) == "DOMU_READY"


def test_a_guest_that_dies_first(host):
    host.guest("web", console="panic: no root\n", crashes_at_start=True)
    with pytest.raises(XenError, match=r"web has crashed.*Its console ends: panic: no root") as caught:
        create(host).wait_for(READY, 10)
    details = caught.value.details
    assert (details["error_id"], details["reason"]) == ("crashed", "crash")
    assert details["console"] == ["panic: no root"]
    assert details["xl_log"][-1] == "Done. Exiting now"


def test_a_guest_that_is_kept_after_its_crash(host):
    host.guest("web", crashes_at_start=True)
    watch = create(host, 'on_crash = "preserve"\n')
    with pytest.raises(XenError, match="web has crashed"):
        watch.wait(lambda row: row is not None, "to run", 10)


def test_a_guest_that_powers_off_before_it_says_anything(host):
    watch = create(host)
    _xl.Xl().run(["xl", "shutdown", "web"])
    with pytest.raises(XenError, match="was gone before its console showed") as caught:
        watch.wait_for(READY, 10)
    assert (caught.value.details["error_id"], caught.value.details["reason"]) == ("died", "poweroff")


def test_a_guest_that_is_just_being_restarted_is_waited_for(host):
    watch = create(host)
    host.guest("web", console="DOMU_READY\n", restart_gap=3)
    _xl.Xl().run(["xl", "reboot", "web"])
    assert watch.wait_for(READY, 10) == "DOMU_READY"


def test_the_serial_port_of_an_hvm_guest_is_read_beside_the_log(host, tmp_path, monkeypatch):
    master, slave = pty.openpty()
    tty.setraw(slave)
    monkeypatch.setattr(_console, "_LOCK_DIR", str(tmp_path))
    monkeypatch.setattr(_console, "serial_of", lambda _domid: os.ttyname(slave))
    watch = create(host)
    os.write(master, b"DOMU_READY on the serial port\r\n")
    assert watch.wait_for(READY, 10) == "DOMU_READY on the serial port"
    watch.close()
    os.close(slave)
    os.close(master)


def test_a_state_that_does_not_come(host):
    watch = create(host)
    with pytest.raises(TimedOut, match="Waited 0 s for web to be paused: it is running"):
        watch.wait(lambda row: row is not None and row.state == "paused", "to be paused", 0)


def test_a_crash_of_before_is_not_one_of_now(host):
    host.guest("web", crashes_at_start=True)
    create(host)
    host.guest("web", crashes_at_start=False)
    row = create(host).wait(lambda row: row is not None, "to run", 10)
    assert row.state == "running"


def test_what_xl_noted_of_a_reboot():
    history = _xllog.parse(captured("c-end-221-log-after-reboot").partition("total ")[0])
    assert history.lives == [_xllog.Life(8, "reboot", "restart")]
    assert history.coming
    assert (history.crashes, history.last_reason) == (0, "reboot")


def test_what_xl_noted_of_a_crash():
    history = _xllog.parse(captured("c-end-255-log-crash-destroy"))
    assert history.lives == [_xllog.Life(18, "crash", "destroy")]
    assert (history.crashes, history.last_reason, history.coming) == (1, "crash", False)


def test_xl_is_at_work_on_a_crash_loop_at_every_moment_of_it():
    """Also when something else destroys the domain beside it, of which libxl complains into the same log."""
    lines = [
        line
        for line in captured("g-life-030-crashloop").splitlines()
        if line.startswith(("Waiting", "Domain ", "Action", "Done"))
    ]
    noted = [noise for line in lines for noise in (line, "libxl: error: libxl_domain.c:1170: destroy failed")]
    assert len(lines) == 20
    assert all(_xllog.parse("\n".join(noted[:end])).coming for end in range(1, len(noted)))


def test_xl_is_done_with_a_domain_that_was_destroyed():
    begun = "Waiting for domain web (domid 4) to die [pid 9]\n"
    assert not _xllog.parse(begun + "Domain 4 has been destroyed.\nlibxl: warning: something\n").coming


def test_what_xl_noted_of_a_crash_loop():
    """Four lives in twelve seconds: xl has no limit to it."""
    history = _xllog.parse(captured("g-life-030-crashloop"))
    assert history.lives == [_xllog.Life(domid, "crash", "restart") for domid in (6, 7, 8, 9)]
    assert (history.crashes, history.last_reason) == (4, "crash")


def test_a_guest_that_crashes_again_and_again(host):
    host.guest("web", crashes_at_start=True)
    create(host, 'on_crash = "restart"\n')
    for _poll in range(8):
        _xl.Xl().listing()
    history = _xllog.read("web")
    assert history.crashes >= 3
    assert history.crashed == {life.domid for life in history.lives if life.reason}
    assert history.written > 0


def test_no_log_is_no_history(host):
    assert _xllog.read("nobody").lives == []
    assert _xllog.read("nobody").last_reason is None


@pytest.mark.parametrize("text", ["(", "", "x*", "^"])
def test_patterns_that_are_none(text):
    with pytest.raises(BadValue, match="wait_for_console"):
        _watch.console_pattern("wait_for_console", text)
