# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake says what the real xl said: recorded runs of Xen 4.17, replayed in their order."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.netbsd.xen.tests.unit.fake.replay import RealHost, capture

BASE = 'kernel = "/srv/domu/vmlinuz"\nramdisk = "/srv/domu/initrd.gz"\nextra = "console=hvc0 quiet"\n'
WEB1 = f"""name = "web1"
type = "pv"
uuid = "11111111-2222-3333-4444-555555555555"
{BASE}memory = 96
maxmem = 160
vcpus = 2
maxvcpus = 4
disk = [ 'format=raw,vdev=xvda,access=rw,target=/srv/domu/disk0.img', 'phy:/dev/loop7,xvdb,w' ]
vif = [ 'mac=00:16:3e:11:11:01,bridge=xenbr0' ]
"""
DB1 = f"""name = "db1"
type = "pv"
uuid = "132ffb50-b1fe-42a6-a8db-898991a9c304"
{BASE}memory = 96
vcpus = 1
vif = [ 'mac=00:16:3e:05:a0:03,bridge=xenbr0', 'mac=00:16:3e:22:22:02,bridge=xenbr1' ]
"""
PAUSED1 = f'name = "paused1"\n{BASE}memory = 96\nvcpus = 1\n'

# "x-name-123" is a capture to be matched; anything else is a command that was run between them.
FIRST = [f"a-host-{number:03}" for number in (3, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 21, 22, 28, 29, 31)]
CREATED = ["b-life-040", "b-life-041", "b-life-042", "b-life-043", "b-life-045", "b-life-046", "b-life-047"]
LOOKED_AT = [
    f"b-life-{number:03}"
    for number in (*range(48, 70), 72, *range(76, 84), 86)
]  # fmt: skip
PAUSED = [
    "b-life-090", "b-life-091", "b-life-092", "b-life-094", "b-life-095", "b-life-096", "b-life-097", "b-life-098",
    "b-life-099", "b-life-100", "b-life-101", "b-life-103", "b-life-104", "b-life-105", "b-life-106", "b-life-107",
]  # fmt: skip
RENAMED = [f"b-life-{number}" for number in range(108, 116)]
EVENTS = ["b-life-194", "b-life-195", "b-life-196"]
MEMORY = [*(f"b-life-{number}" for number in range(116, 128)), "b-life-129", "b-life-130", "b-life-131"]
VCPUS = [
    "xl mem-max web1 160", "xl mem-set web1 96", "b-life-132", "b-life-134", "b-life-135", "b-life-136", "b-life-138",
    "b-life-139", "b-life-140", "b-life-141", "b-life-142", "b-life-143",
]  # fmt: skip
SAVED = [
    "xl vcpu-set web1 1", "c-end-198", "c-end-199", "c-end-201", "c-end-202", "c-end-203", "c-end-204", "c-end-205",
    "c-end-206", "c-end-207", "c-end-208", "xl unpause db1", "c-end-209", "c-end-210", "c-end-211", "c-end-212",
    "head -c 200 /srv/t/db1.save > /srv/t/trunc.save", "c-end-213",
    "head -c 5000 /dev/zero > /srv/t/zero.save", "c-end-214", "xl destroy db1",
    "head -c -5 /srv/t/db1.save > /srv/t/trunc.save", "c-end-215", "c-end-216", "c-end-217", "c-end-218",
]  # fmt: skip
ENDED = [
    "xl unpause db1", "c-end-219", "xl list", "c-end-220", "c-end-226", "c-end-227", "xl destroy web1", "c-end-230",
    "c-end-231", "c-end-232", "c-end-233", "c-end-234",
]  # fmt: skip


def test_a_day_of_two_guests(real_host: RealHost) -> None:
    """One long run, since ids, memory and states follow from what came before."""
    for name, text in (("web1", WEB1), ("db1", DB1), ("paused", PAUSED1)):
        real_host.cfg(name, text)
    for step in FIRST + CREATED + LOOKED_AT + PAUSED + RENAMED + EVENTS + MEMORY + VCPUS + SAVED + ENDED:
        if " " not in step:
            real_host.check(step)
        elif ">" in step:
            subprocess.run(real_host.here(step), shell=True, check=True)
        else:
            real_host.run(step)


X1 = f'name = "x1"\ntype = "pv"\n{BASE}memory = 96\nvcpus = 1\n'
MISSING = X1.replace("/srv/domu/vmlinuz", "/srv/domu/nosuch")
DISK3 = "disk = [ 'format=raw,vdev=xvda,access=rw,target=/srv/domu/disk3.img' ]\n"
LOADER = f'name = "x1"\nmemory = 64\n{DISK3}'

