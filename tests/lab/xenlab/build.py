# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Building the image, in two stages that are cached apart: Debian's files (slow, rarely) and ours (half a minute).

Each stage is made in a temporary directory and renamed when it is complete, under a lock: a build that was
interrupted leaves nothing that looks finished, and the next one starts that stage over.
"""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import apt, guests, kernel, progress, tools
from .errors import LabError
from .locks import lock
from .paths import FILES, Paths
from .recipe import Recipe

BASE_TIMEOUT = 1800
LOCK_TIMEOUT = 2400
DISK_SIZE = "8G"
HOST_ALIAS = "xenlab"
ROOT_MODULES = ("virtio_pci", "virtio_blk", "crc32c_generic", "ext4")


def build(paths: Paths, sources: apt.Sources, recipe: Recipe) -> Path:
    """The directory of the recipe's image; built if it is not there. Needs root."""
    image = paths.image(recipe.image_key)
    if image.exists():
        return image
    tools.require(tools.TO_BUILD)
    if os.geteuid() != 0:
        raise LabError("building the image needs root (debootstrap, chroot): run `lab build` once as root")
    with lock(paths.locks / "build", "building the image", LOCK_TIMEOUT), progress.step("image, all stages"):
        _remove_unfinished(paths)
        base = ensure_base(paths, sources, recipe)
        if not image.exists():
            with progress.step("image: configuration, guests, disk"):
                _build_image(base, image)
    return image


def ensure_base(paths: Paths, sources: apt.Sources, recipe: Recipe) -> Path:
    """The directory of the first stage, built if it is not there. The caller holds the lock."""
    base = paths.base(recipe.base_key)
    if not base.exists():
        _build_base(base, paths.logs / f"base-{recipe.base_key}.log", sources)
    return base


def _remove_unfinished(paths: Paths) -> None:
    for path in paths.root.glob(".unfinished-*"):
        shutil.rmtree(path)


@contextmanager
def complete_or_nothing(target: Path) -> Iterator[Path]:
    """A fresh directory that becomes target if the block succeeds, and is removed if not."""
    work = target.parent / f".unfinished-{target.name}"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        yield work
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _build_base(target: Path, log: Path, sources: apt.Sources) -> None:
    with complete_or_nothing(target) as work:
        listing = work / "sources.list"
        listing.write_text("".join(f"{line}\n" for line in sources.lines))
        script = FILES / "build" / "base.sh"
        packages = FILES / "build" / "packages.txt"
        command = [
            # the build ends with this process, and its mounts with the namespace, whatever happens
            *("setpriv", "--pdeathsig", "KILL", "--"),
            *("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--"),
            *("sh", str(script), str(work / "rootfs"), sources.suite, sources.mirror, str(listing), str(packages)),
        ]
        environment = {**tools.environment(), **apt.proxy_environment()}
        progress.run_logged(command, f"Debian {sources.suite}: debootstrap, packages", log, BASE_TIMEOUT, environment)
        listing.unlink()


def _build_image(base: Path, target: Path) -> None:
    with complete_or_nothing(target) as work:
        rootfs = make_rootfs(base, work)
        make_disk(rootfs, work / "disk.img", "^has_journal")
        shutil.rmtree(rootfs)


def make_rootfs(base: Path, work: Path) -> Path:
    """dom0's root directory at work/rootfs; keys and boot files beside it."""
    rootfs = work / "rootfs"
    guests.run(["cp", "-a", "--reflink=auto", str(base / "rootfs"), str(rootfs)])
    modules = _dom0_modules(rootfs)
    _configure(rootfs, work)
    guests.make_all(rootfs, rootfs / "bin" / "busybox")
    _boot_files(rootfs, modules, work)
    return rootfs


def make_disk(rootfs: Path, disk: Path, features: str) -> None:
    """A sparse ext4 disk with rootfs's files."""
    guests.run(["mke2fs", "-q", "-t", "ext4", "-O", features, "-m", "0", "-d", str(rootfs), str(disk), DISK_SIZE])


def _dom0_kernel(rootfs: Path) -> Path:
    return _newest(rootfs.glob("boot/vmlinuz-*"), "dom0 kernel")


def _newest(paths: Iterator[Path], what: str) -> Path:
    found = sorted(paths)
    if not found:
        raise LabError(f"the packages brought no {what}")
    return found[-1]


def _dom0_modules(rootfs: Path) -> kernel.Modules:
    """Throw away the modules that the lab has no use for: 350 of 400 MiB."""
    version = _dom0_kernel(rootfs).name.partition("-")[2]
    modules = kernel.Modules(rootfs / "lib" / "modules" / version)
    wanted = [*kernel.read_list(FILES / "dom0" / "etc" / "lab" / "modules"), *ROOT_MODULES]
    modules.keep_only([*wanted, *kernel.read_list(FILES / "build" / "modules-kept.txt")])
    guests.run(["chroot", str(rootfs), "depmod", version])
    return kernel.Modules(modules.directory)


def _configure(rootfs: Path, work: Path) -> None:
    guests.install_tree(FILES / "dom0", rootfs)
    (rootfs / "var" / "log" / "xen" / "console").mkdir(parents=True, exist_ok=True)
    _make_keys(rootfs, work)


def _make_keys(rootfs: Path, work: Path) -> None:
    """A key to come in with, and the host's key, so that ssh can check whom it talks to."""
    ssh = rootfs / "etc" / "ssh"
    for old in ssh.glob("ssh_host_*"):
        old.unlink()
    host_key = ssh / "ssh_host_ed25519_key"
    for path, comment in ((work / "id_ed25519", "xenlab"), (host_key, "xenlab dom0")):
        guests.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)])
    public = host_key.with_suffix(".pub").read_text()
    (work / "known_hosts").write_text(f"{HOST_ALIAS} {public}")
    directory = rootfs / "root" / ".ssh"
    directory.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(work / "id_ed25519.pub", directory / "authorized_keys")


def _boot_files(rootfs: Path, modules: kernel.Modules, work: Path) -> None:
    """What QEMU loads directly: Xen, the dom0 kernel (plain for Xen, Debian's own for a boot without it), initramfs."""
    boot = work / "boot"
    boot.mkdir()
    xen = _newest(rootfs.glob("boot/xen-*.gz"), "hypervisor")
    (boot / "xen").write_bytes(gzip.decompress(xen.read_bytes()))
    vmlinuz = _dom0_kernel(rootfs).read_bytes()
    (boot / "vmlinuz").write_bytes(vmlinuz)
    (boot / "vmlinux").write_bytes(kernel.plain_kernel(vmlinuz) or vmlinuz)
    busybox = rootfs / "bin" / "busybox"
    guests.make_initramfs(busybox, FILES / "dom0-initrd", modules, ROOT_MODULES, boot / "initrd.gz")
