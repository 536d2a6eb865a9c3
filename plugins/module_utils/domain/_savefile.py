# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The configuration that a toolstack puts in front of a save file: what the guest will be when it is restored.

xl (xen tools/xl/xl.h, struct save_file_header, and xl_vmcontrol.c): a header of 48 bytes, then optional data, whose
first part is the configuration: its length, then JSON when the flag says so (Xen 4.5 and later). xend
(tools/python/xen/xend/XendCheckpoint.py): a word, the length of the configuration, the configuration as SXP.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError

_MAGIC = b"Xen saved domain, xl format\n \0 \r"
_BYTE_ORDER = 0x01020304
_FLAG_JSON = 1
# The header and the length of the configuration are all uint32_t in the byte order of the host that saved.
_HEADER = struct.Struct("=32s4I")
_LENGTH = struct.Struct("=I")
_XEND_MAGIC = b"LinuxGuestRecord"
# written with pack("!i", ...)
_XEND_LENGTH = struct.Struct("!i")
_SIZE_LIMIT = 1024 * 1024


def configuration(path: str) -> dict[str, Any] | None:
    """libxl's configuration of the saved guest, as in `xl list -l`; None when the file does not tell it.

    A file that is cut short or of another kind is xl's to refuse, at restoring.
    """
    try:
        with open(path, "rb") as stream:
            if stream.read(len(_XEND_MAGIC)) == _XEND_MAGIC:
                return _of_xend(stream)
            stream.seek(0)
            magic, order, mandatory, _optional, _length = _HEADER.unpack(stream.read(_HEADER.size))
            if magic != _MAGIC or order != _BYTE_ORDER or not mandatory & _FLAG_JSON:
                return None
            (length,) = _LENGTH.unpack(stream.read(_LENGTH.size))
            config = json.loads(stream.read(length).rstrip(b"\0")) if length <= _SIZE_LIMIT else None
    except (OSError, struct.error, ValueError, XenError):
        return None
    return config if isinstance(config, dict) else None


def _of_xend(stream: BinaryIO) -> dict[str, Any] | None:
    # not loaded where xl saved: see _toolstack
    from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xm_domain

    (length,) = _XEND_LENGTH.unpack(stream.read(_XEND_LENGTH.size))
    text = stream.read(length).decode(errors="replace") if 0 < length <= _SIZE_LIMIT else ""
    found = _xm_domain.domains(text)
    return _xm_domain.configuration(found[0]) if found else None
