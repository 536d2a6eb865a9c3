# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What the host says about its boot files: which loader reads which of them, and what is on the root file system."""

from __future__ import annotations

import os
import re
from typing import Callable

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot_image, _bootcfg, _menulst
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot import BOOT_CFG, MENU_LST
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_rules import Surroundings
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile, _command, _fstab, _systemfile

# grub-install copies it beside the menu, and GRUB cannot boot without it
GRUB_STAGE2 = "/grub/stage2"


def detect_loader(is_file: Callable[[str], bool]) -> str:
    """Which of the two loaders this host boots with.

    GRUB was put there on purpose, so that a host with its second stage and its menu uses it, whatever else lies there:
    sysinst writes /boot and /boot.cfg everywhere.
    """
    if is_file(_menulst.PATH) and (is_file(GRUB_STAGE2) or not is_file(_bootcfg.PATH)):
        return MENU_LST
    return BOOT_CFG


def is_file(path: str) -> bool:
    """Whether the loader finds a regular file there; a file on another file system (a separate /usr) does not count."""
    return os.path.isfile(path) and on_root(path)


def on_root(path: str) -> bool:
    """Whether a path is on the root file system: no directory above it is a mount point."""
    folder = os.path.dirname(os.path.realpath(path))
    while folder != "/":
        if os.path.ismount(folder):
            return False
        folder = os.path.dirname(folder)
    return True


def write_text(path: str, text: str, backup: bool) -> str | None:
    """Write a boot menu in one step, and look whether it is there. Returns the path of the backup, if one was kept.

    :raises XenError: it cannot be written, or is another now.
    """
    kept = _atomicfile.write(path, _systemfile.to_bytes(text), backup=backup)
    if _systemfile.read(path) != text:
        raise XenError(f"{path} is not what was written to it. Somebody else has changed it at the same time.")
    return kept


def is_uefi() -> bool | None:
    """What the kernel says (machdep.bootmethod); None when it does not say."""
    try:
        done = _command.run(["/sbin/sysctl", "-n", "machdep.bootmethod"], timeout=10)
    except XenError:
        return None
    word = done.stdout.strip().lower()
    return word == "uefi" if done.rc == 0 and word in ("uefi", "bios") else None


def shadow(esp: str | None) -> str | None:
    """The boot.cfg on the EFI system partition, which the UEFI loader reads first.

    :param esp: where the partition is mounted; None: every msdos file system that is mounted is looked at.
    """
    folders = [esp] if esp else [mount.file for mount in _fstab.mounted() if mount.type == "msdos"]
    for folder in folders:
        path = folder.rstrip("/") + _bootcfg.ESP_PATH
        if os.path.isfile(path):
            return path
    return None


def surroundings(loader: str, path: str, esp: str | None, check_files: bool) -> Surroundings:
    """What the checks of a boot menu need to know of this host."""
    uefi = (esp is not None or is_uefi()) if loader == BOOT_CFG else False
    shadowed_by = shadow(esp) if uefi else None
    if shadowed_by and os.path.realpath(shadowed_by) == os.path.realpath(path):
        shadowed_by = None
    return Surroundings(is_file if check_files else None, uefi, shadowed_by, _boot_image.has_multiboot2)


def saved_default(path: str) -> int:
    """GRUB's file ``default`` beside its menu: the entry, from 0, that ``default saved`` boots (stage2.c, cmain)."""
    text = _systemfile.read(os.path.join(os.path.dirname(path), "default")) or ""
    match = re.match(r"\d+", text[:9])
    return int(match.group(0)) if match else 0
