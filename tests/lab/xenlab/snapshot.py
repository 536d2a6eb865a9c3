# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Named snapshots: memory and disk of a running instance, to start from in seconds.

A snapshot belongs to one image, one version of QEMU and one set of arguments: all three are in the name of its
directory, so that it cannot be restored on another machine than its own.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from . import qmp, tools
from .errors import LabError
from .machine import QEMU, Machine
from .state import write_json

SAVE_TIMEOUT = 120.0
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,40}")


@dataclass(frozen=True)
class Snapshot:
    """A saved instance."""

    name: str
    directory: Path

    @property
    def memory(self) -> Path:
        return self.directory / "ram.lz4"

    @property
    def disk(self) -> Path:
        return self.directory / "disk.qcow2"

    @property
    def restore_command(self) -> str:
        """The shell command whose output QEMU reads the machine from."""
        return f"lz4 -dc {shlex.quote(str(self.memory))}"

    @property
    def mebibytes(self) -> int:
        return (self.memory.stat().st_size + self.disk.stat().st_blocks * 512) >> 20


@lru_cache(maxsize=1)
def qemu_version() -> str:
    """The first line of `qemu-system-x86_64 --version`."""
    command = [QEMU, "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env=tools.environment())
    return answer.stdout.splitlines()[0]


def check_name(name: str) -> str:
    """name, if it can be one of a snapshot or an instance."""
    if not NAME.fullmatch(name):
        raise LabError(f"{name!r} cannot be a name here: small letters, digits, - _ and ., at most 41 characters")
    return name


def place(image: Path, name: str, machine: Machine) -> Snapshot:
    """Where the snapshot of that name for that machine is, or would be."""
    return Snapshot(name, image / "snapshots" / f"{check_name(name)}-{machine.key(qemu_version())}")


def find(image: Path, name: str, machine: Machine) -> Snapshot | None:
    """The snapshot of that name for that machine, if it was made."""
    candidate = place(image, name, machine)
    return candidate if candidate.directory.is_dir() else None


def every(image: Path) -> list[Snapshot]:
    """All complete snapshots of an image, whatever machine they are for."""
    found = sorted((image / "snapshots").glob("*-*/meta.json"))
    return [Snapshot(path.parent.name.rpartition("-")[0], path.parent) for path in found]


def save(
    monitor_socket: Path, disk: Path, base_disk: Path, target: Snapshot, machine: Machine, boot: Path | None = None
) -> None:
    """Save the instance behind the monitor; its QEMU ends. The snapshot appears complete or not at all.

    boot: the directory of what was booted, if the machine boots from its own disk (firmware.py).
    """
    work = target.directory.with_name(f".unfinished-{target.directory.name}")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    unfinished = Snapshot(target.name, work)
    try:
        _save_memory(monitor_socket, unfinished.memory)
        # flattened onto the image: a snapshot does not depend on the one that its instance was started from
        convert = ["qemu-img", "convert", "-O", "qcow2", "-B", str(base_disk), "-F", "raw"]
        convert += [str(disk), str(unfinished.disk)]
        subprocess.run(convert, check=True, capture_output=True, env=tools.environment())
        if boot:
            shutil.copytree(boot, work / boot.name)
        write_json(work / "meta.json", {"name": target.name, "saved": time.time(), "machine": asdict(machine)})
        shutil.rmtree(target.directory, ignore_errors=True)
        work.rename(target.directory)
    except subprocess.CalledProcessError as error:
        raise LabError("qemu-img could not write the snapshot's disk", error.stderr.decode(errors="replace")) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _save_memory(monitor_socket: Path, target: Path) -> None:
    with qmp.Monitor(monitor_socket, SAVE_TIMEOUT) as monitor:
        monitor.do("stop")
        monitor.do("migrate-set-parameters", **{"max-bandwidth": 8 << 30})
        monitor.do("migrate", uri=f"exec:lz4 -1 > {shlex.quote(str(target))}")

        def completed() -> bool:
            answer = monitor.do("query-migrate")
            if answer.get("status") in ("failed", "cancelled"):
                raise LabError(f"QEMU could not save the machine: {answer.get('error-desc', answer['status'])}")
            return bool(answer.get("status") == "completed")

        qmp.wait(completed, SAVE_TIMEOUT, "saving the machine")
        monitor.do("quit")
