# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/upgrade.yml over two hosts that take in each other's guests, with a canary that does not come back.

Both go from Xen 4.18 to 4.20, each with a guest that is shut down, one that is saved and one that is on the other host
meanwhile. ssh goes between the two by the machine that they run on.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from play import ROOT, Play

sys.path.insert(0, str(ROOT / "tests" / "lab"))

from xenlab import Lab  # noqa: E402 - found in tests/lab, after the path above
from xenlab.lab import Host  # noqa: E402

PLAY_TIMEOUT = 900.0
# Seconds for a canary that stands still; a boot takes 20 to 60.
REBOOT_TIMEOUT = 150
RECORD = "/var/db/xen_upgrade.json"
PORT = 2222
SSH = (
    f"ssh -p {PORT} -o BatchMode=yes -o LogLevel=ERROR -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
    "-o ServerAliveInterval=15"
)
# What an upgrade would change, or a guest that is started anew.
FINGERPRINT = (
    "PATH=$PATH:/usr/pkg/sbin; pkg_info; cksum /boot.cfg /etc/rc.conf /xen*.gz; xl domid {first}; xl domid {kept}"
)


class Guests(NamedTuple):
    """The names of a host's guests, by what becomes of them."""

    first: str
    kept: str
    moved: str

    @classmethod
    def of(cls, number: int) -> Guests:
        return cls(*(f"{name}{number}" for name in cls._fields))


CANARYS, SECONDS = Guests.of(1), Guests.of(2)


class Fleet(NamedTuple):
    """The hosts, the canary first; inventory is a folder."""

    canary: Host
    second: Host
    inventory: Path

    def play(self, book: str, **variables: object) -> tuple[int, Play]:
        """A play to its end; its exit code."""
        words = ["-i", str(self.inventory), f"playbooks/{book}.yml", "-e", json.dumps(variables)]
        with Play(words) as play:
            return play.finish(PLAY_TIMEOUT), play


def host_variables(guests: Guests, refuge: str) -> dict[str, Any]:
    return {
        "xen_domains": [{"name": name} for name in guests],
        "xen_services_xendomains": [guests.first],
        "xen_upgrade_guest_policies": {guests.kept: "save", guests.moved: "migrate"},
        "xen_upgrade_migrate_to": refuge,
        # by a file: the hypervisor of the lab has no shadow paging, and copies no PV guest that runs
        "xen_upgrade_migrate_live": False,
        "xen_upgrade_migrate_ssh_command": SSH,
    }


