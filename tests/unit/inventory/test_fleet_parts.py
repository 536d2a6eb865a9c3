# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of the inventory: settings, command lines, answers, addresses, names."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.plugin_utils import (
    _fleet_addresses,
    _fleet_guests,
    _fleet_names,
    _fleet_query,
    _fleet_settings,
    _fleet_ssh,
)

SETTINGS = _fleet_settings.Settings("xen1", "xen1", address_sources=("config", "leases", "neighbours"))
HEADER = "Name                                        ID   Mem VCPUs\tState\tTime(s)"
MARK = "part-0"


def answer(*parts: tuple[str, str]) -> str:
    return "".join(f"\n{MARK} {name}\n{text}" for name, text in (*parts, ("end", "")))


def asked(listing: str, long: str = "[]", *more: tuple[str, str], toolstack: str = "xl") -> _fleet_query.Answer:
    parts = (("toolstack", toolstack), ("list", listing), ("status", "0\n"), ("long", long), ("status", "0\n"), *more)
    return _fleet_query.parse(answer(*parts), MARK)


def row(name: str, domid: int, flags: str = "r-----") -> str:
    return f"{name:<40} {domid:5d}    64     1     {flags}       1.0"


# Settings


def test_what_one_dom0_says_goes_before_what_all_do() -> None:
    found = _fleet_settings.of_dom0(
        "xen1",
        {"user": "root", "timeout": 30, "path": ["/a"]},
        {"user": "ops", "become": "yes", "path": "/b", "port": "22"},
    )
    assert (found.user, found.timeout, found.become, found.path, found.port) == ("ops", 30, True, ("/b",), 22)


@pytest.mark.parametrize(
    "own",
    [
        {"port": 0}, {"port": 65536}, {"timeout": "soon"}, {"become": "perhaps"}, {"toolstack": "virsh"},
        {"connection": "telnet"}, {"host": "-oProxyCommand=id"}, {"host": "a b"}, {"host": "a;b"}, {"host": ""},
    ],
)  # fmt: skip
def test_what_a_dom0_cannot_have(own: dict[str, object]) -> None:
    with pytest.raises(BadValue):
        _fleet_settings.of_dom0("xen1", {}, own)


def test_variables_of_a_dom0() -> None:
    variables = {
        "ansible_host": "10.0.0.1", "ansible_ssh_port": 2222, "ansible_user": "ops", "ansible_become": True,
        "ansible_become_method": "doas", "ansible_ssh_common_args": "-a", "ansible_ssh_extra_args": "-b",
        "xen_toolstack": "xm", "xen_config_dir": "/etc/x", "ansible_port": None,
    }  # fmt: skip
    assert set(variables) <= set(_fleet_settings.VARIABLES)
    assert _fleet_settings.from_variables(variables) == {
        "host": "10.0.0.1", "port": 2222, "user": "ops", "become": True, "become_command": "doas -n",
        "ssh_common_args": "-a -b", "toolstack": "xm", "config_dirs": ["/etc/x"],
    }  # fmt: skip
    assert _fleet_settings.from_variables({"ansible_connection": "local"}) == {"connection": "local"}


# Command lines


def test_the_command_line_of_ssh() -> None:
    client = _fleet_ssh.Client("/usr/bin/ssh", "/cp", check_host_keys=False)
    one = SETTINGS._replace(port=22, user="ops", private_key_file="/k", ssh_args="-o ControlPersist=60s", become=True)
    assert _fleet_ssh.command(one, client) == [
        "/usr/bin/ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "StrictHostKeyChecking=no",
        "-p", "22", "-l", "ops", "-i", "/k", "-o", "ControlPersist=60s", "-o", 'ControlPath="/cp/c4975be6bf"',
        "--", "xen1", "sudo -n sh -s",
    ]  # fmt: skip
    assert _fleet_ssh.command(SETTINGS._replace(connection="local"), client) == ["sh", "-s"]
    given = SETTINGS._replace(ssh_args="-o ControlPersist=1m -o ControlPath=/x")
    assert "/cp" not in " ".join(_fleet_ssh.command(given, client))
    named = SETTINGS._replace(ssh_args="-o ControlPersist=1m", control_path="%(directory)s/%%C")
    assert 'ControlPath="/cp/%C"' in _fleet_ssh.command(named, client)


def test_the_shared_connection_is_that_of_ansible() -> None:
    ssh = pytest.importorskip("ansible.plugins.connection.ssh")
    client = _fleet_ssh.Client("ssh", "/cp")
    line = _fleet_ssh.command(SETTINGS._replace(user="ops", ssh_args="-o ControlPersist=1m"), client)
    path = ssh.Connection._create_control_path("xen1", None, "ops") % {"directory": "/cp"}
    assert f'ControlPath="{path}"' in line


