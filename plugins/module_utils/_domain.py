# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""One task on one domain, from its parameters to its result: read, plan, check, apply. Used by xen_domain."""

from __future__ import annotations

import os
from typing import Any, Callable

from ansible_collections.netbsd.xen.plugins.module_utils import (
    _apply,
    _apply_start,
    _autostart,
    _checks,
    _configfile,
    _host,
    _listing,
    _lock,
    _options,
    _pcicheck,
    _plan,
    _plan_config,
    _plan_disks,
    _plan_domain,
    _rename,
    _savefile,
    _unfinished,
    _values,
    _vcpulist,
    _watch,
)
from ansible_collections.netbsd.xen.plugins.module_utils._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils._secrets import mask_data, mask_text

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
            self.warnings += [warning for warning in [_apply_start.crash_warning(self.name, self.before)] if warning]

    def apply(self) -> dict[str, Any]:
        """Carry the plan out; the result afterwards.

        :raises XenError: a step failed, or the host is not as planned afterwards.
        """
        applier = self.applier(_apply.Applier, self.view.toolstack)
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
            console=_watch.console_pattern("wait_for_console", params["wait_for_console"]),
        )

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
            self.renaming = _rename.look(self.params["renamed_from"], self.name, path, view)
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

    # Check

    def check(self, freed_mib: int = 0) -> None:
        """Everything that can be known to fail fails here, before the first change.

        :param freed_mib: memory that other domains will have given back by then.
        """
        plan, view, situation = self.plan, self.view, self.situation
        if plan.has("restore"):
            self._check_restore(situation)
        self._check_plugged()
        if plan.config_after is None or not any(map(plan.has, ("write_config", "create", "set_memory"))):
            return
        final = _configfile.parse(plan.config_after, plan.config_path, self.view.syntax)
        values = _checks.values_of(final, self.warnings)
        if plan.has("create"):
            # not to be left to xl: two guests that write to one disk destroy it
            _plan_config.on_disk(final, _options.BY_NAME["disks"])
        running = view.others_running(self.name)
        on_disk = view.others_on_disk(self.name, os.path.dirname(plan.config_path))
        _checks.identities(values, running + on_disk)
        if plan.has("write_config"):
            self.warnings += _pcicheck.warnings(values.get("pci") or [], view, on_disk, starts=plan.has("create"))
        if plan.has("create"):
            _checks.boot_files(values)
            _checks.disks({"disks": self.disks.existing(values.get("disks", []))}, running)
            _checks.bridges(values)
            self._check_pci(values)
        if plan.has("write_config") and view.toolstack:
            view.toolstack.validate(plan.config_after)
        if view.toolstack and (plan.has("create") or plan.has("set_memory")):
            has = situation.guest.row.memory if situation.guest and situation.guest.row else 0
            _checks.memory(values, view.info(), has + freed_mib)
            self._warn_of_unknown()

    def _warn_of_unknown(self) -> None:
        """xl says nothing of a key that it does not know, and starts the guest without."""
        toolstack, info = self.view.toolstack, self.view.info()
        words = info.get("xen_major", ""), info.get("xen_minor", "")
        if not toolstack or toolstack.name != "xl" or not all(word.isdigit() for word in words):
            return
        version = int(words[0]), int(words[1])
        for name in _options.unknown_to(version, self.request.wish.properties):
            instead = " Use builder." if name == "type" else ""
            self.warnings.append(f"{name}: xl of Xen {'.'.join(words)} does not know it and ignores it.{instead}")

    def _check_plugged(self) -> None:
        """What a running guest shall get must be there, and nobody else's."""
        devices: dict[str, list[Any]] = {}
        for step in self.plan.steps:
            devices.setdefault(step.kind, []).append(step.data)
        disks = devices.get("attach_disk", []) + devices.get("change_cd", [])
        if disks:
            _checks.disks({"disks": self.disks.existing(disks)}, self.view.others_running(self.name))
        _checks.bridges({"vifs": devices.get("attach_vif", [])})
        _pcicheck.require(devices.get("attach_pci", []), self.view, self.name)

    def _check_pci(self, values: dict[str, Any]) -> None:
        """What a guest that starts shall get must be hidden from the dom0, and nobody else's."""
        functions, guest = values.get("pci") or [], self.situation.guest
        own = _options.BY_NAME["pci"].live(guest.config) if guest and guest.config else []
        _pcicheck.require(functions, self.view, self.name, own, bool(values.get("pci_seize")))

    def _check_restore(self, situation: _plan_domain.Situation) -> None:
        """A restored guest goes on with the disks and bridges that it had when it was saved."""
        libxl = situation.saved_config or situation.unfinished.config or {}
        values = {name: _options.BY_NAME[name].live(libxl) for name in ("disks", "vifs")}
        unfinished = None if situation.saved else situation.unfinished.path
        _checks.save_is_current(unfinished or situation.save_file, values)
        _checks.disks(values, self.view.others_running(self.name))
        _checks.bridges(values)

    # Report

    def result(self, row: _listing.Row | None, backup_file: str | None = None) -> dict[str, Any]:
        """The task's result.

        :param row: the domain after the last step; as it was before, when nothing was done.
        """
        plan = self.plan
        result: dict[str, Any] = {
            "changed": plan.changed,
            "actions": plan.actions,
            "differences": [item.as_data() for item in plan.differences],
            "restart_required": plan.restart_required,
            "domain": self._domain(plan, row),
            "diff": [{key: mask_text(value) for key, value in part.items()} for part in plan.diff()],
            "warnings": [*self.warnings, *plan.warnings],
        }
        if backup_file:
            result["backup_file"] = backup_file
        return result

    def _domain(self, plan: _plan.Plan, row: _listing.Row | None) -> dict[str, Any]:
        """The domain as it is now; in check mode, its state as it would be."""
        properties: dict[str, Any] = {}
        if plan.config_after is not None:
            final = _configfile.parse(plan.config_after, plan.config_path, self.view.syntax)
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


def shown(values: dict[str, Any]) -> dict[str, Any]:
    """Canonical values as return values: devices as dictionaries, secrets masked."""
    data = {name: _options.BY_NAME[name].kind.to_data(value) for name, value in values.items()}
    return {name: mask_data({name: value})[name] for name, value in data.items()}
