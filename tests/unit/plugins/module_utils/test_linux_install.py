# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The disk of a Linux guest, from an archive: what is built, what is left alone, and that nothing half-made stays."""

from __future__ import annotations

import hashlib
import os
import tarfile
import uuid

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, CommandError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_use
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest import (
    _linux_apply,
    _linux_build,
    _linux_guest,
    _linux_install,
)
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _mke2fs
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.test_linux_files import bzimage, elf
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.test_roots import archive

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJcL admin"
REG, LNK = tarfile.REGTYPE, tarfile.SYMTYPE


class Host:
    """A dom0 with a folder of disks, whose mke2fs writes the UUID where it belongs and keeps what it was given."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.commands: list[list[str]] = []
        self.files: dict[str, bytes] = {}
        self.fails = ""

    def run(self, cmd, timeout=None):
        words = [os.path.basename(cmd[0]), *cmd[1:]]
        self.commands.append(words)
        if words[0] == "ssh-keygen":
            for name in (words[-1], f"{words[-1]}.pub"):
                with open(name, "w") as stream:
                    stream.write("key")
        elif self.fails:
            return _command.Result(1, "", self.fails)
        else:
            self._mke2fs(words)
        return _command.Result(0, "", "")

    def _mke2fs(self, words):
        source = words[words.index("-d") + 1]
        for folder, _names, names in os.walk(source):
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.islink(path):
                    with open(path, "rb") as stream:
                        self.files[f"/{os.path.relpath(path, source)}"] = stream.read()
        with open(words[-1], "r+b") as disk:
            disk.seek(1024 + 56)
            disk.write(b"\x53\xef")
            disk.seek(1024 + 104)
            disk.write(uuid.UUID(words[words.index("-U") + 1]).bytes)

    def names(self) -> list[str]:
        return sorted(os.listdir(self.folder))

    def archive(self, *more, machine=62, kernel="6.1.0"):
        members = [
            ("bin/busybox", REG, elf(machine).decode("latin-1")),
            ("sbin/init", LNK, "/bin/busybox"),
            ("etc/inittab", REG, "::sysinit:/etc/init.d/rcS\n"),
            *more,
        ]
        path = archive(self.folder.parent / "root.tar", members)
        if kernel:
            with tarfile.open(path, "a") as tar:
                for name, data in ((f"boot/vmlinuz-{kernel}", bzimage(kernel)), (f"boot/initrd.img-{kernel}", b"rd")):
                    file = self.folder.parent / "member"
                    file.write_bytes(data)
                    tar.add(file, name)
        return path


@pytest.fixture
def host(tmp_path, monkeypatch):
    (tmp_path / "disks").mkdir()
    host = Host(tmp_path / "disks")
    monkeypatch.setattr(_command, "run", host.run)
    monkeypatch.setattr(_linux_install._host, "require_root", lambda: None)
    monkeypatch.setattr(_mke2fs._host, "find_program", lambda name: f"/sbin/{name}")
    monkeypatch.setattr(_linux_install.HostView, "open", lambda *_arguments: None)
    monkeypatch.setattr(_disk_use, "users", lambda *_arguments: [])
    return host


def parameters(host, **more):
    given = {
        "name": "web", "disk": str(host.folder / "web.img"), "size": "4M", "sparse": True, "fstype": "ext4",
        "source": host.archive() if "source" not in more else None, "arch": "x86_64", "vdev": "xvda1",
        "cache_dir": str(host.folder.parent / "cache"), "toolstack": "auto", **more,
    }  # fmt: skip
    others = ("checksum", "work_dir", "fstab", "kernel", "ramdisk", "kernel_dir", "bootloader", "pvgrub", "force",
              "config_dir", "hostname", "network", "authorized_keys", "files")  # fmt: skip
    return {**dict.fromkeys(others), **given}


def task(host, check=False, **more):
    return _linux_install.InstallTask(parameters(host, **more), check).run()


def test_planned_built_and_left_alone(host):
    more = {"authorized_keys": [KEY], "network": {"address": "10.0.0.5/24"}, "fstab": ["tmpfs /tmp tmpfs rw 0 0"]}
    planned = task(host, check=True, **more)
    assert host.names() == []
    done = task(host, **more)
    disk = host.folder / "web.img"
    assert done["actions"] == planned["actions"] == [
        f"unpack {host.folder.parent}/root.tar",
        f"copy its kernel to {host.folder}/web-vmlinuz",
        f"create {disk} (4 MiB, ext4, sparse)",
    ]  # fmt: skip
    assert planned["domain"] == done["domain"] == {
        "kernel": f"{host.folder}/web-vmlinuz", "ramdisk": f"{host.folder}/web-initrd", "root": "/dev/xvda1 ro",
        "extra": "console=hvc0", "disks": [{"target": str(disk), "vdev": "xvda1"}],
    }  # fmt: skip
    assert host.names() == ["web-initrd", "web-vmlinuz", "web.img"]
    assert (disk.stat().st_size, disk.stat().st_mode & 0o777) == (4 * 1024 * 1024, 0o600)
    assert host.files["/etc/hostname"] == b"web\n"
    assert host.files["/etc/fstab"].endswith(b"errors=remount-ro\t0\t1\ntmpfs /tmp tmpfs rw 0 0\n")
    assert host.files["/root/.ssh/authorized_keys"] == f"{KEY}\n".encode()
    assert b"address 10.0.0.5\n" in host.files["/etc/network/interfaces"]
    assert host.files["/etc/netbsd-xen-guest"] == b"web\n"
    again = task(host, **more)
    assert (again["changed"], again["actions"], again["domain"]) == (False, [], done["domain"])


def test_old_and_new_kernels_and_pygrub(host):
    task(host, name="old", disk=f"{host.folder}/old.img")
    assert "-O" not in host.commands[-1]
    old = task(host, name="old", disk=f"{host.folder}/older.img", source=host.archive(kernel="2.6.18"))
    assert (old["domain"]["extra"], host.commands[-1].count("-O")) == ("xencons=tty1", 1)
    done = task(host, name="grub", disk=f"{host.folder}/grub.img", bootloader="pygrub")
    assert done["domain"] == {"bootloader": "pygrub", "disks": [{"target": f"{host.folder}/grub.img", "vdev": "xvda1"}]}
    assert host.files["/boot/grub/menu.lst"].decode().splitlines()[-2:] == [
        "kernel /boot/vmlinuz-6.1.0 root=/dev/xvda1 ro console=hvc0",
        "initrd /boot/initrd.img-6.1.0",
    ]


def test_pvgrub_is_the_kernel_in_the_dom0_and_reads_a_menu_in_the_guest(host):
    image = host.folder.parent / "grub-xen.bin"
    with pytest.raises(BadValue, match="no such file in the dom0") as caught:
        task(host, bootloader="pvgrub", pvgrub=str(image))
    assert caught.value.details["error_id"] == "pvgrub_missing"
    assert host.names() == []
    image.touch()
    with pytest.raises(BadValue, match="bootloader: pvgrub"):
        task(host, pvgrub=str(image))
    done = task(host, bootloader="pvgrub", pvgrub=str(image))
    disk = f"{host.folder}/web.img"
    assert done["domain"] == {"kernel": str(image), "disks": [{"target": disk, "vdev": "xvda1"}]}
    assert done["actions"][-1] == f"create {disk} (4 MiB, ext4, sparse)"
    assert (host.names(), "-O" in host.commands[-1]) == (["web.img"], True)
    assert host.files["/boot/grub/grub.cfg"].decode().splitlines()[1:] == [
        "set default=0",
        "set timeout=0",
        "menuentry Linux {",
        "    linux /boot/vmlinuz-6.1.0 root=/dev/xvda1 ro console=hvc0",
        "    initrd /boot/initrd.img-6.1.0",
        "}",
    ]


@pytest.mark.parametrize(("loader", "menu"), [("pygrub", "boot/extlinux.conf"), ("pvgrub", "boot/grub/grub.cfg")])
def test_a_guest_keeps_its_own_menu(host, loader, menu):
    image = host.folder.parent / "grub-xen.bin"
    image.touch()
    given = {"pvgrub": str(image)} if loader == "pvgrub" else {}
    task(host, bootloader=loader, source=host.archive((menu, REG, "its own")), **given)
    assert host.files[f"/{menu}"] == b"its own"
    assert "/boot/grub/menu.lst" not in host.files


def test_a_guest_with_sshd_gets_keys(host):
    task(host, source=host.archive(("usr/sbin/sshd", REG, "")))
    assert [words[3] for words in host.commands if words[0] == "ssh-keygen"] == ["ed25519", "ecdsa", "rsa"]
    assert host.files["/etc/ssh/ssh_host_rsa_key"] == b"key"


@pytest.mark.parametrize(
    "content, said", [(b"", "is empty"), (b"data" * 1000, "has something else on it")], ids=["empty", "in use"]
)
def test_a_disk_that_is_not_ours_is_left_alone_unless_it_is_named(host, content, said):
    disk = host.folder / "web.img"
    disk.write_bytes(content.ljust(8192, b"\0"))
    with pytest.raises(XenError, match=said) as caught:
        task(host)
    assert caught.value.details["error_id"] == "disk_exists"
    with pytest.raises(BadValue, match="it must name the disk"):
        task(host, force=f"{host.folder}/other.img")
    assert disk.read_bytes().strip(b"\0") == content
    done = task(host, force=str(disk))
    assert done["actions"][-1] == f"overwrite {disk} (4 MiB, ext4, sparse)"
    assert _mke2fs.uuid_of(str(disk)) == _mke2fs.uuid_for("web")


def test_a_disk_in_use_is_not_overwritten(host, monkeypatch):
    task(host)
    user = _disk_use.User("web", "the running domain web", True, "w")
    monkeypatch.setattr(_disk_use, "users", lambda *_arguments: [user])
    with pytest.raises(XenError, match="It is not overwritten"):
        task(host, force=f"{host.folder}/web.img")


@pytest.mark.parametrize(
    "more, error_id",
    [
        ({"machine": 183}, "wrong_architecture"),
        ({"kernel": None}, "kernel_missing"),
    ],
)
def test_what_is_wrong_in_the_archive_leaves_nothing(host, more, error_id):
    with pytest.raises(XenError) as caught:
        task(host, source=host.archive(**more))
    assert (caught.value.details["error_id"], host.names()) == (error_id, [])


@pytest.mark.parametrize(
    "said, error_id",
    [
        ("Could not allocate block in ext2 filesystem while populating file system", "source_too_large"),
        ("ext2fs_write: No space left on device", "no_space"),
        ("bad", "command_failed"),
    ],
)
def test_what_mke2fs_refuses_leaves_nothing(host, said, error_id):
    host.fails = said
    with pytest.raises(CommandError) as caught:
        task(host)
    assert (caught.value.details["error_id"], host.names()) == (error_id, [])


def test_no_space_to_unpack(host, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_linux_build._roottar, "unpack", full)
    with pytest.raises(XenError, match="no space left to unpack") as caught:
        task(host)
    assert (caught.value.details["error_id"], host.names()) == ("no_space", [])


def test_what_a_killed_build_left_is_taken_over(host):
    left = host.folder / ".web.root"
    (left / "etc").mkdir(parents=True)
    (left / "etc" / "old").write_text("old")
    (host.folder / ".web.img.partial").write_bytes(b"half")
    (host.folder / "web-vmlinuz").write_bytes(b"half")
    task(host)
    assert "/etc/old" not in host.files
    assert host.names() == ["web-initrd", "web-vmlinuz", "web.img"]


@pytest.mark.parametrize(
    "more, error_id",
    [
        ({"checksum": "sha256:" + "0" * 64}, "wrong_checksum"),
        ({"source": "/nowhere.tar"}, "source_missing"),
        ({"source": "http://127.0.0.1/root.tar"}, "bad_value"),
        ({"kernel": "/nowhere/vmlinuz"}, "kernel_missing"),
        ({"kernel_dir": "/nowhere"}, "bad_value"),
        ({"work_dir": "/nowhere"}, "bad_value"),
        ({"disk": "/dev/vg0/web"}, "bad_value"),
        ({"size": "1000000T"}, "no_space"),
    ],
)
def test_what_is_known_before_anything_is_done(host, more, error_id):
    with pytest.raises(XenError) as caught:
        task(host, check=True, **{"sparse": False, **more})
    assert (caught.value.details["error_id"], host.names()) == (error_id, [])


def test_a_checksum_that_is_right(host):
    source = host.archive()
    with open(source, "rb") as stream:
        digest = hashlib.sha256(stream.read()).hexdigest()
    assert task(host, check=True, source=source, checksum=f"sha256:{digest}")["changed"]


def test_a_copy_gets_keys_of_its_own(tmp_path, monkeypatch, host):
    (tmp_path / "etc" / "ssh").mkdir(parents=True)
    (tmp_path / "usr" / "sbin").mkdir(parents=True)
    (tmp_path / "usr" / "sbin" / "sshd").write_text("")
    (tmp_path / "etc" / "ssh" / "ssh_host_rsa_key").write_text("old")
    mounts = []

    class Mounted:
        def __init__(self, _params, read_only):
            mounts.append(read_only)

        def __enter__(self):
            return str(tmp_path)

        def __exit__(self, *_error):
            return None

    monkeypatch.setattr(_linux_guest, "_mounted", Mounted)
    params = {"hostname": "web2", "network": None, "authorized_keys": None, "files": None, "console": False,
              "identity": "web2"}  # fmt: skip
    planned = _linux_guest.run(params, check_mode=True)
    assert mounts == [True]
    done = _linux_guest.run(params, check_mode=False)
    assert planned == done
    assert done["actions"][-3:] == [
        "remove /etc/ssh/ssh_host_rsa_key",
        "write /etc/netbsd-xen-guest",
        _linux_apply.HOST_KEYS,
    ]
    assert "old" not in str(done["diff"])
    assert (tmp_path / "etc" / "ssh" / "ssh_host_rsa_key").read_text() == "key"
    assert _linux_guest.run(params, check_mode=False)["actions"] == []
    assert mounts == [True, True, False, True]
