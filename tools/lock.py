# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resolve the lists in ``requirements/*.in`` and write a lock file for each line of Pythons.

Needs a Python of each line, the oldest one, so that the pins fit the newer ones too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pythons
from link_checkout import ROOT

REQUIREMENTS = ROOT / "requirements"
# The Python that resolves, the list, the lock file.
LOCKS = [
    ("3.8", "oldest.in", "py38.txt"),
    ("3.11", "development.in", "py311.txt"),
    ("3.12", "development.in", "py312plus.txt"),
]

HEADER = """\
# Copyright (c) 2026, the netbsd.xen maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Made by "make lock" from {source} with Python {version}; do not edit.

"""


def resolve(python: str, source: str) -> list[str]:
    """The pins ``name==version``, sorted by name, that pip would install into an empty environment."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        subprocess.run([python, "-m", "venv", f"{scratch}/venv"], check=True)
        pip = [f"{scratch}/venv/bin/python", "-m", "pip", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--upgrade", "pip"], check=True)
        wanted = f"--requirement={REQUIREMENTS / source}"
        subprocess.run([*pip, "install", "--dry-run", f"--report={report}", wanted], check=True)
        packages = [item["metadata"] for item in json.loads(report.read_text())["install"]]
    return sorted((f"{package['name']}=={package['version']}" for package in packages), key=str.lower)


def main() -> None:
    for version, source, name in LOCKS:
        python = pythons.find(version)
        if python is None:
            sys.exit(f"lock: needs a Python {version} on PATH or under {pythons.PYENV}")
        pins = resolve(python, source)
        (REQUIREMENTS / name).write_text(HEADER.format(version=version, source=source) + "\n".join(pins) + "\n")
        print(f"requirements/{name}: {len(pins)} pins")


if __name__ == "__main__":
    main()
