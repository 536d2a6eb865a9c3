# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m netbsd ROOTFS``, with LAB_XEN and LAB_VMLINUX naming plain ELF files in the environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .assemble import assemble


def _file(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


if len(sys.argv) != 2:
    sys.exit("usage: python -m netbsd ROOTFS")
assemble(Path(sys.argv[1]).resolve(), xen=_file("LAB_XEN"), vmlinux=_file("LAB_VMLINUX"))
