# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a guest says on its console: where it is read, and what is made of bytes that nobody can trust."""

from __future__ import annotations

import os
import pty
import tty

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.console import _console
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError, TimedOut
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _host


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain\r\nlines\r\n", "plain\nlines\n"),
        (b"\x1b[1;31mred\x1b[0m and \x1b]0;a title\x07back", "red and back"),
        (b"bell\x07 back\x08space nul\x00", "bell backspace nul"),
        (b"caf\xc3\xa9 \xff", "café \N{REPLACEMENT CHARACTER}"),
        ("right\N{RIGHT-TO-LEFT OVERRIDE}left".encode(), "rightleft"),
        (b"\x1b]never ended\nlogin: ", "never ended\nlogin: "),
        (b"\x1b[" + b"1" * 200 + b"m hidden?", "[" + "1" * 200 + "m hidden?"),
        (b"ends in \x1b", "ends in "),
    ],
)
def test_control_characters_are_taken_out(data, text):
    assert _console.clean(data) == text


def test_the_tail_is_bounded(tmp_path):
    path = tmp_path / "guest-web.log"
    path.write_bytes(b"x" * 10_000_000 + b"\n\n" + b"y" * 1000 + b"\nlast\n")
    lines = _console.tail_of_file(str(path))
    assert [len(line) for line in lines] == [200, 200, 4]
    assert lines[-1] == "last"
    assert _console.tail_of_file(str(tmp_path / "none")) == []


@pytest.fixture
def daemon(monkeypatch, tmp_path):
    """Sets the command line of the xenconsoled that runs; the log folder is below tmp_path."""
    monkeypatch.setattr(_host, "LOG_DIR", str(tmp_path))
    (tmp_path / "console").mkdir()

    def runs(line):
        listing = "/sbin/init\n" + (line + "\n" if line else "") + "grep xenconsoled --log=guest\n"
        monkeypatch.setattr(_command, "run", lambda *_: _command.Result(0, listing, ""))

    return runs


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("/usr/lib/xen-4.17/bin/xenconsoled --pid-file=/run/xenconsoled.pid", None),
        ("xenconsoled --log=hv", None),
        ("xenconsoled --log=none --log=guest", "{}/console/guest-web.log"),
        ("/usr/pkg/sbin/xenconsoled --log=all", "{}/console/guest-web.log"),
        ("xenconsoled --log guest --log-dir /var/consoles", "/var/consoles/guest-web.log"),
        ("xenconsoled --log-dir=/var/consoles --log=guest", "/var/consoles/guest-web.log"),
        (None, None),
    ],
)
def test_where_the_log_is(daemon, tmp_path, line, path):
    daemon(line)
    assert _console.log_file("web") == (path and path.format(tmp_path))


def test_a_log_is_used_when_the_daemon_is_not_seen(daemon, tmp_path):
    daemon(None)
    path = tmp_path / "console" / "guest-web.log"
    path.touch()
    assert _console.log_file("web") == str(path)


def test_the_log_of_a_guest_that_came_by_migration(daemon, tmp_path):
    daemon("xenconsoled --log=guest")
    old, new = (tmp_path / "console" / f"guest-web{suffix}.log" for suffix in ("", "--incoming"))
    old.touch()
    new.touch()
    os.utime(old, (1, 1))
    assert _console.log_file("web") == str(new)


def test_a_log_is_followed_from_its_end(tmp_path):
    path = tmp_path / "guest-web.log"
    path.write_text("an earlier life\n")
    log = _console.Log(str(path))
    assert log.read() == b""
    with path.open("a") as stream:
        stream.write("up")
    assert (log.read(), log.read()) == (b"up", b"")


def test_a_log_that_is_not_there_yet_is_read_from_its_beginning(tmp_path):
    log = _console.Log(str(tmp_path / "guest-web.log"))
    assert log.read() == b""
    (tmp_path / "guest-web.log").write_text("first words")
    assert log.read() == b"first words"


def test_a_log_that_was_rotated_is_read_on(tmp_path):
    path = tmp_path / "guest-web.log"
    path.write_text("old " * 100)
    log = _console.Log(str(path))
    path.rename(tmp_path / "guest-web.log.1")
    assert log.read() == b""
    path.write_text("new")
    assert log.read() == b"new"
    path.write_text("x")  # truncated in place
    assert log.read() == b"x"


def test_a_log_is_read_in_pieces(tmp_path):
    path = tmp_path / "guest-web.log"
    path.write_bytes(b"z" * 40_000)
    log = _console.Log(str(path), 10)
    sizes = [len(log.read()) for _piece in range(4)]
    assert max(sizes) <= 16 * 1024
    assert sum(sizes) == 39_990


@pytest.fixture
def terminal(monkeypatch, tmp_path):
    """A terminal, and the end of it that xenconsoled has."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    monkeypatch.setattr(_console, "_LOCK_DIR", str(tmp_path))
    yield master, os.ttyname(slave)
    os.close(slave)
    os.close(master)


def test_a_terminal_gives_what_nobody_has_read(terminal):
    master, path = terminal
    os.write(master, b"before anybody looked\r\n")
    console = _console.Terminal(3, path)
    assert console.read() == b"before anybody looked\r\n"
    assert console.read() == b""  # and does not wait
    console.close()


def test_typing(terminal):
    master, path = terminal
    console = _console.Terminal(3, path)
    console.write(b"root\n", 5)
    assert os.read(master, 100) == b"root\n"
    console.close()


def test_a_guest_that_does_not_listen(terminal):
    _master, path = terminal
    console = _console.Terminal(3, path)
    with pytest.raises(TimedOut, match="of 100000 bytes"):
        console.write(b"x" * 100_000, 0.3)
    console.close()


def test_nobody_is_disturbed_at_the_console(terminal):
    _master, path = terminal
    person = _console.Terminal(3, path)
    with pytest.raises(HostError, match="Somebody is at the console") as caught:
        _console.Terminal(3, path)
    assert caught.value.details["error_id"] == "console_in_use"
    person.close()
    _console.Terminal(3, path).close()


def test_no_terminal(monkeypatch, tmp_path):
    monkeypatch.setattr(_console, "_LOCK_DIR", str(tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match="Inappropriate ioctl"):
        _console.Terminal(3, str(tmp_path / "file"))
    with pytest.raises(HostError, match="Is xenconsoled running"):
        _console.Terminal(3, str(tmp_path / "none"))
    assert not list(tmp_path.glob("none"))


def test_the_serial_port_of_an_hvm_guest_is_its_console(monkeypatch):
    store = {"/local/domain/3/serial/0/tty": "/dev/pts/4\n", "/local/domain/3/console/tty": "/dev/pts/5\n"}
    monkeypatch.setattr(_host, "find_program", lambda _name: "/usr/bin/xenstore-read")
    monkeypatch.setattr(
        _command, "run", lambda line: _command.Result(int(line[1] not in store), store.get(line[1], ""), "")
    )
    assert _console.terminal_of(3) == "/dev/pts/4"
    del store["/local/domain/3/serial/0/tty"]
    assert _console.terminal_of(3) == "/dev/pts/5"
    assert _console.terminal_of(4) is None
