# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-pull on a real dom0: its own git, its own ansible-core, the play and the command of docs/fleet.md."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator

import pytest
import yaml
from onlab import ROOT
from pull_host import PREFIX, PULL_TIMEOUT, REPOSITORY, Fleet, install
from xenlab import Lab
from xenlab.lab import Host

GUIDE = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
# A guest of 4 MiB that is up in no time.
NANO = {"type": "pv", "kernel": "/srv/domu/nano", "memory": 4}


def guide_play() -> str:
    """The local.yml of the guide."""
    found = re.search(r"```yaml\n(# local\.yml\n.*?)```", GUIDE, re.DOTALL)
    assert found
    return found[1]


def guide_command() -> str:
    """The line for cron of the guide, with a repository that can be reached."""
    found = re.search(r"^    (ansible-pull -U \S+ .*)$", GUIDE, re.MULTILINE)
    assert found
    return re.sub(r"-U \S+", f"-U file://{REPOSITORY}", found[1])


def variables(*guests: dict[str, object]) -> str:
    return yaml.safe_dump({"xen_domains": [{**NANO, "state": "running", **guest} for guest in guests]})


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Lab.instance(f"pull{os.getpid()}") as started:
        install(started)
        yield started


@pytest.fixture(scope="module")
def fleet(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    made = Fleet(tmp_path_factory.mktemp("fleet"), guide_play())
    made.commit(variables({"name": "web"}, {"name": "db"}))
    made.push(host)
    return made


def pull(host: Host) -> tuple[int, str]:
    """One run on the host; its exit code, and what it said."""
    environment = f"HOME=/root LC_ALL=C.UTF-8 PATH={PREFIX}/bin:$PATH PYTHONPATH={PREFIX} ANSIBLE_NOCOLOR=1"
    begin = time.monotonic()
    done = host.run(f"cd / && env {environment} {guide_command()}", PULL_TIMEOUT)
    # one after the other: a warning in the middle of a line would hide the recap
    text = done.stdout + done.stderr
    print(f"{text}\n({time.monotonic() - begin:.0f} s)")
    return done.rc, text


def changed(text: str) -> int:
    """How many tasks of the play have changed something: the second recap, after that of the checkout."""
    return int(re.findall(r"^localhost\s.*changed=(\d+)", text, re.MULTILINE)[-1])


def guests(host: Host) -> dict[str, int]:
    """The guests that run, with their ids."""
    rows = [line.split() for line in host.check("xl list").splitlines()[2:]]
    return {row[0]: int(row[1]) for row in rows}


def test_the_first_run_starts_the_guests_and_the_second_does_nothing(host: Host, fleet: Fleet) -> None:
    rc, text = pull(host)
    assert rc == 0, text
    assert changed(text) == 1
    first = guests(host)
    assert set(first) == {"web", "db"}
    rc, text = pull(host)
    assert rc == 0, text
    assert changed(text) == 0
    assert guests(host) == first, "the same domains"


def test_a_commit_is_what_comes_next(host: Host, fleet: Fleet) -> None:
    before = guests(host)
    fleet.commit(variables({"name": "web"}, {"name": "db", "state": "stopped"}, {"name": "new"}))
    fleet.push(host)
    rc, text = pull(host)
    assert rc == 0, text
    after = guests(host)
    assert set(after) == {"web", "new"}
    assert after["web"] == before["web"], "who is not of the change is not touched"


def test_without_its_repository_it_fails_and_touches_nothing(host: Host, fleet: Fleet) -> None:
    before = guests(host)
    host.check(f"mv {REPOSITORY} {REPOSITORY}.away")
    rc, text = pull(host)
    host.check(f"mv {REPOSITORY}.away {REPOSITORY}")
    assert rc != 0, text
    assert guests(host) == before
