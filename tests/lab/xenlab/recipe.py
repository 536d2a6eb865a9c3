# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image is made of, as a key: same key, same image; another key, another image beside it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import apt
from .paths import FILES, LAB_SOURCE

KEY_LENGTH = 12
BASE_FILES = ("base.sh", "packages.txt")
# the code that decides what goes into an image; the rest of the package may change without a new one
BUILDER_CODE = tuple(LAB_SOURCE / "xenlab" / name for name in ("build.py", "guests.py", "kernel.py", "cpio.py"))
NETBSD_CODE = (*BUILDER_CODE, LAB_SOURCE / "xenlab" / "netbsd_image.py")
NETBSD_PACKAGES = LAB_SOURCE / "netbsd"
# the face's files, which only the NetBSD-faced image holds
FACE = "netbsd"


@dataclass(frozen=True)
class Recipe:
    """The keys of the stages: Debian's files, the dom0 image, the NetBSD-faced image. The first is in the other two."""

    base_key: str
    image_key: str
    netbsd_key: str


def digest(parts: Iterable[bytes | str]) -> str:
    """A short name for a sequence of strings; the boundaries between them count."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(b"%d:" % len(data) + data)
    return total.hexdigest()[:KEY_LENGTH]


def _tree(root: Path, without: str = "") -> list[bytes | str]:
    """Path, mode and contents of each file below root, one subdirectory left out.

    Only the execute bit of the mode survives a git checkout.
    """
    parts: list[bytes | str] = []
    skipped = root / without if without else None
    for path in sorted(each for each in root.rglob("*") if each.is_file() or each.is_symlink()):
        if (skipped and skipped in path.parents) or "__pycache__" in path.parts:
            continue
        if path.is_symlink():
            parts += [f"{path.relative_to(root)} link", os.readlink(path)]
            continue
        executable = "x" if os.access(path, os.X_OK) else "-"
        parts += [f"{path.relative_to(root)} {executable}", path.read_bytes()]
    return parts


def compute(
    sources: apt.Sources,
    files: Path = FILES,
    code: Sequence[Path] = BUILDER_CODE,
    netbsd_code: Sequence[Path] = NETBSD_CODE,
    netbsd_packages: Path = NETBSD_PACKAGES,
) -> Recipe:
    """The recipe for this checkout and these package sources.

    Of the sources only the suite counts: another mirror gives the same packages, and a new security update is no
    reason to build again (`clean --all` is how to ask for one).
    """
    build = files / "build"
    base_key = digest([sources.suite, *((build / name).read_bytes() for name in BASE_FILES)])
    image_key = digest([base_key, *_tree(files, FACE), *(path.read_bytes() for path in code)])
    netbsd = [*_tree(files), *_tree(netbsd_packages), *(path.read_bytes() for path in netbsd_code)]
    return Recipe(base_key, image_key, digest([base_key, *netbsd]))
