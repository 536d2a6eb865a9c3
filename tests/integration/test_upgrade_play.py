# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/upgrade.yml killed in the middle and resumed, run again, and stopped by a host that boots something else.

Killed means: ansible-playbook gets SIGKILL, and at the first point the host restarts at once, without shutting down.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from play import ROOT, Play

sys.path.insert(0, str(ROOT / "tests" / "lab"))

from xenlab import Lab  # noqa: E402 - found in tests/lab, after the path above
from xenlab.lab import Host  # noqa: E402

PLAY_TIMEOUT = 900.0
RECORD = "/var/db/xen_upgrade.json"
RUNNING = ["first", "kept", "plain"]


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Lab.instance("upgrade", netbsd=True) as started:
        yield started


@pytest.fixture(scope="module")
def arguments(host: Host, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    inventory = Path(tmp_path_factory.mktemp("inventory")) / "hosts.yml"
    inventory.write_text(host.inventory())
    return ["-i", str(inventory), "-e", f"@{ROOT}/molecule/xen_upgrade/vars.yml"]


def run(arguments: list[str], *more: str) -> tuple[int, Play]:
    """A play to its end; its exit code."""
    with Play([*arguments, *more]) as play:
        return play.finish(PLAY_TIMEOUT), play


def upgrade(version: str, *more: str) -> list[str]:
    return ["playbooks/upgrade.yml", "-e", json.dumps({"xen_upgrade_version": version}), *more]


def kill_at(arguments: list[str], task: str, delay: float) -> None:
    with Play([*arguments, *upgrade("4.20")]) as play:
        assert play.until(rf"TASK \[.*{task}", PLAY_TIMEOUT), play.text
        time.sleep(delay)
        play.kill()


def guests(host: Host) -> list[str]:
    return sorted(line.split()[0] for line in host.check("/usr/pkg/sbin/xl list").splitlines()[2:])


def console(host: Host, name: str) -> str:
    return host.check(f"cat /var/log/xen/console/guest-{name}.log")


def test_killed_and_resumed(host: Host, arguments: list[str]) -> None:
    rc, made = run(arguments, "playbooks/site.yml", "-e", json.dumps({"xen_dom0_version": "4.18"}))
    assert rc == 0, made.text
    assert guests(host) == RUNNING

    kill_at(arguments, "xen_packages : Install the pair", 4.0)
    host.run("sync; echo b >/proc/sysrq-trigger", timeout=20)
    assert host.wait_boot().kind == "xen"
    record = json.loads(host.check(f"cat {RECORD}"))
    assert record["stage"] == "away"
    assert [guest["name"] for guest in record["guests"]] == RUNNING

    kill_at(arguments, "xen_upgrade : Bring the guests back to what they were", 4.0)
    assert host.check("sysctl -n machdep.xen.version").startswith("4.20")
    host.check(f"test -e {RECORD}")

    rc, resumed = run(arguments, *upgrade("4.20"))
    assert rc == 0, resumed.text
    assert guests(host) == RUNNING
    assert host.run(f"test -e {RECORD}").rc == 1
    # it was saved once and restored once, through all this
    assert console(host, "kept").count("DOMU_READY") == 1
    assert "nano: resumed" in console(host, "kept")


def test_the_next_run_changes_nothing(host: Host, arguments: list[str]) -> None:
    rc, again = run(arguments, *upgrade("4.20"))
    assert rc == 0, again.text
    assert again.changed() == 0, again.text
    assert "as asked for" in again.text
    assert "xen_dom0" not in again.text


def test_a_host_that_boots_something_else_stops_it_and_is_told_of(host: Host, arguments: list[str]) -> None:
    # back to 4.18, to which Xen supports no restoring
    back = upgrade("4.18", "-e", '{"xen_upgrade_guest_policies": {}}')
    native = next(
        number
        for number, line in enumerate(host.check("grep ^menu= /boot.cfg").splitlines(), start=1)
        if "multiboot" not in line
    )
    host.choose(entry=native)
    rc, stopped = run(arguments, *back)
    assert rc == 2, stopped.text
    message = stopped.text[stopped.text.index("did not come back as asked.") :]
    assert "It runs no Xen" in message
    assert "Guests that wait to come back: first, kept, plain" in message
    assert 'xen_upgrade_version: "4.20"' in message

    rc, mended = run(arguments, *back)
    assert rc == 0, mended.text
    assert host.check("sysctl -n machdep.xen.version").startswith("4.18")
    assert guests(host) == RUNNING
    assert host.run(f"test -e {RECORD}").rc == 1
