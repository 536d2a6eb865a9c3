# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The checksum of a file: as it is given, or out of a file of checksums.

Such files have lines of two kinds: ``HEX  NAME`` of sha256sum(1) and ``SHA512 (NAME) = HEX`` of cksum(1), which NetBSD
puts beside its releases.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import Callable

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.fetch._remote import Digest

_GNU = re.compile(r"\\?([0-9a-fA-F]{32,128})(?:[ \t]+\*?(\S.*))?\s*\Z")
_BSD = re.compile(r"([A-Za-z0-9-]+) \((.+)\) = ([0-9a-fA-F]{32,128})\s*\Z")
_HEX = re.compile(r"[0-9a-f]+\Z")
# those whose sums have one length
_ALGORITHMS = {name for name in hashlib.algorithms_guaranteed if not name.startswith("shake")}
# what a sum of so many hex digits is when nobody says it
_BY_LENGTH = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
_FORM = "write the algorithm and the sum in hex, sha256:0123…, or where a file of checksums is, sha256:https://…"


def digest_of(given: str, name: str, fetch: Callable[[str], str]) -> Digest:
    """What the checksum of the file ``name`` must be.

    :param given: ``ALGORITHM:HEX``, ``HEX``, ``ALGORITHM:PLACE`` or ``PLACE``, a URL or a path on this host.
    :param fetch: gives the text of a file at a place.
    :raises BadValue: no checksum, or the file has none for this name.
    """
    prefix, _colon, rest = given.strip().partition(":")
    algorithm = prefix.lower() if prefix.lower() in _ALGORITHMS else ""
    rest = (rest if algorithm else given).strip()
    if rest.startswith(("/", "file:")) or "://" in rest:
        return _in_file(given, algorithm, fetch(rest), name)
    return digest(given)


def digest(given: str, option: str = "checksum") -> Digest:
    """``ALGORITHM:HEX``, or ``HEX`` alone, whose length tells the algorithm.

    :raises BadValue: it is neither.
    """
    prefix, _colon, value = (part.strip() for part in given.lower().rpartition(":"))
    algorithm = prefix or _BY_LENGTH.get(len(value), "")
    known = algorithm in _ALGORITHMS and len(value) == 2 * hashlib.new(algorithm).digest_size
    if not known or not _HEX.match(value):
        raise BadValue(option, given, _FORM)
    return Digest(algorithm, value)


def _in_file(given: str, algorithm: str, text: str, name: str) -> Digest:
    """The strongest sum that the file has for this name, or the only sum that is in it without a name."""
    found = [
        digest
        for digest, of in map(_line, text.splitlines())
        if digest and (of is None or os.path.basename(of) == name) and algorithm in ("", digest.algorithm)
    ]
    if not found:
        what = f"{algorithm} checksum" if algorithm else "checksum"
        raise BadValue("checksum", given, f"the file there has no {what} of {name}.", error_id="checksum_missing")
    return max(found, key=lambda digest: len(digest.value))


def _line(line: str) -> tuple[Digest | None, str | None]:
    """The checksum of one line, and of which file it is; None when it does not say."""
    match = _BSD.match(line.strip())
    if match:
        algorithm, name, value = match.groups()
    else:
        match = _GNU.match(line.strip())
        if not match:
            return None, None
        value, name = match.groups()
        algorithm = _BY_LENGTH.get(len(value), "")
    algorithm = algorithm.lower().replace("-", "")
    if algorithm not in _ALGORITHMS:
        return None, None  # such as RMD160
    return Digest(algorithm, value.lower()), name


def of(data: bytes, algorithm: str) -> str:
    """The sum of a content in hex."""
    return hashlib.new(algorithm, data).hexdigest()


def require(path: str, expected: Digest, actual: str) -> None:
    """:raises BadValue: the file at ``path`` has another checksum."""
    if actual != expected.value:
        raise BadValue(
            "checksum",
            str(expected),
            f"{path} has another one, {expected.algorithm}:{actual}.",
            error_id="wrong_checksum",
        )


def read_file(path: str) -> str:
    """The text of a file of checksums on this host.

    :raises XenError: it cannot be read.
    """
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError as error:
        raise XenError(f"checksum: cannot read {path}: {error.strerror}.", error_id="checksum_missing") from error
