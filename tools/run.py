# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run steps of ``checks.py``: say what runs and how long it took, keep the output in a log, show its end on failure.

Usage: ``run.py STEP...``. All steps run even when one fails; the exit code is 0 only if every check passed.
``V=1`` in the environment shows the whole output as it comes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from checks import BACKGROUND, ROOT, SKIPPED, STEPS, Check, environment

LOGS = ROOT / ".cache" / "logs"
TAIL_LINES = 60
# Seconds between two signs of life of a check that takes long.
HEARTBEAT = 30.0


@dataclass(frozen=True)
class Outcome:
    """One finished check: ``code`` is its exit code, ``seconds`` its wall-clock time, ``note`` its last line."""

    step: str
    check: str
    code: int
    seconds: float
    note: str = ""

    @property
    def result(self) -> str:
        return {0: "ok", SKIPPED: "skipped"}.get(self.code, "FAILED")


class Process:
    """A check that runs in a process group of its own, so that it can be ended with everything it started."""

    def __init__(self, step: str, check: Check) -> None:
        self.step, self.check = step, check
        self.log = LOGS / f"{step}-{check.name.replace(' ', '-')}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.started = time.monotonic()
        self.ended = 0.0
        self.env = {**os.environ, **environment(), **check.env}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                check.command,
                cwd=check.folder,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=None if os.environ.get("V") else log,
                stderr=None if os.environ.get("V") else subprocess.STDOUT,
                start_new_session=True,
            )
        self.watch = threading.Thread(target=self._note_end, daemon=True)
        self.watch.start()

    def _note_end(self) -> None:
        self.process.wait()
        self.ended = time.monotonic()

    def wait(self) -> Outcome:
        """Wait for the end with a sign of life every half minute."""
        self.watch.join(HEARTBEAT)
        while self.watch.is_alive():
            seconds = time.monotonic() - self.started
            print(f"    {self.check.name}: {seconds:.0f} s so far: {last_line(self.log)}", flush=True)
            self.watch.join(HEARTBEAT)
        note = last_line(self.log)
        return Outcome(self.step, self.check.name, self.process.returncode, self.ended - self.started, note)

    def end(self) -> None:
        """End the group, if it still runs: politely, so that tools can clean up, and after ten seconds for good."""
        if not self.watch.is_alive():
            return
        for number, patience in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            self.watch.join(patience)
        if self.check.undo:
            print(f"    {self.check.name}: {' '.join(self.check.undo)}", flush=True)
            subprocess.run(self.check.undo, env=self.env, cwd=self.check.folder, capture_output=True, check=False)


def last_line(log: Path) -> str:
    lines = [line.strip(" =") for line in log.read_text(errors="replace").splitlines() if line.strip(" =")]
    return lines[-1][:100] if lines else ""


def tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
    return "\n".join(f"      | {line}" for line in lines)


def report(process: Process, outcome: Outcome) -> None:
    failed = outcome.result == "FAILED"
    note = f"exit code {outcome.code}" if failed else outcome.note
    print(f"    {outcome.check:<24} {outcome.result:<7} {outcome.seconds:8.1f} s  {note}".rstrip(), flush=True)
    if failed:
        print(tail(process.log))
        print(f"      whole log: {process.log.relative_to(ROOT)}", flush=True)


def run(steps: list[str]) -> list[Outcome]:
    """Run the steps in order; what a later step needs from ``BACKGROUND`` is started before the first one."""
    outcomes: list[Outcome] = []
    running: list[Process] = []
    ahead = {}
    try:
        for step in steps if len(steps) > 1 else []:
            if step in BACKGROUND and BACKGROUND[step].applies():
                print(f"==> {BACKGROUND[step].name} (in the background, for {step})", flush=True)
                ahead[step] = Process(step, BACKGROUND[step])
                running.append(ahead[step])
        for step in steps:
            print(f"==> {step}", flush=True)
            for process in [ahead[step]] if step in ahead else []:
                outcomes.append(process.wait())
                report(process, outcomes[-1])
            for check in STEPS[step]:
                begun = step in ahead and check is ahead[step].check
                if begun or not check.applies():
                    continue
                running.append(Process(step, check))
                outcomes.append(running[-1].wait())
                report(running[-1], outcomes[-1])
    finally:
        for process in running:
            process.end()
    return outcomes


def summary(outcomes: list[Outcome], seconds: float) -> str:
    rows = [f"{'step':<12} {'check':<24} {'result':<7} {'seconds':>8}"]
    rows += [
        f"{outcome.step:<12} {outcome.check:<24} {outcome.result:<7} {outcome.seconds:>8.1f}" for outcome in outcomes
    ]
    count = Counter(outcome.result for outcome in outcomes)
    counts = f"{count['ok']} passed, {count['FAILED']} failed, {count['skipped']} skipped"
    rows += [f"{'total':<45} {seconds:>8.1f}", "", f"checks: {counts}"]
    return "\n".join(rows)


def interrupted(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(number)


def main(steps: list[str]) -> int:
    signal.signal(signal.SIGTERM, interrupted)
    unknown = [step for step in steps if step not in STEPS]
    if unknown or not steps:
        print(f"usage: run.py STEP...\nsteps: {' '.join(STEPS)}", file=sys.stderr)
        return 2
    started = time.monotonic()
    try:
        outcomes = run(steps)
    except KeyboardInterrupt:
        print("\ninterrupted: everything that was started here has been ended", file=sys.stderr)
        return 130
    print(f"\n{summary(outcomes, time.monotonic() - started)}")
    return 0 if outcomes and not any(outcome.result == "FAILED" for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
