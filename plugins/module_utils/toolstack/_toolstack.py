# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The toolstack of a host: what every one of them can do, and which of them a host has.

All code above this line of the collection asks a ``Toolstack`` and does not know which one it is. Everything that a
toolstack tells comes in one form, libxl's: rows of `xl list`, and its JSON for the configuration of a domain.

The toolstack that the host does not have is not loaded: every task compiles what it loads, which costs more than the
rest of a task that finds nothing to do.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _host
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

if TYPE_CHECKING:
    from ansible_collections.netbsd.xen.plugins.module_utils.core import _releases

# XML_RPC_SOCKET of tools/python/xen/xend/XendClient.py
XEND_SOCKETS = ("/var/run/xend/xmlrpc.sock",)
# PKG_DBDIR of pkgsrc: of today, and of before 2020
PACKAGE_DATABASES = ("/usr/pkg/pkgdb", "/var/db/pkg")


class Commands(Protocol):
    """Command lines as lists, with no effect of their own: the plan shows them, the apply phase runs them.

    Memory is in MiB. A command that a toolstack does not have raises ``XenError`` when it is asked for, which is while
    planning, before anything was done.
    """

    @staticmethod
    def create(path: str, paused: bool = False) -> list[str]: ...

    @staticmethod
    def restore(save_file: str, paused: bool = False) -> list[str]: ...

    @staticmethod
    def save(name: str, save_file: str) -> list[str]: ...

    @staticmethod
    def shutdown(name: str, fallback: bool = False) -> list[str]: ...

    @staticmethod
    def destroy(name: str) -> list[str]: ...

    @staticmethod
    def reboot(name: str, fallback: bool = False) -> list[str]: ...

    @staticmethod
    def rename(name: str, new_name: str) -> list[str]: ...

    @staticmethod
    def trigger(name: str, trigger: str, vcpu: int = 0) -> list[str]: ...

    @staticmethod
    def sysrq(name: str, key: str) -> list[str]: ...

    @staticmethod
    def dump_core(name: str, path: str) -> list[str]: ...

    @staticmethod
    def pause(name: str) -> list[str]: ...

    @staticmethod
    def unpause(name: str) -> list[str]: ...

    @staticmethod
    def set_memory(name: str, mib: int) -> list[str]: ...

    @staticmethod
    def set_vcpus(name: str, count: int, overcommit: bool = False) -> list[str]: ...

    # A toolstack without one of these changes what they do by a restart.

    @staticmethod
    def set_maxmem(name: str, mib: int) -> list[str]: ...

    @staticmethod
    def set_sched(name: str, scheduler: str, parameter: str, value: int) -> list[str]: ...

    @staticmethod
    def pin_vcpu(name: str, vcpu: str, cpus: str) -> list[str]: ...

    # Devices by their specs as in a config file.

    @staticmethod
    def attach_disk(name: str, spec: str) -> list[str]: ...

    @staticmethod
    def detach_disk(name: str, vdev: str) -> list[str]: ...

    @staticmethod
    def insert_cd(name: str, vdev: str, target: str) -> list[str]: ...

    @staticmethod
    def eject_cd(name: str, vdev: str) -> list[str]: ...

    @staticmethod
    def attach_vif(name: str, spec: str) -> list[str]: ...

    @staticmethod
    def detach_vif(name: str, mac: str) -> list[str]: ...

    @staticmethod
    def attach_pci(name: str, spec: str) -> list[str]: ...

    @staticmethod
    def detach_pci(name: str, bdf: str) -> list[str]: ...


class Toolstack(Protocol):
    """One toolstack of this host.

    :param name: ``xl`` or ``xm``; also the name of its program in messages.
    :param syntax: of its config files, ``xl`` or ``python``: what ``_configfile`` wants to know.
    :param commands: its command lines.
    """

    name: str
    syntax: str
    commands: type[Commands]

    def run(self, command: Sequence[str], timeout: float = ...) -> _command.Result:
        """Run one of ``commands``.

        :raises HostError: Xen or its daemons are not there.
        :raises CommandError: any other failure, with the command, its rc and its output.
        """

    def listing(self) -> list[_listing.Row]:
        """All domains that exist in Xen now, the dom0 included."""

    def configurations(self) -> dict[int, dict[str, Any]]:
        """libxl's configuration of every domain by id, in the form of `xl list -l`."""

    def info(self) -> dict[str, str]:
        """What `xl info` says: the hypervisor, its memory (MiB) and its command line."""

    def uptimes(self) -> dict[int, int]:
        """Seconds since the start of every domain by id."""

    def safe_commands(self, info: dict[str, str]) -> type[Commands]:
        """The command lines without those that harm a guest with this version, by its ``info``."""

    def affinities(self, name: str) -> list[tuple[str, str]]:
        """Hard and soft affinity of each vcpu of a domain, in the words of `xl vcpu-list`."""

    def all_affinities(self) -> dict[int, list[tuple[str, str]]]:
        """The same of all domains, by id."""

    def assignable(self) -> list[str]:
        """The PCI functions, as ``0000:03:00.0``, that could be given to a guest now."""

    def validate(self, text: str) -> None:
        """Let the toolstack itself read a config without creating anything.

        :raises BadValue: it refuses it; the message holds its own words.
        """


def which(choice: str = "auto") -> str:
    """The name of the toolstack of this host. Never fails: a host that has none yet is taken for one of today's.

    :param choice: the module's option: ``auto`` takes what the host has. xl and xm are both there from Xen 4.1 to 4.4;
        then it is xm where xend runs, since xl and xend do not know of each other's guests, or where the packages are
        of a version that the collection manages with xm.
    """
    if choice != "auto":
        return choice
    xl, xm = (bool(_host.find_program(name)) for name in ("xl", "xm"))
    if not xm:
        return "xl"
    if not xl or _xend_runs():
        return "xm"
    return _of_packages() or "xl"


def _xend_runs() -> bool:
    """Whether xend takes connections on the socket that xm uses."""
    return any(_host.takes_connections(path) for path in XEND_SOCKETS)


def _of_packages() -> str | None:
    """The toolstack of the version of the installed xentools package."""
    release = _installed()
    return release.toolstack if release else None


def _installed() -> _releases.Release | None:
    """The version of Xen whose xentools package is installed, if it is one."""
    from ansible_collections.netbsd.xen.plugins.module_utils.core import _releases

    names = [name for directory in PACKAGE_DATABASES if os.path.isdir(directory) for name in os.listdir(directory)]
    releases = [_releases.of_package(name.partition("-")[0]) for name in names if name.startswith("xentools")]
    found = [release for release in releases if release]
    return found[0] if len(found) == 1 else None


def syntax(choice: str = "auto") -> str:
    """The syntax of the config files of this host, also when its toolstack cannot be asked."""
    return str(_kind(which(choice)).syntax)


def _kind(name: str) -> Any:
    """The class of a toolstack."""
    if name == "xl":
        from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xl

        return _xl.Xl
    from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xm

    return _xm.Xm


def commands(choice: str = "auto") -> type[Commands]:
    """The command lines of the toolstack of this host, also when it cannot be asked."""
    if which(choice) == "xl":
        from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xl

        return _xl.Commands
    from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xm_commands

    release = _installed()
    return _xm_commands.Commands3 if release and release.version.startswith("3.") else _xm_commands.Commands


def find(choice: str = "auto") -> Toolstack:
    """The toolstack of this host, ready to be asked.

    :param choice: as for ``which``.
    :raises HostError: it is not installed.
    """
    toolstack: Toolstack = _kind(which(choice))()
    toolstack.commands = commands(choice)
    return toolstack
