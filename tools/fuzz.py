# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask Xen's own parsers about many thousands of generated texts: config files, edits, disks, PCI functions, rates.

The questions are the property tests of the unit tests that are held to libxlutil; here each is asked as often as you
like, with new examples each time, and the answers are counted. A disagreement is shown as small as it can be made.

Usage: ``fuzz.py [--cases N] [--seconds S] [--only WORD] [--jobs N]``. The exit code is 1 when there was a disagreement.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from link_checkout import link_checkout

sys.path.insert(0, str(link_checkout()))

from hypothesis import HealthCheck, Phase, settings  # noqa: E402 - after the path of the collection
from hypothesis.errors import UnsatisfiedAssumption  # noqa: E402

TESTS = "ansible_collections.netbsd.xen.tests.unit.plugins.module_utils."
CASES = 200_000
# Longest text of a disagreement that is shown.
SHOWN = 3000


class Oracle(NamedTuple):
    """One parser of Xen's, and the properties that are held to it.

    :param share: of all cases, in parts.
    """

    name: str
    share: int
    properties: dict[str, list[str]]


ORACLES = [
    Oracle(
        "xlu_cfg_readdata, config files",
        10,
        {
            "test_xlcfg_oracle": [
                "test_well_formed_texts_read_as_xen_reads_them",
                "test_escapes_are_decoded_as_by_xen",
                "test_damaged_texts_are_accepted_and_refused_as_by_xen",
                "test_any_order_of_tokens_is_judged_as_by_xen",
                "test_any_characters_are_judged_as_by_xen",
            ]
        },
    ),
    Oracle(
        "xlu_cfg_readdata, after our edits",
        6,
        {
            "test_xlcfg_oracle": ["test_what_we_render_is_what_xen_reads"],
            "test_xlcfg_properties": [
                "test_any_sequence_of_edits_gives_what_xen_reads",
                "test_setting_a_key_changes_that_key_only",
                "test_removing_a_key_removes_that_key_only",
            ],
        },
    ),
    Oracle("xlu_cfg_get_long", 3, {"test_xlcfg_oracle": ["test_numbers_are_read_as_xen_reads_them"]}),
    Oracle(
        "xlu_disk_parse",
        10,
        {
            "test_spec_disk": [
                "test_any_spec_is_judged_as_by_xen",
                "test_any_disk_is_written_so_that_xen_reads_it",
            ],
            "test_spec_oracle": ["test_disks_are_judged_as_by_xen"],
        },
    ),
    Oracle(
        "xlu_pci_parse_spec_string",
        6,
        {
            "test_spec_pci": ["test_any_spec_is_judged_as_by_xen"],
            "test_spec_oracle": ["test_pci_functions_are_judged_as_by_xen"],
        },
    ),
    Oracle("xlu_vif_parse_rate", 4, {"test_spec_vif": ["test_rates_are_judged_as_by_xen"]}),
    Oracle("xlu_rdm_parse", 1, {"test_spec_oracle": ["test_reserved_device_memory_is_judged_as_by_xen"]}),
]


class Answer(NamedTuple):
    """What came of one property: how many cases, and the disagreement that was found, if any."""

    cases: int
    disagreement: str | None


def ask(module: str, name: str, cases: int, until: float) -> Answer:
    """Run one property with so many examples, and no more once the time is over."""
    test = getattr(importlib.import_module(TESTS + module), name)
    inner = test.hypothesis.inner_test
    count = 0

    def counted(*values: Any, **named: Any) -> None:
        nonlocal count
        if time.monotonic() > until:
            return
        try:
            inner(*values, **named)
        except UnsatisfiedAssumption:
            raise  # not a case
        except BaseException:
            count += 1
            raise
        count += 1

    test.hypothesis.inner_test = counted
    run = settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )(test)
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            run()
    except Exception as error:
        notes = "\n".join(getattr(error, "__notes__", []))
        return Answer(count, f"{type(error).__name__}: {error}\n{notes}\n{said.getvalue()}"[:SHOWN])
    return Answer(count, None)


class Question(NamedTuple):
    """One property, and how often it is asked."""

    oracle: str
    module: str
    name: str
    cases: int
    until: float


def apart(question: Question) -> Answer:
    """Answer a question in a process of its own: a parser that aborts takes its process with it."""
    seconds = max(0.0, question.until - time.monotonic())
    command = [sys.executable, __file__, "--ask", question.module, question.name, str(question.cases), str(seconds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return Answer(0, f"its process ended with {done.returncode}")
    return Answer(*json.loads(done.stdout.splitlines()[-1]))


def questions(oracles: list[Oracle], cases: int, until: float) -> list[Question]:
    """The cases shared out to the oracles, and evenly to the properties of each."""
    parts = sum(oracle.share for oracle in oracles)
    found = []
    for oracle in oracles:
        properties = [(module, name) for module, names in oracle.properties.items() for name in names]
        each = -(-cases * oracle.share // parts // len(properties))
        found += [Question(oracle.name, module, name, each, until) for module, name in properties]
    return found


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--cases", type=int, default=CASES, help=f"cases in total (default {CASES})")
    parser.add_argument("--seconds", type=float, default=3600.0, help="time in total (default 3600)")
    parser.add_argument("--only", default="", help="only the oracles with this word in their names")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at the same time")
    parser.add_argument("--ask", nargs=4, metavar=("MODULE", "NAME", "CASES", "SECONDS"), help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Ask all oracles; a line for each, and the total."""
    options = arguments()
    if options.ask:
        module, name, cases, seconds = options.ask
        print(json.dumps(ask(module, name, int(cases), time.monotonic() + float(seconds))))
        return 0
    started = time.monotonic()
    oracles = [oracle for oracle in ORACLES if options.only in oracle.name]
    asked = questions(oracles, options.cases, started + options.seconds)
    total = disagreements = 0
    with ThreadPoolExecutor(max_workers=options.jobs) as pool:
        answers = [(question, pool.submit(apart, question)) for question in asked]
        for oracle in oracles:
            mine = [(question, answer.result()) for question, answer in answers if question.oracle == oracle.name]
            for question, answer in mine:
                if answer.disagreement:
                    print(f"{oracle.name}: {question.name} disagrees:\n{answer.disagreement}\n")
            cases = sum(answer.cases for _question, answer in mine)
            found = sum(answer.disagreement is not None for _question, answer in mine)
            print(f"{oracle.name:<36} {cases:>8} cases {found:>3} disagreements", flush=True)
            total, disagreements = total + cases, disagreements + found
    seconds = time.monotonic() - started
    print(f"{'total':<36} {total:>8} cases {disagreements:>3} disagreements, {seconds:.0f} s")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
