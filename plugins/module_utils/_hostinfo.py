# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""xen_host_info: what is asked for is gathered, in the order in which one part needs another, and nothing more."""

from __future__ import annotations

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils import _hostinfo_packages, _hostinfo_system
from ansible_collections.netbsd.xen.plugins.module_utils._hostinfo_probe import Probe

SUBSETS = ("host", "packages")


class HostInspector:
    """Looks at one host.

    :param version: the Xen that this host has or shall have; empty for the installed one.
    :param subsets: names of ``SUBSETS``, or ``all``. ``host`` is always told.
    """

    def __init__(self, version: str, subsets: list[str], probe: Probe | None = None) -> None:
        self.version = version
        self.subsets = set(SUBSETS) if "all" in subsets else set(subsets)
        self.probe = probe or Probe()

    def run(self) -> dict[str, Any]:
        """The return values of the module.

        :raises BadValue: unknown version.
        :raises HostError: the version is not for this host.
        """
        if self.version:
            _hostinfo_system.chosen_row(self.probe, self.version, {})
        values = self.probe.sysctl(_hostinfo_system.SYSCTLS) if self.probe.is_netbsd else {}
        packages = {}
        if self.probe.is_netbsd and ("packages" in self.subsets or not self.version):
            packages = _hostinfo_packages.installed(self.probe)
        row = _hostinfo_system.chosen_row(self.probe, self.version, packages)
        result: dict[str, Any] = {
            "host": _hostinfo_system.host(self.probe, values),
            "running": _hostinfo_system.running(self.probe, values),
            "xen": row.as_dict(self.probe.kernel.machine) if row else None,
        }
        if "packages" in self.subsets:
            result["packages"] = packages
        return {**result, "warnings": self.probe.warnings}
