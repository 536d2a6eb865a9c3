# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/upgrade.yml over two hosts, with guests that are on a third one meanwhile, and a canary that fails.

The canary goes from Xen 4.15 to 4.20; its guests go to a dom0 with 4.17, which takes them from the one and gives them
back to the other. ssh goes between the two by the machine that they run on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from play import ROOT, Play

sys.path.insert(0, str(ROOT / "tests" / "lab"))

from xenlab import Lab  # noqa: E402 - found in tests/lab, after the path above
from xenlab.lab import Host  # noqa: E402

PLAY_TIMEOUT = 900.0
PORT = 2222
SSH = (
    f"ssh -p {PORT} -o BatchMode=yes -o LogLevel=ERROR -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
    "-o ServerAliveInterval=15"
)
GUESTS = ["first", "kept", "plain"]
MOVING = ["kept", "plain"]
FINGERPRINT = "pkg_info; cksum /boot.cfg /etc/rc.conf; ls / /etc/rc.d; ifconfig -l"


class Fleet(NamedTuple):
    """The canary, the host behind it, and the one that takes guests in, which is not of the group dom0s.

    :param arguments: of ansible-playbook.
    """

    canary: Host
    second: Host
    there: Host
    arguments: list[str]

    def play(self, book: str, *more: str, **variables: object) -> tuple[int, Play]:
        """A play to its end; its exit code."""
        words = [*self.arguments, f"playbooks/{book}.yml", "-e", json.dumps(variables), *more]
        with Play(words) as play:
            return play.finish(PLAY_TIMEOUT), play

    def upgrade(self, *more: str, **variables: object) -> tuple[int, Play]:
        moves = {
            "xen_upgrade_guest_policies": dict.fromkeys(MOVING, "migrate"),
            "xen_upgrade_migrate_to": self.there.name,
            "xen_upgrade_migrate_live": False,
            "xen_upgrade_migrate_ssh_command": SSH,
            "xen_upgrade_version": "4.20",
        }
        return self.play("upgrade", *more, **{**moves, **variables})


@contextmanager
def way(source: Host, target: Host) -> Iterator[None]:
    """ssh on the one reaches the other at its own port 2222, until it reboots."""
    key = target.ssh.key.read_text(encoding="ascii")
    source.run("umask 77; mkdir -p /root/.ssh; cat > /root/.ssh/id_ed25519", stdin=key)
    program, *words, destination = source.ssh.command()
    alone = ["-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "ExitOnForwardFailure=yes"]
    forward = ["-N", "-R", f"{PORT}:127.0.0.1:{target.ssh.port}"]
    with subprocess.Popen([program, *alone, *words, *forward, destination], stdin=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    name, folder = f"roll{os.getpid()}", tmp_path_factory.mktemp("inventory")
    with (
        Lab.instance(f"{name}a", netbsd=True) as canary,
        Lab.instance(f"{name}b", netbsd=True) as second,
        Lab.instance(f"{name}c") as there,
        way(canary, there),
        way(there, canary),
    ):
        arguments = ["-e", f"@{ROOT}/molecule/xen_upgrade/vars.yml"]
        for host, group in ((canary, "dom0s"), (second, "dom0s"), (there, "others")):
            path = Path(folder / f"{host.name}.yml")
            path.write_text(host.inventory().replace("dom0s:", f"{group}:"), encoding="utf-8")
            arguments += ["-i", str(path)]
        yield Fleet(canary, second, there, arguments)


def guests(host: Host) -> list[str]:
    """The names of those that run."""
    path = "PATH=$PATH:/usr/pkg/sbin"
    return sorted(line.split()[0] for line in host.check(f"{path} xl list").splitlines()[2:])


def console(host: Host, name: str) -> str:
    return host.check(f"cat /var/log/xen/console/guest-{name}.log")


def native_entry(host: Host) -> int:
    """The number of the entry that boots no Xen."""
    lines = host.check("grep ^menu= /boot.cfg").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if "multiboot" not in line)


def test_it_is_refused_with_all_reasons_before_anything(fleet: Fleet) -> None:
    rc, made = fleet.play("site", "--limit", fleet.canary.name, xen_dom0_version="4.15")
    assert rc == 0, made.text
    assert guests(fleet.canary) == GUESTS
    rc, refused = fleet.upgrade("--limit", fleet.canary.name, xen_upgrade_version="4.13", xen_upgrade_migrate_live=True)
    assert rc == 2, refused.text
    text = " ".join(refused.text.split())
    assert "a guest could not come back from there to Xen 4.13, which is older" in text
    assert all(
        f"{name}: it is a PV guest, and this hypervisor cannot copy one while it runs" in text for name in MOVING
    )
    assert fleet.canary.run("test -e /var/db/xen_upgrade.json").rc == 1
    assert guests(fleet.canary) == GUESTS


def test_a_canary_that_fails_leaves_its_guests_where_they_are_and_the_next_host_alone(fleet: Fleet) -> None:
    before = fleet.second.run(FINGERPRINT).stdout
    fleet.canary.choose(entry=native_entry(fleet.canary))
    rc, stopped = fleet.upgrade()
    assert rc == 2, stopped.text
    assert f"{fleet.canary.name} did not come back as asked." in stopped.text
    assert f"kept, plain ran here, and run on {fleet.there.name} meanwhile" in stopped.text
    assert guests(fleet.there) == MOVING
    assert f"[{fleet.second.name}]" not in stopped.text
    assert fleet.second.run(FINGERPRINT).stdout == before
    assert len(fleet.second.boots()) == 1


def test_run_again_it_goes_on_and_the_guests_come_back(fleet: Fleet) -> None:
    rc, resumed = fleet.upgrade("--limit", fleet.canary.name)
    assert rc == 0, resumed.text
    assert fleet.canary.check("sysctl -n machdep.xen.version").startswith("4.20")
    assert (guests(fleet.canary), guests(fleet.there)) == (GUESTS, [])
    assert fleet.canary.run("test -e /var/db/xen_upgrade.json").rc == 1
    for name in MOVING:
        # they were started once, on the canary, and moved twice
        assert "DOMU_READY" not in console(fleet.there, name)
        assert "nano: resumed" in console(fleet.canary, name)
    rc, again = fleet.upgrade("--limit", fleet.canary.name)
    assert rc == 0, again.text
    assert again.changed() == 0, again.text
