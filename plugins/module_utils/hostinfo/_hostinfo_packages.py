# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Installed packages that have to do with Xen, from pkg_info(1): local truth, with one process."""

from __future__ import annotations

import re

from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.packages import _pkgsrc

# What the preflight and the roles ask about; a host has hundreds of others.
_OURS = re.compile(r"^(?:xen(?:kernel|tools)\d+(?:-hvm)?|ovmf|grub|pkgin|libxen|xenstoretools|python\d+)$")


def installed(probe: Probe) -> dict[str, str]:
    """Versions by package name."""
    packages = _pkgsrc.parse_list("\n".join(probe.lines("pkg_info")))
    return {name: version for name, version in packages.items() if _OURS.match(name)}
