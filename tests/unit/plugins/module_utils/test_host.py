# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where things are on a host, looked up in folders that stand for it."""

from __future__ import annotations

import os
import socket
import sys
import time

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import (
    BadValue,
    CommandError,
    HostError,
    TimedOut,
    XenError,
)
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _host
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xl
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import CAPTURES, captured

PYTHON = [sys.executable, "-c"]


def read_to_the_end(pipe, seconds):
    """What comes out of a non-blocking pipe until nobody has it open for writing; killed processes take a moment."""
    text = b""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            more = os.read(pipe, 100)
        except BlockingIOError:
            time.sleep(0.01)
            continue
        if not more:
            return text
        text += more
    raise AssertionError(f"somebody still has the pipe open after {seconds} s")


class TestCommand:
    def test_result(self):
        code = "import sys, os; sys.stdout.write('out' + os.environ['LC_ALL']); sys.stderr.write('err'); sys.exit(3)"
        assert _command.run([*PYTHON, code]) == (3, "outC", "err")

    def test_bytes_that_are_no_text(self):
        assert _command.run([*PYTHON, r"import os; os.write(1, b'\xff\n')"]).stdout == "\ufffd\n"

    def test_input_is_empty(self):
        assert _command.run([*PYTHON, "import sys; print(repr(sys.stdin.read()))"]).stdout == "''\n"

    def test_missing(self, tmp_path):
        with pytest.raises(CommandError, match="No such file") as caught:
            _command.run([str(tmp_path / "none")])
        assert caught.value.rc == 127

    def test_hanging_is_ended_with_its_children(self, tmp_path):
        pipe = str(tmp_path / "pipe")
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            with pytest.raises(TimedOut, match="did not end within"):
                _command.run(["/bin/sh", "-c", f"(echo started; exec sleep 600) > '{pipe}' & sleep 600"], timeout=1.0)
            # all that was written, then the end: nobody holds the other end any more
            assert read_to_the_end(reader, 10.0) in (b"started\n", b"")
        finally:
            os.close(reader)

    def test_a_daemon_that_keeps_the_output_open(self):
        """It left our session, so it cannot be ended with the rest; it must not be waited for either."""
        code = "import os, time\nif os.fork() == 0:\n    os.setsid()\ntime.sleep(20)\n"
        started = time.monotonic()
        with pytest.raises(TimedOut):
            _command.run([*PYTHON, code], timeout=0.5)
        assert time.monotonic() - started < 15


