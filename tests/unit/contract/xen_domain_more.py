# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_domain: cases beyond the matrix that end well."""

from __future__ import annotations

from typing import Any

from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domain import Parameters, properties, single, text, web

CASES: list[Case] = []


def case(name: str, **more: Any) -> Any:
    def register(prepare: Any) -> Any:
        CASES.append(single(name, **more)(prepare))
        return prepare

    return register


@case("started, and waited for its words", after="running")
def _says_it(world: World) -> Parameters:
    folder = world.root.parent / "log"
    folder.mkdir()
    world.xen.host(log_dir=str(folder))
    world.moves = {"host._host.LOG_DIR": str(folder)}
    world.xen.guest("web", console="NetBSD/amd64 (web) (constty)\n\nlogin: ")
    (folder / "console").mkdir()
    (folder / "console" / "guest-web.log").write_text("an earlier life\n", encoding="utf-8")
    return {**web(world, "same", state="running"), "wait_for_console": "login: $"}


@case("restarted for a new kernel line", after="running")
def _restart(world: World) -> Parameters:
    return web(world, "other extra", "running", state="running", allow_restart=True, **properties(world))


@case("a paused guest restarted for a new kernel line", after="paused")
def _restart_paused(world: World) -> Parameters:
    return web(world, "other extra", "paused", state="paused", allow_restart=True, **properties(world))


@case("the file is right and the guest is not", after="running")
def _drift(world: World) -> Parameters:
    world.config("web", text(world))
    world.xen.add_domain(text(world, extra="single"))
    return {"name": "web", "state": "running", **properties(world)}


@case("memory and vcpus change live", after="running")
def _live(world: World) -> Parameters:
    content = text(world).replace("vcpus = 1", "vcpus = 1\nmaxvcpus = 4")
    world.config("web", content)
    world.xen.add_domain(content)
    return {"name": "web", "state": "running", "memory": "112", "vcpus": 3, "timeout": 20}


@case("memory beyond maxmem needs a restart", after="running")
def _beyond(world: World) -> Parameters:
    return web(world, "same", "running", state="running", memory="256")


@case("present, running guest, live change is left", after="running")
def _present(world: World) -> Parameters:
    return web(world, "same", "running", state="present", memory="112")


@case("a crashed guest goes with force and starts again", after="running")
def _crashed_running(world: World) -> Parameters:
    return web(world, "same", "crashed", state="running", force=True)


@case("a crashed guest goes with force", after="gone")
def _crashed_stopped(world: World) -> Parameters:
    return web(world, "same", "crashed", state="stopped", force=True)


@case("a crashed guest and its file go with force", after="gone")
def _crashed_absent(world: World) -> Parameters:
    return web(world, "same", "crashed", state="absent", force=True)


@case("destroyed at once", after="gone")
def _at_once(world: World) -> Parameters:
    world.xen.guest("web", ignores_shutdown=True)
    return {**web(world, "same", "running", state="stopped", force=True), "timeout": 0}


@case("destroyed after the timeout", after="gone")
def _after_timeout(world: World) -> Parameters:
    world.xen.guest("web", ignores_shutdown=True)
    return {**web(world, "same", "running", state="stopped", force=True), "timeout": 1}


@case("a guest that takes its time", after="gone")
def _slow(world: World) -> Parameters:
    world.xen.guest("web", shutdown_polls=5, shutdown_linger=2, zombie_polls=2)
    return web(world, "same", "running", state="stopped")


@case("xl list fails once", after="running")
def _flaky(world: World) -> Parameters:
    world.xen.fault("list_fails", "list", times=1)
    return web(world, "same", "not live", state="running")


@case("paused twice", after="running")
def _paused_twice(world: World) -> Parameters:
    parameters = web(world, "same", state="running")
    world.xen.add_domain(text(world), "paused", pause_count=2)
    return parameters


@case("its image goes with it", after="gone")
def _remove_disks(world: World) -> Parameters:
    return web(world, "same", "running", state="absent", remove_disks=[str(world.root / "disks" / "web.img")])


@case("a vif and a disk more", after="running")
def _more_devices(world: World) -> Parameters:
    second = world.file("disks/second.img")
    disks = [*properties(world)["disks"], f"phy:{second},xvdb,w"]
    return web(world, "same", "running", state="running", disks=disks, vifs=[{"bridge": "xenbr0"}, "bridge=xenbr0"])


@case("appended, nothing new", after="running")
def _append(world: World) -> Parameters:
    disk = str(world.root / "disks" / "web.img")
    return web(world, "same", "running", state="running", device_policy="append", disks=[f"{disk},raw,xvda,rw"])


@case("a vif fewer, not live", after="gone")
def _no_vif(world: World) -> Parameters:
    return web(world, "same", state="present", vifs=[])


@case("an unknown key is set and another removed", after="gone")
def _extra_config(world: World) -> Parameters:
    return web(world, "same", state="present", extra_config={"device_model_args": None, "nestedhvm": 1})


@case("a backup is kept", after="gone")
def _backup(world: World) -> Parameters:
    return web(world, "other memory", state="present", backup=True, memory="96")


@case("a password in the file", after="gone")
def _password(world: World) -> Parameters:
    return web(world, "same", state="present", vfb=[{"vnc": True, "vncpasswd": "hunter2secret"}])


