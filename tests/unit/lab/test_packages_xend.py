# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's xm: what it reads, and what it prints of the real toolstack's answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from netbsd.assemble import FILES

sys.path.insert(0, str(FILES / "root" / "usr" / "lib" / "lab-pkg"))
from labxend import config, daemon, sxp, xm  # noqa: E402

LIST = (
    "Name                                        ID   Mem VCPUs\tState\tTime(s)\n"
    "Domain-0                                     0   768     1     r-----      74.4\n"
    "web                                          7    96     1     -b----       1.5\n"
)
DETAILS = [
    {
        "domid": 7,
        "config": {
            "c_info": {"uuid": "949e787e-15df-49af-9e49-5d3e74f9c346", "name": "web"},
            "b_info": {"max_vcpus": 1, "max_memkb": 98304, "kernel": "/srv/vmlinuz", "cmdline": "root=/dev/xbd0 ro"},
            "nics": [{"mac": "00:16:3e:00:00:01", "bridge": "bridge0"}],
            "disks": [{"pdev_path": "/dev/wd0e", "vdev": "0x1", "readwrite": 1}],
        },
    }
]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    made: list[tuple[str, ...]] = []

    def xl(*arguments: str) -> subprocess.CompletedProcess[str]:
        made.append(arguments)
        answers = {("list",): LIST, ("list", "-l"): json.dumps(DETAILS)}
        code, said = (1, "libxl: error: libxl.c:1:f: Domain 7:it failed\n") if arguments[0] == "pause" else (0, "")
        return subprocess.CompletedProcess(arguments, code, answers.get(arguments, ""), said)

    monkeypatch.setattr(xm, "xl", xl)
    monkeypatch.setattr(daemon, "answers", lambda: "")
    return made


class TestConfiguration:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("memory = 64 * 2", {"memory": 128}),
            ("n = 'web'\ndisk = ['phy:/dev/' + n + ',0x1,w']", {"disk": ["phy:/dev/web,0x1,w"]}),
            ("import os\nvif = ['mac=%s' % 'aa']", {"vif": ["mac=aa"]}),
            ("t = ('a', 'b')\nname = '%s-%s' % t", {"name": "a-b"}),
            ("i = 3\nif i > 2:\n    name = 'many'\nelse:\n    name = 'few'", {"name": "many"}),
        ],
    )
    def test_what_files_say(self, text: str, expected: dict[str, Any]) -> None:
        values = config.evaluate(text, {})
        assert {key: values[key] for key in expected} == expected

    def test_the_command_line_wins(self) -> None:
        assert config.evaluate("memory = 64", {"memory": "128"})["memory"] == "128"

    @pytest.mark.parametrize(
        "text",
        ["name = nothing", "name = open('/etc/passwd')", "def f(): pass", "name =", "memory = 'a' + 1", "a.b = 1"],
    )
    def test_nothing_is_run(self, text: str) -> None:
        with pytest.raises(config.Refused):
            config.evaluate(text, {})

    def test_for_xl(self) -> None:
        values = {"name": "web", "memory": "96", "vif": [""], "nics": 2, "helper": [1], "restart": "onreboot"}
        text = config.for_xl(values, "bridge0")
        assert text.splitlines() == [
            'name = "web"',
            "memory = 96",
            'vif = [ "bridge=bridge0", "bridge=bridge0" ]',
            'on_poweroff = "destroy"',
            'on_reboot = "restart"',
            'on_crash = "destroy"',
        ]

    def test_a_bridge_that_is_named_stays(self) -> None:
        assert 'vif = [ "mac=aa,bridge=b1" ]' in config.for_xl({"vif": ["mac=aa, bridge=b1"]}, "bridge0")


class TestExpressions:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [("web", "web"), ("root=/dev/xbd0 ro", "'root=/dev/xbd0 ro'"), ("it's", "'it\\'s'"), ("", ""), (3, "3")],
    )
    def test_words(self, value: object, expected: str) -> None:
        assert sxp.atom(value) == expected

    def test_long_ones_are_broken(self) -> None:
        text = sxp.pretty(["device", ["vif", ["bridge", "b" * 40], ["script", "/usr/pkg/etc/xen/scripts/vif-bridge"]]])
        assert text.splitlines()[0] == "(device"
        assert text.splitlines()[1] == "    (vif"
        assert text.endswith("\n)")


