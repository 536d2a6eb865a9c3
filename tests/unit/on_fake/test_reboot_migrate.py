# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rebooting and moving guests between fake hosts: what the contract, which looks at results, does not reach."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.console import _watch, _xllog
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import (
    BadValue,
    CommandError,
    HostError,
    TimedOut,
    XenError,
)
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _apply_start, _migrate, _reboot
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _peer, _xl
from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen
from ansible_collections.netbsd.xen.tests.fake.peer import Peer

PARAMS = {
    "command": "reboot", "timeout": 2, "force": False, "config": None, "config_dir": None, "toolstack": "xl",
    "destination": "xen2", "live": True, "disks_shared": False, "move_config": False,
}  # fmt: skip
HANDSHAKE = "** Migration failed during final handshake **\nPlease CHECK AT BOTH ENDS for running instances\n"


class Bench:
    """Two fake hosts; a guest ``web`` on the first one."""

    def __init__(self, place, monkeypatch) -> None:
        self.root = place / "host"
        for folder in ("etc", "save", "disks", "log"):
            (self.root / folder).mkdir(parents=True)
        self.xen = FakeXen(place / "xen", log_dir=str(self.root / "log"), shadow_paging=True)
        self.peer = Peer(place / "peer", self.root)
        for name in ("FAKE_XL_STATE", "PATH"):
            monkeypatch.setenv(name, self.xen.environment[name])
        monkeypatch.setattr(_host, "LOG_DIR", str(self.root / "log"))
        monkeypatch.setattr(_host, "SAVE_DIR", str(self.root / "save"))
        for module in (_watch, _apply_start):
            monkeypatch.setattr(module, "_POLL_SECONDS", 0.0)
        self.config = self.root / "etc" / "web.cfg"
        self.params = {**PARAMS, "ssh_command": str(self.peer.ssh), "config_dir": str(self.root / "etc")}
        self.xl = _xl.Xl()

    def guest(self, more: str = "", **behaviour) -> None:
        self.xen.guest("web", **behaviour)
        self.config.write_text(f"name='web'\nkernel='{self.xen.kernel}'\nmemory=64\n{more}", encoding="utf-8")
        self.xl.run(["xl", "create", str(self.config)])

    def do(self, kind, **params):
        """Plan and apply one command."""
        command = kind(self.xl, "web", {**self.params, **params})
        command.rows = self.xl.listing()
        watch = _watch.Watch(self.xl, "web")
        return command.apply(watch, command.plan(watch.row()))


@pytest.fixture
def bench(tmp_path, monkeypatch):
    return Bench(tmp_path, monkeypatch)


class TestReboot:
    def test_it_is_back_under_another_id(self, bench):
        bench.guest()
        done = bench.do(_reboot.Reboot)
        assert (done["old_domid"], done["forced"]) == (1, False)
        assert bench.xen.domain("web")["domid"] == 2

    def test_a_guest_that_says_yes_and_does_nothing(self, bench):
        bench.guest(ignores_shutdown=True)
        with pytest.raises(TimedOut, match="it is running") as caught:
            bench.do(_reboot.Reboot, timeout=0)
        assert "powerd=YES" in caught.value.message
        assert bench.xen.domain("web")["domid"] == 1

    def test_by_force(self, bench):
        bench.guest(ignores_shutdown=True)
        assert bench.do(_reboot.Reboot, timeout=0, force=True)["forced"] is True
        assert bench.xen.domain("web")["domid"] == 2

    def test_a_guest_without_pv_drivers(self, bench):
        bench.guest()
        bench.xen.fault(
            "fails", "reboot", rc=1, stderr="PV control interface not available: sending ACPI reset button event.\n"
        )
        with pytest.raises(TimedOut, match="has no PV drivers"):
            bench.do(_reboot.Reboot)

    def test_another_failure_is_told_as_it_is(self, bench):
        bench.guest()
        bench.xen.fault("fails", "reboot", rc=1, stderr="something else\n")
        with pytest.raises(CommandError, match="something else"):
            bench.do(_reboot.Reboot, force=True)
        assert bench.xen.domain("web")["domid"] == 1

    def test_a_guest_that_crashes_when_it_comes_back(self, bench):
        bench.guest(console="up\n")
        bench.xen.guest("web", crashes_at_start=True, console="panic\n")
        with pytest.raises(XenError, match="web has crashed") as caught:
            bench.do(_reboot.Reboot)
        assert caught.value.details["error_id"] == "crashed"


class TestStart:
    def test_a_guest_that_reboots_itself_is_given_time(self, bench):
        start = _apply_start.Start(bench.xl, "web", 5)
        start.begin(listen=False)
        bench.guest(restart_gap=2)
        bench.xl.run(["xl", "reboot", "web"])
        assert start.settle(3).domid == 2

    def test_a_guest_that_powers_off(self, bench):
        start = _apply_start.Start(bench.xl, "web", 5)
        start.begin(listen=False)
        bench.guest()
        bench.xl.run(["xl", "shutdown", "web"])
        with pytest.raises(XenError, match="was started and is not there") as caught:
            start.settle(3)
        assert (caught.value.details["error_id"], caught.value.details["reason"]) == ("died", "poweroff")

    def test_what_was_not_started_is_not_looked_at(self, bench):
        assert _apply_start.Start(bench.xl, "web", 5).settle(3) is None

    def test_who_keeps_crashing_is_told_of(self, bench):
        bench.guest('on_crash = "restart"\n', crashes_at_start=True)
        for _poll in range(6):
            bench.xl.listing()
        assert "web keeps crashing: it has crashed" in _xllog.keeps_crashing("web")
        assert _xllog.keeps_crashing("db") is None


