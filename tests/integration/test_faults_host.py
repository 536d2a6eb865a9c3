# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the host and of guests, on real Xen: a hanging xl, a full disk, a lost connection, guests that misbehave.

What a fault must end in is an error that says what is wrong, within the time that the task gives it, and a host that is
as before or as wanted; when the fault is over, the same task comes to what was wanted. ``make faults`` runs these.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from faults.figures import fault
from faulty import FaultyHost, Seen, check_between, check_converges, ends_with, guest, require_same
from onlab import LabHost, ModuleFailed
from xenlab import Lab

Parameters = dict[str, Any]
MADE = "/srv/faults/new.img"
MAKE_DISK = "(echo the disk of web; seq 100000) | head -c 1M >/srv/faults/web.img"


@pytest.fixture(scope="module")
def host() -> Iterator[FaultyHost]:
    with Lab.instance("faults_host") as started, LabHost(started) as lab:
        yield FaultyHost(lab)


@pytest.fixture(autouse=True)
def fresh(host: FaultyHost) -> None:
    """No guests, and a disk for one."""
    host.clear()
    host.lab.sh(MAKE_DISK)


def test_xl_hangs_at_shutdown(host: FaultyHost) -> None:
    """The task ends by its own timeout, and takes the hanging program with it."""
    host.lab.module("xen_domain", guest("web"))
    before = host.look()
    host.arm("hang", "shutdown")
    with fault("xl hangs", "shutdown"):
        ends_with(host, {"name": "web", "state": "stopped", "timeout": 5}, "timeout", "web", 5)
        assert host.lab.rc('kill -0 "$(cat /root/faults/hanging)"') != 0, "the hanging xl still runs"
        require_same(host.look(), before)
        host.lab.module("xen_domain", {"name": "web", "state": "stopped", "timeout": 60})
        assert host.look().domains == {}


def test_xl_hangs_at_list(host: FaultyHost) -> None:
    before = host.look()
    host.arm("hang", "list")
    with fault("xl hangs", "list"):
        ends_with(host, guest("web"), "daemons_down", "xenstored", 45)
        assert host.lab.rc('kill -0 "$(cat /root/faults/hanging)"') != 0, "the hanging xl still runs"
        require_same(host.look(), before)
        host.lab.module("xen_domain", guest("web"))


@pytest.mark.parametrize("place", ["/etc/xen", "/srv/faults"])
def test_a_full_file_system(host: FaultyHost, place: str) -> None:
    """No room for the config file, or for the disk that is to be made."""
    keep = "/root/faults/full"
    made = {"target": MADE, "vdev": "xvdb", "size": "8M"}
    task = guest("web", disks=["/srv/faults/web.img,raw,xvda,w", made])
    before = host.look()
    host.lab.sh(
        f"rm -rf {keep} && cp -a {place} {keep} && mount -t tmpfs -o size=2M tmpfs {place} && cp -a {keep}/. {place}/ "
        f"&& dd if=/dev/zero of={place}/.full bs=4k 2>/dev/null || true; df {place} | grep -q 100%"
    )
    try:
        with fault("full file system", place):
            full = host.look()
            with pytest.raises(ModuleFailed) as caught:
                host.lab.module("xen_domain", task)
            said = caught.value.result
            assert "No space left" in said["msg"] or said["error_id"] == "no_space", said
            require_same(_without_made(host, said), full)
    finally:
        host.lab.sh(f"umount {place}")
    require_same(_without_made(host, said), before)
    host.lab.module("xen_domain", task)
    assert set(host.look().domains) == {"web"}


def _without_made(host: FaultyHost, said: dict[str, Any]) -> Seen:
    """A disk that was made before the failure stays for the next run, and the error says so."""
    now = host.look()
    if now.files.pop(MADE.lstrip("/"), None):
        assert MADE in str(said["actions_done"]), said
    return now


