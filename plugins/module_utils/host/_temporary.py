# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Temporary files that do not stay for ever when their maker is killed.

Their names say which process makes them, so that the next one can tell that it is gone and take them away. They may
hold a password, or be as large as a kernel.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from typing import Iterator

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError

# Of files that only a program of the host reads, in the folder for temporary files.
STEM = "netbsd-xen."


def make(directory: str, stem: str) -> tuple[int, str]:
    """A new file of mode 0600, open for writing, and its path; what killed processes have left of that stem goes.

    :param stem: what the name begins with.
    :raises OSError: it cannot be made.
    """
    sweep(directory, stem)
    return tempfile.mkstemp(prefix=f"{stem}{os.getpid()}.", dir=directory)


def sweep(directory: str, stem: str) -> None:
    """Remove the files of that stem whose process is gone. What cannot be removed stays: it is in nobody's way."""
    ours = re.compile(re.escape(stem) + r"([0-9]{1,10})\.[a-z0-9_]{8}")
    with contextlib.suppress(OSError):
        names = os.listdir(directory)
        for match in filter(None, map(ours.fullmatch, names)):
            if not _is_alive(int(match.group(1))):
                os.unlink(os.path.join(directory, match.group()))


@contextlib.contextmanager
def holding(data: bytes) -> Iterator[str]:
    """The path of a file with this content, for as long as the block lasts; readable for its owner only.

    :raises XenError: there is no room for it, or another reason not to make it.
    """
    folder = tempfile.gettempdir()
    try:
        handle, path = make(folder, STEM)
    except OSError as error:
        raise _cannot(folder, error) from error
    try:
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
        except OSError as error:
            raise _cannot(folder, error) from error
        yield path
    finally:
        os.unlink(path)


def _cannot(folder: str, error: OSError) -> XenError:
    return XenError(f"A temporary file in {folder} cannot be written: {error.strerror}.", error_id="os_error")


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
