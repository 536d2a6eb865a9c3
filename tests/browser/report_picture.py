# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A picture of a report, for the guides, by the headless Chromium of the tests::

.venv/bin/python tests/browser/report_picture.py .cache/xen-report.html docs/images/report.png --size 1180x860
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chromium import Browser


def size(text: str) -> tuple[int, int]:
    """``1180x860`` in pixels."""
    width, _x, height = text.partition("x")
    return int(width), int(height)


def main() -> int:
    parser = argparse.ArgumentParser(description="Make a picture of a report.")
    parser.add_argument("page", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--size", type=size, default=(1180, 860), help="of the screen (default: 1180x860)")
    parser.add_argument("--dark", action="store_true", help="as a reader sees it who likes it dark")
    parser.add_argument("--whole", action="store_true", help="all of the page, however long it is")
    options = parser.parse_args()
    with Browser() as browser:
        browser.screen(*options.size, dark=options.dark)
        browser.call("Emulation.setScrollbarsHidden", hidden=True)
        browser.open(options.page.resolve())
        browser.picture(options.picture, whole=options.whole)
    return 0


if __name__ == "__main__":
    sys.exit(main())
