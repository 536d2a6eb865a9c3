# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for the host are carried out as they say: commands in order, files whole, copies where they do no harm."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, TimedOut, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _hostplan, _systemfile
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostplan import FileChange, HostPlan


@pytest.fixture(autouse=True)
def backups(tmp_path, monkeypatch):
    monkeypatch.setattr(_hostplan, "BACKUPS", str(tmp_path / "backups"))
    return tmp_path / "backups"


def plan(*steps):
    return HostPlan(list(steps), "x", ["a"], ["b"])


def test_files_and_commands(tmp_path, backups):
    path = str(tmp_path / "file")
    write = _hostplan.file_steps(FileChange(path, None, "n\xe4w\n\udcff"))
    assert [step.text for step in write] == [f"write {path}"]
    touched = _hostplan.command("/bin/sh", "-c", f"cp {path} {path}.copy", text="copy it")
    assert _hostplan.apply(plan(*write, touched), backup=True) == []
    with open(path + ".copy", "rb") as stream:
        assert stream.read() == b"n\xc3\xa4w\n\xff"
    assert os.stat(path).st_mode & 0o777 == 0o644
    before = _systemfile.read(path)
    edit = _hostplan.file_steps(FileChange(path, before, "edited"))
    assert [step.text for step in edit] == [f"edit {path}"]
    (kept,) = _hostplan.apply(plan(*edit), backup=True)
    assert kept.startswith(str(backups)) and _systemfile.read(kept) == before
    gone = _hostplan.file_steps(FileChange(path, "edited", None))
    assert [step.text for step in gone] == [f"remove {path}"]
    (kept,) = _hostplan.apply(plan(*gone), backup=True)
    assert not os.path.exists(path) and _systemfile.read(kept) == "edited"
    assert _hostplan.file_steps(FileChange(path, "x", "x")) == []


def test_a_command_that_fails_ends_it(tmp_path):
    steps = [
        _hostplan.command("/bin/sh", "-c", "echo it broke >&2; exit 3", text="break it"),
        _hostplan.command("/bin/sh", "-c", f"touch {tmp_path}/reached"),
    ]
    with pytest.raises(CommandError, match=r"`break it` failed \(exit status 3\): it broke") as caught:
        _hostplan.apply(plan(*steps))
    assert caught.value.rc == 3
    assert not (tmp_path / "reached").exists()


def test_a_command_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(_hostplan, "SECONDS", 0.2)
    with pytest.raises(TimedOut, match="`wait` did not end within 0.2 s and was killed.$"):
        _hostplan.run(("/bin/sh", "-c", "sleep 20"), "wait")


def test_diff():
    file = _hostplan.file_steps(FileChange("/etc/x", None, "new\n"))
    assert plan(*file).diff() == [
        {"before_header": "/dev/null", "after_header": "/etc/x", "before": "", "after": "new\n"},
        {"before_header": "x", "after_header": "x", "before": "a\n", "after": "b\n"},
    ]


def test_reading(tmp_path):
    assert _systemfile.read(str(tmp_path / "none")) is None
    with pytest.raises(XenError, match="not a regular file"):
        _systemfile.read(str(tmp_path))
    (tmp_path / "large").write_bytes(b"x" * (1024 * 1024 + 1))
    with pytest.raises(XenError, match="larger"):
        _systemfile.read(str(tmp_path / "large"))
