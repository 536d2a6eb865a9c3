# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetBSD on a volume and on a partition, on a host with NetBSD's face: devices, of which the root is not a vnd's.

LVM is Linux's, below the command line of NetBSD's; a volume has a raw device, and no size that lseek(2) would tell.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from onlab import LabHost
from xenlab import Lab

PYTHON = "/usr/pkg/bin/python3.11"
VOLUME, PARTITION = "/dev/vg0/web", "/dev/wd1k"
MAPPED = "/dev/mapper/vg0-web"
INSTALL: dict[str, Any] = {
    "name": "web",
    "disk": VOLUME,
    "source": "file:///srv/netbsd",
    "release": "10.1",
    "swap": "16M",
    "hostname": "web",
    "network": {"dhcp": True},
}
STAMP = "/var/db/netbsd-xen/{}.install.json"
# two disks that somebody has given to LVM, and to a partition table that has a k
DISKS = f"""PATH=/lab/linux/sbin:/lab/linux/bin:$PATH
truncate -s 200M /root/pv.img && truncate -s 64M /root/wd1.img
pv=$(losetup -f --show /root/pv.img) && wd1=$(losetup -f --show /root/wd1.img)
lvm pvcreate -q $pv && lvm vgcreate -q vg0 $pv
for node in {PARTITION} /dev/rwd1k; do
    rm -f $node && mknod $node b $(stat -c '0x%t 0x%T' $wd1)
done"""


def actions(disk: str) -> list[str]:
    return [
        f"label {disk}", f"newfs -O 2 on {disk}", "unpack base etc modules", "make the device nodes",
        "write the guest's files", "put the kernel XEN3_DOMU in as /netbsd",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def host() -> Iterator[LabHost]:
    """A bare host with a volume group and a second disk."""
    with Lab.instance("guests_netbsd_devices", netbsd=True) as machine, LabHost(machine, PYTHON) as lab:
        lab.sh(DISKS)
        yield lab


def inside(host: LabHost, command: str, device: str = MAPPED) -> str:
    """What a command says with the guest's root file system at /mnt."""
    host.sh(f"mount -t ffs {device} /mnt")
    try:
        return host.sh(command)
    finally:
        host.sh("umount /mnt")


def stamp(host: LabHost, name: str = "web") -> dict[str, str]:
    found: dict[str, str] = json.loads(host.sh(f"cat {STAMP.format(name)}"))
    return found


def nothing_left(host: LabHost) -> None:
    """Neither a mount nor a vnd."""
    assert "netbsd-xen" not in host.sh("mount")
    assert "inode" not in host.sh("vnconfig -l")


def test_installed_on_a_volume(host: LabHost) -> None:
    host.fails("netbsd_install", INSTALL, "disk_missing")
    host.change("xen_disk", {"path": VOLUME, "size": "64M"})
    assert host.sh("ls /dev/vg0 /dev/mapper").split() == [
        "/dev/mapper:", "control", "rvg0-web", "vg0-web", "/dev/vg0:", "rweb", "web",
    ]  # fmt: skip
    host.change("netbsd_install", INSTALL, actions(VOLUME))
    nothing_left(host)


def test_the_volume_has_a_label_a_file_system_and_a_system(host: LabHost) -> None:
    label = host.sh("disklabel -F -r /dev/mapper/rvg0-web")
    assert f"\nlabel: {stamp(host)['label']}\n" in label
    assert " a:     98304         0     4.2BSD\n b:     32768     98304       swap\n" in label
    assert (stamp(host)["state"], stamp(host)["disk"]) == ("done", VOLUME)
    # what lies behind the root is not the file system's
    assert "FFSv2" in host.sh(f"dd if={MAPPED} bs=1 skip=1144 count=16 2>/dev/null | tr -d '\\0'")
    fstab = inside(host, "cat /mnt/etc/fstab; cat /mnt/etc/rc.conf")
    assert "/dev/xbd0a\t\t/\tffs\trw,log" in fstab and "hostname=web\n" in fstab
    assert inside(host, "ls -d /mnt/netbsd /mnt/dev/xencons /mnt/stand/amd64-xen").count("/mnt") == 3


def test_the_guest_s_files_are_edited_on_the_volume(host: LabHost) -> None:
    task = {"disk": VOLUME, "rc_conf": {"powerd": True, "ntpd": True}}
    host.change("netbsd_guest", task, ["edit /etc/rc.conf"])
    assert inside(host, "cat /mnt/etc/rc.conf").endswith("ntpd=YES\n")
    nothing_left(host)


def test_an_interrupted_one_is_started_over(host: LabHost) -> None:
    """As a task leaves it that is killed while it unpacks: begun, and the volume mounted."""
    record = f'{{"disk": "{MAPPED}", "folder": "/var/run/netbsd-xen-mounts/left"}}'
    before = stamp(host)["label"]
    host.sh(
        f'sed -i \'s/"done"/"begun"/\' {STAMP.format("web")} && cd /var/run/netbsd-xen-mounts && mkdir left && '
        f"mount -t ffs {MAPPED} /var/run/netbsd-xen-mounts/left && echo '{record}' >left.json && rm left/netbsd"
    )
    host.change("netbsd_install", INSTALL, [f"start over on {VOLUME}", *actions(VOLUME)])
    assert stamp(host)["state"] == "done"
    assert stamp(host)["label"] != before
    assert inside(host, "ls /mnt/netbsd").strip() == "/mnt/netbsd"
    nothing_left(host)


def test_a_volume_of_somebody_else_is_overwritten_only_when_it_is_named(host: LabHost) -> None:
    other = "/dev/vg0/other"
    host.change("xen_disk", {"path": other, "size": "64M"})
    host.sh(f"/lab/linux/sbin/mke2fs -q {other} && mount -t ffs /dev/mapper/vg0-other /mnt && echo mine >/mnt/file")
    task = {**INSTALL, "name": "other", "disk": other}
    host.fails("netbsd_install", {**task, "force": other}, "disk_in_use")
    host.sh("umount /mnt")
    for check in (True, False):
        host.fails("netbsd_install", task, "disk_not_blank", check)
    host.fails("netbsd_install", {**task, "force": VOLUME}, "disk_not_blank")
    assert inside(host, "cat /mnt/file", "/dev/mapper/vg0-other") == "mine\n"
    assert host.rc(f"test -e {STAMP.format('other')}") != 0
    what = f"overwrite an ext2, ext3 or ext4 file system on {other}"
    host.change("netbsd_install", {**task, "force": other}, [what, *actions(other)])
    assert inside(host, "ls /mnt/etc/rc.conf /mnt/file || true", "/dev/mapper/vg0-other").split() == [
        "/mnt/etc/rc.conf"
    ]


def test_on_a_partition(host: LabHost) -> None:
    task = {**INSTALL, "name": "part", "disk": PARTITION}
    host.change("netbsd_install", task, actions(PARTITION))
    assert f"\nlabel: {stamp(host, 'part')['label']}\n" in host.sh("disklabel -F -r /dev/rwd1k")
    assert "hostname=web\n" in inside(host, "cat /mnt/etc/rc.conf", PARTITION)
    host.fails("netbsd_install", {**task, "name": "again"}, "disk_not_blank")
    nothing_left(host)


def test_a_partition_that_is_too_small(host: LabHost) -> None:
    host.change("xen_disk", {"path": "/dev/vg0/small", "size": "16M"})
    host.fails("netbsd_install", {**INSTALL, "name": "small", "disk": "/dev/vg0/small"}, "bad_value")
