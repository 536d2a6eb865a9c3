# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every version of Xen gets the scripts, the variables and the daemons that it has, and nothing is ever stopped."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, CommandError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.core._releases import RELEASES
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Kernel, Probe
from ansible_collections.netbsd.xen.plugins.module_utils.packages import _pkgsrc
from ansible_collections.netbsd.xen.plugins.module_utils.services import _services, _services_apply
from ansible_collections.netbsd.xen.plugins.module_utils.services._services import Request

RC_CONF = "hostname=xen1\nsshd=YES\n"
PROGRAMS = ("sbin/sysctl", "bin/ps")


class Host:
    """A NetBSD host in a folder: files that are written, and processes that are said to run."""

    def __init__(self, root, monkeypatch):
        self.root = root
        self.installed: dict[str, str] = {}
        self.processes: list[str] = []
        self.dom0 = False
        self.running = ""
        monkeypatch.setattr(_pkgsrc, "installed", lambda: dict(self.installed))
        for program in PROGRAMS:
            self.write(program, "", 0o755)
        self.write("etc/rc.conf", RC_CONF)
        (root / "etc/rc.d").mkdir()

    def write(self, path, text, mode=0o644):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)

    def install(self, version):
        """The pair of a version, with its scripts in share/examples/rc.d; that of others goes."""
        row = RELEASES[version]
        folder = self.root / "usr/pkg/share/examples/rc.d"
        for path in folder.glob("*"):
            path.unlink()
        for service in row.services:
            self.write(f"usr/pkg/share/examples/rc.d/{service.script}", f"# {service.script} of {version}\n", 0o755)
        self.installed = {row.kernel_package: "1", row.tools_package: "1"}
        return row

    def boot(self, running):
        self.dom0, self.running = True, running
        self.write("kern/xen/privcmd", "")

    def run(self, command, timeout=60.0):
        name = os.path.basename(command[0])
        if name == "ps":
            lines = [f"{number:>6} /usr/pkg/sbin/{text}" for number, text in enumerate(self.processes, 100)]
            return _command.Result(0, "\n".join(["  PID COMMAND", *lines]), "")
        return _command.Result(0, f"machdep.xen.version = {self.running}\n" if self.running else "", "")

    def probe(self):
        config = "XEN3_DOM0" if self.dom0 else "GENERIC"
        kernel = Kernel("NetBSD", "xen1", "9.3", f"NetBSD 9.3 ({config}) #0: x", "amd64")
        return Probe(str(self.root), self.run, kernel, True)

    def scripts(self):
        return {path.name: path.read_text() for path in sorted((self.root / "etc/rc.d").iterdir())}

    def plan(self, check=False, **more):
        return _services.plan(Request(**more), self.probe(), check)

    def converge(self, **more):
        """Do what is planned as far as it is files, and plan again."""
        todo = self.plan(**more)
        for script in todo.scripts:
            path = f"etc/rc.d/{script.name}"
            if script.after is None:
                (self.root / path).unlink()
            else:
                self.write(path, script.after.decode(), 0o755)
        for path, (_before, after) in todo.variables.changes.items():
            self.write(path.lstrip("/"), after)
        again = self.plan(**more)
        assert [action for action in again.actions if "start" not in action and "/sbin/" not in action] == []
        return todo

    def rc_conf(self):
        text = (self.root / "etc/rc.conf").read_text()
        assert text.startswith(RC_CONF)
        return text[len(RC_CONF) :]


@pytest.fixture
def host(tmp_path, monkeypatch):
    return Host(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    "version, lines",
    [
        ("3.1", "xend=YES\nxenbackendd=YES\n"),
        ("3.3", "xend=YES\nxenbackendd=YES\n"),
        ("4.1", "xend=YES\n"),
        ("4.2", "xencommons=YES\n"),
        ("4.11", "xencommons=YES\n"),
        ("4.20", "xencommons=YES\n"),
    ],
)
def test_each_version_has_its_own(host, version, lines):
    row = host.install(version)
    todo = host.converge()
    assert host.rc_conf() == lines
    assert host.scripts() == {service.script: f"# {service.script} of {version}\n" for service in row.services}
    assert todo.starts == []
    assert {(host.root / "etc/rc.d" / name).stat().st_mode & 0o777 for name in host.scripts()} == {0o755}


