# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The face's small commands: what NetBSD prints, what it refuses, with which text and exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from face_root import Face, make


@pytest.fixture
def face(tmp_path: Path) -> Face:
    return make(tmp_path)


def test_uname_prints_its_fields_in_its_own_order(face: Face) -> None:
    assert face.run("usr/bin/uname").stdout == "NetBSD\n"
    assert face.run("usr/bin/uname", "-mrs").stdout == "NetBSD 10.1 amd64\n"
    assert face.run("usr/bin/uname", "-p").stdout == "x86_64\n"
    version = face.run("usr/bin/uname", "-v").stdout
    assert version.startswith("NetBSD 10.1 (GENERIC) #0: ")


def test_uname_tells_the_kernel_that_the_loader_booted(face: Face) -> None:
    face.write("proc/cmdline", "bootdev=wd0a lab.kernel=XEN3_DOM0 lab.release=9.3\n")
    assert face.run("usr/bin/uname", "-r").stdout == "9.3\n"
    assert "NetBSD 9.3 (XEN3_DOM0) #0" in face.run("usr/bin/uname", "-v").stdout


def test_uname_refuses_an_operand(face: Face) -> None:
    result = face.run("usr/bin/uname", "x")
    assert (result.rc, result.stderr) == (1, "usage: uname [-amnprsv]\n")


def test_sysctl_prints_with_and_without_the_name(face: Face) -> None:
    assert face.run("usr/sbin/sysctl", "kern.ostype").stdout == "kern.ostype = NetBSD\n"
    assert face.run("usr/sbin/sysctl", "-n", "hw.physmem64").stdout == "536870912\n"
    assert face.run("usr/sbin/sysctl", "hw.disknames").stdout == "hw.disknames = wd0\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("machdep.xen.version", "second level name 'xen' in 'machdep.xen.version' is invalid"),
        ("foo", "top level name 'foo' in 'foo' is invalid"),
        ("kern.foo.bar", "second level name 'foo' in 'kern.foo.bar' is invalid"),
    ],
)
def test_sysctl_names_the_part_that_it_does_not_know(face: Face, name: str, message: str) -> None:
    result = face.run("usr/sbin/sysctl", "-n", name)
    assert (result.rc, result.stdout, result.stderr) == (1, "", f"sysctl: {message}\n")


def test_sysctl_shows_xen_only_on_xen(face: Face) -> None:
    assert face.run("usr/sbin/sysctl", "-n", "machdep.hypervisor").stdout == "generic\n"
    face.write("run/lab/xen", "")
    face.write("run/lab/xen-version", "4.20.1\n")
    assert face.run("usr/sbin/sysctl", "-n", "machdep.xen.version").stdout == "4.20.1\n"
    assert face.run("usr/sbin/sysctl", "-n", "machdep.hypervisor").stdout == "XenPV\n"
    below = face.run("usr/sbin/sysctl", "machdep.xen").stdout
    assert below.splitlines()[0] == "machdep.xen.version = 4.20.1"
    assert "machdep.xen.balloon.current = 524288" in below


def test_old_releases_do_not_know_machdep_hypervisor(tmp_path: Path) -> None:
    old = make(tmp_path, "7.0")
    assert old.run("usr/sbin/sysctl", "-n", "machdep.hypervisor").rc == 1


def test_sysctl_writes_with_w_only_and_not_everything(face: Face) -> None:
    assert face.run("usr/sbin/sysctl", "ddb.onpanic=0").stderr == "sysctl: Must specify -w to set variables\n"
    assert face.run("usr/sbin/sysctl", "-w", "ddb.onpanic=0").stdout == "ddb.onpanic: 1 -> 0\n"
    assert face.run("usr/sbin/sysctl", "-n", "ddb.onpanic").stdout == "0\n"
    refused = face.run("usr/sbin/sysctl", "-w", "kern.ostype=Linux")
    assert (refused.rc, refused.stderr) == (1, "sysctl: kern.ostype: sysctl() failed with Operation not permitted\n")


@pytest.mark.parametrize("when", ["0", "5", "tomorrow", "+x", "12345"])
def test_shutdown_refuses_what_is_not_a_time(face: Face, when: str) -> None:
    result = face.run("usr/sbin/shutdown", "-r", when, "message")
    expected = "shutdown: illegal time format\n"
    if "NOT super-user" in result.stderr:
        expected = "shutdown: NOT super-user\n"
    assert (result.rc, result.stderr) == (1, expected)


