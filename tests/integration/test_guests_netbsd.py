# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetBSD on a guest's disk, from the sets of a release, on a host with NetBSD's face; every file, byte for byte.

The sets are the lab's: what is edited in them is as NetBSD has it. The guest's kernel is the lab's, too.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from onlab import LabHost, ModuleFailed
from xenlab import Lab

PYTHON = "/usr/pkg/bin/python3.11"
DISK, RELEASE = "/home/web.img", "/srv/netbsd/NetBSD-10.1/amd64/binary"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB root@dom0"
KERNEL = "/netbsd-XEN3_DOMU-10.1.gz"
INSTALL: dict[str, Any] = {
    "name": "web",
    "disk": DISK,
    "source": "file:///srv/netbsd",
    "release": "10.1",
    "swap": "16M",
    "kernel": KERNEL,
    "hostname": "web",
    "network": {
        "address": "10.77.2.9", "netmask": "255.255.255.0", "gateway": "10.77.2.1", "nameservers": ["10.77.2.1"],
    },
    "authorized_keys": [KEY],
}  # fmt: skip
ACTIONS = [
    f"label {DISK}", f"newfs -O 2 on {DISK}", "unpack base etc modules", "make the device nodes",
    "write the guest's files", "put the kernel XEN3_DOMU in as /netbsd", f"put the kernel XEN3_DOMU at {KERNEL}",
]  # fmt: skip
FSTAB = (
    "# NetBSD /etc/fstab\n# See /usr/share/examples/fstab/ for more examples.\n"
    "/dev/xbd0a\t\t/\tffs\trw,log\t\t 1 1\n/dev/xbd0b\t\tnone\tswap\tsw,dp\t\t 0 0\n"
    "kernfs\t\t/kern\tkernfs\trw\nptyfs\t\t/dev/pts\tptyfs\trw\nprocfs\t\t/proc\tprocfs\trw\n"
    "tmpfs\t\t/var/shm\ttmpfs\trw,-m1777,-sram%25\n"
)
TTYS = """\
#
#\tfrom: @(#)ttys\t5.1 (Berkeley) 4/17/89
#
# name\tgetty\t\t\t\ttype\tstatus\t\tcomments
#
console\t"/usr/libexec/getty Pc"\t\tvt100\ton secure
constty\t"/usr/libexec/getty Pc"\t\tvt100\toff secure
ttyE0\t"/usr/libexec/getty Pc"\t\twsvt25\toff secure
ttyE1\t"/usr/libexec/getty Pc"\t\twsvt25\toff secure
ttyE2\t"/usr/libexec/getty Pc"\t\twsvt25\toff secure
tty00\t"/usr/libexec/getty std.9600"\tunknown off secure
"""
SCREENS = (
    "#screen\t0\t-\tvt100\n#screen\t1\t-\tvt100\n#screen\t2\t-\tvt100\n#screen\t3\t-\tvt100\n#screen\t4\t-\t-\n"
    "#screen\t4\t80x25bf\tvt100\n"
)
RC_CONF_END = (
    "rc_configured=YES\n\n# Add local overrides below.\n#\nwscons=YES\nhostname=web\n"
    'ifconfig_xennet0="inet 10.77.2.9 netmask 255.255.255.0"\ndefaultroute=10.77.2.1\npowerd=YES\nsshd=YES\n'
)
LOOK = "vnconfig vnd0 {disk} && mount -t ffs /dev/vnd0a /mnt"
LEAVE = "umount /mnt; vnconfig -u vnd0"


@pytest.fixture(scope="module")
def host() -> Iterator[LabHost]:
    """A bare host: the disk of a guest needs no Xen."""
    with Lab.instance("guests_netbsd", netbsd=True) as machine, LabHost(machine, PYTHON) as lab:
        lab.sh("mkdir -p /home")
        yield lab


def make_disk(host: LabHost, path: str, size: str = "64M") -> None:
    host.module("xen_disk", {"path": path, "size": size, "sparse": True})


def inside(host: LabHost, command: str, disk: str = DISK) -> str:
    """What a command says with the guest's root file system at /mnt."""
    host.sh(LOOK.format(disk=disk))
    try:
        return host.sh(command)
    finally:
        host.sh(LEAVE)


def nothing_left(host: LabHost) -> None:
    """Neither a mount nor a vnd."""
    assert "vnd" not in host.sh("mount")
    assert "inode" not in host.sh("vnconfig -l")


def test_installed_from_nothing(host: LabHost) -> None:
    planned = host.module("netbsd_install", INSTALL, check=True)
    assert planned["actions"] == ACTIONS, "a plan for a disk that is still to be made"
    host.fails("netbsd_install", INSTALL, "disk_missing")
    make_disk(host, DISK)
    done = host.change("netbsd_install", INSTALL, ACTIONS)
    assert done["kernel_config"] == "XEN3_DOMU"
    nothing_left(host)


