# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way from every situation to every state, step by step, with no host at all."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart
from ansible_collections.netbsd.xen.plugins.module_utils.configs import _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_domain, _unfinished
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xl
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import (
    PATH,
    SAVE,
    config,
    guest,
    live,
    row,
    wish,
)

FILE = 'name = "web"\nkernel = "/k"\nmemory = 512\n'
CREATE = "xl create " + PATH
CREATE_PAUSED = "xl create -p " + PATH
CLAIM = f"rename {SAVE} to {SAVE}.restoring"
RESTORE = f"xl restore {SAVE}.restoring"
RESTORE_PAUSED = f"xl restore -p {SAVE}.restoring"
RESTORED = f"remove {SAVE}.restoring"
REMOVE_SAVE = "remove " + SAVE
REMOVE = "remove " + PATH
WRITE = "write " + PATH
SHUTDOWN = "xl shutdown web"
UNPAUSE = "xl unpause web"
DESTROY = "xl destroy web"
SAVE_STEPS = ["xl save web " + SAVE + ".partial", f"rename {SAVE}.partial to {SAVE}"]


def situation(where, text=FILE, saved=False, libxl=None, autostart=()):
    """``where``: absent, stopped, saved, or the state of a guest that exists."""
    alive = where not in ("absent", "stopped", "saved")
    return _plan_domain.Situation(
        config=config(None if where == "absent" else text),
        guest=guest(where, libxl) if alive else None,
        save_file=SAVE,
        saved=saved or where == "saved",
        autostart=autostart,
    )


def plan(state, where, wished=None, saved=False, libxl=None, text=FILE, autostart=(), doomed_disks=(), **options):
    request = _plan_domain.Request(state, wished or wish(), **options)
    there = situation(where, text, saved, libxl, autostart)._replace(doomed_disks=doomed_disks)
    return _plan_domain.plan(request, there, _xl.Commands)


MATRIX = {
    "present": {"stopped": [], "saved": [], "running": [], "paused": [], "shutdown": [], "crashed": []},
    "running": {
        "stopped": [CREATE],
        "saved": [CLAIM, RESTORE, RESTORED],
        "running": [],
        "paused": [UNPAUSE],
        "shutdown": "preserved",
        "crashed": "preserved",
    },
    "paused": {
        "stopped": [CREATE_PAUSED],
        "saved": [CLAIM, RESTORE_PAUSED, RESTORED],
        "running": ["xl pause web"],
        "paused": [],
        "shutdown": "preserved",
        "crashed": "preserved",
    },
    "stopped": {
        "stopped": [],
        "saved": [],
        "running": [SHUTDOWN],
        "paused": [UNPAUSE, SHUTDOWN],
        "shutdown": "preserved",
        "crashed": "preserved",
    },
    "restarted": {
        "stopped": [CREATE],
        "saved": [CLAIM, RESTORE, RESTORED],
        "running": [SHUTDOWN, CREATE],
        "paused": [UNPAUSE, SHUTDOWN, CREATE],
        "shutdown": "preserved",
        "crashed": "preserved",
    },
    "saved": {
        "stopped": "not_running",
        "saved": [],
        "running": SAVE_STEPS,
        "paused": [UNPAUSE, *SAVE_STEPS],
        "shutdown": "not_running",
        "crashed": "not_running",
    },
    "absent": {
        "absent": [],
        "stopped": [REMOVE],
        "saved": [REMOVE_SAVE, REMOVE],
        "running": [SHUTDOWN, REMOVE],
        "paused": [UNPAUSE, SHUTDOWN, REMOVE],
        "shutdown": "preserved",
        "crashed": "preserved",
    },
}
CASES = [(state, where, steps) for state, row in MATRIX.items() for where, steps in row.items()]


@pytest.mark.parametrize("state, where, expected", CASES, ids=["-".join(case[:2]) for case in CASES])
def test_matrix(state, where, expected):
    if isinstance(expected, str):
        with pytest.raises(XenError) as caught:
            plan(state, where)
        assert caught.value.details["error_id"] == expected
        return
    made = plan(state, where)
    assert made.actions == expected
    assert made.changed is bool(expected)
    assert made.state_before == where
    assert not made.restart_required


@pytest.mark.parametrize("state", ["present", "running", "paused", "restarted", "saved"])
def test_nothing_at_all(state):
    with pytest.raises(XenError) as caught:
        plan(state, "absent")
    assert caught.value.details["error_id"] == "no_such_domain"


