# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The root of another system below a folder of the dom0: its paths mean there what they mean to that system.

A guest's symbolic links are its own: ``/etc/resolv.conf -> /run/…`` must not lead into the dom0's /run. So every path
is walked by us, a component at a time, and an absolute link begins again at the folder.
"""

from __future__ import annotations

import os
import shutil
import stat
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile

# the kernel's own limit: path_resolution(7)
_MOST_LINKS = 40
FOLDER_MODE = 0o755


class Entry(NamedTuple):
    """A file of the other system; ``link`` is where a symbolic link leads to, ``data`` what a regular file holds.

    :param mode: permission bits; None leaves those of a file that is there, and gives a new one 0644.
    """

    data: bytes | None = None
    link: str | None = None
    mode: int | None = None


class RootDir:
    """:param folder: where the other system's ``/`` is, in the dom0."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def place(self, path: str, follow: bool = True) -> str:
        """The path in the dom0 of a path of the other system. What does not exist (yet) is taken as it is written.

        :param follow: whether a link at the very end counts as what it leads to.
        :raises XenError: links that lead in a circle.
        """
        names = [name for name in reversed(path.split("/")) if name not in ("", ".")]
        here: list[str] = []
        links = 0
        while names:
            name = names.pop()
            if name == "..":
                del here[-1:]
                continue
            full = os.path.join(self.folder, *here, name)
            if not os.path.islink(full) or (not names and not follow):
                here.append(name)
                continue
            links += 1
            if links > _MOST_LINKS:
                raise XenError(f"{path} is a symbolic link that leads in a circle.", error_id="link_loop")
            target = os.readlink(full)
            if target.startswith("/"):
                here = []
            names += [each for each in reversed(target.split("/")) if each not in ("", ".")]
        return os.path.join(self.folder, *here)

    def exists(self, path: str) -> bool:
        """Whether there is something, also behind links."""
        return os.path.lexists(self.place(path))

    def is_link(self, path: str) -> bool:
        return os.path.islink(self.place(path, follow=False))

    def names(self, path: str) -> list[str]:
        """What is in a folder, sorted; nothing when it is none."""
        place = self.place(path)
        return sorted(os.listdir(place)) if os.path.isdir(place) else []

    def read(self, path: str) -> bytes | None:
        """The content of a regular file, None when there is none."""
        place = self.place(path)
        if not os.path.isfile(place):
            return None
        with open(place, "rb") as stream:
            return stream.read()

    def text(self, path: str) -> str | None:
        data = self.read(path)
        return None if data is None else data.decode("utf-8", "surrogateescape")

    def entry(self, path: str, follow: bool = True) -> Entry | None:
        """What is there now, None when nothing is or it is no file.

        :param follow: whether a link counts as what it leads to, and not as itself.
        """
        place = self.place(path, follow)
        if os.path.islink(place):
            return Entry(link=os.readlink(place))
        if not os.path.isfile(place):
            return None
        with open(place, "rb") as stream:
            return Entry(data=stream.read(), mode=stat.S_IMODE(os.fstat(stream.fileno()).st_mode))

    def put(self, path: str, entry: Entry) -> None:
        """Write a file or make a link, with the folders that it needs.

        :raises OSError: no space, or read-only.
        """
        if entry.link is not None:
            place = self._made(path, follow=False)
            if os.path.lexists(place):
                os.unlink(place)
            os.symlink(entry.link, place)
            return
        place = self._made(path, follow=True)
        _atomicfile.replace(place, entry.data or b"", new_mode=0o644 if entry.mode is None else entry.mode)
        if entry.mode is not None:
            os.chmod(place, entry.mode)

    def remove(self, path: str) -> None:
        """Remove a file or link, or a folder with all that is in it; nothing when it is not there."""
        place = self.place(path, follow=False)
        if os.path.isdir(place) and not os.path.islink(place):
            shutil.rmtree(place)
        elif os.path.lexists(place):
            os.unlink(place)

    def make_folder(self, path: str, mode: int = FOLDER_MODE) -> str:
        """The place of a folder, made if it is missing; one that is there keeps its mode."""
        place = self.place(path)
        missing = []
        while not os.path.isdir(place):
            missing.append(place)
            place = os.path.dirname(place)
        for each in reversed(missing):
            os.mkdir(each)
            os.chmod(each, mode)  # whatever the umask
        return self.place(path)

    def _made(self, path: str, follow: bool) -> str:
        folder = os.path.dirname(self.place(path, follow))
        self.make_folder(f"/{os.path.relpath(folder, self.folder)}")
        return self.place(path, follow)
