# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a check of the preflight is, and what it may look at."""

from __future__ import annotations

from typing import Any, Callable, Iterable, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._releases import Release
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._hostinfo_boot import Menu
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._hostinfo_guests import Autostart, Guest

# As it is, the host does not boot as a dom0, or a guest does not start, or data is in danger.
ERROR = "error"
# It works, and will fail one day or in a case.
WARNING = "warning"
# Nothing is wrong: a step on the way to a dom0 that is not done yet.
INFO = "info"
SEVERITIES = (ERROR, WARNING, INFO)


class DiskFile(NamedTuple):
    """The target of a virtual disk in the dom0.

    :param kind: ``missing``, ``file``, ``block``, ``character`` or ``other``.
    :param real: its path with all links resolved; two disks with one ``real`` are one disk.
    """

    guest: str
    autostart: bool
    path: str
    real: str
    kind: str
    writable: bool
    has_script: bool
    mounted: bool


class Copy(NamedTuple):
    """A file that must be the same as another one.

    :param same: None when one of the two is missing.
    """

    path: str
    source: str
    same: bool | None


class Facts(NamedTuple):
    """Everything that the checks look at. All of it is gathered before: a check is a pure function.

    :param host: and the others up to ``pciback``: the return values of xen_host_info of these names.
    :param bridges: None when the host did not tell which there are.
    :param row: the version of Xen that the host has or shall have.
    :param native_config: configuration of the kernel that the native entry boots, when that is one for Xen.
    :param hypervisors: each hypervisor in / with the file of the package that it is a copy of.
    :param scripts: the hotplug scripts with those that the package has brought.
    :param loader: the second stage boot loader with that of the installed NetBSD.
    :param rc_names: what each Xen variable of rc.conf is, as ``YES`` or a list of names; None when nobody can tell.
    :param nameless: ids of guests that xenstored does not know.
    :param unheeded: names of guests that have been asked to shut down and still run.
    :param vifs: interfaces of running guests in the dom0, each with its bridge or None.
    :param guests_32bit: names of PV guests whose kernels are 32-bit programs.
    """

    host: dict[str, Any]
    running: dict[str, Any]
    packages: dict[str, str]
    memory: dict[str, Any]
    boot: dict[str, Any]
    services: list[dict[str, Any]]
    devices: list[dict[str, Any]]
    kernfs: dict[str, Any]
    bridges: list[dict[str, Any]] | None
    vnd: dict[str, Any]
    pciback: list[dict[str, Any]]
    row: Release | None
    menu: Menu
    guests: list[Guest]
    autostart: Autostart
    disks: list[DiskFile]
    default_bridge: str | None
    native_config: str | None = None
    hypervisors: tuple[Copy, ...] = ()
    scripts: tuple[Copy, ...] = ()
    loader: Copy | None = None
    rc_names: dict[str, str | None] = {}
    nameless: tuple[int, ...] = ()
    unheeded: tuple[str, ...] = ()
    vifs: dict[str, str | None] = {}
    guests_32bit: tuple[str, ...] = ()

    @property
    def has_packages(self) -> bool:
        """Whether the pair of the wanted version is installed: before that, little can be asked of a host."""
        row = self.row
        return row is not None and row.kernel_package in self.packages and row.tools_package in self.packages

    @property
    def is_netbsd(self) -> bool:
        return bool(self.host["system"] == "NetBSD")

    @property
    def starting(self) -> list[Guest]:
        """The guests that the host starts at boot, those with a config that xl can read."""
        return [guest for guest in self.guests if guest.autostart and guest.exists and not guest.syntax]


class Finding(NamedTuple):
    """A check that is not passed.

    :param what: one sentence: what is wrong, and where.
    :param cure: what to do, when that differs from what the check says.
    :param severity: likewise.
    """

    what: str
    cure: str | None = None
    severity: str | None = None


class Check(NamedTuple):
    """One check.

    :param number: of the list of failure modes that the documentation of xen_host_info tells.
    :param why: what happens when nobody cares.
    :param find: yields what is wrong; nothing when all is well, or when the check does not apply (yet).
    """

    id: str
    number: int
    severity: str
    why: str
    cure: str
    find: Callable[[Facts], Iterable[Finding]]

    def problems(self, facts: Facts) -> list[dict[str, Any]]:
        """The return values."""
        return [
            {
                "id": self.id,
                "number": self.number,
                "severity": finding.severity or self.severity,
                "what": finding.what,
                "why": self.why,
                "cure": finding.cure or self.cure,
            }
            for finding in self.find(facts)
        ]
