# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin as `ansible-inventory` runs it: fake dom0s behind a fake ssh."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.netbsd.xen.tests.fake.fleet import FakeFleet

DEAD = "dead1.example.org"


def config(name: str, *lines: str) -> str:
    return "\n".join([f"name = {json.dumps(name)}", "memory = 64", "kernel = '/etc/hostname'", *lines]) + "\n"


@pytest.fixture
def fleet(tmp_path: Path) -> FakeFleet:
    return FakeFleet(tmp_path / "fleet")


def add(host: Any, name: str, *lines: str, **more: Any) -> None:
    host.add_domain(config(name, *lines).replace("/etc/hostname", str(host.kernel)), **more)


@pytest.fixture
def two(fleet: FakeFleet) -> FakeFleet:
    """xen1 with xl and three guests, xen2 with xm and one, and one that is down."""
    one = fleet.host("xen1.example.org", bridges=["bridge0", "bridge1"])
    add(one, "web", "vif = ['mac=00:16:3e:00:00:01,bridge=bridge0,ip=10.0.0.5']")
    add(one, "db", "vif = ['mac=00:16:3e:00:00:02,bridge=bridge1']", state="paused")
    add(one, "tiny", state="crashed")
    fleet.neighbours("xen1.example.org", "10.0.1.9 dev bridge1 lladdr 00:16:3e:00:00:02 STALE")
    fleet.greets("xen1.example.org", "Welcome to xen1\npart-0 list\n")
    other = fleet.host("xen2.example.org", bridges=["bridge0"])
    add(other, "old", "vif = ['mac=00:16:3e:00:00:03,bridge=bridge0']")
    fleet.neighbours("xen2.example.org", "10.0.0.66 dev bridge0 lladdr 00:16:3e:00:00:01 REACHABLE")
    return fleet


def test_a_fleet(two: FakeFleet) -> None:
    dom0s = ["xen1.example.org", {"name": "xen2.example.org", "toolstack": "xm", "user": "toor", "port": 2222}, DEAD]
    found = two.listed(two.source(dom0s=dom0s, connect_timeout=3))
    hosts = found["_meta"]["hostvars"]
    assert set(hosts) == {"web", "db", "tiny", "old"}
    assert hosts["web"] == {
        "ansible_host": "10.0.0.5",
        "xen_addresses": ["10.0.0.5"],
        "xen_bridges": ["bridge0"],
        "xen_config": None,
        "xen_disks": [],
        "xen_dom0": "xen1.example.org",
        "xen_domid": 1,
        "xen_macs": ["00:16:3e:00:00:01"],
        "xen_memory": 64,
        "xen_name": "web",
        "xen_state": "running",
        "xen_system": "Linux",
        "xen_toolstack": "xl",
        "xen_type": "pv",
        "xen_uuid": hosts["web"]["xen_uuid"],
        "xen_vcpus": 1,
        "xen_version": "4.17",
        "xen_vifs": [{"addresses": ["10.0.0.5"], "bridge": "bridge0", "mac": "00:16:3e:00:00:01"}],
    }
    assert (hosts["db"]["ansible_host"], hosts["db"]["xen_state"]) == ("10.0.1.9", "paused")
    assert hosts["tiny"]["xen_state"] == "crashed"
    assert "ansible_host" not in hosts["tiny"]
    assert hosts["old"]["xen_toolstack"] == "xm"
    assert {name: sorted(group["hosts"]) for name, group in found.items() if "xen_" in name} == {
        "xen_domains": ["db", "old", "tiny", "web"],
        "xen_dom0_xen1_example_org": ["db", "tiny", "web"],
        "xen_dom0_xen2_example_org": ["old"],
        "xen_state_running": ["old", "web"],
        "xen_state_paused": ["db"],
        "xen_state_crashed": ["tiny"],
        "xen_type_pv": ["db", "old", "tiny", "web"],
        "xen_bridge_bridge0": ["old", "web"],
        "xen_bridge_bridge1": ["db"],
    }
    (warning,) = [line for line in found["warnings"].splitlines() if "WARNING" in line]
    assert f"dom0 {DEAD}: ssh ended with exit code 255. ssh: connect to host" in warning
    assert found["trusted"] == []
    assert len(two.calls()) == 3
    (of_xen2,) = [call for call in two.calls() if "xen2" in call]
    assert of_xen2.startswith("-T -o BatchMode=yes -o ConnectTimeout=3 -p 2222 -l toor -o ControlMaster=auto ")
    assert of_xen2.endswith(" -- xen2.example.org sh -s")


