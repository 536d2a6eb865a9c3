# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Carry out the steps of a clone. What was made is taken back when one fails, and the source runs again."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.clone import _clone_plan
from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_apply, _disk_plan
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _image_copy, _lvm


class Applier:
    """:param journal: path of the journal."""

    def __init__(self, toolstack: Any, lvm: _lvm.Lvm, steps: list[Step], journal: str) -> None:
        self.toolstack, self.lvm, self.steps, self.journal = toolstack, lvm, steps, journal
        self.done: list[Step] = []

    def run(self) -> None:
        """Do everything.

        :raises XenError: a step failed; ``details`` say what was done and what was taken back.
        """
        for step in self.steps:
            try:
                self._do(step)
            except XenError as error:
                undone = self._take_back()
                error.details.update(actions_done=[done.text for done in self.done], taken_back=undone)
                raise
            self.done.append(step)

    def _do(self, step: Step) -> None:
        try:
            if step.kind in ("pause", "unpause"):
                self.toolstack.run(step.command)
            elif step.kind == _clone_plan.COMPARE:
                _compare(**step.data)
            elif step.kind == "write_journal":
                _atomicfile.write(self.journal, step.data.encode(), new_mode=_atomicfile.PRIVATE)
            elif step.kind == "remove_journal":
                os.unlink(self.journal)
            elif step.kind == "write_config":
                _configfile.write(*step.data)
            else:
                _disk_apply.do(step, self.lvm)
        except OSError as error:
            raise XenError(f"Failed to {step.text}: {error.strerror}.", error_id="os_error") from error

    def _take_back(self) -> list[str]:
        """Remove the disks that were made, let the source run, end the journal; returns sentences."""
        undone = []
        kinds = [step.kind for step in self.done]
        unpause = next((step for step in self.steps if step.kind == "unpause"), None)
        paused = unpause is not None and "unpause" not in kinds and ("pause" in kinds or self._was_ours())
        complete = True
        for step in [*([unpause] if paused and unpause else []), *_removals(self.done)]:
            try:
                self._do(step)
                undone.append(step.text)
            except XenError as error:
                complete = False
                undone.append(f"but {step.text} failed: {error.message}")
        if complete and "write_journal" in kinds:
            os.unlink(self.journal)
        return undone

    def _was_ours(self) -> bool:
        """The pause was made by a task before this one, that was killed."""
        return all(step.kind != "pause" for step in self.steps)


def _compare(one: str, other: str, size: int) -> None:
    if not _image_copy.same(one, other, size):
        raise XenError(f"{other} is not what {one} is, right after it was copied.", error_id="copy_differs")


def _removals(done: list[Step]) -> list[Step]:
    """What takes the disks away again that these steps have made."""
    steps = []
    for step in reversed(done):
        if step.kind == _disk_plan.CREATE:
            steps.append(Step(_disk_plan.REMOVE, f"remove {step.data['path']}", data=step.data["path"]))
        elif step.kind == _disk_plan.COMMAND and step.command[1] == "lvrename":
            group, _partial, name = step.command[2:]
            steps = [each for each in steps if each.command[3:] != (f"{group}/{_partial}",)]
            steps.append(_disk_plan.command(_lvm.Commands.remove(group, name)))
        elif step.kind == _disk_plan.COMMAND and step.command[1] == "lvcreate":
            group, name = step.command[-1], step.command[-2]
            renamed = any(each.command[1:2] == ("lvrename",) and each.command[3] == name for each in done)
            if not renamed:
                steps.append(_disk_plan.command(_lvm.Commands.remove(group, name)))
    return steps
