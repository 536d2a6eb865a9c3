# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The files of a NetBSD release: sets and kernels, from a directory or a server, verified by SHA512, kept once a host.

Sources: etc/Makefile and distrib/sets/README of NetBSD (RELEASE/MACHINE/binary/{sets,kernel}, each with a file SHA512
in the form of cksum(1)); sets end in .tgz up to NetBSD 8, and on amd64 in .tar.xz from 9 on.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import time
from typing import IO, Any, Callable, Iterator, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils import _boot_source
from ansible_collections.netbsd.xen.plugins.module_utils._errors import BadValue, XenError

CACHE = "/var/cache/netbsd-xen"
_LINE = re.compile(r"SHA512 \((?P<name>[^)]+)\) = (?P<digest>[0-9a-f]{128})")
_SUFFIXES = (".tar.xz", ".tgz")
_PIECE = 1024 * 1024
_WAITS = (1.0, 3.0)
# opens a URL for reading; raises OSError
Opener = Callable[[str], Any]


class File(NamedTuple):
    """A file of the release as the file SHA512 has it."""

    folder: str
    name: str
    digest: str


class Release(NamedTuple):
    """Where a release is.

    :param source: URL or directory that has the releases, such as https://cdn.NetBSD.org/pub/NetBSD.
    :param number: ``10.1``. :param machine: ``amd64`` or ``i386``.
    :param opener: needed for URLs only.
    """

    source: str
    number: str
    machine: str
    cache: str = CACHE
    opener: Opener | None = None

    def place(self, folder: str, name: str) -> str:
        """URL or path of a file; ``folder`` is ``sets`` or ``kernel``."""
        return f"{self.source.rstrip('/')}/{self._below(folder, name)}"

    def _below(self, folder: str, name: str) -> str:
        return f"NetBSD-{self.number}/{self.machine}/binary/{folder}/{name}"

    def checksums(self, folder: str) -> dict[str, str]:
        """The file SHA512 of a folder: digests by name.

        :raises XenError: it cannot be had, or is something else (``bad_checksums``).
        """
        place = self.place(folder, "SHA512")
        text = self._read(place).decode("ascii", "replace")
        sums = {match.group("name"): match.group("digest") for match in _LINE.finditer(text)}
        if not sums:
            raise XenError(
                f"{place} has no line in the form of `cksum -a SHA512`. Is this the directory of a NetBSD release?",
                error_id="bad_checksums",
            )
        return sums

    def sets(self, names: list[str]) -> list[File]:
        """The files of these sets, in order.

        :raises BadValue: the release has no such set.
        """
        sums = self.checksums("sets")
        return [self._set(name, sums) for name in names]

    def _set(self, name: str, sums: dict[str, str]) -> File:
        for suffix in _SUFFIXES:
            if name + suffix in sums:
                return File("sets", name + suffix, sums[name + suffix])
        has = ", ".join(sorted({each.split(".")[0] for each in sums}))
        raise BadValue("sets", name, f"{self.place('sets', '')} has no such set. It has {has}.", error_id="no_such_set")

    def kernel(self, config: str) -> File:
        """The file of a kernel, ``netbsd-XEN3_DOMU.gz``.

        :raises BadValue: the release has no such kernel.
        """
        name, sums = f"netbsd-{config}.gz", self.checksums("kernel")
        if name not in sums:
            raise BadValue(
                "kernel_config",
                config,
                f"{self.place('kernel', '')} has no {name}. It has {', '.join(sorted(sums))}.",
                error_id="no_such_kernel",
            )
        return File("kernel", name, sums[name])

    def fetch(self, file: File) -> str:
        """The path of a verified copy on this host. What is in the cache is verified, too, each time.

        :raises XenError: ``source_missing``, ``source_unreachable``, ``wrong_checksum``; the cache has no half file.
        """
        place = self.place(file.folder, file.name)
        local = _boot_source.local_path(place)
        if local is not None:
            if not os.path.isfile(local):
                raise XenError(f"{local} does not exist.", error_id="source_missing")
            _require(local, file, place)
            return local
        path = os.path.join(self.cache, self._below(file.folder, file.name))
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        with _alone(path):
            if not os.path.isfile(path) or _digest(path) != file.digest:
                self._download(place, path, file)
        return path

    def _download(self, place: str, path: str, file: File) -> None:
        """Into another name first: the cache never has a file that is not whole."""
        partial = f"{path}.partial"
        try:
            with open(partial, "wb") as target:
                self._retried(place, lambda stream: _copy(stream, target))
                target.flush()
                os.fsync(target.fileno())
            _require(partial, file, place)
            os.rename(partial, path)
        except OSError as error:
            raise XenError(f"{partial} cannot be written: {error.strerror}.", error_id="no_space") from error
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(partial)

    def _read(self, place: str) -> bytes:
        if _boot_source.local_path(place) is not None:
            return _boot_source.read(place)
        found: list[bytes] = []
        self._retried(place, lambda stream: found.append(stream.read(_PIECE)))
        return found[-1]

    def _retried(self, place: str, use: Callable[[Any], None]) -> None:
        """:raises XenError: after three attempts; at once where the server says that there is no such file."""
        if self.opener is None:
            raise TypeError("a URL needs something that opens it")
        for attempt in range(len(_WAITS) + 1):
            try:
                use(self.opener(place))
                return
            except OSError as error:
                if getattr(error, "code", None) in (403, 404, 410):
                    raise XenError(f"{place}: {error}.", error_id="source_missing") from error
                if attempt == len(_WAITS):
                    raise XenError(
                        f"{place} cannot be fetched, three times: {error}. Check the network of this host, and the URL.",
                        error_id="source_unreachable",
                    ) from error
            time.sleep(_WAITS[attempt])


def _copy(stream: Any, target: IO[bytes]) -> None:
    target.seek(0)
    target.truncate()
    while True:
        piece = stream.read(_PIECE)
        if not piece:
            return
        target.write(piece)


def _digest(path: str) -> str:
    found = hashlib.sha512()
    with open(path, "rb") as stream:
        for piece in iter(lambda: stream.read(_PIECE), b""):
            found.update(piece)
    return found.hexdigest()


def _require(path: str, file: File, place: str) -> None:
    found = _digest(path)
    if found != file.digest:
        raise XenError(
            f"{place} has the SHA512 {found}, and the file SHA512 beside it says {file.digest}. It is damaged, or not of "
            "this release; nothing was made of it.",
            error_id="wrong_checksum",
        )


@contextlib.contextmanager
def _alone(path: str) -> Iterator[None]:
    """One task downloads a file; others wait for it and find it there."""
    handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
