# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest moves to a second lab host. Both are real Xen; ssh goes between them by the machine that they run on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from onlab import LabHost
from xenlab import Lab
from xenlab.lab import Host

NAME = "mover"
CONFIG = f"/etc/xen/{NAME}.cfg"
PORT = 2222
SSH = (
    f"ssh -p {PORT} -o BatchMode=yes -o LogLevel=ERROR -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
    "-o ServerAliveInterval=15 -o ControlMaster=auto -o ControlPath=/root/.ssh/to-%p -o ControlPersist=300"
)
PV = {"name": NAME, "type": "pv", "kernel": "/srv/domu/nano", "memory": "4", "vcpus": 1}
# Firmware that finds nothing to boot: the cheapest guest that Debian's Xen can copy while it runs, since it copies PV
# guests only when they stand still (no shadow paging).
HVM = {"name": NAME, "type": "hvm", "memory": "16", "vcpus": 1, "extra_config": {"vga": "none"}}


class Two(NamedTuple):
    """The host with the modules, and the one that a guest can move to."""

    here: LabHost
    there: Host

    def migrate(self, **options: Any) -> dict[str, Any]:
        return {"name": NAME, "command": "migrate", "destination": "127.0.0.1", "ssh_command": SSH, **options}

    def state(self, host: LabHost | Host) -> str:
        """The flags of `xl list` for the guest; empty when it is not there."""
        line = f"xl list {NAME} 2>/dev/null | tail -n +2"
        text = host.sh(line) if isinstance(host, LabHost) else host.run(line).stdout
        return text.split()[4] if text else ""


@pytest.fixture(scope="module")
def two(lab_host: LabHost) -> Iterator[Two]:
    with Lab.instance(f"peer{os.getpid()}") as there:
        key = lab_host.host.ssh.key.read_text(encoding="ascii")
        lab_host.host.run("umask 77; mkdir -p /root/.ssh; cat > /root/.ssh/id_ed25519", stdin=key)
        *words, destination = lab_host.host.ssh.command()
        forward = ["-O", "forward", "-R", f"{PORT}:127.0.0.1:{there.ssh.port}"]
        subprocess.run([*words, *forward, destination], check=True, capture_output=True, timeout=30)
        yield Two(lab_host, there)


@pytest.fixture(autouse=True)
def _nothing_is_left(two: Two) -> Iterator[None]:
    yield
    two.here.sh(f"xl destroy {NAME} 2>/dev/null; rm -f {CONFIG} /etc/xen/auto/*{NAME}*")
    two.there.run(f"xl destroy {NAME}; rm -f {CONFIG}")


def test_by_a_file(two: Two) -> None:
    two.here.module("xen_domain", {**PV, "state": "running"})
    done = two.here.change("xen_domain_command", two.migrate(live=False))
    assert [action.split()[0] for action in done["actions"]] == ["xl", "rename", "copy", "xl", "remove"]
    assert two.state(two.here) == ""
    assert two.state(two.there) in ("-b----", "r-----", "------")
    assert "nano: resumed" in two.there.check(f"cat /var/log/xen/console/guest-{NAME}.log")
    assert two.here.rc("ls /var/lib/xen/save/* 2>/dev/null | grep .") != 0
    assert two.there.run("ls /var/lib/xen/save/* 2>/dev/null | grep .").rc != 0


def test_a_paused_guest_stays_paused(two: Two) -> None:
    two.here.module("xen_domain", {**PV, "state": "paused"})
    two.here.change("xen_domain_command", two.migrate(live=False))
    assert (two.state(two.here), two.state(two.there)) == ("", "--p---")


def test_with_the_config_file(two: Two) -> None:
    two.here.module("xen_domain", {**PV, "state": "running", "autostart": True})
    text = two.here.sh(f"cat {CONFIG}")
    done = two.here.change("xen_domain_command", two.migrate(live=False, move_config=True))
    assert two.state(two.here) == ""
    assert two.state(two.there)[2:] == "----"
    assert two.there.check(f"xl domid {NAME}").strip() == str(done["destination_domid"])
    assert two.there.check(f"cat {CONFIG}") == text
    assert two.here.rc(f"test -e {CONFIG} || ls /etc/xen/auto | grep {NAME}") != 0


def test_live_with_the_config_file(two: Two) -> None:
    two.here.module("xen_domain", {**HVM, "state": "running", "autostart": True})
    text = two.here.sh(f"cat {CONFIG}")
    done = two.here.change("xen_domain_command", two.migrate(move_config=True))
    assert done["actions"][0] == f"xl migrate -s {SSH} {NAME} 127.0.0.1"
    assert two.state(two.here) == ""
    assert two.state(two.there)[2:] == "----"
    assert two.there.check(f"xl domid {NAME}").strip() == str(done["destination_domid"])
    assert two.there.check(f"cat {CONFIG}") == text
    assert two.here.rc(f"test -e {CONFIG} || ls /etc/xen/auto | grep {NAME}") != 0


def test_a_guest_that_cannot_be_copied_stays(two: Two) -> None:
    """Debian's Xen has no shadow paging, without which a PV guest cannot be copied while it runs."""
    two.here.module("xen_domain", {**PV, "state": "running"})
    result = two.here.fails("xen_domain_command", two.migrate(), "migration_failed")
    assert "It is running on this host, and not there on 127.0.0.1." in result["msg"]
    assert two.state(two.here) in ("-b----", "r-----", "------")
    assert two.state(two.there) == ""


def test_what_is_seen_before_anything_is_done(two: Two) -> None:
    two.here.module("xen_domain", {**PV, "state": "running", "vifs": [{"bridge": "xenbr1"}]})
    two.there.check("ip link del xenbr1")
    command = "xen_domain_command"
    two.here.fails(command, two.migrate(live=False), "bridge_missing", check=True)
    two.there.check("ip link add xenbr1 type bridge")
    wrong_port = two.migrate(ssh_command=SSH.replace(str(PORT), "2223"))
    assert "Connection refused" in two.here.fails(command, wrong_port, "destination_unreachable", check=True)["msg"]
    two.there.check(f"cd /srv/domu && xl create -q nano.cfg 'name=\"{NAME}\"'")
    two.here.fails(command, two.migrate(live=False), "name_in_use", check=True)
    assert two.state(two.here) in ("-b----", "r-----", "------")
