# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First contact with a guest that has no network: at its console, on real Xen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from onlab import LabHost, ModuleFailed

NAME = "contact"
PASSWORD = "n0 network"
LINUX = {
    "name": NAME, "type": "pv", "kernel": "/srv/domu/vmlinuz", "ramdisk": "/srv/domu/initrd.gz", "memory": "96",
    "vcpus": 1, "cmdline": "console=hvc0 quiet",
}  # fmt: skip
# A login where the guest has a bare shell: busybox' own, on the guest's console.
ACCOUNTS = f"""mkdir -p /etc
echo "root:$(/bin/busybox mkpasswd -m sha512 '{PASSWORD}'):0:0:root:/:/bin/sh" > /etc/passwd
echo 'root:x:0:' > /etc/group
chmod 600 /etc/passwd"""
LOGINS = "while :; do /bin/busybox login; done"


@pytest.fixture(scope="module")
def guest(lab_host: LabHost) -> Iterator[dict[str, Any]]:
    """A guest that has just been created; what it says at its start has not been read."""
    lab_host.module("xen_domain", {**LINUX, "state": "running"})
    yield {"name": NAME, "timeout": 180}
    lab_host.module("xen_domain", {"name": NAME, "state": "absent", "force": True})


def nobody_is_there(lab: LabHost) -> bool:
    """No process has the terminal of the guest open but xenconsoled."""
    terminal = lab.sh(f"xenstore-read /local/domain/$(xl domid {NAME})/console/tty").strip()
    there = lab.sh(
        f"for p in /proc/[0-9]*; do ls -l $p/fd 2>/dev/null | grep -q ' {terminal}$' && cat $p/comm; done; true"
    )
    return set(there.split()) <= {"xenconsoled"}


def test_a_command_while_it_boots(lab_host: LabHost, guest: dict[str, Any]) -> None:
    """Its shell begins with an Enter; a play that starts the guest need not wait in between."""
    task = {**guest, "command": "uname -a; cat /proc/cmdline"}
    planned, done = lab_host.module("xen_console", task, check=True), lab_host.module("xen_console", task)
    assert (planned["changed"], planned["actions"]) == (done["changed"], done["actions"])
    assert (done["rc"], done["logged_in"], done["truncated"]) == (0, False, False)
    assert done["stdout"].startswith("Linux ")
    assert done["stdout"].splitlines()[1].endswith("console=hvc0 quiet")
    assert "DOMU_READY" in done["transcript"]
    assert nobody_is_there(lab_host)


def test_lines_and_exit_codes(lab_host: LabHost, guest: dict[str, Any]) -> None:
    lines = 'for word in \'a  b\' "c\td"; do\n\techo "<$word>"\ndone\necho end >&2'
    assert lab_host.module("xen_console", {**guest, "command": lines})["stdout"] == "<a  b>\n<c\td>\nend"
    failed = lab_host.fails("xen_console", {**guest, "command": "ls /nowhere"}, "nonzero_exit")
    assert failed["rc"] != 0 and "/nowhere: No such file" in failed["stdout"]
    long = "x" * 1000
    assert lab_host.module("xen_console", {**guest, "command": f"echo {long}"})["stdout"] == long
    many = lab_host.module("xen_console", {**guest, "command": "seq 3000"})["stdout"]
    assert many == "\n".join(map(str, range(1, 3001)))


def test_a_message_of_the_kernel_in_between(lab_host: LabHost, guest: dict[str, Any]) -> None:
    command = "dmesg -n 8; echo one; echo '<0>a word from the kernel' > /dev/kmsg; sleep 1; echo two"
    done = lab_host.module("xen_console", {**guest, "command": command})
    assert done["rc"] == 0 and "a word from the kernel" in done["stdout"]
    assert [line for line in done["stdout"].splitlines() if "kernel" not in line] == ["one", "two"]


def test_a_command_that_hangs(lab_host: LabHost, guest: dict[str, Any]) -> None:
    failed = lab_host.fails("xen_console", {**guest, "command": "echo here; sleep 30", "timeout": 20}, "timeout")
    assert "the end of" in failed["msg"] and "here\n" in failed["transcript"]
    assert nobody_is_there(lab_host)
    assert lab_host.module("xen_console", {**guest, "command": "echo on"})["stdout"] == "on"


def test_somebody_else_is_there(lab_host: LabHost, guest: dict[str, Any]) -> None:
    there = f"sleep 600 | script -qc 'xl console {NAME}' /dev/null"
    group = lab_host.sh(f'setsid sh -c "{there}" </dev/null >/dev/null 2>&1 & echo $!; sleep 3').strip()
    try:
        lab_host.fails("xen_console", {**guest, "command": "true"}, "console_in_use")
    finally:
        lab_host.sh(f"kill -- -{group}; sleep 1")
    assert lab_host.module("xen_console", {**guest, "command": "echo on"})["stdout"] == "on"


def test_a_login(lab_host: LabHost, guest: dict[str, Any]) -> None:
    lab_host.module("xen_console", {**guest, "command": ACCOUNTS})
    responses = [{"prompt": "# $", "text": LOGINS}]
    asked = lab_host.module("xen_console", {**guest, "wake": True, "responses": responses, "wait_for": "login: $"})
    assert asked["console_line"].endswith("login: ")
    lab_host.fails("xen_console", {**guest, "command": "id"}, "login_needed")
    account = {"user": "root", "password": PASSWORD}
    task = {**guest, "login": account, "command": "/bin/busybox id -u; tty=`/bin/busybox tty`; echo $tty"}
    done = lab_host.module("xen_console", task)
    assert (done["logged_in"], done["stdout"].splitlines()[0]) == (True, "0")
    assert PASSWORD not in str(done)
    refused = {**guest, "login": {"user": "root", "password": "wrong one"}}
    assert "root" in lab_host.fails("xen_console", refused, "login_failed")["msg"]
    assert lab_host.module("xen_console", {**guest, "wake": True, "wait_for": "login: $"})["changed"] is False
    assert lab_host.module("xen_console", task)["logged_in"]
    assert nobody_is_there(lab_host)


def test_guests_that_cannot_answer(lab_host: LabHost, guest: dict[str, Any]) -> None:
    lab_host.sh(f"xl pause {NAME}")
    for check in (True, False):
        lab_host.fails("xen_console", {**guest, "command": "true"}, "not_running", check=check)
    lab_host.sh(f"xl unpause {NAME}")
    lab_host.fails("xen_console", {**guest, "name": "nobody", "wait_for": "x"}, "not_running")


def test_a_guest_that_ends_meanwhile(lab_host: LabHost, guest: dict[str, Any]) -> None:
    """The last test of this guest."""
    lab_host.sh(f"(sleep 15; xl destroy {NAME}) >/dev/null 2>&1 &")
    with pytest.raises(ModuleFailed) as caught:
        lab_host.module("xen_console", {**guest, "wait_for": "never said", "timeout": 60})
    assert caught.value.result["error_id"] == "died"
