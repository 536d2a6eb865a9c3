# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Where the content of a boot file comes from: a file of the host (a package has put it there), or a URL."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Callable
from urllib.parse import unquote, urlsplit

from ansible_collections.netbsd.xen.plugins.module_utils._errors import BadValue, XenError

_CHECKSUM = re.compile(r"(?:(sha256|sha512):)?([0-9a-f]{64}|[0-9a-f]{128})", re.IGNORECASE)
_LENGTHS = {64: "sha256", 128: "sha512"}
# fetches a URL and returns its content; raises OSError. Ansible has one for modules.
Fetch = Callable[[str], bytes]


class Checksum:
    """``sha256:HEX`` or ``sha512:HEX``; the algorithm may be left out, the length tells it.

    :raises BadValue: it is neither.
    """

    def __init__(self, text: str) -> None:
        match = _CHECKSUM.fullmatch(text.strip())
        if not match or match.group(1) not in (None, _LENGTHS[len(match.group(2))]):
            raise BadValue("checksum", text, "give sha256: and 64, or sha512: and 128 hexadecimal digits.")
        self.algorithm = _LENGTHS[len(match.group(2))]
        self.digest = match.group(2).lower()

    def fits(self, data: bytes) -> bool:
        return hashlib.new(self.algorithm, data).hexdigest() == self.digest

    def require(self, data: bytes, source: str) -> None:
        """
        :raises XenError: the content is another.
        """
        found = hashlib.new(self.algorithm, data).hexdigest()
        if found != self.digest:
            raise XenError(
                f"{source} has the {self.algorithm} checksum {found}, and not {self.digest}. Nothing was changed. "
                "Compare with the file SHA512 of the NetBSD release.",
                error_id="wrong_checksum",
            )


def local_path(source: str) -> str | None:
    """The path of a source on the host itself, plain or as ``file:``; None for a URL of another kind."""
    parts = urlsplit(source)
    if parts.scheme == "file":
        return unquote(parts.path)
    return None if parts.scheme in ("http", "https", "ftp") else source


def read(source: str, fetch: Fetch | None = None) -> bytes:
    """The content of a source; ``fetch`` is needed for URLs only.

    :raises XenError: there is no such file, or it cannot be fetched (``source_missing``).
    """
    path = local_path(source)
    try:
        if path is None:
            if fetch is None:
                raise TypeError("a URL needs something that fetches it")
            return fetch(source)
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError as error:
        raise XenError(
            f"{source} does not exist. Install the package that brings it, or correct the path.",
            error_id="source_missing",
        ) from error
    except OSError as error:
        raise XenError(f"{source} cannot be read: {error}.", error_id="source_missing") from error


def exists(source: str) -> bool:
    """Whether a source is there, as far as one can tell without fetching it."""
    path = local_path(source)
    return path is None or os.path.isfile(path)
