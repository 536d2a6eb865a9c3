# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""One task on one domain, from its parameters to its result: read, plan, check, apply. Used by xen_domain."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, Pattern

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart
from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.console import _xllog
from ansible_collections.netbsd.xen.plugins.module_utils.core import _plan, _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._secrets import mask_data, mask_text
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_disks, _plan_domain, _savefile, _unfinished
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host, _lock
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options, _vcpulist
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

# What only a task with something to do needs is loaded when it is needed: see _toolstack.
if TYPE_CHECKING:
    from ansible_collections.netbsd.xen.plugins.module_utils.domain import _apply, _rename

_SETTLE_LIMIT = 600


def run(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The whole task of xen_domain. Check mode changes nothing, and so needs no lock.

    :raises XenError: nothing was changed, unless ``actions_done`` is in its details.
    """
    task = DomainTask(params)
    if check_mode:
        task.prepare(HostView.open(params["toolstack"], params["config_dir"]))
        return task.result(task.before)
    _host.require_root()
    with _lock.host_lock(max(params["timeout"], _lock.LEAST_SECONDS)):
        task.prepare(HostView.open(params["toolstack"], params["config_dir"]))
        return task.apply() if task.plan.changed else task.result(task.before)


class DomainTask:
    """
    :param params: the options of one domain (``_domain_spec``), validated by Ansible.
    :ivar view: the host; tasks on several domains share one.
    :ivar situation: what there is of the domain; with ``view``, ``plan`` and ``before`` (its row) set by ``read``.
    :raises BadValue: a value that Xen would not take.
    """

    view: HostView
    situation: _plan_domain.Situation
    plan: _plan.Plan
    disks: _plan_disks.Disks

    def __init__(self, params: dict[str, Any]) -> None:
        self.params, self.sized = _plan_disks.split(params)
        self.name = _values.domain_name("name", params["name"])
        self.request = self._request()
        self.warnings: list[str] = []
        self.before: _listing.Row | None = None
        self.renaming: _rename.Renaming | None = None

    def prepare(self, view: HostView) -> None:
        """Read, plan and check; nothing is changed.

        :raises XenError: it cannot be done, as far as can be known before it is tried.
        """
        self.read(view)
        self.check()

    def read(self, view: HostView) -> None:
        """What there is, and the plan that follows from it."""
        self.view = view
        self._require_toolstack()
        self.situation = self._situation()
        self.before = self.situation.guest.row if self.situation.guest else None
        self.plan = _plan_domain.plan(self.request, self.situation, view.commands)
        if self.plan.has("detach_disk") and view.toolstack:
            # the version costs a call of its own, and matters to so few
            commands = view.toolstack.safe_commands(view.info())
            self.plan = _plan_domain.plan(self.request, self.situation, commands)
        self.disks = self._disks()
        self.plan = self.disks.into(self.plan)
        if self.renaming:
            self.plan = self.renaming.into(self.plan, report=self.request.apply == _plan_domain.REPORT)
        if self.request.state == _listing.RUNNING and not self.plan.has("create"):
            self._warn_of_crashes()

    def apply(self) -> dict[str, Any]:
        """Carry the plan out; the result afterwards.

        :raises XenError: a step failed, or the host is not as planned afterwards.
        """
        from ansible_collections.netbsd.xen.plugins.module_utils.domain._apply import Applier

        applier = self.applier(Applier, self.view.toolstack)
        after = applier.run()
        return self.result(after, applier.backup_file)

    def applier(self, make: Callable[..., _apply.Applier], toolstack: Any) -> _apply.Applier:
        """What carries the plan out.

        :param make: ``Applier`` or what takes its arguments.
        """
        applier = make(
            toolstack, self.plan, self.name, self.params["timeout"], self.before, bool(self.params["backup"])
        )
        applier.settle = self.params["settle"]
        return applier

    # Read

    def _request(self) -> _plan_domain.Request:
        params = self.params
        if params["timeout"] < 0:
            raise BadValue("timeout", params["timeout"], "seconds cannot be negative.")
        if not 0 <= params["settle"] <= _SETTLE_LIMIT:
            raise BadValue("settle", params["settle"], f"from 0 to {_SETTLE_LIMIT} seconds.")
        if params["remove_disks"] and params["state"] != "absent":
            raise BadValue(
                "remove_disks",
                params["remove_disks"],
                "disks are removed together with the domain only (state=absent).",
            )
        # one list of guests may say of some that they go, with all their properties still beside it
        goes = params["state"] == "absent"
        properties, extra = (
            ({}, {}) if goes else _options.split_extra(params["extra_config"] or {}, _options.wanted_from(params))
        )
        wish = _plan_config.Wish(
            name=self.name,
            properties=properties,
            extra=extra,
            policy=params["device_policy"],
            host=_host.name(),
        )
        return _plan_domain.Request(
            state=params["state"],
            wish=wish,
            allow_restart=bool(params["allow_restart"]),
            force=bool(params["force"]),
            apply=params["apply"],
            console=self._console_pattern(),
        )

    def _console_pattern(self) -> Pattern[str] | None:
        text = self.params["wait_for_console"]
        if text is None:
            return None
        from ansible_collections.netbsd.xen.plugins.module_utils.console import _watch

        return _watch.console_pattern("wait_for_console", text)

    def _require_toolstack(self) -> None:
        """When only a file is asked for, the host need not (yet) be able to run guests.

        :raises HostError: why it is not, for all other states.
        """
        problem = self.view.problem
        if problem and self.request.state != "present":
            raise problem
        if problem:
            self.warnings.append(
                f"Only the config file is managed, since guests cannot run here yet: {problem.message}"
            )

    def _situation(self) -> _plan_domain.Situation:
        view, request = self.view, self.request
        path = self.params["config"] or _configfile.locate(self.name, view.directory, _host.layout().config_suffix)
        config = view.config(_values.absolute_path("config", path))
        if request.state != _plan_domain.ABSENT:
            self.renaming = self._renaming(path)
        if self.renaming:
            config = self.renaming.config or config
            view.forget(self.renaming.old)
        self._require_own(config, request.state)
        save_file = self.params["save_file"] or os.path.join(_host.SAVE_DIR, f"{self.name}.save")
        _values.absolute_path("save_file", save_file)
        view.settle([self.name], self.params["timeout"])
        unfinished = _unfinished.look(save_file)
        # the long listing costs 40 ms a domain in dom0: asked for only when there is something to compare
        compared = not request.wish.empty or request.state in ("stopped", "restarted", "absent")
        called = self.renaming.old if self.renaming and self.renaming.live else self.name
        found = view.guest(called, compared or unfinished.restore is not None)
        guest = None
        if found:
            guest = _plan_config.Guest(found[0]._replace(name=self.name), self._current(config, *found))
        saved = os.path.exists(save_file)
        return _plan_domain.Situation(
            config=config,
            guest=guest,
            save_file=save_file,
            saved=saved,
            saved_config=_savefile.configuration(save_file) if saved and not guest else None,
            unfinished=unfinished,
            autostart=self._autostart_changes(path),
            doomed_disks=self._doomed_disks(config, guest),
        )

    def _current(
        self, config: _configfile.ConfigFile, row: _listing.Row, libxl: dict[str, Any] | None
    ) -> dict[str, Any] | None:
        """The running guest's configuration, with where its vcpus may run now when task or file say something of that:
        libxl does not keep up with `xl vcpu-pin`.
        """
        pinned = self.request.wish.properties.get("cpus", config.value("cpus"))
        if not libxl or not pinned or not hasattr(self.view.commands, "pin_vcpu"):
            return libxl
        return _vcpulist.with_affinities(libxl, self.view.affinities().get(row.domid, []), self.view.info())

    def _autostart_changes(self, path: str) -> tuple[_autostart.Change, ...]:
        """What has to change in what the host starts at boot; nothing is looked at when the task says nothing of it."""
        want = _autostart.want(self.params, path)
        if want.enabled is None:
            return ()
        autostart = self.view.autostart()
        self.warnings += autostart.problems() if want.enabled else []
        return tuple(autostart.changes(want))

    def _require_own(self, config: _configfile.ConfigFile, state: str) -> None:
        """:raises XenError: the file is another domain's; or it is to be removed, and is no domain's (xl.conf)."""
        inside = config.value("name")
        if inside is not None and inside != self.name:
            raise XenError(
                f"{config.path} is the config of a domain called {inside}, not {self.name}.", error_id="wrong_config"
            )
        if state == "absent" and config.exists and inside is None:
            raise XenError(
                f"{config.path} does not say that it is the config of {self.name}: it has no name. It is not removed.",
                error_id="wrong_config",
            )

    def _disks(self) -> _plan_disks.Disks:
        """What has to be done to the disks whose size the task gives."""
        if not self.sized or self.request.state == "absent" or self.request.apply == "report":
            return _plan_disks.Disks([])
        saved = self.situation.saved and not self.situation.guest
        return _plan_disks.plan(self.sized, self.view, saved)

    def _doomed_disks(self, config: _configfile.ConfigFile, guest: _plan_config.Guest | None) -> tuple[str, ...]:
        """What is there of the disks that the task names for removal; each is checked to be ours to remove."""
        named = [path for path in self.params["remove_disks"] or () if os.path.lexists(path)]
        if named:
            disks = _options.BY_NAME["disks"]
            own = (_plan_config.on_disk(config, disks) or []) + (
                disks.live(guest.config) if guest and guest.config else []
            )
            others = self.view.others_running(self.name)
            others += self.view.others_on_disk(self.name, os.path.dirname(config.path))
            _checks.removable(self.name, named, own, others)
        return tuple(named)

    def _renaming(self, path: str) -> _rename.Renaming | None:
        if self.params["renamed_from"] is None:
            return None
        from ansible_collections.netbsd.xen.plugins.module_utils.domain import _rename

        return _rename.look(self.params["renamed_from"], self.name, path, self.view)

    def _warn_of_crashes(self) -> None:
        """Of a guest that runs now, but has kept crashing."""
        crashes = _xllog.keeps_crashing(self.name) if self.before else None
        if crashes:
            from ansible_collections.netbsd.xen.plugins.module_utils.console import _watch

            self.warnings.append(f"{crashes} {_watch.told(self.name)}")

    # Check

    def check(self, freed_mib: int = 0) -> None:
        """Everything that can be known to fail fails here, before the first change.

        :param freed_mib: memory that other domains will have given back by then.
        """
        if self.plan.steps:
            from ansible_collections.netbsd.xen.plugins.module_utils.domain import _domain_check

            _domain_check.check(self, freed_mib)

    # Report

    def result(self, row: _listing.Row | None, backup_file: str | None = None) -> dict[str, Any]:
        """The task's result.

        :param row: the domain after the last step; as it was before, when nothing was done.
        """
        entry = self.entry(backup_file)
        del entry["state"]
        return {**entry, "domain": self._domain(self.plan, row)}

    def entry(self, backup_file: str | None = None) -> dict[str, Any]:
        """What a list of many domains tells of each: the result without the properties, and the state after it."""
        plan = self.plan
        entry: dict[str, Any] = {
            "changed": plan.changed,
            "actions": plan.actions,
            "differences": [item.as_data() for item in plan.differences],
            "restart_required": plan.restart_required,
            "state": plan.state_after,
            "diff": [{key: mask_text(value) for key, value in part.items()} for part in plan.diff()],
            "warnings": [*self.warnings, *plan.warnings],
        }
        if backup_file:
            entry["backup_file"] = backup_file
        return entry

    def _domain(self, plan: _plan.Plan, row: _listing.Row | None) -> dict[str, Any]:
        """The domain as it is now; in check mode, its state as it would be."""
        properties: dict[str, Any] = {}
        if plan.config_after is not None:
            final = self._final(plan.config_after)
            properties = shown(_checks.values_of(final, []))
        return {
            "name": self.name,
            "state": plan.state_after,
            "domid": row.domid if row else None,
            "memory": row.memory if row else None,
            "vcpus": row.vcpus if row else None,
            "config": plan.config_path,
            "properties": properties,
        }

    def _final(self, text: str) -> _configfile.ConfigFile:
        """The config file as it is afterwards; read again only when it is another one."""
        config = self.situation.config
        same = config.path == self.plan.config_path and config.text == text
        return config if same else _configfile.parse(text, self.plan.config_path, self.view.syntax)


def shown(values: dict[str, Any]) -> dict[str, Any]:
    """Canonical values as return values: devices as dictionaries, secrets masked."""
    data = {name: _options.BY_NAME[name].kind.to_data(value) for name, value in values.items()}
    return {name: mask_data({name: value})[name] for name, value in data.items()}
