# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an installation comes to: which packages, in which order (NetBSDfr/pkgin:{impact,order,depends}.c)."""

from __future__ import annotations

import re
from typing import NamedTuple

from . import dewey
from .database import Database
from .repositories import Remote


class Step(NamedTuple):
    """One package to be put in: ``install``, ``upgrade`` (another version is there) or ``refresh`` (another build)."""

    action: str
    package: Remote
    keep: bool


class Plan:
    """Packages to install, dependencies first, and packages that others supersede."""

    def __init__(self, database: Database, remote: list[Remote]) -> None:
        self.database = database
        self.remote = remote
        self.installed = database.names()
        self.steps: list[Step] = []
        self.superseded: list[str] = []
        self.unknown: list[str] = []

    def find(self, pattern: str) -> Remote | None:
        """The best package of the repositories for a name, a name with its version, or a pattern."""
        best = dewey.best(pattern, [each.full for each in self.remote])
        return next((each for each in self.remote if each.full == best), None)

    def request(self, words: list[str]) -> None:
        """Names from the command line."""
        for word in words:
            package = self.find(word)
            if package is None:
                self.unknown.append(word)
            else:
                self._add(package, keep=True)
        self._supersede()

    def upgrade(self) -> None:
        """Everything that is installed, where the repository has something newer or another build."""
        for name in self.installed:
            base = dewey.split(name)[0]
            package = self.find(base)
            if package and dewey.compare(package.version, dewey.split(name)[1]) >= 0:
                self._add(package, keep=not self.database.automatic(name))
        self._supersede()

    def _add(self, package: Remote, keep: bool) -> None:
        if any(step.package.full == package.full for step in self.steps):
            return
        action = self._action(package)
        if action is None:
            return
        for pattern in package.depends:
            needed = self.find(pattern)
            if needed and not any(dewey.matches(pattern, name) for name in self.installed):
                self._add(needed, keep=False)
        self.steps.append(Step(action, package, keep))

    def _action(self, package: Remote) -> str | None:
        """None: it is there already, or something newer is."""
        for name in self.installed:
            base, version = dewey.split(name)
            if base != package.name:
                continue
            order = dewey.compare(version, package.version)
            if order > 0:
                return None
            if order < 0:
                return "upgrade"
            built = self.database.build_info(name).get("BUILD_DATE", "")
            return None if built == package.build_date else "refresh"
        return "install"

    def _supersede(self) -> None:
        for step in self.steps:
            for pattern in step.package.supersedes:
                self.superseded += [name for name in self.installed if dewey.matches(pattern, name)]

    def conflicts(self) -> list[tuple[str, str]]:
        """Declared conflicts only (@pkgcfl, CONFLICTS): that two packages have the same files is for pkg_add to see."""
        found = []
        for step in self.steps:
            for name in self.installed:
                if dewey.split(name)[0] == step.package.name or name in self.superseded:
                    continue
                theirs = self.database.contents(name).conflicts
                if any(dewey.matches(pattern, name) for pattern in step.package.conflicts) or any(
                    dewey.matches(pattern, step.package.full) for pattern in theirs
                ):
                    found.append((step.package.full, name))
        return found

    def of(self, action: str) -> list[str]:
        return sorted(step.package.full for step in self.steps if step.action == action)


def search(remote: list[Remote], pattern: str) -> list[Remote]:
    """The pattern is an extended regular expression, whatever its case, for names, full names and comments.

    :raises re.error: it is not one.
    """
    expression = re.compile(_posix(pattern), re.IGNORECASE)
    return [each for each in remote if any(expression.search(text) for text in (each.name, each.full, each.comment))]


def _posix(pattern: str) -> str:
    """regcomp(3) takes a repetition of a repetition (``c++``) as one; Python would refuse or mean something else."""
    return re.sub(r"(?<=[*+?])[*+?]+", "", pattern)
