# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Try all the faults, on fake hosts and on real Xen, and print how many were survived.

Usage: ``faults.py [--only fake|lab | --no-lab]``. The exit code is that of the tests.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from link_checkout import link_checkout

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
figures = importlib.import_module("faults.figures")

PARTS = {
    "fake": ["-n", "2", "tests/unit/contract/test_killed_anywhere.py", "tests/unit/contract/test_full_anywhere.py"],
    # each file has a host of its own, and an emulated host keeps one core busy
    "lab": [
        "-n", "2", "--dist=loadfile", "tests/integration/test_faults_kill.py", "tests/integration/test_faults_host.py",
        "tests/integration/test_faults_xenstored.py",
    ],
}  # fmt: skip


def main() -> int:
    """Run the tests, then print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--only", choices=list(PARTS), help="only these faults")
    choice.add_argument("--no-lab", dest="only", action="store_const", const="fake", help="none on real Xen")
    only = parser.parse_args().only
    started, status = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder:
        counted = Path(folder) / "figures"
        environment = {
            **os.environ, "FAULTS_ALL": "1", "FAULTS_FIGURES": str(counted), "CI": "1",
            "PYTHONPATH": str(link_checkout()),
        }  # fmt: skip
        for name, arguments in PARTS.items():
            if only in (None, name):
                command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
                status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode or status
        print(figures.table(figures.read(counted)))
    print(f"{time.strftime('%Y-%m-%d')}, {time.monotonic() - started:.0f} s")
    return status


if __name__ == "__main__":
    sys.exit(main())