class TestHost:
    def test_layouts(self, monkeypatch):
        monkeypatch.setattr(_host.platform, "system", lambda: "NetBSD")
        assert _host.layout().config_dir == "/usr/pkg/etc/xen"
        assert _host.layout().config_suffix == ""
        assert _host.layout().vif_name.format(domid=3, devid=0) == "xvif3i0"
        monkeypatch.setattr(_host.platform, "system", lambda: "Linux")
        assert _host.layout().config_dir == "/etc/xen"
        assert _host.layout().vif_name.format(domid=3, devid=0) == "vif3.0"

    def test_name(self, monkeypatch):
        monkeypatch.setattr(_host.platform, "node", lambda: "xen1.example.org")
        assert _host.name() == "xen1"

    def test_program_outside_of_path(self, tmp_path, monkeypatch):
        program = tmp_path / "xl"
        program.write_text("")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", "/nowhere")
        monkeypatch.setattr(_host, "_EXTRA_PATH", (str(tmp_path),))
        assert _host.find_program("xl") == str(program)
        assert _host.find_program("xm") is None

    def test_root(self, monkeypatch):
        monkeypatch.setattr(_host.os, "geteuid", lambda: 0)
        _host.require_root()
        monkeypatch.setattr(_host.os, "geteuid", lambda: 1000)
        with pytest.raises(HostError) as caught:
            _host.require_root()
        assert caught.value.details["error_id"] == "not_root"

    @pytest.mark.parametrize("text, said", [("control_d\n", None), ("", "as a guest"), (None, "no Xen hypervisor")])
    def test_xen_under_linux(self, tmp_path, monkeypatch, text, said):
        monkeypatch.setattr(_host.platform, "system", lambda: "Linux")
        path = tmp_path / "capabilities"
        if text is not None:
            path.write_text(text)
        monkeypatch.setattr(_host, "XEN_CAPABILITIES", str(path))
        reason = _host.no_xen_reason()
        assert reason is None if said is None else said in reason

    def test_xen_under_netbsd(self, tmp_path, monkeypatch):
        monkeypatch.setattr(_host.platform, "system", lambda: "NetBSD")
        monkeypatch.setattr(_host, "NETBSD_PRIVCMD", str(tmp_path / "privcmd"))
        assert "kernfs" in _host.no_xen_reason()
        (tmp_path / "privcmd").write_text("")
        assert _host.no_xen_reason() is None

    def test_bridge_under_linux(self, tmp_path, monkeypatch):
        monkeypatch.setattr(_host.platform, "system", lambda: "Linux")
        monkeypatch.setattr(_host, "SYS_CLASS_NET", str(tmp_path))
        (tmp_path / "br0" / "bridge").mkdir(parents=True)
        (tmp_path / "eth0").mkdir()
        assert [_host.bridge_exists(name) for name in ("br0", "eth0", "br1")] == [True, False, False]

    def test_bridge_under_netbsd(self, monkeypatch):
        monkeypatch.setattr(_host.platform, "system", lambda: "NetBSD")
        monkeypatch.setattr(_command, "run", lambda cmd: _command.Result(int(cmd[1] != "bridge0"), "", ""))
        assert _host.bridge_exists("bridge0")
        assert not _host.bridge_exists("bridge1")


class TestXenstored:
    @pytest.fixture
    def path(self, tmp_path, monkeypatch):
        # a socket's path is limited to about 100 characters
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(_host, "XENSTORED_SOCKETS", ("socket",))
        return "socket"

    def test_listens(self, path):
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen(1)
            assert _host.xenstored_answers() is True
        assert _host.xenstored_answers() is False

    def test_no_socket(self, path):
        assert _host.xenstored_answers() is None

    def test_a_dead_one_is_not_waited_for(self, path, tmp_path):
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
        with pytest.raises(HostError) as caught:
            fake_xl(tmp_path, "sleep 600\n").listing()
        assert caught.value.details["error_id"] == "daemons_down"

    def test_hanging_list(self, path, tmp_path, monkeypatch):
        monkeypatch.setattr(_xl, "_LIST_SECONDS_NO_SOCKET", 0.3)
        with pytest.raises(HostError) as caught:
            fake_xl(tmp_path, "exec sleep 600\n").listing()
        assert caught.value.details["error_id"] == "daemons_down"


def test_mounted_devices_of_this_machine():
    assert all(path.startswith("/") for path in _host.mounted_devices())


def test_mounted_devices_of_netbsd(monkeypatch):
    """mount(8) of NetBSD: what is mounted, the word on, where."""
    text = "/dev/wd0a on / type ffs (log, local)\nkernfs on /kern type kernfs\n/dev/vnd0a on /mnt type ffs\n"
    monkeypatch.setattr(_host.os.path, "exists", lambda path: False)
    monkeypatch.setattr(_command, "run", lambda cmd: _command.Result(0, text, ""))
    assert _host.mounted_devices() == ["/dev/wd0a", "/dev/vnd0a"]


def fake_xl(tmp_path, script):
    path = tmp_path / "xl"
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    return _xl.Xl(str(path))


def printing(name):
    """A shell line that prints what was recorded."""
    return f"sed '/^##/d' '{CAPTURES / (name + '.txt')}' >&2; exit 1\n"


