# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest does beyond its states, on real Xen: reboots, events, consoles, crashes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from onlab import LabHost

NAME = "life"
CONFIG = f"/etc/xen/{NAME}.cfg"
NANO = {"name": NAME, "type": "pv", "kernel": "/srv/domu/nano", "memory": "4", "vcpus": 1}
READY = "DOMU_READY"


@pytest.fixture(autouse=True)
def _nothing_is_left(lab_host: LabHost) -> Iterator[None]:
    yield
    lab_host.sh(f"xl destroy {NAME} 2>/dev/null; rm -f {CONFIG} /tmp/life.core")


@pytest.fixture
def _nothing_comes_back(lab_host: LabHost) -> Iterator[None]:
    """On a slow host a guest that crashes and is restarted may come back later than its test looked."""
    yield
    lab_host.sh(f"n=0; while [ $n -lt 10 ]; do n=$((n + 1)); xl destroy {NAME} 2>/dev/null && n=0; sleep 1; done")


def start(lab: LabHost, more: str = "") -> None:
    lab.sh(f'printf \'name="{NAME}"\\nkernel="/srv/domu/nano"\\nmemory=4\\n{more}\' > {CONFIG}; xl create -q {CONFIG}')


def domid(lab: LabHost) -> int:
    return int(lab.sh(f"xl domid {NAME}"))


def command(lab: LabHost, **options: Any) -> dict[str, Any]:
    """Plan it, and do it; check mode must foresee what is done, and do nothing."""
    before = lab.sh(f"xl list {NAME} | awk '{{print $1, $2}}'")
    planned = lab.module("xen_domain_command", {"name": NAME, **options}, check=True)
    assert lab.sh(f"xl list {NAME} | awk '{{print $1, $2}}'") == before
    done = lab.module("xen_domain_command", {"name": NAME, **options})
    for key in ("changed", "actions"):
        assert planned[key] == done[key]
    return done


def test_a_start_waits_for_the_console(lab_host: LabHost) -> None:
    wait = f"wait for '{READY}' on the console of {NAME}"
    options = {**NANO, "state": "running", "wait_for_console": READY}
    lab_host.change("xen_domain", options, [f"write {CONFIG}", f"xl create {CONFIG}", wait])
    # what the first life has said does not count for the second
    lab_host.module("xen_domain", {"name": NAME, "state": "stopped"})
    silent = {"name": NAME, "state": "running", "wait_for_console": "no such words", "timeout": 2}
    result = lab_host.fails("xen_domain", silent, "timeout")
    assert any(READY in line for line in result["console"])


def test_reboot(lab_host: LabHost) -> None:
    start(lab_host)
    before = domid(lab_host)
    done = command(lab_host, command="reboot", wait_for_console=READY, timeout=60)
    assert done["actions"] == [f"xl reboot {NAME}"]
    assert (done["old_domid"], done["forced"]) == (before, False)
    assert done["domain"]["domid"] == domid(lab_host) != before
    assert READY in done["console_line"]
    # a paused one cannot answer, so it is let run first
    lab_host.sh(f"xl pause {NAME}")
    assert command(lab_host, command="reboot", timeout=60)["actions"] == [f"xl unpause {NAME}", f"xl reboot {NAME}"]


def test_another_name(lab_host: LabHost) -> None:
    start(lab_host)
    number, new = domid(lab_host), "/etc/xen/lifetwo.cfg"
    try:
        lab_host.change(
            "xen_domain",
            {"name": "lifetwo", "renamed_from": NAME, "state": "running"},
            [f"write {new}", f"xl rename {NAME} lifetwo", f"remove {CONFIG}"],
        )
        assert int(lab_host.sh("xl domid lifetwo")) == number
        assert lab_host.sh(f"grep name {new}; ls {CONFIG} 2>/dev/null || true") == 'name="lifetwo"\n'
        # xl makes it again under its new name
        lab_host.sh("xl reboot lifetwo; for i in 1 2 3 4 5 6 7 8; do sleep 1; xl domid lifetwo && break; done")
    finally:
        lab_host.sh(f"xl destroy lifetwo; rm -f {new}")


def test_a_guest_that_does_not_reboot(lab_host: LabHost) -> None:
    start(lab_host, 'extra="lab.noshutdown"\\n')
    before = domid(lab_host)
    deaf = {"name": NAME, "command": "reboot", "timeout": 3}
    result = lab_host.fails("xen_domain_command", deaf, "timeout")
    assert domid(lab_host) == before
    assert any("nano: request ignored" in line for line in result["console"])
    done = lab_host.module("xen_domain_command", {**deaf, "force": True})
    assert done["forced"]
    assert domid(lab_host) > before


