# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks of golden images on real Xen: from a server, packed, checked, made anew, and never half made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from onlab import LabHost

MIB = 1024 * 1024
VOLUMES = "lvs --noheadings --nosuffix --units b -o lv_name,lv_size vg0"
SERVED = "/srv/disks/served"
SERVER = f"cd {SERVED} && exec python3 -m http.server --bind 127.0.0.1 8099"


@pytest.fixture
def server(lab_host: LabHost) -> Iterator[str]:
    """A server in dom0 with a template that is packed, and its checksum in a list; its URL."""
    template = f"{SERVED}/golden.img"
    xz = f'import lzma; lzma.open("{template}.xz", "wb").write(open("{template}", "rb").read())'
    lab_host.sh(
        f"mkdir -p {SERVED} && mkfs.ext4 -q -L golden {template} 8M && python3 -c '{xz}' && gzip -k {template}"
        f" && cd {SERVED} && sha512sum golden.img* > SHA512"
    )
    pid = lab_host.sh(f"({SERVER}) >/dev/null 2>&1 & echo $!; sleep 2").strip()
    try:
        yield "http://127.0.0.1:8099"
    finally:
        lab_host.sh(f"kill {pid}; rm -rf {SERVED}")


def test_golden_images_of_a_server(lab_host: LabHost, server: str) -> None:
    """Streamed into a file and a volume; checked, and nothing left of what is not right."""
    path, volume = "/srv/disks/web.img", "/dev/vg0/golden"
    task = {"path": path, "source": f"{server}/golden.img.xz", "checksum": f"sha512:{server}/SHA512", "sparse": True}
    lab_host.change("xen_disk", task, [f"create {path} (sparse, from {server}/golden.img.xz)"])
    assert lab_host.sh(f"cmp {path} {SERVED}/golden.img && echo same").strip() == "same"
    assert int(lab_host.sh(f"stat -c %b {path}")) * 512 < 4 * MIB
    filled = {"path": volume, "source": f"{server}/golden.img.gz", "checksum": f"{server}/SHA512", "size": "12M"}
    lab_host.change("xen_disk", filled)
    assert lab_host.sh(f"head -c 8388608 {volume} | cmp - {SERVED}/golden.img && echo same").strip() == "same"
    assert lab_host.sh(f"tail -c 4194304 {volume} | tr -d '\\0' | wc -c").strip() == "0"

    before = lab_host.sh(f"ls -A /srv/disks; {VOLUMES}")
    other = {"path": "/srv/disks/other.img", "source": f"{server}/golden.img.gz", "retries": 1}
    lab_host.fails("xen_disk", {**other, "checksum": "0" * 64}, "wrong_checksum")
    lab_host.fails(
        "xen_disk", {**other, "path": "/dev/vg0/other", "size": "12M", "checksum": "0" * 64}, "wrong_checksum"
    )
    lab_host.fails("xen_disk", {**other, "path": "/dev/vg0/other", "size": "100G"}, "no_space", check=True)
    for check in (True, False):
        lab_host.fails("xen_disk", {**other, "source": f"{server}/nothing"}, "source_unreachable", check=check)
        lab_host.fails("xen_disk", {**other, "source": "http://127.0.0.1:9/x"}, "source_unreachable", check=check)
    lab_host.sh(f"truncate -s -100 {SERVED}/golden.img.gz")
    lab_host.fails("xen_disk", other, "source_damaged")
    assert lab_host.sh(f"ls -A /srv/disks; {VOLUMES}") == before

    lab_host.change("xen_disk", {"path": volume, "state": "absent"})
    lab_host.change("xen_disk", {"path": path, "state": "absent"})


def test_a_disk_made_anew(lab_host: LabHost, server: str) -> None:
    """Only when nobody has it, and only when told to."""
    path, volume = "/srv/disks/anew.img", "/dev/vg0/anew"
    for disk in (path, volume):
        task = {"path": disk, "source": f"{SERVED}/golden.img"}
        lab_host.change("xen_disk", task)
        lab_host.sh(f"printf spoilt | dd of={disk} bs=1 seek=4096 conv=notrunc 2>&1")
        lab_host.change("xen_disk", task, [])
        lab_host.change("xen_disk", {**task, "force": True}, again=False)
        assert lab_host.sh(f"cmp {disk} {SERVED}/golden.img && echo same").strip() == "same"
        lab_host.sh(f"mount {disk} /mnt")
        try:
            lab_host.fails("xen_disk", {**task, "force": True}, "disk_in_use", check=True)
            lab_host.fails("xen_disk", {**task, "force": True}, "disk_in_use")
            used = {"path": "/srv/disks/of_used.img", "source": path}
            if disk == path:
                lab_host.fails("xen_disk", used, "source_in_use")
        finally:
            lab_host.sh("umount /mnt")
        lab_host.change("xen_disk", {"path": disk, "state": "absent"})
    assert "partial" not in lab_host.sh(f"ls -A /srv/disks; {VOLUMES}")


def test_a_template_of_zstd(lab_host: LabHost) -> None:
    """By the program, where the host has it; said, where it has neither that nor a Python that can."""
    path, template = "/srv/disks/zstd.img", "/srv/disks/template.zst"
    # a frame of 4096 zeros as a run, by hand (RFC 8878): single segment, one last RLE block
    lab_host.sh(rf"printf '\050\265\057\375\140\000\017\003\200\000\000' > {template}")
    task = {"path": path, "source": template}
    if lab_host.rc("command -v zstd || python3 -c 'import compression.zstd'") == 0:
        lab_host.change("xen_disk", task)
        assert lab_host.sh(f"tr -d '\\0' < {path} | wc -c; stat -c %s {path}").split() == ["0", "4096"]
        lab_host.change("xen_disk", {"path": path, "state": "absent"})
    else:
        assert "zstd" in lab_host.fails("xen_disk", task, "source_format")["msg"]
    lab_host.sh(f"rm {template}")
