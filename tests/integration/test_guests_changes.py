# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests through their lives: every change of changes.yml planned, made, made again and planned again, on real Xen."""

from __future__ import annotations

import json
from collections.abc import Iterator

import cases
import pytest
from onlab import LabHost

DATA = cases.load("changes.yml")


@pytest.fixture(scope="module")
def host(lab_host: LabHost) -> Iterator[LabHost]:
    """The host with a config file of a user's own, and two autostart entries."""
    lab_host.sh(
        "mkdir -p /etc/xen/auto; cd /etc/xen/auto; ln -s /etc/xen/web.cfg 10-web; ln -s /etc/xen/mine.cfg mine; "
        f"cat >/etc/xen/mine.cfg <<'END'\n{DATA['users_file']}\nEND\n"
        "chmod 640 /etc/xen/mine.cfg; cp -p /etc/xen/mine.cfg /root/mine.before"
    )
    yield lab_host
    lab_host.sh("xl destroy tiny; rm -f /etc/xen/tiny.cfg /etc/xen/mine.cfg /etc/xen/screen.cfg /etc/xen/auto/mine")


@pytest.mark.parametrize("change", DATA["changes"], ids=lambda change: f"{change['options']['name']}: {change['what']}")
def test_change(host: LabHost, change: dict) -> None:
    planned = host.module("xen_domain", change["options"], check=True)
    done = host.module("xen_domain", change["options"])
    assert done["actions"] == change["actions"]
    assert done["changed"] == bool(change["actions"])
    assert done["restart_required"] == change.get("restart_required", False)
    for key in ("changed", "actions", "differences", "diff"):
        assert planned[key] == done[key], key
    assert planned["domain"]["state"] == done["domain"]["state"]
    cases.without(DATA["secret"], [planned, done])
    look = change.get("look", f"xl list {change['options']['name']}")
    seen = host.host.run(f"( {look} ) 2>&1", timeout=180)
    cases.require_seen(change["seen"], seen.stdout)
    if not change.get("once"):
        _require_nothing_to_do(host, change["options"], done)


def _require_nothing_to_do(host: LabHost, options: dict, done: dict) -> None:
    for check in (False, True):
        again = host.module("xen_domain", options, check)
        assert not again["changed"] and again["actions"] == [], json.dumps(again, indent=1)
        assert again["domain"]["state"] == done["domain"]["state"]
        assert again["restart_required"] == done["restart_required"]
        if not check:
            assert again["domain"]["domid"] == done["domain"]["domid"]
        cases.without(DATA["secret"], [again])
