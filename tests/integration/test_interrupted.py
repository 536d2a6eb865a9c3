# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The play from a bare host to a dom0, killed in eleven places: the host boots after each, and the play converges.

Killed means: ansible-playbook gets SIGKILL in the middle of a task, and at the same moment the host restarts without
shutting down, so that the module on it ends in the middle, too. Then it boots what its own boot.cfg says.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from play import ROOT, Play

sys.path.insert(0, str(ROOT / "tests" / "lab"))

from xenlab import Lab  # noqa: E402 - found in tests/lab, after the path above
from xenlab.lab import Host  # noqa: E402

PLAY_TIMEOUT = 900.0
# What is on disk at this moment stays, all else ends at once: no shutdown, no unmounting (Linux, Documentation/sysrq).
CRASH = "sync; echo b >/proc/sysrq-trigger"


class Point(NamedTuple):
    """Where the play is killed: so many seconds after the line that announces the task.

    :param time: which time the task is announced: the play plans everything first, then does it.
    """

    task: str
    delay: float
    time: int = 2

    def __str__(self) -> str:
        return f"{self.task}, {'done' if self.time == 2 else 'planned'}, after {self.delay} s"


POINTS = [
    Point("xen_packages : Install the pair", 2.0, time=1),
    Point("xen_packages : Install the pair", 3.0),
    Point("xen_packages : Install the pair", 7.0),
    Point("xen_kernels : Put the hypervisor", 3.0),
    Point("xen_kernels : Put the hypervisor", 7.0),
    Point("xen_devices : Make the device nodes", 3.5),
    Point("xen_network : Make the bridges", 4.0),
    Point("xen_services : Have the scripts", 4.0),
    Point("xen_boot : Write the boot entry", 5.0),
    Point("xen_dom0 : Reboot]", 6.0, time=1),
    Point("Keep the guests as declared", 5.0, time=1),
]


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Lab.instance("interrupted", netbsd=True) as started:
        yield started


@pytest.fixture(scope="module")
def arguments(host: Host, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    inventory = Path(tmp_path_factory.mktemp("inventory")) / "hosts.yml"
    inventory.write_text(host.inventory())
    return ["-i", str(inventory), "-e", f"@{ROOT}/molecule/xen_dom0/vars.yml", "playbooks/site.yml"]


def crash(host: Host) -> None:
    host.run(CRASH, timeout=20)


def test_killed_anywhere(host: Host, arguments: list[str]) -> None:
    for number, point in enumerate(POINTS, start=1):
        with Play(arguments) as play:
            for _time in range(point.time):
                reached = play.until(r"TASK \[.*" + re.escape(point.task), PLAY_TIMEOUT)
                assert reached, f"{point}: not reached\n{play.text}"
            time.sleep(point.delay)
            play.kill()
            crash(host)
        boot = host.wait_boot()
        print(
            f"killed at point {number} ({point.task}+{point.delay} s): booted {boot.kind}, {boot.title!r}", flush=True
        )
        assert boot.result == "up"

    with Play(arguments) as play:
        assert play.finish(PLAY_TIMEOUT) == 0, play.text
    boot = host.boots()[-1]
    print(f"run to its end: booted {boot.kind}, {boot.title!r}")
    assert boot.kind == "xen"
    assert "web" in host.check("/usr/pkg/sbin/xl list")

    with Play(arguments) as again:
        assert again.finish(PLAY_TIMEOUT) == 0, again.text
    assert again.changed() == 0, again.text


def test_the_native_entry_still_boots(host: Host) -> None:
    """What an admin at the console does when all else has failed."""
    native = next(number for number, line in enumerate(menus(host), start=1) if "multiboot" not in line)
    host.reset(entry=native)
    assert host.wait_boot().kind == "native"


def menus(host: Host) -> list[str]:
    return [line for line in host.check("cat /boot.cfg").splitlines() if line.startswith("menu=")]
