# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Move a running guest to another dom0, and look at both of them before and after.

Live, it is `xl migrate`, which copies the memory while the guest runs (tools/xl/xl_migrate.c; its option --live is for
compatibility and does nothing, so there is no other way with it). Not live, it is `xl save`, a copy of the file, and
`xl restore` there: the guest stands still for as long as that takes, but it works for every guest that can be saved,
and the copy is bounded however much the guest writes. For the whole time the guest is in one place: in Xen here, in
one file here, or in Xen there.

Disks are not copied by either: both hosts must have the same ones, under the same paths.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart
from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.console._watch import Watch
from ansible_collections.netbsd.xen.plugins.module_utils.core import _secrets
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConflictError, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step, command_step
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _unfinished
from ansible_collections.netbsd.xen.plugins.module_utils.domain._guest_commands import STOPPED, Command
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing, _peer, _toolstack

Row = _listing.Row
# Names that xl gives a guest on its way (xl_migrate.c); left over, they are of a migration that was cut off.
_SUFFIXES = ("--migratedaway", "--incoming")
# Not to be cut off: a guest that was being suspended would stand still for ever. A dead connection ends by itself.
_MIGRATE_SECONDS = 86400.0


class Both(NamedTuple):
    """The guest on the two hosts. None: it does not exist there."""

    here: Row | None
    there: Row | None

    def told(self, destination: str) -> str:
        here = self.here.state if self.here else "not there"
        there = self.there.state if self.there else "not there"
        return f"It is {here} on this host, and {there} on {destination}."


