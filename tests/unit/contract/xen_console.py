# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""xen_console: a shell, a login and silence at the other end of the console, and nobody at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.console import _console
from ansible_collections.netbsd.xen.tests.unit.contract.case import Case
from ansible_collections.netbsd.xen.tests.unit.contract.world import World
from ansible_collections.netbsd.xen.tests.unit.contract.xen_domain import text
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.console_guest import GETTY, Guest

Prepare = Callable[[World], dict[str, Any]]
SHELL, LOGIN, SILENT = ["sh", "-i"], ["sh", "-c", GETTY, "getty", "s3cret"], ["sleep", "600"]
# what the guest notes of what was done to it
NOTES = "disks/notes"
ROOT = {"user": "root", "password": "s3cret"}


def _at(program: list[str], live: str = "running", held: bool = False, **parameters: Any) -> Prepare:
    """A task at the console of web, where this program is.

    :param held: somebody is there.
    """

    def prepare(world: World) -> dict[str, Any]:
        world.xen.add_domain(text(world), live)
        notes = str(world.root / NOTES)
        guest = Guest(
            [shutil.which(program[0]), *program[1:], *([notes] if program is LOGIN else [])], {"NOTES": notes}
        )
        world.xen.guest("web", tty=guest.path)
        locks = str(world.root.parent)
        world.moves = {
            "console._console._LOCK_DIR": locks,
            "console._console._LOCK_DIRS": {},
            "console._console_login._SETTLED_SECONDS": 0.1,
        }
        world.ends.append(guest.close)
        if held:
            domid = next(domain["domid"] for domain in world.xen.state["domains"] if domain["name"] == "web")
            _console._LOCK_DIR, usual = locks, _console._LOCK_DIR
            world.ends.insert(0, _console.Terminal(domid, guest.path).close)
            _console._LOCK_DIR = usual
        return {"name": "web", "timeout": 20, **parameters}

    return prepare


def _nobody(world: World) -> dict[str, Any]:
    return {"name": "web", "command": "true"}


def cases() -> list[Case]:
    does = {"always_changes": True, "changes": True, "after": "running"}
    late = {"fails_late": True, "after": "running"}
    password = [{"prompt": "login: $", "text": "root"}, {"prompt": "Password:", "secret": "s3cret"}]
    return [
        Case("a command", _at(SHELL, command="echo here >> $NOTES"), **does),
        Case("a command behind a login", _at(LOGIN, command="echo here >> $NOTES", login=ROOT), **does),
        Case("a login", _at(LOGIN, login=ROOT), **does),
        Case("prompts", _at(LOGIN, responses=[*password, {"prompt": "# $", "text": "exit"}], wake=True), **does),
        Case("words", _at(LOGIN, wait_for="login: $", wake=True), changes=False, after="running"),
        Case("error: it fails", _at(SHELL, command="exit 4"), error="nonzero_exit", **late),
        Case("error: it asks who", _at(LOGIN, command="true"), error="login_needed", **late),
        Case("error: silence", _at(SILENT, wait_for="word", timeout=1), error="timeout", **late),
        Case("error: somebody is there", _at(SILENT, held=True, command="true"), error="console_in_use", **late),
        Case("error: it is paused", _at(SHELL, "paused", command="true"), error="not_running", after="paused"),
        Case("error: it does not run", _nobody, error="not_running"),
        Case("error: no expression", _at(SILENT, wait_for="("), error="bad_value", after="running"),
    ]
