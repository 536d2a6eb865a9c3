# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task at a console that has a real shell behind it: marks, echoes, logins, prompts, and nobody left at it."""

from __future__ import annotations

import re
import shutil
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.console import (
    _console,
    _console_login,
    _console_session,
    _console_shell,
    _console_task,
    _watch,
)
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError, TimedOut, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing, _toolstack
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.console_guest import CSH, GETTY, Guest

SHELLS = [
    command
    for command in (["dash", "-i"], ["bash", "--norc", "-i"], ["busybox", "sh", "-i"], ["ksh", "-i"], ["zsh", "-fi"])
    if shutil.which(command[0])
]
MARKS = _console_shell.Marks("n0nce")


class Watch:
    """A guest that runs, unless it is said to be gone."""

    row_now = _listing.Row("web", 3, 64, 1, "running", 1.0)

    def __init__(self, *_):
        pass

    def row(self):
        return Watch.row_now

    def require_no_crash(self, row):
        pass

    def died(self, message):
        return XenError(message, error_id="died")


@pytest.fixture
def console(monkeypatch, tmp_path):
    """Starts a program at the console; a function for a task there, with its parameters."""
    monkeypatch.setattr(_console, "_LOCK_DIR", str(tmp_path))
    monkeypatch.setattr(_console, "_LOCK_DIRS", {})
    monkeypatch.setattr(_console_login, "_SETTLED_SECONDS", 0.05)
    monkeypatch.setattr(_console_session, "_LEAVING_SECONDS", 0.05)
    monkeypatch.setattr(_console_login, "_KNOCK_SECONDS", 0.5)
    monkeypatch.setattr(_console_session, "_POLL_SECONDS", 0.005)
    monkeypatch.setattr(_console_session, "_ALIVE_SECONDS", 0.2)
    monkeypatch.setattr(_console_task, "_BEFORE_ANSWER_SECONDS", 0.02)
    monkeypatch.setattr(_host, "require_root", lambda: None)
    monkeypatch.setattr(_toolstack, "find", lambda _name: None)
    monkeypatch.setattr(_watch, "Watch", Watch)
    monkeypatch.setattr(Watch, "row_now", Watch.row_now)
    guests = []

    def start(command, **environment):
        guest = Guest([shutil.which(command[0]), *command[1:]], environment)
        guests.append(guest)
        monkeypatch.setattr(_console, "terminal_of", lambda _domid: guest.path)

        def task(check=False, **given):
            responses = [{"text": None, "secret": None, "enter": True, **each} for each in given.pop("responses", [])]
            parameters = {
                "name": "web", "toolstack": "auto", "command": None, "login": None, "logout": True, "wake": False,
                "wait_for": None, "timeout": 10, "responses": responses, **given,
            }  # fmt: skip
            return _console_task.ConsoleTask(parameters, check).run()

        task.guest = guest
        return task

    yield start
    for guest in guests:
        # nobody is left at the console
        _console.Terminal(3, guest.path).close()
        guest.close()


def getty(start, password=""):
    return start(["sh", "-c", GETTY, "getty", password])


COMMANDS = [
    ("echo plain", "plain"),
    ("printf 'no newline'; echo >&2 ' and stderr'", "no newline and stderr"),
    ("echo 'single' \"double $((1 + 1))\" `echo back` \\$HOME !$ %s", "single double 2 back $HOME !$ %s"),
    ('for each in 1 2; do\n\techo "$each\tof two"\ndone\n', "1\tof two\n2\tof two"),
    ("cat; cd /; exit 0", ""),
    ("echo " + "'long' " * 200, " ".join(["long"] * 200)),
    ("printf '\\033[1mbold\\033[0m\\r\\nnext\\r\\n'", "bold\nnext"),
    ("echo xc-; echo end=9.", "xc-\nend=9."),
    ("set | grep '^_x' | cut -d= -f1", "_x\n_xc"),  # the commands before have left nothing
]


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
def test_commands(console, shell):
    task = console(shell)
    for command, stdout in COMMANDS:
        result = task(command=command)
        expected = (0, stdout, False, False)
        assert (result["rc"], result["stdout"], result["truncated"], result["logged_in"]) == expected
        assert result["actions"] == [f"run `{command}` on the console of web"]


@pytest.mark.parametrize(
    "shell",
    [["sh", "-c", CSH, "csh"], *([name, "-fi"] for name in ("csh", "tcsh") if shutil.which(name))],
    ids=lambda shell: shell[-1],
)
def test_a_shell_of_another_family(console, shell, tmp_path):
    """/bin/sh runs in it for the time of the task, and the shell itself is still there afterwards."""
    left = tmp_path / "left"
    task = console([*shell, *([str(left)] if shell[0] == "sh" else [])])
    for command, stdout in COMMANDS[:4]:
        result = task(command=command)
        assert (result["rc"], result["stdout"], result["logged_in"]) == (0, stdout, False)
    assert not left.exists()
    with pytest.raises(XenError, match="exit code 3"):
        task(command="exit 3")
    assert not left.exists()


