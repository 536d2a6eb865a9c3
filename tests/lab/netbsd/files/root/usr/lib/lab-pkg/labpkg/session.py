# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each run of pkgin begins with, and its questions (NetBSDfr/pkgin:{main,summary,tools}.c)."""

from __future__ import annotations

import sys
from pathlib import Path

from . import face
from .database import Database, writable
from .repositories import Problem, Store

NO_RIGHTS = "You don't have enough rights for this operation."


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def human(size: int) -> str:
    """humanize_number(3) in five characters: 0B, 1336K, 1.3M."""
    value, unit = float(size), "B"
    for unit in ("B", "K", "M", "G"):
        if value < 1000 or unit == "G":
            break
        value /= 1024
    return f"{value:.1f}{unit}" if unit != "B" and value < 10 else f"{value:.0f}{unit}"


class Session:
    """One run of pkgin."""

    def __init__(self, options: dict[str, str], root: Path = Path("/")) -> None:
        self.options = options
        self.database = Database(root)
        self.store = Store(self.database)
        self.yes = "-y" in options
        self.no = "-n" in options
        self.verbose = "-V" in options
        self.parsable = "-p" in options

    def prepare(self, command: str) -> None:
        """What each run begins with: local and, where it must be, remote lists."""
        self.look_at_local()
        urls = self.store.repositories()
        changed = set(urls) != set(self.store.state["repositories"])
        if command == "update" or changed:
            self.update(urls, command == "update")
        elif command in ("install", "upgrade", "full-upgrade") and self.store.writable:
            self.update(urls, verbose=False)

    def look_at_local(self) -> None:
        if self.store.local_changed() and self.store.writable:
            say("reading local summary...\nprocessing local summary...\n")
            self.store.save()

    def update(self, urls: list[str], verbose: bool) -> None:
        """:raises Problem: no rights, no summary."""
        if not self.store.writable:
            raise Problem(NO_RIGHTS)
        for url, what in self.store.refresh(urls, "-f" in self.options):
            if what == "removed":
                say(f"cleaning database from {url} entries...\n")
            elif what == "processed":
                say(f"processing remote summary ({url})...\n")
                self.check_architecture(url)
            elif verbose:
                say(f"database for {url} is up-to-date\n")
        self.store.save()

    def check_architecture(self, url: str) -> None:
        here = face.architecture(self.database.root)
        for fields in self.store.state["repositories"][url]["packages"]:
            for there in fields.get("MACHINE_ARCH", []):
                if there != here:
                    say(
                        f"\r\n/!\\ Warning /!\\ {there} doesn't match your current architecture ({here})\n"
                        "You probably want to modify /usr/pkg/etc/pkgin/repositories.conf.\nStill want to "
                    )
                    if not self.confirm(default=False):
                        sys.exit(1)
                    return

    def confirm(self, default: bool) -> bool:
        """-y and -n answer every question; without them the answer comes from standard input."""
        if self.yes or self.no:
            return self.yes
        say("proceed ? [Y/n] " if default else "proceed ? [y/N] ")
        answer = sys.stdin.readline()[:1]
        return answer != "n" if default else answer == "y"

    def require_rights(self) -> None:
        if not writable(self.database.directory):
            raise Problem(NO_RIGHTS)
