# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions and patterns of packages (pkgsrc: pkgtools/pkg_install/files/lib/{dewey,opattern}.c)."""

from __future__ import annotations

import fnmatch
import re

_WORDS = {"alpha": -3, "beta": -2, "pre": -1, "rc": -1, "pl": 0, ".": 0, "_": 0}
_TOKEN = re.compile(r"(\d+)|nb(\d*)|(alpha|beta|pre|rc|pl|[._])|([a-z])|.", re.IGNORECASE)
_BOUND = re.compile(r"(>=|<=|>|<)([^<>]+)")


def split(name: str) -> tuple[str, str]:
    """``gtk2+-2.24.33nb5`` as its base and its version; a name without a version has the version ''."""
    base, dash, version = name.rpartition("-")
    return (base, version) if dash else (name, "")


def key(version: str) -> tuple[list[int], int]:
    """What versions are ordered by: numbers with dots, letters after them, alpha < beta < rc < release, then nbN."""
    numbers: list[int] = []
    revision = 0
    for match in _TOKEN.finditer(version):
        digits, nb, word, letter = match.groups()
        if digits is not None:
            numbers.append(int(digits))
        elif nb is not None:
            revision = int(nb or 0)
        elif word is not None:
            numbers.append(_WORDS[word.lower()])
        elif letter is not None:
            numbers += [0, ord(letter.lower()) - ord("a") + 1]
    return numbers, revision


def compare(one: str, other: str) -> int:
    """-1, 0 or 1. A shorter version is filled up with zeros."""
    (first, first_nb), (second, second_nb) = key(one), key(other)
    length = max(len(first), len(second))
    left = (first + [0] * (length - len(first)), first_nb)
    right = (second + [0] * (length - len(second)), second_nb)
    return (left > right) - (left < right)


def _alternatives(pattern: str) -> list[str]:
    """``{a,b}-[0-9]*`` as the patterns that it stands for."""
    match = re.search(r"\{([^{}]*)\}", pattern)
    if not match:
        return [pattern]
    whole = [pattern[: match.start()] + each + pattern[match.end() :] for each in match.group(1).split(",")]
    return [one for each in whole for one in _alternatives(each)]


def _within(version: str, bounds: list[tuple[str, str]]) -> bool:
    for operator, bound in bounds:
        order = compare(version, bound)
        if not {">=": order >= 0, "<=": order <= 0, ">": order > 0, "<": order < 0}[operator]:
            return False
    return True


def matches(pattern: str, name: str) -> bool:
    """Whether a package (with its version) is one that the pattern means: ``foo>=1<2``, ``foo-[0-9]*``, ``foo-1.2``."""
    return any(_matches(each, name) for each in _alternatives(pattern))


def _matches(pattern: str, name: str) -> bool:
    bounds = _BOUND.findall(pattern)
    if bounds:
        base, version = split(name)
        return base == re.split(r"[<>]", pattern, maxsplit=1)[0] and _within(version, bounds)
    return pattern == name or fnmatch.fnmatchcase(name, pattern)


def best(pattern: str, names: list[str]) -> str | None:
    """The highest version that matches; a bare name stands for all its versions."""
    found = [name for name in names if matches(pattern, name)] or [
        name for name in names if split(name)[0] == pattern and not re.search(r"[<>{*]", pattern)
    ]
    chosen: str | None = None
    for name in found:
        if chosen is None or compare(split(name)[1], split(chosen)[1]) > 0:
            chosen = name
    return chosen
