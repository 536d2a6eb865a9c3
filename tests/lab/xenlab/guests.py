# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guests that wait in dom0's /srv/domu: a Linux one, the nano one, and disks for them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from . import cpio, tools
from .errors import LabError
from .kernel import Modules
from .paths import FILES

FRONTENDS = ("xen-blkfront", "xen-netfront", "xen-pcifront")
DISK_COUNT = 4
DISK_BYTES = 16 << 20
VG0_BYTES = 64 << 20

# freestanding code for the kernel's half of the address space, without registers that Xen would have to be asked for
NANO_FLAGS = (
    *("-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-nostdlib", "-static", "-fno-pic", "-no-pie"),
    *("-mcmodel=kernel", "-mno-red-zone", "-mno-sse", "-mno-mmx", "-fno-stack-protector", "-fcf-protection=none"),
    *("-fno-tree-loop-distribute-patterns", "-Wl,-T,nano.lds", "-Wl,--build-id=none", "-Wl,-z,max-page-size=4096"),
    *("-Wl,-z,noexecstack", "-Wl,--no-warn-rwx-segments"),
)


def run(command: list[str], cwd: Path | None = None) -> None:
    """Run a short tool of the build; LabError with its output if it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=tools.environment())
    if done.returncode != 0:
        raise LabError(f"{command[0]} failed ({done.returncode})", done.stdout + done.stderr)


def install_tree(source: Path, target: Path) -> None:
    """Copy source's files over target. Modes come from the execute bit alone, so that no umask gets into the image."""
    for path in sorted(source.rglob("*")):
        to = target / path.relative_to(source)
        if path.is_dir():
            if not to.exists():
                to.mkdir()
                to.chmod(0o755)
        else:
            to.unlink(missing_ok=True)
            shutil.copyfile(path, to)
            to.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def make_initramfs(busybox: Path, files: Path, modules: Modules, names: tuple[str, ...], target: Path) -> None:
    """An initramfs of busybox, the files and the named modules (in /lib, in loading order)."""
    with tempfile.TemporaryDirectory(prefix="initramfs-", dir=target.parent) as temporary:
        tree = Path(temporary)
        for name in ("bin", "sbin", "lib", "proc", "sys", "dev", "newroot"):
            (tree / name).mkdir()
        shutil.copy(busybox, tree / "bin" / "busybox")
        (tree / "bin" / "sh").symlink_to("busybox")
        install_tree(files, tree)
        modules.copy_plain(names, tree / "lib")
        cpio.write(tree, target)


def make_nano(target: Path) -> None:
    """Compile the nano guest."""
    run(["gcc", *NANO_FLAGS, "-o", str(target), "start.S", "nano.c"], cwd=FILES / "nano")
    target.chmod(0o644)


def make_pygrub_disk(srv: Path) -> None:
    """A disk whose kernel pygrub finds: ext2 with /boot/grub/grub.cfg and the Linux guest's files."""
    with tempfile.TemporaryDirectory(prefix="pygrub-", dir=srv) as temporary:
        boot = Path(temporary, "boot")
        (boot / "grub").mkdir(parents=True)
        for name in ("vmlinuz", "initrd.gz"):
            shutil.copy(srv / name, boot / name)
        shutil.copyfile(FILES / "pygrub" / "grub.cfg", boot / "grub" / "grub.cfg")
        run(["mke2fs", "-q", "-F", "-t", "ext2", "-d", temporary, str(srv / "pygrub.img"), "24M"])


def make_all(rootfs: Path, busybox: Path) -> None:
    """Fill rootfs/srv/domu. The guest kernel's package lies unpacked in rootfs/srv/guest-kernel and is removed."""
    srv = rootfs / "srv" / "domu"
    unpacked = rootfs / "srv" / "guest-kernel"
    (kernel,) = unpacked.glob("boot/vmlinuz-*")
    (modules,) = (path.parent for path in unpacked.glob("**/modules.builtin"))
    shutil.copyfile(kernel, srv / "vmlinuz")
    index_modules(modules)
    make_initramfs(busybox, FILES / "domu", Modules(modules), FRONTENDS, srv / "initrd.gz")
    shutil.rmtree(unpacked)
    make_nano(srv / "nano")
    make_pygrub_disk(srv)
    for number in range(DISK_COUNT):
        make_sparse(srv / f"disk{number}.img", DISK_BYTES)
    make_sparse(srv / "vg0.img", VG0_BYTES)


def index_modules(directory: Path) -> None:
    """A package that was only unpacked has no modules.dep: write one without dependencies (the frontends have none)."""
    index = directory / "modules.dep"
    if not index.exists():
        paths = sorted(str(path.relative_to(directory)) for path in directory.rglob("*.ko*"))
        index.write_text("".join(f"{path}:\n" for path in paths))


def make_sparse(path: Path, size: int) -> None:
    """An empty disk image."""
    with path.open("wb") as file:
        file.truncate(size)
