# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Xen packages of the repositories: xenkernelNN, xentoolsNN, xentools3-hvm, grub and ovmf."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from . import hypervisor, plists
from .package import Package

FILES = Path(__file__).resolve().parent / "files"
TOOLS = FILES / "xentools"


class Xen(NamedTuple):
    """One Xen of pkgsrc: its version and the versions of its two packages."""

    version: str
    suffix: str
    kernel: str
    tools: str
    directory: str = ""

    @property
    def numbers(self) -> tuple[int, int]:
        major, minor = self.version.split(".")
        return int(major), int(minor)

    @property
    def kernel_directory(self) -> str:
        return self.directory or f"xen{self.suffix}-kernel"


# versions of packages: version.mk (418, 420), Makefiles of the branches named in the facts; where none was to be seen,
# the last release of that Xen
XENS = {
    each.suffix: each
    for each in (
        Xen("3.1", "3", "3.1.4nb7", "3.1.4nb15", "xen3-kernel"),
        Xen("3.3", "33", "3.3.2nb8", "3.3.2nb23", "xen3-kernel"),
        Xen("4.1", "41", "4.1.6.1nb12", "4.1.6.1nb9"),
        Xen("4.2", "42", "4.2.5nb12", "4.2.5nb18"),
        Xen("4.5", "45", "4.5.5nb4", "4.5.5nb6"),
        Xen("4.6", "46", "4.6.6nb2", "4.6.6nb3"),
        Xen("4.8", "48", "4.8.2nb1", "4.8.2nb1"),
        Xen("4.11", "411", "4.11.4nb7", "4.11.4nb9"),
        Xen("4.13", "413", "4.13.5nb1", "4.13.5nb2"),
        Xen("4.15", "415", "4.15.5nb3", "4.15.5nb7"),
        Xen("4.18", "418", "20260317", "20260317"),
        Xen("4.20", "420", "20260317", "20260317"),
    )
}


def has_xend(suffix: str) -> bool:
    return suffix in ("3", "33", "41", "42")


def xenkernel(xen: Xen, original: bytes) -> Package:
    """:param original: the hypervisor that all of them are made from."""
    name = f"xenkernel{xen.suffix}"
    files: dict[str, bytes | str] = {}
    for file in ("xen-debug.gz", "xen.gz"):
        patched = hypervisor.with_version(original, xen.numbers, f"{name}-{xen.kernel} {file}")
        files[f"{xen.kernel_directory}/{file}"] = hypervisor.compressed(patched)
    return Package(name, xen.kernel, f"Xen {xen.version} Kernel", files=files, message=_kernel_message(xen))


def _kernel_message(xen: Xen) -> str:
    if xen.numbers >= (4, 18):
        return (
            "NetBSD as a PV guest needs linear page tables: do not give this Xen pv-linear-pt=false.\n"
            "32-bit PV guests: use pvshim (up to NetBSD 9) or PVH (NetBSD 10 and later)."
        )
    if xen.numbers >= (4, 13):
        return f"Xen {xen.version} has no upstream support any more and leaves pkgsrc: take 4.18 or 4.20."
    return ""


def xentools(xen: Xen) -> Package:
    """Programs are short scripts that lead to Debian's (files/root/lab/xen/run)."""
    suffix = xen.suffix
    old = has_xend(suffix)
    programs = plists.PROGRAMS_XM if old else plists.PROGRAMS_XL
    if suffix in ("41", "42"):
        programs += plists.PROGRAMS_BESIDE_XM
    files: dict[str, bytes | str] = {path: _program(xen, path) for path in sorted(programs)}
    if not old:
        files |= {path: f"the lab's {path}\n".encode() for path in plists.FIRMWARE}
    libraries: dict[str, bytes | str] = {f"lib/{name}.so.{xen.version}": b"" for name in plists.LIBRARIES}
    manuals = plists.MANUALS_XM if old else plists.MANUALS
    files |= libraries | {path: f"{path}: see Xen's documentation\n".encode() for path in manuals} | _examples(xen)
    return Package(
        f"xentools{suffix}",
        xen.tools,
        f"Userland Tools for Xen {xen.version}.x",
        files=dict(sorted(files.items())),
        managed=_managed(suffix),
        depends=("python27>=2.7.1nb2",) if old else ("python311>=3.11.0", "glib2>=2.4.0", "yajl>=2.0.0"),
        conflicts=("libxen-[0-9]*", "xenstoretools-[0-9]*"),
        message=_tools_message(xen),
    )


