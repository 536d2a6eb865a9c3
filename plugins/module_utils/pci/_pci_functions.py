# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The PCI functions of a host, whatever its system: what they are, and which of them the host cannot do without."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.pci import _pci_linux, _pci_netbsd
from ansible_collections.netbsd.xen.plugins.module_utils.pci._pci_model import Function


class Functions(NamedTuple):
    """
    :param found: by canonical BDF (``0000:03:00.0``).
    :param complete: whether a function that is not there does not exist; False when the host cannot be asked.
    """

    found: dict[str, Function]
    complete: bool

    def as_dict(self, bdf: str) -> dict[str, Any]:
        """What is known of a function, as return values; all null for one that is not known."""
        return self.found.get(bdf, Function(bdf)).as_dict()


def read(probe: Probe) -> Functions:
    """All functions of the host."""
    if probe.is_netbsd:
        return Functions(*_pci_netbsd.functions(probe))
    return Functions(_pci_linux.functions(probe), True)


def indispensable(probe: Probe, functions: Functions, environment: Mapping[str, str]) -> dict[str, list[str]]:
    """Why the host needs a function, by BDF: its root disk, the network of this task, its screen.

    :param environment: of this process, for SSH_CONNECTION.
    """
    reader = _pci_netbsd if probe.is_netbsd else _pci_linux
    reasons: dict[str, list[str]] = {}
    for bdf, reason in reader.indispensable(probe, functions.found, environment):
        if reason not in reasons.setdefault(bdf, []):
            reasons[bdf].append(reason)
    return reasons
