# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""State, inventory, tools, locks, sockets, initramfs and command line of the lab, without a machine."""

from __future__ import annotations

import json
import lzma
import subprocess
from pathlib import Path

import pytest
import yaml
from xenlab import cli, cpio, inventory, kernel, locks, paths, progress, state, tools
from xenlab.build import complete_or_nothing
from xenlab.errors import LabError
from xenlab.machine import Machine
from xenlab.ssh import Ssh
from xenlab.state import State

STATE = State("xen1", "/lab/image-1", Machine(memory=8192), 40123, 77, "ready", 1.5)
SSH = Ssh(Path("/lab/image 1"), 40123, Path("/run/lab/ssh"))


def test_a_state_survives_its_file(tmp_path: Path) -> None:
    state.save(STATE, tmp_path / "state.json")
    assert state.load(tmp_path / "state.json") == STATE
    assert state.load(tmp_path / "none.json") is None


@pytest.mark.parametrize("text", ["{", json.dumps({"name": "x"}), json.dumps({"machine": {"wheels": 4}})])
def test_a_foreign_state_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(text)
    with pytest.raises(LabError, match=str(file)):
        state.load(file)


def test_the_inventory_is_yaml_that_ansible_can_connect_with() -> None:
    data = yaml.safe_load(inventory.render([(STATE, SSH)]))
    host = data["dom0s"]["hosts"]["xen1"]
    assert (host["ansible_host"], host["ansible_port"], host["ansible_user"]) == ("127.0.0.1", 40123, "root")
    assert host["ansible_ssh_private_key_file"] == "/lab/image 1/id_ed25519"
    assert "'UserKnownHostsFile=/lab/image 1/known_hosts'" in host["ansible_ssh_common_args"]
    assert "StrictHostKeyChecking=yes" in host["ansible_ssh_common_args"]
    assert "ControlMaster=auto" in host["ansible_ssh_args"]
    assert host["ansible_control_path"] == "/run/lab/ssh"
    assert host["ansible_pipelining"] is True
    assert host["ansible_python_interpreter"] == "/usr/bin/python3"


def test_missing_tools_are_one_line_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "SEARCH_PATH", "/nonexistent")
    with pytest.raises(LabError) as caught:
        tools.require(["qemu-system-x86_64", "debootstrap", "ssh", "ssh-keygen"])
    assert str(caught.value) == (
        "missing qemu-system-x86_64, debootstrap, ssh, ssh-keygen: "
        "apt-get install qemu-system-x86 debootstrap openssh-client"
    )


def test_every_tool_that_is_needed_has_a_package() -> None:
    assert set(tools.TO_BUILD) <= set(tools.PACKAGE_OF)


def test_the_socket_paths_are_short_and_differ(tmp_path: Path) -> None:
    deep = paths.Paths(tmp_path / ("x" * 100))
    assert len(str(deep.sockets("t1") / "ssh")) + len(".1234567890123456") < 108
    assert deep.sockets("t1") != deep.sockets("t2")
    assert deep.sockets("t1") != paths.Paths(tmp_path).sockets("t1")


def test_a_socket_directory_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    assert paths.make_private(tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    (tmp_path / "a").chmod(0o755)
    with pytest.raises(LabError, match="not a private directory"):
        paths.make_private(tmp_path / "a" / "b")


def test_a_second_holder_of_a_lock_waits_and_gives_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (
        locks.lock(tmp_path / "lock", "a test", 1),
        pytest.raises(LabError, match="busy with a test"),
        locks.lock(tmp_path / "lock", "a test", 0.1),
    ):
        pytest.fail("two holders of one lock")
    assert "waiting for another xenlab" in capsys.readouterr().err
    with locks.lock(tmp_path / "lock", "a test", 0.1):
        pass


def test_an_interrupted_stage_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), complete_or_nothing(tmp_path / "image-1") as work:
        (work / "disk.img").write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with complete_or_nothing(tmp_path / "image-1") as work:
        (work / "disk.img").write_text("whole")
    assert (tmp_path / "image-1" / "disk.img").read_text() == "whole"


