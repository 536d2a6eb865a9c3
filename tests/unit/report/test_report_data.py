# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the report tells of a host and of a fleet, as data."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.netbsd.xen.plugins.filter import xen_report, xen_report_host, xen_report_html
from ansible_collections.netbsd.xen.plugins.plugin_utils import _report_fleet, _report_host
from ansible_collections.netbsd.xen.tests.unit.report import sample
from ansible_collections.netbsd.xen.tests.unit.report.sample import difference, guest, machine, planned


def told(**seen: Any) -> dict[str, Any]:
    return _report_host.host("xen1", {"host": machine(), **seen})


def told_guest(known: dict[str, Any] | None, **seen: Any) -> dict[str, Any]:
    (one,) = told(guests={"domains": [known] if known else []}, **seen)["guests"]
    return one


def test_a_finished_dom0_is_ok():
    host = told(guests={"domains": [guest("web")]}, plan={"domains": [planned("web")]}, domains=[{"name": "web"}])
    assert host["status"] == "ok"
    assert host["guests"][0]["verdict"] == "as declared"
    assert (host["problems"], host["notes"], host["reboot"]) == ([], [], [])


@pytest.mark.parametrize(
    ("result", "status", "message"),
    [
        ({"unreachable": True, "msg": "No route to host"}, "unreachable", "No route to host"),
        ({"failed": True, "msg": "no Python"}, "failed", "no Python"),
        ({}, "failed", "It was not looked at."),
        ({"running": {"dom0": True}}, "failed", "Its answer cannot be understood: KeyError('host')"),
        ({**machine(), "memory": {"total": "lots", "free": 3}}, "failed", None),
        ({**machine(), "problems": [{**sample.PROBLEM, "severity": "merry"}]}, "failed", None),
    ],
)
def test_a_host_that_does_not_answer_as_it_should(result, status, message):
    host = _report_host.host("xen1", {"host": result})
    assert host["status"] == status
    assert host["message"] == message or message is None and "cannot be understood" in host["message"]
    assert set(host) == set(told()), "so that the page need not ask"


def test_the_memory_of_a_host():
    """What the dom0, guests and free memory leave of the total is the hypervisor's own."""
    guests = [guest("web", memory=2048), guest("off", "stopped", 512)]
    domains = [{"name": "web", "memory": "3G"}, {"name": "new", "memory": 1024}, {"name": "off", "state": "stopped"}]
    assert told(guests={"domains": guests}, domains=domains)["memory"] == {
        "total": 16384, "dom0": 1024, "guests": 2048, "xen": 16384 - 1024 - 2048 - 9000, "free": 9000,
        "declared": 1024 + 3072 + 1024,
    }  # fmt: skip
    assert told(guests={"domains": guests})["memory"]["declared"] is None


def test_the_vcpus_of_a_host():
    domains = [{"name": "web", "vcpus": 4}, {"name": "new"}]
    host = told(guests={"domains": [guest("web", vcpus=2)]}, domains=domains)
    assert host["vcpus"] == {"total": 8, "dom0": 1, "guests": 2, "declared": 1 + 4 + 1}


def test_defaults_are_those_of_the_task():
    one = told_guest(None, domains=[{"name": "web"}], defaults={"memory": 64, "state": "stopped"})
    assert (one["wanted"], one["wanted_memory"], one["state"], one["shall_run"]) == ("stopped", 64, "missing", False)


@pytest.mark.parametrize(
    ("state", "wanted", "differs"),
    [
        ("running", "running", False), ("stopped", "running", True), ("missing", "running", True),
        ("stopped", "present", False), ("missing", "present", True), ("missing", "absent", False),
        ("stopped", "absent", True), ("running", "restarted", False), ("crashed", "running", True),
    ],
)  # fmt: skip
def test_a_state_that_is_not_the_declared_one_is_a_difference(state, wanted, differs):
    known = None if state == "missing" else guest("web", state)
    one = told_guest(known, domains=[{"name": "web", "state": wanted}])
    expected = [{"option": "state", "now": state, "wanted": wanted, "needs": None}] if differs else []
    assert one["differences"] == expected


def test_drift_of_a_declared_guest_is_the_plan_s():
    known = guest("web", drift=[{"option": "memory", "on_disk": 512, "live": 300, "needs": "live"}])
    plan = planned(
        "web", difference("memory", 512, 768, "live"), {**difference("vcpus", None, 2, "next_boot"), "on_disk": 1},
        {"option": "cpus", "wanted": None, "on_disk": "0-1", "live": "0", "needs": "unmanaged", "commands": []},
    )  # fmt: skip
    one = told_guest(known, plan={"domains": [plan]}, domains=[{"name": "web"}])
    assert [(each["option"], each["now"], each["wanted"], each["needs"]) for each in one["differences"]] == [
        ("memory", 512, 768, "live"), ("vcpus", 1, 2, "next_boot"), ("cpus", "0", "0-1", "unmanaged"),
    ]  # fmt: skip
    assert one["verdict"] == "differs"


def test_what_only_the_file_lacks_is_told_of_the_file():
    in_file = {**difference("memory", 48, 48, "config"), "on_disk": 24}
    one = told_guest(guest("web", memory=48), plan={"domains": [planned("web", in_file)]}, domains=[{"name": "web"}])
    assert [(each["now"], each["wanted"], each["needs"]) for each in one["differences"]] == [(24, 48, "config")]


