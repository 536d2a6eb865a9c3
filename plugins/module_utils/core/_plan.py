# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The Plan: what a task will do, as data. changed, diff, actions and check mode all come from it, and nothing else.

A plan is made by a pure function and carried out by ``_apply``; the steps carry the very commands that are run.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

# What it takes to make a difference go away.
NEEDS_CONFIG = "config"  # the file only: the guest already has it
NEEDS_LIVE = "live"  # can be changed in the running guest
NEEDS_NEXT_BOOT = "next_boot"  # the guest is not running: it will have it at its next start
NEEDS_RESTART = "restart"  # the running guest gets it by a restart only
NEEDS_RECREATE = "recreate"  # by a restart too, but what comes back is another machine to its guest: uuid, type
NEEDS_UNMANAGED = "unmanaged"  # the task does not give it; file and running guest differ
# What the running guest lacks until it is started again.
AFTER_RESTART = (NEEDS_RESTART, NEEDS_RECREATE)


class Difference(NamedTuple):
    """One property that is not as wanted, in return-value form (devices as dictionaries, secrets masked).

    :param on_disk: None when the config file does not set it.
    :param wanted: None for what the task does not give.
    :param live: None when the guest does not run, or libxl does not tell.
    :param needs: one of the NEEDS_ words.
    :param commands: the commands that would bring it to the guest, whether or not this plan runs them.
    """

    option: str
    wanted: Any
    on_disk: Any
    live: Any
    needs: str
    commands: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """The difference as a return value."""
        return {**self._asdict(), "commands": list(self.commands)}


class Step(NamedTuple):
    """One thing to do.

    :param kind: what the apply phase does; see ``_apply``.
    :param text: the step as the user reads it: the command, or a short sentence.
    :param command: command line of the toolstack, for the kinds that run one.
    :param data: what the kind needs besides.
    :param undo: for a change of a running guest, the command that takes it back.
    """

    kind: str
    text: str
    command: tuple[str, ...] = ()
    data: Any = None
    undo: tuple[str, ...] = ()


def command_step(kind: str, command: Sequence[str], data: Any = None, undo: Sequence[str] = ()) -> Step:
    """A step that is one command of the toolstack."""
    return Step(kind, " ".join(command), tuple(command), data, tuple(undo))


class Expectation(NamedTuple):
    """What the running guest must have after the live steps: a canonical value, by the name of its option."""

    option: str
    value: Any


class Plan(NamedTuple):
    """
    :param config_before: text of the config file, None when there is none; likewise ``config_after``.
    :param state_before: what the domain is: running, paused, stopped, saved, crashed ...; likewise ``state_after``.
    :param restart_required: the running guest will still lack something that is in the config file.
    :param warnings: sentences for the user.
    :param live: what the live steps among ``steps`` bring.
    :param policy: whether a device list of ``live`` is exact.
    """

    steps: list[Step]
    differences: list[Difference]
    config_path: str
    config_before: str | None
    config_after: str | None
    state_before: str
    state_after: str
    restart_required: bool = False
    warnings: tuple[str, ...] = ()
    live: tuple[Expectation, ...] = ()
    policy: str = "exact"

    @property
    def changed(self) -> bool:
        return bool(self.steps)

    @property
    def actions(self) -> list[str]:
        return [step.text for step in self.steps]

    def has(self, kind: str) -> bool:
        return any(step.kind == kind for step in self.steps)

    def diff(self) -> list[dict[str, str]]:
        """Ansible's diff: the config file and the state. Secrets are masked by the caller."""
        parts = []
        if self.config_before != self.config_after:
            parts.append(
                {
                    "before_header": self.config_path if self.config_before is not None else "/dev/null",
                    "after_header": self.config_path if self.config_after is not None else "/dev/null",
                    "before": self.config_before or "",
                    "after": self.config_after or "",
                }
            )
        parts += self._other_files()
        changing = {item.option for item in self.live}
        live = [item for item in self.differences if item.option in changing]
        before = [f"state: {self.state_before}"] + [f"{item.option}: {item.live}" for item in live]
        after = [f"state: {self.state_after}"] + [f"{item.option}: {item.wanted}" for item in live]
        if self.changed and before != after:
            parts.append(
                {
                    "before_header": "domain",
                    "after_header": "domain",
                    "before": "\n".join(before) + "\n",
                    "after": "\n".join(after) + "\n",
                }
            )
        return parts

    def _other_files(self) -> list[dict[str, str]]:
        """The files besides the config file that steps change, as these say themselves."""
        return [
            {
                "before_header": path if before is not None else "/dev/null",
                "after_header": path if after is not None else "/dev/null",
                "before": before or "",
                "after": after or "",
            }
            for step in self.steps
            for path, before, after in getattr(step.data, "diff", ())
        ]
