# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of the host that the lab runs, and the Debian packages that have them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

from .errors import LabError

PACKAGE_OF = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "lz4": "lz4",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "timeout": "coreutils",
    "debootstrap": "debootstrap",
    "mke2fs": "e2fsprogs",
    "debugfs": "e2fsprogs",
    "e2fsck": "e2fsprogs",
    "gcc": "gcc",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "apt-get": "apt",
}
TO_RUN = ("qemu-system-x86_64", "qemu-img", "lz4", "ssh", "timeout")
TO_RUN_NETBSD = (*TO_RUN, "debugfs", "e2fsck")
TO_BUILD = (*TO_RUN, "ssh-keygen", "debootstrap", "mke2fs", "gcc", "unshare", "setpriv", "apt-get")

# debootstrap, mke2fs and chroot are in sbin, which an ordinary user's PATH leaves out
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def missing(tools: Iterable[str]) -> list[str]:
    """Those of the tools that are not installed."""
    return [tool for tool in tools if not shutil.which(tool, path=SEARCH_PATH)]


def require(tools: Iterable[str]) -> None:
    """Raise LabError in one line that says what to install, if any of the tools is missing."""
    absent = missing(tools)
    if absent:
        packages = " ".join(dict.fromkeys(PACKAGE_OF[tool] for tool in absent))
        raise LabError(f"missing {', '.join(absent)}: apt-get install {packages}")


def environment() -> dict[str, str]:
    """The environment for child processes: a plain locale, and sbin on the PATH."""
    return {**os.environ, "LC_ALL": "C", "PATH": SEARCH_PATH}
