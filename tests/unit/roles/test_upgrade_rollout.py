# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roll-out of playbooks/upgrade.yml over nine hosts, with a role in the place of xen_upgrade that does nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HOSTS = [f"x{number}" for number in range(1, 10)]
ROLE = """
- name: See whether this host can be upgraded
  ansible.builtin.debug: {msg: begun}
- name: Refuse
  ansible.builtin.fail: {msg: It would not boot.}
  when: inventory_hostname in refusing
- name: Finish
  ansible.builtin.debug: {msg: finished}
"""


class Rollout:
    """What came of a run: the hosts that began it and those that were done, in order."""

    def __init__(self, rc: int, text: str) -> None:
        self.rc, self.text = rc, text
        tasks = re.split(r"^TASK ", text, flags=re.MULTILINE)
        self.begun = self._hosts(tasks, "See whether")
        self.finished = self._hosts(tasks, "Finish")

    @staticmethod
    def _hosts(tasks: list[str], name: str) -> list[str]:
        found = [re.findall(r"^ok: \[(\w+)\]", task, re.MULTILINE) for task in tasks if f": {name}" in task]
        return [host for hosts in found for host in sorted(hosts)]


@pytest.fixture
def rollout(tmp_path: Path):
    """Run the playbook with extra variables, with all hosts on this machine."""
    collection = tmp_path / "ansible_collections" / "netbsd" / "xen"
    tasks = collection / "roles" / "xen_upgrade" / "tasks"
    tasks.mkdir(parents=True)
    (tasks / "main.yml").write_text(f"---\n{ROLE}")
    for name in ("plugins", "meta"):
        (collection / name).symlink_to(ROOT / name)
    hosts = {name: {"ansible_connection": "local", "ansible_python_interpreter": sys.executable} for name in HOSTS}
    (tmp_path / "hosts.json").write_text(json.dumps({"dom0s": {"hosts": hosts}}))

    (tmp_path / "ansible.cfg").touch()

    def run(*more: str, **variables: object) -> Rollout:
        done = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(tmp_path / "hosts.json")),
                *("-e", json.dumps({"refusing": [], **variables}), *more, str(ROOT / "playbooks" / "upgrade.yml")),
            ],
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(tmp_path),
                "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
                "ANSIBLE_HOME": str(tmp_path / "home"),
                "ANSIBLE_LOCALHOST_WARNING": "false",
                "ANSIBLE_NOCOLOR": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return Rollout(done.returncode, done.stdout + done.stderr)

    return run


def test_a_canary_that_fails_is_the_only_host_that_was_touched(rollout) -> None:
    result = rollout(refusing=["x1"])
    assert (result.rc, result.begun, result.finished) == (2, ["x1"], []), result.text


def test_the_others_of_a_batch_are_done_and_no_host_after_it_is_touched(rollout) -> None:
    # one host, then a quarter of nine
    result = rollout(refusing=["x3"])
    assert result.rc == 2, result.text
    assert (result.begun, result.finished) == (["x1", "x2", "x3"], ["x1", "x2"]), result.text
    assert result.text.count("The roll-out stops here: x3 did not come back as asked.") == 2, result.text


def test_a_check_run_shows_the_plan_of_every_host(rollout) -> None:
    result = rollout("--check", refusing=["x1", "x5"])
    assert result.begun == HOSTS, result.text
    assert result.finished == [name for name in HOSTS if name not in ("x1", "x5")]
