# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Where snapshots are kept: a folder each, with a manifest that says what is in it.

::

    DIRECTORY/web/before-upgrade/manifest.json    what was taken, when, with checksums
    DIRECTORY/web/before-upgrade/xvda.img         a copy of a disk
    DIRECTORY/web/before-upgrade/memory.save      the guest's memory, if that was taken as well
    DIRECTORY/web/before-upgrade/reverting        a revert has begun and not ended
    DIRECTORY/web/.before-upgrade.partial         one that is being taken, or was cut off
    DIRECTORY/web/.before-upgrade.removing        one that is being removed, or was cut off

A folder gets its name when it is complete and loses it before it is taken apart, so what has a name is whole. LVM
snapshots are volumes beside their origin, ``web.before-upgrade``.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile

DEFAULT_DIRECTORY = "/var/lib/xen/snapshots"
MANIFEST = "manifest.json"
MEMORY = "memory.save"
REVERTING = "reverting"
_FORMAT = 1
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+-]*(?:\.[A-Za-z0-9_+-]+)*")
_NAME_LENGTH = 60
COPY = "copy"
LVM = "lvm"


class SavedDisk(NamedTuple):
    """A disk in a snapshot.

    :param path: of the disk itself; ``size`` in bytes.
    :param method: ``copy``, then ``saved_as`` is the name of a file in the snapshot's folder; ``lvm``, then it is the
        path of an LVM snapshot.
    :param sha256: of a copy; None for an LVM snapshot, which nobody has read.
    """

    vdev: str
    path: str
    kind: str
    size: int
    method: str
    saved_as: str
    sha256: str | None = None


class Manifest(NamedTuple):
    """
    :param taken: when, UTC, as ``2026-11-22T21:00:00Z``; empty until it is complete.
    :param state: what the guest was: running, paused, stopped.
    :param memory: its memory was taken, too.
    :param paused: the task that takes it has paused the guest.
    """

    domain: str
    snapshot: str
    taken: str
    state: str
    memory: bool
    paused: bool
    disks: tuple[SavedDisk, ...]


class Store:
    """The snapshots of one domain.

    :param directory: folder of all snapshots.
    """

    def __init__(self, directory: str, domain: str) -> None:
        self.directory, self.domain = directory, domain
        self.folder = os.path.join(directory, domain)

    def path(self, snapshot: str, *names: str) -> str:
        return os.path.join(self.folder, snapshot, *names)

    def partial(self, snapshot: str, *names: str) -> str:
        return os.path.join(self.folder, f".{snapshot}.partial", *names)

    def removing(self, snapshot: str, *names: str) -> str:
        return os.path.join(self.folder, f".{snapshot}.removing", *names)

    def is_reverting(self, snapshot: str) -> bool:
        return self.ran_before(snapshot) is not None

    def ran_before(self, snapshot: str) -> str | None:
        """What the guest was when a revert began that has not ended; empty for one that did not run."""
        try:
            with open(self.path(snapshot, REVERTING), encoding="ascii") as stream:
                return stream.read()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def names(self) -> list[str]:
        """The complete snapshots, by name."""
        return _folders_with_manifest(self.folder)


def read(folder: str) -> Manifest | None:
    """The manifest in a folder, None when there is none.

    :raises XenError: it is damaged, or of a later version.
    """
    path = os.path.join(folder, MANIFEST)
    try:
        with open(path, encoding="utf-8") as stream:
            data = json.load(stream)
        if data["format"] != _FORMAT:
            raise XenError(f"{path} is of format {data['format']}; this version reads {_FORMAT}.")
        disks = tuple(SavedDisk(**disk) for disk in data.pop("disks"))
        data.pop("format")
        return Manifest(disks=disks, **data)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise XenError(f"{path} is no manifest of a snapshot: {error}.", error_id="manifest_damaged") from error


def leftover(folder: str) -> Manifest | None:
    """What a task that was killed has left there, None when there is no such folder.

    Without disks when it had just made the folder, or had only that left to remove.

    :raises XenError: it is something else, or damaged.
    """
    found = read(folder)
    if found or not os.path.lexists(folder):
        return found
    own = _atomicfile.stem_of(MANIFEST)
    if os.path.islink(folder) or not os.path.isdir(folder) or not all(n.startswith(own) for n in os.listdir(folder)):
        raise XenError(f"{folder} is no part of a snapshot; look at it, and remove it.")
    return Manifest(domain="", snapshot="", taken="", state="", memory=False, paused=False, disks=())


def write(folder: str, manifest: Manifest) -> None:
    """Write the manifest atomically."""
    data = {"format": _FORMAT, **manifest._asdict(), "disks": [disk._asdict() for disk in manifest.disks]}
    text = json.dumps(data, indent=2, sort_keys=True) + "\n"
    _atomicfile.replace(os.path.join(folder, MANIFEST), text.encode(), new_mode=_atomicfile.PRIVATE)


def described(store: Store) -> list[dict[str, Any]]:
    """The complete snapshots of a domain as return values."""
    found = []
    for name in store.names():
        manifest = read(store.path(name))
        if manifest:
            data = {**manifest._asdict(), "disks": [disk._asdict() for disk in manifest.disks]}
            data.pop("paused")
            found.append({**data, "reverting": store.is_reverting(name)})
    return found


def domains(directory: str) -> list[str]:
    """Domains that have a folder of snapshots."""
    with contextlib.suppress(OSError):
        return sorted(entry.name for entry in os.scandir(directory) if entry.is_dir() and entry.name[:1] != ".")
    return []


def snapshot_name(option: str, value: Any) -> str:
    """A name that is a name of a folder, and part of the name of a volume (lvm(8), "Valid names")."""
    name = str(value)
    if not _NAME.fullmatch(name) or len(name) > _NAME_LENGTH or name.endswith((".partial", ".removing")):
        raise BadValue(
            option, value, f"use letters, digits and _ + - with single dots between, at most {_NAME_LENGTH} of them."
        )
    return name


def _folders_with_manifest(folder: str) -> list[str]:
    try:
        entries = [entry for entry in os.scandir(folder) if entry.name[:1] != "."]
    except OSError:
        return []
    return sorted(entry.name for entry in entries if os.path.exists(os.path.join(entry.path, MANIFEST)))
