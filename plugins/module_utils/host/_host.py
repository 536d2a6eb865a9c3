# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The host under the toolstack: where NetBSD and Linux keep things, and what can be seen without asking Xen."""

from __future__ import annotations

import os
import platform
import shutil
import socket
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command

# Linux: one directory an interface; that of a bridge holds a directory `bridge`.
SYS_CLASS_NET = "/sys/class/net"
# Linux: xenfs tells by the word control_d that this kernel is the dom0.
XEN_CAPABILITIES = "/proc/xen/capabilities"
# NetBSD: privcmd(4) is there in the dom0 only (sys/arch/xen/xen/privcmd.c).
NETBSD_PRIVCMD = "/kern/xen/privcmd"
# XENSTORED_RUNDIR of xenstored(8), NetBSD and Linux.
XENSTORED_SOCKETS = ("/var/run/xenstored/socket",)
_EXTRA_PATH = ("/usr/pkg/sbin", "/usr/sbin", "/usr/local/sbin", "/sbin")


class Layout(NamedTuple):
    """Where one operating system keeps the files of Xen, and how its dom0 names the back end of a vif.

    :param config_suffix: what follows the name of a domain in the name of a new config file. pkgsrc's xendomains
        looks for ``/usr/pkg/etc/xen/NAME`` by default, with no suffix at all.
    """

    config_dir: str
    config_suffix: str
    vif_name: str
    auto_dir: str | None


_LAYOUTS = {
    # pkgsrc xentools4xx: PKG_SYSCONFSUBDIR=xen; vif names: libxl NETBACK_NIC_NAME in libxl_netbsd.c's osdeps
    "NetBSD": Layout("/usr/pkg/etc/xen", "", "xvif{domid}i{devid}", None),
    "Linux": Layout("/etc/xen", ".cfg", "vif{domid}.{devid}", "/etc/xen/auto"),
}
SAVE_DIR = "/var/lib/xen/save"
LOG_DIR = "/var/log/xen"


def layout() -> Layout:
    """The layout of this host; an unknown system is taken for a Linux."""
    return _LAYOUTS.get(platform.system(), _LAYOUTS["Linux"])


def name() -> str:
    """The short host name, part of the seed of generated identities."""
    return platform.node().partition(".")[0]


def find_program(program: str) -> str | None:
    """Full path of a program; looks where toolstacks live even when PATH does not."""
    search = os.pathsep.join([os.environ.get("PATH", ""), *_EXTRA_PATH])
    return shutil.which(program, path=search)


def require_root() -> None:
    """:raises HostError: Xen's privileged command interface is root's (mode 0400 on NetBSD), and xend's socket, too."""
    if os.geteuid() != 0:
        raise HostError(
            "The toolstack works for root only. Connect as root, or set `become: true`.",
            error_id="not_root",
        )


def no_xen_reason() -> str | None:
    """Why this cannot be a dom0, or None when it looks like one."""
    if platform.system() == "NetBSD":
        if os.path.exists(NETBSD_PRIVCMD):
            return None
        return (
            f"{NETBSD_PRIVCMD} is missing: either /kern is not mounted (`mount -t kernfs kernfs /kern`), "
            "or this kernel is not running as the dom0 of a Xen hypervisor (boot the Xen entry of boot.cfg)."
        )
    try:
        with open(XEN_CAPABILITIES, encoding="ascii") as stream:
            if "control_d" in stream.read():
                return None
    except OSError:
        return "there is no Xen hypervisor under this kernel, or xenfs is not mounted: boot the Xen entry first."
    return "this kernel runs under Xen as a guest, not as the dom0."


def xenstored_answers() -> bool | None:
    """Whether xenstored takes connections. None when it has no socket, which may mean that it is not running, or that
    it runs in a domain of its own and is reached through the kernel.
    """
    there = [path for path in XENSTORED_SOCKETS if os.path.exists(path)]
    return takes_connections(there[0]) if there else None


def takes_connections(path: str) -> bool:
    """Whether a daemon listens on this socket in the file system."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


def bridge_exists(bridge: str) -> bool:
    """Whether an interface that vifs can be put into exists."""
    if platform.system() == "NetBSD":
        return _command.run(["/sbin/ifconfig", bridge]).rc == 0
    return os.path.isdir(os.path.join(SYS_CLASS_NET, bridge, "bridge"))


def mounted_devices() -> list[str]:
    """The real paths of all devices that are mounted in the dom0."""
    if os.path.exists("/proc/self/mounts"):
        with open("/proc/self/mounts", encoding="utf-8", errors="replace") as stream:
            sources = [line.split(" ", 1)[0] for line in stream]
    else:
        sources = [line.split(" on ", 1)[0] for line in _command.run(["/sbin/mount"]).stdout.splitlines()]
    return [os.path.realpath(source) for source in sources if source.startswith("/")]
