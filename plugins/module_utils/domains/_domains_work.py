# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The second half of a task on many domains: from their plans to how it ended for each. Used by _domains.

Not loaded by a task that finds all of them as declared: see _toolstack.
"""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _apply
from ansible_collections.netbsd.xen.plugins.module_utils.domain._domain import DomainTask
from ansible_collections.netbsd.xen.plugins.module_utils.domains import (
    _capacity,
    _domains_order,
    _domains_run,
    _domains_spec,
)
from ansible_collections.netbsd.xen.plugins.module_utils.domains._domains_report import Outcome
from ansible_collections.netbsd.xen.plugins.module_utils.domains._domains_spec import Element
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

_STOPS = ("shutdown", "destroy", "save")


class Work:
    """
    :param elements: all domains of the task, read and planned.
    :param failed: those of which it is known already that they cannot be as declared; others are added.
    :param params: the options of the module.
    """

    def __init__(
        self,
        elements: list[Element],
        failed: dict[str, XenError],
        view: HostView,
        params: Mapping[str, Any],
        check_mode: bool,
    ) -> None:
        self.elements, self.failed, self.view = elements, failed, view
        self.params, self.check_mode = params, check_mode

    def run(self) -> dict[str, Outcome]:
        """Check and do everything; how it ended for each, in the order of work.

        :raises XenError: what all of them need together is not there; nothing was changed.
        """
        return self._apply(self._check())

    # Check

    def _changing(self) -> list[Element]:
        return [element for element in self.elements if element.name not in self.failed and element.task.plan.changed]

    def _check(self) -> list[tuple[str, str]]:
        """Everything that can be known to fail, before the first change.

        :returns: who starts with a disk that another domain has to give back first, and that domain.
        :raises XenError: what all of them need together is not there.
        """
        changing = self._changing()
        if not changing:
            return []
        tasks = [element.task for element in changing]
        self.view.expect(
            leaving=[task.name for task in tasks if task.before and any(map(task.plan.has, _STOPS))],
            rewritten=[task.name for task in tasks if task.plan.config_before != task.plan.config_after],
        )
        guests = [self._guest(task) for task in tasks]
        freed = sum(guest.frees for guest in guests)
        for guest, task in zip(guests, tasks):
            try:
                task.check(freed - guest.frees)
            except XenError as error:
                self.failed[task.name] = error
        guests = [guest for guest in guests if guest.name not in self.failed]
        _capacity.identities(guests)
        _capacity.disks(guests)
        if self.view.toolstack and any(guest.takes for guest in guests):
            _capacity.memory(guests, self.view.info())
        _capacity.vnds(guests)
        return _capacity.takeovers(guests)

    def _guest(self, task: DomainTask) -> _capacity.Guest:
        """What the host's capacity is held against."""
        plan, row = task.plan, task.before
        starts = any(map(plan.has, _apply.STARTS))
        leaves = row is not None and any(map(plan.has, _STOPS))
        return _capacity.Guest(
            name=task.name,
            values=self._values(task),
            starts=starts,
            leaves=leaves,
            resized=plan.has("set_memory") and not starts,
            has=row.memory if row else 0,
            has_disks=self._disks_of(row) if leaves and row else (),
            rewritten=plan.config_before != plan.config_after,
        )

    @staticmethod
    def _values(task: DomainTask) -> dict[str, Any]:
        """The properties that it will have: those in its save file, when it is restored."""
        saved = task.situation.saved_config
        if task.plan.has("restore") and saved:
            return {name: _options.BY_NAME[name].live(saved) for name in ("disks", "vifs", "memory", "uuid")}
        if task.plan.config_after is None:
            return {}
        text = task.plan.config_after
        return _checks.values_of(_configfile.parse(text, task.plan.config_path, task.view.syntax), [])

    def _disks_of(self, row: _listing.Row) -> tuple[Any, ...]:
        config = self.view.configurations().get(row.domid)
        return tuple(_options.BY_NAME["disks"].live(config)) if config else ()

    # Apply

    def _order(self, takeovers: list[tuple[str, str]]) -> _domains_order.Order:
        depends_on = {element.name: [*element.depends_on] for element in self.elements}
        for name, other in takeovers:
            depends_on[name].append(other)
        # a list that is fine by itself may, with a disk that changes hands, still be a circle
        _domains_order.require_no_cycle(depends_on)
        concerned = {*self.failed, *(element.name for element in self._changing())}
        jobs = [
            _domains_order.Job(element.name, self._phase(element), element.order)
            for element in self.elements
            if element.name in concerned
        ]
        return _domains_order.arrange(jobs, depends_on, {element.name: element.order for element in self.elements})

    def _phase(self, element: Element) -> int:
        if element.task.request.state in _domains_spec.GONE:
            return _domains_order.DOWN
        if element.name in self.failed:
            return _domains_order.UP
        task = element.task
        shrinks = task.plan.has("set_memory") and not any(map(task.plan.has, _apply.STARTS))
        step = next((step for step in task.plan.steps if step.kind == "set_memory"), None)
        if shrinks and step and task.before and step.data < task.before.memory:
            return _domains_order.DOWN
        return _domains_order.UP

    def _apply(self, takeovers: list[tuple[str, str]]) -> dict[str, Outcome]:
        """What was done for each; in check mode, what would be."""
        order = self._order(takeovers)
        by_name = {element.name: element for element in self.elements}
        shared = _domains_run.Shared(self.view.toolstack, self.params["parallel_starts"])

        def begins(name: str) -> None:
            # one that has to stop first must not keep the others from being started
            plan = by_name[name].task.plan
            if any(map(plan.has, _apply.STARTS)) and not any(map(plan.has, _STOPS)):
                shared.queue(name)

        def work(name: str) -> dict[str, Any]:
            task = by_name[name].task
            return task.entry() if self.check_mode else self._carry_out(by_name[name], shared)

        # in check mode nothing waits for anything
        parallel = 1 if self.check_mode else self.params["parallel"]
        outcomes = _domains_run.run_all(order, work, self.failed, parallel, begins)
        outcomes.update({name: Outcome(error=error) for name, error in self.failed.items()})
        if not self.check_mode:
            self._verify(outcomes)
        done = [name for wave in order.waves for name in wave]
        rest = [element.name for element in self.elements if element.name not in done]
        return {name: outcomes.get(name) or Outcome(by_name[name].task.entry()) for name in [*done, *rest]}

    @staticmethod
    def _carry_out(element: Element, shared: _domains_run.Shared) -> dict[str, Any]:
        def make(*arguments: Any) -> _apply.Applier:
            applier = _domains_run.SharingApplier(*arguments)
            applier.shared, applier.delay = shared, element.delay
            return applier

        applier = element.task.applier(make, shared.toolstack)
        try:
            applier.run()
            return element.task.entry(applier.backup_file)
        finally:
            shared.leave(element.name)

    def _verify(self, outcomes: dict[str, Outcome]) -> None:
        """Look at all of them once more: a guest may run when it was started, and be gone when the last one is."""
        if not any(outcome.result for outcome in outcomes.values()) or not self.view.toolstack:
            return
        self.view.refresh()
        for element in self.elements:
            outcome, wanted = outcomes.get(element.name), element.task.request.state
            if outcome and outcome.result and wanted in ("running", "restarted"):
                state = self.view.state(element.name)
                if state not in (_listing.RUNNING, _listing.PAUSED):
                    outcomes[element.name] = Outcome(
                        error=XenError(
                            f"It was running when it had been started, and is {state or 'gone'} now.",
                            error_id="did_not_stay",
                            actions_done=outcome.result["actions"],
                        )
                    )
