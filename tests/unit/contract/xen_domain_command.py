# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_domain_command: each command, and the ways to be refused. It does what it is told each time."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen
from ansible_collections.netbsd.xen.tests.fake.peer import Peer
from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domain import Parameters, single, text

CASES: list[Case] = []


def case(name: str, **more: Any) -> Any:
    def register(prepare: Any) -> Any:
        CASES.append(single(name, **more)(prepare))
        return prepare

    return register


def web(world: World, live: str = "running", lines: str = "", **command: Any) -> Parameters:
    """The guest ``web`` in that state, with a config file; the parameters of the command to it."""
    content = text(world) + lines
    world.config("web", content)
    if live != "stopped":
        world.xen.add_domain(content, live)
    return {"name": "web", "timeout": 20, **command}


@case("reboot", always_changes=True, after="running")
def _reboot(world: World) -> Parameters:
    return web(world, command="reboot")


@case("reboot a paused guest", always_changes=True, after="running")
def _reboot_paused(world: World) -> Parameters:
    return web(world, "paused", command="reboot")


@case("reboot, forced, though it obeys", always_changes=True, after="running")
def _reboot_with_force(world: World) -> Parameters:
    return web(world, command="reboot", force=True)


@case("error: reboot what does not run", error="not_running", after="gone")
def _reboot_stopped(world: World) -> Parameters:
    return web(world, "stopped", command="reboot")


@case("error: reboot what has crashed", error="not_running", after="crashed")
def _reboot_crashed(world: World) -> Parameters:
    return web(world, "crashed", command="reboot")


@case("error: reboot what would not come back", error="would_not_restart", after="running")
def _reboot_destroys(world: World) -> Parameters:
    return web(world, lines='on_reboot = "destroy"\n', command="reboot")


@case("error: reboot with force and no config file", error="no_config", after="running")
def _reboot_no_config(world: World) -> Parameters:
    world.xen.add_domain(text(world))
    return {"name": "web", "command": "reboot", "force": True}


@case("trigger", always_changes=True, after="running")
def _trigger(world: World) -> Parameters:
    return web(world, command="trigger", trigger="nmi")


@case("error: a trigger for a vcpu that it has not", error="bad_value", after="running")
def _trigger_vcpu(world: World) -> Parameters:
    return web(world, command="trigger", trigger="nmi", vcpu=3)


@case("error: a trigger that Xen refuses", error="trigger_refused", fails_late=True, after="running")
def _trigger_refused(world: World) -> Parameters:
    return web(world, command="trigger", trigger="sleep")


@case("sysrq", always_changes=True, after="running")
def _sysrq(world: World) -> Parameters:
    return web(world, command="sysrq", key="h")


@case("error: no key of sysrq", error="bad_value", after="running")
def _sysrq_word(world: World) -> Parameters:
    return web(world, command="sysrq", key="help")


@case("error: a dump over a file", error="file_exists", after="running")
def _dump_over(world: World) -> Parameters:
    return web(world, command="dump_core", path=world.file("save/web.core"))


@case("error: a dump to nowhere", error="bad_value", after="running")
def _dump_nowhere(world: World) -> Parameters:
    return web(world, command="dump_core", path="/nowhere/web.core")


@case("error: a dump that fails", error="command_failed", fails_late=True, after="running")
def _dump_fails(world: World) -> Parameters:
    world.xen.fault("fails", "dump-core", rc=1, stderr="core dump failed (rc=-3)\n")
    return web(world, command="dump_core", path=str(world.root / "save" / "web.core"))


@case("wait for what is so already", changes=False, after="running")
def _wait(world: World) -> Parameters:
    return web(world, command="wait", state="running")


@case("error: type to nobody", error="not_running", after="gone")
def _send_to_nobody(world: World) -> Parameters:
    return web(world, "stopped", command="send", text="\n")


@case("error: no regular expression", error="bad_value", after="running")
def _no_regex(world: World) -> Parameters:
    return web(world, command="wait", wait_for_console="(")


@case("error: a regular expression that is always there", error="bad_value", after="running")
def _empty_regex(world: World) -> Parameters:
    return web(world, command="wait", wait_for_console="x*")


@case("reboot with xm", always_changes=True, after="running")
def _reboot_xm(world: World) -> Parameters:
    return web(world, command="reboot", toolstack="xm")


@case("trigger with xm", always_changes=True, after="running")
def _trigger_xm(world: World) -> Parameters:
    return web(world, command="trigger", trigger="nmi", toolstack="xm")


@case("sysrq with xm", always_changes=True, after="running")
def _sysrq_xm(world: World) -> Parameters:
    return web(world, command="sysrq", key="h", toolstack="xm")


@case("error: migrate with xm", error="unsupported", after="running")
def _migrate_xm(world: World) -> Parameters:
    return movable(world, toolstack="xm")


def movable(world: World, live: str = "running", more: str = "", **command: Any) -> Parameters:
    """A guest without devices, and another host that it could go to."""
    content = f"# web, the company's front door\nname = 'web'\nkernel = '{world.kernel}'\nmemory = 64\n{more}"
    world.config("web", content)
    if live != "stopped":
        world.xen.add_domain(content, live)
    world.xen.host(shadow_paging=True)
    peer = Peer(world.root.parent / "peer", world.root)
    usual = {"name": "web", "command": "migrate", "destination": "xen2", "ssh_command": str(peer.ssh)}
    return {**usual, "timeout": 20, **command}


