# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python3 tests/lab/xenlab COMMAND` and `python3 -m xenlab COMMAND`."""

from __future__ import annotations

import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts it may have an older one
    sys.exit(f"xenlab: needs Python 3.11 or later, and this is {sys.version.split()[0]}: set PYTHON to a newer one")
if not __package__:  # started by its path: make the package importable under its name
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from xenlab.cli import main  # noqa: E402 - after the version check

if __name__ == "__main__":
    sys.exit(main())