def test_the_connection_is_lost(host: FaultyHost) -> None:
    """The sshd of the session ends while the guest is started: the module goes on alone, and lets go of the lock."""
    host.lab.module("xen_domain", guest("web"))
    new = host.look()
    host.clear()
    host.lab.sh(MAKE_DISK)
    old = host.look()
    with LabHost(host.lab.host, own_connection=True) as other:
        host.arm("slow", "create")
        thread = threading.Thread(target=_ends_somehow, args=(other, guest("web")), daemon=True)
        thread.start()
        host.lab.sh("for i in $(seq 300); do [ -e /root/faults/waiting ] && exit 0; sleep 0.2; done; exit 1")
        where = "while xl create runs"
        with fault("lost SSH", where):
            host.lab.sh(
                "parent() { awk '{print $4}' /proc/$1/stat; }; "
                "sshd=$(parent $(parent $(cat /root/faults/waiting))); grep -q sshd /proc/$sshd/comm && kill -9 $sshd"
            )
            check_between(host.look(), old, new, where)
            check_converges(host, [("xen_domain", guest("web"))], new, where)
    thread.join(10)


def _ends_somehow(lab: LabHost, parameters: Parameters) -> None:
    with contextlib.suppress(AssertionError, OSError, ValueError):
        lab.module("xen_domain", parameters)


def test_two_controllers(host: FaultyHost) -> None:
    """Both make the same guest at the same moment: one does, the other finds it made."""
    results: list[dict[str, Any]] = []
    with LabHost(host.lab.host) as other, fault("two controllers", "the same guest"):
        threads = [
            threading.Thread(target=lambda lab=lab: results.append(lab.module("xen_domain", guest("web"))))
            for lab in (host.lab, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(180)
        assert sorted(result["changed"] for result in results) == [False, True]
        assert host.look().domains == {"web": "1"}


def test_a_guest_that_ignores_its_shutdown(host: FaultyHost) -> None:
    host.lab.module("xen_domain", guest("web", cmdline="lab.noshutdown"))
    before = host.look()
    with fault("guest that misbehaves", "ignores its shutdown"):
        ends_with(host, {"name": "web", "state": "stopped", "timeout": 4}, "timeout", "force", 4)
        require_same(host.look(), before)
        host.lab.module("xen_domain", {"name": "web", "state": "stopped", "timeout": 2, "force": True})
        require_same(host.look(), before._replace(domains={}))


@pytest.mark.parametrize("word, on_event", [("lab.crash", "on_crash"), ("lab.reboot", "on_reboot")])
def test_a_guest_that_ends_at_once(host: FaultyHost, word: str, on_event: str) -> None:
    """It crashes, or reboots, again and again: told, and ended when that is what the task says."""
    task = guest("web", cmdline=word, settle=8, **{on_event: "restart"})
    with fault("guest that misbehaves", f"{word}, {on_event}=restart"):
        try:
            said = host.lab.module("xen_domain", task)
            told = str(said.get("warnings", said["domain"]))
        except ModuleFailed as error:
            told = error.result["msg"]
        assert word == "lab.reboot" or "crash" in told, told
        stop = {"name": "web", "state": "stopped", "timeout": 1, "force": True}
        host.lab.module("xen_domain", stop)
        time.sleep(8)
        assert host.look().domains == {}, "it came back"
        host.lab.sh(
            f"cp /srv/faults/web.img /root/faults/now && {MAKE_DISK} && cmp /srv/faults/web.img /root/faults/now"
        )


def test_a_crash_that_is_kept(host: FaultyHost) -> None:
    task = guest("web", cmdline="lab.crash", settle=6, on_crash="preserve")
    with fault("guest that misbehaves", "crashes, and is kept"):
        with pytest.raises(ModuleFailed) as caught:
            host.lab.module("xen_domain", task)
        assert "crash" in caught.value.result["msg"]
        host.lab.module("xen_domain", {"name": "web", "state": "absent", "force": True, "timeout": 1})
        assert host.look().domains == {}


def test_xenstored_is_stopped_and_goes_on(host: FaultyHost) -> None:
    host.lab.module("xen_domain", guest("web"))
    before = host.look()
    pid = host.lab.sh("pidof xenstored oxenstored || true").split()[0]
    host.lab.sh(f"kill -STOP {pid}")
    try:
        with fault("xenstored gone", "stopped, and goes on"):
            ends_with(host, guest("web", cpu_weight=512), "daemons_down", "xenstored", 45)
    finally:
        host.lab.sh(f"kill -CONT {pid}")
    require_same(host.look(), before)
    host.lab.module("xen_domain", guest("web", cpu_weight=512))
