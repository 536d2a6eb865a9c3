# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests on another dom0 during an upgrade: the playbook and the role, with modules that only note their calls.

What the modules themselves do is tested elsewhere: on the fake hosts, and moving a guest on two hosts of the lab, too
(tests/integration/test_guests_migrate.py).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Notes what it was called with, and answers as told; "WANT_JSON" has Ansible give it a file of its arguments.
MODULE = """#!{python}
# WANT_JSON
import json, sys
with open(sys.argv[1]) as stream:
    given = {{key: value for key, value in json.load(stream).items() if not key.startswith("_ansible")}}
with open({log!r}, "a") as stream:
    stream.write(json.dumps([{name!r}, given]) + "\\n")
if {name!r} == "xen_domain_command" and given["name"] in {stuck!r} and given["destination"] == "10.0.0.2":
    print(json.dumps({{"failed": True, "msg": given["name"] + " could not be moved."}}))
else:
    print(json.dumps({answer!r}))
"""
BEGUN = {
    "changed": True, "due": True, "reasons": ["Xen 4.18.3 runs"], "running": "4.18.3", "before": "4.18.3", "notes": [],
    "stage": "leaving", "resumed": False, "path": "/var/db/xen_upgrade.json", "migrating": ["db", "web"],
    "guests": [
        {"name": "app", "was": "running", "policy": "shutdown"}, {"name": "db", "was": "running", "policy": "migrate"},
        {"name": "web", "was": "running", "policy": "migrate"},
    ],
    "leaving": [{"name": "app", "state": "stopped"}], "returning": [{"name": "app", "state": "running"}],
}  # fmt: skip
HOST = {
    "changed": False,
    "running": {"dom0": True, "xen_version": "4.20.1", "kernel": "XEN3_DOM0"},
    "reboot_required": {"required": False, "reasons": []},
}
ANSWERS = {"xen_upgrade_record": BEGUN, "xen_host_info": HOST, "xen_domains": {}, "xen_domain_command": {}}


class Run:
    """What came of a run: its exit code, its output, and the calls of modules, in order."""

    def __init__(self, rc: int, text: str, calls: list[Any]) -> None:
        self.rc, self.text = rc, " ".join(text.split())
        self.given = calls

    @property
    def calls(self) -> list[str]:
        told = {
            "xen_upgrade_record": lambda given: given["step"],
            "xen_domains": lambda given: f"{given['domains'][0]['name']} {given['domains'][0]['state']}",
            "xen_domain_command": lambda given: f"{given['name']} to {given['destination']}",
            "xen_host_info": lambda given: "look",
        }
        return [told[name](given) for name, given in self.given]


@pytest.fixture
def upgrade(tmp_path: Path):
    """Run the playbook for x1, which has x2 beside it."""
    collection = tmp_path / "ansible_collections" / "netbsd" / "xen"
    for name in ("xen_dom0/tasks", "../plugins/modules"):
        (collection / "roles" / name).mkdir(parents=True)
    (collection / "roles" / "xen_upgrade").symlink_to(ROOT / "roles" / "xen_upgrade")
    (collection / "roles" / "xen_dom0" / "tasks" / "main.yml").write_text("---\n[]\n")
    (collection / "meta").symlink_to(ROOT / "meta")
    (tmp_path / "ansible.cfg").touch()
    log = tmp_path / "log"
    log.touch()

    def run(stuck: tuple[str, ...] = (), batch: tuple[str, ...] = ("x1",), **variables: object) -> Run:
        for name, answer in ANSWERS.items():
            text = MODULE.format(python=sys.executable, log=str(log), name=name, stuck=stuck, answer=answer)
            (collection / "plugins" / "modules" / f"{name}.py").write_text(text)
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        hosts = {"x1": {**local, "ansible_host": "10.0.0.1"}, "x2": {**local, "ansible_host": "10.0.0.2"}}
        inventory = {"all": {"hosts": hosts}, "dom0s": {"hosts": dict.fromkeys(batch, {})}}
        (tmp_path / "hosts.json").write_text(json.dumps(inventory))
        wish = {"xen_upgrade_guest_policies": {"db": "migrate", "web": "migrate"}, "xen_upgrade_migrate_to": "x2"}
        done = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(tmp_path / "hosts.json")),
                *("-e", json.dumps({**wish, **variables}), str(ROOT / "playbooks" / "upgrade.yml")),
            ],
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(tmp_path),
                "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
                "ANSIBLE_HOME": str(tmp_path / "home"),
                "ANSIBLE_LOCALHOST_WARNING": "false",
                "ANSIBLE_NOCOLOR": "1",
            },
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        calls = [json.loads(line) for line in log.read_text().splitlines()]
        return Run(done.returncode, done.stdout + done.stderr, calls)

    return run


def test_they_go_first_and_come_back_last(upgrade) -> None:
    run = upgrade(xen_upgrade_migrate_live=False, xen_upgrade_migrate_disks_shared=True)
    assert run.rc == 0, run.text
    assert run.calls == [
        "begin", "db to 10.0.0.2", "web to 10.0.0.2", "app stopped", "away", "look",
        "app running", "db to 10.0.0.1", "web to 10.0.0.1", "end",
    ]  # fmt: skip
    assert "web: moved to x2; running again afterwards." in run.text
    assert "[x1 -> x2] => (item=web)" in run.text, "it is the other host that sends them back"
    begun, moved = run.given[0][1], run.given[1][1]
    assert (begun["destination"], begun["live"], begun["disks_shared"], begun["back"]) == (
        "10.0.0.2",
        False,
        True,
        True,
    )
    assert (moved["live"], moved["disks_shared"], moved["move_config"]) == (False, True, False)


def test_one_that_does_not_move_keeps_the_host_as_it_was(upgrade) -> None:
    run = upgrade(stuck=("web",))
    assert run.rc == 2, run.text
    assert run.calls == [
        "begin", "db to 10.0.0.2", "web to 10.0.0.2", "app running", "db to 10.0.0.1", "web to 10.0.0.1", "end",
    ]  # fmt: skip
    assert "x1 was not upgraded: a guest would not leave." in run.text
    assert "web could not be moved." in run.text


def test_those_that_stay_take_their_config_files_along(upgrade) -> None:
    run = upgrade(xen_upgrade_migrate_back=False)
    assert run.rc == 0, run.text
    assert [call for call in run.calls if " to " in call] == ["db to 10.0.0.2", "web to 10.0.0.2"]
    assert run.given[1][1]["move_config"] is True
    assert "web: moved to x2; it stays there." in run.text


def test_not_to_a_host_that_is_upgraded_at_the_same_time(upgrade) -> None:
    run = upgrade(batch=("x1", "x2"), xen_upgrade_serial=2)
    assert run.rc == 2, run.text
    assert "db, web would move to x2, which is upgraded at the same time as x1." in run.text
    assert not [call for call in run.calls if " to " in call]
