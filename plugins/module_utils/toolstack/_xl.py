# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The xl toolstack (Xen 4.2 and later): its command lines, and the calls that read from it.

Exit codes: any non-zero is a failure; the numbers differ between versions (tools/xl/xl.c, xl_vmcontrol.c) and are
never matched.
"""

from __future__ import annotations

import re
import time
from typing import Any, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, CommandError, HostError, TimedOut
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _host, _temporary
from ansible_collections.netbsd.xen.plugins.module_utils.options import _vcpulist
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

# `xl list` fails now and then while domains come and go (seen by Ganeti over the years): worth a few seconds.
_LIST_RETRIES = 3
_RETRY_PAUSE = 1.0
# It takes 0.3 s on an emulated host; without xenstored it never ends.
_LIST_SECONDS = 45.0
_LIST_SECONDS_NO_SOCKET = 15.0
# libxl waits up to 180 s for each of several stages on NetBSD (pkgsrc raises its time-outs), so be generous.
_LONG = 1800.0

_NO_XEN = re.compile(
    r"Can't find hypervisor information|privileged command interface: No such|/dev/xen/privcmd: No such"
)
_NO_PERMISSION = re.compile(r"privileged command interface: Permission denied|must be root", re.IGNORECASE)
_NO_DAEMON = re.compile(r"xenstore|xs_open|xs_daemon_open|failed to connect to .*store", re.IGNORECASE)


class Commands:
    """Command lines as lists, with no effect of their own: the plan shows them, the apply phase runs them."""

    @staticmethod
    def create(path: str, paused: bool = False) -> list[str]:
        return ["xl", "create", "-p", path] if paused else ["xl", "create", path]

    @staticmethod
    def restore(save_file: str, paused: bool = False) -> list[str]:
        return ["xl", "restore", "-p", save_file] if paused else ["xl", "restore", save_file]

    @staticmethod
    def save(name: str, save_file: str) -> list[str]:
        return ["xl", "save", name, save_file]

    @staticmethod
    def shutdown(name: str, fallback: bool = False) -> list[str]:
        """``fallback`` sends an ACPI power event to an HVM guest without PV drivers (`-F`); PV guests ignore it."""
        return ["xl", "shutdown", "-F", name] if fallback else ["xl", "shutdown", name]

    @staticmethod
    def destroy(name: str) -> list[str]:
        return ["xl", "destroy", name]

    @staticmethod
    def reboot(name: str, fallback: bool = False) -> list[str]:
        """``fallback`` presses the reset button of an HVM guest without PV drivers (`-F`); PV guests ignore it."""
        return ["xl", "reboot", "-F", name] if fallback else ["xl", "reboot", name]

    @staticmethod
    def rename(name: str, new_name: str) -> list[str]:
        return ["xl", "rename", name, new_name]

    @staticmethod
    def trigger(name: str, trigger: str, vcpu: int = 0) -> list[str]:
        return ["xl", "trigger", name, trigger, str(vcpu)]

    @staticmethod
    def sysrq(name: str, key: str) -> list[str]:
        return ["xl", "sysrq", name, key]

    @staticmethod
    def dump_core(name: str, path: str) -> list[str]:
        return ["xl", "dump-core", name, path]

    @staticmethod
    def pause(name: str) -> list[str]:
        return ["xl", "pause", name]

    @staticmethod
    def unpause(name: str) -> list[str]:
        return ["xl", "unpause", name]

    @staticmethod
    def set_memory(name: str, mib: int) -> list[str]:
        """The unit is always written: `xl mem-set` takes a bare number as KiB in some versions, MiB in others."""
        return ["xl", "mem-set", name, f"{mib}m"]

    @staticmethod
    def set_vcpus(name: str, count: int, overcommit: bool = False) -> list[str]:
        """``overcommit``: more vcpus than the host has CPUs, which Xen 4.4 and later want to be told."""
        return ["xl", "vcpu-set", *(["--ignore-host"] if overcommit else []), name, str(count)]

    @staticmethod
    def set_maxmem(name: str, mib: int) -> list[str]:
        return ["xl", "mem-max", name, f"{mib}m"]

    @staticmethod
    def set_sched(name: str, scheduler: str, parameter: str, value: int) -> list[str]:
        """``parameter``: weight or cap; xl leaves the other one as it is (xl_sched.c)."""
        return ["xl", f"sched-{scheduler}", "-d", name, f"-{parameter[0]}", str(value)]

    @staticmethod
    def pin_vcpu(name: str, vcpu: str, cpus: str) -> list[str]:
        """``vcpu``: its number, or all."""
        return ["xl", "vcpu-pin", name, vcpu, cpus]

    @staticmethod
    def attach_disk(name: str, spec: str) -> list[str]:
        return ["xl", "block-attach", name, spec]

    @staticmethod
    def detach_disk(name: str, vdev: str) -> list[str]:
        """Asks the guest to let go. Before Xen 4.15, xl takes the disk away after ten seconds without an answer."""
        return ["xl", "block-detach", name, vdev]

    @staticmethod
    def insert_cd(name: str, vdev: str, target: str) -> list[str]:
        return ["xl", "cd-insert", name, vdev, target]

    @staticmethod
    def eject_cd(name: str, vdev: str) -> list[str]:
        return ["xl", "cd-eject", name, vdev]

    @staticmethod
    def attach_vif(name: str, spec: str) -> list[str]:
        """Each item of the spec is an argument of its own (xl_nic.c)."""
        return ["xl", "network-attach", name, *(item for item in spec.split(",") if item)]

    @staticmethod
    def detach_vif(name: str, mac: str) -> list[str]:
        return ["xl", "network-detach", name, mac]

    @staticmethod
    def attach_pci(name: str, spec: str) -> list[str]:
        return ["xl", "pci-attach", name, spec]

    @staticmethod
    def detach_pci(name: str, bdf: str) -> list[str]:
        return ["xl", "pci-detach", name, bdf]


class CommandsBefore415(Commands):
    """Those of Xen 4.14 and older, where `xl block-detach` takes a disk away from a guest that has it in use.

    Until the commit "xl: implement documented '--force' option for block-detach" (Xen 4.15), xl did so by itself
    after ten seconds.
    """

    detach_disk = None  # type: ignore[assignment]


class Xl:
    """Reads the state of the host through xl, and runs its commands. Every call is one process."""

    name = "xl"
    syntax = "xl"
    commands = Commands

    def __init__(self, program: str | None = None) -> None:
        found = program or _host.find_program("xl")
        if not found:
            raise HostError(
                "xl is not installed on this host. On NetBSD it comes with a xentools package "
                "(`pkgin install xentools420`), on Debian with xen-utils.",
                error_id="toolstack_missing",
            )
        self.program = found

    def run(self, command: Sequence[str], timeout: float = _LONG) -> _command.Result:
        """Run one of ``Commands``.

        :raises HostError: Xen or its daemons are not there.
        :raises CommandError: any other failure, with the command, its rc and its output.
        """
        result = _command.run([self.program, *command[1:]], timeout)
        if result.rc != 0:
            raise self._error(command, result)
        return result

    def listing(self) -> list[_listing.Row]:
        """All domains that exist now: one `xl list`.

        :raises HostError: as ``run``; a hanging xl is taken for what it means, that xenstored does not answer.
        """
        answers = _host.xenstored_answers()
        if answers is False:
            raise daemons_down()
        patience = _LIST_SECONDS if answers else _LIST_SECONDS_NO_SOCKET
        for attempt in range(_LIST_RETRIES):
            try:
                return _listing.parse_list(self.run(["xl", "list"], timeout=patience).stdout)
            except TimedOut as error:
                raise daemons_down(str(error.details.get("stderr", ""))) from error
            except CommandError:
                if attempt == _LIST_RETRIES - 1:
                    raise
                time.sleep(_RETRY_PAUSE)
        raise AssertionError("unreachable")

    def configurations(self) -> dict[int, dict[str, Any]]:
        """libxl's configuration of every domain by id: one `xl list -l`."""
        return _listing.parse_long(self.run(["xl", "list", "-l"], timeout=300).stdout)

    def info(self) -> dict[str, str]:
        """`xl info`: the hypervisor, its memory (MiB) and its command line."""
        return _listing.parse_info(self.run(["xl", "info"], timeout=60).stdout)

    def uptimes(self) -> dict[int, int]:
        """Seconds since the start of every domain by id: one `xl uptime`."""
        return _listing.parse_uptime(self.run(["xl", "uptime"], timeout=60).stdout)

    @staticmethod
    def safe_commands(info: dict[str, str]) -> type[Commands]:
        """The command lines that are safe with this version.

        :param info: `xl info`.
        """
        version = tuple(int(info.get(part, "0") or 0) for part in ("xen_major", "xen_minor"))
        return Commands if version >= (4, 15) else CommandsBefore415

    def affinities(self, name: str) -> list[tuple[str, str]]:
        """Hard and soft affinity of each vcpu of a domain, as they are now: one `xl vcpu-list`."""
        return _vcpulist.parse(self.run(["xl", "vcpu-list", name], timeout=60).stdout)

    def all_affinities(self) -> dict[int, list[tuple[str, str]]]:
        """The same of all domains by id: one `xl vcpu-list`."""
        return _vcpulist.parse_all(self.run(["xl", "vcpu-list"], timeout=60).stdout)

    def assignable(self) -> list[str]:
        """`xl pci-assignable-list`: the PCI functions that are hidden from the dom0 and no guest has."""
        return self.run(["xl", "pci-assignable-list"], timeout=60).stdout.split()

    def validate(self, text: str) -> None:
        """Let xl itself read a configuration without creating anything (`xl -N create`).

        :raises BadValue: xl refuses it; the message holds xl's own words.
        """
        with _temporary.holding(text.encode("utf-8", "surrogateescape")) as path:
            result = _command.run([self.program, "-N", "create", path], 60)
        if result.rc != 0:
            self._raise_if_host(result)
            said = [line for line in result.stderr.replace(path, "config").splitlines() if "Parsing config" not in line]
            raise BadValue("config", "…", "xl refuses the configuration: " + " ".join(said), stderr=result.stderr)

    def _error(self, command: Sequence[str], result: _command.Result) -> Exception:
        self._raise_if_host(result)
        said = result.stderr.strip() or result.stdout.strip() or "it said nothing"
        return CommandError(
            f"`{' '.join(command)}` failed with exit code {result.rc}: {said}",
            command,
            result.rc,
            result.stdout,
            result.stderr,
        )

    @staticmethod
    def _raise_if_host(result: _command.Result) -> None:
        """Turn what xl says on a host that cannot work at all into its cause."""
        said = f"{result.stderr}\n{result.stdout}"
        if _NO_PERMISSION.search(said):
            _host.require_root()
        if _NO_XEN.search(said):
            reason = _host.no_xen_reason() or said.strip()
            raise HostError(f"Xen is not running on this host: {reason}", error_id="no_xen", stderr=result.stderr)
        if "cannot init xl context" in said and _NO_DAEMON.search(said):
            raise daemons_down(result.stderr)


def daemons_down(stderr: str = "") -> HostError:
    """The error for a dom0 whose xenstored or xenconsoled does not run."""
    return HostError(
        "The Xen daemons are not running: xl cannot reach xenstored. Start them "
        "(NetBSD: `xencommons=YES` in /etc/rc.conf and `/etc/rc.d/xencommons start`; "
        "Linux: the xencommons or xen service).",
        error_id="daemons_down",
        stderr=stderr,
    )
