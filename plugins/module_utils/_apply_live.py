# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Change a running guest: one method for each kind of live step, and the look afterwards whether it came out so."""

from __future__ import annotations

from ansible_collections.netbsd.xen.plugins.module_utils import _options, _plan, _plan_diff, _plan_live, _vcpulist
from ansible_collections.netbsd.xen.plugins.module_utils._apply_watch import Watch
from ansible_collections.netbsd.xen.plugins.module_utils._errors import CommandError, XenError


class LiveSteps:
    """Runs live steps one after the other; ``begun`` are those that may have changed something."""

    def __init__(self, watch: Watch) -> None:
        self.watch, self.toolstack = watch, watch.toolstack
        self.begun: list[_plan.Step] = []
        self.failed: _plan.Step | None = None

    def do(self, step: _plan.Step) -> None:
        """:raises XenError: it failed, or the guest did not follow; ``take_back`` goes back as far as it goes."""
        self.begun.append(step)
        self.failed = step
        special = {"set_memory": self._set_memory, "set_vcpus": self._set_vcpus}
        special.get(step.kind, self._run)(step)
        self.failed = None

    def _run(self, step: _plan.Step) -> None:
        self.toolstack.run(step.command)

    def _set_memory(self, step: _plan.Step) -> None:
        self.toolstack.run(step.command)
        slack = max(1, step.data // 100)  # balloon drivers may stop a little before their target
        self.watch.wait(
            lambda row: row is not None and abs(row.memory - step.data) <= slack,
            f"has {step.data} MiB",
            step,
            hint="Memory moves when the guest's balloon driver moves it.",
        )

    def _set_vcpus(self, step: _plan.Step) -> None:
        try:
            self.toolstack.run(step.command)
        except CommandError as error:
            # xl create takes more vcpus than the host has CPUs; so does vcpu-set, but it wants to be asked twice
            if "--ignore-host" not in error.stderr:
                raise
            self.toolstack.run(self.toolstack.commands.set_vcpus(self.watch.name, step.data, overcommit=True))
        self.watch.wait(
            lambda row: row is not None and row.vcpus == step.data,
            f"has {step.data} vcpus",
            step,
            hint="The guest switches a new vcpu on itself (Linux: echo 1 > /sys/devices/system/cpu/cpuN/online).",
        )

    def verify(self, expected: tuple[_plan.Expectation, ...], policy: str) -> None:
        """Read libxl's configuration again.

        :raises XenError: every command was accepted, and still something is not as planned.
        """
        row = self.watch.row()
        libxl = self.toolstack.configurations().get(row.domid) if row else None
        if libxl is None:
            raise XenError(f"{self.watch.name} was changed and then was gone. {self.watch.why()}")
        if any(item.option == "cpus" for item in expected):
            libxl = _vcpulist.current(libxl, self.toolstack, self.watch.name, self.toolstack.info())
        wrong = [
            item.option
            for item in expected
            if not _plan_diff.agrees(_options.BY_NAME[item.option], item.value, libxl, policy)
        ]
        if wrong:
            raise XenError(
                f"{self.watch.name} was changed as it runs, and Xen then tells another: {', '.join(wrong)}. "
                "Something else changed it meanwhile, or xl did not do what it was told.",
                error_id="not_as_planned",
            )

    def take_back(self) -> tuple[list[str], bool]:
        """Undo what was begun, last first: sentences that say so, and whether the guest is as before.

        A step that failed may have done half of its work (`xl network-attach` leaves the vif when its script fails),
        so it is undone as well; there it is no news when nothing is left to undo.
        """
        undone: list[str] = []
        whole = True
        for step in [] if self._gone() else reversed(self.begun):
            try:
                self.toolstack.run(step.undo)
                undone.append(f"`{' '.join(step.undo)}`")
            except XenError as error:
                if step is not self.failed or step.kind in ("set_memory", "set_vcpus"):
                    undone.append(f"but `{' '.join(step.undo)}` failed: {error.message}")
                    whole = False
        self.begun.clear()
        return undone, whole

    def _gone(self) -> bool:
        """A guest that died took all changes with it."""
        try:
            return bool(self.begun) and self.watch.row() is None
        except XenError:
            return False


def is_live(step: _plan.Step) -> bool:
    return step.kind in _plan_live.ORDER
