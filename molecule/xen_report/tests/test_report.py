# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was written on the controller, against what xl on the host says."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"]) / ".cache" / "molecule"


@pytest.fixture(scope="module")
def hosts():
    fleet = json.loads((FOLDER / "xen_report.json").read_text())
    return {each["name"]: each for each in fleet["hosts"]}


def test_the_host_that_is_gone_is_told(hosts):
    assert hosts["gone"]["status"] == "unreachable"
    assert "port 1" in hosts["gone"]["message"]


def test_the_host_is_told_as_its_own_tools_tell_it(host, hosts):
    told = hosts["m_xen_report"]
    facts = dict(line.split(":", 1) for line in host.check_output("xl info").splitlines() if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    assert told["system"]["xen"].startswith(f"{facts['xen_major']}.{facts['xen_minor']}")
    assert told["memory"]["total"] == int(facts["total_memory"])
    assert told["memory"]["free"] == int(facts["free_memory"])
    assert told["vcpus"]["total"] == int(facts["nr_cpus"])


def test_the_guests_are_told_and_none_was_changed(host, hosts):
    rows = [line.split() for line in host.check_output("xl list").splitlines()[2:]]
    assert [(row[0], row[2]) for row in rows] == [("nano", "4")], "as it was started"
    guests = {each["name"]: each for each in hosts["m_xen_report"]["guests"]}
    assert guests["nano"]["state"] == "running"
    assert ("memory", 4, 8) in [(each["option"], each["now"], each["wanted"]) for each in guests["nano"]["differences"]]
    assert [each["option"] for each in guests["new"]["differences"]][0] == "state"
    assert not host.file("/etc/xen/new").exists and not host.file("/etc/xen/new.cfg").exists


def test_both_files_are_for_their_owner_only():
    assert {path.suffix: path.stat().st_mode & 0o777 for path in FOLDER.glob("xen_report.[hj][ts]*")} == {
        ".html": 0o600,
        ".json": 0o600,
    }
