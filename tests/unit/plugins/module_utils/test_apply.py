# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a plan on a host that behaves, and on hosts that do not; time passes only where the code sleeps."""

from __future__ import annotations

import errno
import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart
from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, TimedOut, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_domain
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing, _xl
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.apply_support import FILE, NEVER, Guest
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import wish


class TestAllIsWell:
    @pytest.mark.parametrize("state, after", [("running", "running"), ("paused", "paused"), ("restarted", "running")])
    @pytest.mark.parametrize("before", [None, "running", "paused"])
    @pytest.mark.parametrize("saved", [False, True])
    def test_up(self, task, state, after, before, saved):
        made = task(Guest(7, before) if before else None, saved=saved)
        row = made.run(state)
        assert row.state == after == made.host.guest.state
        second = made.plan(state)
        assert not second.changed or state == "restarted"

    @pytest.mark.parametrize("state", ["stopped", "saved", "absent"])
    @pytest.mark.parametrize("before", ["running", "paused"])
    def test_down(self, task, state, before):
        made = task(Guest(7, before))
        assert made.run(state) is None
        assert made.host.guest is None
        assert made.save.exists() == (state == "saved")
        assert made.config.exists() == (state != "absent")
        assert not made.plan(state).changed

    def test_saved_and_restored(self, task):
        made = task(Guest(7))
        made.run("saved")
        assert made.save.read_text() == "memory of the guest"
        assert os.listdir(str(made.save.parent)) == ["web.save"]
        assert made.save.parent.stat().st_mode & 0o777 == 0o700
        assert made.run("running").state == "running"
        assert not made.save.exists()

    def test_stale_save_file_is_set_aside(self, task):
        made = task(Guest(7), saved=True)
        made.run("stopped")
        assert os.listdir(str(made.save.parent)) == ["web.save.stale"]
        made.run("running")
        assert made.host.ran[-1].startswith("xl create")

    def test_live_changes(self, task):
        made = task(Guest(7))
        row = made.run("running", wish(memory="256"))
        assert row.memory == 256
        assert made.host.now == 2
        assert "memory = 256" in made.config.read_text()

    def test_paused_many_times(self, task):
        guest = Guest(7, "paused")
        guest.pauses = 5
        made = task(guest)
        assert made.run("running").state == "running"
        assert made.host.ran == ["xl unpause web"] * 5

    def test_absent_with_disk_and_link(self, task, place, monkeypatch):
        made = task(Guest(7), saved=True)
        (place / "link").symlink_to(made.config)
        (place / "web.img").write_text("disk")
        monkeypatch.setattr(_autostart.platform, "system", lambda: "Linux")
        entry = _autostart.Entry("web", str(place / "link"), "x")
        change = _autostart.Change("remove_autostart", "remove x", entry)
        made.run("absent", autostart=[change], doomed_disks=[str(place / "web.img")])
        assert sorted(os.listdir(str(place))) == ["save"]
        assert os.listdir(str(place / "save")) == []

    def test_backup(self, task):
        made = task(None)
        made.apply(made.plan("present", wish(memory="256")), backup=True)
        with open(made.applier.backup_file) as stream:
            assert stream.read() == FILE

    def test_only_the_file_asks_nothing_of_xl(self, task):
        made = task(Guest(7))
        made.host.listing = None
        made.before = row = _listing.Row("web", 7, 512, 1, "running", 1.0)
        situation = _plan_domain.Situation(
            _configfile.read(str(made.config)), _plan_config.Guest(row, None), str(made.save), False
        )
        request = _plan_domain.Request("present", wish(memory="256"))
        assert made.apply(_plan_domain.plan(request, situation, _xl.Commands)) == row


