# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No text makes a parser end in another way than by its answer or its own error; ``make fuzz`` tries many more."""

from __future__ import annotations

import ast
import os
import random
import time
from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.tests.unit.oracle import parsers

PLUGINS = Path(__file__).resolve().parents[4] / "plugins"
TEXTS = 60
# Seconds for one text of a few hundred characters, on a busy machine.
SLOW = 5.0


@pytest.mark.parametrize("parser", parsers.PARSERS, ids=lambda parser: parser.name)
def test_damaged_texts_end_in_order(parser: parsers.Parser) -> None:
    for text in parser.seeds:
        parser.parse(text)
    rng = random.Random(7 if os.environ.get("CI") else None)
    started = time.monotonic()
    for _round in range(TEXTS):
        text = parsers.damaged(parser, rng)
        error = parsers.crash(parser, text)
        assert error is None, f"{parser.name}: {error!r} over {text!r}"
    assert time.monotonic() - started < SLOW + TEXTS * 0.1


def test_no_parser_is_left_out() -> None:
    """Whatever calls itself so is in the table."""
    known = {parser.name for parser in parsers.PARSERS} | {"_vcpulist.parse_all"}
    found = {
        f"{path.stem}.{node.name}"
        for folder in ("module_utils", "plugin_utils")
        for path in (PLUGINS / folder).glob("_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("parse")
    }
    assert found <= known, found - known
