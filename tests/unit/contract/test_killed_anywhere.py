# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that is killed before any one of its changes: to a file, a folder, a mode, or by a program that it starts.

1. Every file is then as before the task or as after it, byte for byte and with its mode; nothing else lies about but
   what the task was just writing, under a name that nobody takes for the real one.
2. The next run ends as an undisturbed one does, and takes away what the killed one has left.
3. The one after that changes nothing.

``make faults`` has more cases killed; the run of all unit tests, a few.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.netbsd.xen.tests.fake.harness import collections_root
from ansible_collections.netbsd.xen.tests.faults import figures
from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.test_contract import CASES, HOST_CASES
from ansible_collections.netbsd.xen.tests.unit.contract.world import Server, World

ALL = bool(os.environ.get("FAULTS_ALL"))
# The cases of the contract that are killed: one of each kind of thing that a task does to the host. xen_console is not
# among them: its guests are processes of the test's, and it writes no file.
QUICK = {
    "rc_conf": ["a variable"],
    "xl_conf": ["a setting"],
    "boot_entry": ["boot.cfg"],
    "boot_file": ["over another one"],
    "xen_domain": ["running, declared, from no file, not live"],
}
MORE = {
    "rc_conf": ["no file yet", "with a backup", "a list", "absent"],
    "xl_conf": ["no file yet", "absent"],
    "xend_config": ["a setting", "another value"],
    "boot_entry": ["boot.cfg, by default", "menu.lst"],
    "boot_file": ["a hypervisor"],
    "pkgin": ["one in place of another"],
    "xen_convert_config": ["written", "over another one"],
    "xen_disk": [
        "a full image", "an image that grows", "an image with another mode", "an image of a packed one",
        "an image that goes", "a volume of a template", "a volume that grows", "a volume that goes",
    ],
    "xen_domain": [
        "running, declared, from other memory, running", "restarted for a new kernel line",
        "running, by name, from same, saved", "saved, declared, from same, running", "a password as free text",
        "a backup is kept", "its image goes with it", "a disk is attached", "a disk to be made",
        "a disk that grows under it", "another uuid and a restart", "renamed: running",
        "autostart: a new guest, started", "the config file is a link", "xm: running, declared, from no file, not live",
    ],
    "xen_domains": ["three from nothing", "some of each", "prune: remove"],
    "xen_clone": ["of a paused guest", "of a volume"],
    "xen_snapshot": ["of a running guest", "with memory", "back under a running guest", "away"],
}  # fmt: skip
CHOSEN = {module: [*QUICK.get(module, ()), *(names if ALL else ())] for module, names in MORE.items()}
OF_CONTRACT = {module: {case.name: case for case in cases} for module, cases in {**CASES, **HOST_CASES}.items()}
PARAMETERS = [
    pytest.param(module, OF_CONTRACT[module][name], id=f"{module}: {name}")
    for module, names in CHOSEN.items()
    for name in names
]
KIND = "killed before a change, each module, fake host"
# What differs between two runs of the same: ids, clocks, how often something was tried.
PASSING = ("domid", "started", "ending", "cpu_time")
# A backup is named after the process and the time.
BACKUP = re.compile(r"\.[0-9]+\.[0-9]{4}-[0-9-]+@[0-9:]+~$")
# What a task was just writing. No toolstack, loader or rc script reads a file of such a name.
UNFINISHED = re.compile(
    r"(^|/)\.[^/]+(/|$)"  # hidden
    r"|\.(partial|restoring|new|stale|before-revert)$"
    r"|/reverting$"  # in the folder of a snapshot: which disks are back
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server(list(CHOSEN), collections_root())
    yield started
    started.close()


class Host:
    """A world that can be put back to where it was before the task."""

    def __init__(self, directory: Path, server: Server, case: Case) -> None:
        self.world = World(directory / "now", server)
        self.parameters = case.prepare(self.world)
        self.template = directory / "before"
        shutil.copytree(self.world.directory, self.template, symlinks=True)

    def put_back(self) -> None:
        shutil.rmtree(self.world.directory)
        shutil.copytree(self.template, self.world.directory, symlinks=True)

    def files(self) -> dict[str, Any]:
        """Content, mode and owner of everything, and what was left in the folder of temporary files."""
        found = {name: entry[:4] for name, entry in self.world.tree().items() if not _passes(name)}
        # when it was taken is in it
        found.update({name: "taken" for name in found if name.endswith("/manifest.json")})
        return {**found, **{f"tmp/{path.name}": "left" for path in self.world.temporary.iterdir()}}

    def guests(self) -> dict[str, Any]:
        return {
            name: {key: item for key, item in guest.items() if key not in PASSING}
            for name, guest in self.world.guests().items()
        }


def _passes(name: str) -> bool:
    """pkgin's own notes, what the fake LVM knows, backups; the folder of a guest's snapshots, in which none is left."""
    return name.startswith("var/db/pkgin") or name in ("lvm/lvm.json", "snapshots/web") or bool(BACKUP.search(name))


@pytest.mark.parametrize(("module", "case"), PARAMETERS)
def test_killed_before_each_change(tmp_path: Path, server: Server, module: str, case: Case) -> None:
    host = Host(tmp_path, server, case)
    old = host.files()
    undisturbed, points = host.world.points(module, host.parameters)
    assert not undisturbed.failed, undisturbed.result
    new, guests = host.files(), host.guests()
    for number, point in enumerate(points, start=1):
        host.put_back()
        assert host.world.is_killed_at(module, host.parameters, number)
        where = f"killed before change {number} of {len(points)}: {point}"
        with figures.fault(KIND, f"{module}: {case.name}: {where}"):
            check_files(host.files(), old, new, where)
            again = host.world.run(module, host.parameters, check=False)
            assert not again.failed, f"{where}: the next run failed: {again.result['msg']}"
            third = host.world.run(module, host.parameters, check=False)
            assert third.result["changed"] == case.always_changes, f"{where}: {third.result['actions']}"
            if host.files() != new:
                raise figures.DataLost(f"{where}: {differing(host.files(), new)}")
            assert host.guests() == guests, where


def differing(found: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    names = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
    return {name: (found.get(name), wanted.get(name)) for name in names}


def check_files(found: dict[str, Any], old: dict[str, Any], new: dict[str, Any], where: str) -> None:
    for name, entry in found.items():
        if name in old or name in new:
            if entry not in (old.get(name), new.get(name)):
                raise figures.DataLost(f"{where}: {name} is neither old nor new")
        else:
            assert UNFINISHED.search(name) or name.startswith("tmp/netbsd-xen"), f"{where}: {name} lies about"
    # pkgin takes one package away before it puts the other one in
    lost = {name for name in old.keys() & new.keys() - found.keys() if not name.startswith("usr/pkg")}
    if lost:
        raise figures.DataLost(f"{where}: lost {lost}")