def _program(xen: Xen, path: str) -> bytes:
    name = path.rpartition("/")[2]
    return f"#!/bin/sh\nlab_xen={xen.version} lab_program={name}\n. /lab/xen/run\n".encode()


def _text(path: Path) -> bytes:
    return path.read_bytes().replace(b"@PREFIX@", b"/usr/pkg").replace(b"@PKG_SYSCONFDIR@", b"/usr/pkg/etc/xen")


def _variant(directory: str, suffix: str, name: str) -> bytes:
    """NAME.SUFFIX where a version has its own text, else NAME."""
    own = TOOLS / directory / f"{name}.{suffix}"
    return _text(own if own.is_file() else TOOLS / directory / name)


def _examples(xen: Xen) -> dict[str, bytes | str]:
    suffix = xen.suffix
    files: dict[str, bytes | str] = {}
    for name in plists.of(plists.RC_SCRIPTS, suffix):
        files[f"share/examples/rc.d/{name}"] = _variant("rc.d", suffix, name)
    for name in plists.of(plists.SCRIPTS, suffix):
        files[f"share/examples/xen/scripts/{name}"] = _variant("scripts", suffix, name)
    for name in plists.of(plists.CONFIGURATION, suffix):
        files[f"share/examples/xen/{name}"] = _variant("etc", suffix, name)
    for name in () if has_xend(suffix) else plists.EXAMPLES:
        files[f"share/examples/xen/{name}"] = _variant("etc", suffix, name)
    return files


def _managed(suffix: str) -> tuple[str, ...]:
    return (
        *(f"rcd share/examples/rc.d/{name} /etc/rc.d/{name} 0755" for name in plists.of(plists.RC_SCRIPTS, suffix)),
        *(f"conf share/examples/xen/{name} etc/xen/{name} 0644" for name in plists.of(plists.CONFIGURATION, suffix)),
        *(
            f"conf share/examples/xen/scripts/{name} etc/xen/scripts/{name} 0755"
            for name in plists.of(plists.SCRIPTS, suffix)
        ),
        "dir etc/xen/scripts",
        "dir /var/log/xen",
    )


def _tools_message(xen: Xen) -> str:
    text = (
        "The rc.d scripts may be newer than those in /etc/rc.d: unless PKG_RCD_SCRIPTS=YES was set, copy them.\n"
        "The devices that the tools need are made by: cd /dev && sh MAKEDEV xen\n"
    )
    if xen.suffix == "42":
        text += "The rc.d script xend is for xm only: do not use it together with xl.\n"
    elif xen.numbers >= (4, 11):
        text += "For HVM guests with UEFI firmware install sysutils/ovmf and set bios='ovmf'.\n"
    return text


def others() -> list[Package]:
    """What goes with Xen: the device model of 3.1, GRUB, UEFI firmware for guests."""
    qemu: dict[str, bytes | str] = {"libexec/qemu-dm": b"#!/bin/sh\nexit 1\n", "lib/xen/boot/hvmloader": b"hvmloader\n"}
    grub_files: dict[str, bytes | str] = {
        "sbin/grub": b'#!/bin/sh\nexec /lab/bin/grub "$@"\n',
        "sbin/grub-install": b'#!/bin/sh\nexec /lab/bin/grub-install "$@"\n',
        "lib/grub/i386-/stage1": b"stage1",
        "lib/grub/i386-/stage2": b"stage2",
    }
    return [
        Package("xentools3-hvm", "3.1.0nb8", "HVM support for Xen 3.1", files=qemu, depends=("xentools3>=3.1.0",)),
        Package(
            "grub",
            "0.97nb12",
            "GRand Unified Bootloader",
            files=grub_files,
            message="GRUB reads /grub/menu.lst. Install it with: grub-install /dev/wd0d, or grub-install '(hd0)'",
        ),
        Package("ovmf", "202402", "UEFI firmware for virtual machines", files={"share/ovmf/OVMFX64.fd": b"OVMF"}),
    ]
