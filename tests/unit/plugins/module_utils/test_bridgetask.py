# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole bridge task on a pretended host: refusal, the way back, confirmation, and the look afterwards."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.bridge import _bridgerollback, _bridgestate, _bridgetask
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridgestate import Wanted
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _hostplan
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostplan import FileChange
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.test_bridgeplan import (
    FILE,
    bridge,
    host,
    run_all,
)


class World:
    """A host whose commands change plain data."""

    def __init__(self, seen):
        self.seen, self.armed, self.deaf = seen, [], False

    def look(self, name, environment):
        return self.seen

    def apply(self, plan, backup):
        if not self.deaf:
            link = self.seen.link
            commands = [step.command for step in plan.steps if step.command]
            self.seen = run_all(self.seen, commands)._replace(link=link)
            for step in plan.steps:
                if isinstance(step.data, FileChange):
                    self.seen = self.seen._replace(text=step.data.after)
        return ["kept"] if backup else []

    def arm(self, name, seconds, undo, file):
        self.armed.append((name, seconds))


@pytest.fixture
def world(monkeypatch):
    def make(seen):
        made = World(seen)
        monkeypatch.setattr(_bridgestate, "look", made.look)
        monkeypatch.setattr(_hostplan, "apply", made.apply)
        monkeypatch.setattr(_bridgerollback, "arm", made.arm)
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        return made

    return make


NEW = Wanted("bridge0", members=("wm0",))
CUT = Wanted("bridge0", present=False)


def test_made_and_looked_at(world):
    made = world(host())
    result = _bridgetask.make(NEW, False, True, 0, {})
    assert result["changed"] and result["backup_files"] == ["kept"]
    assert result["bridge"] == {
        **{"name": "bridge0", "exists": True, "up": True, "mtu": 1500, "members": ["wm0"], "guests": [], "stp": []},
        **{"file": "/etc/ifconfig.bridge0", "file_members": ["wm0"]},
    }
    assert made.armed == []
    assert _bridgetask.make(NEW, False, False, 0, {})["changed"] is False


def test_check_mode_does_nothing_and_tells_the_same(world):
    made = world(host())
    checked = _bridgetask.make(NEW, True, False, 0, {})
    assert made.seen == host() and checked["bridge"]["exists"] is False
    done = _bridgetask.make(NEW, False, False, 0, {})
    assert (checked["changed"], checked["actions"], checked["diff"]) == (done["changed"], done["actions"], done["diff"])


@pytest.mark.parametrize("check", [True, False])
def test_the_branch_is_not_cut(world, check):
    made = world(host(bridges=[bridge("bridge0", "wm0")], text=FILE))
    with pytest.raises(ConflictError, match="Nothing was changed") as caught:
        _bridgetask.make(CUT, check, False, 0, {})
    assert caught.value.details["error_id"] == "would_cut_connection"
    assert "10.0.2.15, an address of wm0" in caught.value.message
    assert "bridge0" in made.seen.bridges and made.armed == []


def test_with_a_way_back_it_may_be(world):
    made = world(host(bridges=[bridge("bridge0", "wm0")], text=FILE))
    assert _bridgetask.make(CUT, True, False, 60, {})["rollback_armed"] is False
    result = _bridgetask.make(CUT, False, False, 1, {})
    assert result["rollback_armed"] is True and result["bridge"]["exists"] is False
    assert made.armed == [("bridge0", 10)]


def test_no_way_back_is_prepared_for_what_cuts_nothing(world):
    made = world(host())
    assert _bridgetask.make(NEW, False, False, 60, {})["rollback_armed"] is False
    assert made.armed == []


def test_a_host_that_does_not_do_it_is_found_out(world):
    world(host()).deaf = True
    with pytest.raises(HostError, match="still to do: write /etc/ifconfig.bridge0") as caught:
        _bridgetask.make(NEW, False, False, 0, {})
    assert caught.value.details["error_id"] == "not_as_planned"


def test_only_root(world, monkeypatch):
    world(host())
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(HostError, match="become"):
        _bridgetask.make(NEW, False, False, 0, {})
    assert _bridgetask.make(NEW, True, False, 0, {})["changed"]


def test_other_systems_are_refused():
    with pytest.raises(HostError, match="NetBSD"):
        _bridgestate.look("bridge0", {})


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(_bridgerollback, "DIRECTORY", str(tmp_path))
    path = tmp_path / "ifconfig.bridge0"
    path.write_text("old", encoding="utf-8")
    return path


def undo(path):
    return [("false",), ("/bin/sh", "-c", f"echo 'it is' \"$1\" >> {path}.undone", "x", "a b")]


def wait_for(path):
    for _tenth in range(100):
        if path.exists():
            return
        time.sleep(0.1)
    raise AssertionError(path)


def test_the_way_back_is_taken(file, tmp_path):
    _bridgerollback.arm("bridge0", 0, undo(file), FileChange(str(file), "old", "new"))
    file.write_text("new", encoding="utf-8")
    wait_for(tmp_path / "ifconfig.bridge0.undone")
    for _tenth in range(100):
        if file.read_text(encoding="utf-8") == "old" and not list(tmp_path.glob("netbsd.xen.*")):
            break
        time.sleep(0.1)
    assert file.read_text(encoding="utf-8") == "old"
    assert (tmp_path / "ifconfig.bridge0.undone").read_text(encoding="utf-8") == "it is a b\n"
    with pytest.raises(HostError, match="taken back"):
        _bridgerollback.confirm("bridge0")


def test_a_confirmed_change_stays(file, tmp_path):
    _bridgerollback.arm("bridge0", 1, undo(file), FileChange(str(file), "old", "new"))
    with pytest.raises(ConflictError, match="waits"):
        _bridgerollback.arm("bridge0", 1, undo(file), FileChange(str(file), "old", "new"))
    file.write_text("new", encoding="utf-8")
    _bridgerollback.confirm("bridge0")
    time.sleep(1.5)
    assert file.read_text(encoding="utf-8") == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ifconfig.bridge0"]


def test_a_file_that_was_not_there_goes_again(tmp_path, monkeypatch):
    monkeypatch.setattr(_bridgerollback, "DIRECTORY", str(tmp_path))
    text = _bridgerollback.script("bridge0", 0, [], FileChange(str(tmp_path / "new"), None, "x"))
    (tmp_path / "new").write_text("x", encoding="utf-8")
    os.mkdir(_bridgerollback.papers("bridge0"))
    subprocess.run(["/bin/sh", "-c", text], check=False, capture_output=True)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_none_is_not_confirmed():
    with pytest.raises(BadValue):
        _bridgerollback.confirm("../x")
