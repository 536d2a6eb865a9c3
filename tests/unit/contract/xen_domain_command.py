# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_domain_command: each command, and the ways to be refused. It does what it is told each time."""

from __future__ import annotations

from typing import Any

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


def cases() -> list[Case]:
    return CASES
