# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of guests over an upgrade, and the record from which an interrupted one is resumed."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.upgrade import _upgrade, _upgrade_task
from ansible_collections.netbsd.xen.plugins.module_utils.upgrade._upgrade import AWAY, LEAVING, Guest, Record

GUESTS = st.builds(
    Guest, st.text(min_size=1), st.sampled_from(["running", "paused"]), st.sampled_from(_upgrade.POLICIES)
)
RECORDS = st.builds(
    Record,
    st.text(),
    st.none() | st.text(),
    st.sampled_from([LEAVING, AWAY]),
    st.lists(GUESTS, max_size=3).map(tuple),
    st.text(),
)


def row(name: str, state: str = "running", **told: Any) -> dict[str, Any]:
    return {
        "name": name,
        "state": state,
        "config": f"/xen/{name}",
        "autostart": False,
        "drift": [],
        "domid": 1 if state in ("running", "paused") else None,
        **told,
    }


# the pure part


@settings(max_examples=50)
@given(RECORDS)
def test_what_is_written_is_read(record: Record) -> None:
    assert _upgrade.load("/r", _upgrade.dump(record)) == record


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"format": 2, "version": "4.20", "before": null, "stage": "away", "guests": []}',
        b'{"format": 1, "version": "4.20", "before": null, "stage": "far", "guests": []}',
        b'{"format": 1, "version": "4.20", "before": null, "stage": "away", "guests": [{"name": "a"}]}',
        b'{"format": 1, "version": "4.20", "before": null, "stage": "away", "guests": '
        b'[{"name": "a", "was": "dying", "policy": "save"}]}',
    ],
)
def test_what_is_no_record_is_refused_and_named(data: bytes) -> None:
    with pytest.raises(XenError, match="/r is not a record of an upgrade") as caught:
        _upgrade.load("/r", data)
    assert caught.value.details["error_id"] == "bad_record"


def test_those_that_are_here_are_chosen_each_with_its_policy() -> None:
    rows = [row("web"), row("db", "paused"), row("off", "stopped"), row("kept", "saved")]
    assert _upgrade.choose(rows, "shutdown", {"web": "save"}) == (
        Guest("db", "paused", "shutdown"),
        Guest("web", "running", "save"),
    )


def test_one_that_has_left_comes_back_as_it_was_and_as_it_left() -> None:
    rows = [row("db", "saved"), row("web"), row("new")]
    remembered = [Guest("db", "paused", "save"), Guest("web", "paused", "save")]
    assert _upgrade.choose(rows, "shutdown", {}, remembered) == (
        Guest("db", "paused", "save"),
        Guest("new", "running", "shutdown"),
        Guest("web", "paused", "shutdown"),
    )


@pytest.mark.parametrize(
    ("policy", "told", "words"),
    [
        ("refuse", {}, "the policy is to refuse"),
        ("shutdown", {"state": "crashed"}, "it is crashed"),
        ("shutdown", {"config": None}, "no config file"),
        ("save", {"autostart": True}, "beside its saved memory"),
        ("migrate", {"autostart": True}, "beside the one that was moved"),
    ],
)
def test_what_could_not_come_back_is_refused(policy: str, told: dict[str, Any], words: str) -> None:
    found = _upgrade.objections([Guest("web", "running", policy)], [{**row("web"), **told}])
    assert len(found) == 1
    assert found[0].startswith("web: ")
    assert words in found[0]


def test_one_that_can_is_not() -> None:
    rows = [row("web", autostart=True), row("db", "paused"), row("gone", "stopped", config=None)]
    guests = [Guest("web", "running", "shutdown"), Guest("db", "paused", "save"), Guest("gone", "running", "save")]
    assert _upgrade.objections(guests, rows) == []


def test_what_only_the_running_guest_has_is_told() -> None:
    drifting = {"drift": [{"option": "memory"}, {"option": "vcpus"}]}
    rows = [row("web", **drifting), row("db", **drifting)]
    guests = [Guest("web", "running", "shutdown"), Guest("db", "running", "save")]
    assert _upgrade.notes(guests, rows) == [
        "web runs unlike its config file (memory, vcpus), and comes back as the file says."
    ]


def test_they_leave_and_come_back_in_the_declared_order() -> None:
    declared = [{"name": "db", "memory": 4, "delay": 3}, {"name": "web", "depends_on": ["db", "off"]}, {"name": "off"}]
    guests = [Guest("db", "paused", "save"), Guest("extra", "running", "shutdown"), Guest("web", "running", "shutdown")]
    assert _upgrade.leaving(guests, declared) == [
        {"name": "db", "state": "saved", "delay": 3},
        {"name": "web", "state": "stopped", "depends_on": ["db"]},
        {"name": "extra", "state": "stopped"},
    ]
    assert [(each["name"], each["state"]) for each in _upgrade.returning(guests, declared)] == [
        ("db", "paused"),
        ("web", "running"),
        ("extra", "running"),
    ]


