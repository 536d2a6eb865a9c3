# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resolve ``requirements/development.in`` and write the lock file that belongs to each ansible-core line.

Needs a Python 3.11 and a Python 3.12 (the oldest of its line, so that the pins fit the newer ones too).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements"
LOCKS = {"3.11": "py311.txt", "3.12": "py312plus.txt"}

HEADER = """\
# Copyright (c) 2026, the netbsd.xen maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Made by "make lock" from development.in with Python {version}; do not edit.

"""


def find_python(version: str) -> str:
    """The interpreter of one minor version, by the rules of ``tools/find_python.sh``."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in (f"python{version}", *map(str, pyenv.glob(f"{version}.*/bin/python"))):
        try:
            if subprocess.run([candidate, "--version"], capture_output=True, check=False).returncode == 0:
                return candidate
        except OSError:
            continue
    sys.exit(f"lock: needs a Python {version} on PATH or under {pyenv}")


def resolve(python: str) -> list[str]:
    """The pins ``name==version``, sorted by name, that pip would install into an empty environment."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        subprocess.run([python, "-m", "venv", f"{scratch}/venv"], check=True)
        pip = [f"{scratch}/venv/bin/python", "-m", "pip", "-qq", "--disable-pip-version-check"]
        source = str(REQUIREMENTS / "development.in")
        subprocess.run([*pip, "install", "--upgrade", "pip"], check=True)
        subprocess.run([*pip, "install", "--dry-run", f"--report={report}", f"--requirement={source}"], check=True)
        packages = [item["metadata"] for item in json.loads(report.read_text())["install"]]
    return sorted((f"{package['name']}=={package['version']}" for package in packages), key=str.lower)


def main() -> None:
    for version, name in LOCKS.items():
        pins = resolve(find_python(version))
        (REQUIREMENTS / name).write_text(HEADER.format(version=version) + "\n".join(pins) + "\n")
        core = next(pin for pin in pins if pin.startswith("ansible-core=="))
        print(f"requirements/{name}: {len(pins)} pins, {core}")


if __name__ == "__main__":
    main()
