# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pkgin's idea of repositories and packages: repositories.conf, PKG_REPOS, pkg_summary and /var/db/pkgin.

NetBSDfr/pkgin:{fsops,summary,pkgindb}.c. The real pkgin.db is an SQLite database; the lab's is JSON under the same
name, for nothing but pkgin may read it.
"""

from __future__ import annotations

import gzip
import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from . import dewey, face
from .database import Database, writable

CONFIGURATION = "/usr/pkg/etc/pkgin/repositories.conf"
STATE = "/var/db/pkgin"
NO_REPOSITORIES = f"{CONFIGURATION} has no repositories or does not exist.\nNo PKG_REPOS variable to fallback to."
TIMEOUT = 30


class Problem(Exception):
    """What errx(3) prints before it ends pkgin with 1."""


class Remote:
    """One package of a repository, as pkg_summary has it."""

    def __init__(self, fields: dict[str, list[str]], repository: str) -> None:
        self.full = fields["PKGNAME"][0]
        self.name, self.version = dewey.split(self.full)
        self.comment = fields.get("COMMENT", [""])[0]
        self.category = fields.get("CATEGORIES", [""])[0]
        self.pkgpath = fields.get("PKGPATH", [""])[0]
        self.depends = fields.get("DEPENDS", [])
        self.conflicts = fields.get("CONFLICTS", [])
        self.supersedes = fields.get("SUPERSEDES", [])
        self.size = int(fields.get("SIZE_PKG", ["0"])[0])
        self.file_size = int(fields.get("FILE_SIZE", ["0"])[0])
        self.build_date = fields.get("BUILD_DATE", [""])[0]
        self.architecture = fields.get("MACHINE_ARCH", [""])[0]
        self.description = "\n".join(fields.get("DESCRIPTION", []))
        self.repository = repository

    @property
    def url(self) -> str:
        return f"{self.repository}/{self.full}.tgz"


def parse_summary(text: str) -> list[dict[str, list[str]]]:
    """pkg_summary(5): KEY=value lines, an empty line after each package."""
    packages: list[dict[str, list[str]]] = []
    for block in text.split("\n\n"):
        fields: dict[str, list[str]] = {}
        for line in block.splitlines():
            if line:
                key, equals, value = line.partition("=")
                if not equals:
                    raise Problem(f"Invalid pkg_info entry: {line}")
                fields.setdefault(key, []).append(value)
        if fields:
            packages.append(fields)
    return packages


class Store:
    """/var/db/pkgin."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.directory = database.path(STATE)
        self.file = self.directory / "pkgin.db"
        self.cache = self.directory / "cache"
        self.log = self.directory / "pkg_install-err.log"
        self.writable = writable(self.directory)
        self.state: dict[str, Any] = {"local": "", "repositories": {}}
        if self.file.is_file():
            self.state = json.loads(self.file.read_text())

    def save(self) -> None:
        if self.writable:
            self.cache.mkdir(parents=True, exist_ok=True)
            self.file.write_text(json.dumps(self.state))

    def local_changed(self) -> bool:
        """Whether /var/db/pkg is another than at the last look (the real one compares its mtime)."""
        directory = self.database.directory
        stamp = ",".join(self.database.names()) + f"@{directory.stat().st_mtime if directory.is_dir() else 0}"
        changed = bool(stamp != self.state["local"])
        self.state["local"] = stamp
        return changed

    def repositories(self) -> list[str]:
        """Those of PKG_REPOS (separated by blanks), or else of repositories.conf, with $arch and $osrelease filled in.

        :raises Problem: there is none.
        """
        words = os.environ.get("PKG_REPOS", "").split()
        if not words:
            path = self.database.path(CONFIGURATION)
            text = path.read_text() if path.is_file() else ""
            words = [line.split("#")[0].strip() for line in text.splitlines()]
        words = [word for word in words if word]
        if not words:
            raise Problem(NO_REPOSITORIES)
        return [self._expand(word) for word in words]

    def _expand(self, url: str) -> str:
        if "://" not in url:
            raise Problem(f"Invalid repository: {url}")
        root = self.database.root
        url = url.replace("$arch", face.architecture(root)).replace("$osrelease", face.release(root))
        return url.rstrip("/")

    def refresh(self, urls: list[str], force: bool) -> list[tuple[str, str]]:
        """Bring the remote lists up to date.

        :returns: what happened to each repository: "processed", "current" or "removed".
        :raises Problem: a summary cannot be had.
        """
        happened = []
        for url in [known for known in self.state["repositories"] if known not in urls]:
            del self.state["repositories"][url]
            happened.append((url, "removed"))
        for url in urls:
            known = self.state["repositories"].get(url)
            stamp, data = fetch_summary(self.database, url, None if force or not known else known["stamp"])
            if data is None:
                happened.append((url, "current"))
                continue
            packages = parse_summary(gzip.decompress(data).decode())
            self.state["repositories"][url] = {"stamp": stamp, "packages": packages}
            happened.append((url, "processed"))
        return happened

    def remote(self) -> list[Remote]:
        """All packages of all repositories, by name; of one name the highest version first."""
        found: dict[str, Remote] = {}
        for url, repository in self.state["repositories"].items():
            for fields in repository["packages"]:
                package = Remote(fields, url)
                found.setdefault(package.full, package)
        return sorted(found.values(), key=lambda each: _Order(each.name, each.version))


class _Order:
    """Alphabetical by name, newest version first."""

    def __init__(self, name: str, version: str) -> None:
        self.name, self.version = name, version

    def __lt__(self, other: _Order) -> bool:
        if self.name != other.name:
            return self.name < other.name
        return dewey.compare(self.version, other.version) > 0


def local_path(database: Database, url: str) -> Path:
    """The file of a file:// URL. pkgin knows no host part in them."""
    return database.path(url.removeprefix("file://"))


def fetch_summary(database: Database, url: str, stamp: str | None) -> tuple[str, bytes | None]:
    """pkg_summary.gz of a repository, unless it is as old as `stamp` says.

    :returns: its stamp (time of its last change), and its data or None.
    :raises Problem: there is none.
    """
    where = f"{url}/pkg_summary.gz"
    if url.startswith("file://"):
        path = local_path(database, where)
        if not path.is_file():
            raise Problem(f"Could not fetch {where}: No such file or directory")
        current = str(path.stat().st_mtime_ns)
        return current, None if current == stamp else path.read_bytes()
    try:
        with urllib.request.urlopen(where, timeout=TIMEOUT) as answer:
            current = answer.headers.get("Last-Modified", "")
            return current, None if current and current == stamp else answer.read()
    except (urllib.error.URLError, OSError, ValueError) as problem:
        reason = "Not Found" if getattr(problem, "code", 0) == 404 else str(getattr(problem, "reason", problem))
        raise Problem(f"Could not fetch {where}: {reason}") from None
