# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench-roles`: what the role xen_dom0 costs on a host that is as it should be.

The host is a fresh one of the lab with NetBSD's face, which the role itself takes to Xen first. Peers, in the same run
and in turns: as many `ping` as the role runs modules, and the play that people write by hand for the same host.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/lab")]

from by_hand import by_hand  # noqa: E402 - found beside this file, after the path above
from xenlab import Host, Lab  # noqa: E402

RUNS = 3
ROLE = "xen_dom0"
PEER = "ansible.builtin.ping, as often"
REPOSITORY = "file:///srv/pkgsrc/packages/NetBSD/x86_64/10.1/All"
KERNEL = "file:///srv/netbsd/NetBSD-10.1/amd64/binary/kernel/netbsd-XEN3_DOM0.gz"
VARIABLES: dict[str, Any] = {
    "xen_packages_repository": REPOSITORY,
    "xen_kernels_dom0_kernel_source": KERNEL,
    "xen_boot_dom0_memory": "768M",
    "xen_boot_console": "serial",
    "xen_network_bridges": [{"name": "bridge0", "members": ["wm0"]}],
}
_SSH = """#!/bin/sh
echo >>{folder}/calls
exec ssh "$@"
"""
_RECAP = re.compile(r"ok=(\d+)\s+changed=(\d+)\s.*\bfailed=(\d+)\s+skipped=(\d+)")
Plays = list[dict[str, Any]]


class Cost(NamedTuple):
    """One run, or the medians of several.

    :param tasks: those that ran, also those that need no host.
    :param calls: commands over SSH, one for a module.
    :param cpu: seconds of CPU on the controller.
    """

    tasks: int
    skipped: int
    calls: int
    seconds: float
    cpu: float


class Bench:
    """A host, and the plays on it.

    :param folder: an empty one, for what the runs need.
    """

    def __init__(self, inventory: str, folder: Path) -> None:
        self.folder = folder
        (folder / "inventory.yml").write_text(inventory)
        (folder / "ssh").write_text(_SSH.format(folder=folder))
        (folder / "ssh").chmod(0o755)

    def run(self, plays: Plays, *more: str, settled: bool = True) -> Cost:
        """
        :param settled: nothing may change.
        :raises RuntimeError: the play failed, or changed something.
        """
        (self.folder / "calls").write_text("")
        (self.folder / "play.yml").write_text(json.dumps(plays))
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("ansible-playbook")), "-i", f"{self.folder}/inventory.yml"),
                *(*more, f"{self.folder}/play.yml"),
            ],
            cwd=ROOT,
            env={**os.environ, **self._environment()},
            capture_output=True,
            text=True,
            check=False,
            timeout=1800,
        )
        seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        recap = _RECAP.search(done.stdout)
        if done.returncode or recap is None or (settled and recap.group(2) != "0"):
            raise RuntimeError(f"the play was not what it should be:\n{done.stdout}{done.stderr}")
        calls = (self.folder / "calls").read_text().count("\n")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        cost = Cost(int(recap.group(1)), int(recap.group(4)), calls, seconds, cpu)
        # on a busy machine the whole takes an hour: nobody shall lose what is measured
        print(cost, file=sys.stderr, flush=True)
        return cost

    def _environment(self) -> dict[str, str]:
        return {
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_SSH_EXECUTABLE": f"{self.folder}/ssh",
            "ANSIBLE_SSH_TRANSFER_METHOD": "piped",
        }


def measure(instance: str = "", runs: int = RUNS) -> dict[str, Cost]:
    """All cases on one host.

    :param instance: one of the lab that runs and is such a dom0 already; empty: a fresh one, which is ended afterwards.
    """
    with _dom0(instance) as host, tempfile.TemporaryDirectory() as directory:
        bench = Bench(host.inventory(), Path(directory))
        if not instance:
            bench.run(role(xen_dom0_reboot=True), settled=False)
        cases: dict[str, tuple[Plays, tuple[str, ...]]] = {
            ROLE: (role(), ()),
            f"{ROLE}, --check": (role(), ("--check",)),
            "by hand": (play(by_hand(host)), ()),
        }
        costs: dict[str, list[Cost]] = {PEER: [], **{name: [] for name in cases}}
        for _run in range(runs):
            for name, (plays, more) in cases.items():
                costs[name].append(bench.run(plays, *more))
            pings = [{"ansible.builtin.ping": {}}] * costs[ROLE][0].calls
            costs[PEER].append(bench.run(play(pings)))
    return {name: Cost(*map(statistics.median, zip(*each, strict=True))) for name, each in costs.items()}


@contextmanager
def _dom0(instance: str) -> Iterator[Host]:
    if instance:
        yield Lab().host(instance)
    else:
        with Lab.instance("benchroles", netbsd=True) as host:
            yield host


def play(tasks: list[dict[str, Any]]) -> Plays:
    return [{"hosts": "netbsd", "gather_facts": False, "tasks": tasks}]


def role(**more: Any) -> Plays:
    """What a user would write for this host."""
    return [
        {
            **{"hosts": "netbsd", "gather_facts": False},
            "roles": [{"role": "netbsd.xen.xen_dom0", "vars": {**VARIABLES, **more}}],
        }
    ]


def render(costs: dict[str, Cost]) -> str:
    peer = costs[PEER].seconds
    width = max(map(len, costs))
    lines = [f"{'':{width}} {'tasks':>6} {'skipped':>8} {'commands':>9} {'seconds':>8} {'CPU s':>7} {'x ping':>7}"]
    lines += [
        f"{what:{width}} {cost.tasks:6d} {cost.skipped:8d} {cost.calls:9d} {cost.seconds:8.1f} {cost.cpu:7.2f} "
        f"{cost.seconds / peer:7.2f}"
        for what, cost in costs.items()
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instance", default="", help="a host of the lab that the role has made a dom0 already")
    parser.add_argument("--runs", type=int, default=RUNS)
    given = parser.parse_args()
    print(f"One lab host, medians of {given.runs} runs in turns; CPU of the controller\n")
    print(render(measure(given.instance, given.runs)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