def test_a_dead_dom0_can_be_an_error(two: FakeFleet) -> None:
    source = two.source(dom0s=["xen1.example.org", DEAD], unreachable="error")
    done = two.run("ansible-inventory", "-i", str(source), "--list", rc=None)
    assert done.returncode != 0
    assert f"dom0 {DEAD}: ssh ended with exit code 255" in done.stderr


def test_one_that_hangs_is_not_waited_for(two: FakeFleet) -> None:
    two.slow("xen2.example.org", 300)
    start = time.monotonic()
    found = two.listed(two.source(dom0s=["xen1.example.org", {"name": "xen2.example.org", "timeout": 2}]))
    assert time.monotonic() - start < 200
    assert set(found["_meta"]["hostvars"]) == {"web", "db", "tiny"}
    assert "dom0 xen2.example.org: no answer within 2 s." in found["warnings"]


def test_a_toolstack_that_fails_says_why(two: FakeFleet) -> None:
    two.program("xen1.example.org", "xl", "echo 'Permission denied (are you root?)' >&2; exit 1")
    two.program("xen2.example.org", "xm", "exit 1")
    found = two.listed(
        two.source(
            dom0s=["xen1.example.org", {"name": "xen2.example.org", "xl": "/none", "xm": "no-xm", "path": ["/no"]}]
        )
    )
    assert "dom0 xen1.example.org: `xl list` failed with exit code 1." in found["warnings"]
    assert "are you root?" in found["warnings"]
    assert "dom0 xen2.example.org: no xl and no xm" in found["warnings"]
    assert found["_meta"]["hostvars"] == {}


def test_dom0s_of_another_source_and_their_variables(two: FakeFleet) -> None:
    """The way to a dom0 is what Ansible would take: templates of the user's own files included."""
    (two.inventory / "a.yml").write_text(
        json.dumps(
            {"dom0s": {"hosts": {"x1": {"ansible_host": "{{ inventory_hostname | replace('x', 'xen') }}.{{ zone }}"}}}}
        ),
        encoding="utf-8",
    )
    (two.inventory / "group_vars").mkdir()
    (two.inventory / "group_vars" / "dom0s.yml").write_text(
        json.dumps(
            {"zone": "example.org", "ansible_user": "ops", "ansible_become": True, "ansible_become_method": "sudo"}
        ),
        encoding="utf-8",
    )
    two.program("xen1.example.org", "sudo", '[ "$1" = -n ] && shift && exec "$@"')
    two.source(dom0_groups=["dom0s", "nobodys"], group_by=["dom0"])
    found = two.listed()
    assert set(found["_meta"]["hostvars"]) == {"x1", "web", "db", "tiny"}
    assert found["xen_dom0_x1"]["hosts"] == ["db", "tiny", "web"]
    assert "no group nobodys yet" in found["warnings"]
    (call,) = two.calls()
    assert " -l ops " in call and call.endswith("-- xen1.example.org sudo -n sh -s")


def test_configured_guests_and_leases(two: FakeFleet) -> None:
    etc = two.root / "etc"
    etc.mkdir()
    (etc / "idle.cfg").write_text(
        config(
            "idle", "type = 'hvm'", "vif = ['mac=00:16:3e:00:00:09,bridge=bridge9']", "vnc = 1", "vncpasswd = 'geheim'"
        )
    )
    (etc / "web.cfg").write_text(config("web"))
    (etc / "copy-of-web").write_text(config("web"))
    (etc / "idle.cfg~").write_text(config("before"))
    (etc / "xl.conf").write_text("autoballoon = 'off'\n")
    (etc / "broken").write_text("name = 'broken\n")
    (etc / "a b\nc").write_text(config("odd file"))
    leases = two.root / "dhcpd.leases"
    leases.write_text(
        "lease 10.0.9.9 {\n  binding state active;\n  hardware ethernet 00:16:3e:00:00:09;\n}\n", encoding="utf-8"
    )
    options = {"configured": True, "config_dirs": [str(etc), "/nowhere"], "lease_files": [str(leases)]}
    found = two.listed(two.source(dom0s=["xen1.example.org"], **options))
    hosts = found["_meta"]["hostvars"]
    assert set(hosts) == {"web", "db", "tiny", "idle", "odd_file"}
    assert hosts["web"]["xen_config"] == str(etc / "web.cfg")
    assert hosts["odd_file"]["xen_config"] == str(etc / "a b\nc")
    idle = hosts["idle"]
    assert (idle["xen_state"], idle["xen_type"], idle["ansible_host"]) == ("stopped", "hvm", "10.0.9.9")
    assert "geheim" not in json.dumps(found)


