# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put packages, package tools, release directories and the legacy stack into the root of the NetBSD-faced image."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import catalogue, hypervisor, release, sets
from .package import write_repository

FILES = Path(__file__).resolve().parent / "files"
REPOSITORIES = "srv/pkgsrc/packages/NetBSD"
RELEASES = "srv/netbsd"
BASE_PACKAGES = ("python311", "pkgin")
EXECUTABLES = ("usr/sbin", "lab/legacy.d")


def assemble(rootfs: Path, xen: Path | None = None, vmlinux: Path | None = None) -> None:
    """Everything that README.md names. It can be run on a root that has it already.

    :param rootfs: a Debian root with the packages of files/build/packages.txt.
    :param xen: the hypervisor as a plain ELF file; by default that of rootfs/boot, and without that one a stand-in.
    :param vmlinux: dom0's kernel as a plain ELF file; without it the kernels are stand-ins that do not boot.
    :raises LookupError: the hypervisor is not like those that are known.
    """
    _install_tools(rootfs)
    original = xen.read_bytes() if xen else hypervisor.find(rootfs)
    for era in catalogue.ERAS:
        directory = rootfs / REPOSITORIES / "x86_64" / era.release / "All"
        write_repository(catalogue.packages(era, original or hypervisor.stand_in()), directory)
    _write_releases(rootfs, release.Images(vmlinux.read_bytes() if vmlinux else None, _guest_kernel(rootfs)))
    _write_terminals(rootfs)
    _install_base_packages(rootfs)
    _link_configuration(rootfs)


def _install_tools(rootfs: Path) -> None:
    source = FILES / "root"
    for path in sorted(source.rglob("*")):
        target = rootfs / path.relative_to(source)
        if "__pycache__" in path.parts:
            continue
        if path.is_dir():
            target.mkdir(exist_ok=True, parents=True)
            continue
        target.unlink(missing_ok=True)
        shutil.copyfile(path, target)
        target.chmod(0o755 if os.access(path, os.X_OK) else 0o644)


def _guest_kernel(rootfs: Path) -> bytes:
    """nano is the smallest thing that Xen can start; a harness has not even that."""
    nano = rootfs / "srv/domu/nano"
    return nano.read_bytes() if nano.is_file() else b"\x7fELF\x02\x01\x01".ljust(4096, b"\0")


def _write_releases(rootfs: Path, images: release.Images) -> None:
    gzipped = release.Gzipped(images)
    for era in catalogue.ERAS:
        for machine in era.machines:
            directory = rootfs / RELEASES / f"NetBSD-{era.release}" / machine
            release.write(directory, era.release, machine, gzipped)


def _write_terminals(rootfs: Path) -> None:
    """What the host itself has of them; init(8) of the lab reads an inittab."""
    for name, text in (("ttys", sets.TTYS), ("wscons.conf", sets.WSCONS)):
        (rootfs / "etc" / name).write_text(text)


def _install_base_packages(rootfs: Path) -> None:
    """The bare host of the lab has Python and pkgin, which Ansible and the roles begin with."""
    packages = rootfs / REPOSITORIES / "x86_64" / catalogue.ERAS[0].release / "All"
    environment = {**os.environ, "PYTHONPATH": str(FILES / "root/usr/lib/lab-pkg"), "PYTHONDONTWRITEBYTECODE": "1"}
    for name in BASE_PACKAGES:
        (file,) = packages.glob(f"{name}-*.tgz")
        code = "import sys; from labpkg.install import main; sys.exit(main(sys.argv[1:]))"
        # -U: also over a package that is there, for a root that is assembled again. The file is outside of rootfs for
        # pkg_add -P, and is therefore named as this machine sees it.
        command = [sys.executable, "-c", code, "-U", "-P", str(rootfs), f"/{file.relative_to(rootfs)}"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LookupError(f"pkg_add {name} failed: {done.stdout}{done.stderr}")


def _link_configuration(rootfs: Path) -> None:
    """The real xl looks into /etc/xen. Debian's own files there go to /lab/xen/debian, for who wants to look."""
    configuration = rootfs / "etc/xen"
    if configuration.is_dir() and not configuration.is_symlink():
        kept = rootfs / "lab/xen/debian"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.move(configuration, kept)
    configuration.unlink(missing_ok=True)
    configuration.symlink_to("/usr/pkg/etc/xen")
