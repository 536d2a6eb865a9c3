# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The files of a NetBSD release: sets and kernels, from a directory or a server, checked by its files SHA512.

Sources: etc/Makefile and distrib/notes of NetBSD (NetBSD-RELEASE/MACHINE/binary/{sets,kernel}, each with a file SHA512
in the form of cksum(1)); sets end in .tgz up to NetBSD 8, and on amd64 in .tar.xz from 9 on.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.fetch import _boot_source, _download
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _install_plan

SETS, KERNEL = "sets", "kernel"
_LINE = re.compile(r"SHA512 \((?P<name>[^)]+)\) = (?P<digest>[0-9a-f]{128})")
_SUFFIXES = (".tar.xz", ".tgz")
_NUMBER = re.compile(r"\d+\.\d+(?:\.\d+)*(?:_\w+)?")


class File(NamedTuple):
    """A file of the release, as the file SHA512 beside it has it."""

    folder: str
    name: str
    digest: str


class Release(NamedTuple):
    """Where a release is.

    :param source: URL or directory that has the releases, such as https://cdn.NetBSD.org/pub/NetBSD.
    :param number: ``10.1``. :param machine: ``amd64`` or ``i386``.
    :param cache: where what is fetched is kept.
    """

    source: str
    number: str
    machine: str
    cache: str = _download.CACHE

    def place(self, folder: str, name: str) -> str:
        """URL or path of a file."""
        return f"{self.source.rstrip('/')}/NetBSD-{self.number}/{self.machine}/binary/{folder}/{name}"

    def checksums(self, folder: str) -> dict[str, str]:
        """The file SHA512 of a folder: digests by name.

        :raises XenError: it cannot be had, or is something else (``bad_checksums``).
        """
        place = self.place(folder, "SHA512")
        text = _read(place)
        sums = {match.group("name"): match.group("digest") for match in _LINE.finditer(text)}
        if not sums:
            raise XenError(
                f"{place} has no line in the form of `cksum -a SHA512`. Is {self.source} the folder of the releases?",
                error_id="bad_checksums",
            )
        return sums

    def sets(self, names: list[str]) -> list[File]:
        """The files of these sets, in order.

        :raises BadValue: the release has no such set (``no_such_set``).
        """
        sums = self.checksums(SETS)
        return [self._set(name, sums) for name in names]

    def _set(self, name: str, sums: dict[str, str]) -> File:
        for suffix in _SUFFIXES:
            if name + suffix in sums:
                return File(SETS, name + suffix, sums[name + suffix])
        has = ", ".join(sorted({each.split(".")[0] for each in sums}))
        raise BadValue("sets", name, f"{self.place(SETS, '')} has no such set; it has {has}.", error_id="no_such_set")

    def kernel(self, config: str) -> File:
        """The file of a kernel, ``netbsd-XEN3_DOMU.gz``.

        :raises BadValue: the release has no such kernel (``no_such_kernel``).
        """
        name, sums = f"netbsd-{config}.gz", self.checksums(KERNEL)
        if name not in sums:
            raise BadValue(
                "kernel_config",
                config,
                f"{self.place(KERNEL, '')} has no {name}; it has {', '.join(sorted(sums))}.",
                error_id="no_such_kernel",
            )
        return File(KERNEL, name, sums[name])

    def fetch(self, file: File) -> str:
        """The path on this host of a file that has the checksum of the release. What is in the cache is checked, too.

        :raises XenError: ``source_missing``, ``source_unreachable``, ``wrong_checksum``, ``no_space``.
        """
        place = self.place(file.folder, file.name)
        local = _boot_source.local_path(place)
        return _download.local_file("source", local or place, f"sha512:{file.digest}", self.cache)


def spec() -> dict[str, Any]:
    """The argument spec of what a release is named by, made anew for each module."""
    return {
        "source": {"type": "str", "default": "https://cdn.NetBSD.org/pub/NetBSD"},
        "release": {"type": "str", "required": True},
        "machine": {"type": "str", "choices": list(_install_plan.MACHINES), "default": "amd64"},
        "cache": {"type": "path"},
    }


def check_number(number: str) -> None:
    """:raises BadValue: no release is called so."""
    if not _NUMBER.fullmatch(number):
        raise BadValue("release", number, 'write it as NetBSD does, in quotes: "10.1".')


def _read(place: str) -> str:
    if _boot_source.local_path(place) is None:
        return _download.text(place)
    return _boot_source.read(place).decode("ascii", "replace")