class TestGuestsThatDoNotListen:
    def test_timeout(self, task):
        made = task(Guest(7, obeys_after=NEVER))
        error = made.fail("stopped", kind=TimedOut, timeout=30)
        assert 30 <= made.host.now <= 31
        assert "still running after 30 s" in error.message
        assert error.details["error_id"] == "timeout"
        assert made.host.guest.domid == 7

    def test_force(self, task):
        made = task(Guest(7, obeys_after=NEVER))
        made.run("stopped", force=True, timeout=30)
        assert made.host.ran == ["xl shutdown web", "xl destroy web"]
        assert 30 <= made.host.now <= 31

    def test_force_at_once(self, task):
        made = task(Guest(7, obeys_after=NEVER))
        made.run("stopped", force=True, timeout=0)
        assert made.host.now == 0
        assert made.host.guest is None

    def test_force_is_not_used_on_one_that_obeys(self, task):
        made = task(Guest(7, obeys_after=29))
        made.run("stopped", force=True, timeout=30)
        assert made.host.ran == ["xl shutdown web"]

    def test_xen_takes_a_moment_to_destroy(self, task):
        made = task(Guest(7, obeys_after=NEVER))
        made.host.fails["destroy"] = lambda command, timeout: made.host.after(3, made.host.end)
        made.run("stopped", force=True, timeout=0)
        assert made.host.guest is None

    def test_its_own_xl_destroys_it_at_the_same_moment(self, task):
        """Seen on Xen 4.17: both xl take the guest down, and ours fails at what the other one has done."""
        made = task(Guest(7, obeys_after=NEVER))

        def lose(command, timeout):
            made.host.end()
            raise CommandError("`xl destroy web` failed", command, 1, "", "libxl: error: Unable to destroy guest")

        made.host.fails["destroy"] = lose
        made.run("stopped", force=True, timeout=0)
        assert made.host.guest is None

    def test_one_that_does_not_acknowledge(self, task):
        made = task(Guest(7))
        made.host.fails["shutdown"] = "shutdown request was not acknowledged"
        error = made.fail("stopped", kind=TimedOut)
        assert "did not acknowledge" in error.message
        assert "was not acknowledged" in error.message
        assert error.details["error_id"] == "timeout"
        made.run("stopped", force=True)
        assert made.host.guest is None

    def test_xl_itself_waits_too_long_for_it(self, task):
        """xl shutdown waits a minute for the acknowledgement; a shorter timeout is kept all the same."""
        made = task(Guest(7))
        given = []

        def hang(command, timeout):
            given.append(timeout)
            made.host.now += timeout
            raise TimedOut("`xl shutdown web` did not end. xenstored is not running.", stderr="waiting")

        made.host.fails["shutdown"] = hang
        error = made.fail("stopped", kind=TimedOut, timeout=10)
        assert given == [10]
        assert "xenstored" not in error.message

    def test_gone_by_itself_meanwhile(self, task):
        made = task(Guest(7))

        def too_late(command, timeout):
            made.host.guest = None
            made.host.error("web is an invalid domain identifier")

        made.host.fails["shutdown"] = too_late
        assert made.run("stopped") is None

    def test_came_back(self, task):
        made = task(Guest(7, comes_back=True))
        error = made.fail("stopped")
        assert error.details["error_id"] == "came_back"
        assert made.host.guest.domid == 21

    def test_never_balloons(self, task):
        made = task(Guest(7, balloons_after=NEVER))
        error = made.fail("running", wish(memory="256"), kind=TimedOut, timeout=30)
        assert "512 MiB" in error.message
        assert error.details["actions_done"] == ["write " + str(made.config)]

    def test_dies_while_ballooning(self, task):
        made = task(Guest(7, balloons_after=NEVER))
        made.host.fails["mem-set"] = lambda command, timeout: made.host.after(2, made.host.end)
        error = made.fail("running", wish(memory="256"), timeout=300)
        assert "gone" in error.message
        assert made.host.now < 10

    def test_never_unpauses(self, task):
        made = task(Guest(7, "paused"))
        made.host.fails["unpause"] = lambda command, timeout: None
        assert "still paused" in made.fail("running").message


