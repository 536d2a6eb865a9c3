# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What is known of a guest's installation: a stamp in the dom0, bound to the disk by the name in its disklabel.

A stamp is written before the first change of the disk (``begun``) and again after the last one (``done``). It holds for
a disk only while that has the label which was written with it: who puts another disk in its place has no stamp for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import uuid
from typing import Iterator, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConflictError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile, _systemfile

FOLDER = "/var/db/netbsd-xen"
BEGUN, DONE = "begun", "done"


class Stamp(NamedTuple):
    """
    :param state: ``begun`` or ``done``.
    :param label: name in the disklabel.
    :param system: what is installed, such as ``NetBSD 10.1/amd64``.
    """

    state: str
    disk: str
    label: str
    system: str


def new_label() -> str:
    """A name for a label that no other disk has; a label holds 16 bytes."""
    return f"xen-{uuid.uuid4().hex[:11]}"


def path_of(name: str, kind: str = "install") -> str:
    """Where the stamp of this guest is."""
    return os.path.join(FOLDER, f"{name}.{kind}.json")


def read(name: str) -> Stamp | None:
    """The stamp of this guest, None when there is none.

    :raises XenError: the file is no stamp.
    """
    path = path_of(name)
    text = _systemfile.read(path)
    if text is None:
        return None
    try:
        data = json.loads(text)
        return Stamp(*(str(data[field]) for field in Stamp._fields))
    except (ValueError, KeyError, TypeError) as error:
        raise XenError(f"{path} is damaged: {error}. Remove it; the disk will then count as somebody's.") from error


def write(name: str, stamp: Stamp) -> None:
    """Write the stamp of this guest."""
    os.makedirs(FOLDER, mode=0o755, exist_ok=True)
    _atomicfile.write(path_of(name), (json.dumps(stamp._asdict(), indent=1) + "\n").encode())


@contextlib.contextmanager
def alone(name: str) -> Iterator[None]:
    """One task at a time installs a guest.

    :raises ConflictError: another one does (``in_progress``).
    """
    os.makedirs(FOLDER, mode=0o755, exist_ok=True)
    handle = os.open(os.path.join(FOLDER, f"{name}.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise ConflictError(f"Another task is installing {name} at this moment.", error_id="in_progress") from error
    finally:
        os.close(handle)
