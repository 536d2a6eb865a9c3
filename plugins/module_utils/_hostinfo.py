# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""xen_host_info: what is asked for is gathered, each thing once, and nothing more."""

from __future__ import annotations

import functools
import time
from typing import Any, Callable

from ansible_collections.netbsd.xen.plugins.module_utils import (
    _fstab,
    _hostinfo_boot,
    _hostinfo_devices,
    _hostinfo_evidence,
    _hostinfo_guests,
    _hostinfo_hvm,
    _hostinfo_network,
    _hostinfo_packages,
    _hostinfo_services,
    _hostinfo_system,
    _hostinfo_toolstack,
    _ifconfig,
    _preflight,
)
from ansible_collections.netbsd.xen.plugins.module_utils._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils._preflight_model import Facts
from ansible_collections.netbsd.xen.plugins.module_utils._releases import Release

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
        if "problems" in self.subsets:
            _preflight.require(self.problems, self.fail_on)
        return {**result, "warnings": self.probe.warnings}

    # what everything else needs

    @functools.cached_property
    def _sysctls(self) -> dict[str, str]:
        return self.probe.sysctl(_hostinfo_system.SYSCTLS) if self.probe.is_netbsd else {}

    @functools.cached_property
    def host(self) -> dict[str, Any]:
        return _hostinfo_system.host(self.probe, self._sysctls)

    @functools.cached_property
    def _kernel(self) -> dict[str, Any]:
        return _hostinfo_system.running(self.probe, self._sysctls)

    @functools.cached_property
    def running(self) -> dict[str, Any]:
        """What the toolstack adds costs two processes, and is asked for only when a subset needs it."""
        toolstack = self._toolstack
        return {
            **self._kernel,
            "commandline": toolstack.info.get("xen_commandline"),
            "domains": _hostinfo_toolstack.names(toolstack.rows),
        }

    @functools.cached_property
    def packages(self) -> dict[str, str]:
        return _hostinfo_packages.installed(self.probe) if self.probe.is_netbsd else {}

    @functools.cached_property
    def row(self) -> Release | None:
        return _hostinfo_system.chosen_row(self.probe, self.version, {} if self.version else self.packages)

    @functools.cached_property
    def _toolstack(self) -> _hostinfo_toolstack.Toolstack:
        wanted = []
        if self.subsets & {"hypervisor", "boot", "problems"}:
            wanted.append("info")
        if self.subsets & {"domains", "problems"}:
            wanted.append("list")
        if not wanted or not self._kernel["dom0"]:
            return _hostinfo_toolstack.NOTHING
        return _hostinfo_toolstack.ask(self.probe, self.row.toolstack if self.row else "xl", tuple(wanted))

    @functools.cached_property
    def _on_xen(self) -> bool:
        return bool(self._kernel["hypervisor"] == "xen")

    # hypervisor

    @property
    def memory(self) -> dict[str, Any]:
        return _hostinfo_toolstack.memory(self._toolstack.info, self._sysctls, self._on_xen)

    @property
    def cpus(self) -> dict[str, Any]:
        return _hostinfo_toolstack.cpus(self._toolstack.info, self._sysctls, self._on_xen)

    @property
    def hvm(self) -> dict[str, Any]:
        return _hostinfo_hvm.capability(self.probe, self._toolstack.info)

    # boot

    @functools.cached_property
    def _mounts(self) -> list[_fstab.Mount]:
        return _hostinfo_devices.mounts(self.probe)

    @functools.cached_property
    def _menu(self) -> _hostinfo_boot.Menu:
        if not self.probe.is_netbsd:
            return _hostinfo_boot.Menu(None)
        return _hostinfo_boot.menu(self.probe, self.host["firmware"], self._mounts)

    @functools.cached_property
    def boot(self) -> dict[str, Any]:
        return _hostinfo_boot.boot(self.probe, self._menu, self.running)

    @property
    def reboot_required(self) -> dict[str, Any]:
        hidden = [device["bdf"] for device in self.pciback] if self.kernfs["privcmd"] else None
        reasons = _hostinfo_boot.reboot_reasons(
            self._menu.document, self.row, self.running, self.boot["files"], self._boot_time(), hidden
        )
        return {"required": bool(reasons), "reasons": reasons}

    # services, devices, network

    @functools.cached_property
    def services(self) -> list[dict[str, Any]]:
        if self.row is None or not self.probe.is_netbsd:
            return []
        return _hostinfo_services.services(self.probe, self.row, _hostinfo_services.processes(self.probe))

    @functools.cached_property
    def devices(self) -> list[dict[str, Any]]:
        return _hostinfo_devices.nodes(self.probe) if self.probe.is_netbsd else []

    @functools.cached_property
    def kernfs(self) -> dict[str, Any]:
        return _hostinfo_devices.kernfs(self.probe, self._mounts)

    @functools.cached_property
    def vnd(self) -> dict[str, Any]:
        return _hostinfo_devices.vnd(self.probe, self._sysctls)

    @functools.cached_property
    def pciback(self) -> list[dict[str, Any]]:
        return _hostinfo_devices.pciback(self.probe)

    @functools.cached_property
    def _interfaces(self) -> dict[str, _ifconfig.Interface]:
        return _hostinfo_network.interfaces(self.probe) if self.probe.is_netbsd else {}

    @functools.cached_property
    def bridges(self) -> list[dict[str, Any]]:
        return _hostinfo_network.bridges(self.probe, self._interfaces)

    # guests

    @functools.cached_property
    def _autostart(self) -> _hostinfo_guests.Autostart:
        return _hostinfo_guests.autostart(self.probe)

    @functools.cached_property
    def _guests(self) -> list[_hostinfo_guests.Guest]:
        return _hostinfo_guests.guests(self.probe, self._autostart)

    @property
    def domains(self) -> list[dict[str, Any]]:
        return [guest.as_dict(self.running["domains"]) for guest in self._guests if guest.autostart]

    # preflight

    @functools.cached_property
    def problems(self) -> list[dict[str, Any]]:
        return _preflight.problems(self._facts())

    def _facts(self) -> Facts:
        probe, rows = self.probe, self._toolstack.rows or []
        return Facts(
            host=self.host,
            running=self.running,
            packages=self.packages,
            memory=self.memory,
            boot=self.boot,
            services=self.services,
            devices=self.devices,
            kernfs=self.kernfs,
            bridges=self.bridges,
            vnd=self.vnd,
            pciback=self.pciback,
            row=self.row,
            menu=self._menu,
            guests=self._guests,
            autostart=self._autostart,
            disks=_hostinfo_evidence.disks(probe, self._guests, self._mounts),
            default_bridge=_hostinfo_network.default_bridge(probe),
            native_config=_hostinfo_evidence.native_config(probe, self._menu),
            hypervisors=_hostinfo_evidence.hypervisors(probe, self.boot["files"]),
            scripts=_hostinfo_evidence.scripts(probe),
            loader=_hostinfo_evidence.loader(probe),
            rc_names=_hostinfo_evidence.rc_names(probe) if probe.is_netbsd else {},
            nameless=tuple(_hostinfo_toolstack.nameless(rows)),
            unheeded=_hostinfo_evidence.unheeded(probe, rows),
            vifs=_hostinfo_evidence.vifs(list(self._interfaces), self.bridges, rows, self._guests),
            guests_32bit=_hostinfo_evidence.guests_32bit(probe, self._guests),
        )
