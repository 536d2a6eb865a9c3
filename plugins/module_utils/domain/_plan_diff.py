# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Second part of planning: wanted, file and running guest side by side, and what each difference between them needs."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _devices
from ansible_collections.netbsd.xen.plugins.module_utils.configs._plan_config import (
    DEVICE_LISTS,
    KERNEL_LINE,
    Guest,
    Wish,
    extra_agrees,
    file_agrees,
    given,
    kernel_line,
    may_say,
    on_disk,
)
from ansible_collections.netbsd.xen.plugins.module_utils.core import _plan
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._secrets import mask_data
from ansible_collections.netbsd.xen.plugins.module_utils.options import _live
from ansible_collections.netbsd.xen.plugins.module_utils.options._options import RECREATE, TABLE, Option


class Found(NamedTuple):
    """One difference, and how the running guest loses it.

    :param value: what the running guest shall have, canonical.
    :param steps: the live steps; empty when the guest has it already, or needs a restart for it.
    """

    difference: _plan.Difference
    value: Any = None
    steps: tuple[_plan.Step, ...] = ()


def differences(
    wanted: dict[str, Any], wish: Wish, config: _configfile.ConfigFile, guest: Guest | None, commands: Any
) -> list[_plan.Difference]:
    """Where the file or the running guest is not as wanted, and what each difference needs."""
    return [item.difference for item in compare(wanted, wish, config, guest, commands)]


def compare(
    wanted: dict[str, Any], wish: Wish, config: _configfile.ConfigFile, guest: Guest | None, commands: Any
) -> list[Found]:
    """The differences, with the live steps of each.

    :param wanted: the properties as the file shall have them (``_plan_config.complete``).
    :param commands: command lines of the toolstack.
    """
    sides = _Sides(wanted, wish, config, guest, commands)
    found = [sides.compare(option) for option in TABLE if option.name in wanted]
    return [item for item in found if item] + [Found(item) for item in _extra(wish, config, guest)]


def _extra(wish: Wish, config: _configfile.ConfigFile, guest: Guest | None) -> list[_plan.Difference]:
    """Keys that we know nothing of: a guest may have them only from its next start on."""
    found = []
    for key, value in wish.extra.items():
        filed = config.value(key)
        if not extra_agrees(value, filed):
            needs = _plan.NEEDS_RESTART if guest else _plan.NEEDS_NEXT_BOOT
            found.append(_plan.Difference(key, mask_data({key: value})[key], mask_data({key: filed})[key], None, needs))
    return found


def unmanaged(
    wanted: dict[str, Any], wish: Wish, config: _configfile.ConfigFile, guest: Guest | None
) -> list[_plan.Difference]:
    """Where file and running guest differ in what the task does not give; nothing is done about it.

    A key that the file does not have stands for a default that only Xen knows, so it is not looked at; but no list of
    devices is an empty one.
    """
    if not guest or not guest.config or not config.exists:
        return []
    sides = _Sides({}, wish._replace(properties={}, policy=_devices.EXACT), config, guest)
    given_line = any(name in wanted for name in KERNEL_LINE)
    found = []
    said = {option.name for option in may_say(config)} | set(DEVICE_LISTS)
    for option in TABLE:
        if option.name not in said or option.name in wanted or (option.name in KERNEL_LINE and given_line):
            continue
        try:
            filed = on_disk(config, option)
        except XenError:
            continue  # what cannot be understood cannot be compared, and the task does not ask for it
        filed = [] if filed is None and option.name in DEVICE_LISTS else filed
        live = sides.live(option)
        if filed is not None and not sides.live_agrees(option, filed, live):
            shown = _shown(option, filed), _shown(option, live)
            found.append(_plan.Difference(option.name, None, shown[0], shown[1], _plan.NEEDS_UNMANAGED))
    return found


def agrees(option: Option, value: Any, libxl: dict[str, Any], policy: str) -> bool:
    """Whether the running guest has the value, as far as libxl tells."""
    live = option.live(libxl)
    return live is _live.UNKNOWN or _live_agrees(option, value, live, policy)


class _Sides:
    """The three sides of a comparison, and the toolstack that could bring one of them to another."""

    def __init__(
        self,
        wanted: dict[str, Any],
        wish: Wish,
        config: _configfile.ConfigFile,
        guest: Guest | None,
        commands: Any = None,
    ) -> None:
        self.wanted, self.wish, self.config, self.guest, self.commands = wanted, wish, config, guest, commands
        # what APPEND took over from the file is left alone in the guest
        self.of_guest = given(wish, config, guest) if wish.policy == _devices.APPEND else wanted

    def compare(self, option: Option) -> Found | None:
        live = self.live(option)
        value = self.of_guest.get(option.name, self.wanted[option.name])
        live_agrees = self.live_agrees(option, value, live)
        if file_agrees(option, self.wanted[option.name], self.config) and live_agrees:
            return None
        steps: list[_plan.Step] = []
        if not self.guest:
            needs = _plan.NEEDS_NEXT_BOOT
        elif live is not _live.UNKNOWN and live_agrees:
            needs = _plan.NEEDS_CONFIG
        else:
            steps = self._steps(option, value, live)
            restart = _plan.NEEDS_RECREATE if option.change == RECREATE else _plan.NEEDS_RESTART
            needs = _plan.NEEDS_LIVE if steps else restart
        difference = _plan.Difference(
            option=option.name,
            wanted=_shown(option, self.wanted[option.name]),
            on_disk=_shown(option, on_disk(self.config, option)),
            live=_shown(option, live),
            needs=needs,
            commands=tuple(step.text for step in steps),
        )
        return Found(difference, value, tuple(steps))

    def _steps(self, option: Option, value: Any, live: Any) -> list[_plan.Step]:
        """Empty when only a restart brings it."""
        if live is _live.UNKNOWN or self.guest is None or self.guest.config is None:
            return []
        # not loaded while guest and task agree: see _toolstack
        from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_live

        change = _plan_live.Change(
            self.wish.name, option, value, live, self.of_guest, self.guest.config, self.wish.policy
        )
        return _plan_live.steps(change, self.commands) or []

    def live(self, option: Option) -> Any:
        """What the running guest has; for each option that makes up the kernel's line, that whole line."""
        if not self.guest or not self.guest.config:
            return _live.UNKNOWN
        config = self.guest.config
        return _live.kernel_line(config) if option.name in KERNEL_LINE else option.live(config)

    def live_agrees(self, option: Option, value: Any, live: Any) -> bool:
        """True also where nobody can tell."""
        if live is _live.UNKNOWN:
            return True
        if option.name in KERNEL_LINE:
            return bool(live == kernel_line(self.wanted, self.config))
        return _live_agrees(option, value, live, self.wish.policy)


def _live_agrees(option: Option, value: Any, live: Any, policy: str) -> bool:
    if option.name in (*DEVICE_LISTS, "vfb"):
        return _devices.same_live(option.name, option.kind.spec, value, live, policy)
    if option.completed and value == "":
        return True
    if option.agrees and live is not None:
        return option.agrees(value, live)
    return bool(value == live)


def _shown(option: Option, value: Any) -> Any:
    """A canonical value as a return value; None for what is not set, or not told."""
    if value is None or value is _live.UNKNOWN:
        return None
    if option.name in KERNEL_LINE:
        return mask_data(value)
    if option.secret:
        return mask_data({option.key: value})[option.key]
    return mask_data(option.kind.to_data(value))
