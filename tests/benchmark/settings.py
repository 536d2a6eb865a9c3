# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench-settings`: what settings of ansible.cfg do to a play on simulated hosts.

A fake ssh waits as a network would, a round trip for each command, and then runs the module here. So the CPU is that of
controller and hosts together, and the seconds depend on what else the machine does; the commands do not. Files go
through ssh too, as with sftp but without its daemon.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HOSTS = 20
TASKS = 3
# seconds of each command over ssh
DELAY = 0.2

_SSH = """#!/bin/sh
echo >>{folder}/calls
sleep {delay}
for command do :; done
exec sh -c "$command"
"""
_DEFAULT = {"ANSIBLE_FORKS": "5", "ANSIBLE_PIPELINING": "0"}
_FORKS = {"ANSIBLE_FORKS": "25", "ANSIBLE_PIPELINING": "0"}
_BOTH = {"ANSIBLE_FORKS": "25", "ANSIBLE_PIPELINING": "1"}


class Case(NamedTuple):
    what: str
    environment: dict[str, str]
    strategy: str = "linear"
    facts: bool = False


CASES = (
    Case("Ansible's defaults: 5 forks, facts gathered", _DEFAULT, facts=True),
    Case("no facts", _DEFAULT),
    Case("no facts, 25 forks", _FORKS),
    Case("no facts, 25 forks, pipelining", _BOTH),
    Case("no facts, 25 forks, pipelining, strategy free", _BOTH, "free"),
)


def main() -> int:
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; {HOSTS} hosts, {TASKS} tasks, {DELAY} s a command\n")
    print(f"{'':48} {'seconds':>8} {'CPU s':>7} {'commands':>9}")
    with tempfile.TemporaryDirectory() as directory:
        for case in CASES:
            seconds, cpu, calls = measure(Path(directory), case)
            print(f"{case.what:48} {seconds:8.1f} {cpu:7.1f} {calls:9d}", flush=True)
    return 0


def measure(folder: Path, case: Case) -> tuple[float, float, int]:
    """Seconds, CPU seconds and commands over ssh of one run of the play."""
    ssh, calls = folder / "ssh", folder / "calls"
    ssh.write_text(_SSH.format(folder=folder, delay=DELAY))
    ssh.chmod(0o755)
    calls.write_text("")
    variables = {"ansible_python_interpreter": sys.executable, "ansible_remote_tmp": f"{folder}/remote"}
    hosts = {f"h{number}": {} for number in range(HOSTS)}
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
    tasks = [{"name": f"Task {number}", "ansible.builtin.ping": {}} for number in range(TASKS)]
    play = {"hosts": "all", "gather_facts": case.facts, "strategy": case.strategy, "tasks": tasks}
    (folder / "play.yml").write_text(json.dumps([play]))
    settings = {
        "ANSIBLE_SSH_EXECUTABLE": str(ssh),
        "ANSIBLE_SSH_TRANSFER_METHOD": "piped",
        "ANSIBLE_HOME": f"{folder}/home",
        "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
        **case.environment,
    }
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "-i", f"{folder}/hosts.json", f"{folder}/play.yml"],
        env={**os.environ, **settings},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=1800,
    )
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, calls.read_text().count("\n")


if __name__ == "__main__":
    sys.exit(main())
