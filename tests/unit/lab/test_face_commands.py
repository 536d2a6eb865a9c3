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


def makedev(face: Face, *arguments: str) -> tuple[int, list[str], str]:
    """MAKEDEV with a mknod that writes down what it is asked for (the real one needs root)."""
    face.tool("mknod", f'echo "$@" >>{face.root}/made; : >"$3"')
    face.tool("chown", ":")
    (face.root / "made").write_text("")
    (face.root / "lab/dev/nodes").mkdir(exist_ok=True)
    result = face.run("lab/dev/MAKEDEV", *arguments, cwd=face.root / "dev")
    return result.rc, (face.root / "made").read_text().splitlines(), result.stderr


def test_makedev_xen_makes_these_three(face: Face) -> None:
    assert makedev(face, "xen") == (
        0,
        ["-m 600 xenevt c 141 0", "-m 600 xencons c 143 0", "-m 600 xsd_kva c 141 1"],
        "",
    )


def test_makedev_makes_sixteen_partitions_of_a_vnd(face: Face) -> None:
    rc, made, _ = makedev(face, "vnd5")
    assert rc == 0
    assert len(made) == 32
    assert "-m 640 vnd5d b 14 43" in made
    assert "-m 640 rvnd5a c 41 40" in made
    assert "-m 640 vnd5i b 14 524328" in made


def test_makedev_names_what_it_does_not_know_and_goes_on(face: Face) -> None:
    rc, made, error = makedev(face, "foo", "vndx", "xenevt")
    assert (rc, made) == (1, ["-m 600 xenevt c 141 0"])
    assert [line.partition(": ")[2] for line in error.splitlines()] == ["foo: unknown device", "vndx: unknown device"]


def test_makedev_u_leaves_what_is_there(face: Face) -> None:
    face.write("dev/xenevt", "")
    assert makedev(face, "-u", "xen")[1] == ["-m 600 xencons c 143 0", "-m 600 xsd_kva c 141 1"]


def test_what_makedev_makes_in_dev_is_kept_for_the_next_boot(face: Face) -> None:
    makedev(face, "xen")
    assert sorted(path.name for path in (face.root / "lab/dev/nodes").iterdir()) == ["xencons", "xenevt", "xsd_kva"]


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
