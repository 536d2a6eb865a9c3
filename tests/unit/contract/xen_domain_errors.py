# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_domain: the errors that users meet. Nothing may have changed, and check mode says the same where it can know."""

from __future__ import annotations

from typing import Any

from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domain import (
    MAC,
    UUID,
    Parameters,
    properties,
    single,
    text,
    web,
)

CASES: list[Case] = []


def case(name: str, error: str, **more: Any) -> Any:
    def register(prepare: Any) -> Any:
        CASES.append(single(f"error: {name}", error, **more)(prepare))
        return prepare

    return register


def declared(world: World, **other: Any) -> Parameters:
    """A task that makes ``web`` out of nothing, with something wrong in it."""
    return {"name": "web", "state": "running", "timeout": 20, **properties(world), **other}


@case("no Xen", "no_xen")
def _no_xen(world: World) -> Parameters:
    world.xen.fault("no_xen", times=None)
    (world.root / "capabilities").unlink()
    return declared(world)


@case("no Xen, as Debian's wrapper says it", "no_xen")
def _no_xen_debian(world: World) -> Parameters:
    world.xen.fault("no_xen_debian", times=None)
    (world.root / "capabilities").unlink()
    return declared(world)


@case("daemons down", "daemons_down")
def _daemons(world: World) -> Parameters:
    world.xen.fault("xenstored_down", times=None)
    return declared(world)


@case("xl is not installed", "toolstack_missing")
def _no_xl(world: World) -> Parameters:
    (world.xen.bin / "xl").unlink()
    (world.xen.bin / "xm").unlink(missing_ok=True)
    return declared(world)


@case("a name that xl would take for an id", "bad_value")
def _number(world: World) -> Parameters:
    return {**declared(world), "name": "12345"}


@case("a name with a slash", "bad_value")
def _slash(world: World) -> Parameters:
    return {**declared(world), "name": "../web"}


@case("an unknown unit", "bad_value")
def _unit(world: World) -> Parameters:
    return declared(world, memory="96 bananas")


@case("a bad MAC", "bad_value")
def _mac(world: World) -> Parameters:
    return declared(world, vifs=["mac=zz:zz,bridge=xenbr0"])


@case("a bad disk", "bad_value")
def _disk_spec(world: World) -> Parameters:
    return declared(world, disks=["frob=1,vdev=xvda"])


@case("more vcpus than maxvcpus", "bad_value")
def _vcpus(world: World) -> Parameters:
    return declared(world, vcpus=4, maxvcpus=2)


@case("no memory for a new domain", "missing_property")
def _no_memory(world: World) -> Parameters:
    return {key: value for key, value in declared(world).items() if key != "memory"}


@case("kernel missing", "kernel_missing")
def _kernel(world: World) -> Parameters:
    return declared(world, kernel=str(world.root / "nosuch"))


@case("ramdisk missing", "ramdisk_missing")
def _ramdisk(world: World) -> Parameters:
    return declared(world, ramdisk=str(world.root / "nosuch"))


@case("disk missing", "disk_missing")
def _disk(world: World) -> Parameters:
    return declared(world, disks=[f"{world.root}/nosuch.img,raw,xvda,rw"])


@case("disk in use by another guest", "disk_in_use")
def _disk_in_use(world: World) -> Parameters:
    content = text(world, uuid=UUID.replace("1", "9"), mac="00:16:3e:00:00:99").replace("'web'", "'other'")
    world.xen.add_domain(content)
    return declared(world)


@case("bridge missing", "bridge_missing")
def _bridge(world: World) -> Parameters:
    return declared(world, vifs=[{"bridge": "nosuchbr"}])


@case("MAC of another guest", "duplicate_mac")
def _duplicate_mac(world: World) -> Parameters:
    world.xen.add_domain(f"name='other'\nkernel='{world.kernel}'\nmemory=64\nvif=['mac={MAC},bridge=xenbr0']\n")
    return declared(world, vifs=[f"mac={MAC},bridge=xenbr0"])


@case("MAC of another config file", "duplicate_mac")
def _duplicate_mac_file(world: World) -> Parameters:
    world.config("other", f"name='other'\nkernel='{world.kernel}'\nmemory=64\nvif=['mac={MAC},bridge=xenbr0']\n")
    return declared(world, vifs=[f"mac={MAC},bridge=xenbr0"])


@case("uuid of another guest", "duplicate_uuid")
def _duplicate_uuid(world: World) -> Parameters:
    world.xen.add_domain(f"name='other'\nuuid='{UUID}'\nkernel='{world.kernel}'\nmemory=64\n")
    return declared(world, uuid=UUID)


@case("a PCI function that the host has itself", "pci_not_assignable")
def _pci(world: World) -> Parameters:
    return declared(world, pci=["03:00.0"])


