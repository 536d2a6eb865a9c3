# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one task costs on the lab host: ours, ping, and what people write by hand instead.

A play with many equal tasks is timed against one with few, and the difference divided by the number of tasks between:
so the start of ansible-playbook and of the connection falls out.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from table import Row
from xenlab import Host, Lab

ROOT = Path(__file__).resolve().parents[2]
RUNS = 3
FEW, MANY = 1, 6
GUESTS = 10
# For xen_domains: so many run, and so many of them are in the list
MANY_GUESTS = 100
LISTED = (1, 10, MANY_GUESTS)

NANO = {"kernel": "/srv/domu/nano", "memory": 4, "type": "pv"}
CASES: dict[str, list[dict[str, Any]]] = {
    "ansible.builtin.ping": [{"ansible.builtin.ping": {}}],
    "ansible.builtin.command: xl list -l": [{"ansible.builtin.command": {"argv": ["xl", "list", "-l"]}}],
    "by hand, nothing to do: copy + command xl domid": [
        {"ansible.builtin.copy": {"dest": "/etc/xen/by-hand.cfg", "content": "name = 'guest0'\nmemory = 4\n"}},
        {"ansible.builtin.command": {"argv": ["xl", "domid", "guest0"]}},
    ],
    "xen_domain, nothing to do, state only": [{"netbsd.xen.xen_domain": {"name": "guest0", "state": "running"}}],
    "xen_domain, nothing to do, with properties": [
        {"netbsd.xen.xen_domain": {"name": "guest0", "state": "running", **NANO}}
    ],
    f"xen_domain_info, {GUESTS} guests": [{"netbsd.xen.xen_domain_info": {}}],
}


def measure() -> list[Row]:
    """All cases on one fresh lab host with ``GUESTS`` small guests, then more of them; it is ended afterwards."""
    with Lab.instance("bench") as host, tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "inventory.yml").write_text(host.inventory())
        _start_guests(host, range(GUESTS))
        medians = {what: _seconds_per_round(Path(directory), tasks) for what, tasks in CASES.items()}
        _start_guests(host, range(GUESTS, MANY_GUESTS))
        medians.update({what: _seconds_per_round(Path(directory), tasks) for what, tasks in _many_cases().items()})
    peer = medians["ansible.builtin.ping"]
    return [Row(what, seconds, RUNS, peer) for what, seconds in medians.items()]


def _many_cases() -> dict[str, list[dict[str, Any]]]:
    """Long lists on a host with ``MANY_GUESTS`` guests, all of which are as declared."""
    listing = f"ansible.builtin.command: xl list -l, {MANY_GUESTS} guests"
    cases: dict[str, list[dict[str, Any]]] = {listing: CASES["ansible.builtin.command: xl list -l"]}
    for count in LISTED:
        names = [{"name": f"guest{number}"} for number in range(count)]
        parameters = {"domains": names, "defaults": {"state": "running", **NANO}}
        cases[f"xen_domains, nothing to do, {count} of {MANY_GUESTS} guests"] = [{"netbsd.xen.xen_domains": parameters}]
    return cases


def _start_guests(host: Host, numbers: Iterable[int]) -> None:
    for number in numbers:
        settings = [f"name='guest{number}'", *(f"{key}={json.dumps(value)}" for key, value in NANO.items())]
        path = f"/etc/xen/guest{number}.cfg"
        done = host.run(f"cat > {path} && xl create {path}", stdin="\n".join(settings) + "\n")
        if done.rc != 0:
            raise RuntimeError(f"guest{number} did not start: {done.stderr}")


def _seconds_per_round(directory: Path, tasks: list[dict[str, Any]]) -> float:
    _play(directory, tasks, FEW)  # opens the connection and warms the caches
    return statistics.median(
        (_play(directory, tasks, MANY) - _play(directory, tasks, FEW)) / (MANY - FEW) for _run in range(RUNS)
    )


def _play(directory: Path, tasks: list[dict[str, Any]], rounds: int) -> float:
    """Seconds of one ansible-playbook run."""
    book = directory / "play.yml"
    book.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks * rounds}]))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(directory / "inventory.yml"), str(book)]
    start = time.perf_counter()
    done = subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the play failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - start
