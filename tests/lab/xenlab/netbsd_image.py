# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk of the NetBSD-faced host: dom0's root directory, with NetBSD's face over it and kernels to boot in it.

A stage of its own on Debian's files: an edited file of the face makes this image anew and no other.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import apt, build, guests, kernel, progress, tools
from .errors import LabError
from .locks import lock
from .paths import FILES, Paths
from .recipe import Recipe

INITRD = FILES / "netbsd" / "initrd"
ASSEMBLE = FILES / "netbsd" / "assemble.sh"
RELEASE = "10.1"
# `what` and the boot loader find it in a kernel; ours is Linux's with this at its end (sys/conf/newvers.sh)
VERSION_STRING = "\n@(#)NetBSD {release} ({config}) #0: Mon Dec 16 13:08:11 UTC 2024\n"
BOOT_LOADER = f">> NetBSD/x86 BIOS Boot, Revision 5.11 (from NetBSD {RELEASE})\n"
# a new installation's own file has a prompt entry too (etc/etc.amd64/boot.cfg)
BOOT_CFG = """\
menu=Boot normally:rndseed /var/db/entropy-file;boot netbsd
menu=Boot single user:rndseed /var/db/entropy-file;boot netbsd -s
menu=Drop to boot prompt:prompt
default=1
timeout=5
clear=1
"""


def ensure(paths: Paths, sources: apt.Sources, recipe: Recipe) -> Path:
    """The directory of the image; built if it is not there. Needs root."""
    image = paths.netbsd(recipe.netbsd_key)
    if image.exists():
        return image
    tools.require(tools.TO_BUILD)
    if os.geteuid() != 0:
        raise LabError("building the image needs root (debootstrap, chroot): run `lab build --netbsd` once as root")
    with lock(paths.locks / "build", "building the image", build.LOCK_TIMEOUT):
        base = build.ensure_base(paths, sources, recipe)
        if not image.exists():
            with progress.step("NetBSD-faced image"), build.complete_or_nothing(image) as work:
                _build(base, work)
    return image


def _build(base: Path, work: Path) -> None:
    rootfs = build.make_rootfs(base, work)
    (modules,) = (rootfs / "lib" / "modules").iterdir()
    initrd = work / "boot" / "initrd.gz"
    guests.make_initramfs(rootfs / "bin" / "busybox", INITRD, kernel.Modules(modules), build.ROOT_MODULES, initrd)
    shutil.rmtree(rootfs / "boot")
    for link in (*rootfs.glob("vmlinuz*"), *rootfs.glob("initrd.img*")):
        link.unlink()
    _assemble(rootfs, work / "boot")
    _fill_in(rootfs, work / "boot" / "vmlinux")
    for name in ("xen", "vmlinux", "vmlinuz"):  # from now on the disk's own are booted
        (work / "boot" / name).unlink()
    # with a journal: a hard reset in the middle of a write leaves a disk that mounts
    build.make_disk(rootfs, work / "disk.img", "has_journal")
    shutil.rmtree(rootfs)


def _assemble(rootfs: Path, boot: Path) -> None:
    """Run the face's own script; from the plain hypervisor and kernel it makes NetBSD's and pkgsrc's files."""
    if not ASSEMBLE.exists():
        return
    environment = {
        **tools.environment(),
        "LAB_XEN": str(boot / "xen"),
        "LAB_VMLINUX": str(boot / "vmlinux"),
        "LAB_PYTHON": sys.executable,
    }
    done = subprocess.run(
        ["sh", str(ASSEMBLE), str(rootfs)], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode != 0:
        raise LabError(f"{ASSEMBLE} failed ({done.returncode})", done.stdout + done.stderr)


def _fill_in(rootfs: Path, vmlinux: Path) -> None:
    """What a machine needs to boot, unless the face brought its own."""
    texts = {"boot": BOOT_LOADER, "boot.cfg": BOOT_CFG, "etc/lab/mbr": "netbsd\n", "etc/lab/firmware": "bios\n"}
    for name, text in texts.items():
        path = rootfs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(text)
            path.chmod(0o644)
    native = rootfs / "netbsd"
    if not native.exists():
        native.write_bytes(vmlinux.read_bytes() + VERSION_STRING.format(release=RELEASE, config="GENERIC").encode())
        native.chmod(0o755)