def test_one_that_goes_to_another_host_is_not_for_xen_domains() -> None:
    declared = [{"name": "db"}, {"name": "web", "depends_on": ["db"]}, {"name": "app", "depends_on": ["web"]}]
    guests = [
        Guest("app", "running", "shutdown"),
        Guest("db", "running", "migrate"),
        Guest("web", "paused", "migrate"),
    ]
    assert _upgrade.migrating(guests, declared) == ["db", "web"]
    alone = [{"name": "app", "state": "stopped", "depends_on": []}]
    assert _upgrade.leaving(guests, declared) == alone
    assert _upgrade.returning(guests, declared) == [{**alone[0], "state": "running"}]


# the task


class Host:
    """A host with Xen 4.18 and one guest, and the steps of an upgrade to 4.20 on it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Any) -> None:
        self.path = str(folder / "record.json")
        self.runs: str | None = "4.18.3"
        self.packages = {"xenkernel418": "4.18.3", "xentools418": "4.18.3"}
        self.rows = [row("web")]
        self.problem: str | None = None
        monkeypatch.setattr(_host, "require_root", lambda: None)
        task = _upgrade_task.RecordTask
        monkeypatch.setattr(task, "look_at_host", lambda _self: self.told())
        monkeypatch.setattr(task, "look_at_guests", lambda _self: (self.rows, self.problem))
        self.moves: list[str] = []
        monkeypatch.setattr(task, "look_at_moves", lambda _self, _rows, _move, _running: self.moves)

    def told(self) -> dict[str, Any]:
        running = {"dom0": self.runs is not None, "xen_version": self.runs}
        return {"packages": self.packages, "running": running, "reboot_required": {"reasons": []}}

    def step(self, step: str, check: bool = False, **options: Any) -> dict[str, Any]:
        params = {"version": "4.20", "policy": "shutdown", "policies": {}, "domains": [], "path": self.path}
        params.update(destination="", ssh_command="ssh", live=True, disks_shared=False, back=True)
        params.update(step=step, config_dir=None, toolstack="auto", **options)
        return _upgrade_task.run(params, check)

    def install(self) -> None:
        self.packages = {"xenkernel420": "4.20.1", "xentools420": "4.20.1"}
        self.problem = "The versions differ."

    def boot(self) -> None:
        self.runs, self.problem = "4.20.1", None


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Host:
    return Host(monkeypatch, tmp_path)


def test_from_begin_to_end(host: Host) -> None:
    begun = host.step("begin")
    assert (begun["changed"], begun["due"], begun["resumed"], begun["stage"]) == (True, True, False, LEAVING)
    assert begun["reasons"] == ["xenkernel420 and xentools420 not installed", "Xen 4.18.3 runs"]
    assert os.stat(host.path).st_mode & 0o777 == 0o600
    host.rows = [row("web", "stopped")]
    assert host.step("away")["changed"]
    host.install()
    host.boot()
    # whatever the new hypervisor was asked to start
    assert host.step("begin")["returning"] == [{"name": "web", "state": "running"}]
    assert host.step("end") == {"changed": True, "path": host.path}
    assert host.step("end")["changed"] is False
    again = host.step("begin")
    assert (again["due"], again["changed"], again["guests"]) == (False, False, [])


def test_a_check_run_writes_nothing(host: Host) -> None:
    assert host.step("begin", check=True)["changed"]
    assert host.step("away", check=True)["changed"] is False
    assert not os.path.exists(host.path)
    host.step("begin")
    assert host.step("end", check=True)["changed"]
    assert os.path.exists(host.path)


def test_it_is_resumed_between_packages_and_reboot_when_the_toolstack_does_not_work(host: Host) -> None:
    host.step("begin")
    host.rows = [row("web", "stopped")]
    host.step("away")
    host.install()
    resumed = host.step("begin")
    assert (resumed["resumed"], resumed["stage"], resumed["changed"]) == (True, AWAY, False)
    assert resumed["reasons"][0] == "the upgrade to Xen 4.20 was begun and not finished"
    assert [guest["name"] for guest in resumed["guests"]] == ["web"]


def test_who_was_started_by_a_boot_before_the_packages_were_replaced_leaves_again(host: Host) -> None:
    host.rows = [row("db"), row("web", autostart=True)]
    host.step("begin", policies={"db": "save"})
    host.rows = [row("db", "saved"), row("web", "stopped", autostart=True)]
    host.step("away")
    # the host came down here, and is up again with the same Xen
    host.rows = [row("db", "saved"), row("web", autostart=True)]
    resumed = host.step("begin", policies={"db": "save"})
    assert (resumed["stage"], resumed["changed"]) == (LEAVING, True)
    assert resumed["leaving"] == [{"name": "db", "state": "saved"}, {"name": "web", "state": "stopped"}]
    assert resumed["returning"] == [{"name": "db", "state": "running"}, {"name": "web", "state": "running"}]
    with pytest.raises(HostError, match="web would be cut off"):
        host.step("away")
    host.rows = [row("db", "saved"), row("web", "stopped", autostart=True)]
    assert host.step("away")["stage"] == AWAY
    assert host.step("begin", policies={"db": "save"})["stage"] == AWAY


def test_who_is_on_another_host_then_is_moved_nowhere_else(host: Host) -> None:
    wish = {"policies": {"web": "migrate"}, "destination": "xen2"}
    host.rows = [row("db", autostart=True), row("web")]
    host.step("begin", **wish)
    host.rows = [row("db", "stopped", autostart=True), row("web", "stopped")]
    host.step("away", **wish)
    host.rows, host.moves = [row("db", autostart=True), row("web", "stopped")], ["nobody is to be asked of one away"]
    resumed = host.step("begin", **wish)
    # xen_domain_command leaves one alone that is there, and not here
    assert (resumed["stage"], resumed["migrating"]) == (LEAVING, ["web"])
    assert resumed["leaving"] == [{"name": "db", "state": "stopped"}]
    with pytest.raises(XenError, match="moved to xen2 by a run that was interrupted, and xen3 is given now"):
        host.step("begin", **{**wish, "destination": "xen3"})


def test_who_runs_on_the_new_xen_stays(host: Host) -> None:
    host.step("begin")
    host.rows = [row("web", "stopped")]
    host.step("away")
    host.install()
    host.boot()
    host.rows = [row("web")]
    assert host.step("begin")["stage"] == AWAY


def test_it_is_taken_back_to_the_version_of_before(host: Host) -> None:
    host.step("begin")
    host.rows = []
    host.step("away")
    host.install()
    back = host.step("begin", version="4.18")
    assert (back["before"], back["changed"]) == ("4.18.3", True)
    assert json.loads(pathlib.Path(host.path).read_text())["version"] == "4.18"
    assert [guest["name"] for guest in back["guests"]] == ["web"]


def test_nobody_goes_away_while_a_guest_is_there(host: Host) -> None:
    host.step("begin")
    with pytest.raises(HostError, match="web would be cut off") as caught:
        host.step("away")
    assert caught.value.details["error_id"] == "guests_left"


def test_a_toolstack_that_does_not_work_is_no_host_without_guests(host: Host) -> None:
    host.install()
    with pytest.raises(HostError, match="Nobody can tell which guests run here"):
        host.step("begin")
    assert not os.path.exists(host.path)


def test_a_guest_in_the_way_stops_it_before_the_record(host: Host) -> None:
    with pytest.raises(XenError, match="web: it runs, and the policy is to refuse") as caught:
        host.step("begin", policies={"web": "refuse"})
    assert caught.value.details["objections"]
    assert not os.path.exists(host.path)


def test_a_policy_of_no_guest_is_warned_of_and_one_that_is_none_refused(host: Host) -> None:
    assert host.step("begin", policies={"wbe": "save"})["warnings"] == [
        "A policy is given for wbe, which is no guest of this host."
    ]
    with pytest.raises(BadValue, match="not one of shutdown, save, migrate, refuse"):
        host.step("begin", policies={"web": "sav"})


def test_without_a_record_nobody_is_noted_as_away(host: Host) -> None:
    with pytest.raises(XenError) as caught:
        host.step("away")
    assert caught.value.details["error_id"] == "no_record"


def test_a_host_without_xen_has_no_guests_to_put_away(host: Host) -> None:
    host.runs, host.packages = None, {}
    begun = host.step("begin")
    assert (begun["guests"], begun["reasons"][-1]) == ([], "no Xen runs")


def test_a_guest_that_cannot_be_moved_stops_it_before_the_record(host: Host) -> None:
    host.moves = ["xen2 has Xen 4.17.5, and takes no guest of Xen 4.18.3: it is older."]
    with pytest.raises(XenError, match="it is older") as caught:
        host.step("begin", policies={"web": "migrate"}, destination="xen2")
    assert caught.value.details["error_id"] == "guests_in_the_way"
    assert not os.path.exists(host.path)


def test_one_that_was_moved_is_found_again_after_an_interruption(host: Host) -> None:
    wish = {"policies": {"web": "migrate"}, "destination": "xen2"}
    assert host.step("begin", **wish)["migrating"] == ["web"]
    # the play ends here, and the guest is there
    host.rows, host.moves = [row("web", "stopped")], ["nobody is to be asked of one that is away"]
    assert host.step("begin", **wish)["migrating"] == ["web"]
    with pytest.raises(XenError, match="moved to xen2 by a run that was interrupted, and xen3 is given now"):
        host.step("begin", **{**wish, "destination": "xen3"})
    assert host.step("away")["migrating"] == ["web"]