def test_the_disk_has_a_label_and_ffsv2(host: LabHost) -> None:
    label = host.sh(f"disklabel -F -r {DISK}")
    stamp = json.loads(host.sh("cat /var/db/netbsd-xen/web.install.json"))
    assert f"\nlabel: {stamp['label']}\n" in label
    assert " a:     98304         0     4.2BSD\n b:     32768     98304       swap\n" in label
    assert (stamp["state"], stamp["disk"], stamp["system"]) == ("done", DISK, "NetBSD 10.1/amd64")
    assert host.sh(f"dd if={DISK} bs=1 skip=1144 count=16 2>/dev/null | tr -d '\\0'") == "FFSv2"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("etc/fstab", FSTAB),
        ("etc/ttys", TTYS),
        ("etc/resolv.conf", "nameserver 10.77.2.1\n"),
        ("root/.ssh/authorized_keys", KEY + "\n"),
    ],
)
def test_a_file_is_what_it_must_be(host: LabHost, path: str, text: str) -> None:
    assert inside(host, f"cat /mnt/{path}") == text


def test_the_edited_files_keep_what_they_had(host: LabHost) -> None:
    assert SCREENS in inside(host, "cat /mnt/etc/wscons.conf")
    assert inside(host, "cat /mnt/etc/rc.conf").endswith(RC_CONF_END)
    sshd = inside(host, "cat /mnt/etc/ssh/sshd_config")
    assert "#PermitRootLogin no\nPermitRootLogin without-password\n#StrictModes yes\n" in sshd
    modes = inside(host, "stat -c %a /mnt/root/.ssh /mnt/root/.ssh/authorized_keys /mnt/etc/ttys /mnt/netbsd")
    assert modes.split() == ["700", "600", "644", "755"]


def test_the_kernel_is_in_the_guest_and_in_the_dom0(host: LabHost) -> None:
    original = f"{RELEASE}/kernel/netbsd-XEN3_DOMU.gz"
    host.sh(f"cmp {KERNEL} {original}")
    assert inside(host, f"gunzip -c {original} | cmp - /mnt/netbsd && echo same").strip() == "same"


def test_the_device_nodes_are_there(host: LabHost) -> None:
    nodes = inside(host, "stat -c '%n %F %t %T' /mnt/dev/xencons /mnt/dev/wd0a /mnt/dev/rwd0a")
    assert nodes.splitlines() == [
        "/mnt/dev/xencons character special file 8f 0",
        "/mnt/dev/wd0a block special file 0 0",
        "/mnt/dev/rwd0a character special file 3 0",
    ]
    folders = inside(host, "cd /mnt && ls -d kern proc dev/pts var/shm stand/amd64-xen/10.1/modules/ffs/ffs.kmod")
    assert len(folders.split()) == 5


def test_an_interrupted_one_is_started_over(host: LabHost) -> None:
    """As a killed task leaves it: begun, and its vnd still there."""
    host.sh('sed -i \'s/"done"/"begun"/\' /var/db/netbsd-xen/web.install.json && vnconfig vnd2 ' + DISK)
    before = json.loads(host.sh("cat /var/db/netbsd-xen/web.install.json"))["label"]
    host.change("netbsd_install", INSTALL, [f"start over on {DISK}", *ACTIONS])
    after = json.loads(host.sh("cat /var/db/netbsd-xen/web.install.json"))
    assert after["state"] == "done"
    assert after["label"] != before
    nothing_left(host)


def test_another_disk_in_its_place_is_nobody_s(host: LabHost) -> None:
    other = "/home/other.img"
    host.sh(f"cp {DISK} {other}")
    task = {**INSTALL, "name": "other", "disk": other, "kernel": None}
    for check in (True, False):
        failed = host.fails("netbsd_install", task, "disk_not_blank", check)
        assert failed["found"] == "an ext2, ext3 or ext4 file system", "the lab's FFS"
    host.fails("netbsd_install", {**task, "force": DISK}, "disk_not_blank")
    forced = host.change("netbsd_install", {**task, "force": other})
    assert forced["actions"][0] == f"overwrite an ext2, ext3 or ext4 file system on {other}"
    host.sh(f"rm {other}")


