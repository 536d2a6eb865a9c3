# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The start at boot on a real Linux dom0: the host's own xendomains starts what is asked for, in that order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from onlab import LabHost

NANO = {"type": "pv", "kernel": "/srv/domu/nano", "memory": "4", "vcpus": 1, "state": "present"}
GUESTS = ("first", "second", "third")


@pytest.fixture(scope="module")
def lab(lab_host: LabHost) -> Iterator[LabHost]:
    lab_host.sh("rm -rf /etc/xen/auto")
    yield lab_host
    lab_host.sh(
        "for guest in first second third; do xl destroy $guest; done; "
        "cd /etc/xen && rm -rf auto first.cfg second.cfg third.cfg"
    )


def guest(name: str, **options: Any) -> dict[str, Any]:
    return {"name": name, **NANO, **options}


def links(lab: LabHost) -> list[str]:
    return lab.sh("cd /etc/xen/auto && for link in *; do echo $link $(readlink $link); done").splitlines()


def started(lab: LabHost) -> list[str]:
    """What xendomains starts when the host boots, in the order of the domain ids."""
    lab.sh("/etc/init.d/xendomains start", timeout=120)
    names = [line.split()[0] for line in lab.sh("xl list | tail -n +3 | sort -n -k 2").splitlines()]
    for name in names:
        lab.sh(f"xl destroy {name}")
    return names


def test_a_guest_is_added(lab: LabHost) -> None:
    done = lab.change(
        "xen_domain",
        guest("first", autostart=True),
        ["write /etc/xen/first.cfg", "link /etc/xen/auto/first to /etc/xen/first.cfg"],
    )
    assert {"before_header": "/dev/null", "after_header": "/etc/xen/auto/first", "before": "",
            "after": "link to /etc/xen/first.cfg\n"} in done["diff"]  # fmt: skip
    assert links(lab) == ["first /etc/xen/first.cfg"]
    assert started(lab) == ["first"]


def test_numbers_give_the_order(lab: LabHost) -> None:
    lab.change("xen_domain", guest("third", autostart=True, autostart_order=30))
    lab.change("xen_domain", guest("second", autostart=True, autostart_order=20))
    assert started(lab) == ["second", "third", "first"], "those without a number come last"
    lab.change(
        "xen_domain",
        {"name": "first", "autostart": True, "autostart_order": 10},
        ["rename /etc/xen/auto/first to /etc/xen/auto/10-first"],
    )
    assert started(lab) == ["first", "second", "third"]


def test_told(lab: LabHost) -> None:
    lab.sh("ln -s /etc/xen/nowhere.cfg /etc/xen/auto/nowhere && xl create -q /srv/domu/nano.cfg")
    told = lab.module("xen_domain_info", {})
    lab.sh("rm /etc/xen/auto/nowhere && xl destroy nano")
    entries = [(entry["name"], entry["order"]) for entry in told["autostart"]["entries"]]
    assert entries == [("first", 10), ("second", 20), ("third", 30), (None, None)]
    assert (told["autostart"]["missing"], told["autostart"]["unlisted"]) == (["nowhere"], ["nano"])
    assert told["autostart"]["problems"] == []
    assert [(domain["name"], domain["autostart_order"]) for domain in told["domains"] if domain["autostart"]] == [
        ("first", 10), ("second", 20), ("third", 30),
    ]  # fmt: skip


def test_this_dom0_has_no_pause(lab: LabHost) -> None:
    options = {"name": "first", "autostart": True, "autostart_delay": 5}
    lab.fails("xen_domain", options, "autostart_delay_unsupported", check=True)
    lab.fails("xen_domain", options, "autostart_delay_unsupported")


def test_what_a_person_linked_is_recognised(lab: LabHost) -> None:
    lab.sh("rm /etc/xen/auto/20-second && ln -s ../second.cfg /etc/xen/auto/second.cfg")
    lab.change("xen_domain", {"name": "second", "autostart": True}, [])
    lab.change(
        "xen_domain",
        {"name": "second", "autostart": True, "autostart_order": 5},
        ["rename /etc/xen/auto/second.cfg to /etc/xen/auto/05-second.cfg"],
    )
    assert started(lab) == ["second", "first", "third"]


def test_a_guest_is_taken_out(lab: LabHost) -> None:
    lab.change("xen_domain", {"name": "second", "autostart": False}, ["remove /etc/xen/auto/05-second.cfg"])
    lab.change(
        "xen_domain",
        {"name": "third", "state": "absent"},
        ["remove /etc/xen/auto/30-third", "remove /etc/xen/third.cfg"],
    )
    assert links(lab) == ["10-first /etc/xen/first.cfg"]
    assert started(lab) == ["first"]
