# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role domu_linux with a golden image, on real Xen: a packed image of a whole disk on a server becomes a guest.

The image has a partition table and its own kernel, and is packed with zstd if the dom0 can unpack that: by its Python,
or by a program, which is brought there from the machine that runs the test.
"""

from __future__ import annotations

import base64
import json
import shlex
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from onlab import LabHost
from play import Play

FOLDER, ARCHIVE, SERVED = "/srv/golden", "/root/golden-root.tar.gz", "/srv/golden/served"
DISK, URL = f"{FOLDER}/one.img", "http://127.0.0.1:8098"
ADDRESS, LOG = "10.77.0.23", "/var/log/xen/console/guest-one.log"
SSH = "ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5"
BOOT_SECONDS = 300.0
MIB = 1024 * 1024
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key.pub"
# an MBR with one partition of 96 MiB at 1 MiB
TABLE = (
    r"import struct; open('golden.img', 'r+b').write(bytes(446) + "
    r"struct.pack('<B3xB3xII', 0x80, 0x83, 2048, 196608).ljust(64, b'\0') + b'\x55\xaa')"
)


def bring_zstd(lab_host: LabHost) -> bool:
    """Whether the dom0 can unpack zstd; the program of this machine is put there, if it runs there."""
    if lab_host.rc("command -v zstd || python3 -c 'import compression.zstd'") == 0:
        return True
    program = shutil.which("zstd")
    if program is None:
        return False
    text = base64.encodebytes(Path(program).read_bytes()).decode()
    there = "/usr/local/bin/zstd"
    lab_host.host.run(f"base64 -d >{there} && chmod 755 {there}", stdin=text)
    if lab_host.rc(f"{there} --version") == 0:
        return True
    lab_host.sh(f"rm {there}")
    return False


@pytest.fixture(scope="module")
def golden(lab_host: LabHost) -> Iterator[str]:
    """The name of the image on the server. Its host is called golden and has keys of its own."""
    script = Path(__file__).with_name("make_linux_root.sh").read_text()
    lab_host.sh(f"sh -c {shlex.quote(script)} make_linux_root {ARCHIVE}", timeout=400)
    lab_host.sh("test -e /root/.ssh/id_ed25519 || ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519")
    lab_host.sh(f"mkdir -p {SERVED}")
    root = {"name": "golden", "disk": f"{FOLDER}/root.img", "size": "96M", "source": ARCHIVE, "bootloader": "pygrub"}
    lab_host.module("linux_install", root)
    kind = "zst" if bring_zstd(lab_host) else "xz"
    xz = 'import lzma; lzma.open("golden.img.xz", "w").write(open("golden.img", "rb").read())'
    pack = "zstd -q -1 golden.img" if kind == "zst" else f"python3 -c {shlex.quote(xz)}"
    lab_host.sh(
        f"cd {SERVED} && truncate -s 97M golden.img && python3 -c {shlex.quote(TABLE)} && "
        f"dd if={FOLDER}/root.img of=golden.img bs=1M seek=1 conv=notrunc,sparse 2>&1 && {pack} && "
        f"rm golden.img && sha512sum golden.img.{kind} >SHA512",
        timeout=300,
    )
    server = f"(cd {SERVED} && exec python3 -m http.server --bind 127.0.0.1 8098) >/dev/null 2>&1 & echo $!; sleep 2"
    pid = lab_host.sh(server).strip()
    yield f"golden.img.{kind}"
    lab_host.sh(f"kill {pid}")
    lab_host.module("xen_domain", {"name": "one", "state": "absent", "force": True, "timeout": 0})
    lab_host.sh(f"rm -rf {FOLDER} {ARCHIVE} {LOG}")


def play(host: LabHost, folder: Path, guest: dict[str, Any]) -> Play:
    (folder / "hosts.yml").write_text(host.host.inventory())
    role = {"role": "netbsd.xen.domu_linux", "vars": {"domu_linux_guests": [guest]}}
    (folder / "play.yml").write_text(json.dumps([{"hosts": "dom0s", "gather_facts": False, "roles": [role]}]))
    return Play(["-i", str(folder / "hosts.yml"), str(folder / "play.yml")])


def in_guest(lab_host: LabHost, command: str) -> str:
    """A command in the guest by SSH, which is given its time to boot."""
    deadline = time.monotonic() + BOOT_SECONDS
    while True:
        done = lab_host.host.run(f"{SSH} root@{ADDRESS} {shlex.quote(command)}")
        if done.rc == 0:
            return done.stdout
        assert time.monotonic() < deadline, f"{done.stderr}\n{lab_host.sh(f'tail -n 40 {LOG}')}"
        time.sleep(5)


def test_a_guest_of_a_packed_image(lab_host: LabHost, golden: str, tmp_path: Path) -> None:
    guest = {
        "name": "one",
        "disk": DISK,
        "image": f"{URL}/{golden}",
        "checksum": f"sha512:{URL}/SHA512",
        "sparse": True,
        "partition": "1",
        "network": {"address": f"{ADDRESS}/24", "gateway": "10.77.0.1"},
        "authorized_keys": [lab_host.sh("cat /root/.ssh/id_ed25519.pub").strip()],
        "domain": {"memory": 160, "vifs": [{"bridge": "xenbr0"}]},
    }
    with play(lab_host, tmp_path, guest) as first:
        assert first.finish(400) == 0, first.text
    # streamed: the packed file was never kept, and holes are holes
    assert sorted(lab_host.sh(f"ls -A {FOLDER}").split()) == ["one.img", "root.img", "served"]
    size, blocks = map(int, lab_host.sh(f"stat -c '%s %b' {DISK}").split())
    assert (size, blocks * 512 < size) == (97 * MIB, True)
    assert in_guest(lab_host, "hostname").strip() == "one"
    assert "/dev/xvda1 / ext4 rw" in in_guest(lab_host, "cat /proc/mounts")
    assert in_guest(lab_host, "cat /etc/netbsd-xen-guest").strip() == "one"
    key = lab_host.sh(f"debugfs -R 'cat {HOST_KEY}' {FOLDER}/root.img 2>/dev/null")
    assert key and in_guest(lab_host, f"cat {HOST_KEY}") not in ("", key)
    domid = lab_host.sh("xl domid one")
    with play(lab_host, tmp_path, guest) as second:
        assert second.finish(300) == 0, second.text
    assert second.changed() == 0, second.text
    assert lab_host.sh("xl domid one") == domid
    stopped = lab_host.module("xen_domain", {"name": "one", "state": "stopped", "timeout": 200})
    assert stopped["actions"] == ["xl shutdown one"]


def test_an_image_that_is_not_what_it_should_be(lab_host: LabHost, golden: str) -> None:
    """Known when all of it has come and was unpacked on the way: nothing is left of the disk."""
    before = lab_host.sh(f"ls -A {FOLDER}")
    task = {"path": f"{FOLDER}/two.img", "source": f"{URL}/{golden}", "checksum": "sha512:" + "0" * 128}
    lab_host.fails("xen_disk", task, "wrong_checksum")
    lab_host.sh(f"head -c 200000 {SERVED}/{golden} >{SERVED}/cut-{golden}")
    lab_host.fails("xen_disk", {**task, "source": f"{URL}/cut-{golden}", "checksum": None}, "source_damaged")
    assert lab_host.sh(f"ls -A {FOLDER}") == before
