# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No process but the lab's own QEMU is ever ended. A harmless process plays QEMU here."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from xenlab import process
from xenlab.errors import LabError

SLEEP = "import time; time.sleep(60)"


def start(name: str, pidfile: Path) -> subprocess.Popen[bytes]:
    """A sleeping Python whose command line looks like `NAME … -pidfile PIDFILE`."""
    child = subprocess.Popen([name, "-c", SLEEP, "-pidfile", str(pidfile)], executable=sys.executable)
    pidfile.write_text(f"{child.pid}\n")
    # Popen returns when exec has closed its files; the kernel sets the new command line a moment later
    deadline = time.monotonic() + 10
    while os.fsencode(pidfile) not in Path(f"/proc/{child.pid}/cmdline").read_bytes() and time.monotonic() < deadline:
        time.sleep(0.01)
    return child


@pytest.fixture
def pidfile(tmp_path: Path) -> Path:
    return tmp_path / "qemu.pid"


@pytest.fixture
def qemu(pidfile: Path) -> Iterator[subprocess.Popen[bytes]]:
    child = start("/usr/bin/qemu-system-x86_64", pidfile)
    yield child
    child.kill()
    child.wait()


def test_its_own_process_is_known_and_ended(qemu: subprocess.Popen[bytes], pidfile: Path) -> None:
    assert process.running_pid(pidfile) == qemu.pid
    assert process.end(pidfile)
    assert qemu.wait(5) == -15
    assert not pidfile.exists()


def test_the_process_of_another_instance_is_left_alone(
    qemu: subprocess.Popen[bytes], pidfile: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.pid"
    other.write_text(pidfile.read_text())
    assert process.running_pid(other) is None
    assert not process.end(other)
    assert qemu.poll() is None
    assert not other.exists()


def test_a_recycled_pid_is_left_alone(pidfile: Path) -> None:
    child = start("editor", pidfile)
    try:
        assert process.running_pid(pidfile) is None
        assert not process.end(pidfile)
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("text", ["", "x", "999999999"])
def test_a_pid_file_without_a_process_is_no_instance(pidfile: Path, text: str) -> None:
    pidfile.write_text(text)
    assert process.running_pid(pidfile) is None
    assert not process.end(pidfile)


def test_a_process_that_ignores_the_request_is_killed(pidfile: Path) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    command = ["qemu-system-x86_64", "-c", stubborn, str(pidfile)]
    child = subprocess.Popen(command, executable=sys.executable, stdout=subprocess.PIPE)
    assert child.stdout
    child.stdout.readline()  # it ignores the signal from here on
    pidfile.write_text(str(child.pid))
    assert process.end(pidfile, grace=0.3)
    assert child.wait(5) == -9
    child.stdout.close()


def test_a_launched_process_ends_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XENLAB_MAX_LIFETIME", "1")
    child = process.launch([sys.executable, "-c", SLEEP], tmp_path, tmp_path / "log")
    assert child.wait(10) == 124
    assert os.getpgid(0) != child.pid


@pytest.mark.parametrize("text", ["0", "-1", "4h", ""])
def test_a_lifetime_that_is_no_number_of_seconds_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("XENLAB_MAX_LIFETIME", text)
    with pytest.raises(LabError, match="XENLAB_MAX_LIFETIME"):
        process.lifetime()
