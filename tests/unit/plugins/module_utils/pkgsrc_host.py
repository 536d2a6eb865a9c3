# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pkgin and the package tools of the lab's NetBSD face, run below a folder instead of /.

They keep their state like the real ones, so a test installs packages and looks at what is installed afterwards.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

LAB = Path(__file__).resolve().parents[3] / "lab"
TOOLS = LAB / "netbsd" / "files" / "root" / "usr"

# Every path of the host goes through Database, and arguments may already be below the folder.
LAUNCHER = """#!{python} -IS
import sys
from pathlib import Path

sys.path.insert(0, "{library}")
from labpkg import change, database

root = "{root}"
change.TOOLS = "{folder}"


def below(self, name):
    return Path(name if name.startswith(root) else root + "/" + name.lstrip("/"))


def born(self, _root, directory="/var/db/pkg"):
    self.root = Path(root)
    self.directory = self.path(directory)


database.Database.path = below
database.Database.__init__ = born
from labpkg.{module} import main

sys.exit(main(sys.argv[1:]))
"""
PKG_INFO = """#!/bin/sh
PKG_DBDIR={root}/var/db/pkg exec /bin/sh {script} "$@"
"""


class PkgsrcHost:
    """A host below ``root``.

    :param root: an empty folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "bin"
        self.repository = root / "srv" / "All"
        self.url = "file:///srv/All"
        self.conf = root / "usr/pkg/etc/pkgin/repositories.conf"
        self.log = root / "var/db/pkgin/pkg_install-err.log"
        self.database = root / "var/db/pkgin/pkgin.db"
        for folder in (self.folder, self.conf.parent, self.log.parent, root / "var/db/pkg", root / "usr/pkg/bin"):
            folder.mkdir(parents=True)
        self.conf.write_text(f"# the lab's\n{self.url}\n")
        for name, module in (("pkgin", "pkgin"), ("pkg_add", "install"), ("pkg_delete", "remove")):
            self._tool(
                name,
                LAUNCHER.format(
                    python=sys.executable,
                    library=TOOLS / "lib" / "lab-pkg",
                    root=root,
                    folder=self.folder,
                    module=module,
                ),
            )
        self._tool("pkg_info", PKG_INFO.format(root=root, script=TOOLS / "sbin" / "pkg_info"))

    def _tool(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)

    def offer(self, *packages: object) -> None:
        """Make a repository of these packages (of tests/lab/netbsd/package.py)."""
        if str(LAB) not in sys.path:
            sys.path.insert(0, str(LAB))
        from netbsd import package

        package.write_repository(packages, self.repository)
        # a new summary within the same second is a new one all the same
        summary = self.repository / "pkg_summary.gz"
        seen = getattr(self, "_seen", 0)
        self._seen = seen + 1
        os.utime(summary, (1_000_000_000 + seen, 1_000_000_000 + seen))

    def installed(self) -> list[str]:
        return sorted(path.name for path in (self.root / "var/db/pkg").iterdir() if (path / "+CONTENTS").is_file())


def package(name: str, version: str, **more: object) -> object:
    """A package with one program of its name."""
    if str(LAB) not in sys.path:
        sys.path.insert(0, str(LAB))
    from netbsd.package import Package

    files = more.pop("files", {f"bin/{name}": f"{name} {version}\n".encode()})
    return Package(name, version, f"{name} for tests", files=files, **more)  # type: ignore[arg-type]
