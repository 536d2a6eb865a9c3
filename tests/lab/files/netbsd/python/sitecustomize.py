# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python as it is on NetBSD, for every interpreter that is started from /usr/pkg.

Platform names are NetBSD's (os.uname is uname(3), sys.platform is what configure derives from `uname -s` and the major
release), and Linux's /proc and /sys do not exist, so that no code passes here by reading them.
Debian's own programs (/usr/bin/python3) see Debian.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

FACE = "/etc/lab/face"
HIDDEN = ("/proc", "/sys")
# major number of Linux's device mapper
DEVICE_MAPPER = 253
# functions of os that take a path first and that no audit event announces
BY_PATH = ("stat", "lstat", "access", "readlink", "open", "listdir", "scandir", "statvfs")


def _face() -> dict[str, str]:
    face = {"release": "10.1", "machine": "amd64"}
    with open(FACE, encoding="ascii") as lines:
        for line in lines:
            name, separator, value = line.strip().partition("=")
            if separator:
                face[name] = value
    return face


def _uname_command(option: str) -> str:
    """One field as the face's uname(1) prints it; read without subprocess, which Python would then load every time."""
    with os.popen(f"/usr/bin/uname -{option}") as output:
        return output.read().rstrip("\n")


def _install_names(face: dict[str, str]) -> None:
    linux_uname = os.uname
    linux_platform = sys.platform

    def uname() -> os.uname_result:
        node = linux_uname().nodename
        return os.uname_result(("NetBSD", node, face["release"], _uname_command("v"), face["machine"]))

    class BuildTimeNames:
        """The build's variables stay those of this interpreter, whose file is named after the true platform."""

        @staticmethod
        def find_spec(
            name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
        ) -> ModuleSpec | None:
            if not name.startswith(f"_sysconfigdata_{sys.abiflags}_{sys.platform}"):
                return None
            from importlib.util import find_spec

            return find_spec(name.replace(sys.platform, linux_platform, 1))

    os.uname = uname
    sys.platform = "netbsd" + face["release"].partition(".")[0]
    sys.meta_path.append(BuildTimeNames)


def _is_hidden(path: object) -> bool:
    if not isinstance(path, (str, bytes, os.PathLike)):
        return False
    text = os.fsdecode(path)
    if not text.startswith(HIDDEN):
        return False
    # /proc is there (an empty mount point), what Linux has in it is not
    text = text.rstrip("/") or "/"
    return text == "/sys" or text.startswith(("/proc/", "/sys/"))


def _refuse(path: object) -> None:
    import errno

    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


def _hide_linux() -> None:
    def audit(event: str, arguments: tuple[object, ...]) -> None:
        if event in {"open", "os.listdir", "os.scandir"} and arguments and _is_hidden(arguments[0]):
            _refuse(arguments[0])

    def wrapped(original: Callable[..., object]) -> Callable[..., object]:
        def function(path: object = ".", *arguments: object, **keywords: object) -> object:
            if _is_hidden(path):
                if original.__name__ == "access":
                    return False
                _refuse(path)
            return original(path, *arguments, **keywords)

        function.__name__ = original.__name__
        return function

    for name in BY_PATH:
        original = getattr(os, name)
        replacement = wrapped(original)
        # shutil and others ask `os.stat in os.supports_dir_fd`
        for supported in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
            if original in supported:
                supported.add(replacement)
        setattr(os, name, replacement)
    sys.addaudithook(audit)


def _install_sizeless_volumes() -> None:
    """dm(4) does not know DIOCGPARTINFO, so the end of a volume is where it begins (spec_open() in
    sys/miscfs/specfs/spec_vnops.c, disk_ioctl_switch() in sys/dev/dm/device-mapper.c)."""
    import stat

    linux_lseek = os.lseek

    def lseek(handle: int, offset: int, whence: int) -> int:
        status = os.fstat(handle)
        if whence == os.SEEK_END and stat.S_ISBLK(status.st_mode) and os.major(status.st_rdev) == DEVICE_MAPPER:
            whence = os.SEEK_SET
        return linux_lseek(handle, offset, whence)

    os.lseek = lseek


if sys.executable.startswith("/usr/pkg/") and os.path.exists(FACE):
    _install_names(_face())
    _hide_linux()
    _install_sizeless_volumes()
