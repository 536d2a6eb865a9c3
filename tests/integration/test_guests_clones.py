# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clones on real Xen: of a guest that is stopped, paused or running, and beside which they run."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from onlab import LabHost

IMAGE, VOLUME = "/srv/clones/first.img", "/dev/vg0/first-data"
SOURCE = {
    "name": "first", "type": "pv", "kernel": "/srv/domu/nano", "memory": "4", "vcpus": 1,
    "vifs": [{"bridge": "xenbr0"}], "disks": [f"{IMAGE},raw,xvda,w", f"{VOLUME},raw,xvdb,w"],
}  # fmt: skip


@pytest.fixture
def source(lab_host: LabHost) -> Iterator[None]:
    """A guest with an image and a volume, each with a mark in it."""
    lab_host.sh("mkdir -p /srv/clones")
    for disk in (IMAGE, VOLUME):
        lab_host.module("xen_disk", {"path": disk, "size": "8M"})
        lab_host.sh(f"echo mark of {disk} | dd of={disk} bs=512 seek=1000 conv=notrunc 2>&1")
    lab_host.module("xen_domain", {**SOURCE, "state": "present"})
    yield
    for name in ("first", "second", "third"):
        lab_host.module("xen_domain", {"name": name, "state": "absent", "force": True, "timeout": 0})
    lab_host.sh("rm -r /srv/clones; for name in first second third; do lvremove -qf vg0/$name-data || true; done")


def same(lab_host: LabHost, name: str) -> bool:
    """Whether the disks of a clone say what those of its source say."""
    pairs = [(disk, disk.replace("first", name)) for disk in (IMAGE, VOLUME)]
    return all(lab_host.rc(f"cmp {one} {other}") == 0 for one, other in pairs)


def test_a_clone_beside_its_source(lab_host: LabHost, source: None) -> None:
    task = {"source": "first", "name": "second", "compare": True}
    done = lab_host.change("xen_clone", task)
    assert "lvm lvrename vg0 second-data.partial second-data" in done["actions"]
    assert same(lab_host, "second")
    assert lab_host.sh("ls -A /srv/clones /etc/xen | grep -c -e partial -e '[.]clone' || true").strip() == "0"
    for name in ("first", "second"):
        lab_host.module("xen_domain", {"name": name, "state": "running"})
    listing = lab_host.sh("xl list -l")
    assert len(set(re.findall(r'"uuid": "([-0-9a-f]{36})"', listing))) == 2
    assert len(set(re.findall(r'"mac": "(00:16:3e:[0-9a-f:]+)"', listing))) == 2
    lab_host.fails("xen_clone", {"source": "first", "name": "third"}, "source_running")
    assert lab_host.rc("test -e /etc/xen/third.cfg -o -e /srv/clones/third.img") != 0


def test_a_clone_of_a_guest_that_is_paused_for_it(lab_host: LabHost, source: None) -> None:
    lab_host.module("xen_domain", {"name": "first", "state": "running"})
    done = lab_host.module("xen_clone", {"source": "first", "name": "second", "pause": True})
    assert [done["actions"][1], done["actions"][-3]] == ["xl pause first", "xl unpause first"]
    assert same(lab_host, "second")
    assert re.search(r"^first .*[rb-]-----? ", lab_host.sh("xl list first"), re.MULTILINE)
    lab_host.module("xen_domain", {"name": "first", "state": "paused"})
    lab_host.sh(f"echo another mark | dd of={VOLUME} bs=512 seek=2000 conv=notrunc 2>&1")
    lab_host.module("xen_clone", {"source": "first", "name": "third"})
    assert same(lab_host, "third")
    assert "p" in lab_host.sh("xl list first").splitlines()[1].split()[4]


def test_a_clone_that_was_cut_off(lab_host: LabHost, source: None) -> None:
    """What a killed task has made is made anew; what is somebody else's is not."""
    journal = '{"source": "first", "targets": ["/srv/clones/second.img"], "paused": false}'
    lab_host.sh(f"echo half >/srv/clones/second.img; echo '{journal}' >/etc/xen/.second.clone")
    done = lab_host.module("xen_clone", {"source": "first", "name": "second"})
    assert "remove /srv/clones/second.img" in done["actions"]
    assert same(lab_host, "second")
    lab_host.sh("echo theirs >/srv/clones/third.img")
    lab_host.fails("xen_clone", {"source": "first", "name": "third"}, "target_exists")
    assert lab_host.sh("cat /srv/clones/third.img").strip() == "theirs"