class TestUnfinished:
    """A task was killed after `xl save`, or around `xl restore`, before the file got the name that says what it is."""

    PARTIAL, RESTORING = SAVE + ".partial", SAVE + ".restoring"
    SAVED = _unfinished.Unfinished(save=PARTIAL)
    RESTORED = _unfinished.Unfinished(restore=RESTORING)

    def made(self, state, where, unfinished, certain=False, libxl=None, **options):
        there = situation(where, libxl=libxl)._replace(unfinished=unfinished._replace(certain=certain, config=live()))
        return _plan_domain.plan(_plan_domain.Request(state, wish(), **options), there, _xl.Commands)

    @pytest.mark.parametrize("state", ["running", "paused", "restarted", "saved"])
    @pytest.mark.parametrize(
        "unfinished, error_id",
        [(SAVED, "interrupted_save"), (RESTORED, "interrupted_restore")],
        ids=["save", "restore"],
    )
    def test_guest_is_not_started_afresh(self, state, unfinished, error_id):
        with pytest.raises(XenError, match="xl restore") as caught:
            self.made(state, "stopped", unfinished)
        assert caught.value.details["error_id"] == error_id
        assert unfinished.path in caught.value.message

    @pytest.mark.parametrize("unfinished", [SAVED, RESTORED], ids=["save", "restore"])
    def test_a_save_again_when_that_is_certain(self, unfinished):
        back = f"rename {unfinished.path} to {SAVE}"
        running = self.made("running", "stopped", unfinished, certain=True)
        assert running.actions == [back, CLAIM, RESTORE, RESTORED]
        assert running.state_before == "saved"
        assert self.made("saved", "stopped", unfinished, certain=True).actions == [back]
        stopped = self.made("stopped", "stopped", unfinished, certain=True)
        assert (stopped.actions, stopped.state_after) == ([], "saved")

    def test_a_guest_that_runs_has_left_its_memory_behind(self):
        assert self.made("running", "running", self.RESTORED).actions == ["remove " + self.RESTORING]
        assert self.made("saved", "running", self.RESTORED).actions == ["remove " + self.RESTORING, *SAVE_STEPS]
        assert self.made("present", "running", self.RESTORED).actions == []
        assert self.made("running", "running", self.SAVED).actions == []
        assert self.made("saved", "running", self.SAVED).actions[0] == f"xl save web {self.PARTIAL}"

    def test_half_restored(self):
        """xl itself was killed: the domain is there, and libxl has no configuration of it."""
        with pytest.raises(XenError, match="not complete") as caught:
            self.half("running")
        assert caught.value.details["error_id"] == "interrupted_restore"
        back = f"rename {self.RESTORING} to {SAVE}"
        assert self.half("running", certain=True, force=True).actions == [DESTROY, back, CLAIM, RESTORE, RESTORED]

    def half(self, state, certain=False, **options):
        there = situation("paused")._replace(
            guest=_plan_config.Guest(row("paused"), None),
            unfinished=self.RESTORED._replace(certain=certain, config=live()),
        )
        return _plan_domain.plan(_plan_domain.Request(state, wish(), **options), there, _xl.Commands)

    def test_goes_with_the_domain(self):
        assert self.made("absent", "stopped", self.SAVED).actions == [f"remove {self.PARTIAL}", REMOVE]
        assert self.made("absent", "stopped", self.RESTORED).actions == [f"remove {self.RESTORING}", REMOVE]

    def test_saved_once_more_by_somebody(self):
        there = situation("saved")._replace(unfinished=self.RESTORED)
        made = _plan_domain.plan(_plan_domain.Request("saved", wish()), there, _xl.Commands)
        assert made.actions == [f"rename {self.RESTORING} to {self.RESTORING}.stale"]


def test_nothing_to_stop():
    made = plan("stopped", "absent")
    assert not made.changed
    assert made.state_after == "absent"
    assert "nothing to stop" in made.warnings[0]


@pytest.mark.parametrize(
    "state, where, after",
    [
        ("present", "crashed", "crashed"),
        ("present", "saved", "saved"),
        ("stopped", "saved", "saved"),
        ("restarted", "running", "running"),
        ("absent", "running", "absent"),
        ("paused", "stopped", "paused"),
    ],
)
def test_state_after(state, where, after):
    assert plan(state, where).state_after == after


@pytest.mark.parametrize("where", ["shutdown", "crashed", "dying"])
@pytest.mark.parametrize(
    "state, then",
    [
        ("running", [CREATE]),
        ("paused", [CREATE_PAUSED]),
        ("stopped", []),
        ("restarted", [CREATE]),
        ("absent", [REMOVE]),
    ],
)
def test_force_destroys_what_was_preserved(state, then, where):
    assert plan(state, where, force=True).actions == [DESTROY, *then]


