# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps guests from being on another dom0 during an upgrade, asked of two fake hosts before anything is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xl
from ansible_collections.netbsd.xen.plugins.module_utils.upgrade import _upgrade_migrate
from ansible_collections.netbsd.xen.plugins.module_utils.upgrade._upgrade_migrate import Here, Move
from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen
from ansible_collections.netbsd.xen.tests.fake.peer import Peer

THERE = {"xen_version": "4.18.3", "free_memory": "500", "xen_commandline": "dom0_mem=512M"}
HERE = Here("4.18.3", "4.20", {"virt_caps": "pv hvm hap shadow"})
MOVE = Move("xen2", "ssh", live=True, disks_shared=False, back=True)


def row(name: str, kind: str = "pv", memory: int = 64) -> dict[str, Any]:
    return {"name": name, "memory": memory, "live": {"type": kind}}


@pytest.mark.parametrize("there", ["4.18.0", "4.19.1", "4.20.7"])
def test_a_host_between_the_two_versions_takes_them_and_gives_them_back(there: str) -> None:
    assert _upgrade_migrate.together([row("web"), row("db")], MOVE, HERE, {**THERE, "xen_version": there}) == []


@pytest.mark.parametrize(
    ("there", "move", "words"),
    [
        ({"xen_version": "4.17.5"}, MOVE, "takes no guest of Xen 4.18.3: it is older"),
        ({"xen_version": "4.21.0"}, MOVE, "a guest could not come back from there to Xen 4.20"),
        ({"free_memory": "131"}, MOVE, "xen2 has 131 MiB of memory free, and the guests need 130 MiB"),
    ],
)
def test_what_hosts_do_not_allow_is_told_once(there: dict[str, str], move: Move, words: str) -> None:
    found = _upgrade_migrate.together([row("web"), row("db")], move, HERE, {**THERE, **there})
    assert len(found) == 1
    assert words in found[0]


def test_guests_that_stay_may_go_to_a_newer_xen() -> None:
    newer = {**THERE, "xen_version": "4.21.0"}
    assert _upgrade_migrate.together([row("web")], MOVE._replace(back=False), HERE, newer) == []


@pytest.mark.parametrize(
    ("caps", "live", "refused"),
    [
        ("pv hvm hap", True, ["old"]),
        ("pv hvm hap", False, []),
        ("pv hvm hap shadow", True, []),
        # xl before 4.13 says nothing of it
        ("hvm hvm_directio", True, []),
    ],
)
def test_pv_guests_are_copied_live_only_by_shadow_paging(caps: str, live: bool, refused: list[str]) -> None:
    here = HERE._replace(info={"virt_caps": caps})
    found = _upgrade_migrate.together([row("old"), row("new", "hvm")], MOVE._replace(live=live), here, THERE)
    assert [text.partition(":")[0] for text in found] == refused


# on two fake hosts


class Hosts:
    """A guest ``web`` here, and a host ``xen2``."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        root = place / "host"
        for folder in ("etc", "save", "disks"):
            (root / folder).mkdir(parents=True)
        self.xen = FakeXen(place / "xen", shadow_paging=True)
        self.peer = Peer(place / "peer", root)
        for name in ("FAKE_XL_STATE", "PATH"):
            monkeypatch.setenv(name, self.xen.environment[name])
        monkeypatch.setattr(_host, "SAVE_DIR", str(root / "save"))
        monkeypatch.setattr(_host, "require_root", lambda: None)
        self.params = {"toolstack": "xl", "config_dir": str(root / "etc")}

    def guest(self, more: str = "") -> None:
        self.xen.add_domain(f"name='web'\nkernel='{self.xen.kernel}'\nmemory=64\n{more}")

    def look(self, **move: Any) -> list[str]:
        wish = MOVE._replace(**{"ssh_command": str(self.peer.ssh), **move})
        version = _xl.Xl().info()["xen_version"]
        return _upgrade_migrate.look([row("web")], wish, Here(version, version, {}), self.params)


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hosts:
    return Hosts(tmp_path, monkeypatch)


def test_looking_moves_nobody(hosts: Hosts) -> None:
    hosts.guest()
    assert hosts.look() == []
    assert hosts.xen.domain("web")["domid"] == 1
    assert hosts.peer.domain("web") is None


def test_without_guests_nobody_is_asked(hosts: Hosts) -> None:
    nowhere = MOVE._replace(destination="")
    assert _upgrade_migrate.look([], nowhere, HERE, hosts.params) == []
    assert "no destination is given" in _upgrade_migrate.look([row("web")], nowhere, HERE, hosts.params)[0]


def test_a_host_that_is_not_reached_is_told_once(hosts: Hosts) -> None:
    hosts.guest()
    found = hosts.look(destination="xen3")
    assert len(found) == 1
    assert "xen3 is not reached" in found[0]


def test_what_one_guest_cannot_is_told_by_its_name(hosts: Hosts) -> None:
    hosts.xen.host(bridges=["office0"])
    hosts.guest("vif=['bridge=office0']\n")
    assert hosts.look() == ["web: bridge office0 does not exist on xen2."]


def test_memory_that_is_not_there_is_told_once_and_not_for_each(hosts: Hosts) -> None:
    hosts.guest()
    hosts.peer.host(total_mib=512 + 84 + 16)
    found = hosts.look()
    assert len(found) == 1
    assert "need 64 MiB" in found[0]