def test_a_bare_host_is_no_dom0_yet_and_not_a_broken_one():
    bare = dict(sample.seen()["xen3.example.org"]["host"])
    missing = {**sample.FATAL, "id": "packages_missing"}
    assert told(host={**bare, "problems": [missing]})["status"] == "no xen"
    assert told(host={**bare, "problems": [missing, sample.FATAL]})["status"] == "error"


def test_of_a_guest_that_is_not_there_only_that_differs():
    plan = planned("web", difference("kernel", None, "/netbsd", "next_boot"), actions=["xl create web"])
    one = told_guest(None, plan={"domains": [plan]}, domains=[{"name": "web"}])
    assert [each["option"] for each in one["differences"]] == ["state"]
    assert (one["verdict"], one["actions"]) == ("differs", ["xl create web"])


def test_drift_of_another_guest_is_from_its_file():
    known = guest("web", drift=[{"option": "memory", "on_disk": 512, "live": 300, "needs": "live"}])
    one = told_guest(known)
    assert one["differences"] == [{"option": "memory", "now": 300, "wanted": 512, "needs": "live"}]
    assert (one["declared"], one["verdict"]) == (None, "differs")


def test_a_guest_that_nobody_has_declared():
    assert told_guest(guest("web"), domains=[])["verdict"] == "undeclared"
    assert told_guest(guest("web"))["verdict"] == "as its file", "where nothing is declared, nobody is a stranger"


def test_a_guest_that_cannot_be_as_declared():
    failed = planned("web", failed=True, msg="No such bridge: bridge7.")
    host = told(guests={"domains": [guest("web")]}, plan={"domains": [failed]}, domains=[{"name": "web"}])
    assert host["guests"][0]["problems"] == ["No such bridge: bridge7."]
    assert (host["guests"][0]["verdict"], host["status"]) == ("problem", "error")
    assert host["drift"] == 0, "it is a problem, and nothing of it differs"


def test_a_plan_that_failed_as_a_whole_is_a_problem_of_the_host():
    plan = {"failed": False, "msg": "The host has 900 MiB free.", "error_id": "insufficient_memory"}
    host = told(plan=plan, domains=[{"name": "web"}])
    assert [(each["id"], each["what"]) for each in host["problems"]] == [("insufficient_memory", plan["msg"])]
    assert host["status"] == "error"


def test_the_menu_says_what_runs_and_what_is_next():
    """Two entries can have the same name; which is next is told by its number."""
    boot = machine()["boot"]
    told_boot = _report_host.host("xen1", {"host": machine(boot={**boot, "default": 3})})["boot"]
    assert [(each["running"], each["next"]) for each in told_boot["entries"]] == [
        (True, False), (False, False), (False, True),
    ]  # fmt: skip
    assert told_boot["entries"][0]["boots"] == ["/xen420.gz dom0_mem=1024M", "/netbsd-XEN3_DOM0.gz console=pc"]


def test_pci_devices_without_xen_pciback_are_those_that_are_hidden():
    host = told(pci={"msg": "No entry of the menu boots Xen."})
    assert [(each["bdf"], each["what"], each["hidden"]) for each in host["pci"]] == [
        ("0000:03:00.0", "8086:10d3", True)
    ]
    assert host["notes"] == ["PCI devices: No entry of the menu boots Xen."]


def test_characters_that_lie_are_replaced():
    host = _report_host.host("a\u202eb", {"host": {"msg": "\x1b[31m\ud800 tab\tand\nline stay"}})
    assert (host["name"], host["message"]) == ("a\ufffdb", "\ufffd[31m\ufffd tab\tand\nline stay")


def test_the_fleet_is_in_the_order_of_people_and_counted():
    fleet = sample.fleet()
    assert [host["name"] for host in fleet["hosts"]] == [f"xen{number}.example.org" for number in (1, 2, 3, 10)]
    assert [host["status"] for host in fleet["hosts"]] == ["warning", "error", "no xen", "unreachable"]
    assert fleet["summary"] == {
        "hosts": 4, "unreachable": 1, "failed": 0, "guests": 6, "running": 4, "drift": 4, "undeclared": 1,
        "errors": 2, "warnings": 2, "memory": {"total": 16384 + 8192 + 4096, "free": 9900},
    }  # fmt: skip
    assert sum(host["drift"] for host in fleet["hosts"]) == fleet["summary"]["drift"], "the table adds up"


def test_a_host_that_was_lost_on_the_way_is_told():
    fleet = _report_fleet.fleet([told()], ["xen1", "xen2"], "t", "")
    assert [(host["name"], host["status"]) for host in fleet["hosts"]] == [("xen1", "ok"), ("xen2", "failed")]


@pytest.mark.parametrize(
    "call",
    [
        lambda: xen_report_host.xen_report_host("web", "xen1"),
        lambda: xen_report.xen_report({"name": "xen1"}),
        lambda: xen_report.xen_report([{"name": "xen1"}]),
        lambda: xen_report_html.xen_report_html([], sample.TEMPLATES),
    ],
)
def test_a_filter_says_what_it_takes(call):
    with pytest.raises(AnsibleFilterError, match=r"netbsd\.xen\.xen_report\w*: give "):
        call()