def test_a_dom0_without_ssh_or_that_says_too_much_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "cannot run /no/ssh" in _fleet_ssh.ask(SETTINGS, _fleet_ssh.Client("/no/ssh")).problem
    monkeypatch.setattr(_fleet_ssh, "_SIZE_LIMIT", 100_000)
    endless = tmp_path / "ssh"
    endless.write_text("#!/bin/sh\nexec yes\n")
    endless.chmod(0o755)
    assert "it says more than" in _fleet_ssh.ask(SETTINGS, _fleet_ssh.Client(str(endless))).problem


# Question and answer


@given(st.lists(st.text("ab $`'\"\\;\n*", min_size=1), max_size=3), st.text("x'$(`\n;", min_size=1))
@settings(max_examples=15)
def test_no_word_of_the_settings_is_run(words: list[str], word: str) -> None:
    """Whatever the paths are, the script is read by sh, runs to its end, and does nothing that they say."""
    odd = SETTINGS._replace(xl=word, xm=word, configured=True, config_dirs=tuple(words), lease_files=tuple(words))
    script = _fleet_query.script(odd._replace(path=("/nowhere",), toolstack="auto"), MARK)
    done = subprocess.run(
        ["sh", "-s"], input=script, capture_output=True, text=True, check=False, cwd="/proc/self/fdinfo"
    )
    assert done.returncode == 0, done.stderr
    assert _fleet_query.parse(done.stdout, MARK).text("toolstack") == "none\n"


@given(st.text("part-0 list\nend", max_size=60))
def test_a_part_is_what_it_was(text: str) -> None:
    mark = _fleet_query.new_mark()
    found = _fleet_query.parse(f"{text}\n{mark} list\n{text}\n{mark} status\n0\n\n{mark} end\n", mark)
    assert found.parts["list"] == (text, 0)


@pytest.mark.parametrize("text", ["", "Permission denied", f"\n{MARK} list\nName", answer()[:-6]])
def test_an_answer_that_ends_early(text: str) -> None:
    with pytest.raises(XenError, match="ends early"):
        _fleet_query.parse(text, MARK)


# Guests


def test_a_line_that_is_none_is_a_warning() -> None:
    listing = "\n".join(["WARNING: of the libraries", HEADER, row("Domain-0", 0), row("web", 1), "what is this"])
    data, warnings = _fleet_guests.guests(asked(listing), SETTINGS)
    assert [(guest["name"], guest["type"]) for guest in data["guests"]] == [("web", "unknown")]
    assert len(warnings) == 1 and "what is this" in warnings[0]


def test_a_name_with_a_line_in_it_is_no_other_guest() -> None:
    name = f"a\n{row('evil', 2, '--p---')}"
    listing = "\n".join([HEADER, row("Domain-0", 0), row(name, 1), row("web", 2)])
    long = [{"domid": 1, "config": {"c_info": {"name": name}}}, {"domid": 2, "config": {"c_info": {"name": "web"}}}]
    data, _warnings = _fleet_guests.guests(asked(listing, json.dumps(long)), SETTINGS)
    assert "web" in [guest["name"] for guest in data["guests"]]
    assert "evil" not in [guest["name"] for guest in data["guests"]]


def test_of_xen_4_2_and_of_a_domain_that_dies() -> None:
    listing = "\n".join(
        [HEADER, row("Domain-0", 0), row("web", 1), row("gone", 2, "-----d"), row("(null)", 3, "-----d")]
    )
    long = json.dumps(
        [{"domid": 1, "config": {"c_info": {"type": "pv", "name": "web"}, "vifs": [{"mac": "AA:0:0:0:0:1"}]}}]
    )
    data, warnings = _fleet_guests.guests(asked(listing, long, ("info", "xen_major : 4\nxen_minor : 2\n")), SETTINGS)
    web, gone = data["guests"]
    assert (web["vifs"][0]["mac"], data["version"], warnings) == ("aa:0:0:0:0:1", "4.2", [])
    assert (gone["name"], gone["state"], gone["vifs"]) == ("gone", "dying", [])


def test_what_xend_remembers_is_stopped() -> None:
    listing = (
        "Name                                      ID Mem(MiB) VCPUs State  Time(s)\nDomain-0   0  512  1 r-----  1.0\n"
    )
    listing += "kept                                          64     1             0.0\n"
    long = "(domain (name kept) (memory 64) (vcpus 1) (device (vif (mac 00:16:3e:00:00:01) (bridge bridge0))))"
    data, _warnings = _fleet_guests.guests(asked(listing, long, toolstack="xm"), SETTINGS)
    (kept,) = data["guests"]
    assert (kept["name"], kept["state"], kept["domid"], kept["memory"]) == ("kept", "stopped", None, 64)


@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(["xl", "xm"]))
@example("Name ID", '{"domid": 1}', "xl")
@example("Name ID Mem", "[[1]]", "xl")
@example("Name", '[{"domid": 1, "config": {"nics": [3], "c_info": 4}}]', "xl")
def test_nonsense_is_a_problem_and_never_a_crash(listing: str, long: str, toolstack: str) -> None:
    try:
        _fleet_guests.guests(asked(listing, long, toolstack=toolstack), SETTINGS)
    except XenError as error:
        assert str(error)