def test_bad_sources_change_nothing(host: LabHost) -> None:
    path = "/home/bad.img"
    make_disk(host, path)
    task = {**INSTALL, "name": "bad", "disk": path, "kernel": None}
    host.fails("netbsd_install", {**task, "sets": ["base", "games"]}, "no_such_set")
    host.fails("netbsd_install", {**task, "release": "9.9"}, "source_missing")
    host.fails("netbsd_install", {**task, "machine": "i386"}, "source_missing")
    host.fails("netbsd_install", {**task, "source": "http://127.0.0.1:9/pub"}, "source_unreachable")
    # the lab's kernel for guests is one for amd64, under whatever name
    host.fails("netbsd_install", {**task, "release": "5.2", "machine": "i386"}, "wrong_architecture")
    damaged = RELEASE.replace("/srv/netbsd", "/tmp/bad")
    host.sh(f"mkdir -p /tmp/bad && cp -r /srv/netbsd/NetBSD-10.1 /tmp/bad/ && echo x >>{damaged}/sets/etc.tar.xz")
    host.fails("netbsd_install", {**task, "source": "/tmp/bad"}, "wrong_checksum")
    assert host.rc("test -e /var/db/netbsd-xen/bad.install.json") != 0
    assert host.sh(f"tr -d '\\0' <{path} | wc -c").strip() == "0"


def test_a_kernel_of_another_machine_is_refused(host: LabHost) -> None:
    kernel = gzip.compress(b"\x7fELF\x01\x01\x01".ljust(18, b"\0") + b"\x03\0" + b"NetBSD 10.1 (XEN3_DOMU)\n")
    folder = "/tmp/bad/NetBSD-10.1/amd64/binary/kernel"
    write = f'open("{folder}/netbsd-OTHER.gz", "wb").write(bytes.fromhex("{kernel.hex()}"))'
    host.sh(f"{PYTHON} -c '{write}'")
    digest = hashlib.sha512(kernel).hexdigest()
    host.sh(f"echo 'SHA512 (netbsd-OTHER.gz) = {digest}' >>{folder}/SHA512")
    task = {**INSTALL, "name": "bad", "disk": "/home/bad.img", "source": "/tmp/bad", "kernel_config": "OTHER"}
    host.fails("netbsd_install", task, "wrong_architecture")


def test_a_disk_that_is_too_small(host: LabHost) -> None:
    """The sets do not fit, which only tar can tell: nothing stays mounted, and the next run starts over."""
    path = "/home/small.img"
    make_disk(host, path, "5M")
    task = {**INSTALL, "name": "small", "disk": path, "kernel": None, "swap": "0"}
    host.fails("netbsd_install", task, "bad_value")
    host.sh(f"rm {path}")
    make_disk(host, path, "8M")
    digest = f'$({PYTHON} -c \'import hashlib; print(hashlib.sha512(open("big.tgz", "rb").read()).hexdigest())\')'
    host.sh(
        "cd /tmp/bad/NetBSD-10.1/amd64/binary/sets && head -c 12000000 /dev/urandom >big && tar -czf big.tgz big && "
        f"echo SHA512 '(big.tgz)' = {digest} >>SHA512"
    )
    with pytest.raises(ModuleFailed) as caught:
        host.module("netbsd_install", {**task, "source": "/tmp/bad", "sets": ["big"]})
    assert caught.value.result["error_id"] == "no_space", caught.value.result
    assert caught.value.result["actions_done"] == [f"label {path}", f"newfs -O 2 on {path}"]
    nothing_left(host)
    assert host.module("netbsd_install", task)["actions"][0] == f"start over on {path}"


def test_the_inside_of_a_guest_on_its_disk(host: LabHost) -> None:
    task = {"disk": DISK, "rc_conf": {"powerd": True, "ntpd": True}, "ttys": ["console", "ttyE0"]}
    host.change("netbsd_guest", task, ["edit /etc/ttys", "edit /etc/rc.conf"])
    assert inside(host, "cat /mnt/etc/rc.conf").endswith("sshd=YES\nntpd=YES\n")
    nothing_left(host)


def test_the_inside_of_a_guest_in_the_guest(host: LabHost) -> None:
    """The host with NetBSD's face takes the guest's part: its own files, its own init and powerd."""
    host.sh(f"mkdir -p /tmp/etc; vnconfig vnd0 {DISK} && mount -t ffs /dev/vnd0a /mnt")
    host.sh("cp /mnt/etc/ttys /mnt/etc/wscons.conf /etc/; " + LEAVE)
    host.sh("/etc/rc.d/powerd onestop || true; sed -i 's/^console.*on/console none vt100 off/' /etc/ttys")
    done = host.change("netbsd_guest", {"ttys": ["console"]})
    assert done["actions"] == ["edit /etc/ttys", "edit /etc/rc.conf", "/bin/kill -HUP 1", "/etc/rc.d/powerd onestart"]
    assert host.rc("/etc/rc.d/powerd status") == 0
