# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a task asks for, what there is, and the steps between two states of a domain."""

from __future__ import annotations

from typing import Any, NamedTuple, Pattern

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart
from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step, command_step
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _unfinished
from ansible_collections.netbsd.xen.plugins.module_utils.options import _live
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

STATES = ("present", "running", "stopped", "paused", "restarted", "saved", "absent")
# How far a task goes for a property that the running guest has not yet; see the module's option `apply`.
LIVE = "live"
RESTART = "restart"
NEXT_BOOT = "next_boot"
REPORT = "report"
APPLY = (LIVE, RESTART, NEXT_BOOT, REPORT)
# States in which the toolstack is not needed when it cannot be reached: there is a file to write, no more.
STOPPED = "stopped"
SAVED = "saved"
ABSENT = "absent"


class Request(NamedTuple):
    """What the task asks for; ``apply`` is one of APPLY, ``console`` what a started guest shall show."""

    state: str
    wish: _plan_config.Wish
    allow_restart: bool = False
    force: bool = False
    apply: str = LIVE
    console: Pattern[str] | None = None


class Situation(NamedTuple):
    """What there is.

    :param guest: None when no domain of that name exists in Xen.
    :param unfinished: save files of tasks that were killed.
    :param saved: the save file exists; ``saved_config`` is libxl's configuration in it.
    :param autostart: what has to change in what the host starts when it boots.
    :param doomed_disks: existing image files that the user names for removal together with the domain.
    """

    config: _configfile.ConfigFile
    guest: _plan_config.Guest | None
    save_file: str
    saved: bool
    autostart: tuple[_autostart.Change, ...] = ()
    doomed_disks: tuple[str, ...] = ()
    saved_config: dict[str, Any] | None = None
    unfinished: _unfinished.Unfinished = _unfinished.Unfinished()

    @property
    def alive(self) -> _plan_config.Guest | None:
        """The guest as it runs, or as it will run when it is restored."""
        if self.guest or not self.saved:
            return self.guest
        return _plan_config.Guest(None, self.saved_config)

    @property
    def state(self) -> str:
        if self.guest and self.guest.row:
            return self.guest.row.state
        if self.saved or self.unfinished.certain:
            return SAVED
        return STOPPED if self.config.exists else ABSENT


