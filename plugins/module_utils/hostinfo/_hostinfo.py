# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""xen_host_info: what is asked for is gathered, each thing once, and nothing more.

The readers of each part are imported where they are used. Ansible sends modules as source code, and a host compiles
all that is imported, for every task anew: the roles ask for the host alone, and should not wait for the rest.
"""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any, Callable

from ansible_collections.netbsd.xen.plugins.module_utils.core._releases import Release
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_system

if TYPE_CHECKING:
    from ansible_collections.netbsd.xen.plugins.module_utils.host._fstab import Mount
    from ansible_collections.netbsd.xen.plugins.module_utils.host._ifconfig import Interface
    from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._hostinfo_boot import Menu
    from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._hostinfo_guests import Autostart, Guest
    from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._hostinfo_toolstack import Toolstack

SUBSETS = ("host", "packages", "hypervisor", "boot", "services", "devices", "network", "domains", "problems")
# Which return values each subset brings, besides `host`, `running` and `xen`.
RETURNS = {
    "host": (),
    "packages": ("packages",),
    "hypervisor": ("memory", "cpus", "hvm"),
    "boot": ("boot", "reboot_required"),
    "services": ("services",),
    "devices": ("devices", "kernfs", "vnd", "pciback"),
    "network": ("bridges",),
    "domains": ("domains",),
    "problems": ("problems",),
}
FAIL_ON = ("none", "error", "warning")
# Which subsets need what costs more than the rest.
_NEED_HARDWARE = {"hypervisor", "devices", "problems"}
_NEED_INFO = {"hypervisor", "boot", "problems"}
_NEED_LIST = {"domains", "problems"}


def booted_at() -> float:
    """Seconds of the clock at the last boot: CLOCK_MONOTONIC of both systems counts from there."""
    return time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)


class HostInspector:
    """Looks at one host.

    :param version: the Xen that this host has or shall have; empty for the installed one.
    :param subsets: names of ``SUBSETS``, or ``all``. ``host`` is always told.
    :param fail_on: see ``_preflight.require``; anything but ``none`` needs the problems.
    """

    def __init__(
        self,
        version: str,
        subsets: list[str],
        fail_on: str = "none",
        probe: Probe | None = None,
        boot_time: Callable[[], float] = booted_at,
    ) -> None:
        self.version = version
        self.fail_on = fail_on
        self.subsets = set(SUBSETS) if "all" in subsets else set(subsets)
        if fail_on != "none":
            self.subsets.add("problems")
        self.probe = probe or Probe()
        self._boot_time = boot_time

    def run(self) -> dict[str, Any]:
        """The return values of the module.

        :raises BadValue: unknown version.
        :raises HostError: the version is not for this host, or there are problems to fail on.
        """
        if self.version:
            # before anything is looked at
            _hostinfo_system.chosen_row(self.probe, self.version, {})
        result = {
            "host": self.host,
            "running": self.running,
            "xen": self.row.as_dict(self.probe.kernel.machine) if self.row else None,
        }
        for subset in SUBSETS:
            if subset in self.subsets:
                result.update((name, getattr(self, name)) for name in RETURNS[subset])
        if self.fail_on != "none":
            self._require_no_problems()
        return {**result, "warnings": self.probe.warnings}

    # what everything else needs

    @functools.cached_property
    def _sysctls(self) -> dict[str, str]:
        if not self.probe.is_netbsd:
            return {}
        names = _hostinfo_system.HARDWARE if self.subsets & _NEED_HARDWARE else ()
        return self.probe.sysctl(*names, _hostinfo_system.SUBTREE)

    @functools.cached_property
    def host(self) -> dict[str, Any]:
        return _hostinfo_system.host(self.probe, self._sysctls)

    @functools.cached_property
    def _kernel(self) -> dict[str, Any]:
        return _hostinfo_system.running(self.probe, self._sysctls)

    @functools.cached_property
    def running(self) -> dict[str, Any]:
        """What the toolstack adds costs two processes, and is asked for only when a subset needs it."""
        toolstack = self.toolstack
        if toolstack is None:
            return {**self._kernel, "commandline": None, "domains": None}
        told = {"commandline": toolstack.info.get("xen_commandline"), "domains": toolstack.names}
        if self._kernel["xen_version"] is None:
            # a kernel from before NetBSD 7 does not tell
            told["xen_version"] = toolstack.version
        return {**self._kernel, **told}

    @functools.cached_property
    def packages(self) -> dict[str, str]:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_packages

        return _hostinfo_packages.installed(self.probe) if self.probe.is_netbsd else {}

    @functools.cached_property
    def row(self) -> Release | None:
        return _hostinfo_system.chosen_row(self.probe, self.version, {} if self.version else self.packages)

    @functools.cached_property
    def toolstack(self) -> Toolstack | None:
        """What it answered; None when it was not asked."""
        wanted = []
        if self.subsets & _NEED_INFO:
            wanted.append("info")
        if self.subsets & _NEED_LIST:
            wanted.append("list")
        if not wanted or not self._kernel["dom0"]:
            return None
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_toolstack

        return _hostinfo_toolstack.ask(self.probe, self.row.toolstack if self.row else "xl", tuple(wanted))

    @property
    def _info(self) -> dict[str, str]:
        """`xl info`."""
        return self.toolstack.info if self.toolstack else {}

    @functools.cached_property
    def _on_xen(self) -> bool:
        return bool(self._kernel["hypervisor"] == "xen")

    # hypervisor

    @property
    def memory(self) -> dict[str, Any]:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_toolstack

        return _hostinfo_toolstack.memory(self.toolstack or _hostinfo_toolstack.NOTHING, self._sysctls, self._on_xen)

    @property
    def cpus(self) -> dict[str, Any]:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_toolstack

        return _hostinfo_toolstack.cpus(self._info, self._sysctls, self._on_xen)

    @property
    def hvm(self) -> dict[str, Any]:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_hvm

        return _hostinfo_hvm.capability(self.probe, self._info)

    # boot

    @functools.cached_property
    def mounts(self) -> list[Mount]:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_devices

        return _hostinfo_devices.mounts(self.probe)

    @functools.cached_property
    def menu(self) -> Menu:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_boot

        if not self.probe.is_netbsd:
            return _hostinfo_boot.Menu(None)
        return _hostinfo_boot.menu(self.probe, self.host["firmware"], self.mounts)

    @functools.cached_property
    def boot(self) -> dict[str, Any]:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_boot

        return _hostinfo_boot.boot(self.probe, self.menu, self.running)

    @property
    def reboot_required(self) -> dict[str, Any]:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_boot

        hidden = [device["bdf"] for device in self.pciback] if self.kernfs["privcmd"] else None
        reasons = _hostinfo_boot.reboot_reasons(
            self.menu.document, self.row, self.running, self.boot["files"], self._boot_time(), hidden
        )
        return {"required": bool(reasons), "reasons": reasons}

    # services, devices, network

    @functools.cached_property
    def services(self) -> list[dict[str, Any]]:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_services

        if self.row is None or not self.probe.is_netbsd:
            return []
        return _hostinfo_services.services(self.probe, self.row, _hostinfo_services.processes(self.probe))

    @functools.cached_property
    def devices(self) -> list[dict[str, Any]]:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_devices

        return _hostinfo_devices.nodes(self.probe) if self.probe.is_netbsd else []

    @functools.cached_property
    def kernfs(self) -> dict[str, Any]:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_devices

        return _hostinfo_devices.kernfs(self.probe, self.mounts)

    @functools.cached_property
    def vnd(self) -> dict[str, Any]:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_devices

        return _hostinfo_devices.vnd(self.probe, self._sysctls)

    @functools.cached_property
    def pciback(self) -> list[dict[str, Any]]:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_devices

        return _hostinfo_devices.pciback(self.probe)

    @functools.cached_property
    def interfaces(self) -> dict[str, Interface] | None:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_network

        return _hostinfo_network.interfaces(self.probe) if self.probe.is_netbsd else {}

    @functools.cached_property
    def bridges(self) -> list[dict[str, Any]] | None:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_network

        return _hostinfo_network.bridges(self.probe, self.interfaces)

    # guests

    @functools.cached_property
    def autostart(self) -> Autostart:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_guests

        return _hostinfo_guests.autostart(self.probe)

    @functools.cached_property
    def guests(self) -> list[Guest]:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_guests

        syntax = "python" if self.row and self.row.toolstack == "xm" else "xl"
        return _hostinfo_guests.guests(self.probe, self.autostart, syntax)

    @property
    def domains(self) -> list[dict[str, Any]]:
        return [guest.as_dict(self.running["domains"]) for guest in self.guests if guest.autostart]

    # preflight

    @functools.cached_property
    def problems(self) -> list[dict[str, Any]]:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_facts, _preflight

        return _preflight.problems(_hostinfo_facts.facts(self))

    def _require_no_problems(self) -> None:
        from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _preflight

        _preflight.require(self.problems, self.fail_on)
