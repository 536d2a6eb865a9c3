# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a task will do to the host itself, as data: files to write, commands to run, in order.

Like ``_plan`` for domains: changed, diff, actions and check mode all come from the plan, and apply does nothing else.
"""

from __future__ import annotations

import os
from typing import Callable, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, TimedOut
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile, _command

COMMAND = "command"
WRITE = "write"
REMOVE = "remove"
# where security(8) of NetBSD keeps its copies, too. Not in /etc: rc.d/network takes every /etc/ifconfig.bridge[0-9]*
# for an interface.
BACKUPS = "/var/backups"

# MAKEDEV starts several processes for each of its nodes: minutes on a slow machine
SECONDS = 600


class FileChange(NamedTuple):
    """A file before and after; None where there is no file.

    :param private: it holds a secret, and may be read by its owner only.
    :param shown: the text as a diff may show it.
    """

    path: str
    before: str | None
    after: str | None
    private: bool = False
    shown: Callable[[str], str] = str


class HostPlan(NamedTuple):
    """
    :param steps: kinds ``command``, ``write`` and ``remove`` (their ``data`` is a FileChange).
    :param before: lines that describe the live state; likewise ``after``.
    :param warnings: sentences for the user.
    """

    steps: list[Step]
    title: str
    before: list[str]
    after: list[str]
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.steps)

    @property
    def actions(self) -> list[str]:
        return [step.text for step in self.steps]

    def diff(self) -> list[dict[str, str]]:
        """Ansible's diff: the files and the live state."""
        parts = [_file_diff(step.data) for step in self.steps if isinstance(step.data, FileChange)]
        if self.before != self.after:
            parts.append(
                {
                    "before_header": self.title,
                    "after_header": self.title,
                    "before": "".join(line + "\n" for line in self.before),
                    "after": "".join(line + "\n" for line in self.after),
                }
            )
        return parts


def _file_diff(change: FileChange) -> dict[str, str]:
    return {
        "before_header": change.path if change.before is not None else "/dev/null",
        "after_header": change.path if change.after is not None else "/dev/null",
        "before": change.shown(change.before or ""),
        "after": change.shown(change.after or ""),
    }


def command(*words: str, text: str = "") -> Step:
    """A step that runs a command; ``text`` is how the user would write it, if not just so."""
    return Step(COMMAND, text or " ".join(words), words)


def file_steps(change: FileChange) -> list[Step]:
    """The step that makes a file as wanted, if it is not so already."""
    if change.before == change.after:
        return []
    if change.after is None:
        return [Step(REMOVE, f"remove {change.path}", data=change)]
    verb = "write" if change.before is None else "edit"
    return [Step(WRITE, f"{verb} {change.path}", data=change)]


def apply(plan: HostPlan, backup: bool = False) -> list[str]:
    """Do the steps in order and return the paths of the backups.

    :raises CommandError: a command failed; what came before it stays done.
    """
    kept: list[str | None] = []
    for step in plan.steps:
        if step.kind == COMMAND:
            run(step.command, step.text)
        elif step.kind == WRITE:
            kept.append(_write(step.data, backup))
        else:
            kept.append(_remove(step.data, backup))
    return [path for path in kept if path]


def _write(change: FileChange, backup: bool) -> str | None:
    data = (change.after or "").encode("utf-8", "surrogateescape")
    mask = _atomicfile.PRIVATE if change.private else 0o7777
    return _atomicfile.write(change.path, data, backup=backup, backup_dir=BACKUPS, mask=mask, kept_mask=mask)


def _remove(change: FileChange, backup: bool) -> str | None:
    """Remove a file; its backup is a copy of what was planned with, so that nothing is lost in between."""
    kept = None
    if backup:
        # an unchanged write makes the backup, and fails where the removal would
        kept = _write(change._replace(after=change.before), backup)
    os.unlink(change.path)
    _atomicfile.sync_directory(os.path.dirname(change.path))
    return kept


def run(words: tuple[str, ...], text: str = "") -> None:
    """Run one command that must succeed.

    :raises CommandError: it failed, with all that it said.
    :raises TimedOut: it did not end.
    """
    shown = text or " ".join(words)
    try:
        done = _command.run(words, timeout=SECONDS)
    except TimedOut as error:
        raise TimedOut(
            f"`{shown}` did not end within {SECONDS} s and was killed.", cmd=list(words), stderr=error.details["stderr"]
        ) from error
    if done.rc != 0:
        said = (done.stderr or done.stdout).strip()
        raise CommandError(f"`{shown}` failed (exit status {done.rc}): {said}", words, *done)
