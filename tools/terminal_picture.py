# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A picture of a recorded terminal, for the README: SVG with real text, and nothing from elsewhere in it.

The recording is what script(1) has written, colours and all::

    script -qec 'make demo' demo.typescript
    .venv/bin/python tools/terminal_picture.py demo.typescript docs/images/demo.svg

Nothing is added to what was recorded. Left out are the lines of a play that say no more than that a task went well;
where lines are left out, there is an ellipsis.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text
from terminal import plain

COLUMNS = 116
# What of the output of make demo tells its story: headings, what was typed, what was seen to be true, tables, the end.
KEEP = r"^\[\d+/\d+\]|^ {6}\$ |^ +\d+ s$|^ +\d+ s  \S+ +: ok=|^  (?! *\d+ s  )\S|^boot \d|^xenlab:|^all of it"
ELLIPSIS = "      …"
# script(1) frames what it records with lines of its own.
_FRAME = re.compile(r"^Script (?:started|done)")
_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_FONTS = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace'


def recorded(data: str) -> list[str]:
    """The lines of a recording, with their colours, as they were in the end: not what a carriage return wrote over."""
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in data.split("\n")]
    return [line for line in lines if not _FRAME.match(line)]


def chosen(lines: Iterable[str], keep: str) -> Iterator[str]:
    """Those of the lines, without their colours, in which ``keep`` is found; an ellipsis for others between them.

    Of empty lines, those before a line that is kept.
    """
    left_out = begun = empty = False
    for line in lines:
        words = plain(line)
        if not words.strip():
            empty = True
        elif re.search(keep, words):
            if begun and (left_out or empty):
                yield ELLIPSIS if left_out else ""
            left_out, begun, empty = False, True, False
            yield line
        else:
            left_out = True


def draw(lines: Iterable[str], title: str, columns: int = COLUMNS) -> str:
    """The lines as SVG.

    :param title: on the window, and what a screen reader says of the picture.
    """
    console = Console(file=io.StringIO(), record=True, width=columns, force_terminal=True, color_system="truecolor")
    for line in lines:
        console.print(Text.from_ansi(line), no_wrap=True, overflow="ellipsis", crop=True, highlight=False)
    svg = console.export_svg(title=title, unique_id="terminal")
    svg = (
        _FONT_FACE.sub("", svg)
        .replace("Fira Code, monospace", _FONTS)
        .replace("font-family: arial", "font-family: sans-serif")
    )
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser(description="Make a picture of what script(1) has recorded.")
    parser.add_argument("recording", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--title", default="make demo")
    parser.add_argument(
        "--keep", default=KEEP, metavar="REGEX", help="what lines to keep (default: those of make demo)"
    )
    options = parser.parse_args()
    lines = list(chosen(recorded(options.recording.read_text(encoding="utf-8", errors="replace")), options.keep))
    options.picture.write_text(draw(lines, options.title), encoding="utf-8")
    print(f"{options.picture}: {len(lines)} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