class Migrate(Command):
    """See ``_domain_command`` for the phases. A guest that is there already, and not here, is not touched."""

    def plan(self, row: Row | None) -> list[Step]:
        if self.toolstack.name != "xl":
            raise XenError("Migration is for hosts with xl; xm has a protocol of its own.", error_id="unsupported")
        self.peer = _peer.Peer(self.params["destination"], self.params["ssh_command"])
        self.config = self._config_file()
        # xen_domain starts no guest that has such a file: it may be running on the other host
        self.save_file = _unfinished.moving_of(os.path.join(_host.SAVE_DIR, f"{self.name}.save"))
        libxl = self.toolstack.configurations().get(row.domid) or {} if row else {}
        values = {name: _options.BY_NAME[name].live(libxl) for name in ("disks", "vifs")} if libxl else {}
        disks = [disk for disk in values.get("disks", []) if disk.target]
        bridges = [vif.bridge for vif in values.get("vifs", []) if vif.bridge and not vif.script]
        self.view = self.peer.look([os.path.join("/dev", disk.target) for disk in disks], bridges, self.config.path)
        self.both = Both(row, _listing.find(self.view.rows, self.name))
        self._require_one()
        if row:
            self.require_guest(row, _listing.RUNNING, _listing.PAUSED)
            self._require_movable(libxl)
            self._require_room(row)
            self._require_disks(disks)
            self._require_bridges(bridges)
        return self._moves() + self._afterwards()

    def _config_file(self) -> _configfile.ConfigFile:
        directory = _configfile.default_directory(self.params["config_dir"])
        path = self.params["config"] or _configfile.locate(self.name, directory, _host.layout().config_suffix)
        config = _configfile.read(path, _toolstack.syntax(self.params["toolstack"]))
        if config.exists and config.value("name") != self.name:
            raise XenError(f"{path} is the config of {config.value('name')}, not of {self.name}.", error_id="no_config")
        return config

    # Checks

    def _require_one(self) -> None:
        """:raises XenError: the guest is nowhere, or in two places, or half on its way."""
        here, there = self.both
        rows = {"this host": self.rows, self.peer.destination: self.view.rows}
        for where, suffix in ((where, suffix) for where in rows for suffix in _SUFFIXES):
            if any(row.name == f"{self.name}{suffix}" for row in rows[where]):
                raise XenError(
                    f"On {where} there is a domain {self.name}{suffix}: an earlier migration was cut off. "
                    f"{self.both.told(self.peer.destination)} When {self.name} runs as it should on one of the two, "
                    "destroy the leftover; the guest must never run twice.",
                    error_id="interrupted_migration",
                )
        if here and there:
            raise ConflictError(
                f"{self.peer.destination} has a domain {self.name} already. {self.both.told(self.peer.destination)}",
                error_id="name_in_use",
            )
        if not here and not there and not os.path.exists(self.save_file):
            partial = _unfinished.partial_of(self.save_file)
            if os.path.exists(partial):
                raise XenError(
                    f"{self.name} runs on neither host, and there is {partial}: saving it for the move was cut off. If "
                    f"`xl restore {partial}` brings it back, remove that file then.",
                    error_id="interrupted_migration",
                )
            self.require_guest(here)

    def _require_movable(self, libxl: dict[str, Any]) -> None:
        if libxl.get("pcidevs"):
            raise XenError(
                f"{self.name} has PCI functions of this host, which cannot go with it. Take them away first.",
                error_id="has_pci",
            )

    def _require_room(self, row: Row) -> None:
        try:
            _checks.memory({"memory": row.memory}, self.view.info, 0)
        except HostError as error:
            error.message = f"On {self.peer.destination}: {error.message}"
            raise

    def _require_disks(self, disks: list[Any]) -> None:
        """That both hosts have the same disks can be said by people only; that they have not, can be seen."""
        if disks and not self.params["disks_shared"]:
            names = ", ".join(disk.target for disk in disks)
            raise XenError(
                f"{self.name} has disks ({names}), and migration does not copy them. If {self.peer.destination} has "
                "the very same ones under the same paths (NFS, iSCSI, DRBD ...), say so with `disks_shared: true`.",
                error_id="disks_not_shared",
            )
        for disk in disks:
            path = os.path.join("/dev", disk.target)
            if path not in self.view.files:
                raise HostError(f"disk {path} does not exist on {self.peer.destination}.", error_id="disk_missing")
            size = os.path.getsize(path) if os.path.isfile(path) else None
            if size != self.view.files[path]:
                raise HostError(
                    f"disk {path} has {size} bytes here and {self.view.files[path]} on {self.peer.destination}: it is "
                    "not the same disk.",
                    error_id="disks_not_shared",
                )

    def _require_bridges(self, bridges: list[str]) -> None:
        for bridge in bridges:
            if bridge not in self.view.bridges:
                raise HostError(
                    f"bridge {bridge} does not exist on {self.peer.destination}.", error_id="bridge_missing"
                )

    # Plan

    def _moves(self) -> list[Step]:
        here = self.both.here
        self.paused = bool(here and here.state == _listing.PAUSED)
        # a paused guest cannot suspend itself, which both ways ask of it
        first = [command_step("unpause", self.toolstack.commands.unpause(self.name))] if self.paused else []
        if os.path.exists(self.save_file):
            return self._moves_of_file(first)
        if not here:
            return []
        if not self.params["live"]:
            partial = _unfinished.partial_of(self.save_file)
            save = command_step("save", self.toolstack.commands.save(self.name, partial), partial)
            keep = Step("rename", f"rename {partial} to {self.save_file}", data=(partial, self.save_file))
            return [*first, save, keep, *self._send()]
        return [*first, command_step("migrate", self._migrate_command())]

    def _moves_of_file(self, first: list[Step]) -> list[Step]:
        """A move that is not live was cut off: it goes on from where the guest is."""
        remove = Step("remove_save", f"remove {self.save_file}", data=self.save_file)
        if self.both.there:
            self._require_complete(self.both.there)
            return [remove]
        if not self.both.here:
            return self._send()
        raise XenError(
            f"{self.name} runs on this host, and {self.save_file} is its memory from a migration that was cut off. "
            "It is of no use any more: remove it.",
            error_id="interrupted_migration",
        )

    def _require_complete(self, there: Row) -> None:
        """:raises XenError: a guest that is just being restored is paused; its memory is not to be thrown away yet."""
        if there.state != _listing.RUNNING:
            raise XenError(
                f"{self.name} is {there.state} on {self.peer.destination}; restoring it from {self.save_file} may "
                "still be under way. When it is surely complete, remove that file on both hosts.",
                error_id="interrupted_migration",
            )

    def _send(self) -> list[Step]:
        where, path = self.peer.destination, self.save_file
        restore = self.toolstack.commands.restore(path, self.paused)
        return [
            Step("copy_save", f"copy {path} to {where}", data=path),
            Step("restore_there", f"{' '.join(restore)} on {where}", data=restore),
            Step("remove_save", f"remove {path}", data=path),
        ]

    def _migrate_command(self) -> list[str]:
        """An ssh that does not find xl by itself gets its path, in the form that xl(1) has for that (an empty -s)."""
        options = ["-p"] if self.paused else []
        if self.view.in_path:
            return ["xl", "migrate", *options, "-s", self.peer.ssh_command, self.name, self.peer.destination]
        receive = " ".join([self.view.program, "migrate-receive", *options])
        rune = f"exec {self.peer.ssh_command} {self.peer.destination} {receive}"
        return ["xl", "migrate", "-s", "", self.name, rune]

    def _afterwards(self) -> list[Step]:
        """The config file and what starts the guest at boot, when they shall go with it."""
        path = self.config.path
        autostart = _autostart.read()
        if not self.params["move_config"]:
            if autostart.starts(self.name, path):
                self.warnings.append(
                    f"{self.name} is still started when this host boots, and then runs on two "
                    "hosts. Take that away, or let the config file go with it (`move_config: true`)."
                )
            return []
        changes = autostart.changes(_autostart.Want(self.name, path, enabled=False, going=True))
        steps = [Step("remove_autostart", change.text, data=change) for change in changes]
        if self.config.text is None:
            return steps
        if self.view.config is None:
            steps.insert(0, Step("copy_config", f"copy {path} to {self.peer.destination}", data=path))
        elif self.view.config.rstrip("\n") != self.config.text.rstrip("\n"):
            raise ConflictError(
                f"{self.peer.destination} has a {path} already, and it says something else.", error_id="config_exists"
            )
        return [*steps, Step("remove_config", f"remove {path}", data=path)]

    # Apply

    def apply(self, watch: Watch, steps: list[Step]) -> dict[str, Any]:
        moving = True
        for step in steps:
            if moving and step.kind in ("remove_save", "copy_config", "remove_autostart", "remove_config"):
                self._verify()  # nothing is taken away here before the guest is seen there
                moving = False
            getattr(self, f"_{step.kind}")(step)
        there = self._verify()
        return {"destination": self.peer.destination, "destination_domid": there.domid}

    def _run(self, step: Step) -> None:
        self.toolstack.run(step.command)

    _unpause = _run

    def _migrate(self, step: Step) -> None:
        try:
            self.toolstack.run(step.command, timeout=_MIGRATE_SECONDS)
        except XenError as error:
            raise self._failed(error) from error

    def _save(self, step: Step) -> None:
        os.makedirs(os.path.dirname(step.data), mode=0o700, exist_ok=True)
        try:
            self.toolstack.run(step.command)
        except XenError as error:
            # a domain that is gone lives in that file only
            if _listing.find(self.toolstack.listing(), self.name) and os.path.exists(step.data):
                os.unlink(step.data)
            raise self._failed(error) from error

    def _rename(self, step: Step) -> None:
        os.rename(*step.data)

    def _copy_save(self, step: Step) -> None:
        try:
            self.peer.put(step.data, step.data)
        except XenError as error:
            raise self._back_here(error, tried_there=False) from error

    def _restore_there(self, step: Step) -> None:
        try:
            self.peer.call(step.data, _MIGRATE_SECONDS)
        except XenError as error:
            if error.details["error_id"] != "destination_failed":
                # a connection that was lost, or had no end: xl may be at it there still, and two of one guest are none
                raise self._failed(error, undefined=True) from error
            raise self._back_here(error, tried_there=True) from error

    def _remove_save(self, step: Step) -> None:
        self.peer.call(["rm", "-f", step.data])
        os.unlink(step.data)

    def _copy_config(self, step: Step) -> None:
        secret = any(key in (self.config.text or "") for key in _secrets.SECRET_KEYS)
        self.peer.put(step.data, step.data, mode="077" if secret else "027")

    def _remove_autostart(self, step: Step) -> None:
        _autostart.carry_out(step.data)

    def _remove_config(self, step: Step) -> None:
        os.unlink(step.data)

    # After

    def _look(self) -> Both:
        return Both(_listing.find(self.toolstack.listing(), self.name), _listing.find(self.peer.rows(), self.name))

    def _verify(self) -> Row:
        """:raises XenError: the guest is not there, or still here."""
        both = self._look()
        wanted = _listing.PAUSED if self.paused else _listing.RUNNING
        moved = both.here is None and both.there is not None
        if both.there is None or not moved or (self.both.here and both.there.state != wanted):
            raise XenError(
                f"{self.name} was moved, but not as it should. {both.told(self.peer.destination)}",
                error_id="not_as_planned",
            )
        return both.there

    def _failed(self, error: XenError, undefined: bool = False) -> XenError:
        """Tell where the guest is now. What is unclear is left for people: a guest that runs twice is destroyed.

        :param undefined: it may be starting on the other host.
        """
        try:
            where = self._look().told(self.peer.destination)
        except XenError as another:
            where = f"Where it is now is not known: {another.message}"
        undefined = undefined or "CHECK AT BOTH ENDS" in str(error.details.get("stderr"))
        if os.path.exists(self.save_file):
            where += f" Its memory is in {self.save_file}."
        details = {key: value for key, value in error.details.items() if key != "error_id"}
        return XenError(
            f"{self.name} could not be moved to {self.peer.destination}: {error.message} {where}",
            error_id="migration_undefined" if undefined else "migration_failed",
            **details,
        )

    def _back_here(self, error: XenError, tried_there: bool) -> XenError:
        """The guest is in the file: when it did not start there, it goes on here."""
        try:
            if tried_there and _listing.find(self.peer.rows(), self.name):
                return self._failed(error, undefined=True)
            with contextlib.suppress(XenError):
                self.peer.call(["rm", "-f", self.save_file])
            self.toolstack.run(self.toolstack.commands.restore(self.save_file, self.paused))
            os.unlink(self.save_file)
        except (XenError, OSError) as another:
            error.message += f" Its memory is in {self.save_file}; going on from there failed too: {another}."
        return self._failed(error)

    def state_after(self, row: Row | None) -> str:
        return STOPPED
