# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench-fleet`, first table: what playbooks/domains.yml costs the controller for 1, 10, 50 and 100 hosts.

There is nothing to do on any of them. One host is simulated by the tests' fake `xl`, and the modules really run on it.
What they say is kept, and all hosts of the measured runs say the same: a fake ssh waits as a network would, and prints
it. So the CPU is the controller's, with what its ssh processes would take, and none of the hosts'.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / ".cache/collections")]

from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen  # noqa: E402 - after the path above

COUNTS = (1, 10, 50, 100)
RUNS = 3
GUESTS = 10
# seconds of each command over ssh
DELAY = 0.2

# The last word is the command. A module is a file that Python runs, or with pipelining its input, which names it.
_SSH = """#!/bin/sh
echo >>{folder}/calls
for command do :; done
case $command in
    *"{python} "*/AnsiballZ_*) module=${{command##*/AnsiballZ_}} module=${{module%%.py*}};;
    *"{python}"*)
        cat >{folder}/in.$$
        module=$(sed -n "s/.*module_fqn='[^']*\\.\\([a-z_]*\\)'.*/\\1/p" {folder}/in.$$)
        exec <{folder}/in.$$; rm {folder}/in.$$;;
    *) module=;;
esac
if [ -n "$module" ] && [ -e {folder}/answers/$module ]; then
    sleep {delay}
    exec cat {folder}/answers/$module
fi
PATH={folder}/host/bin:$PATH FAKE_XL_STATE={folder}/host/xen.json
export PATH FAKE_XL_STATE
if [ -n "$module" ] && [ -d {folder}/answers ]; then
    sh -c "$command" >{folder}/answers/$module.new && mv {folder}/answers/$module.new {folder}/answers/$module
    exec cat {folder}/answers/$module
fi
sleep {delay}
exec sh -c "$command"
"""


class Case(NamedTuple):
    forks: int
    pipelining: bool


CASES = (Case(25, True), Case(100, True), Case(25, False))


class Cost(NamedTuple):
    """Medians of ``RUNS`` runs: seconds, CPU seconds of the controller, commands over ssh."""

    seconds: float
    cpu: float
    calls: int


def main() -> int:
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; {GUESTS} guests a host, {DELAY} s a command,")
    print(f"medians of {RUNS} runs\n")
    print(
        f"{'hosts':>6} {'forks':>6} {'pipelining':>11} {'commands':>9} {'seconds':>8} {'CPU s':>7} {'CPU s/host':>11}"
    )
    with tempfile.TemporaryDirectory() as directory:
        fleet = Fleet(Path(directory))
        idle = fleet.measure(0, CASES[0])
        for case in CASES:
            for count in COUNTS:
                cost = fleet.measure(count, case)
                each = (cost.cpu - idle.cpu) / count
                on = "on" if case.pipelining else "off"
                line = f"{count:6d} {case.forks:6d} {on:>11} {cost.calls:9d} {cost.seconds:8.2f} {cost.cpu:7.2f}"
                print(f"{line} {each:11.3f}", flush=True)
    print(f"\nansible-playbook without a host: {idle.seconds:.2f} s, {idle.cpu:.2f} s of CPU")
    return 0


class Fleet:
    """Hosts that all say what one has said.

    :param folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.xen = FakeXen(folder / "host")
        (folder / "etc").mkdir()
        for number in range(GUESTS):
            (folder / f"disk{number}.img").write_bytes(bytes(512))
        ssh = folder / "ssh"
        ssh.write_text(_SSH.format(folder=folder, python=sys.executable, delay=DELAY))
        ssh.chmod(0o755)
        self.play(1, CASES[0])  # starts the guests
        (folder / "answers").mkdir()
        self.play(1, CASES[0])  # keeps what a host says on which they run

    def measure(self, count: int, case: Case) -> Cost:
        """The play on so many hosts, with nothing to do on any of them."""
        costs = [self.play(count, case) for _run in range(RUNS)]
        return Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))

    def play(self, count: int, case: Case) -> Cost:
        """
        :raises RuntimeError: a host was not as it should be, so the figures would be of something else.
        """
        calls = self.folder / "calls"
        calls.write_text("")
        (self.folder / "hosts.json").write_text(json.dumps(self._inventory(count)))
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("ansible-playbook")), "-i", f"{self.folder}/hosts.json"),
                str(ROOT / "playbooks/domains.yml"),
            ],
            env={**os.environ, **self._environment(case)},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=1800,
        )
        seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        settled = not (self.folder / "answers").is_dir() or done.stdout.count("changed=0") == count
        if done.returncode or not settled:
            raise RuntimeError(f"the play was not what it should be:\n{done.stdout}{done.stderr}")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Cost(seconds, cpu, calls.read_text().count("\n"))

    def _inventory(self, count: int) -> dict[str, object]:
        disks = [[{"target": f"{self.folder}/disk{number}.img", "vdev": "xvda"}] for number in range(GUESTS)]
        guests = [{"name": f"guest{number}", "disks": disk} for number, disk in enumerate(disks)]
        variables = {
            "ansible_python_interpreter": sys.executable,
            "ansible_remote_tmp": f"{self.folder}/remote",
            "xen_config_dir": f"{self.folder}/etc",
            "xen_domain_defaults": {"kernel": str(self.xen.kernel), "memory": 64, "type": "pv"},
        }
        hosts = {f"h{number}": {"xen_domains": guests} for number in range(count)}
        return {"dom0s": {"hosts": hosts, "vars": variables}}

    def _environment(self, case: Case) -> dict[str, str]:
        return {
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
            "ANSIBLE_FORKS": str(case.forks),
            "ANSIBLE_HOME": f"{self.folder}/home",
            "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
            "ANSIBLE_PIPELINING": str(int(case.pipelining)),
            "ANSIBLE_SSH_EXECUTABLE": f"{self.folder}/ssh",
            "ANSIBLE_SSH_TRANSFER_METHOD": "piped",
        }


if __name__ == "__main__":
    sys.exit(main())
