# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Building the disk of a Linux guest: unpacked into a folder, set up there, and made a file system of.

The disk gets its name last, and right before it the kernel's copies get theirs. Whatever ends a build before, the next
one begins anew and takes over the folder and the half-made disk.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
from typing import Iterator, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConflictError, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.fetch import _download
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile
from ansible_collections.netbsd.xen.plugins.module_utils.host._rootdir import FOLDER_MODE, RootDir
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest import (
    _linux_apply,
    _linux_boot,
    _linux_files,
    _linux_kernel,
)
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _image, _lvm, _mke2fs, _roottar
from ansible_collections.netbsd.xen.plugins.module_utils.storage._disk_place import VOLUME, Place, partial_volume

# the first kernel that knows all that mke2fs 1.47 turns on by itself (orphan_file)
_MODERN = (5, 15, 0)
_KERNEL_MODE = 0o644
_ROOT = "root"


class Build(NamedTuple):
    """What is to be built.

    :param name: of the guest.
    :param size: bytes; of a volume, whole extents.
    :param source: URL or path of the archive; ``checksum`` as the user gave it.
    :param folder: where it is unpacked; must not exist, or be what a killed build left.
    :param kernel: the kernel in the dom0; None for one in the guest.
    :param copies: where a kernel and an initial ramdisk of the guest are copied to; None leaves them where they are.
    :param root: the guest's name of its root, such as /dev/xvda1.
    :param bootloader: ``pygrub`` or ``pvgrub``, None for neither.
    :param over: what is at the place is replaced.
    """

    name: str
    place: Place
    size: int
    sparse: bool
    fstype: str
    architecture: str
    source: str
    checksum: str | None
    cache: str
    folder: str
    wanted: _linux_files.Wanted
    root: str
    kernel: str | None = None
    copies: tuple[str, str] | None = None
    bootloader: str | None = None
    over: bool = False


def run(build: Build, lvm: _lvm.Lvm) -> None:
    """Build the disk.

    :raises XenError: nothing is left of it, and what was there is as it was.
    """
    archive = _download.local_file("source", build.source, build.checksum, build.cache)
    try:
        with _staging(build.folder), _disk(build, lvm) as device:
            kernel = _fill(build, archive)
            classic = bool(build.bootloader) or not (kernel.version and kernel.version >= _MODERN)
            _mke2fs.make(device, build.fstype, build.name, _root_of(build), classic)
            for source, target in _copied(build):
                with open(source, "rb") as stream:
                    _atomicfile.replace(target, stream.read(), new_mode=_KERNEL_MODE)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise HostError(
                f"There is no space left to unpack {build.source} in {build.folder}, or for {build.place.path}. "
                "Nothing is left of it; give another folder in `work_dir`.",
                error_id="no_space",
            ) from error
        raise XenError(
            f"{build.place.path} cannot be built: {error.strerror}: {error.filename}.", error_id="os_error"
        ) from error
    finally:
        lvm.forget()


@contextlib.contextmanager
def _staging(folder: str) -> Iterator[None]:
    """A folder that only we may look into, locked, and gone afterwards. In it is the empty one that becomes the root,
    with a mode of its own.
    """
    os.makedirs(folder, mode=0o700, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError(f"Another task builds in {folder} at this moment.", error_id="in_progress") from None
        try:
            for name in os.listdir(folder):
                _remove(os.path.join(folder, name))
            os.chmod(folder, 0o700)
            os.mkdir(os.path.join(folder, _ROOT))
            os.chmod(os.path.join(folder, _ROOT), FOLDER_MODE)
            yield
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def _root_of(build: Build) -> str:
    """Where the archive is unpacked."""
    return os.path.join(build.folder, _ROOT)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


@contextlib.contextmanager
def _disk(build: Build, lvm: _lvm.Lvm) -> Iterator[str]:
    """Gives a disk of the right size that becomes the guest's when the block ends well."""
    if build.place.kind != VOLUME:
        # contextlib goes back into this generator in any case, so the image is given up or put in place
        # pylint: disable-next=contextmanager-generator-missing-cleanup
        with _image.replacing(build.place.path, _image.Owner(), build.over) as handle:
            _image.give_size(handle, build.size, build.sparse)
            yield _image.partial_of(build.place.path)
        return
    group, name = build.place.group, build.place.volume
    partial, old = partial_volume(name), f"{name}.replaced"
    for left in (partial, old):
        if lvm.volume(group, left):
            lvm.run(_lvm.Commands.remove(group, left))
    lvm.forget()
    extents = lvm.group(group).extents(build.size)
    lvm.run(_lvm.Commands.create(group, partial, extents))
    try:
        yield _lvm.path(group, partial)
        _rename(build, partial, old, lvm)
    except BaseException:
        lvm.run(_lvm.Commands.remove(group, partial))
        raise
    if build.over:
        lvm.run(_lvm.Commands.remove(group, old))


def _rename(build: Build, partial: str, old: str, lvm: _lvm.Lvm) -> None:
    """Give the new volume its name; the one that has it keeps it if that fails."""
    group, name = build.place.group, build.place.volume
    if build.over:
        lvm.run(_lvm.Commands.rename(group, name, old))
    try:
        lvm.run(_lvm.Commands.rename(group, partial, name))
    except XenError:
        if build.over:
            lvm.run(_lvm.Commands.rename(group, old, name))
        raise


def _fill(build: Build, archive: str) -> _linux_kernel.Kernel:
    """Unpack, check that it is what it should be, and set it up."""
    root = RootDir(_root_of(build))
    _roottar.unpack(archive, root.folder)
    kernel = _linux_kernel.look(_kernel_in(build, root)[0])
    _linux_kernel.require(build.architecture, _linux_kernel.programs(root), kernel)
    _linux_apply.write(_linux_files.changes(build.wanted, root), root)
    menu = _linux_boot.menu(build.bootloader, root, build.root, kernel) if build.bootloader else None
    if menu:
        root.put(menu[0], _linux_files.encoded(menu[1]))
    if _linux_apply.lacks_host_keys(root):
        _linux_apply.make_host_keys(root)
    return kernel


def _kernel_in(build: Build, root: RootDir) -> tuple[str, str | None]:
    """The guest's kernel and initial ramdisk as files of the dom0.

    :raises XenError: the source has no kernel, and none was given.
    """
    if build.kernel:
        return build.kernel, None
    found = _linux_kernel.inside(root)
    if found is None:
        raise XenError(
            f"There is no /boot/vmlinuz* in {build.source}. Give a `kernel` that lies in the dom0, and its `ramdisk`.",
            error_id="kernel_missing",
        )
    kernel, ramdisk = found
    return root.place(kernel), root.place(ramdisk) if ramdisk else None


def _copied(build: Build) -> list[tuple[str, str]]:
    """What is copied into the dom0 and where to; a root without a ramdisk leaves none of an earlier build."""
    if not build.copies or build.kernel:
        return []
    kernel, ramdisk = _kernel_in(build, RootDir(_root_of(build)))
    if ramdisk:
        return [(kernel, build.copies[0]), (ramdisk, build.copies[1])]
    with contextlib.suppress(FileNotFoundError):
        os.unlink(build.copies[1])
    return [(kernel, build.copies[0])]
