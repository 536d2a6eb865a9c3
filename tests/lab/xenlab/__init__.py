# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Xen host in QEMU for the collection's tests. See the README beside this package."""

from __future__ import annotations

from .errors import LabError
from .lab import Host, Lab
from .machine import Machine
from .ssh import Result

__all__ = ["Host", "Lab", "LabError", "Machine", "Result"]
