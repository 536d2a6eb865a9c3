# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the lab keeps its files: everything below one directory, `.cache/lab` of the checkout unless told otherwise.

Layout of that directory::

    base-KEY/rootfs          Debian's own files                         (slow to make, changes rarely)
    image-KEY/               disk.img, boot files, ssh keys             (ours on top of a base)
    image-KEY/snapshots/     NAME-KEY/ram.lz4, disk.qcow2, meta.json
    netbsd-KEY/              the same for the NetBSD-faced host
    warm/                    boots of that host to go on from (warm.py)
    instances/NAME/          state.json, disk.qcow2, console.log, …
    locks/  logs/
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .errors import LabError

LAB_SOURCE = Path(__file__).resolve().parent.parent
FILES = LAB_SOURCE / "files"
CHECKOUT = LAB_SOURCE.parent.parent


def default_root() -> Path:
    """The lab's directory: $XENLAB_DIR, or `.cache/lab` of the checkout."""
    return Path(os.environ.get("XENLAB_DIR") or CHECKOUT / ".cache" / "lab").resolve()


@dataclass(frozen=True)
class Paths:
    """The lab's directory and the places in it."""

    root: Path

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def instances(self) -> Path:
        return self.root / "instances"

    def base(self, key: str) -> Path:
        return self.root / f"base-{key}"

    def image(self, key: str) -> Path:
        return self.root / f"image-{key}"

    def netbsd(self, key: str) -> Path:
        return self.root / f"netbsd-{key}"

    @property
    def warm(self) -> Path:
        return self.root / "warm"

    def instance(self, name: str) -> Path:
        return self.instances / name

    def sockets(self, name: str) -> Path:
        """A private directory with a short path for the instance's sockets.

        The path of a Unix socket has at most 107 bytes, and ssh adds 17 of its own to ControlPath while it connects,
        so they cannot live below a checkout of any depth.
        """
        digest = hashlib.sha256(f"{self.root}\0{name}".encode()).hexdigest()[:10]
        return _short_directory() / digest


def _short_directory() -> Path:
    parent = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    if len(str(parent)) > 40 or not parent.is_dir():
        parent = Path("/tmp")
    return parent / f"xenlab-{os.getuid()}"


def make_private(directory: Path) -> Path:
    """Make directory and its parent readable by this user only, and refuse one that belongs to somebody else."""
    for each in (directory.parent, directory):
        each.mkdir(mode=0o700, exist_ok=True)
        info = each.lstat()
        if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid() or info.st_mode & 0o077:
            raise LabError(f"{each} is not a private directory of this user: remove it and try again")
    return directory
