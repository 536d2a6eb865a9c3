# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often xen_dom0 goes to the host: each time costs a round trip and a start of Python there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from dom0_host import LOOK, ROOT, Dom0, Run, play

PARTS = ["pkgin", "boot_file", "boot_file", "xen_devices", "bridge", "xl_conf", "xen_services", "boot_entry"]
ROLES = ROOT / "roles"
NEWER = {"required": True, "reasons": ["/xen420.gz is newer."]}
WARNING = {"id": "vnd_few", "severity": "warning", "what": "Two images.", "cure": "Make more."}
ERROR = {"id": "missing_file", "severity": "error", "what": "No /xen420.gz.", "cure": "Copy it."}
ENTRY = {"boot_entry": ["add entry 2"]}

HOSTS = {
    "right": Dom0(),
    "newer_hypervisor": Dom0({"boot_file": ["replace /xen420.gz"]}, then={"boot_file": {"reboot_required": NEWER}}),
    "warned": Dom0(info={"problems": [WARNING]}, variables={"xen_dom0_fail_on": "warning"}),
    "wrong": Dom0(info={"problems": [ERROR]}),
    "latest": Dom0(
        info={"reboot_required": NEWER}, variables={"xen_packages_state": "latest", "xen_dom0_reboot": True}
    ),
    "other_version": Dom0(info={"packages": {"xenkernel418": "20240101", "xentools418": "20240101"}}),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    return play(tmp_path_factory.mktemp("play"), HOSTS)


def test_a_host_that_is_as_it_should_be_is_looked_at_once_and_planned_once(runs: dict[str, Run]) -> None:
    run = runs["right"]
    assert [call.module for call in run.calls] == [LOOK, *PARTS], run.messages
    assert (run.failed, run.planned, run.done, run.changed) == (False, PARTS, [], 0)


def test_where_one_part_has_something_to_do_all_are_done_and_looked_at_afterwards(runs: dict[str, Run]) -> None:
    run = runs["newer_hypervisor"]
    assert (run.failed, run.planned, run.done, run.looks) == (False, PARTS, PARTS, 2), run.messages
    # once: the plan is no change
    assert (run.changed, run.to_do["boot_file"]) == (1, [])
    assert "The host must be rebooted: /xen420.gz is newer." in run.messages


def test_problems_that_are_left_fail_a_run_that_had_nothing_to_do(runs: dict[str, Run]) -> None:
    run = runs["warned"]
    assert (run.failed, run.done) == (True, [])
    assert "vnd_few: Two images. Make more." in run.record[-1]["msg"]


def test_each_part_gets_to_see_a_host_with_an_error(runs: dict[str, Run]) -> None:
    """Such as a file that the menu boots and that is not there: a plan only warns of it. And it is looked at again: a
    command that did not answer in time may have been all that was wrong."""
    assert (runs["wrong"].failed, runs["wrong"].done, runs["wrong"].looks) == (True, PARTS, 2)


def test_which_packages_are_the_latest_is_not_left_to_the_plan(runs: dict[str, Run]) -> None:
    run = runs["latest"]
    assert (run.planned, run.done, run.looks) == (PARTS, PARTS, 1), run.messages


def test_guests_are_not_stopped_for_a_reboot_of_which_the_first_look_has_told(runs: dict[str, Run]) -> None:
    assert runs["latest"].failed
    assert "and these guests run: web." in runs["latest"].record[-1]["msg"]


def test_guests_of_another_version_end_the_play_at_the_first_look(runs: dict[str, Run]) -> None:
    run = runs["other_version"]
    assert (run.failed, [call.module for call in run.calls]) == (True, [LOOK])
    assert "these guests run: web." in run.record[-1]["msg"]


def test_a_check_run_plans_once_and_tells_of_the_reboot(tmp_path: Path) -> None:
    run = play(tmp_path, {"bare": Dom0({"pkgin": ["install xenkernel420"], **ENTRY})}, "--check")["bare"]
    assert [call.module for call in run.calls] == [LOOK, *PARTS], run.messages
    assert (run.failed, run.done, run.changed) == (False, [], 2)
    assert "The host must be rebooted: the boot files would be changed." in run.messages
    assert run.to_do["pkgin"]


def test_one_part_alone(tmp_path: Path) -> None:
    hosts = {"right": Dom0(), "wrong": Dom0(ENTRY)}
    runs = play(tmp_path, hosts, "--tags", "xen_boot")
    assert [call.module for call in runs["right"].calls] == [LOOK, "boot_entry"], runs["right"].messages
    assert (runs["wrong"].planned, runs["wrong"].done) == (["boot_entry"], ["boot_entry"])


def test_without_the_plan_s_tag_all_is_done(tmp_path: Path) -> None:
    run = play(tmp_path, {"wrong": Dom0(ENTRY)}, "--skip-tags", "xen_dom0")["wrong"]
    assert (run.failed, run.planned, run.done, run.to_do["boot_entry"]) == (False, [], PARTS, []), run.messages


def _registered() -> Iterator[tuple[str, bool]]:
    """The names under which the composed roles keep what their modules tell, and whether that is a loop's."""
    for composed in yaml.safe_load((ROLES / "xen_dom0/tasks/roles.yml").read_text()):
        role = composed["ansible.builtin.import_role"]["name"].rpartition(".")[2]
        for path in sorted((ROLES / role / "tasks").glob("*.yml")):
            for task in yaml.safe_load(path.read_text()):
                modules = [key for key in task if key.startswith("netbsd.xen.") and not key.endswith("_info")]
                if modules:
                    yield task["register"], "loop" in task


@pytest.mark.parametrize(("name", "loop"), list(_registered()))
def test_what_any_part_would_do_is_heard_of(name: str, loop: bool) -> None:
    told = {"actions": ["something"]}
    variables = yaml.safe_load((ROLES / "xen_dom0/vars/main.yml").read_text())
    variables = {key: trust_as_template(value) for key, value in variables.items()}
    results = {"results": [{"skipped": True}, told]} if loop else told
    for found, expected in ((results, ["something"]), ({"skipped": True}, [])):
        templar = Templar(DataLoader(), {**variables, name: found})
        assert templar.template(variables["__xen_dom0_actions"]) == expected