def test_from_one_stack_to_the_other_and_back(host):
    host.install("4.1")
    host.converge(watchdog=True)
    assert host.rc_conf() == "xend=YES\nxenwatchdog=YES\n"
    host.install("4.20")
    todo = host.converge()
    assert "remove /etc/rc.d/xend" in todo.actions
    assert "xend" not in host.scripts()
    assert host.rc_conf() == "xend=NO\nxenwatchdog=YES\nxencommons=YES\n"
    host.converge(watchdog=False)
    assert host.rc_conf() == "xend=NO\nxenwatchdog=NO\nxencommons=YES\n"
    host.install("3.3")
    host.converge()
    assert host.rc_conf() == "xend=YES\nxenwatchdog=NO\nxencommons=NO\nxenbackendd=YES\n"
    assert sorted(host.scripts()) == ["xenbackendd", "xend", "xendomains"]


def test_a_script_of_the_version_before_is_brought_up_to_date(host):
    host.install("4.18")
    host.converge()
    host.install("4.20")
    todo = host.plan()
    assert todo.actions == [
        f"copy /usr/pkg/share/examples/rc.d/{name} to /etc/rc.d/{name}"
        for name in ("xencommons", "xendomains", "xen-watchdog")
    ]
    assert todo.diff()[0]["after"] == "# xencommons of 4.20\n"


def test_a_script_that_cannot_be_run(host):
    host.install("4.20")
    host.converge()
    (host.root / "etc/rc.d/xencommons").chmod(0o644)
    assert host.plan().actions == ["chmod 755 /etc/rc.d/xencommons"]


@pytest.mark.parametrize("line", ["xencommons=yes", "xencommons=on", 'xencommons="1" # why', "xencommons=TRUE"])
def test_what_is_switched_on_in_another_way_stays(host, line):
    host.install("4.20")
    host.write("etc/rc.conf", RC_CONF + line + "\n")
    host.converge()
    assert host.rc_conf() == line + "\n"


def test_domains(host):
    host.install("4.20")
    host.write("etc/rc.conf", RC_CONF + 'xencommons=YES\nxendomains="mail"\n')
    host.converge(xendomains=["web", "mail"])
    assert host.rc_conf() == 'xencommons=YES\nxendomains="mail web"\n'
    host.converge(xendomains=["db"], exact=True, xendomains_config="/usr/pkg/etc/xen/%s.cfg")
    assert host.rc_conf() == 'xencommons=YES\nxendomains="db"\nxendomains_config=/usr/pkg/etc/xen/%s.cfg\n'
    host.converge(xendomains=[])
    assert 'xendomains="db"' in host.rc_conf()


@pytest.mark.parametrize(
    "asked, match",
    [
        ({"xendomains": ["YES"]}, "not a switch"),
        ({"xendomains": ["a b"]}, "must have no blanks"),
        ({"xendomains_config": "/usr/pkg/etc/xen"}, "must have one %s"),
        ({"xendomains_config": "/%s/%d"}, "must have one %s"),
        ({"logs": {"xend_debug": True}}, "scripts of Xen 4.20 do not know it"),
    ],
)
def test_what_would_not_mean_what_it_says(host, asked, match):
    host.install("4.20")
    with pytest.raises(BadValue, match=match):
        host.plan(**asked)


def test_logs(host):
    host.install("4.20")
    host.converge(logs={"xenconsoled_trace": "guest", "xenstored_trace": True, "xend_debug": False})
    assert host.rc_conf() == "xencommons=YES\nXENSTORED_TRACE=1\nXENCONSOLED_TRACE=guest\n"
    host.converge(logs={"xenconsoled_trace": "none", "xenstored_trace": None})
    assert host.rc_conf() == "xencommons=YES\nXENSTORED_TRACE=1\n"


# before the packages are there


def test_a_bare_host(host):
    with pytest.raises(HostError, match="No Xen is installed"):
        host.plan(check=True)
    with pytest.raises(HostError, match="xentools418 is not installed"):
        host.plan(version="4.18")
    assert host.plan(check=True, version="4.18").actions == [
        "copy /usr/pkg/share/examples/rc.d/xencommons to /etc/rc.d/xencommons",
        "copy /usr/pkg/share/examples/rc.d/xendomains to /etc/rc.d/xendomains",
        "copy /usr/pkg/share/examples/rc.d/xen-watchdog to /etc/rc.d/xen-watchdog",
        "set xencommons=YES in /etc/rc.conf",
    ]