def test_a_command_that_fails(console):
    task = console(["dash", "-i"])
    with pytest.raises(XenError, match="ended with exit code 3") as caught:
        task(command="echo why; exit 3")
    details = caught.value.details
    assert (details["error_id"], details["rc"], details["stdout"]) == ("nonzero_exit", 3, "why")
    with pytest.raises(XenError) as caught:
        task(command="if then (")
    assert caught.value.details["rc"] == 2


def test_a_command_that_does_not_end(console):
    task = console(["dash", "-i"])
    with pytest.raises(TimedOut, match="has not shown the end of `echo begun; sleep 60` within 2 s") as caught:
        task(command="echo begun; sleep 60", timeout=2)
    assert "begun\n" in caught.value.details["transcript"]
    # it was interrupted, so the shell is free
    assert task(command="echo free")["stdout"] == "free"


def test_more_output_than_is_kept(console, monkeypatch):
    monkeypatch.setattr(_console_session, "_KEPT", 20_000)
    task = console(["dash", "-i"])
    result = task(command="i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo line $i; done")
    assert result["truncated"]
    assert result["stdout"].endswith("line 3999\nline 4000")
    assert len(result["stdout"]) < 20_000


def test_messages_of_the_kernel_in_between(console):
    task = console(["dash", "-i"])
    task.guest.says(b"\r\n[    1.0] xennet0: link is up\r\n# [    1.1] sd0: late\r\n")
    result = task(command="echo one; sleep 0.1; echo two")
    assert (result["rc"], result["stdout"]) == (0, "one\ntwo")
    assert "xennet0" in result["transcript"]


@pytest.mark.parametrize("password", ["", "s3cret!"])
def test_a_login(console, password):
    task = getty(console, password)
    account = {"user": "root", "password": password or None}
    result = task(login=account, command="echo in")
    assert (result["stdout"], result["logged_in"]) == ("in", True)
    # logged out again; the prompt has been read, and is shown again
    result = task(login=account, logout=False)
    assert result["logged_in"] and result["actions"] == ["be logged in as root on the console of web"]
    assert task(login=account, command="echo still in")["logged_in"] is False


def test_a_login_that_is_refused(console):
    task = getty(console, "right")
    with pytest.raises(XenError, match="does not let root log in") as caught:
        task(login={"user": "root", "password": "wrong"}, command="true")
    assert caught.value.details["error_id"] == "login_failed"
    with pytest.raises(XenError, match="asks for a login") as caught:
        task(command="true")
    assert caught.value.details["error_id"] == "login_needed"
    assert task(login={"user": "root", "password": "right"}, command="echo in")["stdout"] == "in"


def test_a_user_that_is_never_asked_for_a_password(console):
    with pytest.raises(XenError) as caught:
        getty(console)(login={"user": "nobody", "password": "x"})
    assert caught.value.details["error_id"] == "login_failed"


def test_somebody_has_left_in_the_middle_of_a_login(console):
    task = getty(console, "right")
    task.guest.says(b"")
    terminal = _console.Terminal(3, task.guest.path)
    terminal.write(b"ro", 1)
    terminal.close()
    assert task(login={"user": "root", "password": "right"}, command="echo in")["stdout"] == "in"
    terminal = _console.Terminal(3, task.guest.path)
    terminal.write(b"root\r", 1)
    terminal.close()
    assert task(login={"user": "root", "password": "right"}, command="echo in")["stdout"] == "in"


ASKS = """
printf 'Terminal type? '; read -r terminal; printf 'Password: '; stty -echo; read -r word; stty echo
echo; printf 'Retype Password: '; read -r again; echo "$terminal:$word:$again"; echo 'DO''NE.'; sleep 60
"""
ANSWERS = [
    {"prompt": r"type\? $", "text": "vt100"},
    {"prompt": "Password: ", "secret": "s3cret"},
    {"prompt": "Password: ", "secret": "s3cret", "enter": False},
]


def test_prompts(console):
    task = console(["sh", "-c", ASKS])
    result = task(responses=[*ANSWERS, {"prompt": "3cret"}], wait_for=r"^DONE\.$")
    assert result["console_line"] == "DONE."
    assert "vt100:s3cret:s3cret" in result["transcript"]
    assert result["actions"][0] == r"answer 'type\\? $' on the console of web"
    with pytest.raises(TimedOut, match="has not shown the prompt 'never' within 0.5 s") as caught:
        task(responses=[{"prompt": "never", "text": "x"}], timeout=0.5)
    assert "nothing" in str(caught.value)


def test_prompts_of_a_command(console):
    task = console(["dash", "-i"])
    command = "printf 'New: '; read -r one; printf 'Again: '; read -r two; test \"$one\" = \"$two\" && echo good"
    responses = [{"prompt": "New: ", "secret": "a b"}, {"prompt": "Again: ", "secret": "a b"}, {"prompt": "unasked"}]
    result = task(command=command, responses=responses, wait_for="go+d")
    assert result["stdout"].endswith("good")
    assert result["console_line"] == "good"


