# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake says what the real xl said of changes of a running guest: recorded runs of Xen 4.17, in their order."""

from __future__ import annotations

from ansible_collections.netbsd.xen.tests.unit.fake.replay import RealHost
from ansible_collections.netbsd.xen.tests.unit.fake.test_replay import BASE, DB1, WEB1

# "x-name-123" is a capture to be matched; anything else is a command that was run between them.
LOOKED = ["b-life-074", "b-life-075", "xl vcpu-set web1 2"]
PINNED = [*(f"b-life-{number}" for number in range(144, 150))]
WEIGHED = ["b-life-150", "b-life-151", "b-life-152"]
DISKS = [f"b-life-{number}" for number in (153, 155, 156, 157, *range(159, 162))]
# the fourth disk was a loop device, which a fake host has not
DISKS += [
    "xl block-attach web1 phy:/srv/domu/disk3.img xvde w", "b-life-164", "b-life-165", "b-life-167", "b-life-168",
]  # fmt: skip
VIFS = [
    "b-life-171", "b-life-172", "b-life-176", "b-life-178", "b-life-180", "b-life-181", "b-life-182", "b-life-183",
    "b-life-184", "b-life-185", "b-life-187", "b-life-188", "b-life-189", "b-life-191", "b-life-193",
]  # fmt: skip
PCI = ["e-pci-027", "e-pci-033", "e-pci-034", "e-pci-036"]
PVPT = f'name = "pvpt"\n{BASE}memory = 96\npassthrough = "enabled"\n'


def _replay(real_host: RealHost, steps: list[str]) -> None:
    for step in steps:
        real_host.run(step) if " " in step else real_host.check(step)


def test_a_guest_is_pinned_weighed_and_plugged(real_host: RealHost) -> None:
    real_host.cfg("web1", WEB1)
    real_host.cfg("db1", DB1)
    real_host.cfg("web1-new", WEB1)
    _replay(real_host, ["xl create -q /srv/t/web1.cfg", *LOOKED])
    # the second vcpu was switched on by Xen, and not yet by the guest
    real_host.change(domains=[{**domain, "vcpus_online": 1} for domain in real_host.state["domains"]])
    _replay(real_host, [*PINNED, *WEIGHED, *DISKS, *VIFS])
    web1 = real_host.domain("web1")
    assert web1 and [disk["vdev"] for disk in web1["config"]["disks"]] == ["xvda", "xvdb", "xvdd"]
    assert [nic["devid"] for nic in web1["config"]["nics"]] == [2, 3, 4]


def test_pci_functions_are_plugged(real_host: RealHost) -> None:
    real_host.cfg("pvpt", PVPT)
    real_host.cfg("pv0", f'name = "pv0"\n{BASE}memory = 96\n')
    real_host.change(next_domid=23)
    real_host.host(pci_assignable=["0000:00:06.0"])
    _replay(real_host, ["xl create -q /srv/t/pv0.cfg", "xl create -q /srv/t/pvpt.cfg", *PCI])
    pvpt = real_host.domain("pvpt")
    assert pvpt and pvpt["config"]["pcidevs"] == [{"dev": 6, "vdevfn": 40, "vfunc_mask": 1, "rdm_policy": "strict"}]
    assert real_host.run("xl pci-detach pvpt 00:06.0").rc == 0
    assert "pcidevs" not in (real_host.domain("pvpt") or {})["config"]
