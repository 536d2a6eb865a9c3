# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""A file of the system as text and back, without loss. Writing it is _atomicfile's."""

from __future__ import annotations

import os

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError

_SIZE_LIMIT = 1024 * 1024


def read(path: str) -> str | None:
    """The text of a file, None when there is none; bytes that are not UTF-8 survive as surrogate escapes.

    :raises XenError: it is no regular file, too large to be what it is taken for, or cannot be read.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise XenError(f"{path} is not a regular file.")
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as stream:
            text = stream.read(_SIZE_LIMIT + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise XenError(f"Cannot read {path}: {error.strerror}.") from error
    if len(text) > _SIZE_LIMIT:
        raise XenError(f"{path} is larger than {_SIZE_LIMIT} characters: this is not the file that it should be.")
    return text


def to_bytes(text: str) -> bytes:
    """What ``read`` has read, for writing."""
    return text.encode("utf-8", "surrogateescape")


def require_text(option: str, value: str) -> None:
    """:raises BadValue: no file of the system can say this, and no program that reads it take it."""
    if "\0" in value:
        raise BadValue(option, value, "there is a NUL character in it, which ends a text.")
    try:
        to_bytes(value)
    except UnicodeEncodeError as error:
        raise BadValue(option, value, f"cannot be written as UTF-8: {error.reason}.") from error