class TestCommands:
    def test_list(self, calls: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]) -> None:
        assert xm.main("4.1", ["list"]) == 0
        heading, dom0, web = capsys.readouterr().out.splitlines()
        assert heading == f"{'Name':<40} {'ID':>5} {'Mem':>5} {'VCPUs':>5} {'State':>10} {'Time(s)':>9}"
        assert dom0.split() == ["Domain-0", "0", "768", "1", "r-----", "74.4"]
        assert xm.main("3.3", ["list", "web"]) == 0
        assert capsys.readouterr().out.splitlines()[1] == f"{'web':<40}   7    96     1     -b----      1.5"

    def test_list_long(self, calls: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]) -> None:
        assert xm.main("4.1", ["list", "-l", "web"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "(domain" and lines[-1] == ")"
        assert "    (domid 7)" in lines
        assert "    (image (linux (kernel /srv/vmlinuz) (args 'root=/dev/xbd0 ro')))" in lines
        assert "        (vif (bridge bridge0) (mac 00:16:3e:00:00:01) (backend 0))" in lines
        assert "        (vbd (dev 0x1) (uname phy:/dev/wd0e) (mode w) (backend 0))" in lines

    @pytest.mark.parametrize(("version", "code"), [("4.1", 3), ("3.1", 1)])
    def test_no_such_domain(
        self, calls: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str], version: str, code: int
    ) -> None:
        assert xm.main(version, ["domid", "nosuch"]) == code
        assert capsys.readouterr().err == "Error: Domain 'nosuch' does not exist.\n"

    def test_shutdown(self, calls: list[tuple[str, ...]]) -> None:
        assert xm.main("4.1", ["shutdown", "-a"]) == 0
        assert xm.main("4.1", ["shutdown", "-R", "web"]) == 0
        assert [call for call in calls if call[0] != "list"] == [("shutdown", "web"), ("reboot", "web")]

    def test_dom0_is_not_destroyed(self, calls: list[tuple[str, ...]]) -> None:
        assert xm.main("4.1", ["destroy", "Domain-0"]) == 1
        assert xm.main("4.1", ["destroy", "web"]) == 0
        assert calls[-1] == ("destroy", "7")

    def test_what_xl_says_is_passed_on(self, calls: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]) -> None:
        assert xm.main("4.1", ["pause", "web"]) == 1
        assert capsys.readouterr().err == "Error: it failed\n"

    def test_the_same_name_twice(
        self, calls: list[tuple[str, ...]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "web").write_text("name = 'web'\n")
        assert xm.main("4.1", ["create", str(tmp_path / "web")]) == 1
        assert capsys.readouterr().err == "Error: Domain 'web' already exists with ID '7'\n"

    def test_devices_need_xenbackendd(
        self,
        calls: list[tuple[str, ...]],
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(daemon, "pid_of", lambda name: 0)
        (tmp_path / "new").write_text("name = 'new'\nvif = ['']\n")
        assert xm.main("3.3", ["create", str(tmp_path / "new")]) == 1
        assert "Device 0 (vif) could not be connected. Hotplug scripts not working." in capsys.readouterr().err
        assert not [call for call in calls if call[0] == "create"]

    def test_no_config_file(self, calls: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]) -> None:
        assert xm.main("4.1", ["create", "nosuch"]) == 1
        assert capsys.readouterr().err == "Error: Unable to open config file: nosuch\n"

    def test_without_xend(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr(daemon, "SOCKET", "/nowhere/xmlrpc.sock")
        assert xm.main("4.1", ["list"]) == 1
        assert (
            capsys.readouterr().err == "Error: Unable to connect to xend: No such file or directory. Is xend running?\n"
        )

    def test_an_unknown_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert xm.main("4.1", ["frobnicate"]) == 1
        assert capsys.readouterr().err == "Error: Subcommand frobnicate not found!\n"
