# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""xenstored is killed under a running guest: from then on no xl answers, and only a reboot of the host helps.

Each task must say so, in bounded time, and lose nothing. After the reboot the same tasks come to what was declared.
``make faults`` runs these, on a host of their own, since it is of no use in between.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from faults.figures import fault
from faulty import FaultyHost, ends_with, guest, require_same
from onlab import LabHost
from xenlab import Lab
from xenlab.errors import LabError
from xenlab.lab import Host

KIND = "xenstored killed"
MAKE_DISKS = "for name in web new; do (echo the disk of $name; seq 100000) | head -c 1M >/srv/faults/$name.img; done"
# As a watchdog does: what is on disk stays, all else ends at once (Linux, Documentation/admin-guide/sysrq.rst).
REBOOT = "sync; echo b >/proc/sysrq-trigger"
BOOT_SECONDS = 300.0
# What ends a task at the latest: the time that an xl gets which does not answer.
SECONDS = 45.0

CHANGED = guest("web", cpu_weight=512)
NEW = guest("new")
TASKS: dict[str, dict[str, Any]] = {
    "a guest that runs is changed": CHANGED,
    "a guest that runs is to run": guest("web"),
    "a new guest": NEW,
    "a guest is stopped": {"name": "web", "state": "stopped", "timeout": 5},
    "a guest is destroyed": {"name": "web", "state": "stopped", "timeout": 0, "force": True},
    "a guest is deleted": {"name": "web", "state": "absent", "timeout": 5, "force": True},
}


@pytest.fixture(scope="module")
def started() -> Iterator[Host]:
    with Lab.instance("faults_xenstored") as host:
        yield host


def reboot(host: Host) -> None:
    """Returns when xl answers again."""
    boot = host.check("cat /proc/sys/kernel/random/boot_id")
    # nobody closes the connection
    with contextlib.suppress(LabError):
        host.run(REBOOT, timeout=10)
    host.ssh.close()
    deadline = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < deadline:
        time.sleep(2)
        with contextlib.suppress(LabError):
            new = host.run(
                "test -e /run/lab-ready && timeout 20 xl list >/dev/null && cat /proc/sys/kernel/random/boot_id"
            )
            if new.rc == 0 and new.stdout != boot:
                return
    raise AssertionError(f"{host.name} is not back {BOOT_SECONDS:.0f} s after its reboot")


def test_xenstored_is_killed(started: Host) -> None:
    with LabHost(started) as lab:
        host = FaultyHost(lab)
        lab.sh(MAKE_DISKS)
        lab.module("xen_domain", guest("web"))
        before = host.look()
        lab.sh("kill -9 $(pidof xenstored oxenstored)")
        for what, parameters in TASKS.items():
            with fault(KIND, what):
                took = ends_with(host, parameters, "daemons_down", "xenstored", SECONDS)
                assert host.files() == before.files, what
                print(f"{what}: an error after {took:.0f} s", flush=True)

    reboot(started)
    with LabHost(started) as lab, fault(KIND, "the host was rebooted"):
        host = FaultyHost(lab)
        require_same(host.look(), before._replace(domains={}))
        for parameters in (CHANGED, NEW):
            assert lab.module("xen_domain", parameters)["changed"]
            assert not lab.module("xen_domain", parameters)["changed"]
        assert host.look().domains == {"web": "1", "new": "1"}
        assert "512" in lab.sh("xl sched-credit2 -d web || xl sched-credit -d web")