def test_a_guest_started_afresh_lacks_nothing():
    made = plan("running", "crashed", wish(memory="600", cpus="0"), force=True)
    assert made.actions == [WRITE, DESTROY, CREATE]
    assert not made.restart_required


def test_force_waits_first():
    steps = plan("stopped", "running", force=True).steps
    assert [(step.kind, step.data) for step in steps] == [("shutdown", True)]


def test_hvm_guests_get_an_acpi_event_too():
    made = plan("stopped", "running", libxl=live(domain_type="hvm"))
    assert made.actions == ["xl shutdown -F web"]


class TestSaveFiles:
    """A save file is the truth only while no guest runs; beside one that does, it is older than the disks."""

    STALE = f"rename {SAVE} to {SAVE}.stale"

    @pytest.mark.parametrize(
        "state, where, expected",
        [
            ("stopped", "running", [STALE, SHUTDOWN]),
            ("stopped", "paused", [STALE, UNPAUSE, SHUTDOWN]),
            ("restarted", "running", [STALE, SHUTDOWN, CREATE]),
            ("running", "running", [STALE]),
            ("running", "paused", [UNPAUSE, STALE]),
            ("paused", "paused", [STALE]),
            ("paused", "running", ["xl pause web", STALE]),
            ("present", "running", []),
            ("saved", "running", [REMOVE_SAVE, *SAVE_STEPS]),
            ("absent", "running", [SHUTDOWN, REMOVE_SAVE, REMOVE]),
        ],
    )
    def test_stale(self, state, where, expected):
        assert plan(state, where, saved=True).actions == expected

    def test_stale_after_force(self):
        assert plan("running", "crashed", saved=True, force=True).actions == [self.STALE, DESTROY, CREATE]

    def test_a_restored_guest_has_the_config_of_its_save_file(self):
        made = plan("running", "saved", wish(memory="1G"))
        assert made.actions == [WRITE, CLAIM, RESTORE, RESTORED]
        assert made.restart_required

    def test_restored_without_any_config_file(self):
        assert plan("running", "saved", text=None).actions == [CLAIM, RESTORE, RESTORED]


class TestChanges:
    """A property that differs, by what it takes to make it true."""

    def test_live(self):
        made = plan("running", "running", wish(memory="256"))
        assert made.actions == [WRITE, "xl mem-set web 256m"]
        assert made.config_after == FILE.replace("512", "256")
        assert [(item.option, item.wanted, item.on_disk, item.live, item.needs) for item in made.differences] == [
            ("memory", 256, 512, 512, "live")
        ]
        assert not made.restart_required

    def test_live_after_unpause(self):
        made = plan("running", "paused", wish(vcpus=2), libxl=live(maxvcpus=4))
        assert made.actions == [WRITE, UNPAUSE, "xl vcpu-set web 2"]

    def test_live_before_pause(self):
        """A paused guest would neither balloon nor switch a vcpu off, however long one waits."""
        assert plan("paused", "running", wish(memory="256")).actions == [WRITE, "xl mem-set web 256m", "xl pause web"]

    def test_not_live_while_it_stays_paused(self):
        made = plan("paused", "paused", wish(memory="256"))
        assert made.actions == [WRITE]
        assert made.restart_required

    def test_present_touches_no_guest(self):
        made = plan("present", "running", wish(memory="256"))
        assert made.actions == [WRITE]
        assert made.restart_required

    def test_more_than_maxmem_needs_a_restart(self):
        made = plan("running", "running", wish(memory="513"))
        assert (made.actions, made.restart_required) == ([WRITE], True)
        assert made.differences[0].needs == "restart"

    def test_restart_is_allowed(self):
        made = plan("running", "running", wish(memory="513"), allow_restart=True)
        assert made.actions == [WRITE, SHUTDOWN, CREATE]
        assert not made.restart_required

    def test_restart_keeps_it_paused(self):
        made = plan("paused", "paused", wish(kernel="/k2"), allow_restart=True)
        assert made.actions == [WRITE, UNPAUSE, SHUTDOWN, CREATE_PAUSED]

    def test_no_restart_for_what_can_be_done_live(self):
        made = plan("running", "running", wish(memory="256"), allow_restart=True)
        assert made.actions == [WRITE, "xl mem-set web 256m"]

    def test_no_restart_when_only_the_file_lags(self):
        made = plan("running", "running", wish(maxmem="512"), allow_restart=True)
        assert made.actions == [WRITE]
        assert made.differences[0].needs == "config"

    def test_file_right_guest_not(self):
        """After an earlier task without allow_restart the file agrees, and the guest still lacks the kernel."""
        text = FILE.replace("/k", "/k2")
        made = plan("running", "running", wish(kernel="/k2"), text=text)
        assert (made.actions, made.restart_required) == ([], True)
        assert plan("running", "running", wish(kernel="/k2"), text=text, allow_restart=True).actions == [
            SHUTDOWN,
            CREATE,
        ]

    @pytest.mark.parametrize("state", ["stopped", "saved"])
    def test_stopping_needs_no_restart(self, state):
        made = plan(state, "running", wish(kernel="/k2"))
        assert made.actions[0] == WRITE
        assert not made.restart_required

    def test_extra_needs_a_restart(self):
        made = plan("running", "running", wish(extra_config={"nographic": 1}))
        assert (made.actions, made.restart_required) == ([WRITE], True)

    def test_nothing_differs(self):
        made = plan("running", "running", wish(memory="512", kernel="/k"))
        assert not made.changed
        assert made.differences == []
        assert made.diff() == []

    def test_unknown_live_config(self):
        """libxl has no configuration of a domain for a moment; that is no reason to restart it."""
        request = _plan_domain.Request("running", wish(memory="512"), allow_restart=True)
        blind = situation("running")._replace(guest=guest()._replace(config=None))
        assert _plan_domain.plan(request, blind, _xl.Commands).actions == []


