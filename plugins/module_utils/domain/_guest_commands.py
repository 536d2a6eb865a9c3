# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The simple commands to a guest: trigger, sysrq, dump_core, send, wait. See ``_domain_command`` for their phases."""

from __future__ import annotations

import os
import time
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.console._console import Terminal
from ansible_collections.netbsd.xen.plugins.module_utils.console._watch import Watch
from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, CommandError, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step, command_step
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _host
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

Row = _listing.Row
STOPPED = "stopped"
STATES = ("running", "paused", STOPPED)
# xl(1), "trigger"
TRIGGERS = ("nmi", "reset", "init", "power", "sleep", "s3resume")
# A Linux guest takes a key within milliseconds; an emulated one within a second.
_ACKNOWLEDGE_SECONDS = 5.0
# The file of a memory dump has a page table and headers besides the memory.
_DUMP_SLACK = 1.02
_ELF = b"\x7fELF"


class Command:
    """What all commands have in common.

    :param params: the module's parameters.
    """

    def __init__(self, toolstack: Any, name: str, params: dict[str, Any]) -> None:
        self.toolstack, self.name, self.params = toolstack, name, params
        self.rows: list[Row] = []  # all domains of this host, as they were before
        self.warnings: list[str] = []

    def plan(self, row: Row | None) -> list[Step]:
        """The steps. :raises XenError: it cannot work."""
        raise NotImplementedError

    def apply(self, watch: Watch, steps: list[Step]) -> dict[str, Any]:
        """Do them; what to return besides."""
        for step in steps:
            self.toolstack.run(step.command)
        return {}

    def state_after(self, row: Row | None) -> str:
        """The guest's state as it is, or in check mode as it would be."""
        return row.state if row else STOPPED

    def require_guest(self, row: Row | None, *states: str) -> Row:
        """:raises XenError: the guest does not exist, or is in none of ``states`` (none given: any)."""
        if row is None:
            raise XenError(
                f"{self.name} does not run on this host, so it cannot be told to {self.params['command']}. "
                "Start it with xen_domain, state=running.",
                error_id="not_running",
            )
        if states and row.state not in states:
            raise XenError(
                f"{self.name} is {row.state}: {self.params['command']} is for one that is {' or '.join(states)}.",
                error_id="not_running",
                state=row.state,
            )
        return row


class Trigger(Command):
    """`xl trigger`: an event of the virtual hardware. xl ends with 0 also when Xen has refused it (xl_misc.c)."""

    def plan(self, row: Row | None) -> list[Step]:
        guest = self.require_guest(row, _listing.RUNNING, _listing.PAUSED)
        vcpu = self.params["vcpu"]
        if not 0 <= vcpu < max(1, guest.vcpus):
            raise BadValue("vcpu", vcpu, f"{self.name} has the vcpus 0 to {max(1, guest.vcpus) - 1}.")
        return [command_step("trigger", self.toolstack.commands.trigger(self.name, self.params["trigger"], vcpu))]

    def apply(self, watch: Watch, steps: list[Step]) -> dict[str, Any]:
        for step in steps:
            result = self.toolstack.run(step.command)
            if "rror" in result.stderr:
                raise CommandError(
                    f"`{step.text}` was refused: {result.stderr.strip()}. PV guests take nmi only; sleep and s3resume "
                    "are for HVM guests.",
                    step.command,
                    result.rc,
                    result.stdout,
                    result.stderr,
                    error_id="trigger_refused",
                )
        return {}