def test_a_failed_command_shows_the_end_of_its_log(tmp_path: Path) -> None:
    command = ["sh", "-c", "seq 100; exit 3"]
    with pytest.raises(LabError, match=r"counting: failed \(3\)") as caught:
        progress.run_logged(command, "counting", tmp_path / "log", 30, tools.environment())
    assert caught.value.detail.endswith("99\n100")
    assert "1\n" not in caught.value.detail[:3]


def test_a_command_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="took more than 0 s"):
        progress.run_logged(["sleep", "60"], "sleeping", tmp_path / "log", 0.3, tools.environment())


def test_an_initramfs_is_what_cpio_makes_of_it(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "bin").mkdir(parents=True)
    (tree / "bin" / "sh").symlink_to("busybox")
    (tree / "init").write_text("#!/bin/sh\n")
    (tree / "init").chmod(0o755)
    data = cpio.archive(tree)
    assert data == cpio.archive(tree)
    assert len(data) % 4 == 0
    names = [b"bin\0", b"init\0", b"bin/sh\0", b"TRAILER!!!\0"]
    places = [data.index(name) for name in names]
    assert places == sorted(places)
    header = data[places[1] - 110 : places[1]]
    assert header[:6] == b"070701"
    assert int(header[14:22], 16) == 0o100755
    assert int(header[54:62], 16) == len("#!/bin/sh\n")
    assert b"busybox" in data


def make_modules(directory: Path) -> kernel.Modules:
    (directory / "kernel").mkdir(parents=True)
    (directory / "modules.dep").write_text(
        "kernel/ext4.ko: kernel/jbd2.ko kernel/crc16.ko\n"
        "kernel/jbd2.ko: kernel/crc16.ko\n"
        "kernel/crc16.ko:\n"
        "kernel/snd-pcm.ko:\n"
    )
    (directory / "modules.builtin").write_text("kernel/xen-blkback.ko\n")
    for name in ("ext4", "jbd2", "crc16", "snd-pcm"):
        (directory / "kernel" / f"{name}.ko").write_text(name)
    return kernel.Modules(directory)


def test_modules_come_after_what_they_need(tmp_path: Path) -> None:
    modules = make_modules(tmp_path / "6.1")
    assert modules.closure(["ext4", "xen_blkback"]) == ["kernel/crc16.ko", "kernel/jbd2.ko", "kernel/ext4.ko"]
    with pytest.raises(LabError, match=r"kernel 6\.1 has no module zfs"):
        modules.closure(["zfs"])


def test_modules_that_nothing_needs_go(tmp_path: Path) -> None:
    modules = make_modules(tmp_path / "6.1")
    assert modules.keep_only(["ext4"]) == 1
    modules.copy_plain(["ext4"], tmp_path / "lib")
    assert sorted(path.name for path in (tmp_path / "lib").iterdir()) == ["10-crc16.ko", "11-jbd2.ko", "12-ext4.ko"]


def test_a_plain_kernel_is_found_behind_a_false_start() -> None:
    elf = kernel.ELF + b"kernel"
    image = b"setup" + b"\xfd7zXZ\x00 not really" + lzma.compress(elf) + b"tail"
    assert kernel.plain_kernel(image) == elf
    assert kernel.plain_kernel(b"no kernel here") is None


def test_words_after_two_dashes_are_for_dom0() -> None:
    assert cli.split_remote(["ssh", "t1", "--", "xl", "list", "--", "x"]) == (["ssh", "t1"], ["xl", "list", "--", "x"])
    assert cli.split_remote(["ssh"]) == (["ssh"], [])


def test_the_command_line_works_from_any_directory(tmp_path: Path) -> None:
    command = [str(paths.LAB_SOURCE / "lab"), "status", "nothing"]
    environment = {**tools.environment(), "XENLAB_DIR": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (cli.EXIT_NOT_RUNNING, "nothing: not running\n", "")


def test_an_instance_that_does_not_run_is_said_so(tmp_path: Path) -> None:
    command = [str(paths.LAB_SOURCE / "lab"), "ssh", "t1", "--", "true"]
    environment = {**tools.environment(), "XENLAB_DIR": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "xenlab: t1 is not up: start it with `lab up t1`\n"
