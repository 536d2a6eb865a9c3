# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Files from elsewhere: fetched once for a host, checked against their checksum each time, never half there.

    path = _download.local_file("source", "https://example.org/root.tar.xz", "sha256:…", "/var/cache/netbsd-xen")

A file in the cache is called by its checksum, so another version of a file is another file. What is being fetched has a
hidden name that is locked: a second task waits and takes what the first one got, and what a killed one left is fetched
from the beginning.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import urllib.parse
from typing import IO, Iterator

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.fetch import _checksum, _remote
from ansible_collections.netbsd.xen.plugins.module_utils.fetch._remote import Digest
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _image_copy

CACHE = "/var/cache/netbsd-xen"
RETRIES = 3
# without a byte for so long, a connection is dead
_TIMEOUT_SECONDS = 60.0
_CHUNK = 1024 * 1024
# more than any kernel: _boot_image expands no more, either
_MOST = 512 * 1024 * 1024
_SCHEMES = (*_remote.SCHEMES, "ftp")
_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]")


def is_url(source: str) -> bool:
    """Whether this is to be fetched, and not a path."""
    return urllib.parse.urlsplit(source).scheme in _SCHEMES


def local_file(option: str, source: str, given: str | None, cache: str = CACHE) -> str:
    """The path of the file that ``source`` means, a URL or a path on this host, checked.

    :param option: where ``source`` was given, for messages.
    :param given: its checksum; a URL needs one, as it is what the file is called by in the cache.
    :raises BadValue: no such file, another checksum than it was said to have, or a URL without one.
    :raises XenError: the URL cannot be reached (``source_unreachable``), or there is no space (``no_space``).
    """
    expected = _checksum.digest(given) if given else None
    if not is_url(source):
        if not source.startswith("/") or not os.path.isfile(source):
            raise BadValue(option, source, "no such file on the managed host, and no URL.", error_id="source_missing")
        if expected:
            _checksum.require(source, expected, _image_copy.checksum(source, expected.algorithm))
        return source
    if expected is None:
        raise BadValue("checksum", given, f"{source} is fetched, so its checksum is needed: sha256:0123…")
    return _cached(source, expected, cache)


def cached_path(url: str, expected: Digest, cache: str = CACHE) -> str:
    """Where the file of this URL is once it has been fetched."""
    name = _UNSAFE.sub("_", os.path.basename(urllib.parse.urlsplit(url).path)) or "file"
    return os.path.join(cache, f"{expected.value[:16]}-{name}")


def _cached(url: str, expected: Digest, cache: str) -> str:
    path = cached_path(url, expected, cache)
    try:
        os.makedirs(cache, mode=0o755, exist_ok=True)
        with _alone(path) as partial:
            if os.path.exists(path) and _image_copy.checksum(path, expected.algorithm) == expected.value:
                return path
            fetch(url, partial, expected)
            os.rename(partial, path)
            _atomicfile.sync_directory(cache)
    except OSError as error:
        raise _refusal(error, url, cache) from error
    return path


@contextlib.contextmanager
def _alone(path: str) -> Iterator[str]:
    """Gives the name under which the file is fetched, locked; it is gone afterwards."""
    partial = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.partial")
    lock = f"{partial}.lock"
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield partial
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(partial)
        os.close(handle)


def fetch(url: str, path: str, expected: Digest) -> None:
    """Fetch ``url`` into the file ``path``, replacing what is there.

    :raises XenError: ``wrong_checksum`` or ``source_unreachable``. ``path`` may then hold a part of it.
    :raises OSError: it cannot be written.
    """

    def receive(stream: IO[bytes]) -> None:
        with open(path, "wb") as target:
            shutil.copyfileobj(stream, target, _CHUNK)
            target.flush()
            os.fsync(target.fileno())

    _at(url).receive(receive, expected)


def text(url: str) -> str:
    """All of a small file on a server, such as a list of checksums.

    :raises XenError: it cannot be had (``source_unreachable``).
    """
    return _at(url).text()


def content(url: str, expected: Digest | None = None, validate_certs: bool = True) -> bytes:
    """All of a file on a server that is looked into as a whole and kept nowhere, such as a kernel.

    :raises XenError: it cannot be had (``source_unreachable``), is another (``wrong_checksum``), or larger than any
        kernel (``source_too_large``).
    """
    return _at(url, validate_certs).receive(lambda stream: _whole(stream, url), expected)


def _whole(stream: IO[bytes], url: str) -> bytes:
    found = bytearray()
    chunk = stream.read(_CHUNK)
    while chunk:
        found += chunk
        if len(found) > _MOST:
            raise XenError(
                f"{url} has more than {_MOST >> 20} MiB. Nothing was kept of it.", error_id="source_too_large"
            )
        chunk = stream.read(_CHUNK)
    return bytes(found)


def _at(url: str, validate_certs: bool = True) -> _remote.Remote:
    # heavy, and needed only for a task that really fetches something
    from ansible.module_utils.urls import open_url

    return _remote.Remote(url, open_url, RETRIES, {"timeout": _TIMEOUT_SECONDS, "validate_certs": validate_certs})


def _refusal(error: OSError, url: str, cache: str) -> XenError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return HostError(f"There is no space left in {cache} for {url}.", error_id="no_space")
    return XenError(f"{url} cannot be kept in {cache}: {error.strerror or error}.", error_id="os_error")
