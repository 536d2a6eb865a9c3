# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What pkgin says it would do, and why it would not.

Sources: pkgin 0.6 to 26.4, actions.c and messages.h. The headings have changed with the versions
(``2 packages to be installed: a b (1M to download, 2M to install)``, ``2 packages to install:``), the names under them
stand on the same line, on one line or on one line each.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_HEADING = re.compile(
    r"^\d+ packages? to (?:be )?(refresh|upgrade|install|remove|delete|download|autoremove)(?:e?d)?"
    r"(?: (\(superseded\)))?\s*(?:\([^)]*\))?:[ \t]*(.*)$"
)
_SIZES = re.compile(r"\s*\([^)]* to download.*\)\s*$")
# the progress of the calculation may stand before it on the same line
_MISSING = re.compile(r"(?:^|\.\.\.\W*)([A-Za-z0-9]\S*) is not available (?:in|on) the repository", re.MULTILINE)
_CONFLICT = re.compile(r"^(\S+) (?:\(to be installed\) )?conflicts with installed package (\S+?)\.?$", re.MULTILINE)
_PLIST = re.compile(r"Conflicting PLIST with (\S+): (\S+)")
_NO_SPACE = re.compile(r"^.*(?:enough space for|No space left on device|[Ff]ile ?system (?:is )?full).*$", re.MULTILINE)
_NO_RIGHTS = re.compile(r"don't have enough rights|Permission denied")
_NO_FETCH = re.compile(r"^.*(?:Could not fetch|has no repositories or does not exist).*$", re.MULTILINE)
_AGAIN = re.compile(r"Re-run .?pkgin upgrade")
_ERRORS = re.compile(r"pkg_install warnings: (\d+), errors: (\d+)")
# A full name has a dash and a version that begins with a digit.
_FULL = re.compile(r"^[^\s;]+-[0-9][^\s;-]*$")


class Preview(NamedTuple):
    """Full names of packages, by what would become of them.

    :param superseded: those that go because others have taken their contents over.
    :param conflicts: new package and installed one that cannot be there together.
    """

    install: list[str]
    upgrade: list[str]
    refresh: list[str]
    remove: list[str]
    superseded: list[str]
    conflicts: list[tuple[str, str]]

    @property
    def comes(self) -> list[str]:
        return [*self.install, *self.upgrade, *self.refresh]


def preview(text: str) -> Preview:
    """What ``pkgin -n install`` and ``pkgin -n remove`` say, standard output and standard error."""
    lists: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        match = _HEADING.match(line)
        if match:
            current = lists.setdefault("superseded" if match.group(2) else match.group(1), [])
            line = _SIZES.sub("", match.group(3))
        names = line.split()
        if current is None or (not names and not match) or not all(_FULL.match(name) for name in names):
            current = None
            continue
        current += [name for name in names if name not in current]
    removed = lists.get("remove", []) + lists.get("delete", [])
    upgraded = lists.get("upgrade", [])
    # before 20.x an upgraded package stood in both lists, under its new version in that of the installed ones
    installed = [name for name in lists.get("install", []) if _base(name) not in {_base(one) for one in upgraded}]
    upgraded = [_newer(name, lists.get("install", [])) for name in upgraded]
    superseded = lists.get("superseded", [])
    return Preview(installed, upgraded, lists.get("refresh", []), removed, superseded, conflicts(text))


NOTHING = Preview([], [], [], [], [], [])


def _base(full: str) -> str:
    return full.rpartition("-")[0]


def _newer(full: str, installed: list[str]) -> str:
    return next((name for name in installed if _base(name) == _base(full)), full)


def not_available(text: str) -> list[str]:
    """The names that no repository has."""
    return list(dict.fromkeys(_MISSING.findall(text)))


def conflicts(text: str) -> list[tuple[str, str]]:
    """New package and installed one; for a conflict that only the files show, the file and the installed one."""
    declared: list[tuple[str, str]] = _CONFLICT.findall(text)
    return declared or [(path, owner) for owner, path in _PLIST.findall(text)]


def no_space(text: str) -> str | None:
    """The line that says that something is full."""
    match = _NO_SPACE.search(text)
    return match.group().strip() if match else None


def no_rights(text: str) -> bool:
    return bool(_NO_RIGHTS.search(text))


def no_repository(text: str) -> str | None:
    """The line that says that a repository cannot be reached."""
    match = _NO_FETCH.search(text)
    return match.group().strip() if match else None


def again(text: str) -> bool:
    """Since 25.5 pkgin brings only the package tools up to date in a first run, and then wants another."""
    return bool(_AGAIN.search(text))


def errors(text: str) -> int:
    """How many of the package tools' own errors pkgin has counted."""
    return sum(int(found[1]) for found in _ERRORS.findall(text))