@case("a PCI function of another guest", "pci_in_use")
def _pci_in_use(world: World) -> Parameters:
    world.xen.host(pci_assignable=["0000:03:00.0"])
    world.xen.add_domain(f"name='other'\nkernel='{world.kernel}'\nmemory=64\npci=['03:00.0']\n")
    return declared(world, pci=["0000:03:00.0"])


@case("not enough memory", "insufficient_memory")
def _memory(world: World) -> Parameters:
    return declared(world, memory="100G")


@case("a file that does not parse", "config_syntax")
def _syntax(world: World) -> Parameters:
    world.config("web", "name = 'web'\nmemory = 64 + 32\n")
    return {"name": "web", "state": "running", "memory": "96"}


@case("the file of another domain", "wrong_config")
def _wrong(world: World) -> Parameters:
    world.config("web", text(world).replace("'web'", "'other'"))
    return {"name": "web", "state": "running"}


@case("a disk to remove that is another's", "bad_value")
def _foreign_disk(world: World) -> Parameters:
    return web(world, "same", "running", state="absent", remove_disks=[world.file("disks/foreign.img")])


@case("disks to remove from a domain that stays", "bad_value")
def _remove_but_stay(world: World) -> Parameters:
    return web(world, "same", state="stopped", remove_disks=[str(world.root / "disks" / "web.img")])


@case("a timeout below zero", "bad_value")
def _timeout(world: World) -> Parameters:
    return {**web(world, state="stopped"), "timeout": -1}


@case("a key given twice, with its option and without", "bad_value")
def _twice(world: World) -> Parameters:
    return web(world, state="present", memory="96", extra_config={"memory": 96})


@case("a guest that ignores the shutdown", "timeout", fails_late=True, after="running")
def _ignored(world: World) -> Parameters:
    world.xen.guest("web", ignores_shutdown=True)
    return {**web(world, "same", "running", state="stopped"), "timeout": 1}


@case("a guest that will not suspend", "command_failed", fails_late=True, after="running")
def _no_suspend(world: World) -> Parameters:
    world.xen.guest("web", ignores_suspend=True)
    return web(world, "same", "running", state="saved")


@case("a create that fails half-way", "start_failed", fails_late=True, after="gone")
def _half_way(world: World) -> Parameters:
    world.xen.fault("create_fails_halfway", "create", times=1)
    return declared(world)


@case("a create that fails half-way, with an older file", "start_failed", fails_late=True, after="gone")
def _half_way_old_file(world: World) -> Parameters:
    world.xen.fault("create_fails_halfway", "create", times=1)
    return web(world, "other extra", state="running", **properties(world))


@case("a kernel that is none", "start_failed", fails_late=True, after="gone")
def _no_kernel(world: World) -> Parameters:
    return declared(world, kernel=world.file("disks/passwd", b"root:x:0:0\n"))


def _with_logs(world: World) -> None:
    """xl and xenconsoled write their logs, beside what the contract compares."""
    folder = world.root.parent / "log"
    (folder / "console").mkdir(parents=True)
    (folder / "console" / "guest-web.log").write_text("an earlier life\n", encoding="utf-8")
    world.xen.host(log_dir=str(folder))
    world.moves = {"host._host.LOG_DIR": str(folder)}


@case("a guest that crashes at its start", "crashed", fails_late=True, after="gone")
def _crashes(world: World) -> Parameters:
    _with_logs(world)
    world.xen.guest("web", crashes_at_start=True)
    return web(world, "same", state="running")


@case("a restart that fails: the guest runs again as before", "start_failed", fails_late=True, after="running")
def _restart_fails(world: World) -> Parameters:
    bad = world.file("disks/passwd", b"root:x:0:0\n")
    return web(world, "same", "running", state="running", allow_restart=True, kernel=bad)


@case("the host's own domain", "bad_value")
def _dom0(world: World) -> Parameters:
    return {"name": "Domain-0", "state": "stopped"}


@case("a uuid that is none", "bad_value")
def _uuid(world: World) -> Parameters:
    return declared(world, uuid="nope")


@case("a vdev that is none", "bad_value")
def _vdev(world: World) -> Parameters:
    return declared(world, disks=[{"target": str(world.root / "disks" / "web.img"), "vdev": "nonsense"}])


@case("two disks with one vdev", "bad_value")
def _same_vdev(world: World) -> Parameters:
    disk, second = properties(world)["disks"][0], world.file("disks/second.img")
    return declared(world, disks=[disk, f"{second},raw,xvda,rw"])


@case("a file whose kernel is missing", "kernel_missing")
def _file_kernel(world: World) -> Parameters:
    world.config("web", text(world, kernel="/nosuch/kernel"))
    return {"name": "web", "state": "running"}


