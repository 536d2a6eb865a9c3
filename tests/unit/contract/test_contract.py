# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract of every module that changes something, held on a fake host.

1. Check mode changes nothing: no command that changes something is run, and no file differs afterwards in a byte, its
   mode or its time of change.
2. The real run does what check mode said: changed, diff, actions, differences and restart_required are the same.
3. A second run, in check mode and for real, changes nothing, but for the documented exceptions.
4. A task that fails says the same in both modes, and leaves the host as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.netbsd.xen.tests.fake.harness import collections_root
from ansible_collections.netbsd.xen.tests.unit.contract import (
    host,
    xen_clone,
    xen_console,
    xen_disk,
    xen_domain,
    xen_domain_command,
    xen_domain_xm,
    xen_domains,
    xen_snapshot,
)
from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import Outcome, Server, World

# Every module that changes something, and its cases.
CASES: dict[str, list[Case]] = {
    "xen_clone": xen_clone.cases(),
    "xen_console": xen_console.cases(),
    "xen_domain": [*xen_domain.cases(), *xen_disk.cases_of_domains(), *xen_domain_xm.cases()],
    "xen_domain_command": xen_domain_command.cases(),
    "xen_domains": xen_domains.cases(),
    "xen_snapshot": xen_snapshot.cases(),
}
HOST_CASES: dict[str, list[Case]] = {**host.cases(), "xen_disk": xen_disk.cases()}
# What changes the running kernel needs one: these have a scenario on the lab, which runs a play in check mode, then for
# real, and again. Their plans have unit tests of their own.
ON_THE_LAB = {
    "bridge": "xen_network",
    "linux_guest": "domu_linux",
    "linux_install": "domu_linux",
    "netbsd_guest": "netbsd_guest",
    "netbsd_install": "domu_netbsd",
    "netbsd_kernel": "domu_netbsd",
    "xen_devices": "xen_devices",
    "xen_install": "domu_solaris",
    "xen_media": "domu_solaris",
    "xen_pciback": "xen_pciback",
    "xen_services": "xen_services",
    "xen_upgrade_record": "xen_upgrade",
}
ROOT = Path(__file__).resolve().parents[3]
MODULES = ROOT / "plugins" / "modules"
TOLD = ("changed", "diff", "actions", "differences", "restart_required", "warnings")
INFO = sorted(path.stem for path in MODULES.glob("*_info.py"))
ALL = [pytest.param(module, case, id=f"{module}: {case.name}") for module, cases in CASES.items() for case in cases]
ALL_OF_HOST = [
    pytest.param(module, case, id=f"{module}: {case.name}") for module, cases in HOST_CASES.items() for case in cases
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server([*CASES, *HOST_CASES, *INFO], collections_root())
    yield started
    started.close()


@pytest.fixture
def world(tmp_path: Path, server: Server) -> Iterator[World]:
    made = World(tmp_path, server)
    yield made
    for end in made.ends:
        end()


def test_no_module_is_left_out() -> None:
    """Everything but the modules that only look is under contract."""
    mutating = {path.stem for path in MODULES.glob("*.py") if not path.stem.endswith("_info")} - {"__init__"}
    assert mutating == {*CASES, *HOST_CASES, *ON_THE_LAB}
    for module in mutating:
        assert "supports_check_mode=True" in (MODULES / f"{module}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(("module", "scenario"), ON_THE_LAB.items())
def test_the_lab_has_a_scenario_for_it(module: str, scenario: str) -> None:
    sequence = (ROOT / "molecule" / scenario / "molecule.yml").read_text(encoding="utf-8")
    assert "check, converge, idempotence, verify" in sequence
    plays = [*(ROOT / "molecule" / scenario).glob("*.yml"), *(ROOT / "roles" / scenario / "tasks").glob("*.yml")]
    assert any(f"netbsd.xen.{module}:" in path.read_text(encoding="utf-8") for path in plays)


@pytest.mark.parametrize(("module", "case"), ALL)
def test_contract(world: World, module: str, case: Case) -> None:
    parameters = case.prepare(world)
    tree, guests, faults = world.tree(), world.guests(), world.xen.state["faults"]

    foreseen = world.run(module, parameters, check=True)
    assert foreseen.mutating == [], "check mode ran commands that change something"
    assert world.tree() == tree, "check mode changed files"
    assert world.guests() == guests, "check mode changed guests"
    world.xen.rearm(faults)

    done = world.run(module, parameters, check=False)
    if case.error is not None:
        _check_failure(case, foreseen, done)
        _check_left_alone(case, world, tree, guests, done)
        return
    assert not done.failed, f"{done.result.get('error_id')}: {done.result.get('msg')}"
    assert _told(foreseen) == _told(done), "check mode and the real run say different things"
    assert _states(foreseen) == _states(done)
    assert done.result["changed"] == bool(done.result["actions"])
    assert case.changes in (None, done.result["changed"]), done.result["actions"]
    _check_guest(case, world)
    _check_told_truth(world, tree, guests, done)
    _check_files(world, tree)
    if not done.result["changed"]:
        assert not case.always_changes
        return
    tree = world.tree()
    for check in (True, False):
        again = world.run(module, parameters, check)
        assert not again.failed, f"the second run failed: {again.result.get('msg')}"
        assert again.result["changed"] == case.always_changes, f"the second run would: {again.result['actions']}"
        if not case.always_changes:
            assert again.mutating == [] and world.tree() == tree, "the second run changed something and did not say so"
            # What libxl does not tell of a running guest, as the size of a disk, cannot be missed a second time.
            untold = any(
                item["needs"] == "restart" and item["live"] is None for item in done.result.get("differences", ())
            )
            if not untold and not any(action.startswith("grow ") for action in done.result["actions"]):
                assert again.result.get("restart_required") == done.result.get("restart_required")


@pytest.mark.parametrize(("module", "case"), ALL_OF_HOST)
def test_contract_of_the_host(world: World, module: str, case: Case) -> None:
    """The same for a module that knows nothing of guests."""
    parameters = case.prepare(world)
    tree = world.tree()
    foreseen = world.run(module, parameters, check=True)
    assert _things(world.tree()) == _things(tree), "check mode changed files"
    done = world.run(module, parameters, check=False)
    if not case.fails_late:
        assert {**_told(foreseen), "warnings": None} == {**_told(done), "warnings": None}
    if case.error is not None:
        assert case.fails_late or foreseen.result["msg"] == done.result["msg"]
        assert (done.failed, done.result["error_id"]) == (True, case.error), done.result["msg"]
        assert _contents(_things(world.tree())) == _contents(_things(tree)), "a task that failed left files"
        return
    assert not done.failed, f"{done.result.get('error_id')}: {done.result.get('msg')}"
    assert done.result["changed"] == bool(done.result["actions"]) == (_things(world.tree()) != _things(tree))
    assert case.changes in (None, done.result["changed"]), done.result["actions"]
    tree = world.tree()
    for check in (True, False):
        again = world.run(module, parameters, check)
        assert (again.failed, again.result["changed"]) == (False, case.always_changes), again.result
        assert case.always_changes or not again.result["actions"]
        assert case.always_changes or _things(world.tree()) == _things(tree), "the second run changed something"


def _things(tree: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """Without what pkgin keeps for itself: it notes when it last looked into a repository, however it is asked."""
    return {name: entry for name, entry in tree.items() if not name.startswith("var/db/pkgin")}


def _told(outcome: Outcome) -> dict[str, Any]:
    """What both modes must agree on. A diff names no temporary file, so it is compared as it is."""
    return {key: outcome.result.get(key) for key in TOLD}


def _states(outcome: Outcome) -> dict[str, str]:
    """The state of each domain of the result."""
    told = outcome.result.get("domains") or [outcome.result["domain"]] if "domain" in outcome.result else []
    return {domain["name"]: domain["state"] for domain in told}


def _check_failure(case: Case, foreseen: Outcome, done: Outcome) -> None:
    said = f"{done.result.get('error_id')}: {done.result.get('msg')}"
    assert done.failed, f"the task must fail with {case.error}"
    assert done.result["error_id"] == case.error, said
    assert not done.result.get("changed"), said
    if not case.fails_late:
        assert foreseen.failed, f"check mode did not foresee: {said}"
        for key in ("msg", "error_id"):
            assert foreseen.result.get(key) == done.result.get(key)


def _check_left_alone(
    case: Case, world: World, tree: dict[str, tuple[Any, ...]], guests: dict[str, Any], done: Outcome
) -> None:
    if case.fails_late:
        _check_guest(case, world)
        assert _contents(world.tree()) == _contents(tree), "a failed task left files that it had made or changed"
        after = world.guests()
        for name in after.keys() & guests.keys():
            assert _has(after[name]) == _has(guests[name]), "a failed task left a guest half changed"
        return
    assert done.mutating == [], "a task that must be refused ran commands"
    assert world.tree() == tree, "a task that must be refused changed files"
    assert world.guests() == guests, "a task that must be refused changed guests"


def _has(guest: dict[str, Any]) -> dict[str, Any]:
    """What a guest has, but for the numbers that xl gives to devices as they come."""
    config = guest["config"]
    keys = {"disks": "vdev", "nics": "mac", "pcidevs": "dev"}
    devices = {kind: sorted(entry[key] for entry in config.get(kind, [])) for kind, key in keys.items()}
    return {**devices, "b_info": config["b_info"], "pins": guest.get("pins", {})}


def _contents(tree: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """Without the times of change: a file that was put back is as good as one that was never touched."""
    return {name: entry[:4] for name, entry in tree.items()}


def _check_guest(case: Case, world: World) -> None:
    """The state is not only said, it is true."""
    if case.after is None:
        return
    guest = world.xen.domain("web")
    if guest is None:
        found = "gone"
    elif guest["shutdown_reason"]:
        found = "crashed" if guest["shutdown_reason"] == "crash" else "shutdown"
    else:
        found = "paused" if guest["pause_count"] else "running"
    assert found == case.after


def _check_told_truth(world: World, tree: dict[str, tuple[Any, ...]], guests: dict[str, Any], done: Outcome) -> None:
    """`changed` is true exactly when something did change, and no secret is told."""
    is_other = world.tree() != tree or world.guests() != guests
    assert done.result["changed"] == is_other, f"changed={done.result['changed']}, but something changed: {is_other}"
    assert "hunter2secret" not in str(done.result), "a password was told"


def _check_files(world: World, tree: dict[str, tuple[Any, ...]]) -> None:
    """What a careful editor leaves: modes, owners and comments as they were, and nothing of his own lying about."""
    after = world.tree()
    for name in after.keys() & tree.keys():
        secret = name.startswith("etc/") and "passwd" in (world.root / name).read_text(encoding="utf-8")
        assert secret or after[name][1:4] == tree[name][1:4], f"{name} got another mode or owner"
    assert not [name for name in after.keys() - tree.keys() if "/." in name or name.endswith((".partial", ".tmp"))]
    config = world.root / "etc" / "web.cfg"
    if "etc/web.cfg" in tree and config.exists():
        assert "# web, the company's front door" in config.read_text(encoding="utf-8"), "a comment was lost"


@pytest.mark.parametrize("module", INFO)
def test_an_info_module_only_looks(world: World, module: str) -> None:
    """It changes nothing, in either mode, and asks Xen as often about ten guests as about one."""
    asked = []
    for count in (1, 10):
        while len(world.xen.state["domains"]) < count:
            xen_domain.neighbour(world, f"guest{len(world.xen.state['domains'])}")
        tree, guests = world.tree(), world.guests()
        for check in (True, False):
            outcome = world.run(module, {}, check)
            assert not outcome.failed, outcome.result.get("msg")
            assert not outcome.result.get("changed") and outcome.mutating == []
            assert world.tree() == tree and world.guests() == guests
        asked.append(world.xen.calls())
    assert len(asked[0]) == len(asked[1]), f"{asked[0]} but {asked[1]}"
