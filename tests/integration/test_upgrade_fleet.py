# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/upgrade.yml over two hosts of the lab, of which the first is refused: the second one is not touched.

The canary is a dom0 with a guest that no other host takes in; behind it stands a bare host with NetBSD's face. A canary
that boots something else is in test_upgrade_play.py, a roll-out over nine hosts in tests/unit/roles.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from play import ROOT, Play

sys.path.insert(0, str(ROOT / "tests" / "lab"))

from xenlab import Lab  # noqa: E402 - found in tests/lab, after the path above
from xenlab.lab import Host  # noqa: E402

PLAY_TIMEOUT = 300.0
RECORD = "/var/db/xen_upgrade.json"
# All that an upgrade could have changed on a bare host.
FINGERPRINT = "pkg_info; cksum /boot.cfg /etc/rc.conf; ls / /etc/rc.d /var/db; ifconfig -l"
NANO = "cp /srv/domu/nano.cfg /etc/xen/nano.cfg && xl create -q /etc/xen/nano.cfg"


class Fleet(NamedTuple):
    """:param arguments: of ansible-playbook."""

    canary: Host
    second: Host
    arguments: list[str]

    def upgrade(self, **variables: object) -> tuple[int, str]:
        """The play to its end: its exit code, and what it said in one line."""
        wish = {
            "xen_upgrade_guests": "migrate",
            "xen_upgrade_migrate_to": self.second.name,
            "xen_upgrade_migrate_ssh_command": "ssh -p 1 -o BatchMode=yes",
        }
        more = ["playbooks/upgrade.yml", "-e", json.dumps({**wish, **variables})]
        with Play([*self.arguments, *more]) as play:
            rc = play.finish(PLAY_TIMEOUT)
            return rc, " ".join(play.text.split())


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    name, folder = f"roll{os.getpid()}", tmp_path_factory.mktemp("inventory")
    with Lab.instance(f"{name}a") as canary, Lab.instance(f"{name}b", netbsd=True) as second:
        arguments = []
        for host in (canary, second):
            path = folder / f"{host.name}.yml"
            path.write_text(host.inventory(), encoding="utf-8")
            arguments += ["-i", str(path)]
        canary.check(NANO)
        yield Fleet(canary, second, arguments)


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({}, "is not reached by `ssh -p 1"),
        ({"xen_upgrade_migrate_to": ""}, "nano: the policy is to migrate, and no destination is given."),
        ({"xen_upgrade_guests": "refuse"}, "nano: it runs, and the policy is to refuse."),
    ],
    ids=["not reached", "nowhere to go", "refused"],
)
def test_a_canary_that_is_refused_is_the_only_host_that_is_looked_at(
    fleet: Fleet, wish: dict[str, object], reason: str
) -> None:
    guests, before = fleet.canary.check("xl list nano | cut -c-60"), fleet.second.run(FINGERPRINT).stdout
    rc, text = fleet.upgrade(**wish)
    assert rc == 2, text
    assert "The upgrade would not leave these guests as they were. Nothing was changed." in text
    assert reason in text
    assert f"[{fleet.canary.name}]" in text
    assert f"[{fleet.second.name}]" not in text, "its batch has not begun"
    assert fleet.canary.check("xl list nano | cut -c-60") == guests
    assert fleet.canary.run(f"test -e {RECORD}").rc == 1
    assert fleet.second.run(FINGERPRINT).stdout == before
