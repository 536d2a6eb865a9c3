# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adopting a dom0 that was kept by hand: what is read of it, given back, changes nothing on real Xen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from onlab import LabHost

# As people write them: both kinds of quotes, hexadecimal, comments, old disk strings, a vif without a MAC.
FILES = {
    "front": """# the front door
name = 'front'
type = "pv"
kernel = "/srv/domu/nano"
memory = 0x4   # MiB
maxmem = 8
disk = [ 'file:/srv/domu/front.img,xvda,w', "phy:/dev/loop5,0xca10,r" ]
vif = [ 'bridge=xenbr0', 'mac=00:16:3E:AA:00:02, bridge=xenbr0' ]
root = '/dev/xvda1 ro'
extra = "console=hvc0"
on_crash = 'preserve'
localtime = 1; pool = "Pool-0"
""",
    "back": 'name="back"; builder="generic"; kernel="/srv/domu/nano"; memory=4; vcpus=1\nextra = "quiet" ;\n',
    "idle": "name = 'idle'\nkernel = '/srv/domu/nano'\nmemory = '4'\n\n\nvncpasswd = 'hunter2'\n",
    "asleep": "name = \"asleep\"\nkernel = '/srv/domu/nano'\nmemory = 4\nvif = [ '' ]\n",
}
STATES = {"front": "running", "back": "paused", "idle": "stopped", "asleep": "saved"}
ORPHAN = "name = 'orphan'\nkernel = '/srv/domu/nano'\nmemory = 4\nextra = 'quiet'\nvif = [ 'bridge=xenbr0' ]\n"


def put(lab: LabHost, path: str, text: str) -> None:
    lab.sh(f"cat >{path} <<'END'\n{text}END\n")


@pytest.fixture(scope="module")
def kept_by_hand(lab_host: LabHost) -> Iterator[LabHost]:
    """A dom0 with four guests of its administrator's making, in four states, and one without a file."""
    lab_host.sh("truncate -s 1M /srv/domu/front.img /srv/domu/loop.img && losetup /dev/loop5 /srv/domu/loop.img")
    lab_host.sh("mkdir -p /var/lib/xen/save /etc/xen/auto")
    for name, text in FILES.items():
        put(lab_host, f"/etc/xen/{name}.cfg", text)
    put(lab_host, "/root/orphan", ORPHAN)
    lab_host.sh("xl create -q /etc/xen/front.cfg && xl create -q -p /etc/xen/back.cfg && xl create -q /root/orphan")
    lab_host.sh("xl create -q /etc/xen/asleep.cfg && sleep 2 && xl save asleep /var/lib/xen/save/asleep.save")
    lab_host.sh("ln -s /etc/xen/front.cfg /etc/xen/auto/20-front; ln -s ../idle.cfg /etc/xen/auto/10-idle")
    yield lab_host
    lab_host.sh(
        "for guest in front back orphan; do xl destroy $guest; done; losetup -d /dev/loop5; rm -rf /etc/xen/auto; "
        "cd /etc/xen && rm -f front.cfg back.cfg idle.cfg asleep.cfg orphan.cfg /var/lib/xen/save/asleep.save"
    )


def everything(lab: LabHost) -> str:
    """All files of the guests, with their times, and all guests with their ids."""
    files = "/etc/xen/*.cfg /etc/xen/auto /etc/xen/auto/* /var/lib/xen/save"
    return lab.sh(f"ls -l --full-time {files}; md5sum /etc/xen/*.cfg; xl list | awk '{{print $1, $2, $3, $4}}'")


def read(lab: LabHost) -> dict[str, Any]:
    result = lab.module("xen_domain_info", {"as_vars": True})
    assert "hunter2" not in str(result)
    return result


def give_back(lab: LabHost, domain: dict[str, Any]) -> None:
    """In check mode and for real; neither changes anything."""
    for check in (True, False):
        result = lab.module("xen_domain", domain, check)
        assert (result["changed"], result["actions"]) == (False, []), result


def test_given_back_it_changes_nothing(kept_by_hand: LabHost) -> None:
    lab = kept_by_hand
    result = read(lab)
    domains = {domain["name"]: domain for domain in result["vars"]["xen_domains"]}
    assert list(domains) == ["idle", "front", "asleep", "back", "orphan"]
    assert {name: domains[name]["state"] for name in STATES} == STATES
    assert domains["front"]["disks"] == [
        {"vdev": "xvda", "target": "/srv/domu/front.img"},
        {"vdev": "0xca10", "target": "/dev/loop5", "access": "r"},
    ]
    assert domains["front"]["vifs"] == [
        {"mac": "random", "bridge": "xenbr0"},
        {"mac": "00:16:3e:aa:00:02", "bridge": "xenbr0"},
    ]
    assert (domains["front"]["autostart"], domains["front"]["autostart_order"]) == (True, 20)
    assert [(secret["name"], secret["option"]) for secret in result["secrets"]] == [("idle", "vncpasswd")]
    before = everything(lab)
    for name in FILES:
        give_back(lab, domains[name])
    assert everything(lab) == before


def test_a_guest_without_a_file_gets_it_and_goes_on_running(kept_by_hand: LabHost) -> None:
    lab = kept_by_hand
    guest = lab.sh("xl domid orphan")
    (orphan,) = (domain for domain in read(lab)["vars"]["xen_domains"] if domain["name"] == "orphan")
    assert (orphan["state"], orphan["cmdline"]) == ("running", "quiet")
    done = lab.change("xen_domain", orphan, ["write /etc/xen/orphan.cfg"])
    assert not done["restart_required"]
    assert lab.sh("xl domid orphan") == guest
    (again,) = (domain for domain in read(lab)["vars"]["xen_domains"] if domain["name"] == "orphan")
    give_back(lab, again)


def test_what_was_changed_in_the_guest_alone_stays(kept_by_hand: LabHost) -> None:
    """After `xl vcpu-set` or `xl mem-set` by hand, file and guest differ; adopting decides nothing."""
    lab = kept_by_hand
    lab.sh("sed -i 's/^memory.*/memory = 6/' /etc/xen/front.cfg")
    result = read(lab)
    (front,) = (domain for domain in result["vars"]["xen_domains"] if domain["name"] == "front")
    assert (front["memory"], front["apply"]) == (6, "next_boot")
    assert [problem["option"] for problem in result["problems"] if problem["name"] == "front"] == ["apply"]
    before = everything(lab)
    give_back(lab, front)
    assert everything(lab) == before
