# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Unpacking the root of a system from a tar archive, as tar(1) does with ``--numeric-owner -p``, in Python alone.

tar differs from host to host (NetBSD's was pax until NetBSD 9), and what an archive from elsewhere may do is to be
known: no member is put outside of the folder, whatever its name is and wherever links in the archive lead.
"""

from __future__ import annotations

import os
import stat
import tarfile
import zlib
from typing import IO

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host._rootdir import RootDir
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _image_stream

_CHUNK = 1024 * 1024
# how tar(1) and bsdtar(1) keep extended attributes in pax headers; this one makes ping(8) work for everybody
_CAPABILITY = "SCHILY.xattr.security.capability"


def unpack(path: str, folder: str) -> int:
    """Unpack the archive at ``path``, plain or compressed, into the empty ``folder``; the number of its members.

    Owners are set by number, when we are root. Times are those of the archive.

    :raises XenError: it is no tar archive, is damaged (``source_damaged``), or a member's name leads out of the root
        (``source_unsafe``).
    :raises OSError: no space.
    """
    with open(path, "rb") as packed:
        kind = _image_stream.compression(packed.read(_image_stream.HEAD), path)
        packed.seek(0)
        try:
            with _image_stream.unpacked(packed, kind) as stream:
                return _unpack(stream, folder)
        except (tarfile.TarError, EOFError, zlib.error, *_image_stream.errors()) as error:
            raise XenError(
                f"{path} is no tar archive, or damaged: {error}.", error_id="source_damaged", path=path
            ) from error
        except OSError as error:
            if error.errno:
                raise
            raise XenError(f"{path} is damaged: {error}.", error_id="source_damaged", path=path) from error


def _unpack(stream: IO[bytes], folder: str) -> int:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        count = _Unpacking(RootDir(folder)).all(archive)
    # what pads the archive: a program that unpacks it would take it for an error that nobody wants its last words
    while stream.read(_CHUNK):
        pass
    return count


class _Unpacking:
    """:ivar folders: what folders get when all is in them: writing into one changes its time."""

    def __init__(self, root: RootDir) -> None:
        self.root = root
        self.owners = os.geteuid() == 0
        self.folders: dict[str, tarfile.TarInfo] = {}

    def all(self, archive: tarfile.TarFile) -> int:
        count = 0
        for member in archive:
            self._one(archive, member)
            count += 1
        for place, member in self.folders.items():
            self._attributes(place, member)
        return count

    def _one(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        name = _checked(member.name)
        if not name:
            self.folders[self.root.folder] = member
            return
        if member.isdir():
            place = self.root.make_folder(name)
            self.folders[place] = member
            return
        parent = self.root.make_folder(os.path.dirname(name))
        place = os.path.join(parent, os.path.basename(name))
        if os.path.lexists(place):
            self.root.remove(name)
        if member.issym():
            os.symlink(member.linkname, place)
        elif member.islnk():
            os.link(self.root.place(_checked(member.linkname), follow=False), place, follow_symlinks=False)
            return
        elif member.ischr() or member.isblk():
            kind = stat.S_IFCHR if member.ischr() else stat.S_IFBLK
            os.mknod(place, kind | 0o600, os.makedev(member.devmajor, member.devminor))
        elif member.isfifo():
            os.mkfifo(place)
        else:
            self._file(archive, member, place)
        self._attributes(place, member)

    def _file(self, archive: tarfile.TarFile, member: tarfile.TarInfo, place: str) -> None:
        content = archive.extractfile(member)
        with open(place, "xb") as target:
            while content:
                data = content.read(_CHUNK)
                if not data:
                    break
                target.write(data)

    def _attributes(self, place: str, member: tarfile.TarInfo) -> None:
        link = member.issym()
        if self.owners:
            os.chown(place, member.uid, member.gid, follow_symlinks=False)
        if not link:
            # after the owner: changing that takes special bits away, and capabilities
            os.chmod(place, stat.S_IMODE(member.mode))
            capability = member.pax_headers.get(_CAPABILITY)
            if capability and self.owners and hasattr(os, "setxattr"):
                os.setxattr(place, "security.capability", capability.encode("utf-8", "surrogateescape"))
        if not link or os.utime in os.supports_follow_symlinks:
            os.utime(place, (member.mtime, member.mtime), follow_symlinks=False)


def _checked(name: str) -> str:
    """A member's name from the root on.

    :raises BadValue: it would lead above that.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BadValue("source", name, "this name in the archive leads out of its root.", error_id="source_unsafe")
    return "/".join(parts)
