# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/var/db/pkg: one directory for each installed package, with the files that pkg_add took out of the archive."""

from __future__ import annotations

import getopt
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from . import dewey

PREFIX = "/usr/pkg"


class Contents:
    """+CONTENTS: @name, @cwd, @pkgdep, @pkgcfl, and files, each followed by its checksum."""

    def __init__(self, text: str) -> None:
        self.name = ""
        self.prefix = PREFIX
        self.depends: list[str] = []
        self.conflicts: list[str] = []
        self.files: list[str] = []
        self.checksums: dict[str, str] = {}
        for line in text.splitlines():
            self._read(line)

    def _read(self, line: str) -> None:
        command, _blank, value = line.partition(" ")
        if command == "@name":
            self.name = value
        elif command == "@cwd":
            self.prefix = value
        elif command == "@pkgdep":
            self.depends.append(value)
        elif command == "@pkgcfl":
            self.conflicts.append(value)
        elif command == "@comment" and value.startswith("MD5:"):
            self.checksums[self.files[-1]] = value.removeprefix("MD5:")
        elif not line.startswith("@") and line:
            self.files.append(line)


class Database:
    """The installed packages below a root directory ('/' on the host)."""

    def __init__(self, root: Path, directory: str = "/var/db/pkg") -> None:
        self.root = root
        self.directory = self.path(directory)

    def path(self, name: str) -> Path:
        """An absolute path of the host as one of this machine."""
        return Path(f"{str(self.root).rstrip('/')}/{name.lstrip('/')}")

    def names(self) -> list[str]:
        """Installed packages with their versions, in alphabetical order."""
        if not self.directory.is_dir():
            return []
        return sorted(each.name for each in self.directory.iterdir() if (each / "+CONTENTS").is_file())

    def find(self, pattern: str) -> str | None:
        """The best installed package that matches."""
        return dewey.best(pattern, self.names())

    def contents(self, name: str) -> Contents:
        return Contents((self.directory / name / "+CONTENTS").read_text())

    def meta(self, name: str, entry: str) -> str:
        """One of the + files; '' if the package has none of that name."""
        path = self.directory / name / entry
        return path.read_text() if path.is_file() else ""

    def write_meta(self, name: str, entry: str, text: str) -> None:
        directory = self.directory / name
        directory.mkdir(parents=True, exist_ok=True)
        (directory / entry).write_text(text)

    def owners(self) -> dict[str, str]:
        """Who has installed which file (absolute path: package)."""
        found = {}
        for name in self.names():
            contents = self.contents(name)
            found.update({f"{contents.prefix}/{file}": name for file in contents.files})
        return found

    def build_info(self, name: str) -> dict[str, str]:
        lines = self.meta(name, "+BUILD_INFO").splitlines()
        return {key: value for key, _sign, value in (line.partition("=") for line in lines)}

    def automatic(self, name: str) -> bool:
        """Installed only because another package needs it."""
        return "automatic=yes" in self.meta(name, "+INSTALLED_INFO").lower()

    def set_automatic(self, name: str, automatic: bool) -> None:
        path = self.directory / name / "+INSTALLED_INFO"
        if automatic:
            path.write_text("automatic=yes\n")
        else:
            path.unlink(missing_ok=True)

    def required_by(self, name: str) -> list[str]:
        return self.meta(name, "+REQUIRED_BY").split()

    def set_required_by(self, name: str, dependants: list[str]) -> None:
        path = self.directory / name / "+REQUIRED_BY"
        if dependants:
            path.write_text("".join(f"{each}\n" for each in dependants))
        else:
            path.unlink(missing_ok=True)

    def forget(self, name: str) -> None:
        shutil.rmtree(self.directory / name, ignore_errors=True)

    def rebuild_tree(self) -> None:
        """pkg_admin rebuild-tree: every +REQUIRED_BY from the @pkgdep lines."""
        wanted: dict[str, list[str]] = {name: [] for name in self.names()}
        for name in wanted:
            for pattern in self.contents(name).depends:
                needed = self.find(pattern)
                if needed and name not in wanted[needed]:
                    wanted[needed].append(name)
        for name, dependants in wanted.items():
            self.set_required_by(name, dependants)

    def dependants(self, name: str) -> Iterator[str]:
        """Everything that would have to go first, outermost first."""
        seen: list[str] = []
        for each in self.required_by(name):
            for one in [*self.dependants(each), each]:
                if one not in seen:
                    seen.append(one)
        yield from seen


def checksum(path: Path) -> str:
    """As +CONTENTS has it; a symbolic link has none."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def writable(path: Path) -> bool:
    """Whether this user could change the database (the nearest directory that exists decides)."""
    while not path.exists():
        path = path.parent
    return os.access(path, os.W_OK)


def complaint(problem: getopt.GetoptError) -> str:
    """In the words of NetBSD's getopt(3)."""
    missing = "requires argument" in problem.msg
    return f"{'option requires an argument' if missing else 'unknown option'} -- {problem.opt}"
