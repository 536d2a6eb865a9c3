# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/cookbook.md as data: the commands of its console blocks, and what each of them is said to print."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cookbook.md"
PROMPT = "$ "
MORE = "…"


class Recipe(NamedTuple):
    """One command of the page.

    :param section: the heading that it stands below, which says on which kind of host it is run.
    :param number: that of the recipe; two commands of one recipe have the same.
    :param expected: the lines that are shown of its output; a line is a part of one that it prints.
    """

    section: str
    number: int
    command: str
    expected: tuple[str, ...]


def recipes(text: str) -> list[Recipe]:
    found, section, number, inside = [], "", 0, False
    for line in text.splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif match := re.match(r"(\d+)\. ", line):
            number = int(match[1])
        elif line.startswith("```"):
            inside = line == "```console"
        elif inside and line.startswith(PROMPT):
            found.append(Recipe(section, number, line[len(PROMPT) :], ()))
        elif inside and line.strip(f" {MORE}"):
            found[-1] = found[-1]._replace(expected=(*found[-1].expected, line))
    return found


def missing(recipe: Recipe, output: str) -> list[str]:
    """The lines of the page that the output has not, whatever the blanks and the ends that were cut off."""
    printed = " ".join(output.split())
    parts = [part for line in recipe.expected for part in line.split(MORE)]
    return [part.strip() for part in parts if " ".join(part.split()) not in printed]
