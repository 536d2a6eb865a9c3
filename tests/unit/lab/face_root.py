# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory that the face's commands take for the host's root (LAB_ROOT), for tests without a machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOTFS = Path(__file__).parents[2] / "lab" / "files" / "netbsd" / "rootfs"


@dataclass(frozen=True)
class Result:
    rc: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Face:
    """root: where the host's files are; tools: programs that come before the real ones."""

    root: Path
    tools: Path

    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.tools), os.environ["PATH"], "/usr/sbin", "/sbin"])
        return {"PATH": path, "LAB_ROOT": str(self.root), "LC_ALL": "C", "HOME": str(self.root)}

    def run(self, *command: str, cwd: Path | None = None) -> Result:
        """One command of the face, given by its path below the root: run("usr/bin/uname", "-r")."""
        return self._sh([str(ROOTFS / command[0]), *command[1:]], cwd=cwd)

    def script(self, text: str, *arguments: str, wrap: tuple[str, ...] = ()) -> Result:
        """A script of the test's own, as an rc.d script is started; wrap: a command that runs it (unshare …)."""
        file = self.root / "script"
        file.write_text(text)
        file.chmod(0o755)
        return self._sh([str(file), *arguments], wrap=wrap)

    def _sh(self, line: list[str], *, wrap: tuple[str, ...] = (), cwd: Path | None = None) -> Result:
        done = subprocess.run(
            [*wrap, "sh", *line],
            env=self.environment(),
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def tool(self, name: str, body: str) -> None:
        file = self.tools / name
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)

    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def make(directory: Path, release: str = "10.1") -> Face:
    face = Face(directory / "root", directory / "tools")
    face.tools.mkdir()
    for name in ("dev", "run/lab", "proc", "sys", "var/db", "var/run"):
        (face.root / name).mkdir(parents=True)
    shutil.copytree(ROOTFS / "lab", face.root / "lab")
    face.write("etc/lab/face", f"release={release}\nmachine=amd64\n")
    face.write("proc/cmdline", "console=ttyS0\n")
    face.write("proc/meminfo", "MemTotal:         524288 kB\nMemFree: 1 kB\n")
    face.write("proc/cpuinfo", "processor\t: 0\nmodel name\t: Common KVM processor\n")
    face.write("proc/uptime", "100.00 90.00\n")
    return face
