# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Linux guests from nothing, on real Xen: from an archive to a login and an SSH session, and files of a guest that is
off."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from onlab import LabHost

FOLDER, ARCHIVE = "/srv/linux", "/root/linux-root.tar.gz"
DISK = f"{FOLDER}/web.img"
SSH = "ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5"
LOG = "/var/log/xen/console/guest-web.log"
BOOT_SECONDS = 300.0
# what a mount of ours may leave
LEFT = f"losetup -j {DISK}; grep netbsd-xen /proc/mounts || true; ls -A /var/run/netbsd-xen-mounts"


@pytest.fixture(scope="module")
def task(lab_host: LabHost) -> Iterator[dict[str, Any]]:
    """What linux_install is told of the guest web; the archive is made once."""
    script = Path(__file__).with_name("make_linux_root.sh").read_text()
    lab_host.sh(f"sh -c {shlex.quote(script)} make_linux_root {ARCHIVE}", timeout=400)
    lab_host.sh("test -e /root/.ssh/id_ed25519 || ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519")
    lab_host.sh(f"mkdir -p {FOLDER}")
    yield {
        "name": "web",
        "disk": DISK,
        "size": "96M",
        "source": ARCHIVE,
        "authorized_keys": [lab_host.sh("cat /root/.ssh/id_ed25519.pub").strip()],
        "network": {"address": "10.77.0.21/24", "gateway": "10.77.0.1"},
    }
    lab_host.module("xen_domain", {"name": "web", "state": "absent", "force": True, "timeout": 0})
    lab_host.sh(f"rm -r {FOLDER} {ARCHIVE}; rm -f {LOG}")


def in_guest(lab_host: LabHost, command: str) -> str:
    """A command in the guest by SSH, which is given its time to boot."""
    deadline = time.monotonic() + BOOT_SECONDS
    while True:
        done = lab_host.host.run(f"{SSH} root@10.77.0.21 {shlex.quote(command)}")
        if done.rc == 0:
            return done.stdout
        assert time.monotonic() < deadline, f"{done.stderr}\n{lab_host.sh(f'tail -n 40 {LOG}')}"
        time.sleep(5)


def on_disk(lab_host: LabHost, path: str) -> str:
    """A file on the disk of the guest, read by e2fsprogs and not by us."""
    return lab_host.sh(f"debugfs -R 'cat {path}' {DISK} 2>/dev/null")


def test_wrong_input_leaves_nothing(lab_host: LabHost, task: dict[str, Any]) -> None:
    lab_host.fails("linux_install", {**task, "checksum": "sha256:" + "0" * 64}, "wrong_checksum")
    lab_host.fails("linux_install", {**task, "arch": "i386"}, "wrong_architecture")
    lab_host.fails("linux_install", {**task, "size": "100G"}, "no_space", check=True)
    lab_host.fails("linux_install", {**task, "size": "24M"}, "source_too_large")
    url = {"source": "http://127.0.0.1:9/root.tar", "checksum": "sha256:" + "0" * 64}
    lab_host.fails("linux_install", {**task, **url}, "source_unreachable")
    assert lab_host.sh(f"ls -A {FOLDER}") == ""


def test_from_an_archive_to_a_session_and_back(lab_host: LabHost, task: dict[str, Any]) -> None:
    built = lab_host.change("linux_install", task)
    assert built["actions"][-1] == f"create {DISK} (96 MiB, ext4)"
    assert lab_host.sh(f"ls -A {FOLDER}").split() == ["web-initrd", "web-vmlinuz", "web.img"]
    assert lab_host.rc(f"e2fsck -fn {DISK}") == 0

    domain = {"name": "web", "type": "pv", "memory": 128, "vifs": [{"bridge": "xenbr0"}], **built["domain"]}
    lab_host.module("xen_domain", {**domain, "state": "running"})
    assert in_guest(lab_host, "hostname").strip() == "web"
    assert "/dev/xvda1 / ext4 rw" in in_guest(lab_host, "cat /proc/mounts")
    assert "10.77.0.21/24" in in_guest(lab_host, "ip addr show eth0")
    assert in_guest(lab_host, "cat /etc/netbsd-xen-guest").strip() == "web"
    assert "web login:" in lab_host.sh(f"cat {LOG}")

    lab_host.fails("linux_guest", {"disk": DISK, "hostname": "other"}, "disk_in_use")
    lab_host.fails("linux_install", {**task, "force": DISK}, "disk_in_use")
    stopped = lab_host.module("xen_domain", {"name": "web", "state": "stopped", "timeout": 200})
    assert stopped["actions"] == ["xl shutdown web"]
    # its own root was unmounted, as a guest does that shuts down by itself
    assert lab_host.rc(f"e2fsck -fn {DISK}") == 0


