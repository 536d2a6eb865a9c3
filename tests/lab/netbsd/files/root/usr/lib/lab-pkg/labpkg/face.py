# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the face says that it is: /etc/lab/face (release=10.1, machine=amd64, …), as uname(1) of the face reads it."""

from __future__ import annotations

import re
from pathlib import Path

ARCHITECTURES = {"amd64": "x86_64", "i386": "i386"}


def read(root: Path) -> dict[str, str]:
    path = root / "etc/lab/face"
    lines = path.read_text().splitlines() if path.is_file() else []
    return {key.strip(): value.strip().strip("'\"") for key, _sign, value in (line.partition("=") for line in lines)}


def release(root: Path) -> str:
    """``uname -r``."""
    return read(root).get("release", "10.1")


def architecture(root: Path) -> str:
    """``uname -p``, which is what packages are for."""
    machine = read(root).get("machine", "amd64")
    return ARCHITECTURES.get(machine, machine)


def major(text: str) -> str:
    """What compatible_platform() of pkg_install compares: the number before the first dot (9.99.x: the whole)."""
    match = re.match(r"(\d+)(\.99\.\d+)?", text)
    return match.group(0) if match else text
