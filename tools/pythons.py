# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Python interpreters of this machine, by version."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"


def find(version: str) -> str | None:
    """The full path of Python ``version`` ("3.8") on PATH or under pyenv; None when there is none that runs.

    pyenv puts a ``python3.8`` on PATH that only runs while that version is selected, hence the try.
    """
    for candidate in (f"python{version}", *map(str, sorted(PYENV.glob(f"{version}.*/bin/python")))):
        try:
            answer = subprocess.run(
                [candidate, "-c", "import sys; print(sys.executable)"], capture_output=True, text=True, check=False
            )
        except OSError:
            continue
        if answer.returncode == 0:
            return answer.stdout.strip()
    return None
