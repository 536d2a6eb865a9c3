# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_domain: changes of a running guest, and how far ``apply`` lets a task go."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domain import MAC, Parameters, properties, single, text, web

CASES: list[Case] = []
OTHER_MAC = "00:16:3e:11:11:02"


def case(name: str, **more: Any) -> Any:
    def register(prepare: Any) -> Any:
        CASES.append(single(name, **more)(prepare))
        return prepare

    return register


def running(world: World, content: str, **parameters: Any) -> Parameters:
    """A guest that runs what its file says, and a task on it."""
    world.config("web", content)
    world.xen.add_domain(content)
    return {"name": "web", "state": "running", "timeout": 20, **parameters}


def own_disk(world: World) -> str:
    return f"{world.root}/disks/web.img,raw,xvda,rw"


def two_disks(world: World) -> str:
    second = world.file("disks/second.img")
    return text(world).replace("disks/web.img' ]", f"disks/web.img', '{second},raw,xvdb,rw' ]")


@case("a disk is attached", changes=True, after="running")
def _attach_disk(world: World) -> Parameters:
    second = world.file("disks/second.img")
    return running(world, text(world), disks=[own_disk(world), f"{second},raw,xvdb,ro"])


@case("a disk is appended", changes=True, after="running")
def _append_disk(world: World) -> Parameters:
    second = world.file("disks/second.img")
    return running(world, text(world), disks=[f"{second},raw,xvdb,rw"], device_policy="append")


@case("a disk is detached", changes=True, after="running")
def _detach_disk(world: World) -> Parameters:
    return running(world, two_disks(world), disks=[own_disk(world)])


@case("a disk fewer, with append", changes=False, after="running")
def _append_keeps(world: World) -> Parameters:
    return running(world, two_disks(world), disks=[own_disk(world)], device_policy="append")


@case("the boot disk goes only by a restart", changes=True, after="running")
def _boot_disk(world: World) -> Parameters:
    return running(world, two_disks(world), disks=[f"{world.root}/disks/second.img,raw,xvdb,rw"])


@case("another target waits for a restart", changes=True, after="running")
def _other_target(world: World) -> Parameters:
    third = world.file("disks/third.img")
    return running(world, two_disks(world), disks=[own_disk(world), f"{third},raw,xvdb,rw"])


@case("error: a disk that the guest does not give away", error="command_failed", fails_late=True, after="running")
def _busy_disk(world: World) -> Parameters:
    world.xen.guest("web", busy_disks=["xvdb"])
    return running(world, two_disks(world), disks=[own_disk(world)])


@case("error: a disk that is not there", error="disk_missing", after="running")
def _missing_disk(world: World) -> Parameters:
    return running(world, text(world), disks=[own_disk(world), "/nowhere/x.img,raw,xvdb,rw"])


@case("a vif is attached", changes=True, after="running")
def _attach_vif(world: World) -> Parameters:
    return running(world, text(world), vifs=[{"bridge": "xenbr0", "mac": MAC}, {"bridge": "xenbr0", "mac": OTHER_MAC}])


@case("a vif is exchanged for another", changes=True, after="running")
def _exchange_vif(world: World) -> Parameters:
    return running(world, text(world), vifs=[{"bridge": "xenbr0", "mac": OTHER_MAC}])


@case("error: a vif on a bridge that is not there", error="bridge_missing", after="running")
def _missing_bridge(world: World) -> Parameters:
    return running(world, text(world), vifs=[{"bridge": "xenbr0", "mac": MAC}, {"bridge": "br7", "mac": OTHER_MAC}])


@case("error: a vif fails and all is taken back", error="command_failed", fails_late=True, after="running")
def _half_way(world: World) -> Parameters:
    (world.root / "net" / "br7" / "bridge").mkdir(parents=True)  # there, but its script fails
    second = world.file("disks/second.img")
    return running(
        world, text(world), memory="112", disks=[own_disk(world), f"{second},raw,xvdb,rw"],
        vifs=[{"bridge": "xenbr0", "mac": MAC}, {"bridge": "br7", "mac": OTHER_MAC}],
    )  # fmt: skip


@case("error: memory that does not move", error="timeout", fails_late=True, after="running")
def _stuck_memory(world: World) -> Parameters:
    world.xen.guest("web", keeps_memory=True)
    parameters = running(world, text(world), memory="112", vifs=[{"bridge": "xenbr0", "mac": MAC}, "bridge=xenbr0"])
    return {**parameters, "timeout": 1}


@case("a PCI function is attached", changes=True, after="running")
def _attach_pci(world: World) -> Parameters:
    world.xen.host(pci_assignable=["0000:03:00.0"])
    return running(world, text(world) + 'passthrough = "enabled"\n', pci=["03:00.0"])


@case("a PCI function is detached", changes=True, after="running")
def _detach_pci(world: World) -> Parameters:
    world.xen.host(pci_assignable=["0000:03:00.0"])
    return running(world, text(world) + 'passthrough = "enabled"\npci = [ "03:00.0" ]\n', pci=[])


