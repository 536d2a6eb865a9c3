# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On real Xen: how far a task goes, what xl keeps until a guest is started anew, and what a killed task leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from onlab import LabHost

NANO: dict[str, Any] = {"name": "live-nano", "type": "pv", "kernel": "/srv/domu/nano", "memory": "4", "vcpus": 1}
SAVE = "/var/lib/xen/save/live-nano.save"


@pytest.fixture
def nano(lab_host: LabHost) -> Iterator[LabHost]:
    lab_host.module("xen_domain", {**NANO, "state": "running"})
    yield lab_host
    lab_host.module("xen_domain", {"name": "live-nano", "state": "absent", "force": True, "timeout": 0})


def test_what_xl_does_at_the_end_is_settled_at_the_start(nano: LabHost) -> None:
    """Neither the file nor `xl config-update` reaches the xl that watches the guest, until that has started it anew."""
    wanted = {"name": "live-nano", "state": "running", "on_reboot": "destroy"}
    done = nano.change("xen_domain", wanted, ["write /etc/xen/live-nano.cfg"])
    assert done["restart_required"]
    assert rebooted(nano), "as it was started, and not as its file says"
    nano.sh("xl config-update live-nano /etc/xen/live-nano.cfg")
    assert rebooted(nano), "the old action once more, and only then the new configuration"
    assert not rebooted(nano), "destroyed"


def rebooted(host: LabHost) -> bool:
    """Let the guest reboot; whether there is another domain of that name then, or none."""
    seen = "old=$(xl domid live-nano); xl reboot live-nano; for i in $(seq 15); do sleep 1; new=$(xl domid live-nano); "
    seen += '[ -n "$new" ] && [ "$new" != $old ] && exit 0; done; exit 1'
    return host.rc(f"( {seen} ) 2>/dev/null") == 0


def test_apply_says_how_far_a_task_goes(nano: LabHost) -> None:
    wanted = {"name": "live-nano", "state": "running", "cpu_weight": 300}
    domid = nano.sh("xl domid live-nano")
    report = nano.module("xen_domain", {**wanted, "state": "paused", "apply": "report"})
    assert not report["changed"] and report["actions"] == []
    assert [(item["option"], item["commands"]) for item in report["differences"]] == [
        ("state", ["xl pause live-nano"]), ("cpu_weight", ["xl sched-credit2 -d live-nano -w 300"]),
    ]  # fmt: skip
    nano.change("xen_domain", {**wanted, "apply": "next_boot"}, ["write /etc/xen/live-nano.cfg"])
    assert nano.sh("xl sched-credit2 -d live-nano").split()[-2:] == ["256", "0"]
    restart = {**wanted, "apply": "restart", "allow_restart": True}
    nano.change("xen_domain", restart, ["xl shutdown live-nano", "xl create /etc/xen/live-nano.cfg"])
    assert nano.sh("xl sched-credit2 -d live-nano").split()[-2:] == ["300", "0"]
    assert nano.sh("xl domid live-nano") != domid


def test_drift_that_the_task_says_nothing_of(nano: LabHost) -> None:
    nano.sh("sed -i 's/^vcpus.*/vcpus = 2/' /etc/xen/live-nano.cfg")
    result = nano.module("xen_domain", {"name": "live-nano", "state": "running", "memory": "4"})
    assert not result["changed"]
    drift = {item["option"]: item for item in result["differences"]}["vcpus"]
    assert (drift["needs"], drift["wanted"], drift["on_disk"], drift["live"]) == ("unmanaged", None, 2, 1)


def test_killed_around_a_restore(nano: LabHost) -> None:
    nano.module("xen_domain", {"name": "live-nano", "state": "saved"})
    nano.sh(f"cp {SAVE} /root/copy.save; mv {SAVE} {SAVE}.restoring")
    done = nano.change("xen_domain", {"name": "live-nano", "state": "running"})
    assert done["actions"][0] == f"rename {SAVE}.restoring to {SAVE}"
    assert nano.rc(f"ls {SAVE}*") != 0
    nano.sh(f"mv /root/copy.save {SAVE}.restoring")
    nano.change("xen_domain", {"name": "live-nano", "state": "running"}, [f"remove {SAVE}.restoring"])
    nano.module("xen_domain", {"name": "live-nano", "state": "saved"})
    nano.sh(f"mv {SAVE} {SAVE}.partial")
    nano.change("xen_domain", {"name": "live-nano", "state": "saved"}, [f"rename {SAVE}.partial to {SAVE}"])


def test_the_medium_in_the_drive_of_an_hvm_guest(lab_host: LabHost) -> None:
    """The firmware finds nothing to boot; the drive is the device model's business, not the guest's."""
    hvm = {"name": "live-hvm", "state": "running", "type": "hvm", "memory": "64", "vcpus": 1, "vnc": False}
    lab_host.sh("head -c 1M /dev/zero > /root/one.iso; cp /root/one.iso /root/two.iso")
    disks = [["/root/one.iso,raw,hdc,cdrom"], ["/root/two.iso,raw,hdc,cdrom"], ["vdev=hdc,cdrom"]]
    try:
        lab_host.module("xen_domain", {**hvm, "disks": disks[0]})
        lab_host.change(
            "xen_domain", {**hvm, "disks": disks[1]},
            ["write /etc/xen/live-hvm.cfg", "xl cd-insert live-hvm hdc /root/two.iso"],
        )  # fmt: skip
        assert "/root/two.iso" in lab_host.sh("xl list -l live-hvm")
        lab_host.change(
            "xen_domain", {**hvm, "disks": disks[2]}, ["write /etc/xen/live-hvm.cfg", "xl cd-eject live-hvm hdc"]
        )
    finally:
        lab_host.module("xen_domain", {"name": "live-hvm", "state": "absent", "force": True, "timeout": 0})
