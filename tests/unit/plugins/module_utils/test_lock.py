# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's lock, held by processes of their own: two controllers at once."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
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
