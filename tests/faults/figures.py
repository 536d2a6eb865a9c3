# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many faults were tried, how many were survived, and what was lost: counted by the tests themselves.

A fault counts as tried when it has happened, as survived when all that must hold afterwards was seen to hold. Each test
process appends lines to the file that ``FAULTS_FIGURES`` names; tools/faults.py makes the table of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Figures(NamedTuple):
    """Of one kind of fault; ``lost`` counts faults after which a file or a disk was not as it must be."""

    kind: str
    tried: int = 0
    survived: int = 0
    lost: int = 0


class DataLost(AssertionError):
    """A file is neither as before nor as wanted, or a disk is not what it was."""


@contextmanager
def fault(kind: str, what: str) -> Iterator[None]:
    """One fault, from just before it is made to the last look at what came of it."""
    line = {"kind": kind, "what": what, "survived": False, "lost": False}
    try:
        yield
        line["survived"] = True
    except DataLost:
        line["lost"] = True
        raise
    finally:
        path = os.environ.get("FAULTS_FIGURES")
        if path:
            with open(path, "a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")


def read(path: Path) -> list[Figures]:
    """What the tests have counted, by kind, in the order in which the kinds came."""
    found: dict[str, Figures] = {}
    for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        line = json.loads(text)
        old = found.get(line["kind"], Figures(line["kind"]))
        found[line["kind"]] = Figures(old.kind, old.tried + 1, old.survived + line["survived"], old.lost + line["lost"])
    return list(found.values())


def table(figures: list[Figures]) -> str:
    """Markdown, with a line of totals."""
    total = Figures(
        "**all**", *(sum(getattr(each, name) for each in figures) for name in ("tried", "survived", "lost"))
    )
    rows = [f"| {each.kind} | {each.tried} | {each.survived} | {each.lost} |\n" for each in [*figures, total]]
    return "| Fault | tried | survived | data lost |\n|---|---:|---:|---:|\n" + "".join(rows)
