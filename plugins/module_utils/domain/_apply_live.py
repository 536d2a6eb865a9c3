# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Change a running guest: one method for each kind of live step, and the look afterwards whether it came out so."""

from __future__ import annotations

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _devices
from ansible_collections.netbsd.xen.plugins.module_utils.core import _plan
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_diff, _plan_live
from ansible_collections.netbsd.xen.plugins.module_utils.domain._apply_watch import Watch
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options, _vcpulist


class LiveSteps:
    """Runs live steps one after the other; ``begun`` are those that may have changed something."""

    def __init__(self, watch: Watch) -> None:
        self.watch, self.toolstack = watch, watch.toolstack
        self.begun: list[_plan.Step] = []

    def do(self, step: _plan.Step) -> None:
        """:raises XenError: it failed, or the guest did not follow; ``take_back`` goes back as far as it goes."""
        self.begun.append(step)
        special = {"set_memory": self._set_memory, "set_vcpus": self._set_vcpus}
        special.get(step.kind, self._run)(step)

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
        or nothing at all, so devices are looked for first.
        """
        undone: list[str] = []
        whole = True
        libxl = self._libxl()
        if libxl is None:
            self.begun.clear()
            return undone, whole
        for step in reversed(self.begun):
            if _device_is_as_before(step, libxl):
                continue
            try:
                self.toolstack.run(step.undo)
                undone.append(f"`{' '.join(step.undo)}`")
            except XenError as error:
                undone.append(f"but `{' '.join(step.undo)}` failed: {error.message}")
                whole = False
        self.begun.clear()
        return undone, whole

    def _libxl(self) -> dict[str, Any] | None:
        """The guest's configuration; None when it is gone, and took all changes with it. Empty when xl cannot tell."""
        if not self.begun:
            return None
        try:
            row = self.watch.row()
            return self.toolstack.configurations().get(row.domid, {}) if row else None
        except XenError:
            return {}


def _device_is_as_before(step: _plan.Step, libxl: dict[str, Any]) -> bool:
    """Whether a step that attaches or detaches has left no trace, as far as libxl tells."""
    action, _underscore, what = step.kind.partition("_")
    option = {"disk": "disks", "vif": "vifs", "pci": "pci"}.get(what)
    if option is None or action not in ("attach", "detach") or not libxl:
        return False
    devices = _options.BY_NAME[option].live(libxl)
    there = _devices.identity(option, step.data, 0) in [_devices.identity(option, device, 0) for device in devices]
    return there is (action == "detach")


def is_live(step: _plan.Step) -> bool:
    return step.kind in _plan_live.ORDER
