# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The supervisor of a NetBSD-faced host, as far as it needs no QEMU."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import time
from pathlib import Path
from typing import cast

import pytest
from xenlab import boots, firmware, inventory, machine, qmp, tools, warm
from xenlab.boots import Boot
from xenlab.disk import GuestDisk
from xenlab.firmware import Firmware, Specification, panic_message
from xenlab.machine import Machine, Wiring
from xenlab.ssh import Ssh
from xenlab.state import State

WIRING = Wiring(
    Path("/lab/disk"), Path("/lab/a,b/console.log"), Path("/lab/pid"), Path("/run/qmp"), 2222, Path("/run/ev")
)


def test_a_machine_with_a_supervisor_ends_at_a_reset_and_appends_to_its_console() -> None:
    command = machine.command("t1", Machine(netbsd=True), WIRING, boot=["-kernel", "xen"])
    assert "-no-reboot" in command
    assert "file,id=console,path=/lab/a,,b/console.log,append=on" in command
    assert "unix:/run/ev,server=on,wait=off" in command
    assert command[command.index("-kernel") + 1] == "xen"


def test_the_netbsd_face_has_snapshots_of_its_own_whatever_it_boots() -> None:
    face = Machine(netbsd=True)
    assert face.key("QEMU 7.2") != Machine().key("QEMU 7.2")
    assert face.key("QEMU 7.2") != Machine(netbsd=True, memory=2048).key("QEMU 7.2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "(XEN) Panic on CPU 0:\n(XEN) Could not construct domain 0\n(XEN) ****\n",
            "Panic on CPU 0: Could not construct domain 0",
        ),
        ("(XEN) Panic on CPU 0:\n(XEN) Could not cons", ""),
        ("[    1.2] Kernel panic - not syncing: VFS\n", "[    1.2] Kernel panic - not syncing: VFS"),
        ("LAB_READY 3.1\n", ""),
    ],
)
def test_a_panic_is_told_with_its_reason(text: str, message: str) -> None:
    assert panic_message(text) == message


def test_the_specification_survives_its_file(tmp_path: Path) -> None:
    wanted = Specification(
        "t1", "/lab/t1", "/lab/initrd", Machine(netbsd=True, memory=2048), "/run/x", 2222, "/lab/warm"
    )
    wanted.save(tmp_path / "spec.json")
    assert Specification.load(tmp_path / "spec.json") == wanted


def test_boots_are_written_and_described(tmp_path: Path) -> None:
    boot = Boot(
        2, 1.0, loader="boot.cfg", config="/boot.cfg", entry=1, title="Xen", why="default, after 5 s", kind="xen"
    )
    boot.xen, boot.xen_arguments, boot.kernel = "/xen.gz", "dom0_mem=512M", "/netbsd-XEN3_DOM0.gz"
    boot.result = "panic: Panic on CPU 0: no dom0"
    boots.save(tmp_path, [Boot(1, 0.0), boot])
    assert boots.load(tmp_path) == [Boot(1, 0.0), boot]
    assert boot.failed
    assert not Boot(1, 0.0).failed
    assert boots.describe(boot).splitlines() == [
        "boot 2: xen, panic: Panic on CPU 0: no dom0",
        "  /boot.cfg: entry 1 `Xen` (default, after 5 s)",
        "  xen:    /xen.gz dom0_mem=512M",
        "  kernel: /netbsd-XEN3_DOM0.gz",
    ]
    assert boots.load(tmp_path / "nothing") == []


def machine_that_is_off(directory: Path) -> Firmware:
    """A supervisor whose machine has not yet been switched on."""
    return Firmware(
        Specification(
            "t1", str(directory), str(directory / "initrd"), Machine(netbsd=True), str(directory), 1, str(directory)
        )
    )


def test_who_sits_at_the_console_does_so_for_one_boot(tmp_path: Path) -> None:
    host = machine_that_is_off(tmp_path)
    (tmp_path / firmware.NEXT).write_text(json.dumps({"entry": 2, "command": None}))
    assert host._person().entry == 2
    assert host._person().entry is None


