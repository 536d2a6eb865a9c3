# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pkgin's commands that only look (NetBSDfr/pkgin:{pkglist,depends,autoremove}.c)."""

from __future__ import annotations

import re
import sys

from . import dewey
from .plan import Plan, search
from .repositories import Problem, Remote
from .session import Session, say

LEGEND = (
    "\n=: package is installed and up-to-date\n<: package is installed but newer version is available\n"
    ">: installed package has a greater version than available package\n"
)


class Queries(Session):
    """list, avail, search and show-*."""

    def rows(self, packages: list[tuple[str, str]]) -> None:
        for full, comment in packages:
            say(f"{full};{comment}\n" if self.parsable else f"{full:<20} {comment}\n")

    def status(self, package: Remote) -> str:
        for name in self.database.names():
            base, version = dewey.split(name)
            if base == package.name:
                return "=><"[dewey.compare(version, package.version)]
        return ""

    def list_installed(self) -> int:
        names = self.database.names()
        if not names:
            sys.stderr.write("Requested list is empty.\n")
            return 0
        limit = self.options.get("-l", "")[:1]
        if not limit:
            self.rows([(name, self.database.meta(name, "+COMMENT").strip()) for name in names])
            return 0
        separator = ";" if self.parsable else " "
        shown = [each for each in self.store.remote() if self.status(each) == limit]
        self.rows([(f"{each.full}{separator}{limit}", each.comment) for each in shown])
        return 0

    def avail(self) -> int:
        remote = self.store.remote()
        if not remote:
            sys.stderr.write("Requested list is empty.\n")
        self.rows([(each.full, each.comment) for each in remote])
        return 0

    def search(self, pattern: str) -> int:
        try:
            found = search(self.store.remote(), pattern)
        except re.error as problem:
            raise Problem(f"regcomp: {pattern}: {problem}") from None
        if not found:
            say(f"No results found for {pattern}\n")
            return 1
        separator = ";" if self.parsable else " "
        self.rows([(f"{each.full}{separator}{self.status(each)}", each.comment) for each in found])
        say(LEGEND)
        return 0

    def show_keep(self, automatic: bool) -> int:
        names = [name for name in self.database.names() if self.database.automatic(name) == automatic]
        if not names:
            say("empty autoremovable package list\n" if automatic else "empty non-autoremovable package list\n")
        for name in names:
            say(f"{name} is marked as {'autoremovable' if automatic else 'non-autoremovable'}\n")
        return 0

    def show_deps(self, word: str) -> int:
        package = Plan(self.database, self.store.remote()).find(word)
        if package is None:
            say(f"{word} is not available in the repository\n")
            return 1
        if package.depends:
            say(f"direct dependencies for {package.full}\n" + "".join(f"\t{each}\n" for each in package.depends))
        return 0

    def show_reverse(self, word: str) -> int:
        name = self.database.find(word)
        if name is None:
            say(f"no such installed package {word}\n")
            return 1
        say(f"local reverse dependency tree for {name}\n")
        say("".join(f"\t{each}\n" for each in self.database.dependants(name)))
        return 0

    def describe(self, word: str) -> int:
        package = Plan(self.database, self.store.remote()).find(word)
        if package is None:
            say(f"{word} is not available in the repository\n")
            return 1
        say(f"Information for {package.url}:\n\nDescription:\n{package.description}\n\n")
        return 0