class TestXl:
    def test_missing(self, monkeypatch):
        monkeypatch.setattr(_host, "find_program", lambda program: None)
        with pytest.raises(HostError) as caught:
            _xl.Xl()
        assert caught.value.details["error_id"] == "toolstack_missing"

    def test_reads(self, tmp_path):
        (tmp_path / "out").write_text(captured("b-life-048-list-two"))
        xl = fake_xl(tmp_path, f"test \"$*\" = list && cat '{tmp_path}/out'\n")
        assert [found.name for found in xl.listing()] == ["Domain-0", "web1", "db1"]

    def test_list_is_tried_again(self, tmp_path, monkeypatch):
        monkeypatch.setattr(_xl, "_RETRY_PAUSE", 0)
        (tmp_path / "out").write_text(captured("b-life-048-list-two"))
        once = f"test -e '{tmp_path}/again' || {{ touch '{tmp_path}/again'; exit 1; }}\n"
        assert len(fake_xl(tmp_path, once + f"cat '{tmp_path}/out'\n").listing()) == 3

    def test_list_is_not_tried_for_ever(self, tmp_path, monkeypatch):
        monkeypatch.setattr(_xl, "_RETRY_PAUSE", 0)
        xl = fake_xl(tmp_path, f"echo x >> '{tmp_path}/tries'; echo broken >&2; exit 1\n")
        with pytest.raises(CommandError, match="broken"):
            xl.listing()
        assert (tmp_path / "tries").read_text().count("x") == 3

    def test_error(self, tmp_path):
        xl = fake_xl(tmp_path, printing("b-life-045-create-duplicate-name"))
        with pytest.raises(CommandError, match="already exists") as caught:
            xl.run(["xl", "create", "/x"])
        assert caught.value.details["cmd"] == ["xl", "create", "/x"]
        assert caught.value.details["error_id"] == "command_failed"

    def test_not_root(self, tmp_path, monkeypatch):
        monkeypatch.setattr(_host.os, "geteuid", lambda: 1000)
        xl = fake_xl(tmp_path, printing("a-host-038-xl-as-nobody"))
        with pytest.raises(HostError) as caught:
            xl.listing()
        assert caught.value.details["error_id"] == "not_root"

    def test_no_xen(self, tmp_path, monkeypatch):
        monkeypatch.setattr(_host, "no_xen_reason", lambda: "boot Xen.")
        said = "xencall: error: Could not obtain handle on privileged command interface: No such file or directory"
        with pytest.raises(HostError, match="boot Xen") as caught:
            fake_xl(tmp_path, f"echo '{said}' >&2; exit 1\n").listing()
        assert caught.value.details["error_id"] == "no_xen"

    def test_hanging(self, tmp_path):
        with pytest.raises(XenError, match="did not end"):
            fake_xl(tmp_path, "exec sleep 60\n").run(["xl", "list"], timeout=0.3)

    def test_reads_the_rest(self, tmp_path):
        names = {"list -l": "b-life-056-list-l-all", "info": "b-life-086-info-with-two", "uptime": "b-life-070-uptime"}
        for command, name in names.items():
            (tmp_path / command).write_text(captured(name))
        xl = fake_xl(tmp_path, f"cat '{tmp_path}'/\"$*\"\n")
        assert sorted(xl.configurations()) == [0, 1, 3]
        assert xl.info()["free_memory"] == "7403"
        assert xl.uptimes() == {0: 75, 1: 41, 3: 29}

    def test_validate(self, tmp_path):
        xl = fake_xl(
            tmp_path,
            'test "$1 $2" = "-N create" && cp "$3" ' + f"'{tmp_path}/seen' && stat -c %a \"$3\" > '{tmp_path}/mode'\n",
        )
        xl.validate("memory = 512\n# \udcff\n")
        assert (tmp_path / "seen").read_bytes() == b"memory = 512\n# \xff\n"
        assert (tmp_path / "mode").read_text() == "600\n"

    def test_validate_refused(self, tmp_path):
        script = (
            f'echo "$3" > \'{tmp_path}/name\'; echo "Parsing config from $3" >&2; echo "$3:1: no sense" >&2; exit 1\n'
        )
        with pytest.raises(BadValue) as caught:
            fake_xl(tmp_path, script).validate("memory = 512\n")
        name = (tmp_path / "name").read_text().strip()
        assert not os.path.exists(name)
        assert "no sense" in caught.value.message
        assert name not in caught.value.message
        assert "Parsing config" not in caught.value.message