# Capture of a failed `xl create`, the config that caused it, and the id that Xen had reached.
REFUSED = [
    ("d-err-001", "name = \"x1\"\nvif = [ 'a'\n\n", 29),
    ("d-err-004", "name = x1\n", 29),
    ("d-err-007", "this is not a config\n", 29),
    ("d-err-010", 'name = "x1"\nmemory = 64 + 32\n', 29),
    ("d-err-013", "", 29),
    ("d-err-016", "memory = 96\n", 29),
    ("d-err-019", 'name = "x1"\nmemory = 96\n', 29),
    ("d-err-022", MISSING, 29),
    ("d-err-025", X1.replace("/srv/domu/initrd.gz", "/srv/domu/nosuch"), 30),
    ("d-err-028", X1.replace("/srv/domu/vmlinuz", "/etc/passwd"), 31),
    ("d-err-034", X1.replace("96", '"lots"'), 33),
    ("d-err-040", X1.replace("memory = 96\n", ""), 35),
    ("d-err-043", X1.replace("96", "100000"), 36),
    ("d-err-046", X1.replace("96", "8"), 37),
    ("d-err-049", X1.replace("96", "0"), 38),
    ("d-err-058", X1.replace("vcpus = 1", "vcpus = 5000"), 40),
    ("d-err-061", X1.replace("vcpus = 1", "vcpus = 4\nmaxvcpus = 2"), 40),
    ("d-err-064", X1 + 'cpus = "99"\n', 40),
    ("d-err-079", X1 + DISK3.replace("disk3", "nosuch"), 45),
    ("d-err-082", X1 + "disk = [ 'phy:/dev/nosuch,xvda,w' ]\n", 46),
    ("d-err-085", X1 + "disk = [ 'frob=1,vdev=xvda' ]\n", 47),
    ("d-err-088", X1 + "disk = [ 'format=raw,target=/srv/domu/disk3.img' ]\n", 47),
    ("d-err-091", X1 + DISK3.replace("xvda", "nonsense"), 47),
    ("d-err-094", X1 + "disk = [ '/srv/domu/disk3.img,raw,xvda,w', '/srv/domu/disk2.img,raw,xvda,w' ]\n", 48),
    ("d-err-097", X1 + DISK3.replace("raw", "qcow2"), 49),
    ("d-err-100", X1 + "pci = [ 'zz:00.0' ]\n", 50),
    ("d-err-103", X1 + "pci = [ '55:00.0' ]\n", 50),
    ("d-err-106", X1 + "pci = [ '00:05.0' ]\n", 51),
    ("d-err-112", X1 + 'on_crash = "explode"\n', 53),
    ("d-err-115", X1.replace('"pv"', '"foo"'), 53),
    ("d-err-118", X1.replace('"pv"', '"hvm"'), 53),
    ("d-err-124", X1 + 'uuid = "nope"\n', 53),
    ("d-err-127", X1.replace('"x1"', '"x 1/2"'), 54),
    ("d-err-139", LOADER + 'bootloader = "nosuchloader"\n', 58),
    ("d-err-142", LOADER + 'bootloader = "pygrub"\n', 59),
    ("d-err-145", None, 60),
    ("d-err-146", None, 60),
    ("d-err-147", None, 60),
]


@pytest.mark.parametrize(("name", "config", "next_domid"), REFUSED, ids=[case[0] for case in REFUSED])
def test_a_refused_creation(real_host: RealHost, name: str, config: str | None, next_domid: int) -> None:
    """The same words, the same exit status, and no domain left behind but where the real xl leaves one."""
    file_name = capture(name).command.split("/")[-1].removesuffix(".cfg")
    if config is not None:
        real_host.cfg(file_name, config)
    real_host.change(next_domid=next_domid)
    real_host.check(name)
    left_behind = ["x 1/2"] if name == "d-err-127" else []
    assert [domain["name"] for domain in real_host.state["domains"]] == left_behind


# Capture of `xl -N create`, and the config; the uuid is drawn anew each time.
PRINTED = [
    ("d-err-023", MISSING),
    ("d-err-035", X1.replace("96", '"lots"')),
    ("d-err-047", X1.replace("96", "8")),
    ("d-err-053", X1 + "maxmem = 32\n"),
    ("d-err-056", X1.replace("vcpus = 1", "vcpus = 0")),
    ("d-err-068", X1 + "vif = [ 'bridge=nosuchbr' ]\n"),
    ("d-err-071", X1 + "vif = [ 'bridge=xenbr0,mac=zz' ]\n"),
    ("d-err-074", X1 + "vif = [ 'bridge=xenbr0,frob=1' ]\n"),
    ("d-err-077", X1 + "vif = 'bridge=xenbr0'\n"),
    ("d-err-104", X1 + "pci = [ '55:00.0' ]\n"),
    ("d-err-110", X1 + "pci = '00:05.0'\n"),
    ("d-err-119", X1.replace('"pv"', '"hvm"')),
    ("d-err-128", X1.replace('"x1"', '"x 1/2"')),
    ("d-err-134", X1.replace('"x1"', '""')),
    ("d-err-140", LOADER + 'bootloader = "nosuchloader"\n'),
]


