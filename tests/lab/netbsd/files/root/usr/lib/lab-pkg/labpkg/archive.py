# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Binary packages of the lab: gzip'ed tar files, metadata first, then the files relative to /usr/pkg.

The metadata are the + files that pkg_info(1) knows: +CONTENTS, +COMMENT, +DESC, +BUILD_INFO, +SIZE_PKG and, where there
is a message, +DISPLAY. Instead of the shell scripts +INSTALL and +DEINSTALL, which pkgsrc generates from a list, there
is the list itself, +FILES: one line for each file or directory that pkgsrc's mk/pkginstall would look after::

    conf share/examples/xen/xl.conf etc/xen/xl.conf 0644
    rcd  share/examples/rc.d/xencommons /etc/rc.d/xencommons 0755
    dir  /var/log/xen
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from .database import PREFIX, Contents


class Managed(NamedTuple):
    """One line of +FILES."""

    kind: str
    example: str
    target: str
    mode: int


def absolute(path: str, prefix: str = PREFIX) -> str:
    return path if path.startswith("/") else f"{prefix}/{path}"


def managed(text: str) -> list[Managed]:
    """+FILES as a list; paths are absolute."""
    found = []
    for line in text.splitlines():
        kind, *words = line.split()
        if kind == "dir":
            found.append(Managed(kind, "", absolute(words[0]), 0o755))
        else:
            found.append(Managed(kind, absolute(words[0]), absolute(words[1]), int(words[2], 8)))
    return found


class Archive:
    """A package file, open for reading.

    :raises tarfile.TarError, OSError: it is not one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tar = tarfile.open(path, "r:*")  # noqa: SIM115 (close() is ours)
        self.meta: dict[str, str] = {}
        self._first: tarfile.TarInfo | None = None
        for member in self._tar:
            if not member.name.startswith("+"):
                self._first = member
                break
            self.meta[member.name] = self._data(member).read().decode()
        self.contents = Contents(self.meta.get("+CONTENTS", ""))

    def _data(self, member: tarfile.TarInfo) -> IO[bytes]:
        data = self._tar.extractfile(member)
        if data is None:
            raise tarfile.TarError(f"{member.name} is not a file")
        return data

    def build_info(self) -> dict[str, str]:
        lines = self.meta.get("+BUILD_INFO", "").splitlines()
        return {key: value for key, _sign, value in (line.partition("=") for line in lines)}

    def files(self) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
        """The files of the package in the order of +CONTENTS, each with its data (None for a symbolic link)."""
        member = self._first
        while member is not None:
            yield member, None if member.issym() else self._data(member)
            member = self._tar.next()

    def close(self) -> None:
        self._tar.close()
