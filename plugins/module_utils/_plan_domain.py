# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Second half of planning: the steps that bring a domain from where it is to the state that is wanted.

A pure function: it looks at nothing but its arguments, so every case is tested with plain data.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils import (
    _autostart,
    _configfile,
    _listing,
    _live,
    _plan,
    _plan_config,
)
from ansible_collections.netbsd.xen.plugins.module_utils._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils._plan import Step, command_step

STATES = ("present", "running", "stopped", "paused", "restarted", "saved", "absent")
# States in which the toolstack is not needed when it cannot be reached: there is a file to write, no more.
STOPPED = "stopped"
SAVED = "saved"
ABSENT = "absent"


class Request(NamedTuple):
    """What the task asks for."""

    state: str
    wish: _plan_config.Wish
    allow_restart: bool = False
    force: bool = False


class Situation(NamedTuple):
    """What there is.

    :param guest: None when no domain of that name exists in Xen.
    :param unfinished_save: path of a save that was written and never got its final name: its task was killed.
    :param saved: the save file exists; ``saved_config`` is libxl's configuration in it.
    :param autostart: what makes the host start the domain when it boots.
    :param doomed_disks: existing image files that the user names for removal together with the domain.
    """

    config: _configfile.ConfigFile
    guest: _plan_config.Guest | None
    save_file: str
    saved: bool
    autostart: tuple[_autostart.Entry, ...] = ()
    doomed_disks: tuple[str, ...] = ()
    saved_config: dict[str, Any] | None = None
    unfinished_save: str | None = None

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
        if self.saved:
            return SAVED
        return STOPPED if self.config.exists else ABSENT


def plan(request: Request, situation: Situation, commands: Any) -> _plan.Plan:
    """The whole plan of one task.

    :param commands: command lines of the toolstack (``_xl.Commands``).
    :raises XenError: what is asked for cannot be done from here.
    """
    if request.state == ABSENT:
        return _plan_absent(request, situation, commands)
    wish, config = request.wish, situation.config
    _require_finished_save(request, situation)
    nothing_to_stop = request.state == "stopped" and wish.empty and situation.state == ABSENT
    if not config.exists and not (wish.empty and situation.alive) and not nothing_to_stop:
        _require_enough_to_create(request, situation)
    changes: list[tuple[str, Any]] = []
    found: list[_plan.Difference] = []
    if not wish.empty:
        wanted = _plan_config.complete(wish, config, situation.alive)
        _plan_config.require_heeded(wanted, config)
        changes = _plan_config.file_changes(wanted, wish, config)
        found = _plan_config.differences(wanted, wish, config, situation.alive)
    text = _plan_config.new_text(changes, wish, config)

    steps: list[Step] = []
    if text is not None and text != config.text:
        steps.append(Step("write_config", f"write {config.path}", data=text))
    lacking = [item for item in found if item.needs == _plan.NEEDS_RESTART]
    moves = _Lifecycle(request, situation, commands).steps(restart=bool(lacking) and request.allow_restart)
    live = _live_steps(found, request, situation, moves, commands)
    # a paused guest cannot give memory back or switch a vcpu off, so that is done while it runs
    steps += live + moves if request.state == "paused" else moves + live
    if text is None and (_starts(moves, "create") or request.state == "restarted"):
        raise XenError(
            f"{wish.name} exists, but has no config file {config.path} to start it from again. "
            "Give its properties in this task, or the path of its file with `config`.",
            error_id="no_config",
        )
    return _plan.Plan(
        steps=steps,
        differences=found,
        config_path=config.path,
        config_before=config.text,
        config_after=text,
        state_before=situation.state,
        state_after=_state_after(request, situation),
        restart_required=_restart_required(found, request, situation, moves, live),
        warnings=(f"There is no domain {wish.name}, so there is nothing to stop.",) if nothing_to_stop else (),
    )


def _require_finished_save(request: Request, situation: Situation) -> None:
    """:raises XenError: the guest may live in a save that was cut off, and starting it afresh would throw that away."""
    if situation.guest or situation.saved or not situation.unfinished_save or request.state in ("present", "stopped"):
        return
    raise XenError(
        f"{request.wish.name} does not run, and there is {situation.unfinished_save}: saving it was interrupted. "
        f"If `xl restore {situation.unfinished_save}` brings it back, remove that file then; if it does not, remove it "
        "to start the guest afresh.",
        error_id="interrupted_save",
    )


def _require_enough_to_create(request: Request, situation: Situation) -> None:
    """A config file cannot be made out of nothing; say what is missing instead of writing one that xl refuses."""
    wish, path = request.wish, situation.config.path
    if wish.empty:
        raise XenError(
            f"There is no domain {wish.name}: no config file {path}, no running guest, "
            "and this task gives no properties to make one from.",
            error_id="no_such_domain",
        )
    given = set(wish.properties)
    missing = [] if "memory" in given else ["memory"]
    if wish.properties.get("type") != "hvm" and not given & {"kernel", "bootloader", "firmware"}:
        missing.append("kernel (or bootloader, or type=hvm)")
    if missing:
        raise XenError(
            f"{path} does not exist yet, and a new domain also needs: {', '.join(missing)}.",
            error_id="missing_property",
        )


def _starts(moves: list[Step], kind: str) -> bool:
    return any(step.kind == kind for step in moves)


