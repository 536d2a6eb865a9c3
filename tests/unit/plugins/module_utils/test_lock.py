# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's lock, held by processes of their own: two controllers at once."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _lock

# Reads a number, and writes it back one higher after a moment in which any other would read the same.
COUNT = """
import sys, time
from ansible_collections.netbsd.xen.plugins.module_utils.host import _lock
_lock.PATH = sys.argv[1]
for _turn in range(5):
    with _lock.host_lock(60):
        with open(sys.argv[2]) as stream:
            number = int(stream.read())
        time.sleep(0.02)
        with open(sys.argv[2], "w") as stream:
            stream.write(str(number + 1))
"""
HOLD = """
import sys, time
from ansible_collections.netbsd.xen.plugins.module_utils.host import _lock
_lock.PATH = sys.argv[1]
with _lock.host_lock(60):
    print("held", flush=True)
    time.sleep(600)
"""
# A task whose command is slow: it tells of it, and is killed then.
AT_WORK = """
import sys, threading, time
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _lock
_lock.PATH = sys.argv[1]
with _lock.host_lock(60):
    threading.Thread(target=_command.run, args=([sys.argv[2], "save", "web"], 600)).start()
    while "runs " not in open(sys.argv[1]).read():
        time.sleep(0.01)
    print("works", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(_lock, "PATH", str(tmp_path / "lock"))
    return tmp_path / "lock"


def started(program, *arguments):
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_no_update_is_lost(path, tmp_path):
    (tmp_path / "number").write_text("0")
    processes = [started(COUNT, path, tmp_path / "number") for _each in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert (tmp_path / "number").read_text() == "15"


def test_who_has_it_is_told_and_death_ends_it(path):
    holder = started(HOLD, path)
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(XenError) as caught, _lock.host_lock(0.3):
            raise AssertionError("two at once")
        assert caught.value.details["error_id"] == "locked"
        assert f"pid {holder.pid} since 20" in caught.value.message
        assert str(path) in caught.value.message
    finally:
        holder.kill()
        holder.wait(10)
    with _lock.host_lock(5):
        assert f"pid {os.getpid()} " in path.read_text()
    assert path.read_text() == ""


@pytest.fixture
def left(path, tmp_path):
    """What a killed task has left running; ends when the file `done` is there."""
    slow = tmp_path / "xl"
    slow.write_text(f"#!/bin/sh\nwhile [ ! -e {tmp_path}/done ]; do sleep 0.1; done\necho ended >{tmp_path}/ended\n")
    slow.chmod(0o755)
    task = started(AT_WORK, path, slow)
    assert task.stdout.readline() == "works\n"
    task.kill()
    task.wait(10)
    yield slow
    (tmp_path / "done").touch()


def test_what_a_killed_task_has_left_running_is_waited_for(left, tmp_path):
    timer = threading.Timer(0.5, (tmp_path / "done").touch)
    timer.start()
    with _lock.host_lock(60):
        assert (tmp_path / "ended").exists()
    timer.join()


def test_what_goes_on_for_too_long_is_told(left, path):
    with pytest.raises(XenError) as caught, _lock.host_lock(0.3):
        raise AssertionError("xl is still at work")
    assert f"A task that was killed has left `{left} save web`" in caught.value.message
    assert caught.value.details["error_id"] == "locked"


def test_another_process_with_its_number_is_not_waited_for(path):
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        path.write_text(f"pid 1 since yesterday\nruns {other.pid}: xl save web /save/web\n")
        with _lock.host_lock(0):
            pass
    finally:
        other.kill()
        other.wait(10)


def test_without_ps_what_leads_its_session_is_waited_for(left, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(XenError, match="A task that was killed has left"), _lock.host_lock(0.3):
        raise AssertionError("xl is still at work")


def test_commands_are_told_of_while_they_run(path):
    with _lock.host_lock(0):
        with _lock.at_work(1, ["xl", "shutdown", "we\nb"]), _lock.at_work(2, ["xl", "list"]):
            assert path.read_text().splitlines()[1:] == ["runs 1: xl shutdown we b", "runs 2: xl list"]
        assert "runs" not in path.read_text()
    with _lock.at_work(1, ["xl", "list"]):
        assert path.read_text() == ""


def test_what_the_file_says_locks_nobody_out(path):
    path.write_text("pid 1 since for ever\n")
    with _lock.host_lock(0):
        assert "for ever" not in path.read_text()


def test_holder_that_said_nothing(path):
    with open(path, "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        with pytest.raises(XenError, match="did not say who it is"), _lock.host_lock(0):
            pass


def test_programs_do_not_inherit_it(path):
    """xl leaves a monitor behind for each guest; it would hold the lock as long as the guest runs."""
    with _lock.host_lock(0):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        with _lock.host_lock(0):
            pass
    finally:
        child.kill()
        child.wait(10)


def test_an_error_inside_sets_it_free(path):
    with pytest.raises(ValueError), _lock.host_lock(0):
        raise ValueError
    with _lock.host_lock(0):
        pass


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.symlink_to("/nowhere")])
def test_cannot_be_opened(path: Path, make):
    make(path)
    with pytest.raises(HostError) as caught, _lock.host_lock(0):
        pass
    assert caught.value.details["error_id"] == "lock_file"
