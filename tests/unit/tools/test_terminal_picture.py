# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a terminal shows what was recorded, and says where it leaves something out."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[3] / "tools"
sys.path.insert(0, str(TOOLS))

pytest.importorskip("rich")

from terminal_picture import ELLIPSIS, KEEP, chosen, draw, recorded  # noqa: E402 - found in tools/, after the path above

RECORDING = (
    "Script started on 2026-11-23\n"
    "\x1b[1m[1/2] A host\x1b[0m\r\n"
    "10 %\r100 %\r\n"
    "\x1b[2m    3 s\x1b[0m  TASK [x]\r\n"
    "  \x1b[32mok\x1b[0m    it is <there> & up\r\n"
    "\r\n"
    "  name  id\r\n"
    "Script done on 2026-11-23\n"
)


def test_lines_are_those_that_were_left_on_the_terminal():
    lines = recorded(RECORDING)
    assert lines[0] == "\x1b[1m[1/2] A host\x1b[0m"
    assert lines[1] == "100 %"
    assert not any("Script" in line for line in lines)


def test_what_is_left_out_is_seen_to_be():
    kept = list(chosen(recorded(RECORDING), KEEP))
    assert [re.sub(r"\x1b\[\d+m", "", line) for line in kept] == [
        "[1/2] A host",
        ELLIPSIS,
        "  ok    it is <there> & up",
        "",
        "  name  id",
    ]


def test_it_is_a_picture_with_its_text_and_nothing_from_elsewhere():
    svg = draw(chosen(recorded(RECORDING), KEEP), "make demo")
    text = " ".join(ET.fromstring(svg).itertext()).replace("\xa0", " ")
    assert "it is <there> & up" in text
    assert "make demo" in text
    assert "url(http" not in svg
    assert "@font-face" not in svg