@case("more memory than is free, for a running guest", "insufficient_memory")
def _grow(world: World) -> Parameters:
    content = text(world).replace("maxmem = 128", "maxmem = 9000")
    world.config("web", content)
    world.xen.add_domain(content)
    return {"name": "web", "state": "running", "memory": "8500", "timeout": 1}


@case("a restart that the guest ignores", "timeout", fails_late=True, after="running")
def _restart_ignored(world: World) -> Parameters:
    world.xen.guest("web", ignores_shutdown=True)
    parameters = web(world, "other extra", "running", state="running", allow_restart=True, **properties(world))
    return {**parameters, "timeout": 1}


@case("mem-set fails", "command_failed", fails_late=True, after="running")
def _mem_set(world: World) -> Parameters:
    world.xen.fault("fails", "mem-set", rc=1, stderr="cannot set domid 1 dynamic max memory to : 112m\n", times=1)
    return web(world, "same", "running", state="running", memory="112")


@case("a save file that is broken", "start_failed", fails_late=True, after="gone")
def _broken_save(world: World) -> Parameters:
    parameters = web(world, "same", "saved", state="running")
    path = world.root / "save" / "web.save"
    path.write_bytes(path.read_bytes()[:-5])
    return parameters


@case("a saved guest whose disk is gone", "disk_missing", after="gone")
def _saved_without_disk(world: World) -> Parameters:
    parameters = web(world, "same", "saved", state="running")
    (world.root / "disks" / "web.img").unlink()
    return parameters


@case("a save into a folder that is none", "command_failed", fails_late=True, after="running")
def _save_nowhere(world: World) -> Parameters:
    world.xen.fault("fails", "save", rc=1, stderr="Failed to open temp file for writing\n", times=1)
    return web(world, "same", "running", state="saved")


@case("destroy fails", "command_failed", fails_late=True, after="running")
def _destroy_fails(world: World) -> Parameters:
    world.xen.guest("web", ignores_shutdown=True)
    world.xen.fault("fails", "destroy", rc=1, stderr="destroy failed (rc=-3)\n", times=1)
    return {**web(world, "same", "running", state="absent", force=True), "timeout": 0}


@case("a guest that would come back by itself", "would_restart", after="running")
def _comes_back(world: World) -> Parameters:
    content = text(world) + 'on_poweroff = "restart"\n'
    world.config("web", content)
    world.xen.add_domain(content)
    return {"name": "web", "state": "stopped", "timeout": 20}


@case("a guest that crashes at its start, and nobody keeps a log", "died", fails_late=True, after="gone")
def _crashes_unseen(world: World) -> Parameters:
    world.xen.guest("web", crashes_at_start=True)
    return web(world, "same", state="running")


@case("a guest that does not say what it should", "timeout", fails_late=True, after="running")
def _says_nothing(world: World) -> Parameters:
    _with_logs(world)
    return {**web(world, "same", state="running"), "wait_for_console": "login: $", "timeout": 0}


@case("a guest that dies before it says what it should", "crashed", fails_late=True, after="gone")
def _says_last_words(world: World) -> Parameters:
    _with_logs(world)
    world.xen.guest("web", crashes_at_start=True, console="panic: no root\n")
    return {**web(world, "same", state="running"), "wait_for_console": "login: $"}


@case("a guest that is on its way to another host", "interrupted_migration")
def _on_its_way(world: World) -> Parameters:
    world.file("save/web.save.migrating")
    return web(world, "same", state="running")


@case("a regular expression that is none", "bad_value")
def _no_regex(world: World) -> Parameters:
    return {**web(world, "same", state="running"), "wait_for_console": "("}


@case("a guest that comes back from a crash, again and again", "crashed", fails_late=True)
def _crash_loop(world: World) -> Parameters:
    _with_logs(world)
    world.xen.guest("web", crashes_at_start=True)
    world.config("web", text(world) + 'on_crash = "restart"\n')
    return {"name": "web", "state": "running", "timeout": 20}


@case("both spellings of the file", "ambiguous_config")
def _both(world: World) -> Parameters:
    parameters = web(world, "same", state="running")
    (world.root / "etc" / "web").write_text(text(world), encoding="utf-8")
    return parameters


# Check mode says nothing of it: an earlier task of the play may make the folder, and has not in check mode.
@case("a folder for config files that is none", "bad_value", fails_late=True)
def _no_folder(world: World) -> Parameters:
    return declared(world, config_dir=str(world.root / "nosuch"))


@case("a file that is no file", "error")
def _folder(world: World) -> Parameters:
    return declared(world, config=str(world.root / "disks"))