@pytest.mark.parametrize(("name", "config"), PRINTED, ids=[case[0] for case in PRINTED])
def test_a_dry_run(real_host: RealHost, name: str, config: str) -> None:
    recorded = capture(name)
    real_host.cfg(recorded.command.split("/")[-1].removesuffix(".cfg"), config)
    real_host.check(name)
    assert real_host.state["domains"] == [] and real_host.mutating_calls() == []


def test_guests_that_ended_and_guests_that_do_not(real_host: RealHost) -> None:
    """Preserved and crashed domains stay in the list; a guest may ignore the request; a dying one has no name."""
    for name, more in (
        ("preserve", 'name = "preserved"\nextra = "console=hvc0 quiet rig.poweroff"\non_poweroff = "preserve"\n'
         'uuid = "dd2e04f6-b715-488a-aed0-660ac1d209ad"\n'),
        ("crasher", 'name = "crasher"\nextra = "console=hvc0 quiet rig.crash"\non_crash = "preserve"\n'
         'uuid = "263ee0d2-fc98-450e-9389-b83d99c67209"\n'),
        ("ig", 'name = "ignorer"\nextra = "console=hvc0 quiet rig.noshutdown"\n'
         'uuid = "d40476e8-08cb-4482-a807-8f06a0d93a61"\n'),
        ("d1", 'name = "d1"\n'),
    ):  # fmt: skip
        real_host.cfg(name, BASE.replace('extra = "console=hvc0 quiet"\n', "") + "memory = 96\nvcpus = 1\n" + more)
    real_host.guest("ignorer", ignores_shutdown=True)
    real_host.guest("crasher", crashes_at_start=True)
    real_host.guest("d1", zombie_polls=99)
    real_host.change(next_domid=11)
    real_host.run("xl create -q /srv/t/ig.cfg")
    real_host.check("c-end-235")
    real_host.check("c-end-238")
    real_host.run("xl destroy ignorer")
    real_host.change(next_domid=14)
    for step in (
        "xl create -q /srv/t/ig.cfg", "xl create -q /srv/t/preserve.cfg", "xl create -q /srv/t/crasher.cfg",
        "xl shutdown preserved", "xl list", "c-end-244", "c-end-245", "c-end-246", "c-end-247", "c-end-250",
        "c-end-251", "c-end-252", "c-end-253", "xl destroy crasher", "xl destroy preserved", "c-end-254",
        "xl create -q /srv/t/d1.cfg",
    ):  # fmt: skip
        real_host.check(step) if step.startswith("c-end") else real_host.run(step)
    real_host.change(next_domid=19)
    real_host.run("xl destroy d1")
    assert real_host.state["domains"][-1]["dying"]


def test_arguments_override_the_file(real_host: RealHost) -> None:
    real_host.cfg("ig", f'name = "ignorer"\n{BASE}memory = 96\n')
    real_host.cfg("d2", f'name = "d2"\n{BASE}memory = 96\nvcpus = 1\n')
    real_host.change(next_domid=14)
    real_host.run("xl create -q /srv/t/ig.cfg")
    real_host.change(next_domid=21)
    for step in ("c-end-264", "c-end-265", "c-end-266", "c-end-267"):
        real_host.check(step)


def test_pci_devices_go_to_one_guest(real_host: RealHost) -> None:
    real_host.host(pci_assignable=["0000:01:00.0", "0000:02:00.0"])
    pci = "pci = [ '01:00.0', '02:00.0,permissive=1' ]\n"
    real_host.cfg("pvpci", X1.replace("x1", "pvpci") + pci + 'uuid = "0b8610d8-f741-4a4c-90ca-1f29e41f39b3"\n')
    real_host.cfg("pvpci2", X1.replace("x1", "pvpci2") + "pci = [ '01:00.0' ]\n")
    real_host.change(next_domid=25)
    for step in ("e-pci-050", "e-pci-051", "e-pci-052", "e-pci-053"):
        real_host.check(step)


def test_only_root_reaches_the_hypervisor(real_host: RealHost) -> None:
    recorded = capture("a-host-038").said
    real_host.fault("permission_denied")
    assert real_host.run("xl list") == recorded
