# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""THE table of Xen versions: everything that depends on which Xen a NetBSD host runs is looked up here.

Sources: pkgsrc sysutils/xenkernelNN and xentoolsNN (Makefile, PLIST, MESSAGE, files/), as of 2013-03 (3.1, 3.3,
4.1), 2017-10 (4.2 to 4.8) and 2026-03 (4.11 to 4.20). NetBSD releases: ONLY_FOR_PLATFORM of the two packages.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError

PREFIX = "/usr/pkg"
EXAMPLES = PREFIX + "/share/examples/rc.d"


class Service(NamedTuple):
    """One rc.d script of xentools.

    :param script: its file name in share/examples/rc.d and /etc/rc.d.
    :param rcvar: the variable of rc.conf that switches it on; None for xendomains, whose variable is a list of names.
    :param process: program to look for when asking whether it really runs; None when no process stays behind.
    :param optional: not needed for a working dom0.
    """

    script: str
    rcvar: str | None
    process: str | None
    optional: bool = False


_DOMAINS = Service("xendomains", None, None)
_COMMONS = Service("xencommons", "xencommons", "xenstored")
_WATCHDOG = Service("xen-watchdog", "xenwatchdog", "xenwatchdogd", optional=True)
# 3.1 and 3.3: files/{xend,xenbackendd,xendomains}.sh; xend starts xenstored and xenconsoled itself
_SERVICES_3 = (Service("xend", "xend", "xend"), Service("xenbackendd", "xenbackendd", "xenbackendd"), _DOMAINS)
# 4.1: xencommons.sh has rcvar=xend, so that `xencommons=YES` does nothing
_SERVICES_41 = (Service("xencommons", "xend", "xenstored"), Service("xend", "xend", "xend"), _DOMAINS, _WATCHDOG)
# 4.2: xend is there for xm only; xl cannot make domains once xenbackendd, which it starts, has run (TODO of xentools42)
_SERVICES_42 = (_COMMONS, Service("xend", "xend", "xend", optional=True), _DOMAINS, _WATCHDOG)
_SERVICES = (_COMMONS, _DOMAINS, _WATCHDOG)

_I386_AMD64 = ("i386", "amd64")
_AMD64 = ("amd64",)


class Release(NamedTuple):
    """One version of Xen as pkgsrc has it.

    :param version: as people write it, ``4.20``.
    :param suffix: of the packages, ``420``.
    :param kernel_dir: the folder with xen.gz and xen-debug.gz.
    :param toolstack: ``xl`` or ``xm``: what the collection manages guests with on this version.
    :param machines: the ports that the packages are for.
    :param netbsd: lowest and highest NetBSD release as (major, minor); None: no bound.
    :param multiboot2: whether xen.gz has the header that a UEFI loader needs (Xen 4.9, xen/arch/x86/boot/head.S).
    :param retired: pkgsrc has removed it, or said that it will.
    :param hvm_package: the package with the device model where it is one of its own.
    """

    version: str
    suffix: str
    kernel_dir: str
    toolstack: str
    services: tuple[Service, ...]
    machines: tuple[str, ...]
    netbsd: tuple[tuple[int, int] | None, tuple[int, int] | None]
    multiboot2: bool
    retired: bool
    hvm_package: str | None = None

    @property
    def kernel_package(self) -> str:
        return "xenkernel" + self.suffix

    @property
    def tools_package(self) -> str:
        return "xentools" + self.suffix

    def source(self, debug: bool = False) -> str:
        """Where the package puts the hypervisor."""
        return f"{self.kernel_dir}/{'xen-debug.gz' if debug else 'xen.gz'}"

    def installed_as(self, debug: bool = False) -> str:
        """Where the roles copy the hypervisor to: a short name on the root file system (a command of boot.cfg has 79
        characters), one for each version, so that the entry of the version before still finds its own."""
        return f"/xen{self.suffix}{'-debug' if debug else ''}.gz"

    def as_dict(self, machine: str = "amd64") -> dict[str, Any]:
        """The row as a return value."""
        return {
            "version": self.version,
            "kernel_package": self.kernel_package,
            "tools_package": self.tools_package,
            "hvm_package": self.hvm_package,
            "kernel_dir": self.kernel_dir,
            "hypervisor_source": self.source(),
            "hypervisor_debug_source": self.source(debug=True),
            "hypervisor": self.installed_as(),
            "hypervisor_debug": self.installed_as(debug=True),
            "dom0_kernel": dom0_kernel(machine),
            "toolstack": self.toolstack,
            "services": [each._asdict() for each in self.services],
            "rc_scripts": [each.script for each in self.services],
            "multiboot2": self.multiboot2,
            "retired": self.retired,
        }


def _old(version: str, suffix: str, directory: str, *rest: Any, **more: Any) -> Release:
    return Release(version, suffix, f"{PREFIX}/{directory}", *rest, **more)


