# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pkgin 26.4: command line, words and exit codes (NetBSDfr/pkgin:{main,cmd.h,messages.h})."""

from __future__ import annotations

import getopt
import sys

from .change import Changes
from .database import complaint
from .query import Queries
from .repositories import Problem
from .session import say

VERSION = "26.4.0"
COMMANDS = {
    ("list", "ls"): "List installed local packages",
    ("avail", "av"): "List all available remote packages",
    ("search", "se"): "Search for a remote package",
    ("install", "in"): "Install or upgrade packages",
    ("update", "up"): "Refresh local and remote package lists",
    ("upgrade", "ug"): "Upgrade all packages",
    ("full-upgrade", "fug"): "Upgrade all packages (deprecated)",
    ("remove", "rm"): "Remove packages and any dependent packages",
    ("keep", "ke"): "Mark packages that should be kept",
    ("unkeep", "uk"): "Mark packages that can be autoremoved",
    ("show-keep", "sk"): "Display keep packages",
    ("show-no-keep", "snk"): "Display autoremovable packages",
    ("autoremove", "ar"): "Remove orphaned dependencies",
    ("clean", "cl"): "Remove downloaded package files",
    ("show-deps", "sd"): "List remote package direct dependencies",
    ("show-rev-deps", "srd"): "List local package reverse dependencies",
    ("pkg-descr", "pd"): "Show remote package long-description",
}
NEED_WORDS = {
    "search": "missing search string",
    "install": "specify at least one package to install",
    "remove": "specify at least one package to remove",
    "keep": "specify at least one package to keep",
    "unkeep": "specify at least one package to unkeep",
    "show-deps": "missing package name",
    "show-rev-deps": "missing package name",
    "pkg-descr": "missing package name",
}


class Pkgin(Queries, Changes):
    """All commands."""

    def run(self, command: str, words: list[str]) -> int:
        if command in NEED_WORDS and not words:
            raise Problem(NEED_WORDS[command])
        self.prepare(command)
        match command:
            case "install":
                return self.install(words)
            case "upgrade" | "full-upgrade":
                return self.install(None)
            case "remove":
                return self.remove(words)
            case "list":
                return self.list_installed()
            case "avail":
                return self.avail()
            case "search":
                return self.search(words[0])
            case "keep" | "unkeep":
                return self.keep(words, command == "unkeep")
            case "show-keep" | "show-no-keep":
                return self.show_keep(command == "show-no-keep")
            case "autoremove":
                return self.autoremove()
            case "clean":
                return self.clean()
            case "show-deps":
                return self.show_deps(words[0])
            case "show-rev-deps":
                return self.show_reverse(words[0])
            case "pkg-descr":
                return self.describe(words[0])
            case _:  # update: prepare() has done it
                return 0


def usage(code: int) -> int:
    stream = sys.stderr if code else sys.stdout
    stream.write("Usage: pkgin [-46cdfhlnPptvVy] command [package ...]\n\nCommands and shortcuts:\n")
    for (name, shortcut), meaning in COMMANDS.items():
        stream.write(f"{name:<19} ({shortcut:<4}) - {meaning}\n")
    return code


def main(arguments: list[str]) -> int:
    """The command line of 26.x; note that -F, which older ones had, is not an option any more."""
    try:
        options, words = getopt.getopt(arguments, "46dhyfPvVl:nc:t:p")
    except getopt.GetoptError as problem:
        sys.stderr.write(f"pkgin: {complaint(problem)}\n")
        return usage(1)
    given = dict(options)
    last = [name for name, _value in options if name in ("-y", "-n")]
    if last:  # the last of the two counts
        given.pop("-n" if last[-1] == "-y" else "-y", None)
    if "-v" in given:
        say(f"pkgin {VERSION} (using SQLite 3.49.1)\n")
        return 0
    if "-h" in given:
        return usage(0)
    commands = {each: names[0] for names in COMMANDS for each in names}
    if not words or words[0] not in commands:
        return usage(1)
    try:
        return Pkgin(given).run(commands[words[0]], words[1:])
    except Problem as problem:
        sys.stderr.write(f"pkgin: {problem}\n")
        return 1