def _restart_required(
    found: list[_plan.Difference], request: Request, situation: Situation, moves: list[Step], live: list[Step]
) -> bool:
    """The running guest lacks something that neither a live step nor a start of this plan brings."""
    if _starts(moves, "create") or request.state in ("stopped", "saved"):
        return False
    if not situation.guest and not _starts(moves, "restore"):
        return False
    pending = (_plan.NEEDS_RESTART,) if live else (_plan.NEEDS_RESTART, _plan.NEEDS_LIVE)
    return any(item.needs in pending for item in found)


def _state_after(request: Request, situation: Situation) -> str:
    if request.state == "present":
        return STOPPED if situation.state == ABSENT else situation.state
    if request.state == "stopped":
        stays = situation.state == SAVED or (situation.state == ABSENT and request.wish.empty)
        return situation.state if stays else STOPPED
    return {"restarted": "running"}.get(request.state, request.state)


def _live_steps(
    found: list[_plan.Difference], request: Request, situation: Situation, moves: list[Step], commands: Any
) -> list[Step]:
    """One command for each property that the running guest can get as it runs."""
    if not situation.alive or request.state not in ("running", "paused") or _starts(moves, "create"):
        return []
    if request.state == "paused" and situation.state != _listing.RUNNING:
        return []
    makers = {"memory": commands.set_memory, "vcpus": commands.set_vcpus}
    return [
        command_step(f"set_{item.option}", makers[item.option](request.wish.name, item.wanted), item.wanted)
        for item in found
        if item.needs == _plan.NEEDS_LIVE
    ]


def partial_of(save_file: str) -> str:
    """Where a save is written until it is complete."""
    return f"{save_file}.partial"


class _Lifecycle:
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
            return self._stop() + self._start()
        if target in ("running", "paused"):
            if alive and restart:
                return self._stop() + self._start(paused=target == "paused")
            if self.state == SAVED and restart:
                # what is in the guest's memory is not thrown away: it is restored, and may shut down in good order
                return self._start() + [self._shutdown(), self._create(paused=target == "paused")]
            return self._to_running() if target == "running" else self._to_paused()
        if target == "stopped":
            return self._stop()
        return self._save() if target == "saved" else []

    def _to_running(self) -> list[Step]:
        if self.state == _listing.RUNNING:
            return []
        if self.state == _listing.PAUSED:
            return [self._unpause()]
        return self._stop() + self._start()

    def _to_paused(self) -> list[Step]:
        if self.state == _listing.PAUSED:
            return []
        if self.state == _listing.RUNNING:
            return [command_step("pause", self.commands.pause(self.name))]
        return self._stop() + self._start(paused=True)

    def _start(self, paused: bool = False) -> list[Step]:
        """Restore when there is a save file: starting afresh would throw away what the guest had in memory."""
        save_file = self.situation.save_file
        if self.situation.saved and not self.situation.guest:
            return [
                command_step("restore", self.commands.restore(save_file, paused), save_file),
                Step("remove_save", f"remove {save_file}", data=save_file),
            ]
        return [self._create(paused)]

    def _create(self, paused: bool) -> Step:
        return command_step("create", self.commands.create(self.situation.config.path, paused))

    def _shutdown(self) -> Step:
        """:raises XenError: a guest with on_poweroff=restart would be back before anybody could call it stopped."""
        alive = self.situation.alive
        config = (alive.config if alive else None) or {}
        action = _live.event_action("on_poweroff", "destroy")(config)
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

    def _stop(self) -> list[Step]:
        """Nothing for a domain that does not exist. A guest that died and was preserved goes only with force."""
        if self.situation.guest is None:
            return []
        if self.state == _listing.RUNNING:
            return [self._shutdown(), *self._set_save_aside()]
        if self.state == _listing.PAUSED:
            # a paused guest cannot answer: xl shutdown waits 60 s for it and fails
            return [self._unpause(), self._shutdown(), *self._set_save_aside()]
        if not self.request.force:
            event = "on_crash" if self.state == _listing.CRASHED else "on_poweroff"
            raise XenError(
                f"{self.name} is {self.state} and was kept for inspection ({event}=preserve). "
                "Look at it, then let it go with `force: true`, which destroys it.",
                error_id="preserved",
            )
        return [command_step("destroy", self.commands.destroy(self.name)), *self._set_save_aside()]

    def _set_save_aside(self) -> list[Step]:
        """A save file beside a guest that runs is older than the guest's disks: restoring it would wreck them."""
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
        partial = partial_of(save_file)
        return [
            *first,
            command_step("save", self.commands.save(self.name, partial), partial),
            Step("keep_save", f"rename {partial} to {save_file}", data=(partial, save_file)),
        ]

    def _unpause(self) -> Step:
        return command_step("unpause", self.commands.unpause(self.name))


def _plan_absent(request: Request, situation: Situation, commands: Any) -> _plan.Plan:
    """Stop the guest, then remove its autostart entries, config and save file; disks only those that are named."""
    lifecycle = _Lifecycle(request, situation, commands)
    steps = lifecycle._stop()
    steps += [Step("remove_autostart", f"remove {entry.text}", data=entry) for entry in situation.autostart]
    if situation.saved:
        steps.append(Step("remove_save", f"remove {situation.save_file}", data=situation.save_file))
    if situation.unfinished_save:
        steps.append(Step("remove_save", f"remove {situation.unfinished_save}", data=situation.unfinished_save))
    steps += [Step("remove_disk", f"remove {path}", data=path) for path in situation.doomed_disks]
    if situation.config.exists:
        steps.append(Step("remove_config", f"remove {situation.config.path}", data=situation.config.path))
    return _plan.Plan(
        steps=steps,
        differences=[],
        config_path=situation.config.path,
        config_before=situation.config.text,
        config_after=None,
        state_before=situation.state,
        state_after=ABSENT,
    )
