# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/bootstrap.yml on a host with NetBSD's face from which Python and pkgin were taken: nothing but sshd."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from play import ROOT, Play

sys.path.insert(0, str(ROOT / "tests" / "lab"))

from xenlab import Lab  # noqa: E402 - found in tests/lab, after the path above
from xenlab.lab import Host  # noqa: E402

PLAY_TIMEOUT = 300.0
PYTHON = "/usr/pkg/bin/python3.11"
PACKAGES = "/srv/pkgsrc/packages/NetBSD/x86_64/$(uname -r | cut -d_ -f1)/All"
VARIABLES = {"xen_python": "python311", "xen_pkg_path": PACKAGES}


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Lab.instance("bootstrap", netbsd=True) as started:
        started.check("pkg_delete pkgin python311")
        assert started.run(f"test -e {PYTHON}").rc != 0
        yield started


def play(host: Host, folder: Path, *more: str) -> Play:
    """The playbook to its end, which must be a good one."""
    (folder / "hosts.yml").write_text(host.inventory())
    words = ["-i", str(folder / "hosts.yml"), "playbooks/bootstrap.yml", "-e", json.dumps(VARIABLES), *more]
    with Play(words) as run:
        assert run.finish(PLAY_TIMEOUT) == 0, run.text
        return run


def packages(host: Host) -> list[str]:
    return [line.split("-")[0] for line in host.check("pkg_info").splitlines()]


def test_check_do_and_again(host: Host, tmp_path: Path) -> None:
    planned = play(host, tmp_path, "--check")
    assert planned.changed() == 1, planned.text
    assert packages(host) == []
    done = play(host, tmp_path)
    assert done.changed() == 1, done.text
    assert packages(host) == ["pkgin", "python311"]
    assert host.check(f"{PYTHON} --version").startswith("Python 3.")
    again = play(host, tmp_path)
    assert again.changed() == 0, again.text
    assert play(host, tmp_path, "--check").changed() == 0