def test_shutdown_wants_a_time(face: Face) -> None:
    result = face.run("usr/sbin/shutdown", "-r")
    assert (result.rc, result.stderr) == (1, "usage: shutdown [-Ddfhknprvxz] [-b bootstr] time [message ... | -]\n")


def specification(face: Face, *targets: str) -> tuple[int, list[str], str]:
    """The nodes as mtree(5) lines, which anybody may ask for; the directory's own line left out."""
    result = face.run("lab/dev/MAKEDEV", "-s", *targets, cwd=face.root / "dev")
    return result.rc, result.stdout.splitlines()[1:], result.stderr


def test_makedev_xen_makes_these_three(face: Face) -> None:
    nodes = [
        "./xenevt type=char device=netbsd,141,0 mode=600 gid=0 uid=0",
        "./xencons type=char device=netbsd,143,0 mode=600 gid=0 uid=0",
        "./xsd_kva type=char device=netbsd,141,1 mode=600 gid=0 uid=0",
    ]
    assert specification(face, "xen") == (0, nodes, "")


def test_makedev_makes_sixteen_partitions_of_a_vnd(face: Face) -> None:
    rc, nodes, _errors = specification(face, "vnd5")
    assert rc == 0
    assert len(nodes) == 32
    assert "./vnd5d type=block device=netbsd,14,43 mode=640 gid=5 uid=0" in nodes
    assert "./rvnd5a type=char device=netbsd,41,40 mode=640 gid=5 uid=0" in nodes
    assert "./vnd5i type=block device=netbsd,14,524328 mode=640 gid=5 uid=0" in nodes


def test_makedev_names_what_it_does_not_know_and_goes_on(face: Face) -> None:
    rc, nodes, error = specification(face, "foo", "vndx", "xenevt")
    assert (rc, len(nodes)) == (1, 1)
    assert [line.partition(": ")[2] for line in error.splitlines()] == ["foo: unknown device", "vndx: unknown device"]


def test_makedev_u_leaves_what_is_there(face: Face) -> None:
    face.write("dev/xenevt", "")
    assert [line.split()[0] for line in specification(face, "-u", "xen")[1]] == ["./xencons", "./xsd_kva"]


def test_makedev_makes_all_nodes_by_one_archive_and_keeps_them_for_the_next_boot(face: Face) -> None:
    (face.root / "lab/dev/nodes").mkdir()
    face.tool("cpio", 'echo "$(pwd -P) $*" >>"$LAB_ROOT/calls"; cat >"$LAB_ROOT/archive"')
    assert face.run("lab/dev/MAKEDEV", "xen", cwd=face.root / "dev").rc == 0
    directories = [line.split()[0] for line in (face.root / "calls").read_text().splitlines()]
    assert directories == [str(face.root / "dev"), str(face.root / "lab/dev/nodes")]
    archive = (face.root / "archive").read_bytes()
    header = archive[: archive.index(b"xenevt")]
    assert header.startswith(b"070701")
    fields = [int(header[6 + 8 * i : 14 + 8 * i], 16) for i in range(13)]
    assert (fields[1], fields[9], fields[10], fields[11]) == (0o020600, 141, 0, len("xenevt") + 1)
    assert archive.rstrip(b"\0").endswith(b"TRAILER!!!")


def test_installboot_looks_at_its_arguments(face: Face) -> None:
    face.write("usr/mdec/bootxx_ffsv1", "")
    face.write("usr/mdec/bootxx_ffsv2", "")
    good = face.run("usr/sbin/installboot", "-v", "-o", "timeout=5", "/dev/rwd0a", "/usr/mdec/bootxx_ffsv2")
    assert good.rc == 0
    assert (face.root / "etc/lab/mbr").read_text() == "netbsd\n"
    missing = face.run("usr/sbin/installboot", "/dev/rwd0a", "/usr/mdec/bootxx_none")
    assert missing.stderr == (
        "installboot: Opening primary bootstrap `/usr/mdec/bootxx_none': No such file or directory\n"
    )
    other = face.run("usr/sbin/installboot", "/dev/rwd0a", "/usr/mdec/bootxx_ffsv1")
    assert other.rc == 1
    unknown = face.run("usr/sbin/installboot", "-o", "colour=red", "/dev/rwd0a", "/usr/mdec/bootxx_ffsv2")
    assert unknown.stderr.startswith("installboot: Unknown option `-o colour=red'\n")


