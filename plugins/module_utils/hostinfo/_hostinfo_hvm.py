# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Whether this machine can run HVM guests: what the CPU has, and what the hypervisor found.

Sources: cpuctl(8) prints the features as <...,VMX,...> (Intel) and <...,SVM,...> (AMD); in a dom0 the hypervisor may
hide them, and then ``virt_caps`` of `xl info` is the truth (``hvm`` when the firmware has it switched on).
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe

_CPUCTL = re.compile(r"[<,](VMX|SVM)[>,]")
_LINUX = re.compile(r"^flags\s*:.*\b(vmx|svm)\b", re.MULTILINE)


def capability(probe: Probe, info: dict[str, str]) -> dict[str, Any]:
    """``capable``: True, False, or None when neither the CPU nor Xen tells; ``feature``: ``vmx`` or ``svm``;
    ``virt_caps``: what Xen says, None without Xen."""
    caps = info.get("virt_caps")
    feature = _feature(probe)
    if caps is not None:
        capable: bool | None = "hvm" in caps.split()
    elif feature:
        capable = True
    else:
        capable = None if probe.exists("/kern/xen") or not probe.program("cpuctl") else False
    return {"capable": capable, "feature": feature, "virt_caps": caps.split() if caps is not None else None}


def _feature(probe: Probe) -> str | None:
    if probe.is_netbsd:
        match = _CPUCTL.search("\n".join(probe.lines("cpuctl", "identify", "0")))
    else:
        match = _LINUX.search(probe.text("/proc/cpuinfo") or "")
    return match.group(1).lower() if match else None
