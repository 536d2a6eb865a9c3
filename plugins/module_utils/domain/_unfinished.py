# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Save files that a killed task has left under a name that says how far it came.

``NAME.save.partial``: `xl save` was writing it. ``NAME.save.restoring``: `xl restore` was, or was about to be, reading
it. ``NAME.save.migrating`` (and its ``.partial``): the guest was on its way to another host. A guest that is restored
twice destroys its file systems, so such a file counts as a save again only when it is certain that no guest has run
from it since.
"""

from __future__ import annotations

import os
import stat
import time
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.domain import _savefile

# The last writes of a guest may reach its image file a little after the guest is gone.
_FLUSH_SECONDS = 5.0


class Unfinished(NamedTuple):
    """What lies there.

    :param save: path of the save that was being written, None when there is none; ``restore`` and ``moving`` likewise.
    :param certain: with no guest there, the one of the two that exists is whole, and no guest has run from it.
    :param config: libxl's configuration in it.
    """

    save: str | None = None
    restore: str | None = None
    certain: bool = False
    config: dict[str, Any] | None = None
    moving: str | None = None

    @property
    def path(self) -> str | None:
        return self.restore or self.save


def partial_of(save_file: str) -> str:
    """Where a save is written until it is complete."""
    return f"{save_file}.partial"


def restoring_of(save_file: str) -> str:
    """What a save is called from just before it is restored."""
    return f"{save_file}.restoring"


def moving_of(save_file: str) -> str:
    """Where the memory of a guest is kept, on both hosts, while it is moved to another host other than live."""
    return f"{save_file}.migrating"


def look(save_file: str) -> Unfinished:
    """The unfinished business beside a save file."""
    save, restore, moving = partial_of(save_file), restoring_of(save_file), moving_of(save_file)
    found = Unfinished(
        save if os.path.exists(save) else None,
        restore if os.path.exists(restore) else None,
        moving=next(filter(os.path.exists, (moving, partial_of(moving))), None),
    )
    if found.path is None or (found.save and found.restore):
        return found
    config = _savefile.configuration(found.path)
    whole = found.restore is not None or _written_since_boot(found.path)
    return found._replace(config=config, certain=config is not None and whole and _untouched_since(found.path, config))


def _written_since_boot(path: str) -> bool:
    """xl takes the guest down only after its save is complete, so a save of this boot whose guest is gone is whole.

    The monotonic clock of Linux and NetBSD counts from boot; dom0 boots when Xen does.
    """
    booted = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)
    return os.stat(path).st_mtime > booted


def _untouched_since(path: str, config: dict[str, Any]) -> bool:
    """Whether no disk that the guest may write has been written to. Of a volume nobody can tell."""
    saved_at = os.stat(path).st_mtime
    for disk in config.get("disks", []):
        if not disk.get("readwrite") or not disk.get("pdev_path"):
            continue
        try:
            image = os.stat(os.path.join("/dev", disk["pdev_path"]))
        except OSError:
            return False
        if not stat.S_ISREG(image.st_mode) or image.st_mtime > saved_at + _FLUSH_SECONDS:
            return False
    return True