def _new(version: str, multiboot2: bool, retired: bool, lowest: tuple[int, int] | None) -> Release:
    suffix = version.replace(".", "")
    highest = None if lowest or version in ("4.13", "4.15") else (9, 99)
    return Release(
        *(version, suffix, f"{PREFIX}/xen{suffix}-kernel", "xl", _SERVICES),
        *(_AMD64, (lowest or (5, 0), highest), multiboot2, retired),
    )


RELEASES = {
    each.version: each
    for each in (
        _old("3.1", "3", "xen3-kernel", "xm", _SERVICES_3, _I386_AMD64, (None, (9, 99)), False, True, "xentools3-hvm"),
        # the same folder as 3.1: the two xenkernels cannot be installed together
        _old("3.3", "33", "xen3-kernel", "xm", _SERVICES_3, _I386_AMD64, ((5, 0), (9, 99)), False, True),
        _old("4.1", "41", "xen41-kernel", "xm", _SERVICES_41, _I386_AMD64, ((5, 0), (9, 99)), False, True),
        _old("4.2", "42", "xen42-kernel", "xl", _SERVICES_42, _I386_AMD64, ((5, 0), (9, 99)), False, True),
        _new("4.5", multiboot2=False, retired=True, lowest=None),
        _new("4.6", multiboot2=False, retired=True, lowest=None),
        _new("4.8", multiboot2=False, retired=True, lowest=None),
        _new("4.11", multiboot2=True, retired=True, lowest=None),
        _new("4.13", multiboot2=True, retired=True, lowest=None),
        _new("4.15", multiboot2=True, retired=True, lowest=None),
        # ONLY_FOR_PLATFORM of 418 and 420 leaves 9.0 out
        _new("4.18", multiboot2=True, retired=False, lowest=(9, 1)),
        _new("4.20", multiboot2=True, retired=False, lowest=(9, 1)),
    )
}
DEFAULT = "4.20"


def release(version: str) -> Release:
    """The row of a version.

    :raises BadValue: there is no such version in pkgsrc.
    """
    try:
        return RELEASES[str(version)]
    except KeyError:
        raise BadValue(
            "version",
            version,
            f"this is not a Xen that pkgsrc has or had. Give one of {', '.join(RELEASES)}, in quotes.",
            error_id="unknown_version",
        ) from None


def of_package(name: str) -> Release | None:
    """The row of an installed package by its name without version; None for other packages. Never look at the package's
    version: that of 418 and 420 is a date."""
    match = re.fullmatch(r"xen(?:kernel|tools)(\d+)", name)
    if not match:
        return None
    return next((each for each in RELEASES.values() if each.suffix == match.group(1)), None)


def dom0_kernel(machine: str) -> str:
    """File name of the dom0 kernel in binary/kernel of a NetBSD release (etc/etc.{amd64,i386}/Makefile.inc)."""
    return "netbsd-XEN3PAE_DOM0.gz" if machine == "i386" else "netbsd-XEN3_DOM0.gz"


def netbsd_release(text: str) -> tuple[int, int]:
    """``uname -r`` as (major, minor): 9.0_STABLE is (9, 0), 10.99.12 is (10, 99)."""
    match = re.match(r"(\d+)\.(\d+)", text)
    return (int(match.group(1)), int(match.group(2))) if match else (0, 0)


def require_supported(row: Release, machine: str, netbsd: str) -> None:
    """
    :raises HostError: the packages of this version are not for this port or this NetBSD.
    """
    if machine not in row.machines:
        raise HostError(
            f"Xen {row.version} is for {' and '.join(row.machines)}, and this host is {machine}."
            + (" Versions for i386 are 3.1 to 4.2." if machine == "i386" else ""),
            error_id="unsupported_machine",
        )
    lowest, highest = row.netbsd
    number = netbsd_release(netbsd)
    too_old = lowest is not None and number < lowest and not _branch_of(lowest, netbsd)
    too_new = highest is not None and number > highest
    if too_old or too_new:
        fitting = [
            each.version
            for each in RELEASES.values()
            if machine in each.machines and (each.netbsd[0] or (0, 0)) <= number <= (each.netbsd[1] or (999, 0))
        ]
        raise HostError(
            f"pkgsrc has Xen {row.version} for NetBSD {_range(lowest, highest)}, and this host runs {netbsd}. "
            f"Versions for it: {', '.join(fitting) or 'none'}.",
            error_id="unsupported_netbsd",
        )


def _branch_of(lowest: tuple[int, int], netbsd: str) -> bool:
    """9.0_STABLE is later than 9.0 and in the list of 418 and 420."""
    return lowest == (9, 1) and netbsd.startswith("9.0_STABLE")


def _range(lowest: tuple[int, int] | None, highest: tuple[int, int] | None) -> str:
    first = f"{lowest[0]}.{lowest[1]}" if lowest else "any"
    return f"{first} and later" if highest is None else f"{first} to {highest[0]}"
