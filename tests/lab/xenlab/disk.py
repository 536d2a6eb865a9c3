# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the files of a guest's disk from outside, without mounting it: debugfs on a copy."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from . import tools
from .errors import LabError

MAX_LINKS = 8
TIMEOUT = 120
SAFE = re.compile(r'/[^"\n\r\0\\]*')


class GuestDisk:
    """An ext4 file system in a raw file, as it was when it was copied."""

    def __init__(self, raw: Path) -> None:
        self._raw = raw
        self._known: dict[str, bytes | None] = {}

    @classmethod
    def copy(cls, overlay: Path, target: Path) -> GuestDisk:
        """Copy a qcow2 disk whose QEMU has ended, and play back its journal, as the next mount would."""
        _run(["qemu-img", "convert", "-O", "raw", str(overlay), str(target)])
        # 0: clean, 1: repaired; anything else is for the guest's own check to deal with
        _run(["e2fsck", "-p", "-E", "journal_only", str(target)], accepted=range(16))
        return cls(target)

    def read(self, path: str) -> bytes | None:
        """A regular file's contents, symbolic links followed; None if there is none."""
        if path not in self._known:
            self._known[path] = self._read(path, MAX_LINKS)
        return self._known[path]

    def _read(self, path: str, links: int) -> bytes | None:
        if not SAFE.fullmatch(path) or links == 0:
            return None
        about = self._debugfs(f'stat "{path}"')
        kind = re.search(r"Type: (\w+)", about)
        if not kind:
            return None
        if kind[1] == "symlink":
            target = re.search(r'^Fast link dest: "(.*)"$', about, re.MULTILINE)
            return self._read(str(Path(path).parent.joinpath(target[1])), links - 1) if target else None
        return self._dump(path) if kind[1] == "regular" else None

    def _dump(self, path: str) -> bytes:
        with tempfile.NamedTemporaryFile(prefix="dump-", dir=self._raw.parent) as file:
            self._debugfs(f'dump "{path}" "{file.name}"')
            return Path(file.name).read_bytes()

    def _debugfs(self, request: str) -> str:
        return _run(["debugfs", "-R", request, str(self._raw)])


def _run(command: list[str], accepted: range = range(1)) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, env=tools.environment(), timeout=TIMEOUT
    )
    if done.returncode not in accepted:
        raise LabError(f"{command[0]} failed ({done.returncode})", done.stdout + done.stderr)
    return done.stdout
