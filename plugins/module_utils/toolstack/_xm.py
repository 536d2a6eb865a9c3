# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The xm toolstack (Xen 3.1 to 4.2): xm asks xend, the daemon that does the work.

Source of its behaviour: tools/python/xen/xm/main.py and create.py. Most failures are exit code 1, some only print a
line that begins with ``Error:``; what a domain is, is told in SXP.
"""

from __future__ import annotations

import re
import time
from typing import Any, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import (
    BadValue,
    CommandError,
    HostError,
    TimedOut,
    XenError,
)
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _host, _temporary
from ansible_collections.netbsd.xen.plugins.module_utils.options import _vcpulist
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _pyconfig
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing, _xm_domain, _xm_listing
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack._xm_commands import Commands, Commands3

# A domain that goes while xend writes its listing makes xm fail; worth a few seconds, as with xl.
_LIST_RETRIES = 3
_RETRY_PAUSE = 1.0
# xm is a Python program of its own and takes a second on the machines of its time; xend may be busy starting a guest.
_LIST_SECONDS = 60.0
_LONG_LIST_SECONDS = 300.0
# waitForDevices() in xend gives each class of devices up to 100 s.
_LONG = 1800.0

_NO_DAEMON = re.compile(r"Unable to connect to xend|Xend has probably crashed|Is xend running", re.IGNORECASE)
_NOT_ROOT = re.compile(r"Most commands need root access")
_TAKEN = re.compile(r"already (?:exists|in use)")
_NOISE = re.compile(r"^(?:Using config file .*|Usage: xm .*|)$")


class Xm:
    """Reads the state of the host through xm, and runs its commands. Every call is one process."""

    name = "xm"
    syntax = "python"
    commands: type[Commands] = Commands

    def __init__(self, program: str | None = None) -> None:
        found = program or _host.find_program("xm")
        if not found:
            raise HostError(
                "xm is not installed on this host. It comes with Xen 3.1 to 4.2 (NetBSD: `pkgin install xentools41`); "
                "later versions have xl.",
                error_id="toolstack_missing",
            )
        self.program = found

    def run(self, command: Sequence[str], timeout: float = _LONG) -> _command.Result:
        """Run one of ``Commands``.

        :raises HostError: xend is not there.
        :raises CommandError: any other failure, with the command, its rc and its output.
        """
        result = _command.run([self.program, *command[1:]], timeout)
        if result.rc != 0 or re.search(r"^Error:", result.stderr, re.MULTILINE):
            raise self._error(command, result)
        return result

    def listing(self) -> list[_listing.Row]:
        """All domains that exist now: one `xm list`.

        :raises HostError: as ``run``; a hanging xm is taken for what it means, that xend does not answer.
        """
        return self._listing().rows

    def _listing(self) -> _xm_listing.Listing:
        for attempt in range(_LIST_RETRIES):
            try:
                return _xm_listing.parse_list(self.run(["xm", "list"], timeout=_LIST_SECONDS).stdout)
            except TimedOut as error:
                raise xend_down(str(error.details.get("stderr", "")), "does not answer") from error
            except CommandError:
                if attempt == _LIST_RETRIES - 1:
                    raise
                time.sleep(_RETRY_PAUSE)
        raise AssertionError("unreachable")

    def _domains(self) -> list[Any]:
        return _xm_domain.domains(self.run(["xm", "list", "--long"], timeout=_LONG_LIST_SECONDS).stdout)

    def configurations(self) -> dict[int, dict[str, Any]]:
        """The configuration of every domain by id, in libxl's form: one `xm list --long`."""
        found = {_xm_domain.domid(domain): _xm_domain.configuration(domain) for domain in self._domains()}
        return {domid: config for domid, config in found.items() if domid is not None}

    def info(self) -> dict[str, str]:
        """`xm info`: the same names as `xl info`, not all of them in old versions (xen_commandline)."""
        return _listing.parse_info(self.run(["xm", "info"], timeout=60).stdout)

    def uptimes(self) -> dict[int, int]:
        """Seconds since the start of every domain by id, from its start_time.

        `xm uptime` opens Linux's /proc/uptime for the dom0, and fails as a whole on a NetBSD that has none.
        """
        now = time.time()
        started = {_xm_domain.domid(domain): _xm_domain.start_time(domain) for domain in self._domains()}
        return {
            domid: max(0, int(now - begun))
            for domid, begun in started.items()
            if domid is not None and begun is not None
        }

    @staticmethod
    def safe_commands(info: dict[str, str]) -> type[Commands]:
        """The command lines of this version of Xen.

        :param info: `xm info`.
        """
        return Commands3 if info.get("xen_major") == "3" else Commands

    def affinities(self, name: str) -> list[tuple[str, str]]:
        """Hard and soft affinity of each vcpu of a domain: one `xm vcpu-list`, which is laid out as xl's is.

        There is no soft affinity: it is told as all.
        """
        return _vcpulist.parse(self.run(["xm", "vcpu-list", name], timeout=60).stdout)

    def all_affinities(self) -> dict[int, list[tuple[str, str]]]:
        """The same of all domains by id: one `xm vcpu-list`."""
        return _vcpulist.parse_all(self.run(["xm", "vcpu-list"], timeout=60).stdout)

    def assignable(self) -> list[str]:
        """`xm pci-list-assignable-devices`, Xen 4.0 and later: what is hidden from the dom0 and no guest has."""
        return self.run(["xm", "pci-list-assignable-devices"], timeout=60).stdout.split()

    def validate(self, text: str) -> None:
        """Let xm itself read a configuration without creating anything (`xm create -n`).

        xm runs the file for that. One with code in it is not tried: a check run must not run it.

        :raises BadValue: xm refuses it; the message holds xm's own words.
        """
        document = _pyconfig.parse(text)
        if document.computed() or document.unreadable():
            return
        with _temporary.holding(text.encode("utf-8", "surrogateescape")) as path:
            result = _command.run([self.program, "create", "-n", path], 60)
        if result.rc != 0:
            self._raise_if_host(result)
            said = _said(result).replace(path, "config")
            raise BadValue("config", "…", f"xm refuses the configuration: {said}", stderr=result.stderr)

    def _error(self, command: Sequence[str], result: _command.Result) -> Exception:
        self._raise_if_host(result)
        message = f"`{' '.join(command)}` failed with exit code {result.rc}: {_said(result)}"
        if command[1] == "create" and _TAKEN.search(message):
            message += self._managed_hint(result)
        return CommandError(message, command, result.rc, result.stdout, result.stderr)

    def _managed_hint(self, result: _command.Result) -> str:
        """A name can be taken by a domain that does not run: xend keeps those that `xm new` made."""
        try:
            inactive = self._listing().inactive
        except XenError:
            return ""
        taken = [name for name in inactive if name in _said(result)]
        if not taken:
            return ""
        return (
            f" xend manages {', '.join(taken)} itself (`xm new`): start it with `xm start {taken[0]}`, or make xend "
            f"forget it with `xm delete {taken[0]}`."
        )

    @staticmethod
    def _raise_if_host(result: _command.Result) -> None:
        """Turn what xm says on a host that cannot work at all into its cause."""
        said = f"{result.stderr}\n{result.stdout}"
        if _NOT_ROOT.search(said):
            raise HostError(
                "xm works for root only. Connect as root, or set `become: true`.",
                error_id="not_root",
                stderr=result.stderr,
            )
        if _NO_DAEMON.search(said):
            reason = _host.no_xen_reason()
            if reason:
                raise HostError(f"Xen is not running on this host: {reason}", error_id="no_xen", stderr=result.stderr)
            raise xend_down(result.stderr)


def _said(result: _command.Result) -> str:
    """What xm says of an error, without the usage that it prints after it."""
    lines = [line.strip() for line in (result.stderr.strip() or result.stdout.strip()).splitlines()]
    told = [line for line in lines if not _NOISE.match(line)]
    errors = [line[len("Error:") :].strip() for line in told if line.startswith("Error:")]
    return " ".join(errors or told) or "it said nothing"


def xend_down(stderr: str = "", what: str = "is not running") -> HostError:
    """The error for a dom0 whose xend does not answer."""
    return HostError(
        f"xend {what}: xm works through it. Start it (NetBSD: `xend=YES` in /etc/rc.conf and `/etc/rc.d/xend start`; "
        "Linux: the xend service); /var/log/xen/xend.log tells why when it does not stay.",
        error_id="daemons_down",
        stderr=stderr,
    )
