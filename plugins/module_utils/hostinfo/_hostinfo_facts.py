# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Everything that the preflight looks at, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import (
    _hostinfo_evidence,
    _hostinfo_network,
    _hostinfo_toolstack,
)
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._preflight_model import Facts

if TYPE_CHECKING:
    from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._hostinfo import HostInspector


def facts(inspector: HostInspector) -> Facts:
    """Everything that the checks look at."""
    probe = inspector.probe
    rows = inspector.toolstack.rows or [] if inspector.toolstack else []
    return Facts(
        host=inspector.host,
        running=inspector.running,
        packages=inspector.packages,
        memory=inspector.memory,
        boot=inspector.boot,
        services=inspector.services,
        devices=inspector.devices,
        kernfs=inspector.kernfs,
        bridges=inspector.bridges,
        vnd=inspector.vnd,
        pciback=inspector.pciback,
        row=inspector.row,
        menu=inspector.menu,
        guests=inspector.guests,
        autostart=inspector.autostart,
        disks=_hostinfo_evidence.disks(probe, inspector.guests, inspector.mounts),
        default_bridge=_hostinfo_network.default_bridge(probe),
        native_config=_hostinfo_evidence.native_config(probe, inspector.menu),
        hypervisors=_hostinfo_evidence.hypervisors(probe, inspector.boot["files"]),
        scripts=_hostinfo_evidence.scripts(probe),
        loader=_hostinfo_evidence.loader(probe),
        rc_names=_hostinfo_evidence.rc_names(probe) if probe.is_netbsd else {},
        nameless=tuple(_hostinfo_toolstack.nameless(rows)),
        unheeded=_hostinfo_evidence.unheeded(probe, rows),
        vifs=_hostinfo_evidence.vifs(list(inspector.interfaces or ()), inspector.bridges, rows, inspector.guests),
        guests_32bit=_hostinfo_evidence.guests_32bit(probe, inspector.guests),
    )
