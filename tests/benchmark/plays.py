# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a play on the lab host and tell what each of its parts cost."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
# A play of fifty guests, one task after the other, on an emulated host that shares its CPUs
PLAY_SECONDS = 4 * 3600.0

# one line for each command over ssh, and for each file that goes by sftp
_COUNTING = """#!/bin/sh
echo >>{calls}
exec {program} "$@"
"""

Task = dict[str, Any]
# the part of the play that a task belongs to, and the task
Part = tuple[str, list[Task]]
# What is done between two parts, and costs nobody anything
APART = ""


class Cost(NamedTuple):
    """``calls``: commands over ssh. ``controller``, ``host``: CPU seconds of ansible-playbook and of the emulator."""

    seconds: float
    calls: float
    controller: float
    host: float

    def plus(self, other: Cost) -> Cost:
        return Cost(*(mine + yours for mine, yours in zip(self, other, strict=True)))


NOTHING = Cost(0, 0, 0, 0)


def median(costs: Iterable[Cost]) -> Cost:
    """Of each figure by itself."""
    return Cost(*(statistics.median(figures) for figures in zip(*costs, strict=True)))


def measure(
    folder: Path, inventory: str, host_pid: int, rounds: Sequence[Sequence[Part]], limit: float = PLAY_SECONDS
) -> dict[str, list[Cost]]:
    """Run all rounds as one play; the costs of each part, one for each time that it is in a round.

    :param folder: an empty one, for what the run needs.
    :param rounds: the parts of each round, in their order. Parts named ``APART`` are run and not counted.
    :param limit: seconds after which the play is ended; the parts that had been done by then are told.
    :raises RuntimeError: the play failed.
    """
    tasks: list[Task] = [{"name": "warm up", "ansible.builtin.ping": {}}]
    for number, (label, part) in enumerate(part for parts in rounds for part in parts):
        tasks += [{"name": f"{number} {label}", **task} for task in part]
    play = {"hosts": "all", "gather_facts": False, "tasks": tasks}
    (folder / "play.yml").write_text(json.dumps([play]))
    (folder / "inventory.yml").write_text(inventory)
    _run(folder, host_pid, limit)
    costs: dict[str, dict[str, Cost]] = {}
    samples = [json.loads(line) for line in (folder / "samples").read_text().splitlines()]
    for name, cost in _differences(samples):
        number, _blank, label = name.partition(" ")
        # the last one was ended on its way, unless it is the play's own end
        if number.isdigit() and label != APART and name != samples[-1]["task"]:
            part = costs.setdefault(label, {})
            part[number] = part.get(number, NOTHING).plus(cost)
    return {label: list(part.values()) for label, part in costs.items()}


def _differences(samples: Sequence[dict[str, Any]]) -> list[tuple[str, Cost]]:
    """What each task used, by the samples of the callback."""
    return [
        (one["task"], Cost(*(after[key] - one[key] for key in Cost._fields)))
        for one, after in zip(samples, samples[1:], strict=False)
    ]


def _run(folder: Path, host_pid: int, limit: float) -> None:
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory.yml", "play.yml"]
    try:
        done = subprocess.run(
            command,
            env=_environment(folder, host_pid),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        return
    if done.returncode != 0:
        raise RuntimeError(f"the play failed:\n{done.stdout[-20000:]}{done.stderr}")


def _environment(folder: Path, host_pid: int) -> Mapping[str, str]:
    calls = folder / "calls"
    calls.touch()
    for program in ("ssh", "sftp"):
        wrapper = folder / program
        wrapper.write_text(_COUNTING.format(calls=calls, program=shutil.which(program)))
        wrapper.chmod(0o755)
    collections = [ROOT / ".cache/collections", ROOT / ".cache/bench/collections"]
    return {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(map(str, collections)),
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("callbacks")),
        "ANSIBLE_CALLBACKS_ENABLED": "samples",
        "ANSIBLE_SSH_EXECUTABLE": str(folder / "ssh"),
        "ANSIBLE_SFTP_EXECUTABLE": str(folder / "sftp"),
        "BENCH_SAMPLES": str(folder / "samples"),
        "BENCH_CALLS": str(calls),
        "BENCH_HOST_PID": str(host_pid),
    }