class Lifecycle:
    """The steps between two states of a domain."""

    def __init__(self, request: Request, situation: Situation, commands: Any) -> None:
        self.request, self.situation, self.commands = request, situation, commands
        self.name = request.wish.name
        self.state = situation.state

    def steps(self, restart: bool) -> list[Step]:
        """Steps for the wanted state; ``restart`` when a running guest shall be restarted to get its new config."""
        target = self.request.state
        alive = self.state in (_listing.RUNNING, _listing.PAUSED)
        if target == "restarted":
            return self.stop() + self.start()
        if target in ("running", "paused"):
            if restart and (alive or self.state == SAVED):
                return self.restart(paused=target == "paused")
            return self._to_running() if target == "running" else self._to_paused()
        if target == "stopped":
            return self.stop()
        return self._save() if target == "saved" else []

    def restart(self, paused: bool = False) -> list[Step]:
        """From a guest that is alive, or saved, to one that was started from its config file.

        What is in a saved guest's memory is not thrown away: it is restored, and may shut down in good order.
        """
        if self.state == SAVED:
            return self.start() + [self._shutdown(), self._create(paused)]
        return self.stop() + self.start(paused)

    def _to_running(self) -> list[Step]:
        # a save file that is there still was not removed when the guest was restored from it: that task was killed
        if self.state == _listing.RUNNING:
            return self._set_save_aside()
        if self.state == _listing.PAUSED:
            return [self._unpause(), *self._set_save_aside()]
        return self.stop() + self.start()

    def _to_paused(self) -> list[Step]:
        if self.state == _listing.PAUSED:
            return self._set_save_aside()
        if self.state == _listing.RUNNING:
            return [command_step("pause", self.commands.pause(self.name)), *self._set_save_aside()]
        return self.stop() + self.start(paused=True)

    def start(self, paused: bool = False) -> list[Step]:
        """Restore when there is a save file: starting afresh would throw away what the guest had in memory."""
        save_file = self.situation.save_file
        if self.situation.saved and not self.situation.guest:
            # under another name from here on, so that nobody takes it for a save once its guest has run
            claimed = _unfinished.restoring_of(save_file)
            return [
                Step("claim_save", f"rename {save_file} to {claimed}", data=(save_file, claimed)),
                command_step("restore", self.commands.restore(claimed, paused), claimed),
                Step("remove_save", f"remove {claimed}", data=claimed),
            ]
        return [self._create(paused)]

    def _create(self, paused: bool) -> Step:
        return command_step("create", self.commands.create(self.situation.config.path, paused))

    def _shutdown(self) -> Step:
        """:raises XenError: a guest with on_poweroff=restart would be back before anybody could call it stopped."""
        alive = self.situation.alive
        config = (alive.config if alive else None) or {}
        action = _live.event_action("on_poweroff")(config)
        if action.endswith("restart"):
            if self.request.force:
                return command_step("destroy", self.commands.destroy(self.name))
            raise XenError(
                f"{self.name} runs with on_poweroff={action}: when it shuts down, Xen starts it again. Start it with "
                "on_poweroff=destroy, or let it be destroyed with `force: true`.",
                error_id="would_restart",
            )
        hvm = config.get("c_info", {}).get("type") == "hvm"
        return command_step("shutdown", self.commands.shutdown(self.name, fallback=hvm), self.request.force)

    def stop(self) -> list[Step]:
        """Nothing for a domain that does not exist. A guest that died and was preserved goes only with force."""
        if self.situation.guest is None:
            return []
        if self.state == _listing.RUNNING:
            return [*self._set_save_aside(), self._shutdown()]
        if self.state == _listing.PAUSED:
            # a paused guest cannot answer: xl shutdown waits 60 s for it and fails
            return [*self._set_save_aside(), self._unpause(), self._shutdown()]
        if not self.request.force:
            event = "on_crash" if self.state == _listing.CRASHED else "on_poweroff"
            raise XenError(
                f"{self.name} is {self.state} and was kept for inspection ({event}=preserve). "
                "Look at it, then let it go with `force: true`, which destroys it.",
                error_id="preserved",
            )
        return [*self._set_save_aside(), command_step("destroy", self.commands.destroy(self.name))]

    def _set_save_aside(self) -> list[Step]:
        """A save file beside a guest that runs is older than the guest's disks: restoring it would wreck them.

        While the guest is still there: without it, nobody could tell such a file from a saved guest.
        """
        save_file = self.situation.save_file
        if not self.situation.saved or self.request.state == ABSENT:
            return []
        return [Step("rename", f"rename {save_file} to {save_file}.stale", data=(save_file, f"{save_file}.stale"))]

    def _save(self) -> list[Step]:
        if self.state == SAVED:
            return []
        if self.state not in (_listing.RUNNING, _listing.PAUSED):
            raise XenError(f"{self.name} is {self.state}: only a running guest can be saved.", error_id="not_running")
        save_file = self.situation.save_file
        first = [self._unpause()] if self.state == _listing.PAUSED else []
        partial = _unfinished.partial_of(save_file)
        # with the guest gone and its new memory not yet in place, an old save would be taken for it
        old = [Step("remove_save", f"remove {save_file}", data=save_file)] if self.situation.saved else []
        return [
            *first,
            *old,
            command_step("save", self.commands.save(self.name, partial), partial),
            Step("keep_save", f"rename {partial} to {save_file}", data=(partial, save_file)),
        ]

    def _unpause(self) -> Step:
        return command_step("unpause", self.commands.unpause(self.name))
