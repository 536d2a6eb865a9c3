# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""libvirt for the benchmark: its driver of Xen on a running lab host, its Ansible collection in ``.cache``.

Neither is part of the lab's image. The packages are those of the lab host's Debian that it lacks, chosen and fetched by
the apt of this machine, and gone with the instance.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from xenlab import Host

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "bench"
REQUIREMENTS = ROOT / "requirements" / "benchmark.txt"
COLLECTION = "ansible_collections/community/libvirt/"
PACKAGES = ("libvirt-daemon", "libvirt-daemon-driver-xen", "python3-libvirt", "python3-lxml")
# seconds; dpkg on an emulated host
INSTALL_SECONDS = 900

# The driver refuses a host whose CPU is older than any that libvirt knows. The lab's lacks one feature of a 486. The
# daemon loads every driver that it finds and ends when one fails, as QEMU's does without the user that it runs as.
_START = """
find /usr/lib/x86_64-linux-gnu/libvirt/connection-driver -name '*.so' ! -name '*_libxl.so' -delete
sed -i /vme/d /usr/share/libvirt/cpu_map/x86_486.xml
mkdir -p /var/log/libvirt
libvirtd -d
for attempt in 1 2 3 4 5 6 7 8 9 10; do
    python3 -c 'import libvirt; libvirt.open("xen:///system")' && exit 0
    sleep 3
done
tail /var/log/libvirt/libvirtd.log >&2
exit 1
"""


def fetch_collection() -> None:
    """community.libvirt out of the wheel of ansible, to ``.cache/bench/collections``, unless it is there."""
    if (CACHE / "collections" / COLLECTION).is_dir():
        return
    wheels = CACHE / "wheels"
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
    ]
    subprocess.run([*command, "--dest", str(wheels), "--requirement", str(REQUIREMENTS)], check=True, timeout=900)
    (wheel,) = wheels.glob("ansible-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        members = [name for name in archive.namelist() if name.startswith(COLLECTION)]
        archive.extractall(CACHE / "collections", members)


def install(host: Host) -> None:
    """Put libvirt on the host and start it, unless it answers there already.

    :raises LabError: it does not.
    """
    if host.run("python3 -c 'import libvirt; libvirt.open(\"xen:///system\")'").rc == 0:
        return
    archive = _packed(_download(host.check("cat /var/lib/dpkg/status")))
    unpack = "mkdir -p /root/libvirt && tar -xf - -C /root/libvirt"
    subprocess.run(host.ssh.command([unpack]), input=archive, check=True, timeout=INSTALL_SECONDS)
    host.check("dpkg --install /root/libvirt/*.deb", INSTALL_SECONDS)
    host.check(_START, INSTALL_SECONDS)


def _download(status: str) -> list[Path]:
    """The packages that a system with this dpkg status lacks, libvirt's dependencies included.

    The release is this machine's: the lab is built from the same one.
    """
    folder = CACHE / "packages"
    (folder / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    (folder / "status").write_text(status)
    options = {
        "Dir::State::status": folder / "status",
        "Dir::Cache::archives": folder / "archives",
        "Debug::NoLocking": "true",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
    }
    command = ["apt-get", *(f"--option={key}={value}" for key, value in options.items())]
    subprocess.run([*command, "--quiet=2", "--download-only", "--yes", "install", *PACKAGES], check=True, timeout=900)
    return sorted((folder / "archives").glob("*.deb"))


def _packed(files: list[Path]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in files:
            archive.add(path, path.name)
    return buffer.getvalue()
