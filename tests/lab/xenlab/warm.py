# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boots that begin where an earlier one of the very same files had not yet looked at the disk.

Xen and the kernel take half a minute under emulation, and the same files with the same arguments do the same each time.
The initramfs (files/netbsd/initrd/init) waits a moment before it touches the root disk. There the machine is saved,
under a hash of all that went into it: QEMU, its arguments, the contents of every file that it loaded.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path

from . import qmp
from .errors import LabError
from .machine import Machine
from .recipe import digest
from .snapshot import qemu_version

PAUSE, RESUME = "LAB_PAUSE", "LAB_RESUME"
# The initramfs waits for four seconds of the clock. What is not stopped well before they are over is not saved.
DEADLINE = 2.5
KEPT = 16
SAVE_TIMEOUT = 60.0


def place(store: Path, machine: Machine, arguments: Sequence[str], boot_directory: Path) -> Path:
    """The file of the saved boot of these files, there or not."""
    files = [f"{path.name} {_hash(path)}" for path in sorted(boot_directory.iterdir()) if path.suffix != ".json"]
    return store / f"{digest([machine.key(qemu_version()), *arguments, *files])}.lz4"


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def restore_command(saved: Path) -> str:
    """The shell command whose output QEMU reads the machine from. It counts as used."""
    os.utime(saved)
    return f"lz4 -dc {shlex.quote(str(saved))}"


def resume(monitor: qmp.Monitor, timeout: float = 180.0) -> None:
    """Let a restored machine go on as soon as it has its memory."""
    qmp.wait(lambda: monitor.status() != "inmigrate", timeout, "restoring the boot")
    monitor.do("cont")


def save(monitor: qmp.Monitor, target: Path, console: Path, offset: int, not_before: float) -> bool:
    """Save the machine that waits in its initramfs, and let it go on. False if it was too late.

    not_before: when (monotonic clock) it was surely not yet waiting.
    """
    monitor.do("stop")
    try:
        late = time.monotonic() - not_before > DEADLINE
        with console.open("rb") as file:
            file.seek(offset)
            late = late or RESUME.encode() in file.read()
        if not late:
            _write(monitor, target)
        return not late
    finally:
        _go_on(monitor)


def _go_on(monitor: qmp.Monitor) -> None:
    """Let the machine run. A save that takes too long is ended first: QEMU would stop the machine at its end."""

    def ended() -> bool:
        return monitor.do("query-migrate").get("status", "none") in ("none", "completed", "failed", "cancelled")

    if not ended():
        monitor.do("migrate_cancel")
        qmp.wait(ended, SAVE_TIMEOUT, "ending the save of a boot")
    monitor.do("cont")


def _write(monitor: qmp.Monitor, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    unfinished = target.with_name(f".unfinished-{os.getpid()}")
    monitor.do("migrate-set-parameters", **{"max-bandwidth": 8 << 30})
    monitor.do("migrate", uri=f"exec:lz4 -1 > {shlex.quote(str(unfinished))}")

    def completed() -> bool:
        status = monitor.do("query-migrate").get("status")
        if status in ("failed", "cancelled"):
            raise LabError(f"QEMU could not save the boot: {status}")
        return bool(status == "completed")

    try:
        qmp.wait(completed, SAVE_TIMEOUT, "saving the boot")
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)
    for old in sorted(target.parent.glob("*.lz4"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
        old.unlink(missing_ok=True)