def test_a_guest_that_would_not_come_back(lab_host: LabHost) -> None:
    start(lab_host, 'on_reboot="destroy"\\n')
    lab_host.fails("xen_domain_command", {"name": NAME, "command": "reboot"}, "would_not_restart")
    assert domid(lab_host)


def test_events_and_dumps(lab_host: LabHost) -> None:
    start(lab_host)
    assert command(lab_host, command="trigger", trigger="nmi")["actions"] == [f"xl trigger {NAME} nmi 0"]
    sleep = {"name": NAME, "command": "trigger", "trigger": "sleep"}
    assert "Invalid argument" in lab_host.fails("xen_domain_command", sleep, "trigger_refused")["msg"]
    # the small guest knows no magic keys, and does not take them
    assert command(lab_host, command="sysrq", key="h")["acknowledged"] is False
    done = command(lab_host, command="dump_core", path="/tmp/life.core")
    assert lab_host.sh("head -c 4 /tmp/life.core; stat -c ' %a %s' /tmp/life.core") == f"\x7fELF 600 {done['size']}\n"
    assert done["size"] > 4 * 1024 * 1024
    again = {"name": NAME, "command": "dump_core", "path": "/tmp/life.core"}
    lab_host.fails("xen_domain_command", again, "file_exists", check=True)


def test_waiting_for_a_state(lab_host: LabHost) -> None:
    start(lab_host)
    waiting = {"name": NAME, "command": "wait", "timeout": 2}
    assert not lab_host.module("xen_domain_command", {**waiting, "state": "running"})["changed"]
    lab_host.fails("xen_domain_command", {**waiting, "state": "paused"}, "timeout")
    lab_host.sh(f"(sleep 2; xl shutdown {NAME}) </dev/null >/dev/null 2>&1 &")
    done = lab_host.module("xen_domain_command", {**waiting, "state": "stopped", "timeout": 60})
    assert (done["changed"], done["domain"]["domid"]) == (False, None)
    assert lab_host.rc(f"xl domid {NAME}") != 0


def test_typing_on_the_console(lab_host: LabHost) -> None:
    start(lab_host)
    assert command(lab_host, command="send", text="hello\n")["changed"]
    lock = f"/var/lock/xenconsole.{domid(lab_host)}"
    lab_host.sh(f"(flock -n {lock} sleep 15) >/dev/null 2>&1 & sleep 1")  # somebody is at `xl console`
    lab_host.fails("xen_domain_command", {"name": NAME, "command": "send", "text": "x"}, "console_in_use")


def test_the_terminal_has_what_nobody_has_read(lab_host: LabHost) -> None:
    start(lab_host)
    number = domid(lab_host)
    read = (
        "from ansible_collections.netbsd.xen.plugins.module_utils.console._console import Terminal, clean; "
        f"print(clean(Terminal({number}).read()))"
    )
    said = lab_host.sh(f"sleep 1; cd /root/modules && PYTHONPATH=/root/modules python3 -c '{read}'")
    assert re.search(rf"^{READY} [-0-9a-f]{{36}}$", said, re.MULTILINE), said


def test_a_guest_that_crashes_at_once(lab_host: LabHost) -> None:
    crashing = {**NANO, "state": "running", "extra": "lab.crash"}
    result = lab_host.fails("xen_domain", crashing, "crashed")
    assert result["reason"] == "crash"
    assert any(READY in line for line in result["console"])
    assert any("reason code 3" in line for line in result["xl_log"])


@pytest.mark.usefixtures("_nothing_comes_back")
def test_a_guest_that_crashes_again_and_again(lab_host: LabHost) -> None:
    crashing = {**NANO, "state": "running", "extra": "lab.crash", "on_crash": "restart"}
    lab_host.fails("xen_domain", crashing, "crashed")
    lab_host.sh("sleep 8")  # three more lives or so
    told = lab_host.module("xen_domain_info", {"name": [NAME]})["domains"][0]
    assert told["crashes"] >= 2
    assert told["last_shutdown"] == "crash"
    # between two of its lives it is not there, and cannot be destroyed; it goes all the same
    lab_host.module("xen_domain", {"name": NAME, "state": "stopped", "force": True, "timeout": 0})
    lab_host.sh("sleep 5")
    assert lab_host.rc(f"xl domid {NAME}") != 0
