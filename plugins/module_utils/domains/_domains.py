# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""One task on many domains, from its parameters to its result. Used by xen_domains.

All are read from one view of the host and planned before anything is done; what they need together is checked; then
they are worked on in the order in which they depend on each other. One that fails does not keep the others from being
as declared, except those that depend on it.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domains import _domains_spec
from ansible_collections.netbsd.xen.plugins.module_utils.domains._domains_report import Outcome, report
from ansible_collections.netbsd.xen.plugins.module_utils.domains._domains_spec import GONE
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host, _lock
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView


def run(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The whole task of xen_domains. Check mode changes nothing, and so needs no lock.

    :raises XenError: with ``domains`` in its details, some of them failed; without, nothing was changed.
    """
    task = DomainsTask(params, check_mode)
    if check_mode:
        return task.run()
    _host.require_root()
    patience = max([_lock.LEAST_SECONDS, *(element.task.params["timeout"] for element in task.elements)])
    with _lock.host_lock(patience):
        return task.run()


class DomainsTask:
    """
    :param params: the options of the module.
    :ivar elements: the domains to look at, in the order of the list; those that are pruned at its end.
    :ivar failed: those of which it is known before the first change that they cannot be as declared.
    :raises XenError: what is wrong with the list.
    """

    view: HostView

    def __init__(self, params: dict[str, Any], check_mode: bool) -> None:
        self.params, self.check_mode = params, check_mode
        self.declared = _domains_spec.elements(params)
        self.elements = [element for element in self.declared if self._is_chosen(element.name)]
        self.failed: dict[str, XenError] = {}
        self.undeclared: dict[str, str | None] = {}
        self.warnings: list[str] = []

    def run(self) -> dict[str, Any]:
        """Do everything; the task's result.

        :raises XenError: as ``run`` of this module.
        """
        self.view = HostView.open(self.params["toolstack"], self.params["config_dir"])
        self._find_undeclared()
        self._read()
        outcomes = self._outcomes()
        undeclared = None if self.params["prune"] == "none" else list(self.undeclared)
        return report(self.elements, outcomes, self.view.state, undeclared, self.warnings)

    def _outcomes(self) -> dict[str, Outcome]:
        """What was done for each; in check mode, what would be."""
        if not self.failed and not any(element.task.plan.changed for element in self.elements):
            return {element.name: Outcome(element.task.entry()) for element in self.elements}
        # not loaded by the runs, most of them, that find nothing to do: see _toolstack
        from ansible_collections.netbsd.xen.plugins.module_utils.domains._domains_work import Work

        return Work(self.elements, self.failed, self.view, self.params, self.check_mode).run()

    # Read and plan

    def _is_chosen(self, name: str) -> bool:
        return self.params["only"] is None or name in self.params["only"]

    def _find_undeclared(self) -> None:
        if self.params["prune"] == "none":
            return
        from ansible_collections.netbsd.xen.plugins.module_utils.domains import _domains_prune

        # a domain that gets another name is declared by its old one, too, until it has the new one
        names = [
            name for element in self.declared for name in (element.name, element.task.params["renamed_from"]) if name
        ]
        found = _domains_prune.undeclared(self.view, names, self.params["prune_except"])
        self.undeclared = {name: path for name, path in found.items() if self._is_chosen(name)}
        if self.params["prune"] != "report":
            running = {row.name for row in self.view.rows}
            self.elements += [
                _domains_spec.pruned(name, path, self.params)
                for name, path in self.undeclared.items()
                if name in running or self.params["prune"] == "remove"
            ]

    def _read(self) -> None:
        """Plan all of them, from one listing and one pass over the files."""
        if self.view.problem and any(element.task.request.state != "present" for element in self.elements):
            raise self.view.problem
        if len(self.elements) > 1:
            self.view.configs()
        timeouts = [element.task.params["timeout"] for element in self.elements]
        self.view.settle([element.name for element in self.elements], max(timeouts, default=0))
        for element in self.elements:
            try:
                element.task.read(self.view)
            except XenError as error:
                self.failed[element.name] = error
        self._warn_of_dependencies()

    def _warn_of_dependencies(self) -> None:
        states = {element.name: element.task.request.state for element in self.elements}
        for element in self.elements:
            for name in element.depends_on:
                if states[element.name] not in GONE and states.get(name) in GONE:
                    self.warnings.append(
                        f"{element.name} depends on {name}, which is declared {states[name]}; that is not waited for."
                    )
