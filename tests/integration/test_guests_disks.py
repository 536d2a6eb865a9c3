# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks on real Xen: image files and volumes are made, grown, given to guests, and refused to be lost."""

from __future__ import annotations

import pytest
from onlab import LabHost

MIB = 1024 * 1024
NANO = {"type": "pv", "kernel": "/srv/domu/nano", "memory": "4", "vcpus": 1}
# size, blocks of 512 bytes, permissions
LOOK = "stat -c '%s %b %a' "
VOLUMES = "lvs --noheadings --nosuffix --units b -o lv_name,lv_size vg0"


@pytest.fixture(autouse=True)
def folder(lab_host: LabHost) -> None:
    lab_host.sh("mkdir -p /srv/disks")


def test_an_image_is_made_and_grows(lab_host: LabHost) -> None:
    path = "/srv/disks/full.img"
    lab_host.change("xen_disk", {"path": path, "size": "8M"}, [f"create {path} (8 MiB)"])
    size, blocks, mode = lab_host.sh(LOOK + path).split()
    assert (int(size), mode) == (8 * MIB, "600")
    assert int(blocks) * 512 >= 8 * MIB
    lab_host.sh(f"echo marker >{path}.txt && dd if={path}.txt of={path} conv=notrunc 2>&1")
    lab_host.change("xen_disk", {"path": path, "size": "12M"}, [f"grow {path} from 8 MiB to 12 MiB"])
    assert lab_host.sh(f"stat -c %s {path} && head -c 6 {path}").split() == [str(12 * MIB), "marker"]
    lab_host.fails("xen_disk", {"path": path, "size": "8M"}, "would_shrink")
    lab_host.change("xen_disk", {"path": path, "state": "absent"}, [f"remove {path}"])
    assert lab_host.rc(f"test -e {path}") != 0


def test_a_sparse_image_of_a_packed_template(lab_host: LabHost) -> None:
    path, template = "/srv/disks/sparse.img", "/srv/disks/template.img"
    lab_host.sh(f"mkfs.ext4 -q -L template {template} 16M && gzip -kf {template}")
    packed = lab_host.sh(f"sha256sum {template}.gz").split()[0]
    task = {"path": path, "source": f"{template}.gz", "checksum": f"sha256:{packed}", "size": "64M", "sparse": True}
    lab_host.change("xen_disk", task, [f"create {path} (64 MiB, sparse, from {template}.gz)"])
    size, blocks, _mode = lab_host.sh(LOOK + path).split()
    assert int(size) == 64 * MIB
    assert int(blocks) * 512 < 16 * MIB
    assert lab_host.sh(f"head -c 16777216 {path} | cmp - {template} && echo same").strip() == "same"
    assert "clean" in lab_host.sh(f"e2fsck -fn {path} 2>&1; dumpe2fs -h {path} 2>&1")


def test_a_volume_is_made_and_grows(lab_host: LabHost) -> None:
    path = "/dev/vg0/made"
    lab_host.change("xen_disk", {"path": path, "size": "5M"}, ["lvm lvcreate --yes -l 2 -n made vg0"])
    assert f"made {8 * MIB}" in " ".join(lab_host.sh(VOLUMES).split())
    lab_host.change("xen_disk", {"path": path, "size": "9M"}, ["lvm lvextend -l 3 vg0/made"])
    assert f"made {12 * MIB}" in " ".join(lab_host.sh(VOLUMES).split())
    lab_host.fails("xen_disk", {"path": path, "size": "100G"}, "no_space")
    lab_host.sh(f"mkfs.ext4 -q {path} && mount {path} /mnt")
    try:
        lab_host.fails("xen_disk", {"path": path, "state": "absent"}, "disk_in_use", check=True)
        lab_host.fails("xen_disk", {"path": path, "state": "absent"}, "disk_in_use")
    finally:
        lab_host.sh("umount /mnt")
    lab_host.change("xen_disk", {"path": path, "state": "absent"}, ["lvm lvremove -f vg0/made"])
    assert "made" not in lab_host.sh(VOLUMES)


def test_a_volume_of_a_template(lab_host: LabHost) -> None:
    path, template = "/dev/vg0/copied", "/srv/disks/small.img"
    lab_host.sh(f"mkfs.ext4 -q -L small {template} 8M && lvcreate -y -Wn -Zn -l 1 -n copied.partial vg0")
    actions = [
        "lvm lvremove -f vg0/copied.partial",
        "lvm lvcreate --yes -l 2 -n copied.partial vg0",
        f"copy {template} to /dev/vg0/copied.partial",
        "lvm lvrename vg0 copied.partial copied",
    ]
    lab_host.change("xen_disk", {"path": path, "source": template}, actions)
    assert lab_host.sh(f"cmp {path} {template} && echo same").strip() == "same"
    lab_host.change("xen_disk", {"path": path, "state": "absent"})


def test_a_disk_of_a_running_guest(lab_host: LabHost) -> None:
    """The back end of an image keeps its size; that of a volume tells the guest."""
    path, volume = "/srv/disks/used.img", "/dev/vg0/used"
    for disk in (path, volume):
        lab_host.change("xen_disk", {"path": disk, "size": "8M"})
    guest = {
        **NANO, "name": "disks", "kernel": "/srv/domu/vmlinuz", "ramdisk": "/srv/domu/initrd.gz", "memory": "96",
        "cmdline": "console=hvc0 quiet", "disks": [f"{path},raw,xvda,w", f"{volume},raw,xvdb,w"],
    }  # fmt: skip
    lab_host.module("xen_domain", {**guest, "state": "running"})
    back_end = "xenstore-ls /local/domain/0/backend/vbd | grep sectors"
    try:
        lab_host.sh(f"for i in $(seq 60); do [ $({back_end} | wc -l) = 2 ] && break; sleep 1; done")
        for disk in (path, volume):
            lab_host.fails("xen_disk", {"path": disk, "state": "absent"}, "disk_in_use")
            grown = lab_host.change("xen_disk", {"path": disk, "size": "12M"})
            assert grown["restart_required"] == (disk == path)
        lab_host.sh("sleep 2")
        assert lab_host.sh(back_end).split() == ["sectors", "=", '"16384"', "sectors", "=", '"24576"']
    finally:
        lab_host.module("xen_domain", {"name": "disks", "state": "stopped"})
    lab_host.fails("xen_disk", {"path": path, "state": "absent"}, "disk_in_use")
    lab_host.module("xen_domain", {"name": "disks", "state": "absent"})
    for disk in (path, volume):
        lab_host.change("xen_disk", {"path": disk, "state": "absent"})
