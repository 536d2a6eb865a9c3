# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make demo`` puts on the terminal: steps with their times, statements that were checked, tables.

Plain text where the output is not a terminal, or where the environment sets NO_COLOR.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

COLOURED = sys.stdout.isatty() and "NO_COLOR" not in os.environ
BOLD, DIM, RED, GREEN = "1", "2", "31", "32"


def paint(text: str, code: str) -> str:
    """The text in an ANSI style, or as it is where there are no colours."""
    return f"\033[{code}m{text}\033[0m" if COLOURED else text


def plain(text: str) -> str:
    """The text without the ANSI styles in it, which other programs may have put there too."""
    return re.sub(r"\033\[[0-9;]*m", "", text)


def say(text: str = "") -> None:
    print(text, flush=True)


class Report:
    """The steps of one run, numbered, and the statements made about them.

    :param steps: how many steps there will be.
    """

    def __init__(self, steps: int) -> None:
        self.steps, self.number, self.failures = steps, 0, 0
        self.started = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Head a block, and say at its end how long it took."""
        self.number += 1
        begin = time.monotonic()
        say(f"\n{paint(f'[{self.number}/{self.steps}] {title}', BOLD)}")
        yield
        say(paint(f"      {time.monotonic() - begin:.0f} s", DIM))

    def verify(self, truth: bool, statement: str, seen: str = "") -> bool:
        """Print a statement and whether it is true; with what was seen instead when it is not."""
        if truth:
            say(f"  {paint('ok', GREEN)}    {statement}")
        else:
            self.failures += 1
            say(f"  {paint('FALSE', RED)} {statement}{f': {seen}' if seen else ''}")
        return truth

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started


def table(head: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[int] = ()) -> str:
    """Rows under a head, in columns as wide as they need to be.

    :param right: numbers of the columns that are flush right.
    """
    cells = [list(map(str, row)) for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        parts = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "  " + "  ".join(parts).rstrip()

    return "\n".join([paint(line(cells[0]), BOLD), *(line(row) for row in cells[1:])])
