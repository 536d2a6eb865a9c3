# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Where the content of a boot file comes from: a file of the host (a package has put it there), or a URL."""

from __future__ import annotations

import os
from typing import Callable
from urllib.parse import unquote, urlsplit

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.fetch._remote import Digest

# gives the content of a URL that must have this checksum, if one is known: _download.content
Fetch = Callable[[str, "Digest | None"], bytes]


def local_path(source: str) -> str | None:
    """The path of a source on the host itself, plain or as ``file:``; None for a URL of another kind."""
    parts = urlsplit(source)
    if parts.scheme == "file":
        return unquote(parts.path)
    return None if parts.scheme in ("http", "https", "ftp") else source


def read(source: str, fetch: Fetch | None = None, expected: Digest | None = None) -> bytes:
    """The content of a source; ``fetch`` is needed for URLs only, and ``expected`` is looked at for them.

    :raises XenError: there is no such file (``source_missing``), or what ``fetch`` raises.
    """
    path = local_path(source)
    if path is None:
        if fetch is None:
            raise TypeError("a URL needs something that fetches it")
        return fetch(source, expected)
    try:
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