def test_files_of_a_guest_that_is_off(lab_host: LabHost, task: dict[str, Any]) -> None:
    lab_host.module("linux_install", task)
    keys = on_disk(lab_host, "/etc/ssh/ssh_host_ed25519_key.pub")
    change = {
        "disk": DISK,
        "identity": "copy",
        "hostname": "copy.example.org",
        "files": [{"path": "/etc/motd", "content": "hello\n", "mode": "0640"}],
    }
    done = lab_host.change("linux_guest", change)
    assert {"write /etc/hostname", "write /etc/motd", "make keys of the host for sshd"} <= set(done["actions"])
    assert (on_disk(lab_host, "/etc/hostname"), on_disk(lab_host, "/etc/motd")) == ("copy\n", "hello\n")
    assert on_disk(lab_host, "/etc/ssh/ssh_host_ed25519_key.pub") not in ("", keys)
    assert lab_host.sh(LEFT) == ""


def test_what_a_killed_task_left_mounted_is_unmounted(lab_host: LabHost, task: dict[str, Any]) -> None:
    lab_host.module("linux_install", task)
    record = f'{{"disk": "{DISK}", "folder": "/var/run/netbsd-xen-mounts/left"}}'
    lab_host.sh(
        "mkdir -p /var/run/netbsd-xen-mounts/left && cd /var/run/netbsd-xen-mounts && "
        f"mount $(losetup --find --show {DISK}) left && echo {shlex.quote(record)} >left.json"
    )
    lab_host.module("linux_guest", {"disk": DISK, "files": [{"path": "/etc/motd", "content": "again\n"}]})
    assert on_disk(lab_host, "/etc/motd") == "again\n"
    assert lab_host.sh(LEFT) == ""


def test_a_partition_of_a_disk(lab_host: LabHost, task: dict[str, Any]) -> None:
    """A golden image has a partition table: an MBR with one partition at 1 MiB."""
    lab_host.module("linux_install", task)
    whole = f"{FOLDER}/golden.img"
    table = "import struct; print((bytes(446) + struct.pack('<B3xB3xII', 0, 0x83, 2048, 196608).ljust(64, b'\\0') + " \
            "b'\\x55\\xaa').hex())"  # fmt: skip
    lab_host.sh(
        f"truncate -s 97M {whole} && dd if={DISK} of={whole} bs=1M seek=1 conv=notrunc,sparse 2>&1 && "
        f"python3 -c {shlex.quote(table)} | busybox xxd -r -p | dd of={whole} conv=notrunc 2>&1"
    )
    change = {"disk": whole, "partition": "1", "hostname": "golden"}
    lab_host.change("linux_guest", change, ["write /etc/hostname", "write /etc/hosts"])
    lab_host.fails("linux_guest", {**change, "partition": "2"}, "no_such_partition")
    lab_host.fails("linux_guest", {"disk": whole, "hostname": "golden"}, "cannot_mount")


def test_pygrub_finds_the_kernel_on_the_disk(lab_host: LabHost, task: dict[str, Any]) -> None:
    disk = f"{FOLDER}/grub.img"
    built = lab_host.module("linux_install", {**task, "name": "grub", "disk": disk, "bootloader": "pygrub"})
    assert built["domain"]["bootloader"] == "pygrub"
    listed = lab_host.sh(f"$(find /usr/lib/xen-* -name pygrub | head -n 1) --list-entries {disk}")
    assert "/boot/vmlinuz-6.1-lab" in listed
    assert "root=/dev/xvda1 ro console=hvc0" in listed
    lab_host.sh(f"rm {disk}")


def test_on_a_volume_that_is_overwritten_only_when_it_is_named(lab_host: LabHost, task: dict[str, Any]) -> None:
    volume, small = "/dev/vg0/lv0", f"{FOLDER}/small.tar"
    given = {**task, "name": "small", "disk": volume, "size": "16M", "kernel": "/srv/domu/vmlinuz", "network": None}
    lab_host.fails("linux_install", given, "disk_exists")
    lab_host.fails("linux_install", {**given, "force": "/dev/vg0/lv1"}, "bad_value")
    lab_host.fails("linux_install", {**given, "force": volume}, "source_too_large")
    assert lab_host.sh("lvs --noheadings -o lv_name vg0").split() == ["lv0", "lv1"]
    lab_host.sh(f"tar -cf {small} -C / bin/busybox")
    given["source"] = small
    done = lab_host.module("linux_install", {**given, "force": volume})
    assert done["actions"] == [f"unpack {small}", f"overwrite {volume} (16 MiB, ext4)"]
    assert not lab_host.module("linux_install", given)["changed"]
    assert lab_host.sh("lvs --noheadings -o lv_name vg0").split() == ["lv0", "lv1"]
    assert lab_host.rc(f"e2fsck -fn {volume}") == 0
    lab_host.sh(f"dd if=/dev/zero of={volume} bs=1M 2>&1 || true")
