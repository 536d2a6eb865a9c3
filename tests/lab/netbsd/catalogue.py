# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which packages which repository has: the eras of NetBSD that the lab can show."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import NamedTuple

from . import xen_packages
from .package import Package


class Era(NamedTuple):
    """One release with its repository.

    :param xens: suffixes of the Xen packages. ONLY_FOR_PLATFORM keeps a package from being built for other releases,
        so that it is simply not in their repositories.
    :param others: names of what goes with Xen.
    :param modern: with the packages of today.
    :param machines: ports that have a release directory.
    """

    release: str
    xens: tuple[str, ...]
    others: tuple[str, ...]
    modern: bool
    machines: tuple[str, ...] = ("amd64",)


ERAS = (
    Era("10.1", ("413", "415", "418", "420"), ("ovmf",), True),
    # 3.1 to 4.1 were in pkgsrc until 2014 at least, 4.2 since 2014
    Era("5.2", ("3", "33", "41", "42"), ("xentools3-hvm", "grub"), False, ("amd64", "i386")),
    # pkgsrc of 2017 had 4.2 to 4.8 only
    Era("7.0", ("41", "42", "45", "46", "48"), ("grub",), False),
)


def _plain(name: str, version: str, comment: str, category: str, path: str, **more: object) -> Package:
    text = f"#!/bin/sh\necho '{name} {version}'\n".encode()
    return dataclasses.replace(Package(name, version, comment, category, files={path: text}), **more)  # type: ignore[arg-type]


def python311() -> Package:
    """A link to Debian's interpreter, which the face makes look like NetBSD's."""
    link: dict[str, bytes | str] = {"bin/python3.11": "/usr/bin/python3"}
    return Package("python311", "3.11.11", "Interpreted, interactive, object-oriented programming language",
                   "lang python", files=link)  # fmt: skip


def pkgin() -> Package:
    launcher = (
        b'#!/usr/bin/python3 -IS\n"""pkgin, for the lab: see labpkg.pkgin."""\nimport sys\n\n'
        b'sys.path.insert(0, "/usr/lib/lab-pkg")\nfrom labpkg.pkgin import main\n\nsys.exit(main(sys.argv[1:]))\n'
    )
    example = (
        b"# One URI a line; $arch and $osrelease are filled in.\nfile:///srv/pkgsrc/packages/NetBSD/$arch/10.1/All\n"
    )
    return Package(
        "pkgin",
        "26.4.0",
        "Apt / yum like tool for managing pkgsrc binary packages",
        "pkgtools",
        files={"bin/pkgin": launcher, "share/examples/pkgin/repositories.conf.example": example},
        managed=("conf share/examples/pkgin/repositories.conf.example etc/pkgin/repositories.conf 0644",),
    )


def ordinary() -> Iterator[Package]:
    """Packages that have nothing to do with Xen: names that are no regular expressions, mixed case, two versions,
    dependencies, a declared conflict."""
    yield _plain("glib2", "2.80.5", "Some useful routines for C programming (glib2)", "devel", "bin/gio")
    yield _plain("yajl", "2.1.0", "Portable JSON parser and serializer", "textproc", "bin/json_reformat")
    yield _plain("bash", "5.2.26", "The GNU Bourne Again Shell", "shells", "bin/bash")
    yield _plain(
        "bash", "5.2.37", "The GNU Bourne Again Shell", "shells", "bin/bash", built="2026-03-21 08:00:00 +0000"
    )
    yield _plain("gtk2+", "2.24.33nb12", "GIMP Toolkit v2 - libraries for building X11 user interfaces", "x11",
                 "bin/gtk-demo", depends=("glib2>=2.36.0",))  # fmt: skip
    yield _plain("libsigc++", "2.12.1", "Type-safe callback system for C++ programs", "devel", "share/sigc/readme")
    yield _plain("p5-Net-DNS", "1.50", "DNS resolver implemented in Perl", "net perl5", "share/p5-Net-DNS/readme")
    yield _plain("ImageMagick", "7.1.1.41", "Package for display and interactive manipulation of images", "graphics",
                 "bin/magick")  # fmt: skip
    yield _plain("vim", "9.1.1000", "Vim editor (vi clone) without GUI", "editors", "bin/vim")
    yield _plain("Vim-like", "0.1", "A package whose name differs from another's in its case", "editors", "bin/Vim")
    yield _plain("bridge-utils-compat", "1.0nb1", "Two packages say that they conflict: this one", "net", "bin/brc")
    yield _plain("bridge-utils-other", "2.0", "Two packages say that they conflict: the other", "net", "bin/bro",
                 conflicts=("bridge-utils-compat-[0-9]*",))  # fmt: skip


def _legacy_ordinary() -> Iterator[Package]:
    yield _plain("python27", "2.7.18", "Interpreted, interactive, object-oriented programming language", "lang",
                 "bin/python2.7")  # fmt: skip
    yield _plain("glib2", "2.34.3nb1", "Some useful routines for C programming (glib2)", "devel", "bin/gio")
    yield _plain("yajl", "2.0.4", "Portable JSON parser and serializer", "textproc", "bin/json_reformat")
    yield _plain("bash", "4.2.45", "The GNU Bourne Again Shell", "shells", "bin/bash")


def packages(era: Era, original: bytes) -> Iterator[Package]:
    """All packages of one repository, one at a time (a pair of hypervisors is 3 MiB)."""
    for suffix in era.xens:
        xen = xen_packages.XENS[suffix]
        yield from (_of(era, each) for each in (xen_packages.xenkernel(xen, original), xen_packages.xentools(xen)))
    extra = [each for each in xen_packages.others() if each.name in era.others]
    base = [python311(), pkgin(), *(ordinary() if era.modern else _legacy_ordinary())]
    yield from (_of(era, each) for each in (*extra, *base))


def _of(era: Era, package: Package) -> Package:
    return dataclasses.replace(package, os_version=era.release)
