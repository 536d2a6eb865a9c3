# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""QEMU's arguments, and what a snapshot depends on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from xenlab import machine, snapshot
from xenlab.errors import LabError
from xenlab.machine import Machine, Wiring

WIRING = Wiring(Path("/lab/a,b/disk.qcow2"), Path("/lab/console.log"), Path("/lab/qemu.pid"), Path("/run/qmp"))


def value_of(option: str, command: list[str]) -> str:
    return command[command.index(option) + 1]


def test_xen_is_loaded_with_linux_as_its_module_and_no_comma_splits_it() -> None:
    command = machine.command("t1", Machine(dom0_memory=512), WIRING)
    assert value_of("-kernel", command) == "xen"
    assert value_of("-append", command).startswith("dom0_mem=512M,max:512M ")
    modules = value_of("-initrd", command)
    assert modules.startswith("vmlinux console=hvc0 ")
    assert modules.replace(",,", "").count(",") == 1
    assert modules.endswith(",initrd.gz")


def test_bare_starts_linux_itself() -> None:
    command = machine.command("t1", Machine(bare=True), WIRING)
    assert value_of("-kernel", command) == "vmlinuz"
    assert "console=ttyS0" in value_of("-append", command)


def test_emulation_is_the_default_and_has_no_smap() -> None:
    command = machine.command("t1", Machine(), WIRING)
    assert value_of("-accel", command).startswith("tcg")
    assert "smap" not in value_of("-cpu", command)
    assert value_of("-accel", machine.command("t1", Machine(kvm=True), WIRING)) == "kvm"


def test_the_lab_is_on_the_loopback_interface_alone() -> None:
    network = value_of("-netdev", machine.command("t1", Machine(), WIRING))
    assert "restrict=on" in network
    assert "hostfwd=tcp:127.0.0.1:0-:22" in network


def test_commas_in_paths_are_doubled() -> None:
    assert "file=/lab/a,,b/disk.qcow2," in value_of("-drive", machine.command("t1", Machine(), WIRING))


def test_a_restored_machine_differs_from_a_booted_one_in_its_source_only() -> None:
    booted = machine.command("t1", Machine(), WIRING)
    restored = machine.command("t1", Machine(), WIRING, "lz4 -dc ram")
    assert restored == [*booted, "-incoming", "exec:lz4 -dc ram"]


@pytest.mark.parametrize("change", [{"memory": 8192}, {"cpus": 2}, {"dom0_memory": 512}, {"bare": True}, {"kvm": True}])
def test_every_part_of_the_machine_is_in_the_key(change: dict[str, int]) -> None:
    assert replace(Machine(), **change).key("QEMU 7.2") != Machine().key("QEMU 7.2")


def test_the_version_of_qemu_is_in_the_key() -> None:
    assert Machine().key("QEMU 7.2") != Machine().key("QEMU 10.0")


def test_a_snapshot_is_found_for_its_own_machine_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "qemu_version", lambda: "QEMU 7.2")
    place = snapshot.place(tmp_path, "with-guests", Machine())
    place.directory.mkdir(parents=True)
    (place.directory / "meta.json").write_text("{}")
    assert snapshot.find(tmp_path, "with-guests", Machine()) == place
    assert snapshot.find(tmp_path, "with-guests", Machine(memory=8192)) is None
    assert [each.name for each in snapshot.every(tmp_path)] == ["with-guests"]


@pytest.mark.parametrize("name", ["", "../x", "A", "a/b", "-a", "a" * 60, ".unfinished"])
def test_names_that_could_leave_their_directory_are_refused(name: str) -> None:
    with pytest.raises(LabError, match="cannot be a name here"):
        snapshot.check_name(name)


def test_the_restore_command_quotes_its_path() -> None:
    assert snapshot.Snapshot("s", Path("/a b")).restore_command == "lz4 -dc '/a b/ram.lz4'"