class SysRq(Command):
    """`xl sysrq`: a key in xenstore, which a Linux guest takes out again (drivers/xen/manage.c, sysrq_handler)."""

    def plan(self, row: Row | None) -> list[Step]:
        self.domid = self.require_guest(row, _listing.RUNNING).domid
        key = self.params["key"]
        if len(key) != 1 or not key.isalnum() or not key.isascii():
            raise BadValue("key", key, "one letter or digit; `h` makes the guest tell which it knows.")
        return [command_step("sysrq", self.toolstack.commands.sysrq(self.name, key))]

    def apply(self, watch: Watch, steps: list[Step]) -> dict[str, Any]:
        super().apply(watch, steps)
        return {"acknowledged": self._taken()}

    def _taken(self) -> bool | None:
        """Whether the guest has taken the key; None when that cannot be seen. Other systems than Linux never do."""
        program = _host.find_program("xenstore-read")
        if not program:
            return None
        deadline = time.monotonic() + min(_ACKNOWLEDGE_SECONDS, self.params["timeout"])
        while True:
            result = _command.run([program, f"/local/domain/{self.domid}/control/sysrq"])
            if result.rc != 0 or result.stdout.strip("\0\n") != self.params["key"]:
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.5)


class DumpCore(Command):
    """`xl dump-core`: the guest's memory as an ELF file, written while it runs on. Nothing is overwritten."""

    def plan(self, row: Row | None) -> list[Step]:
        guest = self.require_guest(row)
        path = _values.absolute_path("path", self.params["path"])
        directory = os.path.dirname(path)
        if not os.path.isdir(directory):
            raise BadValue("path", path, f"the directory {directory} does not exist.")
        if os.path.lexists(path):
            raise XenError(
                f"{path} exists already. Remove it, or name another file: a dump is not made twice.",
                error_id="file_exists",
                path=path,
            )
        space = os.statvfs(directory)
        free = space.f_bavail * space.f_frsize // 1024**2
        if guest.memory * _DUMP_SLACK > free:
            raise HostError(
                f"A dump of {self.name} takes {guest.memory} MiB, and {directory} has {free} MiB left.",
                error_id="disk_full",
            )
        self.partial = f"{path}.partial"
        return [
            command_step("dump_core", self.toolstack.commands.dump_core(self.name, self.partial)),
            Step("rename", f"rename {self.partial} to {path}", data=(self.partial, path)),
        ]

    def apply(self, watch: Watch, steps: list[Step]) -> dict[str, Any]:
        dump, rename = steps
        try:
            self.toolstack.run(dump.command)
            with open(self.partial, "rb") as stream:
                if stream.read(len(_ELF)) != _ELF:
                    raise XenError(f"`{dump.text}` did not fail, but what it wrote is no ELF file.")
            os.chmod(self.partial, 0o600)  # it holds every secret of the guest
            os.rename(*rename.data)
        except OSError as error:
            raise XenError(f"{self.partial}: {error.strerror}.", error_id="os_error") from error
        finally:
            if os.path.exists(self.partial):
                os.unlink(self.partial)
        return {"path": rename.data[1], "size": os.path.getsize(rename.data[1])}


class Send(Command):
    """Type on the guest's console, as a person at `xl console` would."""

    def plan(self, row: Row | None) -> list[Step]:
        self.require_guest(row, _listing.RUNNING)
        length = len(self.params["text"].encode())
        # not the text itself: it may be a password
        return [Step("send", f"type {length} bytes on the console of {self.name}")]

    def apply(self, watch: Watch, steps: list[Step]) -> dict[str, Any]:
        row = self.require_guest(watch.row())
        terminal = Terminal(row.domid)
        try:
            terminal.write(self.params["text"].encode(), self.params["timeout"])
        finally:
            terminal.close()
        return {}


class Wait(Command):
    """Wait for a state; the console is waited for by every command. Nothing is changed."""

    def plan(self, row: Row | None) -> list[Step]:
        return []

    def apply(self, watch: Watch, steps: list[Step]) -> dict[str, Any]:
        wanted = self.params["state"]
        if wanted == STOPPED:
            watch.wait(lambda row: row is None, "to be gone", self.params["timeout"], may_crash=True)
        elif wanted:
            watch.wait(lambda row: row is not None and row.state == wanted, f"to be {wanted}", self.params["timeout"])
        return {}

    def state_after(self, row: Row | None) -> str:
        return self.params["state"] or super().state_after(row)
