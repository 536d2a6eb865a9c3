# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sets base, etc and modules of a release: what an installer unpacks and edits, and hardly anything else.

Sources of the texts: etc/etc.amd64/ttys, etc/wscons.conf, etc/rc.conf, etc/ssh/sshd_config of
NetBSD, shortened; distrib/sets/lists/{base,etc,modules} for where things are. MAKEDEV and defaults/rc.conf are those
of the face.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

ROOTFS = Path(__file__).resolve().parents[1] / "files" / "netbsd" / "rootfs"
TTYS = """\
#
#\tfrom: @(#)ttys\t5.1 (Berkeley) 4/17/89
#
# name\tgetty\t\t\t\ttype\tstatus\t\tcomments
#
console\t"/usr/libexec/getty Pc"\t\tvt100\toff secure
constty\t"/usr/libexec/getty Pc"\t\tvt100\ton secure
ttyE0\t"/usr/libexec/getty Pc"\t\twsvt25\toff secure
ttyE1\t"/usr/libexec/getty Pc"\t\twsvt25\ton secure
ttyE2\t"/usr/libexec/getty Pc"\t\twsvt25\ton secure
tty00\t"/usr/libexec/getty std.9600"\tunknown off secure
"""
WSCONS = """\
#
# workstation console configuration

# fonts to load
#\tname\twidth\theight\tenc\tfile
#font\tibm\t-\t8\tibm\t/usr/share/wscons/fonts/vt220l.808

# screens to create
#\tidx\tscreen\temul
screen\t0\t-\tvt100
screen\t1\t-\tvt100
screen\t2\t-\tvt100
screen\t3\t-\tvt100
screen\t4\t-\t-
#screen\t4\t80x25bf\tvt100

# add keyboards to the first mux
#mux\t1
encoding us
"""
RC_CONF = """\
# see rc.conf(5) for more information.
#
# Use program=YES to enable program, NO to disable it. program_flags are
# passed to the program on the command line.
#

# Load the defaults in from /etc/defaults/rc.conf (if it's readable).
# These can be overridden below.
#
if [ -r /etc/defaults/rc.conf ]; then
\t. /etc/defaults/rc.conf
fi

# If this is not set to YES, the system will drop into single-user mode.
#
rc_configured=NO

# Add local overrides below.
#
wscons=YES
"""
SSHD = """\
# Authentication:

LoginGraceTime 600
#PermitRootLogin no
#StrictModes yes
UsePam yes
Subsystem\tsftp\t/usr/libexec/sftp-server
"""
BASE_FOLDERS = (
    "bin", "dev", "etc", "kern", "mnt", "proc", "root", "sbin", "tmp", "usr", "usr/bin", "usr/libexec", "usr/sbin",
    "var", "var/db", "var/run",
)  # fmt: skip


def write(directory: Path, release: str) -> None:
    """base, etc and modules, in the compression of the release."""
    texts = {"etc/ttys": TTYS, "etc/wscons.conf": WSCONS, "etc/rc.conf": RC_CONF, "etc/ssh/sshd_config": SSHD}
    etc = {name: (text.encode(), 0o644) for name, text in texts.items()}
    etc["etc/defaults/rc.conf"] = ((ROOTFS / "etc/defaults/rc.conf").read_bytes(), 0o644)
    etc["dev/MAKEDEV"] = ((ROOTFS / "lab/dev/MAKEDEV").read_bytes(), 0o555)
    etc["etc/release"] = (f"NetBSD {release}\n".encode(), 0o444)
    base = {"usr/libexec/getty": (b"\x7fELF getty\n", 0o555), "sbin/init": (b"\x7fELF init\n", 0o500)}
    kinds = f"stand/amd64-xen/{release}/modules/ffs/ffs.kmod"
    _write(directory, release, "base", base, BASE_FOLDERS)
    _write(directory, release, "etc", etc)
    _write(directory, release, "modules", {kinds: (b"\x7fELF ffs.kmod\n", 0o444)})


def _write(
    directory: Path, release: str, name: str, files: dict[str, tuple[bytes, int]], folders: tuple[str, ...] = ()
) -> None:
    mode, suffix = ("w:xz", "tar.xz") if int(release.split(".")[0]) >= 9 else ("w:gz", "tgz")
    with tarfile.open(str(directory / f"{name}.{suffix}"), mode) as tar:  # type: ignore[call-overload]
        for folder in folders:
            member = tarfile.TarInfo(f"./{folder}")
            member.type, member.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(member)
        for path, (data, bits) in sorted(files.items()):
            member = tarfile.TarInfo(f"./{path}")
            member.size, member.mode = len(data), bits
            tar.addfile(member, io.BytesIO(data))
