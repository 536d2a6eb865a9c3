# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Files that lie on a server: looked at before anything is made, streamed, and asked for again when it breaks off.

Nothing is kept in a file here; _download does that. A server that does not answer, or stops in the middle, is asked
again, from the beginning of the file; one that says no (HTTP 404 and the like) is not.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
import urllib.parse
from typing import IO, Any, Callable, NamedTuple, TypeVar

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _image_stream

SCHEMES = ("http", "https")
_PAUSE_SECONDS = 1.0
# HTTP: the server is busy, or the network between is
_AGAIN = (408, 425, 429)
_TEXT = 1024 * 1024
Result = TypeVar("Result")


class Unreachable(XenError):
    """A server that does not answer, or did not give the whole file. ``final``: it says that it will not."""

    error_id = "source_unreachable"

    def __init__(self, message: str, final: bool = False, **details: Any) -> None:
        super().__init__(message, **details)
        self.final = final


class Look(NamedTuple):
    """What a server says before the file itself.

    :param head: its first bytes, ``_image_stream.HEAD`` of them at most.
    :param length: how many there are, None when it does not say.
    """

    head: bytes
    length: int | None


class Digest(NamedTuple):
    """A checksum: an algorithm of hashlib, and the sum in hex, lower case."""

    algorithm: str
    value: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"


class Remote:
    """A file on a server.

    :param open_url: as ansible.module_utils.urls has it.
    :param retries: how often it is asked again.
    :param access: further parameters of ``open_url``: timeout, validate_certs, url_username, url_password.
    """

    def __init__(self, url: str, open_url: Callable[..., Any], retries: int, access: dict[str, Any]) -> None:
        self.url, self.open_url, self.retries, self.access = url, open_url, retries, access

    def at(self, url: str) -> Remote:
        """Another file, asked for in the same way."""
        return Remote(url, self.open_url, self.retries, self.access)

    @property
    def shown(self) -> str:
        """The URL without what may be secret: user, password, and the query, in which signed links have their key."""
        parts = urllib.parse.urlsplit(self.url)
        return urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    @property
    def name(self) -> str:
        """The file's name on the server."""
        return urllib.parse.unquote(urllib.parse.urlsplit(self.url).path).rpartition("/")[2]

    def look(self) -> Look:
        """:raises Unreachable: the server has not given it."""

        def once() -> Look:
            with self._open() as download:
                return Look(download.read_up_to(_image_stream.HEAD), download.length)

        return self._try(once)

    def text(self) -> str:
        """All of a small file, such as a list of checksums.

        :raises Unreachable: the server has not given it.
        """

        def once() -> str:
            with self._open() as download:
                return download.read_up_to(_TEXT).decode(errors="replace")

        return self._try(once)

    def receive(self, use: Callable[[IO[bytes]], Result], expected: Digest | None) -> Result:
        """Give the file to ``use`` as a stream; again from its beginning when it breaks off.

        :raises Unreachable: it broke off too often. :raises BadValue: its checksum is another.
        """

        def once() -> Result:
            with self._open(expected) as download:
                result = use(download)  # type: ignore[arg-type]  # all that is read of it is read()
                download.require(expected, self.shown)
                return result

        return self._try(once)

    def _try(self, once: Callable[[], Result]) -> Result:
        for attempt in range(self.retries + 1):
            try:
                return once()
            except Unreachable as error:
                if error.final or attempt == self.retries:
                    asked = f" It was asked {attempt + 1} times." if attempt else ""
                    raise Unreachable(
                        f"{self.shown} cannot be had: {error.message}.{asked}", url=self.shown, attempts=attempt + 1
                    ) from error
            time.sleep(_PAUSE_SECONDS * 2**attempt)
        raise AssertionError("unreachable")

    def _open(self, expected: Digest | None = None) -> Download:
        try:
            # decompress: only what the server itself packs for the way; the file shall come as it lies there
            response = self.open_url(self.url, decompress=False, **self.access)
        except Exception as error:  # Ansible's own have no base in common with those of urllib
            code = getattr(error, "code", None)
            final = isinstance(code, int) and 400 <= code < 500 and code not in _AGAIN
            raise Unreachable(_reason(error), final) from error
        length = response.headers.get("Content-Length")
        known = length is not None and length.isdigit() and not response.headers.get("Content-Encoding")
        return Download(response, int(length) if known else None, expected)


class Download:
    """A response that is read: counts and sums up what comes. Used as a file of which only ``read`` is needed."""

    def __init__(self, response: Any, length: int | None, expected: Digest | None) -> None:
        self._response, self.length, self._count = response, length, 0
        self._sum = hashlib.new(expected.algorithm) if expected else None

    def __enter__(self) -> Download:
        return self

    def __exit__(self, *_: Any) -> None:
        with contextlib.suppress(Exception):
            self._response.close()

    def read(self, count: int = -1) -> bytes:
        """:raises Unreachable: it broke off. Python's http.client says nothing of a body that ends too early."""
        try:
            data: bytes = self._response.read(count) if count >= 0 else self._response.read()
        except Exception as error:
            raise Unreachable(f"it broke off after {self._count} bytes, {_reason(error)}") from error
        self._count += len(data)
        if self._sum:
            self._sum.update(data)
        if not data and count and self.length is not None and self._count < self.length:
            raise Unreachable(f"it broke off after {self._count} of {self.length} bytes")
        return data

    def read_up_to(self, count: int) -> bytes:
        """As many, or all that there are."""
        data = self.read(count)
        while len(data) < count:
            more = self.read(count - len(data))
            if not more:
                break
            data += more
        return data

    def require(self, expected: Digest | None, name: str) -> None:
        """Read what is left, and compare.

        :raises BadValue: its checksum is another.
        """
        while self.read(_TEXT):
            pass
        if expected and self._sum and self._sum.hexdigest() != expected.value:
            actual = Digest(expected.algorithm, self._sum.hexdigest())
            raise BadValue("checksum", str(expected), f"{name} has another one, {actual}.", error_id="wrong_checksum")


def _reason(error: BaseException) -> str:
    """Why, without a full stop at its end."""
    reason = getattr(error, "reason", None)
    return (str(reason or error) or type(error).__name__).strip().rstrip(".")
