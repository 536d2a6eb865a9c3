# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example inventory of a fleet does what its comments say."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core import _releases
from ansible_collections.netbsd.xen.tests.fake.fleet import FakeFleet

SOURCE = Path(__file__).resolve().parents[3] / "playbooks" / "inventory" / "fleet"


def test_the_example_fleet(tmp_path: Path) -> None:
    if not SOURCE.is_dir():
        pytest.skip("playbooks are not in the copy of the tree that ansible-test makes")
    fleet = FakeFleet(tmp_path / "fleet")
    for name in ("xen01.example.org", "192.0.2.31"):
        host = fleet.host(name, bridges=["bridge0"])
        guest = f"name = 'on-{name}'\nmemory = 64\nkernel = '{host.kernel}'\nvif = ['bridge=bridge0,ip=10.0.0.7']\n"
        host.add_domain(guest)
    # HOME: the cache of the example is below it
    found = fleet.listed(SOURCE, ANSIBLE_SSH_EXECUTABLE=str(fleet.ssh), HOME=str(tmp_path))
    hosts = found["_meta"]["hostvars"]
    dom0s = [name for name in hosts if name.endswith(".example.org") and not name.startswith("on-")]
    assert len(dom0s) == 10
    assert (
        {hosts[name]["xen_dom0_version"] for name in dom0s} == {"4.20", "4.18", "4.2", "3.1"} <= set(_releases.RELEASES)
    )
    for name in dom0s:
        release = _releases.RELEASES[hosts[name]["xen_dom0_version"]]
        assert hosts[name].get("xen_toolstack", "xl") == release.toolstack
    assert found["xen_domains"]["hosts"] == ["on-192.0.2.31", "on-xen01.example.org"]
    assert hosts["on-192.0.2.31"]["xen_toolstack"] == "xm"
    assert hosts["on-192.0.2.31"]["xen_dom0"] == "old2.example.org"
    assert hosts["on-192.0.2.31"]["ansible_host"] == "10.0.0.7"
    assert found["warnings"].count("Connection timed out") == 8
