# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole task of netbsd_install, with a folder in place of the mounted disk: what is written, and in which order."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import importlib.util
import io
import json
import tarfile
from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _mount
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _host
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _guest_spec, _install_stamp, _install_task
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _attach, _disklabel

FACE = Path(__file__).parents[3] / "lab" / "files" / "netbsd" / "rootfs" / "lab" / "lib" / "label.py"
KERNEL = b"\x7fELF\x02\x01\x01".ljust(18, b"\0") + b"\x3e\0" + b"@(#)NetBSD 10.1 (XEN3_DOMU) #0\n"
MIB = 1024 * 1024


class World:
    """A NetBSD dom0 of one folder.

    :ivar commands: all that was run. :ivar fails: program that fails, with what it says.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "root"
        self.commands: list[list[str]] = []
        self.fails: dict[str, str] = {}
        spec = importlib.util.spec_from_file_location("label", FACE)
        assert spec
        assert spec.loader
        self.label = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.label)

    def run(self, words, timeout=None):
        name = words[0].rsplit("/", 1)[-1]
        self.commands.append([name, *words[1:]])
        if name in self.fails:
            return _command.Result(1, "", self.fails[name])
        if name == "disklabel":
            self.label.write(words[-2], words[-1])
        elif name == "tar":
            with tarfile.open(words[2]) as archive:
                archive.extractall(self.root, filter="data")
        return _command.Result(0, "", "")

    @contextlib.contextmanager
    def mounted(self, path, partition=None, fstype=None, read_only=False, view=None):
        assert (partition, fstype) == ("a", "ffs")
        self.root.mkdir(exist_ok=True)
        yield str(self.root)


@pytest.fixture
def world(tmp_path, monkeypatch):
    found = World(tmp_path)
    monkeypatch.setattr(_install_stamp, "FOLDER", str(tmp_path / "db"))
    monkeypatch.setattr(_host, "require_root", lambda: None)
    monkeypatch.setattr(_host, "find_program", lambda program: f"/sbin/{program}")
    monkeypatch.setattr(_install_task.platform, "system", lambda: "NetBSD")
    monkeypatch.setattr(_command, "run", found.run)
    monkeypatch.setattr(_mount, "mounted", found.mounted)
    monkeypatch.setattr(_mount, "clean_up", list)
    monkeypatch.setattr(_mount, "require_unused", lambda path, view: None)
    monkeypatch.setattr(_attach, "attach", lambda real, partition, read_only: "/dev/vnd0a")
    monkeypatch.setattr(_attach, "detach", lambda real: None)
    monkeypatch.setattr(_install_task.HostView, "open", lambda *_: None)
    with open(tmp_path / "web.img", "wb") as image:
        image.truncate(32 * MIB)
    release(tmp_path / "pub" / "NetBSD-10.1" / "amd64" / "binary")
    return found


def release(binary: Path) -> None:
    etc = {
        "etc/ttys": b'console "/usr/libexec/getty Pc" vt100 off secure\n',
        "etc/wscons.conf": b"screen\t0\t-\tvt100\n",
        "etc/rc.conf": b"rc_configured=NO\n",
        "dev/MAKEDEV": b"",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in etc.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    for folder, name, data in (
        ("sets", "etc.tgz", buffer.getvalue()),
        ("kernel", "netbsd-XEN3_DOMU.gz", gzip.compress(KERNEL)),
    ):
        (binary / folder).mkdir(parents=True)
        (binary / folder / name).write_bytes(data)
        (binary / folder / "SHA512").write_text(f"SHA512 ({name}) = {hashlib.sha512(data).hexdigest()}\n")


def params(world, **given):
    common = {name: option.get("default") for name, option in _guest_spec.spec().items()}
    return {
        **common,
        "name": "web", "disk": str(world.folder / "web.img"), "source": str(world.folder / "pub"), "release": "10.1",
        "machine": "amd64", "type": "pv", "sets": ["etc"], "kernel_config": None, "swap": "8M", "force": None,
        "kernel": str(world.folder / "netbsd-XEN3_DOMU.gz"), "cache": None, "toolstack": "auto", "config_dir": None,
        "rc_conf": {"powerd": True}, "hostname": "web", **given,
    }  # fmt: skip


def stamp(world):
    return json.loads((world.folder / "db" / "web.install.json").read_text())


def test_everything_is_written_once(world):
    planned = _install_task.run(params(world), True)
    assert not world.commands
    done = _install_task.run(params(world), False)
    assert (planned["actions"], planned["changed"]) == (done["actions"], True)
    disk = str(world.folder / "web.img")
    programs = [command[0] for command in world.commands]
    assert programs == ["disklabel", "newfs", "tar", "sh", "sh"]
    assert world.commands[0][:5] == ["disklabel", "-F", "-R", "-r", disk]
    assert world.commands[1] == ["newfs", "-O", "2", "/dev/rvnd0a"]
    assert world.commands[2][1] == "-xpzf"
    assert world.commands[3][1:] == ["-c", 'cd "$1" && exec /bin/sh ./MAKEDEV all', "MAKEDEV", f"{world.root}/dev"]
    assert (world.root / "netbsd").read_bytes() == KERNEL
    assert (world.root / "etc/rc.conf").read_text() == "rc_configured=YES\nhostname=web\npowerd=YES\n"
    assert "/dev/xbd0b\t\tnone\tswap" in (world.root / "etc/fstab").read_text()
    assert gzip.decompress(Path(params(world)["kernel"]).read_bytes()) == KERNEL
    assert (stamp(world)["state"], stamp(world)["system"]) == ("done", "NetBSD 10.1/amd64")
    assert not _install_task.run(params(world), False)["changed"]


@pytest.mark.parametrize("program", ["disklabel", "newfs", "tar"])
def test_what_fails_is_started_over(world, program):
    world.fails = {program: "uid 0 on /mnt: file system full" if program == "tar" else "Device not configured"}
    with pytest.raises(XenError) as caught:
        _install_task.run(params(world), False)
    assert caught.value.details["error_id"] == ("no_space" if program == "tar" else "command_failed")
    assert stamp(world)["state"] == "begun"
    world.fails = {}
    done = _install_task.run(params(world), False)
    # before it has a label, a disk is as blank as it was
    assert done["actions"][0].startswith("label" if program == "disklabel" else "start over")
    assert stamp(world)["state"] == "done"


def test_the_disk_stays_blank_when_a_source_is_bad(world):
    (world.folder / "pub/NetBSD-10.1/amd64/binary/sets/etc.tgz").write_bytes(b"damaged")
    with pytest.raises(XenError) as caught:
        _install_task.run(params(world), False)
    assert caught.value.details["error_id"] == "wrong_checksum"
    assert _disklabel.content((world.folder / "web.img").read_bytes()[: _disklabel.LOOK]) is None
    assert not (world.folder / "db" / "web.install.json").exists()


def test_a_kernel_for_the_dom0_is_refused(world):
    data = gzip.compress(KERNEL.replace(b"DOMU", b"DOM0"))
    folder = world.folder / "pub/NetBSD-10.1/amd64/binary/kernel"
    (folder / "netbsd-XEN3_DOMU.gz").write_bytes(data)
    (folder / "SHA512").write_text(f"SHA512 (netbsd-XEN3_DOMU.gz) = {hashlib.sha512(data).hexdigest()}\n")
    with pytest.raises(XenError) as caught:
        _install_task.run(params(world), False)
    assert caught.value.details["error_id"] == "wrong_kernel"


def test_linux_has_no_ffs(world, monkeypatch):
    monkeypatch.setattr(_install_task.platform, "system", lambda: "Linux")
    with pytest.raises(XenError) as caught:
        _install_task.run(params(world), True)
    assert caught.value.details["error_id"] == "not_netbsd"
