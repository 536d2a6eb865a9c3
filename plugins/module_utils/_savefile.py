# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The configuration that xl puts in front of a save file: what the guest will be when it is restored.

Format: xen tools/xl/xl.h (struct save_file_header) and xl_vmcontrol.c. A header of 48 bytes, then optional data, whose
first part is the configuration: its length, then JSON when the flag says so (Xen 4.5 and later).
"""

from __future__ import annotations

import json
import struct
from typing import Any

_MAGIC = b"Xen saved domain, xl format\n \0 \r"
_BYTE_ORDER = 0x01020304
_FLAG_JSON = 1
# The header and the length of the configuration are all uint32_t in the byte order of the host that saved.
_HEADER = struct.Struct("=32s4I")
_LENGTH = struct.Struct("=I")
_SIZE_LIMIT = 1024 * 1024


def configuration(path: str) -> dict[str, Any] | None:
    """libxl's configuration of the saved guest, as in `xl list -l`; None when the file does not tell it.

    A file that is cut short or of another kind is xl's to refuse, at restoring.
    """
    try:
        with open(path, "rb") as stream:
            magic, order, mandatory, _optional, _length = _HEADER.unpack(stream.read(_HEADER.size))
            if magic != _MAGIC or order != _BYTE_ORDER or not mandatory & _FLAG_JSON:
                return None
            (length,) = _LENGTH.unpack(stream.read(_LENGTH.size))
            config = json.loads(stream.read(length).rstrip(b"\0")) if length <= _SIZE_LIMIT else None
    except (OSError, struct.error, ValueError):
        return None
    return config if isinstance(config, dict) else None
