# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every version of Xen that the lab has packages of: from the bare host to its hypervisor, and nothing to do after."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from play import ROOT, Play

sys.path.insert(0, str(ROOT / "tests" / "lab"))

from xenlab import Lab  # noqa: E402 - found in tests/lab, after the path above

PLAY_TIMEOUT = 1200.0
# NetBSD release of the host, version of Xen; the old releases boot with GRUB
VERSIONS = [
    *(("10.1", version) for version in ("4.13", "4.15", "4.18", "4.20")),
    *(("7.0", version) for version in ("4.1", "4.2", "4.5", "4.6", "4.8")),
    *(("5.2", version) for version in ("3.1", "3.3", "4.1", "4.2")),
]


def variables(release: str, version: str) -> dict[str, object]:
    return {
        "xen_dom0_version": version,
        "xen_dom0_reboot": True,
        "xen_packages_repository": f"file:///srv/pkgsrc/packages/NetBSD/x86_64/{release}/All",
        "xen_kernels_dom0_kernel_source": f"file:///srv/netbsd/NetBSD-{release}/amd64/binary/kernel/netbsd-XEN3_DOM0.gz",
        "xen_boot_dom0_memory": "768M",
        "xen_boot_console": "serial",
        "xen_network_bridges": [{"name": "bridge0", "members": ["wm0"]}],
    }


@pytest.mark.parametrize("release, version", VERSIONS)
def test_from_bare_host_to_this_version(release: str, version: str, tmp_path: Path) -> None:
    name = f"v{release}-{version}".replace(".", "_")
    with Lab.instance(name, netbsd=True) as host:
        if release != "10.1":
            host.check(f"lab-face legacy {release}")
        inventory = tmp_path / "hosts.yml"
        inventory.write_text(host.inventory())
        arguments = ["-i", str(inventory), "-e", json.dumps(variables(release, version)), "playbooks/dom0.yml"]
        with Play(arguments) as play:
            assert play.finish(PLAY_TIMEOUT) == 0, play.text
        boot = host.boots()[-1]
        assert boot.kind == "xen"
        toolstack = "xm" if version in ("3.1", "3.3", "4.1") else "xl"
        info = dict(
            (part.strip() for part in line.split(":", 1))
            for line in host.check(f"/usr/pkg/sbin/{toolstack} info").splitlines()
            if ":" in line
        )
        assert f"{info['xen_major']}.{info['xen_minor']}" == version
        with Play(arguments) as again:
            assert again.finish(PLAY_TIMEOUT) == 0, again.text
        assert again.changed() == 0, again.text
        print(f"NetBSD {release}, Xen {version}: {boot.config}, entry {boot.title!r}: {boot.xen} {boot.xen_arguments}")
