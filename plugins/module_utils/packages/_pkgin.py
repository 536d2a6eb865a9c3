# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Runs pkgin(1), and turns what it says when it fails into errors that tell what to do."""

from __future__ import annotations

import difflib
import os
import time
from typing import Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import (
    CommandError,
    ConflictError,
    HostError,
    XenError,
)
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command
from ansible_collections.netbsd.xen.plugins.module_utils.packages import _pkgin_output, _pkgsrc

DATABASE = "/var/db/pkgin/pkgin.db"
LOG = "/var/db/pkgin/pkg_install-err.log"
# pkg_add runs the packages' own scripts, and these want the tools of the system; over ssh PATH may have few of them.
_PATH = "/sbin:/usr/sbin:/bin:/usr/bin:/usr/pkg/sbin:/usr/pkg/bin"
# A query waits for a summary of some megabytes at most.
QUERY_TIMEOUT = 600.0
_CLOSE = 3


class Pkgin:
    """pkgin of this host.

    :param rc_scripts: let pkg_add copy rc.d scripts to /etc/rc.d (PKG_RCD_SCRIPTS, mk/pkginstall).
    :param repositories: use these instead of those of repositories.conf (PKG_REPOS, pkgin(1)).
    :param timeout: seconds that a run which installs may take.
    """

    def __init__(
        self, rc_scripts: bool = False, repositories: Sequence[str] = (), timeout: float | None = 3600.0
    ) -> None:
        self.environment = [f"PATH={_PATH}"]
        if rc_scripts:
            self.environment.append("PKG_RCD_SCRIPTS=YES")
        if repositories:
            self.environment.append(f"PKG_REPOS={' '.join(repositories)}")
        self.timeout = timeout

    def command(self, *arguments: str) -> list[str]:
        """The command line; env(1) sets what pkgin and pkg_add are to find in their environment."""
        return ["/usr/bin/env", *self.environment, _pkgsrc.require_tool("pkgin"), *arguments]

    def preview(self, action: str, names: Sequence[str]) -> _pkgin_output.Preview:
        """What ``pkgin install`` or ``pkgin remove`` would do: nothing is changed but pkgin's own lists.

        :raises XenError: it would do nothing of what is asked for, with the reason.
        """
        command = self.command("-n", action, *names)
        done = _command.run(command, timeout=QUERY_TIMEOUT)
        said = f"{done.stdout}\n{done.stderr}"
        # a conflict is no error yet: what is in the way may be on its way out
        if _pkgin_output.not_available(said) or (done.rc and not _pkgin_output.conflicts(said)):
            raise self.explained(command, done)
        return _pkgin_output.preview(said)

    def available(self) -> dict[str, str]:
        """The newest version of every package of the repositories, by name."""
        return _pkgsrc.parse_list(_command.run(self.command("avail"), timeout=QUERY_TIMEOUT).stdout)

    def update(self) -> None:
        """Fetch the lists of packages.

        :raises XenError: a repository cannot be reached.
        """
        command = self.command("-y", "update")
        done = _command.run(command, timeout=QUERY_TIMEOUT)
        if done.rc:
            raise self.explained(command, done)

    def run(self, *arguments: str) -> tuple[_command.Result, str]:
        """Run pkgin with ``-y``; its result, and what the package tools wrote to their log meanwhile."""
        start = os.path.getsize(LOG) if os.path.exists(LOG) else 0
        done = _command.run(self.command("-y", *arguments), timeout=self.timeout)
        return done, _log_since(start)

    def explained(self, command: Sequence[str], done: _command.Result, log: str = "") -> XenError:
        """The error behind a failed run."""
        said = "\n".join((done.stdout, done.stderr, log))
        details = {"cmd": list(command), "rc": done.rc, "stdout": done.stdout, "stderr": done.stderr, "log": log}
        missing = _pkgin_output.not_available(said)
        if missing:
            return self._not_in_repository(missing, details)
        conflicts = _pkgin_output.conflicts(said)
        if conflicts:
            return conflict(conflicts, **details)
        full = _pkgin_output.no_space(said)
        if full:
            details["error_id"] = "no_space"
            return HostError(f"There is not enough space for the packages: {full}", **details)
        if _pkgin_output.no_rights(said):
            details["error_id"] = "no_rights"
            return HostError("pkgin needs the rights of root. Set become: true.", **details)
        unreachable = _pkgin_output.no_repository(said)
        if unreachable:
            details["error_id"] = "no_repository"
            return HostError(f"pkgin has no list of packages: {unreachable} See repositories.conf.", **details)
        if "doesn't match your current architecture" in said:
            details["error_id"] = "wrong_architecture"
            return HostError("The repository is for another kind of machine. See repositories.conf.", **details)
        last = [line for line in said.splitlines() if line.strip()][-3:]
        text = f"`{' '.join(command)}` failed with exit status {done.rc}: {' '.join(last) or 'it said nothing'}"
        return CommandError(text, command, done.rc, done.stdout, done.stderr, log=log)

    def _not_in_repository(self, missing: Sequence[str], details: dict[str, object]) -> XenError:
        available = self.available()
        near = {name: _near(name, available) for name in missing}
        parts = [f"{name} ({_like(names)})" for name, names in near.items()]
        details["error_id"] = "not_in_repository"
        return XenError(
            f"No repository of this host has {', '.join(parts)}. Nothing was changed. See repositories.conf, or run "
            "with update_cache: true if they are new there.",
            near=near,
            **details,
        )


def _near(name: str, available: dict[str, str]) -> list[str]:
    base = _pkgsrc.split(name).name
    if base in available:
        return [f"{base}-{available[base]}"]
    lowered = {each.lower(): each for each in available}
    if name.lower() in lowered:
        return [lowered[name.lower()]]
    return [lowered[each] for each in difflib.get_close_matches(name.lower(), lowered, _CLOSE, 0.75)]


def _like(names: Sequence[str]) -> str:
    return f"there is {', '.join(names)}" if names else "and nothing with a name like it"


def conflict(found: Sequence[tuple[str, str]], **details: object) -> ConflictError:
    """The error of packages that cannot be installed together."""
    parts = [f"{new} conflicts with {old}, which is installed" for new, old in found]
    return ConflictError(
        f"{'; '.join(dict.fromkeys(parts))}. Name what is to go in the option replaces, and it is removed first.",
        conflicts=[list(each) for each in found],
        **{**details, "error_id": "package_conflict"},
    )


def cache_age() -> float | None:
    """Seconds since pkgin last wrote its lists; None when it has none."""
    try:
        return max(0.0, time.time() - os.stat(DATABASE).st_mtime)
    except OSError:
        return None


def _log_since(start: int) -> str:
    try:
        with open(LOG, encoding="utf-8", errors="replace") as stream:
            stream.seek(start)
            return stream.read()
    except OSError:
        return ""
