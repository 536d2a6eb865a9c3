# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A clean copy of the tree at ``.cache/stage/ansible_collections/netbsd/xen``, for the tools that want a collection at
its own place and would otherwise walk into ``.venv`` and ``.cache``.
"""

from __future__ import annotations

import filecmp
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STAGE = ROOT / ".cache" / "stage" / "ansible_collections" / "netbsd" / "xen"


def tree() -> set[Path]:
    """All files that git does not ignore, as they are now, by their path in the tree."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return {Path(name) for name in names if name and (ROOT / name).is_file()}


def files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() or path.is_symlink()}


def remove_empty(folder: Path) -> None:
    """Remove a folder that lost its last file, and those above that it leaves empty."""
    while folder != STAGE and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def is_same(original: Path, copy: Path) -> bool:
    """In content and in mode: one of the tests asks what may be executed."""
    return original.stat().st_mode == copy.stat().st_mode and filecmp.cmp(original, copy, shallow=False)


def stage() -> Path:
    """Bring the copy up to date and return its place; files that did not change keep their time stamps."""
    wanted = tree()
    if not (STAGE / ".git").exists():
        # Else ansible-test would find the repository of the checkout, which ignores all that is under .cache.
        subprocess.run(["git", "init", "--quiet", str(STAGE)], check=True)
    present = {path for path in files(STAGE) if path.parts[0] != ".git" and path.parts[:2] != ("tests", "output")}
    for name in present - wanted:
        (STAGE / name).unlink()
    for name in wanted:
        copy = STAGE / name
        if name in present and is_same(ROOT / name, copy):
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy)
    for folder in {(STAGE / name).parent for name in present - wanted}:
        remove_empty(folder)
    return STAGE


if __name__ == "__main__":
    print(stage())
