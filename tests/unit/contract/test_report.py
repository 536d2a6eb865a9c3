# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""playbooks/report.yml as it is run, on hosts with the fake xl: nothing is changed but the report."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen, collections_root

ROOT = Path(__file__).resolve().parents[3]
# Ansible would run it, if the template that a report is were one of Ansible's.
EVIL = "{{ lookup('pipe','touch evil') }}<script>x</script>"
GUEST = "name = '{name}'\nkernel = '{kernel}'\nmemory = 64\n"


class Fleet(NamedTuple):
    folder: Path
    xen: FakeXen

    def run(self, *arguments: str) -> str:
        """The playbook; its recap."""
        report = {"xen_report_html": str(self.folder / "r.html"), "xen_report_json": str(self.folder / "r.json")}
        variables = {**report, "xen_report_time": "now", "xen_config_dir": str(self.folder / "etc")}
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(self.folder / "hosts.yml")]
        done = subprocess.run(
            [*command, str(ROOT / "playbooks" / "report.yml"), "-e", json.dumps(variables), *arguments],
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": collections_root(), "ANSIBLE_NOCOLOR": "1",
                 "ANSIBLE_PIPELINING": "1", "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp"), "HOME": str(self.folder)},
            cwd=self.folder, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout[done.stdout.index("PLAY RECAP") :]

    def hosts(self) -> dict[str, Any]:
        return {each["name"]: each for each in json.loads((self.folder / "r.json").read_text())["hosts"]}

    def snapshot(self) -> Any:
        files = {path: path.read_bytes() for path in (self.folder / "etc").rglob("*")}
        return files, {key: self.xen.state[key] for key in ("domains", "guests", "host")}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """A host with guests, one whose Python is missing, and one that cannot be reached."""
    folder = tmp_path_factory.mktemp("fleet")
    (folder / "etc").mkdir()
    xen = FakeXen(folder / "xen")
    for file, name in {"web": "web", "evil": EVIL}.items():
        text = GUEST.format(name=name.replace("'", '"'), kernel=xen.kernel)
        (folder / "etc" / f"{file}.cfg").write_text(text, encoding="utf-8")
    xen.add_domain(GUEST.format(name="web", kernel=xen.kernel))
    python = folder / "python"
    variables = "".join(f"export {name}='{xen.environment[name]}'\n" for name in ("PATH", "FAKE_XL_STATE"))
    python.write_text(f"#!/bin/sh\n{variables}exec '{sys.executable}' \"$@\"\n", encoding="utf-8")
    python.chmod(0o755)
    hosts = {
        "a": {"ansible_connection": "local", "ansible_python_interpreter": str(python), "xen_domains": [
            {"name": "web", "memory": 96}, {"name": "new", "memory": "1G", "kernel": str(xen.kernel)}]},
        "b": {"ansible_connection": "local", "ansible_python_interpreter": "/nowhere/python"},
        "gone": {"ansible_host": "127.0.0.1", "ansible_port": 1},
    }  # fmt: skip
    (folder / "hosts.yml").write_text(yaml.safe_dump({"dom0s": {"hosts": hosts}}), encoding="utf-8")
    return Fleet(folder, xen)


@pytest.fixture(scope="module")
def before(fleet: Fleet) -> Any:
    return fleet.snapshot()


@pytest.fixture(scope="module")
def recap(fleet: Fleet, before: Any) -> str:
    return fleet.run()


def test_no_host_is_changed(fleet, before, recap):
    assert fleet.snapshot() == before
    assert fleet.xen.mutating_calls() == []
    assert not list(fleet.folder.rglob("evil"))
    assert sum(map(int, re.findall(r"changed=(\d+)", recap))) == 2, recap


def test_every_host_is_in_it(fleet, recap):
    hosts = fleet.hosts()
    assert sorted(hosts) == ["a", "b", "gone"]
    assert hosts["gone"]["status"] == "unreachable"
    assert hosts["b"]["status"] == "failed"
    assert "/nowhere/python" in hosts["b"]["message"]


def test_declared_and_live_side_by_side(fleet, recap):
    guests = {each["name"]: each for each in fleet.hosts()["a"]["guests"]}
    assert set(guests) == {"web", "new", EVIL.replace("'", '"')}
    web = guests["web"]
    assert [(each["option"], each["now"], each["wanted"]) for each in web["differences"]] == [("memory", 64, 96)]
    assert (web["state"], web["verdict"], web["memory"]) == ("running", "differs", 64)
    assert (guests["new"]["state"], guests["new"]["wanted_memory"]) == ("missing", 1024)
    assert guests[EVIL.replace("'", '"')]["verdict"] == "undeclared"


def test_the_page_says_the_same(fleet, recap):
    page = (fleet.folder / "r.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert len(re.findall("<script", page)) == 1
    assert (fleet.folder / "r.html").stat().st_mode & 0o777 == 0o600