def test_a_package_that_lost_its_scripts(host):
    host.install("4.20")
    (host.root / "usr/pkg/share/examples/rc.d/xencommons").unlink()
    with pytest.raises(HostError, match="Install it again"):
        host.plan()


def test_check_run_of_an_upgrade(host):
    host.install("4.1")
    host.converge()
    todo = host.plan(check=True, version="4.18")
    assert "remove /etc/rc.d/xend" in todo.actions
    assert not any("xencommons to" in action for action in todo.actions)


# daemons


def commands(todo):
    return [" ".join(start.command) for start in todo.starts]


@pytest.mark.parametrize(
    "version, processes, expected",
    [
        ("4.20", [], ["/etc/rc.d/xencommons start"]),
        ("4.20", ["xenstored --pid-file x", "xenconsoled"], []),
        ("4.20", ["xenstored"], ["/usr/pkg/sbin/xenconsoled"]),
        ("4.20", ["xenconsoled"], ["/etc/rc.d/xencommons start"]),
        ("4.1", [], ["/etc/rc.d/xencommons start", "/etc/rc.d/xend start"]),
        ("4.1", ["xenstored", "xenconsoled"], ["/etc/rc.d/xend start"]),
        ("3.1", [], ["/etc/rc.d/xend start", "/etc/rc.d/xenbackendd start"]),
    ],
)
def test_what_does_not_run_is_started(host, version, processes, expected):
    host.install(version)
    host.boot(version + ".1")
    host.processes = processes
    assert commands(host.plan()) == expected
    assert commands(host.plan(start=False)) == []


def test_nothing_is_started_on_another_kernel(host):
    host.install("4.20")
    assert commands(host.plan()) == []


def test_nothing_is_started_on_another_xen(host):
    host.install("4.20")
    host.boot("4.18.5")
    todo = host.plan()
    assert commands(todo) == []
    assert "not started before the host is rebooted" in todo.warnings[0]


def test_4_2_is_not_4_20(host):
    host.install("4.2")
    host.boot("4.20.1")
    assert commands(host.plan()) == []


def test_without_kernfs(host):
    host.install("4.20")
    host.boot("4.20.1")
    (host.root / "kern/xen/privcmd").unlink()
    (host.root / "kern/xen").rmdir()
    with pytest.raises(HostError, match="kernfs is not mounted"):
        host.plan()
    assert "kernfs is not mounted" in host.plan(check=True).warnings[0]


def test_xend_of_4_2_and_the_watchdog_are_asked_for(host):
    host.install("4.2")
    host.boot("4.2.5")
    host.converge(xend=True, watchdog=True)
    assert host.rc_conf() == "xencommons=YES\nxend=YES\nxenwatchdog=YES\n"
    assert commands(host.plan(xend=True, watchdog=True)) == [
        "/etc/rc.d/xencommons start",
        "/etc/rc.d/xend start",
        "/etc/rc.d/xen-watchdog start",
    ]


def test_a_daemon_that_does_not_come_up(host, tmp_path, monkeypatch):
    script = tmp_path / "xencommons"
    script.write_text("#!/bin/sh\necho cannot open /kern/xen/privcmd\nsleep 60 &\n")
    script.chmod(0o755)
    monkeypatch.setattr(_services_apply, "_PATIENCE", 0.1)
    with pytest.raises(CommandError, match="no xenstored running. It said: cannot open /kern/xen/privcmd") as caught:
        _services_apply._start(_services.Start((str(script), "start"), ("xenstored",)), host.probe())
    assert caught.value.details["error_id"] == "service_not_running"


def test_backups_are_not_in_rc_d(tmp_path, monkeypatch):
    monkeypatch.setattr(_services, "RC_D", str(tmp_path / "rc.d"))
    monkeypatch.setattr(_services_apply, "BACKUPS", str(tmp_path / "backups"))
    (tmp_path / "rc.d").mkdir()
    (tmp_path / "rc.d/xend").write_bytes(b"old\n")
    kept = _services_apply._put(_services.Script("xend", b"old\n", None), backup=True)
    assert list((tmp_path / "rc.d").iterdir()) == []
    assert kept is not None and os.path.dirname(kept) == str(tmp_path / "backups")
    assert _services_apply._put(_services.Script("xend", None, b"new\n"), backup=True) is None
    assert (tmp_path / "rc.d/xend").stat().st_mode & 0o777 == 0o755