class TestMigrate:
    def test_where_the_guest_is_when_nobody_knows(self, bench, monkeypatch):
        """xl's own words for two hosts that have lost each other in the last moment."""
        bench.guest()
        run = bench.xl.run

        def broken(command, timeout=None):
            if command[1] == "migrate":
                raise CommandError("xl failed", command, 1, "", HANDSHAKE)
            return run(command)

        monkeypatch.setattr(bench.xl, "run", broken)
        with pytest.raises(XenError, match="It is running on this host, and not there on xen2") as caught:
            bench.do(_migrate.Migrate)
        assert caught.value.details["error_id"] == "migration_undefined"

    def test_an_xl_that_ssh_does_not_find(self, bench):
        bench.guest()
        command = _migrate.Migrate(bench.xl, "web", bench.params)
        command.rows = bench.xl.listing()
        command.plan(_watch.Watch(bench.xl, "web").row())
        command.view = command.view._replace(in_path=False, program="/usr/pkg/sbin/xl")
        assert command._migrate_command() == [
            *("xl", "migrate", "-s", "", "web"),
            f"exec {bench.peer.ssh} xen2 /usr/pkg/sbin/xl migrate-receive",
        ]

    def test_not_by_xm(self, bench, monkeypatch):
        monkeypatch.setattr(bench.xl, "name", "xm")
        with pytest.raises(XenError, match="Migration is for hosts with xl"):
            bench.do(_migrate.Migrate)

    def test_a_copy_that_does_not_arrive(self, bench):
        """The disk of the other host is full: the guest goes on here."""
        bench.guest()
        (bench.peer.root / "save").rmdir()
        (bench.peer.root / "save").write_text("no folder", encoding="ascii")
        with pytest.raises(XenError, match=r"could not be copied.*It is running on this host") as caught:
            bench.do(_migrate.Migrate, live=False)
        assert caught.value.details["error_id"] == "migration_failed"
        assert not list((bench.root / "save").iterdir())

    def test_a_connection_that_is_lost_while_the_guest_is_restored(self, bench, monkeypatch):
        """It may be starting there: nothing is started here, and its memory is kept."""
        bench.guest()

        def lost(_peer, words, _timeout=None):
            raise HostError("xen2 is not reached", error_id="destination_unreachable")

        monkeypatch.setattr(_peer.Peer, "call", lost)
        with pytest.raises(
            XenError, match=r"not there on this host.*Its memory is in .*web\.save\.migrating"
        ) as caught:
            bench.do(_migrate.Migrate, live=False)
        assert caught.value.details["error_id"] == "migration_undefined"
        assert bench.xen.domain("web") is None
        assert [path.name for path in (bench.root / "save").iterdir()] == ["web.save.migrating"]

    def test_a_guest_that_may_still_be_restored_there(self, bench):
        (bench.root / "save" / "web.save.migrating").write_bytes(b"memory")
        bench.peer.add_domain(f"name='web'\nkernel='{bench.xen.kernel}'\nmemory=64\n", "paused")
        with pytest.raises(XenError, match="may still be under way") as caught:
            bench.do(_migrate.Migrate, live=False)
        assert caught.value.details["error_id"] == "interrupted_migration"

    def test_a_guest_with_a_pci_function(self, bench, monkeypatch):
        bench.guest()
        libxl = bench.xl.configurations()
        libxl[1]["pcidevs"] = [{"bus": 1}]
        monkeypatch.setattr(bench.xl, "configurations", lambda: libxl)
        with pytest.raises(XenError, match="has PCI functions of this host"):
            bench.do(_migrate.Migrate)


class TestPeer:
    @pytest.mark.parametrize(
        "destination", ["", "-oProxyCommand=x", "xen2 reboot", "xen2;reboot", "xen2$(reboot)", "a\nb"]
    )
    def test_destinations_that_are_none(self, destination):
        with pytest.raises(BadValue, match="destination"):
            _peer.Peer(destination, "ssh")

    @pytest.mark.parametrize("command", ["", "ssh 'unclosed"])
    def test_commands_that_are_none(self, command):
        with pytest.raises(BadValue, match="ssh_command"):
            _peer.Peer("xen2", command)

    @pytest.mark.parametrize("destination", ["xen2", "root@xen2.example.org", "10.0.0.2", "root@[fe80::1%wm0]"])
    def test_destinations(self, destination):
        assert _peer.Peer(destination, "ssh -p 22").words == ["ssh", "-p", "22"]

    def test_a_host_without_xen(self, bench):
        bench.peer.fault("no_xen", times=None)
        with pytest.raises(HostError, match="`xl list` fails on xen2") as caught:
            _peer.Peer("xen2", str(bench.peer.ssh)).look()
        assert caught.value.details["error_id"] == "destination_not_ready"

    def test_a_host_without_xl(self, bench):
        (bench.peer.bin / "xl").unlink()
        with pytest.raises(HostError, match="has no xl that ssh could find"):
            _peer.Peer("xen2", str(bench.peer.ssh)).look()

    def test_what_is_seen(self, bench):
        (bench.root / "disks" / "a b.img").write_bytes(b"x" * 10)
        paths = [str(bench.root / "disks" / name) for name in ("a b.img", "none.img")]
        view = _peer.Peer("xen2", str(bench.peer.ssh)).look([*paths, "/dev/null"], config=str(bench.config))
        assert view.files == {paths[0]: 10, "/dev/null": None}
        assert [row.name for row in view.rows] == ["Domain-0"]
        assert view.info["free_memory"]
        assert (view.config, view.bridges, view.in_path) == (None, [], True)
