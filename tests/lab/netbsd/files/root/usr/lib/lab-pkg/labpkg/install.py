# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pkg_add(1), after pkg_install/files/add/perform.c: the same checks in the same order, with the same words."""

from __future__ import annotations

import getopt
import os
import shutil
import sys
import tarfile
import urllib.parse
from pathlib import Path

from . import dewey, face, pkginstall
from .archive import Archive
from .database import Database, complaint
from .remove import delete_files

USAGE = "usage: pkg_add [-AfILnPRuUVv] [-C config] [-K pkg_dbdir] [-m machine] [-p prefix] package ...\n"
SUFFIXES = (".tgz", ".tbz")


class Refused(Exception):
    """The package is not added; what was to be said has been said."""


class Installer:
    """One run of pkg_add.

    :param force: -f: go on in spite of a foreign platform and conflicting files.
    :param replace: -u: another version goes first. -U also replaces the same version.
    """

    def __init__(self, database: Database, options: dict[str, str]) -> None:
        self.database = database
        self.automatic = "-A" in options
        self.force = "-f" in options
        self.force_depending = "-D" in options
        self.replace = "-u" in options or "-U" in options
        self.replace_same = "-U" in options
        self.verbose = "-v" in options
        self.dry_run = "-n" in options

    def add(self, what: str, automatic: bool) -> None:
        """:raises Refused: it cannot be installed."""
        path = find_archive(self.database, what)
        if path is None:
            raise self._refuse(f"no pkg found for '{what}', sorry.")
        try:
            archive = Archive(path)
        except (tarfile.TarError, OSError):
            raise self._refuse(f"unable to open archive: {path}") from None
        try:
            self._add(archive, automatic)
        finally:
            archive.close()

    def _add(self, archive: Archive, automatic: bool) -> None:
        name = archive.contents.name
        if self._already_installed(name, automatic):
            return
        self._check_platform(archive)
        other = self._other_version(archive)
        self._check_explicit_conflicts(archive, other)
        self._check_files(archive, other)
        if self.dry_run:
            return
        if other:
            self._remove(other, name)
        self._add_dependencies(archive)
        self._extract(archive, automatic or (other is not None and self._was_automatic))
        self._register(archive)
        sys.stdout.write(pkginstall.install(self.database, name))
        sys.stdout.write(archive.meta.get("+DISPLAY", ""))
        sys.stdout.flush()

    def _refuse(self, *messages: str) -> Refused:
        for message in messages:
            warn(message)
        return Refused()

    def _already_installed(self, name: str, automatic: bool) -> bool:
        if name not in self.database.names() or self.replace_same:
            return False
        if not automatic and self.database.automatic(name):
            self.database.set_automatic(name, False)
            warn(f"package `{name}' was already installed as dependency, now marked as installed manually")
        else:
            warn(f"package `{name}' already recorded as installed")
        return True

    def _check_platform(self, archive: Archive) -> None:
        info, root = archive.build_info(), self.database.root
        release, arch = face.release(root), face.architecture(root)
        foreign = info.get("OPSYS") != "NetBSD" or info.get("MACHINE_ARCH") != arch
        built_for = info.get("OS_VERSION", "")
        if foreign or face.major(built_for) != face.major(release):
            warn(f"Warning: package `{archive.contents.name}' was built for a platform:")
            warn(
                f"{info.get('OPSYS')}/{info.get('MACHINE_ARCH')} {built_for} (pkg) vs. "
                f"NetBSD/{arch} {release} (this host)"
            )
        if foreign and not self.force:
            raise Refused

    def _other_version(self, archive: Archive) -> str | None:
        name = archive.contents.name
        other = self.database.find(dewey.split(name)[0])
        if other is None:
            return None
        if not self.replace:
            raise self._refuse(f"A different version of {name} is already installed: {other}")
        broken = []
        for dependant in self.database.required_by(other):
            for pattern in self.database.contents(dependant).depends:
                if dewey.matches(pattern, other) and not dewey.matches(pattern, name) and not self.force_depending:
                    broken.append(f"Dependency of {dependant} fulfilled by {other}, but not by {name}")
        if broken:
            raise self._refuse(*broken)
        return other

    def _check_explicit_conflicts(self, archive: Archive, other: str | None) -> None:
        name = archive.contents.name
        said = []
        for pattern in archive.contents.conflicts:
            for installed in self.database.names():
                if installed != other and dewey.matches(pattern, installed):
                    said.append(f"Package `{name}' conflicts with `{pattern}', and `{installed}' is installed.")
        for installed in self.database.names():
            for pattern in self.database.contents(installed).conflicts:
                if installed != other and dewey.matches(pattern, name):
                    said.append(
                        f"Installed package `{installed}' conflicts with `{pattern}' when trying to install `{name}'."
                    )
        if said:
            raise self._refuse(*said)

    def _check_files(self, archive: Archive, other: str | None) -> None:
        owners = self.database.owners()
        refused = False
        for file in archive.contents.files:
            owner = owners.get(f"{archive.contents.prefix}/{file}")
            if owner is None or owner == other:
                continue
            warn(f"Conflicting PLIST with {owner}: {file}")
            refused = not self.force
            if refused and not self.verbose:
                break
        if refused:
            raise Refused

    def _remove(self, other: str, name: str) -> None:
        """The old version makes room; what depends on it stays registered."""
        self._was_automatic = self.database.automatic(other)
        dependants = self.database.required_by(other)
        delete_files(self.database, other)
        if name != other:
            self.database.write_meta(name, "+REQUIRED_BY", "")
        self._kept_dependants = dependants

    _was_automatic = False
    _kept_dependants: list[str] = []  # noqa: RUF012 (replaced, never changed)

    def _add_dependencies(self, archive: Archive) -> None:
        for pattern in archive.contents.depends:
            if self.database.find(pattern) is None:
                try:
                    self.add(pattern, automatic=True)
                except Refused:
                    raise self._refuse(f"Can't install dependency {pattern}") from None

    def _extract(self, archive: Archive, automatic: bool) -> None:
        """Metadata first: a pkg_add that is killed here leaves a package that counts as installed, as the real one."""
        contents = archive.contents
        for entry, text in archive.meta.items():
            self.database.write_meta(contents.name, entry, text)
        self.database.set_automatic(contents.name, automatic)
        for member, data in archive.files():
            target = self.database.path(f"{contents.prefix}/{member.name}")
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_symlink() or target.exists():
                target.unlink()
            if data is None:
                target.symlink_to(member.linkname)
                continue
            with target.open("wb") as file:
                shutil.copyfileobj(data, file)
            target.chmod(member.mode)
            if self.verbose:
                sys.stdout.write(f"{member.name}\n")

    def _register(self, archive: Archive) -> None:
        name = archive.contents.name
        self.database.set_required_by(name, self._kept_dependants)
        self._kept_dependants, self._was_automatic = [], False
        for pattern in archive.contents.depends:
            needed = self.database.find(pattern)
            if needed and name not in self.database.required_by(needed):
                self.database.set_required_by(needed, [*self.database.required_by(needed), name])


