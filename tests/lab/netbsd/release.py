# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release directory of NetBSD: kernels (binary/kernel), the set that contains the dom0 kernel, and a few others.

Names: etc/etc.{amd64,i386}/Makefile.inc. All kernels are one Linux kernel, as the lab has no other; what tells them
apart is the text at their end, in the form of a NetBSD kernel's version, by which the lab's boot loader decides what a
file can boot as (GENERIC: natively, *_DOM0: under Xen, *DOMU: neither).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from pathlib import Path
from typing import NamedTuple

from . import sets as base_sets

DATES = {
    "10.1": "Mon Dec 16 13:08:11 UTC 2024",
    "7.0": "Fri Sep 25 21:58:54 UTC 2015",
    "5.2": "Fri Nov 30 10:02:36 UTC 2012",
}
# dom0's comes first. GENERIC is there for today's release only: each of the large ones takes 12 MiB of the image
KERNELS = {
    "amd64": ("XEN3_DOM0", "XEN3_DOMU", "INSTALL_XEN3_DOMU"),
    "i386": ("XEN3PAE_DOM0", "XEN3PAE_DOMU", "INSTALL_XEN3PAE_DOMU"),
}
WITH_NATIVE_KERNEL = ("10.1",)


class Images(NamedTuple):
    """The true kernels: dom0's (ELF; None in a harness that boots nothing), and the guest's."""

    host: bytes | None
    guest: bytes


def identity(release: str, config: str) -> bytes:
    return f"\n@(#)NetBSD {release} ({config}) #0: {DATES[release]}\n".encode()


def kernel(images: Images, release: str, config: str) -> bytes:
    """The uncompressed file. A guest's kernel is the lab's guest kernel as it is, for Xen loads it by itself."""
    if config.endswith("DOMU"):
        return images.guest + identity(release, config)
    host = images.host or b"\x7fELF\x02\x01\x01".ljust(4096, b"\0")
    return host + identity(release, config)


class Gzipped:
    """Compresses the large part, which all dom0 kernels have in common, only once: a gzip file may have several
    members. (Not for guests' kernels: libxc takes a file's size from its last member.)"""

    def __init__(self, images: Images) -> None:
        self.images = images
        self._common = b""

    def kernel(self, release: str, config: str) -> bytes:
        whole = kernel(self.images, release, config)
        if config.endswith("DOMU"):
            return gzip.compress(whole, compresslevel=1, mtime=0)
        end = identity(release, config)
        if not self._common:
            self._common = gzip.compress(whole[: -len(end)], compresslevel=1, mtime=0)
        return self._common + gzip.compress(end, mtime=0)


def write(directory: Path, release: str, machine: str, gzipped: Gzipped) -> None:
    """binary/{kernel,sets} below directory (…/NetBSD-10.1/amd64)."""
    kernels = directory / "binary" / "kernel"
    kernels.mkdir(parents=True, exist_ok=True)
    native = ("GENERIC",) if release in WITH_NATIVE_KERNEL else ()
    for config in (*KERNELS[machine], *native):
        (kernels / f"netbsd-{config}.gz").write_bytes(gzipped.kernel(release, config))
    _checksums(kernels)
    sets = directory / "binary" / "sets"
    sets.mkdir(parents=True, exist_ok=True)
    _write_set(sets, release, KERNELS[machine][0])
    if machine == "amd64":
        base_sets.write(sets, release)
    _checksums(sets)


def _write_set(sets: Path, release: str, config: str) -> None:
    """kern-XEN3_DOM0 holds ./netbsd: unpacked in /, it overwrites the native kernel. The one in here is a few bytes
    long, for it is there to be noticed and not to be booted."""
    modern = int(release.split(".")[0]) >= 9
    mode, suffix = ("w:xz", "tar.xz") if modern else ("w:gz", "tgz")
    data = b"\x7fELF\x02\x01\x01".ljust(64, b"\0") + identity(release, config)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]
        member = tarfile.TarInfo("./netbsd")
        member.size, member.mode = len(data), 0o755
        tar.addfile(member, io.BytesIO(data))
    (sets / f"kern-{config}.{suffix}").write_bytes(buffer.getvalue())


def _checksums(directory: Path) -> None:
    """SHA512 and MD5, in the form of cksum(1)."""
    names = sorted(name for name in os.listdir(directory) if name not in ("SHA512", "MD5"))
    for algorithm in ("SHA512", "MD5"):
        lines = [
            f"{algorithm} ({name}) = {hashlib.new(algorithm.lower(), (directory / name).read_bytes()).hexdigest()}\n"
            for name in names
        ]
        (directory / algorithm).write_text("".join(lines))
