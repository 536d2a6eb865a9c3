# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two configs, one after the other, with guests that power off: the installer's, and that of what was installed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from onlab import LabHost, ModuleFailed

DISK, CD = "/srv/domu/disk0.img", "/srv/domu/disk1.img"
NANO = {"type": "pv", "kernel": "/srv/domu/nano", "memory": "4", "vcpus": 1}


def task(name: str, **more: Any) -> dict[str, Any]:
    install = {**NANO, "extra": "installer", "disks": [f"{DISK},raw,xvda,w", f"{CD},raw,xvdb,r"]}
    return {"name": name, "install": install, "final": {**NANO, "memory": "5", "disks": [f"{DISK},raw,xvda,w"]}, **more}


def phase(host: LabHost, name: str) -> str:
    return str(json.loads(host.sh(f"cat /var/db/netbsd-xen/{name}.phase.json"))["phase"])


def config(host: LabHost, name: str) -> str:
    return host.sh(f"cat /etc/xen/{name}.cfg")


def gone(host: LabHost, name: str) -> None:
    host.sh(f"for i in $(seq 60); do xl domid {name} 2>/dev/null || exit 0; sleep 1; done; exit 1")


def remove(host: LabHost, name: str) -> None:
    host.module("xen_domain", {"name": name, "state": "absent", "force": True, "timeout": 5})
    host.sh(f"rm -f /var/db/netbsd-xen/{name}.phase.json")


def test_from_the_installer_to_what_was_installed(lab_host: LabHost) -> None:
    name, wanted = "flow", task("flow")
    planned = lab_host.module("xen_install", wanted, check=True)
    assert (planned["phase"], planned["changed"]) == ("install", True)
    assert lab_host.rc(f"xl domid {name}") != 0
    started = lab_host.module("xen_install", wanted)
    assert (started["phase"], started["console"]) == ("install", "xl console flow")
    assert started["actions"] == planned["actions"]
    text = config(lab_host, name)
    assert 'on_reboot = "destroy"' in text
    assert 'on_poweroff = "destroy"' in text
    first = lab_host.sh(f"xl domid {name}")
    for check in (True, False):
        waiting = lab_host.module("xen_install", wanted, check)
        assert (waiting["phase"], waiting["changed"]) == ("install", False), "the installer is left alone"
    lab_host.fails("xen_install", {**wanted, "phase": "final"}, "installer_runs")
    # somebody at the console says: halt -p
    lab_host.sh(f"xl shutdown {name}")
    gone(lab_host, name)
    planned = lab_host.module("xen_install", wanted, check=True)
    assert (planned["phase"], planned["changed"]) == ("final", True)
    assert config(lab_host, name) == text
    done = lab_host.module("xen_install", wanted)
    assert (done["phase"], done["domain"]["state"], done["actions"]) == ("final", "running", planned["actions"])
    text = config(lab_host, name)
    for word in ("installer", CD, "on_reboot", "on_crash", "on_poweroff"):
        assert word not in text, text
    assert lab_host.sh(f"xl domid {name}") != first
    lab_host.change("xen_install", wanted, [])
    assert phase(lab_host, name) == "final"
    remove(lab_host, name)


def test_waited_for_in_one_run(lab_host: LabHost) -> None:
    """Somebody powers the guest off, or reboots it: neither way the installer is seen again."""
    for word in ("shutdown", "reboot"):
        wanted = task("waited", timeout=120)
        # not before the guest counts as started
        after = "until xl domid waited; do sleep 1; done; sleep 15"
        lab_host.sh(f"({after}; until xl {word} waited; do sleep 1; done) >/dev/null 2>&1 &")
        done = lab_host.module("xen_install", wanted)
        assert (done["phase"], done["domain"]["state"], done["changed"]) == ("final", "running", True)
        assert "installer" not in config(lab_host, "waited")
        remove(lab_host, "waited")


def test_an_installer_that_takes_longer(lab_host: LabHost) -> None:
    wanted = task("slow", timeout=3)
    with pytest.raises(ModuleFailed) as caught:
        lab_host.module("xen_install", wanted)
    assert caught.value.result["error_id"] == "timeout"
    assert phase(lab_host, "slow") == "install"
    assert lab_host.rc("xl domid slow") == 0
    remove(lab_host, "slow")


def test_a_guest_that_was_there_is_not_installed_over(lab_host: LabHost) -> None:
    lab_host.module("xen_domain", {**NANO, "name": "there", "state": "running", "disks": [f"{DISK},raw,xvda,w"]})
    for check in (True, False):
        lab_host.fails("xen_install", task("there"), "domain_exists", check)
    lab_host.module("xen_domain", {"name": "there", "state": "stopped"})
    lab_host.fails("xen_install", task("there"), "domain_exists")
    taken = lab_host.module("xen_install", {**task("there"), "phase": "final"})
    assert (taken["phase"], taken["domain"]["state"]) == ("final", "running")
    remove(lab_host, "there")


def test_an_installer_that_crashes(lab_host: LabHost) -> None:
    lab_host.module("xen_install", task("crash"))
    lab_host.sh("xenstore-write /local/domain/$(xl domid crash)/control/shutdown crash")
    lab_host.sh("for i in $(seq 60); do xl list crash | grep -q 'sc-' && exit 0; sleep 1; done; exit 1")
    for given in ({}, {"timeout": 30}):
        lab_host.fails("xen_install", task("crash", **given), "installer_crashed")
    remove(lab_host, "crash")