@case("a file elsewhere", after="running")
def _elsewhere(world: World) -> Parameters:
    path = world.root / "disks" / "own.conf"
    path.write_text(text(world), encoding="utf-8")
    return {"name": "web", "state": "running", "config": str(path)}


@case("a save file elsewhere", after="gone")
def _save_file(world: World) -> Parameters:
    return web(world, "same", "running", state="saved", save_file=str(world.root / "disks" / "web.save"))


@case("a guest from a boot loader", after="running")
def _bootloader(world: World) -> Parameters:
    disk = world.file("disks/boot.img", b"grub" * 128)
    return {
        "name": "web", "state": "running", "bootloader": "pygrub", "memory": "64", "disks": [f"{disk},raw,xvda,rw"],
    }  # fmt: skip


@case("the file only, on a host without Xen")
def _no_xen(world: World) -> Parameters:
    world.xen.fault("no_xen", times=None)
    (world.root / "capabilities").unlink()
    return {"name": "web", "state": "present", **properties(world)}


@case("the same memory in another unit", changes=False, after="running")
def _unit(world: World) -> Parameters:
    return web(world, "same", "running", state="running", **{**properties(world), "memory": "98304K"})


@case("devices as Xen's own strings", changes=False, after="running")
def _strings(world: World) -> Parameters:
    disk = world.root / "disks" / "web.img"
    return web(
        world, "same", "running", state="running",
        disks=[f"file:{disk},xvda,w"], vifs=["bridge=xenbr0,mac=00:16:3E:11:11:01"],
    )  # fmt: skip


@case("a property is removed", changes=True, after="gone")
def _removed(world: World) -> Parameters:
    return web(world, "same", state="present", ramdisk="", extra="")


@case("beside a dying domain", changes=True, after="running")
def _zombie(world: World) -> Parameters:
    world.xen.add_domain(text(world).replace("'web'", "'old'"), "dying")
    return web(world, "same", state="running")


@case("the config file is a link", changes=True, after="gone")
def _link(world: World) -> Parameters:
    real = world.root / "disks" / "real.conf"
    real.write_text(text(world, memory=64), encoding="utf-8")
    (world.root / "etc" / "web.cfg").symlink_to(real)
    return {"name": "web", "state": "present", "memory": "96"}


@case("a disk that two guests read", changes=True, after="running")
def _shared(world: World) -> Parameters:
    shared = world.file("disks/shared.img")
    world.xen.add_domain(f"name='other'\nkernel='{world.kernel}'\nmemory=64\ndisk=['{shared},raw,xvda,ro']\n")
    return web(world, "same", state="running", device_policy="append", disks=[f"{shared},raw,xvdb,ro"])


@case("more vcpus than the host has cpus", changes=True, after="running")
def _overcommit(world: World) -> Parameters:
    content = text(world).replace("vcpus = 1", "vcpus = 1\nmaxvcpus = 8")
    world.config("web", content)
    world.xen.add_domain(content)
    return {"name": "web", "state": "running", "vcpus": 6, "timeout": 20}


@case("the guest was saved with other memory than the file says", after="running")
def _saved_drift(world: World) -> Parameters:
    world.xen.add_domain(text(world, memory=64))
    world.save("web")
    world.config("web", text(world))
    return {"name": "web", "state": "running", "memory": "96", "timeout": 20}


@case("absent, with all its properties beside it", changes=True, after="gone")
def _gone_from_a_list(world: World) -> Parameters:
    return web(world, "same", "running", state="absent", memory="96")


@case("one disk and one vif, given as strings", changes=True, after="gone")
def _single_devices(world: World) -> Parameters:
    disk = world.file("disks/single.img")
    return web(world, "same", state="present", disks=f"{disk},raw,xvdc,r", vifs="bridge=bridge0,mac=00:16:3e:00:00:77")


@case("a password as free text", after="gone")
def _free_password(world: World) -> Parameters:
    return web(world, "same", state="present", extra_config={"spicepasswd": "hunter2secret"})


@case("a password that was there before", changes=True, after="running")
def _old_password(world: World) -> Parameters:
    content = text(world) + 'vfb = [ "vnc=1,vncpasswd=hunter2secret" ]\n'
    world.config("web", content)
    world.xen.add_domain(content)
    return {"name": "web", "state": "running", "memory": "112", "vfb": [{"vnc": True, "vncpasswd": "other2secret"}]}


@case("back to a boot loader", changes=True, after="gone")
def _kernel_to_loader(world: World) -> Parameters:
    return web(world, "same", state="present", bootloader="pygrub", kernel="", ramdisk="", extra="")


@case("at another place in the list", changes=False, after="gone")
def _order(world: World) -> Parameters:
    second = world.file("disks/second.img")
    content = text(world).replace("disk = [ ", f"disk = [ '{second},raw,xvdb,rw', ")
    world.config("web", content)
    own = properties(world)["disks"]
    return {"name": "web", "state": "present", "disks": [*own, f"{second},raw,xvdb,rw"]}


@case("a guest that would come back is destroyed by force", changes=True, after="gone")
def _force_no_return(world: World) -> Parameters:
    content = text(world) + 'on_poweroff = "restart"\n'
    world.config("web", content)
    world.xen.add_domain(content)
    return {"name": "web", "state": "stopped", "force": True, "timeout": 20}
