# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing binary packages and the summary of a repository. The format is described in labpkg/archive.py."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = "/usr/pkg"
BUILT = "2026-03-20 10:00:00 +0000"
MTIME = 1773914400
EXECUTABLE = ("bin/", "sbin/", "libexec/", "share/examples/rc.d/", "share/examples/xen/scripts/", "etc/xen/scripts/")


@dataclass(frozen=True)
class Package:
    """A package before it is packed.

    :param files: path below /usr/pkg: contents, or (str) the target of a symbolic link.
    :param managed: the lines of +FILES.
    :param machine_arch: as ``uname -p``; os_version: the release that it was built on.
    """

    name: str
    version: str
    comment: str
    category: str = "sysutils"
    files: dict[str, bytes | str] = field(default_factory=dict)
    managed: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    message: str = ""
    built: str = BUILT
    os_version: str = "10.1"
    machine_arch: str = "x86_64"
    pkgtools: str = "20240709"

    @property
    def full(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def size(self) -> int:
        return sum(len(data) for data in self.files.values())


def _mode(path: str) -> int:
    return 0o755 if path.startswith(EXECUTABLE) else 0o644


def _contents(package: Package) -> str:
    lines = [f"@comment Packaged at {package.built} UTC by the lab", f"@name {package.full}", f"@cwd {PREFIX}"]
    lines += [f"@pkgdep {pattern}" for pattern in package.depends]
    lines += [f"@pkgcfl {pattern}" for pattern in package.conflicts]
    for path, data in package.files.items():
        lines.append(path)
        if isinstance(data, bytes):
            lines.append(f"@comment MD5:{hashlib.md5(data, usedforsecurity=False).hexdigest()}")
    return "".join(f"{line}\n" for line in lines)


def _build_info(package: Package) -> dict[str, str]:
    return {
        "BUILD_DATE": package.built,
        "CATEGORIES": package.category,
        "MACHINE_ARCH": package.machine_arch,
        "OPSYS": "NetBSD",
        "OS_VERSION": package.os_version,
        "PKGPATH": f"{package.category.split()[0]}/{package.name}",
        "PKGTOOLS_VERSION": package.pkgtools,
    }


def _metadata(package: Package) -> dict[str, str]:
    info = _build_info(package)
    entries = {
        "+CONTENTS": _contents(package),
        "+COMMENT": f"{package.comment}\n",
        "+DESC": f"{package.comment}, as the lab has it.\n",
        "+BUILD_INFO": "".join(f"{key}={value}\n" for key, value in info.items()),
        "+SIZE_PKG": f"{package.size}\n",
        "+SIZE_ALL": f"{package.size}\n",
    }
    if package.managed:
        entries["+FILES"] = "".join(f"{line}\n" for line in package.managed)
    if package.message:
        rule = "=" * 75
        entries["+DISPLAY"] = f"{rule}\n{package.message.strip()}\n{rule}\n"
    return entries


def pack(package: Package, directory: Path) -> Path:
    """Write the package file. The same package gives the same bytes."""
    target = directory / f"{package.full}.tgz"
    # what is big in a package is compressed already
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, text in _metadata(package).items():
            _add(tar, name, text.encode(), 0o644)
        for path, data in package.files.items():
            _add(tar, path, data, _mode(path))
    return target


def _add(tar: tarfile.TarFile, name: str, data: bytes | str, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.mtime, member.mode = MTIME, mode
    if isinstance(data, str):
        member.type, member.linkname = tarfile.SYMTYPE, data
        tar.addfile(member)
    else:
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))


def _summary(package: Package, file: Path) -> str:
    lines = [f"PKGNAME={package.full}"]
    lines += [f"DEPENDS={pattern}" for pattern in package.depends]
    lines += [f"CONFLICTS={pattern}" for pattern in package.conflicts]
    lines += [f"{key}={value}" for key, value in _build_info(package).items()]
    lines += [
        f"COMMENT={package.comment}",
        f"DESCRIPTION={package.comment}, as the lab has it.",
        f"SIZE_PKG={package.size}",
        f"FILE_NAME={file.name}",
        f"FILE_SIZE={file.stat().st_size}",
    ]
    return "\n".join(lines) + "\n\n"


def write_repository(packages: Iterable[Package], directory: Path) -> None:
    """Package files and their pkg_summary.gz."""
    directory.mkdir(parents=True, exist_ok=True)
    text = "".join(_summary(package, pack(package, directory)) for package in packages)
    (directory / "pkg_summary.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
