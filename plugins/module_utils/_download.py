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
import hashlib
import hmac
import http.client
import os
import re
import socket
import time
import urllib.error
import urllib.parse
from typing import IO, Any, Callable, Iterator, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils import _atomicfile
from ansible_collections.netbsd.xen.plugins.module_utils._errors import BadValue, HostError, XenError

CACHE = "/var/cache/netbsd-xen"
ATTEMPTS = 4
_PAUSE_SECONDS = 2.0
# without a byte for so long, a connection is dead
_TIMEOUT_SECONDS = 60.0
_CHUNK = 1024 * 1024
_SCHEMES = ("http", "https", "ftp")
# what a server says that is busy, or whose back end is (RFC 9110, 15.5 and 15.6; RFC 6585, 4)
_TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)
_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]")


class Checksum(NamedTuple):
    """What a file must hash to: ``sha256``, and the digest in hex."""

    algorithm: str
    digest: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.digest}"


def checksum_of(option: str, given: str) -> Checksum:
    """``sha256:HEX``, or HEX alone, whose length tells which of the SHA-2 family it is.

    :raises BadValue: it is none of them.
    """
    algorithm, _colon, digest = given.strip().lower().rpartition(":")
    algorithm = algorithm or next((name for name, length in _LENGTHS.items() if length == len(digest)), "")
    if not re.fullmatch(r"[0-9a-f]+", digest) or _LENGTHS.get(algorithm) != len(digest):
        raise BadValue(option, given, "write the algorithm and the sum in hex: sha256:0123… or sha512:0123…")
    return Checksum(algorithm, digest)


def is_url(source: str) -> bool:
    """Whether this is to be fetched, and not a path."""
    return urllib.parse.urlsplit(source).scheme in _SCHEMES


def local_file(option: str, source: str, given: str | None, cache: str = CACHE) -> str:
    """The path of the file that ``source`` means, a URL or a path on this host, checked.

    :param option: where ``source`` was given, for messages.
    :param given: its checksum; a URL needs one, as it is what the file is called by in the cache.
    :raises BadValue: no such file, another checksum than it was said to have, or a URL without one.
    :raises HostError: the URL cannot be reached (``source_unreachable``), or there is no space (``no_space``).
    """
    expected = checksum_of("checksum", given) if given else None
    if not is_url(source):
        if not source.startswith("/") or not os.path.isfile(source):
            raise BadValue(option, source, "no such file on the managed host, and no URL.", error_id="source_missing")
        if expected:
            _require(source, source, expected)
        return source
    if expected is None:
        raise BadValue("checksum", given, f"{source} is fetched, so its checksum is needed: sha256:0123…")
    return _cached(source, expected, cache)


def cached_path(url: str, expected: Checksum, cache: str = CACHE) -> str:
    """Where the file of this URL is once it has been fetched."""
    name = _UNSAFE.sub("_", os.path.basename(urllib.parse.urlsplit(url).path)) or "file"
    return os.path.join(cache, f"{expected.digest[:16]}-{name}")


def _cached(url: str, expected: Checksum, cache: str) -> str:
    path = cached_path(url, expected, cache)
    try:
        os.makedirs(cache, mode=0o755, exist_ok=True)
        with _alone(path) as partial:
            if os.path.exists(path) and _digest(path, expected.algorithm) == expected.digest:
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


def fetch(url: str, path: str, expected: Checksum | None = None, attempts: int = ATTEMPTS) -> None:
    """Fetch ``url`` into the file ``path``, replacing what is there; it is tried again when the network fails.

    :raises BadValue: what came has another checksum (``wrong_checksum``).
    :raises HostError: it cannot be reached. ``path`` may then hold a part of it.
    :raises OSError: it cannot be written.
    """
    digest = hashlib.new(expected.algorithm) if expected else None

    def receive(stream: IO[bytes]) -> None:
        nonlocal digest
        digest = hashlib.new(expected.algorithm) if expected else None
        with open(path, "wb") as target:
            for data in _chunks(stream):
                target.write(data)
                if digest:
                    digest.update(data)
            target.flush()
            os.fsync(target.fileno())

    with_stream(url, receive, attempts)
    if expected and digest:
        _compare(url, digest.hexdigest(), expected)


def with_stream(url: str, receive: Callable[[IO[bytes]], None], attempts: int = ATTEMPTS) -> None:
    """Call ``receive`` with what ``url`` gives, from its beginning each time that the network has failed.

    :raises HostError: it failed every time, or the server has no such file (``source_unreachable``).
    """
    # heavy, and needed only for a task that really fetches something
    from ansible.module_utils.urls import open_url

    for attempt in range(1, attempts + 1):
        try:
            with open_url(url, timeout=_TIMEOUT_SECONDS) as stream:
                receive(_Counted(stream))  # type: ignore[arg-type]
                return
        except _FAILURES as error:
            reason, again = _reason(error)
            if not again or attempt == attempts:
                tried = f" after {attempt} attempts" if attempt > 1 else ""
                raise HostError(
                    f"{url} cannot be fetched{tried}: {reason}. Is the address right, and does this host reach it? "
                    "The file can also be put on the host, and its path be given.",
                    error_id="source_unreachable",
                    url=url,
                ) from error
        time.sleep(_PAUSE_SECONDS * attempt)


class _CutOff(Exception):
    """The connection ended before all was there."""


_FAILURES = (urllib.error.URLError, http.client.HTTPException, ConnectionError, socket.timeout, _CutOff)


def _reason(error: Exception) -> tuple[str, bool]:
    """What has failed, and whether it may go better at another time."""
    if isinstance(error, urllib.error.HTTPError):
        return f"the server says {error.code} {error.reason}", error.code in _TRY_AGAIN
    if isinstance(error, urllib.error.URLError):
        return str(getattr(error.reason, "strerror", None) or error.reason), True
    return str(error) or type(error).__name__, True


class _Counted:
    """A response that does not end before the length that its server had told."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        length = stream.headers.get("Content-Length")
        self._left = int(length) if length and length.isdigit() else None

    def read(self, count: int = -1) -> bytes:
        data: bytes = self._stream.read(count if count >= 0 else None)
        if self._left is not None:
            self._left -= len(data)
            if self._left > 0 and (not data or count < 0):
                raise _CutOff(f"the connection ended {self._left} bytes too early")
        return data


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while True:
        data = stream.read(_CHUNK)
        if not data:
            return
        yield data


def _require(path: str, source: str, expected: Checksum) -> None:
    _compare(source, _digest(path, expected.algorithm), expected)


def _compare(source: str, actual: str, expected: Checksum) -> None:
    """:raises BadValue: they are not the same."""
    if not hmac.compare_digest(actual, expected.digest):
        raise BadValue(
            "checksum",
            str(expected),
            f"{source} has another one, {expected.algorithm}:{actual}.",
            error_id="wrong_checksum",
        )


def _digest(path: str, algorithm: str) -> str:
    digest = hashlib.new(algorithm)
    with open(path, "rb") as stream:
        for data in _chunks(stream):
            digest.update(data)
    return digest.hexdigest()


def _refusal(error: OSError, url: str, cache: str) -> XenError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return HostError(f"There is no space left in {cache} for {url}.", error_id="no_space")
    return XenError(f"{url} cannot be kept in {cache}: {error.strerror or error}.", error_id="os_error")