def warn(message: str) -> None:
    sys.stderr.write(f"pkg_add: {message}\n")
    sys.stderr.flush()


def local_path(url: str) -> str:
    """file:// URLs and plain paths are what the lab's machines can reach."""
    return urllib.parse.unquote(urllib.parse.urlsplit(url).path) if url.startswith("file://") else url


def find_archive(database: Database, what: str) -> Path | None:
    """A file, a file:// URL, or a name or pattern to be looked for in PKG_PATH (default: here)."""
    direct = database.path(local_path(what)) if "/" in what else Path(what)
    for path in (direct, *(Path(f"{direct}{suffix}") for suffix in SUFFIXES)):
        if path.is_file():
            return path
    if "/" in what:
        return None
    for place in os.environ.get("PKG_PATH", ".").split(";"):
        directory = database.path(local_path(place)) if "/" in place else Path(place)
        names = [file.name.removesuffix(".tgz") for file in directory.glob("*.tgz")]
        best = dewey.best(what.removesuffix(".tgz"), names)
        if best:
            return directory / f"{best}.tgz"
    return None


def main(arguments: list[str]) -> int:
    """pkg_add's command line; the exit code."""
    try:
        options, packages = getopt.getopt(arguments, "AC:DfhIK:Lm:nP:p:RuUVv")
    except getopt.GetoptError as problem:
        sys.stderr.write(f"pkg_add: {complaint(problem)}\n{USAGE}")
        return 1
    given = dict(options)
    if "-V" in given:
        sys.stdout.write("20240709\n")
        return 0
    if not packages:
        sys.stderr.write(f"pkg_add: missing package name(s)\n{USAGE}")
        return 1
    database = Database(Path(given.get("-P", "/")), given.get("-K", "/var/db/pkg"))
    installer = Installer(database, given)
    failed = 0
    for each in packages:
        try:
            installer.add(each, installer.automatic)
        except Refused:
            failed += 1
    if failed:
        warn(f"{failed} package addition{'' if failed == 1 else 's'} failed")
    return 1 if failed else 0
