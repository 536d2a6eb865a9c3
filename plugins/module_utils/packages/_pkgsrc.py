# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Packages of pkgsrc as the host itself knows them: pkg_info(1), and how names and versions are told apart."""

from __future__ import annotations

import os
import re
import shutil
from typing import Iterable, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, CommandError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command

# That of the package pkg_install is newer than that of the base system, and the one that pkgin uses.
_FOLDERS = ("/usr/pkg/sbin", "/usr/sbin", "/usr/pkg/bin", "/usr/bin")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]*")


class Package(NamedTuple):
    """A package by name and version: ``xentools420`` and ``20260317``. The version may itself have no dash in it."""

    name: str
    version: str

    @property
    def full(self) -> str:
        return f"{self.name}-{self.version}"


def split(full: str) -> Package:
    """``name-version`` taken apart at the last dash (pkg_install, lib/opattern.c)."""
    name, _dash, version = full.rpartition("-")
    return Package(name, version)


def tool(name: str) -> str | None:
    """Where a program of the packages is: its folders first, then PATH, which has few of them over ssh."""
    for folder in _FOLDERS:
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return path
    return shutil.which(name)


def require_tool(name: str) -> str:
    """
    :raises HostError: the host has no such program.
    """
    path = tool(name)
    if path is None:
        raise HostError(f"{name} is not on this host, neither in {', '.join(_FOLDERS)} nor in PATH.", missing=name)
    return path


def parse_list(text: str) -> dict[str, str]:
    """Versions by name from what pkg_info, ``pkgin list`` or ``pkgin avail`` print: a line for each package, the full
    name first. Of several versions of one name the first one counts: pkgin lists the newest first."""
    packages: dict[str, str] = {}
    for line in text.splitlines():
        words = line.replace(";", " ", 1).split()
        if words and "-" in words[0]:
            package = split(words[0])
            packages.setdefault(package.name, package.version)
    return packages


def installed() -> dict[str, str]:
    """Versions of the installed packages, by name.

    :raises HostError: there is no pkg_info.
    :raises CommandError: it failed.
    """
    command = [require_tool("pkg_info")]
    done = _command.run(command, timeout=120)
    packages = parse_list(done.stdout)
    if done.rc and not packages and "no packages" not in (done.stdout + done.stderr).lower():
        raise CommandError(f"pkg_info failed: {done.stderr.strip()}", command, *done)
    return packages


class Wanted(NamedTuple):
    """What the user wrote for one package: a name, or a name with the version that it must have.

    ``font-adobe-100dpi`` is a name, and looks like a version ``100dpi`` of ``font-adobe``: only the lists of packages
    can tell, so both readings are kept.
    """

    text: str

    def version_in(self, packages: dict[str, str]) -> str | None:
        """The full name of the package of this list that is meant, None when there is none."""
        if self.text in packages:
            return f"{self.text}-{packages[self.text]}"
        package = split(self.text)
        return self.text if packages.get(package.name) == package.version else None

    def is_meant_by(self, full: str) -> bool:
        """Whether a full name is what was asked for."""
        return full == self.text or split(full).name == self.text

    def name_in(self, packages: dict[str, str]) -> str:
        """The name alone, as far as the list tells."""
        if self.text in packages:
            return self.text
        name = split(self.text).name
        return name if name in packages else self.text


def wanted(names: Iterable[str], option: str = "name") -> list[Wanted]:
    """The user's words, each once.

    :raises BadValue: not the name of a package. pkgin would take ``*`` and ``>`` for patterns.
    """
    found = []
    for text in dict.fromkeys(names):
        if not _WORD.fullmatch(text):
            raise BadValue(
                option, text, "this is not the name of a package. Patterns are not understood: give each name in full."
            )
        found.append(Wanted(text))
    return found