def test_a_machine_that_resets_itself_again_and_again_is_given_up(tmp_path: Path) -> None:
    host = machine_that_is_off(tmp_path)
    for _boot in range(firmware.LOOP_LIMIT):
        host._new_boot()
        assert not host._loops()
        host._note(ended="reset by the guest")
    host._new_boot()
    assert host._loops()
    host.boots[0].result = boots.UP
    assert not host._loops()


def test_only_netbsd_faced_hosts_are_in_the_group_and_have_pkgsrcs_python() -> None:
    ssh = Ssh(Path("/lab/image"), 2222, Path("/run/ssh"))
    hosts = [
        (State(name, "/lab/image", Machine(netbsd=face), 2222, 1, None, 0.0), ssh)
        for name, face in (("xen1", False), ("n1", True))
    ]
    text = inventory.render(hosts)
    assert text.endswith("netbsd:\n  hosts:\n    n1: {}\n")
    assert text.count('"/usr/pkg/bin/python3.11"') == 1
    assert "netbsd:" not in inventory.render(hosts[:1])


@pytest.mark.skipif(bool(tools.missing(("mke2fs", "debugfs"))), reason="needs e2fsprogs")
def test_files_are_read_out_of_a_disk_that_is_not_mounted(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "grub").mkdir(parents=True)
    (root / "boot.cfg").write_bytes(b"menu=A:boot\n")
    (root / "grub" / "menu lst").write_bytes(b"title\n")
    (root / "link").symlink_to("grub/menu lst")
    (root / "loop").symlink_to("loop")
    raw = tmp_path / "disk"
    mke2fs = shutil.which("mke2fs", path=tools.SEARCH_PATH)
    assert mke2fs
    subprocess.run([mke2fs, "-q", "-t", "ext4", "-d", str(root), str(raw), "4M"], check=True)
    disk = GuestDisk(raw)
    assert disk.read("/boot.cfg") == b"menu=A:boot\n"
    assert disk.read("/link") == b"title\n"
    assert [disk.read(name) for name in ("/grub", "/nothere", "/loop", 'bad"name', "relative")] == [None] * 5


def test_a_saved_boot_belongs_to_all_that_went_into_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "qemu_version", lambda: "QEMU 7.2")
    boot = tmp_path / "boot"
    boot.mkdir()
    (boot / "xen").write_bytes(b"4.18")
    face = Machine(netbsd=True)
    place = warm.place(tmp_path, face, ["-append", "dom0_mem=512M"], boot)
    (boot / "boot.json").write_text("{}")  # the record of the boot is no part of it
    assert warm.place(tmp_path, face, ["-append", "dom0_mem=512M"], boot) == place
    (boot / "xen").write_bytes(b"4.20")
    others = {
        warm.place(tmp_path, face, ["-append", "dom0_mem=512M"], boot),
        warm.place(tmp_path, face, ["-append", "dom0_mem=768M"], boot),
        warm.place(tmp_path, Machine(netbsd=True, memory=2048), ["-append", "dom0_mem=512M"], boot),
    }
    assert len(others | {place}) == 4


class MonitorOfAPausedMachine:
    """Takes commands and says that each migration is complete."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def do(self, command: str, **arguments: object) -> dict[str, str]:
        self.commands.append(command)
        if command == "migrate":
            Path(shlex.split(str(arguments["uri"]))[-1]).write_bytes(b"memory")
        return {"status": "completed"}


@pytest.mark.parametrize(
    ("screen", "age", "saved"),
    [("LAB_PAUSE\n", 0.0, True), ("LAB_PAUSE\nLAB_RESUME\n", 0.0, False), ("LAB_PAUSE\n", 10.0, False)],
)
def test_a_boot_that_may_have_gone_on_is_not_saved(tmp_path: Path, screen: str, age: float, saved: bool) -> None:
    console, target = tmp_path / "console.log", tmp_path / "warm" / "key.lz4"
    console.write_text(f"LAB_RESUME of another boot\n{screen}")
    monitor = MonitorOfAPausedMachine()
    not_before = time.monotonic() - age
    assert warm.save(cast(qmp.Monitor, monitor), target, console, 27, not_before) is saved
    assert target.exists() is saved
    assert (monitor.commands[0], monitor.commands[-1]) == ("stop", "cont")
