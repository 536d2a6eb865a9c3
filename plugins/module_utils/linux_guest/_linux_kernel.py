# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a Linux kernel and the programs that it is to run are made for, read from the files themselves.

Sources: Documentation/arch/x86/boot.rst (the header at 0x1f1 of a bzImage: ``HdrS`` at 0x202, version of the protocol
at 0x206, ``kernel_version`` at 0x20e, ``xloadflags`` at 0x236 since protocol 2.12); elf(5).
"""

from __future__ import annotations

import os
import re
import struct
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host._rootdir import RootDir

X86_64, I386 = "x86_64", "i386"
ARCHITECTURES = (X86_64, I386)
_MACHINES = {3: I386, 62: X86_64, 40: "arm", 183: "aarch64", 21: "ppc64", 22: "s390x", 243: "riscv64"}
_HEADER_BYTES = 0x10000
_KERNEL_64 = 0x1
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_GZIP = b"\x1f\x8b"
# Where a system keeps the program that its kernel starts, and a shell.
_PROGRAMS = ("/sbin/init", "/usr/lib/systemd/systemd", "/lib/systemd/systemd", "/bin/sh", "/bin/busybox", "/init")
# How distributions call the initial ramdisk of /boot/vmlinuz{0}: Debian, Red Hat, SUSE and Alpine, others.
_RAMDISKS = ("initrd.img{0}", "initramfs{0}.img", "initrd{0}", "initramfs{0}", "initrd{0}.gz", "initrd{0}.img")
# pv_ops with the console hvc0 came with 2.6.26 (drivers/char/hvc_xen.c); Xen's own kernels before have tty1 or ttyS0.
_FIRST_HVC = (2, 6, 26)


class Kernel(NamedTuple):
    """
    :param version: ``(6, 1, 0)``; None when the file does not tell.
    :param architecture: None when it does not tell.
    """

    version: tuple[int, int, int] | None
    architecture: str | None


def look(path: str) -> Kernel:
    """What a kernel file is; of a compressed one that is no bzImage, nothing is known.

    :raises XenError: it is no kernel for x86.
    """
    with open(path, "rb") as stream:
        head = stream.read(_HEADER_BYTES)
    if head[0x202:0x206] == b"HdrS":
        return Kernel(_version(head), _loads_64(head))
    if head.startswith(b"\x7fELF"):
        return Kernel(None, machine(head))
    if head.startswith(_GZIP):
        return Kernel(None, None)
    raise XenError(f"{path} is no Linux kernel that Xen could start on x86.", error_id="kernel_format", path=path)


def _version(head: bytes) -> tuple[int, int, int] | None:
    (pointer,) = struct.unpack_from("<H", head, 0x20E)
    text = head[pointer + 0x200 : pointer + 0x280] if pointer else b""
    match = _VERSION.match(text.decode("ascii", "replace"))
    return (int(match.group(1)), int(match.group(2)), int(match.group(3) or 0)) if match else None


def _loads_64(head: bytes) -> str | None:
    (protocol,) = struct.unpack_from("<H", head, 0x206)
    if protocol < 0x20C:
        return None
    (flags,) = struct.unpack_from("<H", head, 0x236)
    return X86_64 if flags & _KERNEL_64 else I386


def machine(head: bytes) -> str | None:
    """The architecture of an ELF file by its first 20 bytes; None when it is none."""
    if len(head) < 20 or head[:4] != b"\x7fELF":
        return None
    (number,) = struct.unpack_from(">H" if head[5] == 2 else "<H", head, 18)
    return _MACHINES.get(number, f"machine {number}")


def console(kernel: Kernel) -> str:
    """The words of the command line that put the kernel's console where Xen's is."""
    if kernel.version and kernel.version < _FIRST_HVC:
        return "xencons=tty1"
    return "console=hvc0"


def programs(root: RootDir) -> str:
    """The architecture of the programs in a root.

    :raises XenError: there are none: this is not the root of a system.
    """
    for path in _PROGRAMS:
        data = root.read(path)
        found = machine(data[:20]) if data else None
        if found:
            return found
    raise XenError(
        "The source is not the root of a Linux system: there is no program at any of "
        f"{', '.join(_PROGRAMS)}. Are the files below a folder of their own in the archive?",
        error_id="no_linux",
    )


def require(wanted: str, of_programs: str, kernel: Kernel | None) -> None:
    """:raises XenError: the programs are for another machine, or the kernel cannot run them."""
    if of_programs != wanted:
        raise XenError(
            f"The programs in the source are for {of_programs}, and the guest shall be {wanted}. Take the archive for "
            "the right architecture, or set `arch`.",
            error_id="wrong_architecture",
        )
    if kernel and kernel.architecture and kernel.architecture != wanted and wanted != I386:
        raise XenError(
            f"The kernel is for {kernel.architecture} and cannot run programs for {wanted}.",
            error_id="wrong_architecture",
        )
    if kernel and kernel.architecture not in (None, *ARCHITECTURES):
        raise XenError(f"The kernel is for {kernel.architecture}; Xen here is x86.", error_id="wrong_architecture")


def inside(root: RootDir) -> tuple[str, str | None] | None:
    """The newest kernel in a root's /boot and its initial ramdisk, by their paths there; None when there is no kernel.

    A ramdisk is the one that is called like the kernel; a kernel alone may be good enough.
    """
    names = root.names("/boot")
    kernels = [name for name in names if name.startswith("vmlinuz") and "rescue" not in name]
    if not kernels:
        return None
    kernel = max(kernels, key=_age)
    suffix = kernel[len("vmlinuz") :]
    ramdisk = next((name for name in (each.format(suffix) for each in _RAMDISKS) if name in names), None)
    return f"/boot/{kernel}", os.path.join("/boot", ramdisk) if ramdisk else None


def _age(name: str) -> list[tuple[int, str]]:
    """A key that sorts ``vmlinuz-6.10`` after ``vmlinuz-6.9``."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