# Addresses


def test_neighbours_of_linux_and_netbsd() -> None:
    linux = """10.77.0.9 dev xenbr0 lladdr 00:16:3e:00:00:09 REACHABLE
10.77.0.8 dev xenbr0  FAILED
fe80::216:3eff:fe00:9 dev xenbr0 lladdr 00:16:3e:00:00:09 router STALE
2001:db8::9 dev xenbr0 lladdr 00:16:3e:00:00:09 STALE
"""
    netbsd = """? (10.0.2.2) at 52:54:0:12:35:2 on wm0
? (10.0.2.7) at (incomplete) on wm0
gate (10.0.2.1) at 52:54:00:12:35:01 on bridge0 permanent
"""
    assert _fleet_addresses.neighbours(linux) == {"00:16:3e:00:00:09": ["10.77.0.9", "2001:db8::9"]}
    assert _fleet_addresses.neighbours(netbsd) == {"52:54:00:12:35:02": ["10.0.2.2"], "52:54:00:12:35:01": ["10.0.2.1"]}


def test_leases_of_dhcpd_and_dnsmasq() -> None:
    dhcpd = """# The format of this file is documented in the dhcpd.leases(5) manual page.
lease 10.0.0.5 {
  starts 1 2026/11/23 01:00:00;
  binding state active;
  hardware ethernet 00:16:3e:00:00:01;
}
lease 10.0.0.6 {
  binding state active;
  hardware ethernet 00:16:3e:00:00:02;
}
lease 10.0.0.5 {
  binding state free;
  hardware ethernet 00:16:3e:00:00:01;
}
lease 10.0.0.7 {
  binding state active;
  hardware ethernet 00:16:3e:00:00:02;
}
"""
    dnsmasq = """1795400000 00:16:3e:00:00:03 10.0.0.8 web 01:00:16:3e:00:00:03
duid 00:01
1795400000 1 2001:db8::1 web 00:01
"""
    assert _fleet_addresses.leases(dhcpd) == {"00:16:3e:00:00:02": ["10.0.0.7"]}
    assert _fleet_addresses.leases(dnsmasq) == {"00:16:3e:00:00:03": ["10.0.0.8"]}


@given(st.text(max_size=200))
def test_any_text_is_a_table(text: str) -> None:
    for table in (_fleet_addresses.neighbours(text), _fleet_addresses.leases(text)):
        assert all(len(mac) == 17 for mac in table)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("10.0.0.5 2001:db8::5/64", ["10.0.0.5", "2001:db8::5"]), ("fe80::1 127.0.0.1 0.0.0.0 224.0.0.1", []),
        ("{{ x }} -oProxyCommand=x 10.0.0.5;id", []), (None, []), ("10.0.0.5/24", ["10.0.0.5"]),
    ],
)  # fmt: skip
def test_only_addresses_are_addresses(words: str | None, found: list[str]) -> None:
    assert _fleet_addresses.static(words) == found


def test_ipv4_goes_first() -> None:
    assert _fleet_addresses.preferred(["2001:db8::1", "10.0.0.1"]) == "10.0.0.1"
    assert _fleet_addresses.preferred(["2001:db8::1"]) == "2001:db8::1"
    assert _fleet_addresses.preferred([]) is None


# Names


def guest(name: str, dom0: str, domid: int | None = 1) -> tuple[str, dict[str, object]]:
    return name, {"xen_name": name, "xen_dom0": dom0, "xen_domid": domid}


def test_one_that_exists_goes_before_one_that_is_configured() -> None:
    named, warnings = _fleet_names.named([guest("web", "xen1", None), guest("web", "xen2")], [])
    assert [(one.host, one.variables["xen_dom0"]) for one in named] == [("web", "xen2")]
    assert warnings == []


def test_two_of_a_name_are_both_told_apart() -> None:
    named, warnings = _fleet_names.named([guest("web", "xen1"), guest("web", "xen2"), guest("xen1", "xen2")], ["xen1"])
    assert [one.host for one in named] == ["web.xen1", "web.xen2", "xen1.xen2"]
    assert len(warnings) == 3


@given(st.lists(st.tuples(st.text(max_size=8), st.sampled_from(["x1", "x2"]), st.sampled_from([None, 1])), max_size=8))
def test_names_are_safe_and_no_two_alike(guests: list[tuple[str, str, int | None]]) -> None:
    named, _warnings = _fleet_names.named([guest(*one) for one in guests], ["x1", "x2", "xen_domains"])
    hosts = [one.host for one in named]
    assert len(set(hosts)) == len(hosts)
    for host in hosts:
        assert host not in ("x1", "x2", "xen_domains", *_fleet_names.RESERVED)
        assert host and not host.startswith("-") and not set(host) & set(" \n\t:,&!*[]{}~/@")
        assert shlex.split(host) == [host] and os.path.basename(host) == host
