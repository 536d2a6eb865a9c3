# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Last part of planning: the steps that bring a domain from where it is to the state that is wanted.

A pure function: it looks at nothing but its arguments, so every case is tested with plain data.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core import _plan
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_autostart, _plan_diff, _plan_recover
from ansible_collections.netbsd.xen.plugins.module_utils.domain._plan_lifecycle import (
    ABSENT,
    APPLY,
    LIVE,
    NEXT_BOOT,
    REPORT,
    RESTART,
    SAVED,
    STATES,
    STOPPED,
    Lifecycle,
    Request,
    Situation,
)
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

__all__ = ["ABSENT", "APPLY", "REPORT", "STATES", "Request", "Situation", "plan"]


def plan(request: Request, situation: Situation, commands: Any) -> _plan.Plan:
    """The whole plan of one task.

    :param commands: command lines of the toolstack (``_toolstack.Commands``).
    :raises XenError: what is asked for cannot be done from here.
    """
    made = (_plan_absent if request.state == ABSENT else _plan_state)(request, situation, commands)
    return _reported(made, situation) if request.apply == REPORT else made


def _plan_state(request: Request, found: Situation, commands: Any) -> _plan.Plan:
    situation, first = _plan_recover.recover(request, found, commands)
    wish, config = request.wish, situation.config
    nothing_to_stop = request.state == "stopped" and wish.empty and situation.state == ABSENT
    if not config.exists and not (wish.empty and situation.alive) and not nothing_to_stop:
        _require_enough_to_create(request, situation)
    items, text = _compared(request, situation, commands)

    lacking = [item for item in items if item.difference.needs in _plan.AFTER_RESTART]
    lifecycle = Lifecycle(request, situation, commands)
    moves = lifecycle.steps(restart=bool(lacking) and request.allow_restart and request.apply != NEXT_BOOT)
    live = _live_items(items, request, situation, moves)
    live_steps = _in_order([step for item in live for step in item.steps])
    steps = [Step("write_config", f"write {config.path}", data=text)] if text not in (None, config.text) else []
    if request.console and request.state != "paused" and _starts(moves, "create"):
        text_of = f"wait for {request.console.pattern!r} on the console of {wish.name}"
        moves.append(Step("wait_console", text_of, data=request.console))
    # a paused guest cannot give memory back or switch a vcpu off, so that is done while it runs
    steps += first
    steps += live_steps + moves if request.state == "paused" else moves + live_steps
    if text is None and (_starts(moves, "create") or request.state == "restarted"):
        raise XenError(
            f"{wish.name} exists, but has no config file {config.path} to start it from again. "
            "Give its properties in this task, or the path of its file with `config`.",
            error_id="no_config",
        )
    return _plan.Plan(
        steps=steps + _plan_autostart.steps(situation.autostart, config.path, text),
        differences=_differences(items, lifecycle) + _plan_autostart.differences(situation.autostart),
        config_path=config.path,
        config_before=config.text,
        config_after=text,
        state_before=found.state,
        state_after=_state_after(request, situation),
        restart_required=_restart_required(items, request, situation, moves, live_steps),
        warnings=(f"There is no domain {wish.name}, so there is nothing to stop.",) if nothing_to_stop else (),
        live=tuple(_plan.Expectation(item.difference.option, item.value) for item in live),
        policy=wish.policy,
    )


def _compared(request: Request, situation: Situation, commands: Any) -> tuple[list[_plan_diff.Found], str | None]:
    """The differences from what is wanted, and the text that the config file shall have."""
    wish, config = request.wish, situation.config
    if wish.empty:
        return [], config.text
    wanted = _plan_config.complete(wish, config, situation.alive)
    _plan_config.require_heeded(wanted, config)
    changes = _plan_config.file_changes(wanted, wish, config)
    found = _plan_diff.compare(wanted, wish, config, situation.alive, commands)
    if request.apply == RESTART:
        found = [_not_live(item) for item in found]
    found += [_plan_diff.Found(item) for item in _plan_diff.unmanaged(wanted, wish, config, situation.alive)]
    return found, _plan_config.new_text(changes, wish, config)


def _not_live(item: _plan_diff.Found) -> _plan_diff.Found:
    """``apply: restart``: what could be changed live waits for the one restart, too."""
    if item.difference.needs != _plan.NEEDS_LIVE:
        return item
    return _plan_diff.Found(item.difference._replace(needs=_plan.NEEDS_RESTART, commands=()))


