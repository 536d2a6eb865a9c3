# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots on real Xen: of an image and a volume, stopped and running, and back to what they said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from onlab import LabHost

IMAGE, VOLUME = "/srv/snapped.img", "/dev/vg0/snapped"
GUEST = {
    "name": "snapped", "type": "pv", "kernel": "/srv/domu/nano", "memory": "4", "vcpus": 1,
    "disks": [{"target": disk, "vdev": vdev, "size": "8M"} for disk, vdev in ((IMAGE, "xvda"), (VOLUME, "xvdb"))],
}  # fmt: skip
FOLDER = "/var/lib/xen/snapshots/snapped"
LVM_SNAPSHOTS = "lvs --noheadings -o lv_name,origin,lv_attr vg0"


@pytest.fixture
def guest(lab_host: LabHost) -> Iterator[None]:
    """A guest with an image and a volume, made by its own task."""
    lab_host.module("xen_domain", {**GUEST, "state": "present"})
    yield
    lab_host.module("xen_domain", {"name": "snapped", "state": "absent", "force": True, "timeout": 0})
    lab_host.sh(f"rm -f {IMAGE}; lvremove -qf {VOLUME}; rm -rf {FOLDER}")


def mark(lab_host: LabHost, text: str) -> None:
    for disk in (IMAGE, VOLUME):
        lab_host.sh(f"printf %-16s '{text}' | dd of={disk} bs=512 seek=3000 conv=notrunc 2>&1; sync")


def marks(lab_host: LabHost) -> list[str]:
    return [lab_host.sh(f"dd if={disk} bs=512 skip=3000 count=1 2>&- | head -c 16").strip() for disk in (IMAGE, VOLUME)]


def test_back_to_a_stopped_guest(lab_host: LabHost, guest: None) -> None:
    task = {"name": "snapped", "snapshot": "first"}
    mark(lab_host, "old")
    lab_host.change("xen_snapshot", task)
    assert lab_host.sh(f"cmp {FOLDER}/first/xvda.img {IMAGE} && ls -A {FOLDER}").split() == ["first"]
    assert "snapped.first snapped" in " ".join(lab_host.sh(LVM_SNAPSHOTS).split())
    (found,) = lab_host.module("xen_snapshot_info", {"name": "snapped"})["snapshots"]
    assert lab_host.sh(f"sha256sum {IMAGE}").split()[0] == found["disks"][0]["sha256"]
    mark(lab_host, "new")
    lab_host.module("xen_domain", {"name": "snapped", "state": "running"})
    lab_host.fails("xen_snapshot", {**task, "state": "reverted"}, "domain_running")
    assert marks(lab_host) == ["new", "new"]
    done = lab_host.change("xen_snapshot", {**task, "state": "reverted", "allow_restart": True})
    assert (done["actions"][1], done["actions"][-2]) == ("xl destroy snapped", "xl create /etc/xen/snapped.cfg")
    assert marks(lab_host) == ["old", "old"]
    assert lab_host.rc("xl list snapped") == 0
    assert lab_host.rc(f"test -e {IMAGE}.before-revert -o -e {FOLDER}/first/reverting") != 0
    lab_host.module("xen_snapshot", {**task, "state": "absent"})
    assert "snapped.first" not in lab_host.sh(LVM_SNAPSHOTS)
    assert lab_host.rc(f"test -e {FOLDER}") != 0


def test_back_to_a_running_guest_with_its_memory(lab_host: LabHost, guest: None) -> None:
    task = {"name": "snapped", "snapshot": "live", "method": "copy"}
    lab_host.module("xen_domain", {"name": "snapped", "state": "running"})
    lab_host.fails("xen_snapshot", task, "domain_running")
    mark(lab_host, "old")
    lab_host.module("xen_snapshot", {**task, "memory": True, "pause": True})
    assert lab_host.rc(f"test -s {FOLDER}/live/memory.save") == 0
    mark(lab_host, "new")
    before = lab_host.sh("xl domid snapped").strip()
    lab_host.module("xen_snapshot", {**task, "state": "reverted", "allow_restart": True})
    assert marks(lab_host) == ["old", "old"]
    assert lab_host.sh("xl domid snapped").strip() != before
    assert lab_host.sh("xl list snapped").splitlines()[1].split()[4][2] == "-"