def write_inventory(folder: Path, canary: Host, second: Host) -> None:
    """The inventory as its owner would have it, with the variables of the scenario xen_upgrade for all hosts."""
    shared = yaml.safe_load((ROOT / "molecule" / "xen_upgrade" / "vars.yml").read_text(encoding="utf-8"))
    own = host_variables(CANARYS, second.name)
    texts = {
        "hosts.yml": Lab().inventory([canary.name, second.name]),
        "group_vars/dom0s.yml": yaml.safe_dump({name: shared[name] for name in shared if name not in own}),
        f"host_vars/{canary.name}.yml": yaml.safe_dump(own),
        f"host_vars/{second.name}.yml": yaml.safe_dump(host_variables(SECONDS, canary.name)),
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


@contextmanager
def way(source: Host, target: Host) -> Iterator[None]:
    """ssh on the one reaches the other at its own port 2222, again after each boot of its own."""
    key = target.ssh.key.read_text(encoding="ascii")
    source.run("umask 77; mkdir -p /root/.ssh; cat > /root/.ssh/id_ed25519", stdin=key)
    program, *words, destination = source.ssh.command()
    alone = ["-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "ExitOnForwardFailure=yes"]
    forward = ["-N", "-R", f"{PORT}:127.0.0.1:{target.ssh.port}", "-o", "ServerAliveInterval=10"]
    command = shlex.join([program, *alone, *forward, *words, destination])
    again_and_again = ["sh", "-c", f"while :; do {command}; sleep 3; done"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(again_and_again, stdin=quiet, stderr=quiet, start_new_session=True) as process:
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    name, folder = f"fleet{os.getpid()}", tmp_path_factory.mktemp("inventory")
    with (
        Lab.instance(f"{name}a", netbsd=True) as canary,
        Lab.instance(f"{name}b", netbsd=True) as second,
        way(canary, second),
        way(second, canary),
    ):
        write_inventory(folder, canary, second)
        yield Fleet(canary, second, folder)


def running(host: Host) -> list[str]:
    """The names of the guests that run."""
    return sorted(line.split()[0] for line in host.check("/usr/pkg/sbin/xl list").splitlines()[2:])


def console(host: Host, name: str) -> str:
    return host.check(f"cat /var/log/xen/console/guest-{name}.log")


def version(host: Host) -> str:
    return host.check("sysctl -n machdep.xen.version")[:4]


def test_a_canary_that_does_not_come_back_stops_the_roll_out(fleet: Fleet) -> None:
    rc, made = fleet.play("site", xen_dom0_version="4.18", xen_serial=2)
    assert rc == 0, made.text
    assert (running(fleet.canary), running(fleet.second)) == (list(CANARYS), list(SECONDS))
    look = FINGERPRINT.format(**SECONDS._asdict())
    before, boots = fleet.second.check(look), len(fleet.second.boots())

    # a kernel that asks somebody for its root device: the machine stands still
    fleet.canary.choose(command="boot netbsd -a")
    rc, stopped = fleet.play("upgrade", xen_dom0_reboot_timeout=REBOOT_TIMEOUT)
    print(stopped.text)
    assert rc == 2, stopped.text
    told = " ".join(stopped.text.split())
    assert f"{fleet.canary.name} did not come back as asked." in told
    assert "It cannot be reached. Look at its console" in told
    assert f"Guests that wait to come back: {', '.join(CANARYS)}" in told
    assert f"On {fleet.second.name} meanwhile: {CANARYS.moved}" in told
    assert fleet.canary.boots()[-1].result.startswith("waits: ")

    assert f"[{fleet.second.name}]" not in stopped.text, "it was not even looked at"
    assert fleet.second.check(look) == before
    assert len(fleet.second.boots()) == boots
    assert running(fleet.second) == sorted([*SECONDS, CANARYS.moved])


def test_run_again_it_goes_on_with_the_canary_and_then_takes_the_next(fleet: Fleet) -> None:
    fleet.canary.reset()
    assert fleet.canary.wait_boot().kind == "xen"
    boots = len(fleet.canary.boots())
    rc, resumed = fleet.play("upgrade")
    print(resumed.text)
    assert rc == 0, resumed.text
    assert len(fleet.canary.boots()) == boots, "it had been upgraded already"
    for host, guests in ((fleet.canary, CANARYS), (fleet.second, SECONDS)):
        assert version(host) == "4.20"
        assert running(host) == list(guests)
        assert host.run(f"test -e {RECORD}").rc == 1
    for home, guests, refuge in ((fleet.canary, CANARYS, fleet.second), (fleet.second, SECONDS, fleet.canary)):
        # started once and never again: saved and restored, or moved twice
        for name in (guests.kept, guests.moved):
            assert console(home, name).count("DOMU_READY") == 1
            assert console(home, name).count("nano: resumed") == 1
        assert console(home, guests.first).count("DOMU_READY") == 2
        assert "DOMU_READY" not in console(refuge, guests.moved)
        assert "nano: resumed" in console(refuge, guests.moved)


def test_the_next_run_changes_nothing(fleet: Fleet) -> None:
    rc, again = fleet.play("upgrade")
    assert rc == 0, again.text
    assert again.changed() == 0, again.text
    assert again.text.count("as asked for") == 2