def _differences(found: list[_plan_diff.Found], lifecycle: Lifecycle) -> list[_plan.Difference]:
    """The differences for the result, each with the commands that bring it."""
    start = tuple(step.text for step in lifecycle.start() if step.command)
    try:
        restart = tuple(step.text for step in lifecycle.restart() if step.command)
    except XenError:
        restart = ()  # a guest that would come back by itself, or that is kept: not without somebody's decision
    bringing = {_plan.NEEDS_NEXT_BOOT: start, **dict.fromkeys(_plan.AFTER_RESTART, restart)}
    differences = [item.difference for item in found]
    return [item._replace(commands=bringing.get(item.needs, item.commands)) for item in differences]


def _reported(made: _plan.Plan, situation: Situation) -> _plan.Plan:
    """``apply: report``: the same differences, the state among them, and no steps."""
    differences = list(made.differences)
    if made.state_after != situation.state:
        moves = tuple(step.text for step in made.steps if step.command and step not in _live_of(made))
        needs = _plan.NEEDS_LIVE if moves else _plan.NEEDS_CONFIG
        differences.insert(0, _plan.Difference("state", made.state_after, None, situation.state, needs, moves))
    lacking = any(item.needs in (*_plan.AFTER_RESTART, _plan.NEEDS_LIVE) for item in made.differences)
    return made._replace(
        steps=[],
        differences=differences,
        config_after=made.config_before,
        state_after=situation.state,
        restart_required=bool(situation.guest) and lacking,
        live=(),
    )


def _in_order(live_steps: list[Step]) -> list[Step]:
    if not live_steps:
        return []
    # not loaded while guest and task agree: see _toolstack
    from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_live

    return _plan_live.in_order(live_steps)


def _live_of(made: _plan.Plan) -> list[Step]:
    if not made.steps:
        return []
    from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_live

    return [step for step in made.steps if step.kind in _plan_live.ORDER]


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
    hvm = "hvm" in (wish.properties.get("type"), wish.properties.get("builder"))
    if not hvm and not given & {"kernel", "bootloader", "firmware"}:
        missing.append("kernel (or bootloader, or type=hvm)")
    if missing:
        raise XenError(
            f"{path} does not exist yet, and a new domain also needs: {', '.join(missing)}.",
            error_id="missing_property",
        )


def _starts(moves: list[Step], kind: str) -> bool:
    return any(step.kind == kind for step in moves)


def _restart_required(
    found: list[_plan_diff.Found], request: Request, situation: Situation, moves: list[Step], live: list[Step]
) -> bool:
    """The running guest lacks something that neither a live step nor a start of this plan brings."""
    if _starts(moves, "create") or request.state in ("stopped", "saved"):
        return False
    if not situation.guest and not _starts(moves, "restore"):
        return False
    pending = _plan.AFTER_RESTART if live else (*_plan.AFTER_RESTART, _plan.NEEDS_LIVE)
    return any(item.difference.needs in pending for item in found)


def _state_after(request: Request, situation: Situation) -> str:
    if request.state == "present":
        return STOPPED if situation.state == ABSENT else situation.state
    if request.state == "stopped":
        stays = situation.state == SAVED or (situation.state == ABSENT and request.wish.empty)
        return situation.state if stays else STOPPED
    return {"restarted": "running"}.get(request.state, request.state)


def _live_items(
    found: list[_plan_diff.Found], request: Request, situation: Situation, moves: list[Step]
) -> list[_plan_diff.Found]:
    """The differences that the running guest loses as it runs."""
    if request.apply not in (LIVE, REPORT) or request.state not in ("running", "paused"):
        return []
    if not situation.alive or _starts(moves, "create"):
        return []
    if request.state == "paused" and situation.state != _listing.RUNNING:
        return []
    return [item for item in found if item.difference.needs == _plan.NEEDS_LIVE]


def _plan_absent(request: Request, situation: Situation, commands: Any) -> _plan.Plan:
    """Stop the guest, then remove its autostart entries, config and save file; disks only those that are named."""
    steps = Lifecycle(request, situation, commands).stop()
    steps += _plan_autostart.steps(situation.autostart, situation.config.path, None)
    if situation.saved:
        steps.append(Step("remove_save", f"remove {situation.save_file}", data=situation.save_file))
    unfinished = situation.unfinished
    left = [path for path in (unfinished.save, unfinished.restore) if path]
    steps += [Step("remove_save", f"remove {path}", data=path) for path in left]
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
