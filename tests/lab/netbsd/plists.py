# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Xen packages install, from their PLISTs and Makefiles in pkgsrc.

NetBSD/pkgsrc sysutils/xentools420 (2025-08) for 4.11 to 4.20, pikpik/minix-pkgsrc sysutils/xentools{33,41} (2013-03).
Programs, scripts, configuration and examples are complete; of libraries, headers, manuals, Python modules and the HTML
documentation there is one of each kind, for nothing on the host looks at them.
"""

from __future__ import annotations

_XENSTORE = tuple(
    f"bin/xenstore{end}"
    for end in ("", "-chmod", "-control", "-exists", "-list", "-ls", "-read", "-rm", "-watch", "-write")
)

PROGRAMS_XL = (
    *("bin/xen-cpuid", "bin/xen-detect", "bin/xenalyze", "bin/xencov_split", *_XENSTORE),
    *(
        f"libexec/xen/bin/{name}"
        for name in (
            *("convert-legacy-stream", "libxl-save-helper", "lsevtchn", "pygrub", "qemu-edid", "qemu-img", "qemu-io"),
            *("qemu-nbd", "qemu-storage-daemon", "qemu-system-i386", "readnotes", "verify-stream-v2", "xen-9pfsd"),
            *("xen-init-dom0", "xenconsole", "xenctx", "xenpaging"),
        )
    ),
    *(
        f"sbin/{name}"
        for name in (
            *("flask-get-bool", "flask-getenforce", "flask-label-pci", "flask-loadpolicy", "flask-set-bool"),
            *("flask-setenforce", "gdbsx", "oxenstored", "xen-access", "xen-diag", "xen-hptool", "xen-hvmcrash"),
            *("xen-hvmctx", "xen-kdd", "xen-livepatch", "xen-lowmemd", "xen-mceinj", "xen-memshare", "xen-mfndump"),
            *("xen-ucode", "xen-vmtrace", "xenbaked", "xenconsoled", "xencov", "xenhypfs", "xenlockprof", "xenmon"),
            *("xenperf", "xenpm", "xenpmd", "xenstored", "xentop", "xentrace", "xentrace_setmask"),
            *("xentrace_setsize", "xenwatchdogd", "xl"),
        )
    ),
)

# xend's time: xm in front, and (4.1, 4.2) xl beside it
PROGRAMS_XM = (
    *("bin/lsevtchn", "bin/pygrub", "bin/readnotes", "bin/xen-detect", "bin/xencons", "bin/xenconsole", "bin/xenctx"),
    *(name for name in _XENSTORE if name != "bin/xenstore-watch"),
    *("sbin/xenbackendd", "sbin/xenconsoled", "sbin/xend", "sbin/xenperf", "sbin/xenpm", "sbin/xenstored"),
    *("sbin/xentop", "sbin/xm"),
)
PROGRAMS_BESIDE_XM = ("sbin/xenwatchdogd", "sbin/xl", "libexec/xen/bin/xen-init-dom0")
FIRMWARE = tuple(f"libexec/xen/boot/{name}" for name in ("hvmloader", "ipxe.bin", "seabios.bin", "xen-shim"))

SCRIPTS = {
    "3": ("block", "vif-bridge", "vif-ip", "xen-subr"),
    "33": ("block", "vif-bridge", "vif-ip", "qemu-ifup", "xen-subr"),
    "41": ("block", "vif-bridge", "vif-ip", "qemu-ifup", "hotplugpath.sh"),
    "": ("block", "vif-bridge", "vif-ip", "qemu-ifup", "hotplugpath.sh", "locking.sh"),
}
CONFIGURATION = {
    "3": ("xend-config.sxp",),
    "33": ("xend-config.sxp",),
    "41": ("xend-config.sxp", "xl.conf"),
    "42": ("xl.conf", "oxenstored.conf", "xend-config.sxp", "xm-config.xml"),
    "": ("xl.conf", "oxenstored.conf"),
}
RC_SCRIPTS = {
    "3": ("xend", "xenbackendd", "xendomains"),
    "33": ("xend", "xenbackendd", "xendomains"),
    "41": ("xen-watchdog", "xencommons", "xend", "xendomains"),
    "42": ("xen-watchdog", "xencommons", "xend", "xendomains"),
    "": ("xen-watchdog", "xencommons", "xendomains"),
}
MANUALS = ("man/man1/xl.1", "man/man5/xl.cfg.5", "man/man5/xl.conf.5", "man/man8/xenwatchdogd.8")
MANUALS_XM = ("man/man1/xm.1", "man/man5/xend-config.sxp.5", "man/man5/xmdomain.cfg.5")
EXAMPLES = ("xlexample.hvm", "xlexample.pvlinux", "xlexample.pvhlinux")
LIBRARIES = ("libxenctrl", "libxenlight", "libxenstore", "libxlutil")


def of(table: dict[str, tuple[str, ...]], suffix: str) -> tuple[str, ...]:
    """The entry of a version, or the one for all others."""
    return table.get(suffix, table[""])
