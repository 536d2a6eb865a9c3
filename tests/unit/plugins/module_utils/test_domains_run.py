# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many at once: shared listings, permits to start, and who is skipped. Threads are real, waits are short."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Plan, Step, command_step
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _apply
from ansible_collections.netbsd.xen.plugins.module_utils.domains import _domains_run
from ansible_collections.netbsd.xen.plugins.module_utils.domains._domains_order import UP, Job, arrange
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xl
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import row

MOMENT = 0.05


class Toolstack:
    """Answers a listing after a moment with the number of that listing as memory."""

    commands = _xl.Commands

    def __init__(self):
        self.began, self.error, self.ran = [], None, []

    def listing(self):
        self.began.append(time.monotonic())
        number = len(self.began)
        time.sleep(MOMENT)
        if self.error:
            raise self.error
        return [row(memory=number)]

    def run(self, command, timeout=None):
        self.ran.append((time.monotonic(), command[1]))


def at_once(count, work):
    """What so many threads return that do the same."""
    found = []
    threads = [threading.Thread(target=lambda: found.append(work())) for _each in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == count
    return found


def pairs(items):
    """Each with the next one."""
    return [(items[place], items[place + 1]) for place in range(len(items) - 1)]


class TestSharedListing:
    def test_those_who_wait_share_one(self, monkeypatch):
        """The first one lists alone; all that come meanwhile have the second listing, which begins after they came."""
        toolstack, asked = Toolstack(), []
        shared = _domains_run.SharedToolstack(toolstack, interval=0)
        really = toolstack.listing

        def slow():
            while len(asked) < 30:
                time.sleep(MOMENT / 10)
            time.sleep(MOMENT)
            return really()

        monkeypatch.setattr(toolstack, "listing", slow)

        def ask():
            asked.append(threading.get_ident())
            return shared.listing()

        at_once(30, ask)
        # a third for one who has asked, and was kept from it by a busy machine for a moment
        assert len(toolstack.began) in (2, 3)

    def test_no_more_than_one_in_the_interval(self):
        toolstack = Toolstack()
        shared = _domains_run.SharedToolstack(toolstack, interval=3 * MOMENT)
        at_once(10, lambda: [shared.listing() for _each in range(3)])
        gaps = [after - before for before, after in pairs(toolstack.began)]
        assert gaps and min(gaps) >= 3 * MOMENT * 0.9

    def test_it_began_after_the_question(self):
        """Whoever has just changed something must see it."""
        toolstack = Toolstack()
        shared = _domains_run.SharedToolstack(toolstack, interval=0)

        def ask():
            asked = time.monotonic()
            (answer,) = shared.listing()
            return asked, toolstack.began[answer.memory - 1]

        assert all(began >= asked for asked, began in at_once(20, ask))

    def test_an_error_is_everybodys_own(self):
        """Each adds to it what was done for its own guest."""
        toolstack = Toolstack()
        toolstack.error = CommandError("It failed.", ["xl"], 1, "", "said", error_id="odd")
        shared = _domains_run.SharedToolstack(toolstack, interval=0)

        def ask():
            with pytest.raises(XenError) as caught:
                shared.listing()
            caught.value.details["mine"] = threading.get_ident()
            return caught.value

        errors = at_once(5, ask)
        assert {error.message for error in errors} == {"It failed."}
        assert len({error.details["mine"] for error in errors}) == 5
        assert errors[0].details["error_id"] == "odd"
        toolstack.error = None
        assert shared.listing()

    def test_everything_else_is_passed_through(self):
        shared = _domains_run.SharedToolstack(Toolstack())
        assert shared.commands is _xl.Commands
        shared.run(["xl", "pause"])


class TestStarts:
    def starts(self, delay, count=3):
        """When each of some starts began and ended, with one permit."""
        shared = _domains_run.Shared(Toolstack(), 1)
        times = []

        def start():
            with shared.starting("web", delay):
                began = time.monotonic()
                time.sleep(MOMENT)
                times.append((began, time.monotonic()))

        at_once(count, start)
        return sorted(times)

    def test_one_after_the_other(self):
        times = self.starts(0)
        assert all(after[0] >= before[1] for before, after in pairs(times))

    def test_several_at_once(self):
        shared, all_inside = _domains_run.Shared(Toolstack(), 3), threading.Barrier(3)

        def start():
            with shared.starting("web", 0):
                return all_inside.wait(10)

        assert sorted(at_once(3, start)) == [0, 1, 2]

    def test_delay(self):
        times = self.starts(2 * MOMENT)
        assert all(after[0] - before[1] >= 2 * MOMENT * 0.9 for before, after in pairs(times))

    def test_in_the_order_of_the_queue(self):
        shared, started = _domains_run.Shared(Toolstack(), 1), []
        names = ["a", "b", "c", "gone", "d"]
        for name in names:
            shared.queue(name)

        def start(name):
            with shared.starting(name, 0):
                started.append(name)

        threads = [threading.Thread(target=start, args=(name,)) for name in ("d", "c", "b")]
        for thread in threads:
            thread.start()
        start("not queued")
        shared.leave("gone")
        start("a")
        for thread in threads:
            thread.join(10)
        assert started == ["not queued", "a", "b", "c", "d"]

    def test_a_start_that_fails_delays_nobody(self):
        shared = _domains_run.Shared(Toolstack(), 1)
        with pytest.raises(ValueError), shared.starting("web", 3600):
            raise ValueError
        with shared.starting("web", 0):
            pass


def test_steps_on_common_files_are_done_one_at_a_time(monkeypatch):
    """Several guests that change one rc.conf, each by reading and writing it."""
    inside, most = [], []

    def touch(self, step):
        inside.append(step)
        most.append(len(inside))
        time.sleep(MOMENT / 5)
        inside.pop()

    monkeypatch.setattr(_apply.Applier, "_add_autostart", touch)
    shared = _domains_run.Shared(Toolstack(), 1)
    plan = Plan(
        [Step("add_autostart", "add web to xendomains")] * 5, [], "/nowhere/web.cfg", None, None, "stopped", "stopped"
    )

    def apply():
        applier = _domains_run.SharingApplier(shared.toolstack, plan, "web", 10, None, False)
        applier.shared, applier.delay = shared, 0
        return applier.run()

    at_once(5, apply)
    assert (len(most), max(most)) == (25, 1)


def test_only_starts_need_a_permit():
    shared = _domains_run.Shared(Toolstack(), 1)
    plan = Plan(
        [command_step("pause", ["xl", "pause", "web"])], [], "/nowhere/web.cfg", None, None, "running", "present"
    )
    applier = _domains_run.SharingApplier(shared.toolstack, plan, "web", 10, None, False)
    applier.shared, applier.delay = shared, 0
    with shared.starting("web", 0):
        applier.run()


class TestRunAll:
    def run(self, depends_on, broken=(), failed=(), parallel=4):
        """Work on all of them; returns the outcomes and the order in which they began."""
        began = []

        def work(name):
            began.append(name)
            if name in broken:
                raise XenError(f"{name} broke.")
            return {"name": name}

        order = arrange([Job(name, UP) for name in depends_on], depends_on, {})
        known = {name: XenError("known before") for name in failed}
        return _domains_run.run_all(order, work, known, parallel), began

    def test_all_is_well(self):
        outcomes, began = self.run({"a": ["b"], "b": [], "c": []}, parallel=1)
        assert began == ["b", "a", "c"]
        assert {name: outcome.result for name, outcome in outcomes.items()} == {name: {"name": name} for name in "abc"}

    def test_who_depends_on_a_failure_is_skipped_and_nobody_else(self):
        outcomes, began = self.run({"a": ["b"], "b": ["c"], "c": [], "d": []}, broken="c")
        assert sorted(began) == ["c", "d"]
        assert [outcomes[name].skipped for name in "abcd"] == [True, True, False, False]
        assert outcomes["a"].error.details["because_of"] == ["b", "c"]
        assert "c failed" in outcomes["b"].error.message

    def test_what_is_known_to_fail_is_passed_over(self):
        outcomes, began = self.run({"a": ["b"], "b": [], "c": []}, failed="b")
        assert (began, sorted(outcomes)) == (["c"], ["a", "c"])
        assert outcomes["a"].error.details["error_id"] == "dependency_failed"

    def test_no_more_at_once_than_allowed(self):
        inside, most = [], []
        three = threading.Barrier(3)

        def work(name):
            inside.append(name)
            most.append(len(inside))
            three.wait(10)
            inside.remove(name)
            return {}

        order = arrange([Job(str(number), UP) for number in range(12)], {}, {})
        _domains_run.run_all(order, work, {}, 3)
        assert max(most) == 3

    def test_a_defect_of_ours_is_not_hidden(self):
        order = arrange([Job("a", UP)], {}, {})

        def work(name):
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            _domains_run.run_all(order, work, {}, 1)