@case("a PCI function for a guest without passthrough", changes=True, after="running")
def _pci_restart(world: World) -> Parameters:
    world.xen.host(pci_assignable=["0000:03:00.0"])
    return running(world, text(world), pci=["03:00.0"])


@case("error: a PCI function that the host has itself", error="pci_not_assignable", after="running")
def _pci_of_host(world: World) -> Parameters:
    return running(world, text(world) + 'passthrough = "enabled"\n', pci=["03:00.0"])


@case("apply=report changes nothing", changes=False, after="running")
def _report(world: World) -> Parameters:
    return web(world, "other memory", "running", state="paused", apply="report", **properties(world))


@case("apply=report of a guest to be removed", changes=False, after="running")
def _report_absent(world: World) -> Parameters:
    return web(world, "same", "running", state="absent", apply="report")


@case("apply=next_boot writes the file only", changes=True, after="running")
def _next_boot(world: World) -> Parameters:
    return running(world, text(world), memory="112", extra="single", apply="next_boot", allow_restart=True)


@case("apply=restart, not allowed", changes=True, after="running")
def _restart_not_allowed(world: World) -> Parameters:
    return running(world, text(world), memory="112", apply="restart")


@case("apply=restart", changes=True, after="running")
def _restart(world: World) -> Parameters:
    return running(world, text(world), memory="112", apply="restart", allow_restart=True)


@case("file and guest differ in what the task does not give", changes=True, after="running")
def _unmanaged(world: World) -> Parameters:
    world.config("web", text(world, extra="single"))
    world.xen.add_domain(text(world))
    return {"name": "web", "state": "running", "memory": "112", "timeout": 20}


@case("another uuid and a restart", changes=True, after="running")
def _recreate(world: World) -> Parameters:
    return running(world, text(world), uuid="22222222-2222-3333-4444-555555555555", allow_restart=True)


@case("weight and cap", changes=True, after="running")
def _weight(world: World) -> Parameters:
    return running(world, text(world), cpu_weight=512, cap=50)


@case("pinned to some CPUs", changes=True, after="running")
def _pinned(world: World) -> Parameters:
    content = text(world).replace("vcpus = 1", "vcpus = 2\nmaxvcpus = 4")
    return running(world, content, cpus="1-2")


@case("each vcpu pinned to its own", changes=True, after="running")
def _pinned_each(world: World) -> Parameters:
    content = text(world).replace("vcpus = 1", 'vcpus = 2\nmaxvcpus = 4\ncpus = "0-1"')
    return running(world, content, cpus=["0", "3"])


@case("pinned by hand, and back", changes=True, after="running")
def _pinned_by_hand(world: World) -> Parameters:
    content = text(world) + 'cpus = "0-1"\n'
    parameters = running(world, content, cpus="0-1")
    world.xen.change("web", pins={"0": [3]})
    return parameters


@case("maxmem goes down together with memory", changes=True, after="running")
def _less_maxmem(world: World) -> Parameters:
    return running(world, text(world), memory="80", maxmem="96")


@case("maxmem goes up only by a restart", changes=True, after="running")
def _more_maxmem(world: World) -> Parameters:
    return running(world, text(world), memory="160", maxmem="192")


@case("what to do when it ends waits for a restart", changes=True, after="running")
def _actions(world: World) -> Parameters:
    return running(world, text(world), on_crash="preserve", on_reboot="destroy")


def _unfinished(world: World, suffix: str) -> None:
    world.config("web", text(world))
    world.xen.add_domain(text(world))
    world.save("web")
    (world.root / "save" / "web.save").rename(world.root / "save" / f"web.save.{suffix}")


@case("killed before it was restored", changes=True, after="running")
def _killed_before_restore(world: World) -> Parameters:
    _unfinished(world, "restoring")
    return {"name": "web", "state": "running", "timeout": 20}


@case("killed after it was restored", changes=True, after="running")
def _killed_after_restore(world: World) -> Parameters:
    (world.root / "save" / "web.save.restoring").write_bytes(b"old memory")
    return running(world, text(world))


@case("error: killed after it was restored, and its disk was written to", error="interrupted_restore", after="gone")
def _killed_long_ago(world: World) -> Parameters:
    _unfinished(world, "restoring")
    os.utime(world.root / "disks" / "web.img", (2_000_000_000, 2_000_000_000))
    return {"name": "web", "state": "running", "timeout": 20}


@case("killed after it was saved", changes=True, after="gone")
def _killed_after_save(world: World) -> Parameters:
    _unfinished(world, "partial")
    return {"name": "web", "state": "saved", "timeout": 20}


@case("a disk is not detached where xl would take it away by force", changes=True, after="running")
def _old_detach(world: World) -> Parameters:
    world.xen.host(xen_minor=14)
    return running(world, two_disks(world), disks=[own_disk(world)])
