# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Which domains have which PCI functions: by their config files, and as they run."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.options._options import BY_NAME
from ansible_collections.netbsd.xen.plugins.module_utils.pci._pciback_plan import Use
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

_PCI = BY_NAME["pci"]


def uses(
    rows: Iterable[_listing.Row],
    running: Mapping[int, dict[str, Any]],
    configs: Mapping[str, _configfile.ConfigFile],
    known: Iterable[str] = (),
) -> dict[str, list[Use]]:
    """The domains of each function, by canonical BDF, sorted by name.

    :param running: libxl's configurations by domain id.
    :param configs: config files by path.
    :param known: functions of the host, for specs that mean all functions of a device.
    """
    known = list(known)
    live: dict[str, set[str]] = {}
    for row in rows:
        if row.domid and row.domid in running:
            live.setdefault(row.name, set()).update(bdfs(_PCI.live(running[row.domid]), known))
    on_disk: dict[str, tuple[str, set[str]]] = {}
    for path, config in configs.items():
        try:
            wanted = _plan_config.on_disk(config, _PCI) or []
        except XenError:
            continue  # what xl cannot read gives no device to anybody
        on_disk[str(config.value("name"))] = (path, bdfs(wanted, known))
    found: dict[str, list[Use]] = {}
    for name in sorted(set(live) | set(on_disk)):
        file, configured = on_disk.get(name, ("", set()))
        has = live.get(name, set())
        for bdf in sorted(configured | has):
            found.setdefault(bdf, []).append(Use(name, file or None, bdf in configured, bdf in has))
    return found


def bdfs(devices: Iterable[Any], known: Iterable[str]) -> set[str]:
    """The functions that PCI specs (``_spec_pci.Pci``) mean. One with a name only is not known by its BDF."""
    found: set[str] = set()
    for device in devices:
        if device.bdf and device.bdf.endswith("*"):
            found.update(bdf for bdf in known if bdf[:-1] == device.bdf[:-1])
        elif device.bdf:
            found.add(device.bdf)
    return found
