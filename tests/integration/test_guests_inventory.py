# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin against a real dom0, over real SSH: two guests, and a dom0 that is not there."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from onlab import ROOT, LabHost

MAC, ADDRESS = "00:16:3e:77:00:09", "10.77.0.9"
# TEST-NET-1 of RFC 5737: nobody's
DEAD = "192.0.2.1"


@pytest.fixture
def guests(lab_host: LabHost) -> Iterator[LabHost]:
    """`web`, which answers on the dom0's bridge, and `db`, paused; and a config file of one that does not run."""
    web = [
        'name="web"',
        f'vif=["mac={MAC},bridge=xenbr0"]',
        f'cmdline="console=hvc0 quiet lab.ip={ADDRESS}/24"',
    ]
    lab_host.host.check(f"cd /srv/domu && xl create -q example.cfg {shlex.join(web)}", timeout=400)
    lab_host.host.check("cd /srv/domu && xl create -q -p nano.cfg 'name=\"db\"'")
    lab_host.host.check("sed 's/^name.*/name = \"idle\"/' /srv/domu/example.cfg >/etc/xen/idle.cfg")
    yield lab_host
    lab_host.host.run("xl destroy web; xl destroy db; rm -f /etc/xen/idle.cfg")


def ansible(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(Path(sys.executable).with_name(program)), *arguments],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"), "COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def meet(dom0: LabHost) -> None:
    """Have the dom0 speak with the guest, so that its neighbour table knows it; the host has no ping."""
    speak = f"import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('{ADDRESS}', 9))"
    deadline = time.monotonic() + 180
    while "lladdr" not in dom0.host.run(f"python3 -c {shlex.quote(speak)}; sleep 1; ip neigh show {ADDRESS}").stdout:
        assert time.monotonic() < deadline, "the guest does not answer"


def value(variable: Any) -> Any:
    return variable.get("__ansible_unsafe") if isinstance(variable, dict) else variable


def test_the_guests_of_a_real_dom0(guests: LabHost, tmp_path: Path) -> None:
    (tmp_path / "dom0s.yml").write_text(guests.host.inventory(), encoding="utf-8")
    source = tmp_path / "fleet.xen_domains.yml"
    plugin = {"plugin": "netbsd.xen.xen_domains", "dom0_groups": ["dom0s"], "dom0s": [DEAD], "configured": True}
    source.write_text(json.dumps({**plugin, "connect_timeout": 3}), encoding="utf-8")
    meet(guests)

    begun = time.monotonic()
    done = ansible("ansible-inventory", "-i", str(tmp_path), "--list")
    assert time.monotonic() - begun < 60
    print(ansible("ansible-inventory", "-i", str(tmp_path), "--graph").stdout, done.stdout)
    found = json.loads(done.stdout)
    hosts = found["_meta"]["hostvars"]
    assert set(hosts) == {guests.host.name, "web", "db", "idle"}
    assert f"dom0 {DEAD}: ssh ended with exit code 255." in done.stderr
    web = {name: value(variable) for name, variable in hosts["web"].items()}
    assert (web["ansible_host"], web["xen_state"], web["xen_type"]) == (ADDRESS, "running", "pv")
    assert (web["xen_dom0"], web["xen_toolstack"], web["xen_version"]) == (guests.host.name, "xl", "4.17")
    assert hosts["web"]["xen_name"] == {"__ansible_unsafe": "web"}
    assert web["xen_domid"] == int(guests.host.check("xl domid web"))
    assert sorted(found["xen_bridge_xenbr0"]["hosts"]) == ["idle", "web"]
    assert found["xen_state_paused"]["hosts"] == ["db"]
    assert found["xen_state_stopped"]["hosts"] == ["idle"]
    assert sorted(found["xen_type_pv"]["hosts"]) == ["db", "idle", "web"]