def _peer(world: World) -> FakeXen:
    return FakeXen.at(world.root.parent / "peer")


@case("migrate", changes=True, after="gone")
def _migrate(world: World) -> Parameters:
    return movable(world)


@case("migrate a paused guest", changes=True, after="gone")
def _migrate_paused(world: World) -> Parameters:
    return movable(world, "paused")


@case("migrate, not live", changes=True, after="gone")
def _migrate_by_file(world: World) -> Parameters:
    return {**movable(world), "live": False}


@case("migrate with the config file", changes=True, after="gone")
def _migrate_config(world: World) -> Parameters:
    os.symlink(world.root / "etc" / "web.cfg", world.root / "auto" / "web.cfg")
    return movable(world, move_config=True)


@case("error: another config file there", error="config_exists", after="running")
def _migrate_config_exists(world: World) -> Parameters:
    parameters = movable(world, move_config=True)
    (world.root.parent / "peer" / "host" / "etc" / "web.cfg").write_text("name = 'web'\n", encoding="utf-8")
    return parameters


@case("migrate, not live, that was cut off after the save", changes=True, after="gone")
def _migrate_cut_off(world: World) -> Parameters:
    parameters = movable(world)
    world.save("web")
    (world.root / "save" / "web.save").rename(world.root / "save" / "web.save.migrating")
    return {**parameters, "live": False}


@case("migrate, not live, that was cut off before its end", changes=True, after="gone")
def _migrate_nearly_done(world: World) -> Parameters:
    parameters = movable(world, "stopped")
    world.file("save/web.save.migrating")
    _peer(world).add_domain(f"name = 'web'\nkernel = '{world.kernel}'\nmemory = 64\n")
    return {**parameters, "live": False}


@case("migrate, with its disk", changes=True, after="gone")
def _migrate_disk(world: World) -> Parameters:
    disk = world.file("disks/web.img")
    return movable(world, more=f"disk = [ '{disk},raw,xvda,w' ]\n", disks_shared=True)


@case("error: migrate with a disk that nobody said is shared", error="disks_not_shared", after="running")
def _migrate_own_disk(world: World) -> Parameters:
    disk = world.file("disks/web.img")
    return movable(world, more=f"disk = [ '{disk},raw,xvda,w' ]\n")


@case("error: migrate to a host without the bridge", error="bridge_missing", after="running")
def _migrate_no_bridge(world: World) -> Parameters:
    return movable(world, more="vif = [ 'bridge=xenbr0' ]\n")


@case("error: migrate to nowhere", error="destination_unreachable", after="running")
def _migrate_nowhere(world: World) -> Parameters:
    return movable(world, destination="xen3")


@case("error: migrate by a shell line", error="bad_value", after="running")
def _migrate_injection(world: World) -> Parameters:
    return movable(world, destination="xen2; reboot")


@case("error: migrate what does not run", error="not_running", after="gone")
def _migrate_stopped(world: World) -> Parameters:
    return movable(world, "stopped")


@case("error: migrate where there is one of that name", error="name_in_use", after="running")
def _migrate_double(world: World) -> Parameters:
    parameters = movable(world)
    _peer(world).add_domain(f"name = 'web'\nkernel = '{world.kernel}'\nmemory = 64\n")
    return parameters


@case("error: migrate over a migration that was cut off", error="interrupted_migration", after="running")
def _migrate_leftover(world: World) -> Parameters:
    parameters = movable(world)
    _peer(world).add_domain(f"name = 'web--incoming'\nkernel = '{world.kernel}'\nmemory = 64\n")
    return parameters


@case("error: migrate what was being saved for it", error="interrupted_migration", after="gone")
def _migrate_half_saved(world: World) -> Parameters:
    parameters = movable(world, "stopped")
    world.file("save/web.save.migrating.partial")
    return parameters


@case("error: migrate where there is no room", error="insufficient_memory", after="running")
def _migrate_no_room(world: World) -> Parameters:
    parameters = movable(world)
    _peer(world).host(total_mib=640)
    return parameters


@case("error: migrate without shadow paging", error="migration_failed", fails_late=True, after="running")
def _migrate_fails(world: World) -> Parameters:
    parameters = movable(world)
    world.xen.host(shadow_paging=False)
    return parameters


@case("error: a guest that cannot be saved, not live", error="migration_failed", fails_late=True, after="running")
def _migrate_not_saved(world: World) -> Parameters:
    world.xen.guest("web", ignores_suspend=True)
    return {**movable(world), "live": False}


@case("error: a guest that does not start there goes on here", error="migration_failed", fails_late=True)
def _migrate_not_restored(world: World) -> Parameters:
    parameters = movable(world)
    _peer(world).fault("fails", "restore", times=None, rc=1, stderr="no\n")
    return {**parameters, "live": False}


def cases() -> list[Case]:
    return CASES