def test_constructed_and_filters(two: FakeFleet) -> None:
    found = two.listed(
        two.source(
            dom0s=["xen[1:2].example.org"],
            filters=[{"exclude": "xen_name == 'tiny'"}, {"include": "xen_dom0.startswith('xen1')"}, {"exclude": True}],
            hostname="xen_name ~ '.' ~ xen_bridges[0]",
            group_by=["version"],
            set_ansible_host=False,
            compose={"through": "'-o ProxyJump=' ~ xen_dom0"},
            groups={"waiting": "xen_state == 'paused'"},
            keyed_groups=[{"prefix": "os", "key": "xen_system"}],
            strict=True,
        )
    )
    hosts = found["_meta"]["hostvars"]
    assert set(hosts) == {"web.bridge0", "db.bridge1"}
    assert hosts["web.bridge0"]["through"] == "-o ProxyJump=xen1.example.org"
    assert "ansible_host" not in hosts["web.bridge0"]
    assert found["waiting"]["hosts"] == ["db.bridge1"]
    assert found["os_Linux"]["hosts"] == found["xen_version_4_17"]["hosts"] == ["db.bridge1", "web.bridge0"]


def test_the_cache_asks_again_only_who_did_not_answer(two: FakeFleet) -> None:
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(two.root / "cache")}
    source = two.source(dom0s=["xen1.example.org", DEAD], **cache)
    first = two.listed(source)
    second = two.listed(source)
    assert [call.split()[-3] for call in two.calls()].count("xen1.example.org") == 1
    assert [call.split()[-3] for call in two.calls()].count(DEAD) == 2
    assert first["_meta"] == second["_meta"]
    two.source(dom0s=["xen1.example.org"], user="somebody", **cache)
    assert two.listed(source)["_meta"] == first["_meta"]
    assert [call.split()[-3] for call in two.calls()].count("xen1.example.org") == 2


@pytest.mark.parametrize("cached", [False, True])
def test_a_hostile_guest_is_data(fleet: FakeFleet, cached: bool) -> None:
    """Nothing of a guest's name, its config or its bridge is ever a template, a word of a shell, or another host."""
    made = fleet.root / "made"
    run = "{{ lookup('ansible.builtin.pipe', 'touch " + str(made) + "') }}"
    host = fleet.host("xen1.example.org", bridges=["bridge0"])
    names = [
        run,
        f"$(touch {made})",
        "a\nb   7     1     1     r-----       1.0",
        "localhost",
        "all",
        "-oProxyCommand=x",
        "ü",
    ]
    for name in names:
        add(host, "plain")
        state = host.state
        state["domains"][-1]["name"] = state["domains"][-1]["config"]["c_info"]["name"] = name
        host.state_file.write_text(json.dumps(state), encoding="utf-8")
    options: dict[str, Any] = {"dom0s": ["xen1.example.org"], "keyed_groups": [{"key": "xen_name", "prefix": "n"}]}
    if cached:
        options.update(cache=True, cache_plugin="ansible.builtin.jsonfile", cache_connection=str(fleet.root / "cache"))
    source = fleet.source(**options)
    found = fleet.listed(source)
    hosts = found["_meta"]["hostvars"]
    assert sorted(variables["xen_name"] for variables in hosts.values()) == sorted(names)
    assert found["trusted"] == []
    assert not {"localhost", "all"} & set(hosts)
    assert all(name.isascii() or name == "ü" for name in hosts)
    assert not any(set(name) & set(" {}$()'\n,:&![]*~/") or name.startswith("-") for name in hosts), hosts
    play = fleet.root / "play.yml"
    show = {"ansible.builtin.debug": {"msg": "<{{ xen_name }}|{{ hostvars[inventory_hostname].xen_name }}>"}}
    play.write_text(json.dumps([{"hosts": "xen_domains", "gather_facts": False, "tasks": [show]}]), encoding="utf-8")
    said = fleet.run(
        "ansible-playbook", "-i", str(source), "-c", "local", str(play), ANSIBLE_CALLBACK_RESULT_FORMAT="yaml"
    )
    assert "lookup('ansible.builtin.pipe'" in said.stdout
    assert not made.exists()


def test_what_is_wrong_with_the_file_is_said(fleet: FakeFleet) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"dom0s": [{"name": "a", "usr": "x"}]}, "no such option of a dom0: usr."),
        ({"dom0s": ["-oProxyCommand=id"]}, "this is no host name and no address"),
        ({"dom0s": [3]}, "give a name, or a dictionary"),
    ]
    for options, message in cases:
        done = fleet.run("ansible-inventory", "-i", str(fleet.source(**options)), "--list", rc=None)
        assert done.returncode != 0 and message in done.stderr, done.stderr
    assert fleet.calls() == []