def test_grub_install_puts_grub_into_the_mbr(face: Face) -> None:
    assert face.run("lab/bin/grub-install", "/dev/sda").rc == 1
    assert face.run("lab/bin/grub-install", "/dev/rwd0d").rc == 0
    assert (face.root / "etc/lab/mbr").read_text() == "grub\n"
    assert (face.root / "grub/stage2").exists()


def test_lab_face_sets_what_the_host_claims(face: Face) -> None:
    assert face.run("usr/local/sbin/lab-face", "set", "release=9.4").rc == 0
    assert face.run("usr/bin/uname", "-r").stdout == "9.4\n"
    assert face.run("usr/local/sbin/lab-face", "set", "colour=red").rc == 2


def test_the_legacy_host_boots_by_grub(face: Face) -> None:
    face.write("boot.cfg", "menu=x:boot\n")
    for step in (face.root / "lab/legacy.d").glob("*"):
        step.unlink()
    assert face.run("usr/local/sbin/lab-face", "legacy").rc == 0
    assert face.run("usr/bin/uname", "-r").stdout == "5.2\n"
    assert not (face.root / "boot.cfg").exists()
    assert "kernel --type=netbsd /netbsd" in (face.root / "grub/menu.lst").read_text()


def test_mount_lists_and_refuses_like_netbsd(face: Face) -> None:
    face.write("etc/fstab", "/dev/wd0a / ffs rw 1 1\nptyfs /dev/pts ptyfs rw\n")
    (face.root / "dev/pts").mkdir()
    assert face.run("usr/sbin/mount").stdout == "/dev/wd0a on / type ffs (local)\n"
    unknown = face.run("usr/sbin/mount", "/kern")
    assert (unknown.rc, unknown.stderr) == (1, "mount: /kern: unknown special file or file system.\n")
    assert face.run("usr/sbin/mount", "/dev/pts").rc == 0
    assert face.run("usr/sbin/mount").stdout.endswith("ptyfs on /dev/pts type ptyfs (local)\n")
    assert face.run("usr/sbin/umount", "/dev/pts").rc == 0
    gone = face.run("usr/sbin/umount", "/dev/pts")
    assert (gone.rc, gone.stderr) == (1, "umount: /dev/pts: not currently mounted\n")


def test_vnconfig_wants_a_node_and_a_file(face: Face) -> None:
    assert face.run("usr/sbin/vnconfig", "-l").rc == 1
    face.write("dev/rvnd0d", "")
    assert face.run("usr/sbin/vnconfig", "-l").stdout == "vnd0: not in use\n"
    no_node = face.run("usr/sbin/vnconfig", "vnd7", "/image")
    assert (no_node.rc, no_node.stderr) == (1, "vnconfig: vnd7: opendisk: No such file or directory\n")
    no_file = face.run("usr/sbin/vnconfig", "vnd0", "/image")
    assert (no_file.rc, no_file.stderr) == (1, "vnconfig: /image: No such file or directory\n")
    unused = face.run("usr/sbin/vnconfig", "-u", "vnd0")
    assert (unused.rc, unused.stderr) == (1, "vnconfig: /dev/rvnd0d: VNDIOCCLR: Device not configured\n")


def test_lvm_knows_no_words_that_came_after_2009(face: Face) -> None:
    refused = face.run("usr/sbin/lvm", "lvcreate", "--yes", "-l", "4", "-n", "web", "vg0")
    assert (refused.rc, refused.stderr.splitlines()[0]) == (3, "lvcreate: unrecognized option `--yes'")


def test_newfs_must_be_told_the_size_of_a_device_that_is_no_disk(face: Face) -> None:
    device = next((str(path) for path in Path("/dev").glob("*") if path.is_block_device()), None)
    if device is None:
        pytest.skip("no block device here")
    refused = face.run("usr/sbin/newfs", "-N", "-F", "-O", "2", device)
    assert (refused.rc, refused.stderr) == (1, "newfs: Unable to determine file system size\n")
