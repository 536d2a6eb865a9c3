# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that finds no space left on the disk, at any one of its changes.

1. It ends with an error that says so, not with a traceback; or, where what failed does not matter, as if nothing had.
2. Every file is as before the task or as after it, and nothing half-made lies about.
3. The next run ends as an undisturbed one does, and the one after that changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.tests.fake.harness import collections_root
from ansible_collections.netbsd.xen.tests.faults import figures
from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.test_killed_anywhere import (
    CHOSEN,
    PARAMETERS,
    UNFINISHED,
    Host,
    check_files,
    differing,
)
from ansible_collections.netbsd.xen.tests.unit.contract.world import Server

KIND = "disk full at a change, each module, fake host"
# What the next run goes on from: a guest's memory, a disk before its revert, what was begun.
KEPT = re.compile(r"\.save\.partial$|\.before-revert$|/reverting$|/\.web2\.clone$")
# What needs space; what is removed does not.
NEEDS_SPACE = (
    "open ", "os.write", "os.pwrite", "os.mkdir", "os.rename", "os.link", "os.symlink", "os.truncate", "os.chmod",
    "os.sendfile", "os.copy_file_range", "os.posix_fallocate",
)  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server(list(CHOSEN), collections_root())
    yield started
    started.close()


@pytest.mark.parametrize(("module", "case"), PARAMETERS)
def test_no_space_at_each_change(tmp_path: Path, server: Server, module: str, case: Case) -> None:
    host = Host(tmp_path, server, case)
    old = host.files()
    undisturbed, points = host.world.points(module, host.parameters)
    assert not undisturbed.failed, undisturbed.result
    new, guests = host.files(), host.guests()
    for number, point in enumerate(points, start=1):
        if not point.startswith(NEEDS_SPACE):
            continue
        host.put_back()
        where = f"no space at change {number} of {len(points)}: {point}"
        failed = host.world.runs_out_of_space_at(module, host.parameters, number)
        with figures.fault(KIND, f"{module}: {case.name}: {where}"):
            found = host.files()
            if failed.failed:
                assert "No space left" in failed.result["msg"], f"{where}: {failed.result['msg']}"
                check_files(found, old, new, where)
                more = found.keys() - old.keys() - new.keys()
                left = [name for name in more if UNFINISHED.search(name) and not KEPT.search(name)]
                assert not left, f"{where}: {left} lies about"
            again = host.world.run(module, host.parameters, check=False)
            assert not again.failed, f"{where}: the next run failed: {again.result['msg']}"
            third = host.world.run(module, host.parameters, check=False)
            assert third.result["changed"] == case.always_changes, f"{where}: {third.result['actions']}"
            if host.files() != new:
                raise figures.DataLost(f"{where}: {differing(host.files(), new)}")
            assert host.guests() == guests, where
