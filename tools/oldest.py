# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the unit tests of the plugins with the oldest Python that managed hosts may have.

Makes a small environment under ``.cache/oldest``: the last pytest and hypothesis for that Python, and the files of the
ansible-core that still runs modules with it (not as a controller, so its own dependencies are not needed).
"""

from __future__ import annotations

import os
import subprocess
import sys

import pythons
from checks import SKIPPED
from link_checkout import COLLECTIONS, ROOT

HOME = ROOT / ".cache" / "oldest"
LOCK = ROOT / "requirements" / "py38.txt"
# The newest core whose modules run on Python 3.8, as in py311.txt; 3.9 is the next best where there is no 3.8.
OLDEST = ("3.8", "3.9")


def core_pin() -> str:
    lines = (ROOT / "requirements" / "py311.txt").read_text().splitlines()
    return next(line for line in lines if line.startswith("ansible-core=="))


def environment(python: str) -> str:
    """The Python of the environment, made anew when a pin or the interpreter changed."""
    stamp, wanted = HOME / "made-from", f"{python}\n{core_pin()}\n{LOCK.read_text()}"
    program = str(HOME / "bin" / "python")
    if stamp.is_file() and stamp.read_text() == wanted:
        return program
    subprocess.run([python, "-m", "venv", "--clear", str(HOME)], check=True)
    install = [program, "-m", "pip", "-qq", "--disable-pip-version-check", "install", "--no-deps"]
    subprocess.run([*install, f"--requirement={LOCK}"], check=True)
    # Its controller half is not valid Python 3.8, so it is neither compiled nor asked for its opinion.
    subprocess.run([*install, "--ignore-requires-python", "--no-compile", core_pin()], check=True)
    stamp.write_text(wanted)
    return program


def main() -> int:
    python = next(filter(None, map(pythons.find, OLDEST)), None)
    if python is None:
        print(f"skipped: no Python {' or '.join(OLDEST)} on PATH or under {pythons.PYENV}")
        return SKIPPED
    program = environment(python)
    tests = [program, "-m", "pytest", "-p", "no:cacheprovider", "tests/unit/plugins"]
    env = {**os.environ, "PYTHONPATH": str(COLLECTIONS), "PYTHONDONTWRITEBYTECODE": "1"}
    print(subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.strip())
    return subprocess.run(tests, cwd=ROOT, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
