# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pkg_delete(1) and pkg_admin(1), after pkg_install/files/{delete,admin}."""

from __future__ import annotations

import getopt
import sys
from pathlib import Path

from . import dewey, pkginstall
from .database import Database, checksum, complaint

USAGE = "usage: pkg_delete [-DFfkNnORrVv] [-K pkg_dbdir] [-P destdir] [-p prefix] pkg-name ...\n"


def warn(message: str) -> None:
    sys.stderr.write(f"pkg_delete: {message}\n")
    sys.stderr.flush()


def delete_files(database: Database, name: str, force: bool = False) -> bool:
    """Remove a package and its record. Files that were changed since stay, unless forced.

    :returns: whether everything went.
    """
    contents = database.contents(name)
    entries, said = pkginstall.deinstall(database, name)
    whole = True
    directories = set()
    for file in contents.files:
        path = database.path(f"{contents.prefix}/{file}")
        if not path.is_symlink() and not path.exists():
            warn(f"File `{contents.prefix}/{file}' is in the list, but not there")
            whole = False
            continue
        expected = contents.checksums.get(file)
        if expected and not path.is_symlink() and checksum(path) != expected:
            result = "deleted anyway." if force else "not deleted."
            warn(f"{contents.prefix}/{file} fails original MD5 checksum - {result}")
            if not force:
                whole = False
                continue
        path.unlink()
        directories.add(path.parent)
    _remove_empty(directories, database.path(contents.prefix))
    for pattern in contents.depends:
        for needed in database.names():
            if dewey.matches(pattern, needed):
                database.set_required_by(needed, [each for each in database.required_by(needed) if each != name])
    sys.stdout.write(said + pkginstall.left_behind(database, name, entries))
    sys.stdout.flush()
    database.forget(name)
    return whole


def _remove_empty(directories: set[Path], prefix: Path) -> None:
    for directory in sorted(directories, key=lambda path: -len(path.parts)):
        while directory != prefix and prefix in directory.parents and directory.is_dir():
            if any(directory.iterdir()):
                break
            directory.rmdir()
            directory = directory.parent


class Deleter:
    """One run of pkg_delete."""

    def __init__(self, database: Database, options: dict[str, str]) -> None:
        self.database = database
        self.force = "-f" in options
        self.recursive = "-r" in options
        self.unneeded_too = "-R" in options
        self.dry_run = "-n" in options

    def named(self, words: list[str]) -> tuple[list[str], bool]:
        """The packages that the words mean, and whether each word meant one."""
        found: list[str] = []
        complete = True
        for word in words:
            name = self._one(word.rstrip("/").rpartition("/")[2])
            if name is None:
                complete = False
            elif name not in found:
                found.append(name)
        return found, complete

    def _one(self, word: str) -> str | None:
        if set(word) & set("*<>[]{}?!"):
            name = self.database.find(word)
            if name is None:
                warn(f"No package matching `{word}' found")
            return name
        installed = self.database.names()
        if word in installed:
            return word
        for name in installed:
            if dewey.split(name)[0] == word:
                return name
        warn(f"No matching package for basename `{word}' of `{word}'")
        return None

    def order(self, names: list[str]) -> tuple[list[str], bool]:
        """What depends on others goes first. Not complete if a package is needed by one that stays."""
        wanted = list(names)
        if self.recursive:
            for name in names:
                wanted += [each for each in self.database.dependants(name) if each not in wanted]
        ordered: list[str] = []
        complete = True
        while wanted:
            free = [name for name in wanted if not set(self.database.required_by(name)) - set(ordered)]
            if not free:
                for name in wanted:
                    remaining = [each for each in self.database.required_by(name) if each not in ordered]
                    sys.stderr.write(f"Package `{name}' is still required by other packages:\n")
                    sys.stderr.write("".join(f"\t{each}\n" for each in remaining))
                    if self.force:
                        ordered.append(name)
                return ordered, self.force
            ordered += free
            wanted = [name for name in wanted if name not in free]
        return ordered, complete

    def run(self, words: list[str]) -> int:
        names, complete = self.named(words)
        if not complete and not self.force:
            return 1
        ordered, allowed = self.order(names)
        if not allowed:
            return 1
        if self.unneeded_too:
            ordered += self._new_leaves(ordered)
        for name in ordered:
            if self.dry_run:
                sys.stdout.write(f"Attempting to delete package `{name}'\n")
            else:
                if not delete_files(self.database, name, self.force):
                    warn(f"couldn't entirely delete package `{name}'")
        return 0 if complete else 1

    def _new_leaves(self, going: list[str]) -> list[str]:
        leaves: list[str] = []
        for name in self.database.names():
            needed_by = self.database.required_by(name)
            if needed_by and name not in going and not set(needed_by) - set(going) - set(leaves):
                leaves.append(name)
        return leaves


def main(arguments: list[str]) -> int:
    """pkg_delete's command line; the exit code."""
    try:
        options, words = getopt.getopt(arguments, "ADFfK:kNnOP:p:RrVv")
    except getopt.GetoptError as problem:
        sys.stderr.write(f"pkg_delete: {complaint(problem)}\n{USAGE}")
        return 1
    given = dict(options)
    if not words:
        sys.stderr.write(f"pkg_delete: missing package name(s)\n{USAGE}")
        return 1
    return Deleter(Database(Path(given.get("-P", "/")), given.get("-K", "/var/db/pkg")), given).run(words)


def admin(arguments: list[str]) -> int:
    """pkg_admin: rebuild-tree, check, pmatch, set/unset automatic; the rest of the real one is not here."""
    database = Database(Path("/"))
    match arguments:
        case ["rebuild-tree"]:
            database.rebuild_tree()
            sys.stdout.write("Done.\n")
            return 0
        case ["pmatch", pattern, name]:
            return 0 if dewey.matches(pattern, name) else 1
        case ["set" | "unset" as verb, assignment, *words]:
            for name in filter(None, map(database.find, words)):
                if assignment.partition("=")[0] == "automatic":
                    database.set_automatic(name, verb == "set" and assignment.endswith("=yes"))
            return 0
        case ["check", *words]:
            return _check(database, words or database.names())
        case _:
            sys.stderr.write(
                "usage: pkg_admin [-bqSVv] [-C config] [-d lsdir] [-K pkg_dbdir] [-s sfx] command [args ...]\n"
            )
            return 1


def _check(database: Database, words: list[str]) -> int:
    bad = 0
    for word in words:
        name = database.find(word)
        contents = database.contents(name) if name else None
        for file, expected in contents.checksums.items() if contents else ():
            path = database.path(f"{contents.prefix}/{file}" if contents else file)
            if not path.is_file() or checksum(path) != expected:
                sys.stderr.write(f"pkg_admin: {path}: checksum mismatch\n")
                bad += 1
    return 1 if bad else 0