def test_waiting_for_what_was_said_before(console):
    task = getty(console)
    assert task(wait_for="login: $")["console_line"] == "login: "
    with pytest.raises(TimedOut):
        task(wait_for="login: $", timeout=0.5)  # we have read it ourselves
    result = task(wait_for="login: $", wake=True)
    assert (result["console_line"], result["changed"], result["actions"]) == ("login: ", False, [])


def test_somebody_is_at_the_console(console):
    task = console(["dash", "-i"])
    person = _console.Terminal(3, task.guest.path)
    with pytest.raises(HostError) as caught:
        task(command="true")
    assert caught.value.details["error_id"] == "console_in_use"
    assert "transcript" not in caught.value.details
    person.close()


def test_a_guest_that_does_not_run_or_ends(console, monkeypatch):
    task = console(["sleep", "60"])
    assert task(check=True, command="true")["changed"]
    with monkeypatch.context() as patched:
        running = Watch.row_now
        patched.setattr(_console_session.Session, "_require_alive", lambda session: session._alive())
        patched.setattr(Watch, "row_now", running._replace(domid=3))

        def ends(session):
            Watch.row_now = None
            session._alive()

        patched.setattr(_console_session.Session, "_require_alive", ends)
        with pytest.raises(XenError, match="has ended") as caught:
            task(wait_for="never")
        assert caught.value.details["error_id"] == "died"
    for row in (None, Watch.row_now and Watch.row_now._replace(state="paused")):
        monkeypatch.setattr(Watch, "row_now", row)
        for check in (True, False):
            with pytest.raises(XenError, match="only a guest that runs") as caught:
                task(check=check, command="true")
            assert caught.value.details["error_id"] == "not_running"


def test_a_guest_without_a_console(console, monkeypatch):
    task = console(["sleep", "60"])
    monkeypatch.setattr(_console_session, "_TERMINAL_SECONDS", 0.05)
    monkeypatch.setattr(_console, "terminal_of", lambda _domid: None)
    with pytest.raises(HostError, match="Is xenconsoled running") as caught:
        task(command="true")
    assert caught.value.details["error_id"] == "no_console"
    appears = time.monotonic() + 0.05
    monkeypatch.setattr(_console_session, "_TERMINAL_SECONDS", 5.0)
    monkeypatch.setattr(_console, "terminal_of", lambda _domid: task.guest.path if time.monotonic() > appears else None)
    with pytest.raises(TimedOut):
        task(wait_for="never", timeout=0.5)


@pytest.mark.parametrize(
    "given, option",
    [
        ({"command": " \n"}, "command"),
        ({"command": "a\x03b"}, "command"),
        ({"wait_for": "("}, "wait_for"),
        ({"wait_for": "x", "timeout": 0}, "timeout"),
        ({"responses": [{"prompt": ".*"}]}, r"responses\[0\].prompt"),
        ({"wait_for": "x", "name": "Domain-0"}, "name"),
    ],
)
def test_bad_values(console, given, option):
    with pytest.raises(BadValue, match=f"^{option}: "):
        console(["sleep", "60"])(**given)


@given(
    st.text(
        st.characters(min_codepoint=32, max_codepoint=0x2FF, blacklist_categories=["Cc"])
        | st.sampled_from("\n\t'\"\\!$`"),
        max_size=400,
    )
)
def test_what_is_typed_never_looks_like_a_mark(command):
    """And no line of it is too long for a terminal, nor has a tab."""
    lines = MARKS.lines(f"x{command}", asks=False)
    for line, _answer in lines:
        assert MARKS.nonce in line and b"xc-n0nce" not in line.encode()
        assert max(map(len, line.split("\n"))) < 100 * 4 + 200 and "\t" not in line
    assert [answer for _line, answer in lines] == [
        *(MARKS.printed(f"{number}.") for number in range(len(lines) - 1)), MARKS.printed("begin")
    ]  # fmt: skip


@settings(max_examples=50)
@given(at=st.integers(0, 200), rc=st.integers(0, 255))
def test_a_message_anywhere_hides_no_end(at, rc):
    """The kernel writes a line between any two bytes after the beginning; the exit code is still told right."""
    mark = MARKS.printed("end=") + str(rc).encode() + b".\r\n"
    said = MARKS.printed("begin") + b"\r\nout\r\n" + mark + mark
    at = min(len(said), at + len(MARKS.printed("begin")) + 2)
    output = MARKS.output(said[:at] + b"\r\n[1.0] eth0: up\r\n" + said[at:])
    assert output is not None and output.rc == rc and output.whole
    assert b"out" in output.data or b"ou" in output.data or b"o" in output.data


def test_half_a_mark_is_no_end():
    assert MARKS.output(MARKS.printed("begin") + b"\r\n" + MARKS.printed("end=") + b"12") is None
    assert re.search(rb"end=12", MARKS.printed("end=") + b"12")
