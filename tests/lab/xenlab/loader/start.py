# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From power-on to a started kernel: which loader the machine's firmware finds, and what that one starts."""

from __future__ import annotations

import re

from . import menulst, netbsd
from .netbsd import ESP, Firmware, ReadFile
from .outcome import NOBODY, Choice, Dead, Person

# Which boot blocks are installed, and which firmware the machine has: the face's installboot, grub-install and lab-face
# write these words.
BOOT_BLOCKS = "/etc/lab/mbr"
FIRMWARE = "/etc/lab/firmware"
FACE = "/etc/lab/face"
BIOS_LOADER = "/boot"
UEFI_LOADER = f"{ESP}/EFI/boot/bootx64.efi"
GRUB_STAGE2 = "/grub/stage2"
LOADER_RELEASE = re.compile(r"from NetBSD (\d+)\.(\d+)")
FACE_RELEASE = re.compile(r"^release=['\"]?(\d+)\.(\d+)", re.MULTILINE)


def boot(read_file: ReadFile, person: Person = NOBODY) -> Choice:
    """Boot the machine of this disk. ValueError if the person wants an entry that the menu does not have."""
    uefi = _text(read_file, FIRMWARE).strip() == "uefi"
    blocks = _text(read_file, BOOT_BLOCKS).strip()
    if uefi:
        return _netbsd(read_file, UEFI_LOADER, True, person)
    if blocks == "netbsd":
        return _netbsd(read_file, BIOS_LOADER, False, person)
    if blocks != "grub":
        return _nothing(f"no boot blocks on the disk ({BOOT_BLOCKS} is {blocks!r})")
    if read_file(GRUB_STAGE2) is None:
        return _nothing(f"GRUB loading stage2: Error 15 ({GRUB_STAGE2} is missing)")
    return menulst.run(read_file, Firmware(release=_release(read_file, BIOS_LOADER)), person)


def _netbsd(read_file: ReadFile, loader: str, uefi: bool, person: Person) -> Choice:
    if read_file(loader) is None:
        return _nothing(f"the boot loader is missing: no {loader}")
    return netbsd.run(read_file, Firmware(uefi, _release(read_file, loader)), person)


def _release(read_file: ReadFile, loader: str) -> tuple[int, int]:
    """The NetBSD release that the loader is of: its banner says it."""
    found = LOADER_RELEASE.search(_text(read_file, loader)) or FACE_RELEASE.search(_text(read_file, FACE))
    return (int(found[1]), int(found[2])) if found else (10, 1)


def _nothing(message: str) -> Choice:
    return Choice("none", "", 0, "", "", (), (message,), Dead(message))


def _text(read_file: ReadFile, path: str) -> str:
    return (read_file(path) or b"").decode("latin-1")
