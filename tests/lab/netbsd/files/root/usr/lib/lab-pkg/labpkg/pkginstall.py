# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pkgsrc's generated +INSTALL/+DEINSTALL scripts do with configuration files and rc.d scripts.

P17:mk/pkginstall/{files,dirs} and doc/guide/files/pkginstall.xml: examples are copied into place only where there is
nothing yet (PKG_CONFIG=YES, the default); rc.d scripts only if PKG_RCD_SCRIPTS=YES, which it is not by default, taken
from the environment of pkg_add/pkg_delete; on removal a copy goes if it is as it came, and stays if it was changed.
"""

from __future__ import annotations

import filecmp
import os
import shutil

from .archive import Managed, managed
from .database import Database

_RULE = "=" * 75


def _enabled(variable: str, default: str) -> bool:
    return os.environ.get(variable, default).lower() in ("yes", "true", "on", "1")


def _handled(each: Managed) -> bool:
    return _enabled("PKG_CONFIG", "YES") and (each.kind != "rcd" or _enabled("PKG_RCD_SCRIPTS", "NO"))


def _box(lines: list[str]) -> str:
    return "\n".join([_RULE, *lines, "", _RULE, ""])


def install(database: Database, name: str) -> str:
    """POST-INSTALL. The text is for standard output."""
    said = ""
    missing: list[Managed] = []
    for each in managed(database.meta(name, "+FILES")):
        target = database.path(each.target)
        if each.kind == "dir":
            target.mkdir(parents=True, exist_ok=True)
        elif target.exists():
            said += f"{name}: {each.target} already exists\n" if _handled(each) else ""
        elif _handled(each):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(database.path(each.example), target)
            target.chmod(each.mode)
            said += f"{name}: copying {each.example} to {each.target}\n"
        else:
            missing.append(each)
    if missing:
        lines = [f"The following files should be created for {name}:", ""]
        for each in missing:
            lines += [f"\t{each.target} (m=0{each.mode:o})", f"\t    [{each.example}]"]
        said += _box(lines)
    return said


def deinstall(database: Database, name: str) -> tuple[list[Managed], str]:
    """DEINSTALL, while the examples are still there: copies that were not changed go.

    :returns: what is left to look at after the files of the package are gone, and the text for standard output.
    """
    entries = managed(database.meta(name, "+FILES"))
    for each in entries:
        target, example = database.path(each.target), database.path(each.example)
        unchanged = target.is_file() and example.is_file() and filecmp.cmp(target, example, shallow=False)
        if each.kind != "dir" and _handled(each) and unchanged:
            target.unlink()
    return entries, ""


def left_behind(database: Database, name: str, entries: list[Managed]) -> str:
    """POST-DEINSTALL: remove empty directories, and tell what is still there."""
    said = ""
    files = [each.target for each in entries if each.kind != "dir" and database.path(each.target).exists()]
    directories = []
    for each in entries:
        path = database.path(each.target)
        if each.kind == "dir" and path.is_dir():
            if any(path.iterdir()):
                directories.append(each.target)
            else:
                path.rmdir()
    for what, found in (("files", files), ("directories", directories)):
        if found:
            first = f"The following {what} are no longer being used by {name},"
            said += _box(
                [first, "and they can be removed if no other packages are using them:", ""]
                + [f"\t{each}" for each in found]
            )
    return said