class TestFailedStarts:
    NEW = FILE.replace("512", "256")

    def test_half_made_domain_and_new_file_go(self, task):
        made = task(None, text=None)

        def half(command, timeout):
            made.host.do_create("")
            made.host.error("cannot attach vif")

        made.host.fails["create"] = half
        error = made.fail("running", wish(kernel="/k", memory="64"))
        assert error.details["error_id"] == "start_failed"
        assert made.host.guest is None
        assert not made.config.exists()
        assert "cannot attach vif" in error.message
        assert error.details["taken_back"] == [
            "the half-made domain 21 was destroyed",
            f"the new {made.config} was removed",
        ]
        assert error.details["actions_done"] == ["write " + str(made.config)]

    def test_old_file_comes_back(self, task):
        made = task(None)
        made.host.fails["create"] = "no"
        made.fail("running", wish(memory="256"))
        assert made.config.read_text() == FILE

    def test_file_that_was_not_changed_stays(self, task):
        made = task(None)
        made.host.fails["create"] = "no"
        assert made.fail("running").details["taken_back"] == []
        assert made.config.read_text() == FILE

    @pytest.mark.parametrize("state", ["running", "paused"])
    def test_restart_that_fails_brings_the_old_guest_back(self, task, state):
        made = task(Guest(7, state))
        create = made.host.do_create

        def only_the_old_one(command, timeout):
            if made.config.read_text() != FILE:
                made.host.error("no such kernel")
            create(*command[2:])

        made.host.fails["create"] = only_the_old_one
        error = made.fail(state, wish(kernel="/k2"), allow_restart=True)
        assert made.config.read_text() == FILE
        assert made.host.guest.state == state
        assert error.details["taken_back"][-1] == "web runs again with its old config"

    def test_destroyed_for_a_restart_that_fails_comes_back(self, task):
        """on_poweroff=restart and force: the guest is destroyed rather than shut down, and is owed as much."""
        made = task(Guest(7))
        create = made.host.do_create

        def only_the_old_one(command, timeout):
            if made.config.read_text() != FILE:
                made.host.error("no such kernel")
            create(*command[2:])

        made.host.fails["create"] = only_the_old_one
        plan = made.plan("running", wish(kernel="/k2"), allow_restart=True, force=True)
        destroy = {"kind": "destroy", "command": ("xl", "destroy", "web")}
        steps = [step._replace(**destroy) if step.kind == "shutdown" else step for step in plan.steps]
        with pytest.raises(XenError) as caught:
            made.apply(plan._replace(steps=steps))
        assert caught.value.details["taken_back"][-1] == "web runs again with its old config"
        assert made.host.guest.state == "running"

    def test_restart_that_fails_twice(self, task):
        made = task(Guest(7))
        made.host.fails["create"] = "no memory"
        error = made.fail("running", wish(kernel="/k2"), allow_restart=True)
        assert "with its old config failed too" in error.message
        assert made.config.read_text() == FILE

    def test_somebody_else_was_faster(self, task):
        """Two tasks start one guest at the same moment: the one that loses must not destroy the winner's."""
        made = task(None)
        plan = made.plan("running")
        made.host.guest = Guest(8)
        with pytest.raises(XenError, match="already exists"):
            made.apply(plan)
        assert made.host.guest.domid == 8
        assert "xl destroy web" not in made.host.ran

    @pytest.mark.parametrize("broken", ["listing", "destroy"])
    def test_xl_fails_while_taking_back(self, task, broken):
        made = task(None)

        def half(command, timeout):
            made.host.do_create("")
            if broken == "listing":
                made.host.listing = lambda: made.host.error("xl is broken now")
            made.host.error("cannot attach vif")

        made.host.fails.update(create=half, destroy="busy")
        error = made.fail("running", wish(memory="256"))
        assert "cannot attach vif" in error.message
        assert made.config.read_text() == FILE

    def test_the_old_file_cannot_be_written(self, task, monkeypatch):
        made = task(None)
        plan = made.plan("running", wish(memory="256"))

        def full(command, timeout):
            monkeypatch.setattr(_configfile.os, "rename", no_space)
            made.host.error("cannot attach vif")

        made.host.fails["create"] = full
        with pytest.raises(XenError) as caught:
            made.apply(plan)
        monkeypatch.setattr(_configfile.os, "rename", os.replace)
        assert "cannot attach vif" in caught.value.message
        assert "could not be put back: No space left on device" in caught.value.message

    def test_failed_restore_keeps_the_save_file(self, task):
        made = task(None, saved=True)
        made.host.fails["restore"] = "truncated"
        assert made.fail("running").details["error_id"] == "start_failed"
        assert made.save.read_text() == "old memory"

    def test_a_guest_that_dies_at_once(self, task, place):
        (place / "log" / "console").mkdir(parents=True)
        (place / "log" / "xl-web.log").write_text("one\nDomain 21 has shut down, reason code 3\n")
        (place / "log" / "console" / "guest-web.log").write_text("panic: no root\n")
        made = task(None)
        made.host.fails["create"] = lambda command, timeout: None
        error = made.fail("running")
        # the log is older than the start: it does not tell why this one ended
        assert error.details["error_id"] == "died"
        assert "reason code 3" in error.message
        assert "panic: no root" in error.message


