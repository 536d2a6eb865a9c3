# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the virtual environment ``.venv`` from the lock file of the running Python; nothing to do when it is current."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from link_checkout import ROOT, link_checkout

VENV = ROOT / ".venv"


def lock_file(version: tuple[int, int]) -> Path:
    """The pins for a Python: ansible-core 2.20 and later need 3.12, so 3.11 stays on the 2.19 line."""
    return ROOT / "requirements" / ("py311.txt" if version == (3, 11) else "py312plus.txt")


def fingerprint(lock: Path) -> str:
    """What the environment was made from: another Python, another lock or another place asks for a new one."""
    return hashlib.sha256(f"{sys.executable} {sys.version} {VENV}\n{lock.read_text()}".encode()).hexdigest()


def make(venv: Path, lock: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    # -qq: errors only; a mirror that lacks a file is no news.
    pip = [str(venv / "bin" / "python"), "-m", "pip", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--no-deps", "--requirement", str(lock)], check=True)
    subprocess.run([*pip, "check"], check=True)


def main() -> None:
    link_checkout()
    lock = lock_file(sys.version_info[:2])
    stamp = VENV / "made-from"
    wanted = fingerprint(lock)
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    started = time.monotonic()
    python = ".".join(map(str, sys.version_info[:3]))
    print(f"==> venv: Python {python} with {lock.relative_to(ROOT)} into .venv (about a minute)", flush=True)
    try:
        make(VENV, lock)
    except subprocess.CalledProcessError as error:
        sys.exit(f"venv: {' '.join(map(os.fspath, error.cmd))} failed with exit code {error.returncode}; see above.")
    stamp.write_text(wanted)
    print(f"    venv: done in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