class TestCreate:
    def test_new_file(self):
        made = plan("running", "absent", wish(kernel="/k", memory="64"))
        assert made.actions == [WRITE, CREATE]
        assert made.state_before == "absent"
        assert made.config_before is None
        assert 'name = "web"' in made.config_after

    @pytest.mark.parametrize(
        "params, missing",
        [
            ({"memory": "64"}, "kernel"),
            ({"kernel": "/k"}, "memory"),
            ({"vcpus": 1}, "memory, kernel"),
        ],
    )
    def test_too_little(self, params, missing):
        with pytest.raises(XenError) as caught:
            plan("running", "absent", wish(**params))
        assert caught.value.details["error_id"] == "missing_property"
        assert missing in caught.value.message

    @pytest.mark.parametrize(
        "params", [{"type": "hvm"}, {"bootloader": "pygrub"}, {"type": "pvh", "firmware": "pvgrub64"}]
    )
    def test_boots_without_kernel(self, params):
        assert plan("present", "absent", wish(memory="64", **params)).actions == [WRITE]

    def test_runs_without_a_file(self):
        running = situation("running")._replace(config=config(None))
        request = _plan_domain.Request("restarted", wish())
        with pytest.raises(XenError) as caught:
            _plan_domain.plan(request, running, _xl.Commands)
        assert caught.value.details["error_id"] == "no_config"
        assert _plan_domain.plan(request._replace(state="stopped"), running, _xl.Commands).actions == [SHUTDOWN]

    def test_a_running_guest_gets_a_file_with_its_uuid(self):
        running = situation("running")._replace(config=config(None))
        request = _plan_domain.Request("running", wish(kernel="/k", memory="512"))
        made = _plan_domain.plan(request, running, _xl.Commands)
        assert made.actions == [WRITE]
        assert 'uuid = "11111111-2222-3333-4444-555555555555"' in made.config_after
        assert not made.restart_required


def test_absent_takes_everything_and_the_named_disks():
    change = _autostart.Change("remove_autostart", "remove /etc/xen/auto/web.cfg", None)
    made = plan("absent", "running", saved=True, autostart=(change,), doomed_disks=("/srv/web.img",))
    assert made.actions == [SHUTDOWN, "remove /etc/xen/auto/web.cfg", REMOVE_SAVE, "remove /srv/web.img", REMOVE]
    assert made.config_after is None


def test_diff_tells_file_and_state():
    made = plan("running", "running", wish(memory="256"))
    file_part, domain_part = made.diff()
    assert (file_part["before"], file_part["after"]) == (FILE, FILE.replace("512", "256"))
    assert domain_part["before"] == "state: running\nmemory: 512\n"
    assert domain_part["after"] == "state: running\nmemory: 256\n"


def test_root_that_xl_would_ignore():
    with pytest.raises(BadValue, match="cmdline is set as well"):
        plan("present", "stopped", wish(root="xbd0"), text=FILE + 'cmdline = "quiet"\n')
    assert plan("present", "stopped", wish(root="xbd0", cmdline=""), text=FILE + 'cmdline = "quiet"\n').changed
