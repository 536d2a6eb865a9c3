# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The host and what runs on it now: kernel, firmware, hypervisor, and whether this is the dom0.

Sources: NetBSD sys/arch/xen/xen/hypervisor.c (machdep.xen.version), privcmd.c (/kern/xen/privcmd, dom0 only, mode
0400), sys/arch/x86/x86/x86_machdep.c (machdep.hypervisor, machdep.bootmethod); Linux: /sys/hypervisor, /proc/xen.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core import _releases
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe

PRIVCMD = "/kern/xen/privcmd"
# of every NetBSD
HARDWARE = ("hw.ncpu", "hw.physmem64", "hw.disknames")
# with machdep.hypervisor, .xen.version, .bootmethod and .cpu_brand, which some versions lack
SUBTREE = "machdep"
# XenPV, XenPVH, XenHVM, XenPVHVM: sys/arch/x86/x86/x86_machdep.c
_XEN_KINDS = re.compile(r"xen", re.IGNORECASE)
# "NetBSD 10.1 (XEN3_DOM0) #0: ..."
_CONFIG = re.compile(r"\(([A-Za-z0-9_.+-]+)\)")
# the first loader that UEFI can start: NetBSD 8
_FIRST_UEFI = (8, 0)


def host(probe: Probe, values: dict[str, str]) -> dict[str, Any]:
    """What the machine is, whatever boots on it.

    :param values: sysctls.
    """
    return {
        "system": probe.kernel.system,
        "release": probe.kernel.release,
        "machine": probe.kernel.machine,
        "hostname": probe.kernel.node,
        "firmware": _firmware(probe, values),
    }


def _firmware(probe: Probe, values: dict[str, str]) -> str | None:
    """``uefi``, ``bios``, or None when nobody says."""
    if not probe.is_netbsd:
        return "uefi" if probe.exists("/sys/firmware/efi") else "bios"
    told = values.get("machdep.bootmethod", "").lower()
    if told in ("uefi", "bios"):
        return told
    return "bios" if _releases.netbsd_release(probe.kernel.release) < _FIRST_UEFI else None


def running(probe: Probe, values: dict[str, str]) -> dict[str, Any]:
    """What runs now, as far as it can be told without the toolstack."""
    return _running_netbsd(probe, values) if probe.is_netbsd else _running_linux(probe)


def _running_netbsd(probe: Probe, values: dict[str, str]) -> dict[str, Any]:
    """/dev/xencons and /dev/xenevt exist on any NetBSD, and tell nothing. machdep.xen.version is missing before 7,
    machdep.hypervisor before 10; the privileged command interface tells of all."""
    is_dom0 = probe.exists(PRIVCMD)
    kind = values.get("machdep.hypervisor", "none")
    config = _CONFIG.search(probe.kernel.version)
    on_xen = is_dom0 or "machdep.xen.version" in values or bool(_XEN_KINDS.search(kind))
    if on_xen and not is_dom0 and not probe.exists("/kern/xen"):
        # the dom0 kernel, but nobody has mounted /kern
        is_dom0 = bool(config and "DOM0" in config.group(1))
    return {
        "hypervisor": "xen" if on_xen else kind if kind not in ("none", "") else None,
        "dom0": is_dom0,
        "xen_version": values.get("machdep.xen.version"),
        "kernel": config.group(1) if config else None,
    }


def _running_linux(probe: Probe) -> dict[str, Any]:
    version = None
    if (probe.text("/sys/hypervisor/type") or "").strip() == "xen":
        parts = [(probe.text(f"/sys/hypervisor/version/{name}") or "").strip() for name in ("major", "minor", "extra")]
        version = f"{parts[0]}.{parts[1]}{parts[2]}" if parts[0] else None
    capabilities = probe.text("/proc/xen/capabilities")
    is_xen = version is not None or capabilities is not None
    return {
        "hypervisor": "xen" if is_xen else None,
        "dom0": "control_d" in (capabilities or ""),
        "xen_version": version,
        "kernel": probe.kernel.release,
    }


def chosen_row(probe: Probe, version: str, packages: dict[str, str]) -> _releases.Release | None:
    """The row of the version that was asked for, else that of the installed pair, else None.

    :param packages: versions by name of what is installed; only looked at when no version is asked for.
    :raises BadValue: pkgsrc has no such version.
    :raises HostError: it has, but not for this host.
    """
    if version:
        row = _releases.release(version)
        if not probe.is_netbsd:
            raise HostError(
                f"Xen {row.version} is installed from pkgsrc on NetBSD only, and this host runs "
                f"{probe.kernel.system}. Leave `version` empty to look at it as it is.",
                error_id="unsupported_system",
            )
        _releases.require_supported(row, probe.kernel.machine, probe.kernel.release)
        return row
    rows = {name: _releases.of_package(name) for name in packages}
    tools = [row for name, row in rows.items() if row and name == row.tools_package]
    kernels = [row for name, row in rows.items() if row and name == row.kernel_package]
    # xentools of two versions conflict, so there is one at most; xenkernels of several may lie side by side
    if tools:
        return tools[0]
    return kernels[0] if len(kernels) == 1 else None