def no_space(*args):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class TestFailedSteps:
    @pytest.mark.parametrize("word, state", [("pause", "paused"), ("save", "saved"), ("mem-set", "running")])
    def test_xl_says_no(self, task, word, state):
        made = task(Guest(7))
        made.host.fails[word] = "no"
        error = made.fail(state, wish(memory="256"), kind=CommandError)
        assert error.details["actions_done"] == (
            ["write " + str(made.config)] if word != "pause" else ["write " + str(made.config), "xl mem-set web 256m"]
        )
        assert made.host.guest.domid == 7

    def test_failed_save_leaves_no_file(self, task):
        made = task(Guest(7))

        def half(command, timeout):
            with open(command[3], "w") as stream:
                stream.write("half of")
            made.host.error("no space")

        made.host.fails["save"] = half
        made.fail("saved", kind=CommandError)
        assert os.listdir(str(made.save.parent)) == []
        assert made.host.guest.domid == 7

    def test_save_that_ends_badly_after_the_guest_went_keeps_its_memory(self, task):
        made = task(Guest(7))

        def late(command, timeout):
            made.host.do_save(*command[2:])
            made.host.error("something after the save")

        made.host.fails["save"] = late
        made.fail("saved", kind=CommandError)
        assert os.listdir(str(made.save.parent)) == ["web.save.partial"]

    def test_disk_full(self, task, monkeypatch):
        made = task(None)
        monkeypatch.setattr(_configfile.os, "rename", no_space)
        error = made.fail("present", wish(memory="256"))
        assert error.message == f"Failed to write {made.config}: No space left on device."
        assert error.details["actions_done"] == []
        assert made.config.read_text() == FILE

    def test_file_that_cannot_be_removed(self, task, monkeypatch):
        made = task(Guest(7))
        plan = made.plan("absent")
        made.config.unlink()
        with pytest.raises(XenError) as caught:
            made.apply(plan)
        assert "No such file" in caught.value.message
        assert caught.value.details["actions_done"] == ["xl shutdown web"]

    def test_shutdown_fails_after_the_config_was_written(self, task):
        """File and guest are as they were: a second run begins again."""
        made = task(Guest(7, obeys_after=NEVER))
        error = made.fail("running", wish(kernel="/k2"), allow_restart=True, kind=TimedOut)
        assert error.details["actions_done"] == ["write " + str(made.config)]
        assert error.details["taken_back"] == [f"{made.config} is as before"]
        assert made.config.read_text() == FILE
        assert made.host.guest.domid == 7
        assert made.plan("running", wish(kernel="/k2"), allow_restart=True).actions == [
            "write " + str(made.config),
            "xl shutdown web",
            "xl create " + str(made.config),
        ]

    def test_file_changed_behind_our_back(self, task):
        made = task(Guest(7))
        made.host.fails["mem-set"] = lambda command, timeout: (
            made.host.do_mem_set(*command[2:]),
            made.config.write_text("name = 'web'\n"),
        )
        assert "something else changed it" in made.fail("running", wish(memory="256")).message

    def test_stopped_but_started_again_by_somebody(self, task):
        made = task(Guest(7))
        plan = made.plan("saved")
        made.host.fails["save"] = lambda command, timeout: (made.host.do_save(*command[2:]), made.host.do_create(""))
        with pytest.raises(XenError) as caught:
            made.apply(plan)
        assert caught.value.details["error_id"] == "not_as_planned"
