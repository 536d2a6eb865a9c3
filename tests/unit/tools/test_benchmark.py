# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark of guests: which task's cost is whose, and that all contenders are asked for the same."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests" / "lab"), str(ROOT / "tests" / "benchmark")]

import contenders  # noqa: E402 - found in tests/benchmark, after the path above
import guests  # noqa: E402
import plays  # noqa: E402

PING: plays.Task = {"ansible.builtin.ping": {}}
NAMES = ["bench00", "bench01"]


def measured(
    monkeypatch: pytest.MonkeyPatch, folder: Path, rounds: list[list[plays.Part]], ended_after: int | None = None
) -> dict[str, list[plays.Cost]]:
    """A play of which each task takes ten seconds, one call and two CPU seconds, ended when so many have begun."""

    def run(folder: Path, host_pid: int, limit: float) -> None:
        tasks = json.loads((folder / "play.yml").read_text())[0]["tasks"]
        begun = [task["name"] for task in tasks][:ended_after] + ([] if ended_after else [""])
        samples = [
            {"task": name, "seconds": 10 * at, "calls": at, "controller": 2 * at, "host": at}
            for at, name in enumerate(begun)
        ]
        (folder / "samples").write_text("".join(f"{json.dumps(sample)}\n" for sample in samples))

    monkeypatch.setattr(plays, "_run", run)
    return plays.measure(folder, "", 1, rounds)


ROUND: list[plays.Part] = [("", [PING]), ("start", [PING, PING]), ("look", [PING]), ("look", [PING])]


def test_a_part_costs_what_its_tasks_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    costs = measured(monkeypatch, tmp_path, [ROUND])
    assert costs == {"start": [plays.Cost(20, 2, 4, 2)], "look": [plays.Cost(10, 1, 2, 1)] * 2}


def test_rounds_are_told_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    costs = measured(monkeypatch, tmp_path, [ROUND] * 3)
    assert {label: len(each) for label, each in costs.items()} == {"start": 3, "look": 6}
    assert plays.median(costs["start"]) == plays.Cost(20, 2, 4, 2)


def test_what_was_ended_on_its_way_does_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The warming up, what stands apart and the first of the two tasks of the start; the second had just begun."""
    assert measured(monkeypatch, tmp_path, [ROUND], ended_after=4) == {}


@pytest.mark.parametrize("contender", contenders.CONTENDERS.values(), ids=contenders.CONTENDERS.keys())
def test_contenders_are_asked_for_the_same(contender: contenders.Contender) -> None:
    """Each names each guest, its kernel and the value that changes."""

    def said(tasks: list[dict[str, Any]]) -> str:
        return json.dumps(tasks) + "".join(contender.files.values())

    before, after = said(contender.keep(NAMES, ())), said(contender.keep(NAMES, NAMES[:1]))
    assert all(word in before for word in [*NAMES, contenders.KERNEL, contenders.ON_CRASH])
    assert contenders.CHANGED_ON_CRASH not in before
    assert after.count(contenders.CHANGED_ON_CRASH) == 1
    assert all(name in said(contender.stop(NAMES)) for name in NAMES)


def test_a_row_for_each_part() -> None:
    base, start = plays.Cost(4, 2, 1, 3), plays.Cost(20, 1, 2, 15)
    table = guests._table(contenders.CONTENDERS["list"], {guests.START: [start], guests.BASE: [base]})
    name, *rows = [line.split("  ")[0] if at == 0 else line.split() for at, line in enumerate(table.splitlines())]
    assert name == "netbsd.xen.xen_domains"
    assert rows[0][-6:] == ["1", "20.0", "5.0", "1", "2.0", "15.0"]
    assert rows[1][-6:] == ["1", "4.0", "1.0", "2", "1.0", "3.0"]
