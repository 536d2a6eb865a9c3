# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask Xen's own parsers about many thousands of generated texts: config files, edits, disks, PCI functions, rates; and
see that no parser of ours ends in a traceback.

The questions are texts of people's with random damage (tests/unit/oracle/mutate.py), and those property tests of the
unit tests that are held to libxlutil. Each is asked as often as you like, with new texts each time, and the answers are
counted. A disagreement is shown as small as it can be made.

Usage: ``fuzz.py [--cases N] [--seconds S] [--only WORD] [--jobs N]``. The exit code is 1 when there was a disagreement.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from link_checkout import link_checkout

sys.path.insert(0, str(link_checkout()))

from hypothesis import HealthCheck, Phase, settings  # noqa: E402 - after the path of the collection
from hypothesis.errors import UnsatisfiedAssumption  # noqa: E402

parsers = importlib.import_module("ansible_collections.netbsd.xen.tests.unit.oracle.parsers")
mutate = importlib.import_module("ansible_collections.netbsd.xen.tests.unit.oracle.mutate")

TESTS = "ansible_collections.netbsd.xen.tests.unit.plugins.module_utils."
CASES = 200_000
# Longest text of a disagreement that is shown.
SHOWN = 3000


# Cases of a hundred that are random damage, which is quick; others are Hypothesis's, which looks for corners; and some
# only see that each parser of ours, of whatever it is, ends in order.
RANDOM_PART, IN_ORDER_PART = 70, 20
IN_ORDER = "parsers"

# The properties that are held to each parser: module of the unit tests -> names.
PROPERTIES: dict[str, dict[str, list[str]]] = {
    "xlu_cfg_readdata": {
        "test_xlcfg_oracle": [
            "test_well_formed_texts_read_as_xen_reads_them",
            "test_escapes_are_decoded_as_by_xen",
            "test_damaged_texts_are_accepted_and_refused_as_by_xen",
            "test_any_order_of_tokens_is_judged_as_by_xen",
            "test_any_characters_are_judged_as_by_xen",
        ]
    },
    "xlu_cfg_readdata, after an edit": {
        "test_xlcfg_oracle": ["test_what_we_render_is_what_xen_reads"],
        "test_xlcfg_properties": [
            "test_any_sequence_of_edits_gives_what_xen_reads",
            "test_setting_a_key_changes_that_key_only",
            "test_removing_a_key_removes_that_key_only",
        ],
    },
    "xlu_cfg_get_long": {"test_xlcfg_oracle": ["test_numbers_are_read_as_xen_reads_them"]},
    "xlu_disk_parse": {
        "test_spec_disk": ["test_any_spec_is_judged_as_by_xen", "test_any_disk_is_written_so_that_xen_reads_it"]
    },
    "xlu_pci_parse_spec_string": {"test_spec_pci": ["test_any_spec_is_judged_as_by_xen"]},
    "xlu_vif_parse_rate": {"test_spec_vif": ["test_rates_are_judged_as_by_xen"]},
    "xlu_rdm_parse": {"test_spec_oracle": ["test_reserved_device_memory_is_judged_as_by_xen"]},
}


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


def throw(parser: str, cases: int, until: float) -> Answer:
    """Judge so many damaged texts; the first disagreement ends it."""
    subject = next(subject for subject in mutate.SUBJECTS if subject.parser == parser)
    rng = random.Random()
    count = 0
    while count < cases and time.monotonic() < until:
        text = mutate.damaged(subject, rng)
        verdict = subject.judge(text)
        count += verdict.asked
        if not verdict.agree:
            small = mutate.smallest(subject, text)
            return Answer(count, f"{small!r}: {subject.judge(small)}")
    return Answer(count, None)


def survive(name: str, cases: int, until: float) -> Answer:
    """Damaged texts for one parser of ours, of which nobody else says what is right: it answers or refuses them."""
    parser = next(parser for parser in parsers.PARSERS if parser.name == name)
    rng = random.Random()
    count = 0
    while count < cases and time.monotonic() < until:
        text = parsers.damaged(parser, rng)
        count += 1
        error = parsers.crash(parser, text)
        if error is not None:
            return Answer(count, f"{error!r} over {text!r}"[:SHOWN])
    return Answer(count, None)


class Question(NamedTuple):
    """Cases for one parser: of a property, of texts damaged at random (``module`` is empty), or only to see that it
    ends in order (IN_ORDER).
    """

    parser: str
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


def questions(cases: int, until: float) -> list[Question]:
    """Most cases go to the random texts of each parser, the others to the properties of Hypothesis."""
    each = -(-cases * RANDOM_PART // 100 // len(mutate.SUBJECTS))
    found = [Question(subject.parser, "", subject.parser, each, until) for subject in mutate.SUBJECTS]
    number = sum(len(names) for modules in PROPERTIES.values() for names in modules.values())
    each = -(-cases * (100 - RANDOM_PART - IN_ORDER_PART) // 100 // number)
    for parser, modules in PROPERTIES.items():
        found += [Question(parser, module, name, each, until) for module, names in modules.items() for name in names]
    each = -(-cases * IN_ORDER_PART // 100 // len(parsers.PARSERS))
    return [*found, *(Question(parser.name, IN_ORDER, parser.name, each, until) for parser in parsers.PARSERS)]


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--cases", type=int, default=CASES, help=f"cases in total (default {CASES})")
    parser.add_argument("--seconds", type=float, default=3600.0, help="time in total (default 3600)")
    parser.add_argument("--only", default="", help="only the parsers with this word in their names")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at the same time")
    parser.add_argument("--ask", nargs=4, metavar=("MODULE", "NAME", "CASES", "SECONDS"), help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Ask all parsers; a line for each, and the total."""
    options = arguments()
    if options.ask:
        module, name = options.ask[:2]
        number, until = int(options.ask[2]), time.monotonic() + float(options.ask[3])
        if module == IN_ORDER:
            answer = survive(name, number, until)
        else:
            answer = ask(module, name, number, until) if module else throw(name, number, until)
        print(json.dumps(answer))
        return 0
    started = time.monotonic()
    asked = [each for each in questions(options.cases, started + options.seconds) if options.only in each.parser]
    total = disagreements = 0
    with ThreadPoolExecutor(max_workers=options.jobs) as pool:
        answers = [(question, pool.submit(apart, question)) for question in asked]
        for parser in dict.fromkeys(question.parser for question in asked):
            mine = [(question, answer.result()) for question, answer in answers if question.parser == parser]
            for question, answer in mine:
                if answer.disagreement:
                    print(f"{parser}: {question.name} disagrees:\n{answer.disagreement}\n")
            cases = sum(answer.cases for _question, answer in mine)
            found = sum(answer.disagreement is not None for _question, answer in mine)
            print(f"{parser:<32} {cases:>8} cases {found:>3} disagreements", flush=True)
            total, disagreements = total + cases, disagreements + found
    seconds = time.monotonic() - started
    print(f"{'total':<32} {total:>8} cases {disagreements:>3} disagreements, {seconds:.0f} s")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
