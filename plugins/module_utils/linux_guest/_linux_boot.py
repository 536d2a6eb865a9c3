# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Booting the kernel that lies on a Linux guest's own disk: by pygrub, or by pvgrub.

pygrub runs in the dom0 and reads the menus of many boot loaders (Xen, tools/pygrub/src/pygrub). pvgrub is GRUB 2 as a
kernel for guests: it runs in the guest, so that nothing of the guest is read by a program of the dom0. The one that
Debian builds (grub-xen-host) looks for grub.cfg on each disk (debian/grub-xen-host's grub-xen_grub.cfg, which is in the
image) and reads kernels that are compressed by gzip, xz or lzo.
"""

from __future__ import annotations

import os

from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.host._rootdir import RootDir
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest import _linux_kernel

PYGRUB, PVGRUB = "pygrub", "pvgrub"
LOADERS = (PYGRUB, PVGRUB)
# where grub-xen-host has it
_IMAGES = {
    _linux_kernel.X86_64: "/usr/lib/grub-xen/grub-x86_64-xen.bin",
    _linux_kernel.I386: "/usr/lib/grub-xen/grub-i386-xen.bin",
}
_MENU_LST, _GRUB_CFG = "/boot/grub/menu.lst", "/boot/grub/grub.cfg"
# what a loader finds by itself; the first is what is written for it
_MENUS = {
    PYGRUB: (_MENU_LST, "/boot/grub/grub.conf", _GRUB_CFG, "/boot/grub2/grub.cfg", "/boot/extlinux.conf",
             "/boot/extlinux/extlinux.conf"),
    PVGRUB: (_GRUB_CFG,),
}  # fmt: skip


def image_of(given: str | None, architecture: str) -> str:
    """Where pvgrub is in the dom0.

    :raises BadValue: there is no such file (``pvgrub_missing``).
    """
    path = _values.absolute_path("pvgrub", given or _IMAGES[architecture])
    if not os.path.isfile(path):
        raise BadValue(
            "pvgrub",
            path,
            "no such file in the dom0. Debian has it in the package grub-xen-host; elsewhere, build GRUB for the "
            "platform xen, or take bootloader: pygrub.",
            error_id="pvgrub_missing",
        )
    return path


def menu(loader: str, root: RootDir, device: str, kernel: _linux_kernel.Kernel) -> tuple[str, str] | None:
    """A menu with the kernel in this root, as its path and text; None when the guest has one of its own.

    :param device: the guest's name of its root, such as /dev/xvda1.
    """
    if any(root.exists(path) for path in _MENUS[loader]):
        return None
    path, ramdisk = _linux_kernel.inside(root) or ("", None)
    words = f"{path} root={device} ro {_linux_kernel.console(kernel)}"
    text = _menu_lst(words, ramdisk) if loader == PYGRUB else _grub_cfg(words, ramdisk)
    return _MENUS[loader][0], text


def _menu_lst(words: str, ramdisk: str | None) -> str:
    """menu.lst of GRUB 0.97."""
    lines = ["default 0", "timeout 0", "", "title Linux", "root (hd0,0)", f"kernel {words}"]
    return "".join(f"{line}\n" for line in [*lines, *([f"initrd {ramdisk}"] if ramdisk else [])])


def _grub_cfg(words: str, ramdisk: str | None) -> str:
    """grub.cfg of GRUB 2. Its ``root`` is the file system that this file was found in."""
    lines = ["# Written by Ansible", "set default=0", "set timeout=0", "menuentry Linux {", f"    linux {words}"]
    return "".join(f"{line}\n" for line in [*lines, *([f"    initrd {ramdisk}"] if ramdisk else []), "}"])
