# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""One task on one domain, from its parameters to its result: read, plan, check, apply. Used by xen_domain."""

from __future__ import annotations

import os
import time
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils import (
    _apply,
    _autostart,
    _checks,
    _configfile,
    _host,
    _listing,
    _options,
    _plan,
    _plan_config,
    _plan_domain,
    _savefile,
    _toolstack,
    _values,
)
from ansible_collections.netbsd.xen.plugins.module_utils._errors import BadValue, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils._secrets import mask_data, mask_text

# A guest that has shut down is normally cleaned up by its xl monitor within a second or two.
_SETTLE_SECONDS = 15.0


class DomainTask:
    """:param params: the module's parameters. :param check_mode: plan, but do not apply."""

    def __init__(self, params: dict[str, Any], check_mode: bool) -> None:
        self.params, self.check_mode = params, check_mode
        self.name = _values.domain_name("name", params["name"])
        self.syntax = _toolstack.syntax(params["toolstack"])
        self.warnings: list[str] = []
        self._configurations: dict[int, dict[str, Any]] | None = None
        self.rows: list[_listing.Row] = []

    def run(self) -> dict[str, Any]:
        """The task's result.

        :raises XenError: nothing was changed, unless ``actions_done`` is in its details.
        """
        request = self._request()
        self.toolstack = self._find_toolstack(request)
        situation = self._situation(request)
        plan = _plan_domain.plan(request, situation, _toolstack.commands(self.params["toolstack"]))
        before = situation.guest.row if situation.guest else None
        self._check(plan, situation)
        if self.check_mode or not plan.changed:
            return self._result(plan, before, None)
        applier = _apply.Applier(
            self.toolstack, plan, self.name, self.params["timeout"], before, bool(self.params["backup"])
        )
        after = applier.run()
        return self._result(plan, after, applier.backup_file)

    # Read

    def _request(self) -> _plan_domain.Request:
        params = self.params
        if params["timeout"] < 0:
            raise BadValue("timeout", params["timeout"], "seconds cannot be negative.")
        if params["remove_disks"] and params["state"] != "absent":
            raise BadValue(
                "remove_disks",
                params["remove_disks"],
                "disks are removed together with the domain only (state=absent).",
            )
        # one list of guests may say of some that they go, with all their properties still beside it
        goes = params["state"] == "absent"
        wish = _plan_config.Wish(
            name=self.name,
            properties={} if goes else _options.wanted_from(params),
            extra={} if goes else dict(params["extra_config"] or {}),
            policy=params["device_policy"],
            host=_host.name(),
        )
        return _plan_domain.Request(
            state=params["state"],
            wish=wish,
            allow_restart=bool(params["allow_restart"]),
            force=bool(params["force"]),
        )

    def _find_toolstack(self, request: _plan_domain.Request) -> _toolstack.Toolstack | None:
        """None when only a file is asked for and the host is not (yet) able to run guests."""
        _host.require_root()
        try:
            toolstack = _toolstack.find(self.params["toolstack"])
            self.rows = toolstack.listing()
        except HostError as error:
            if request.state != "present":
                raise
            self.warnings.append(f"Only the config file is managed, since guests cannot run here yet: {error.message}")
            return None
        return toolstack

    def _situation(self, request: _plan_domain.Request) -> _plan_domain.Situation:
        directory = _configfile.default_directory(self.params["config_dir"])
        path = self.params["config"] or _configfile.locate(self.name, directory, _host.layout().config_suffix)
        config = _configfile.read(_values.absolute_path("config", path), self.syntax)
        self._require_own(config, request.state)
        save_file = self.params["save_file"] or os.path.join(_host.SAVE_DIR, f"{self.name}.save")
        _values.absolute_path("save_file", save_file)
        row = self._settled()
        guest = None
        if row:
            # the long listing costs 40 ms a domain in dom0: asked for only when there is something to compare
            needed = not request.wish.empty or request.state in ("stopped", "restarted", "absent")
            guest = _plan_config.Guest(row, self._configs().get(row.domid) if needed else None)
        saved = os.path.exists(save_file)
        partial = _plan_domain.partial_of(save_file)
        return _plan_domain.Situation(
            config=config,
            guest=guest,
            save_file=save_file,
            saved=saved,
            saved_config=_savefile.configuration(save_file) if saved and not guest else None,
            unfinished_save=partial if os.path.exists(partial) else None,
            autostart=_autostart.read().of(self.name, path) if request.state == "absent" else (),
            doomed_disks=self._doomed_disks(config, guest),
        )

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

    def _doomed_disks(self, config: _configfile.ConfigFile, guest: _plan_config.Guest | None) -> tuple[str, ...]:
        """What is there of the disks that the task names for removal; each is checked to be ours to remove."""
        named = [path for path in self.params["remove_disks"] or () if os.path.lexists(path)]
        if named:
            disks = _options.BY_NAME["disks"]
            own = (_plan_config.on_disk(config, disks) or []) + (
                disks.live(guest.config) if guest and guest.config else []
            )
            others = _checks.others_running(self.rows, self._configs(), self.name)
            others += _checks.others_on_disk(_configfile.all_in(os.path.dirname(config.path), self.syntax), self.name)
            _checks.removable(self.name, named, own, others)
        return tuple(named)

    def _settled(self) -> _listing.Row | None:
        """The domain's row, after a shutdown that is under way has had a little time to end."""
        deadline = time.monotonic() + min(_SETTLE_SECONDS, self.params["timeout"])
        while True:
            row = _listing.find(self.rows, self.name)
            passing = row is not None and row.state in (_listing.SHUTDOWN, _listing.DYING)
            if not passing or self.toolstack is None or time.monotonic() >= deadline:
                return row
            time.sleep(1)
            self.rows = self.toolstack.listing()

    def _configs(self) -> dict[int, dict[str, Any]]:
        """libxl's configuration of every domain, asked for at most once."""
        if self._configurations is None:
            self._configurations = self.toolstack.configurations() if self.toolstack else {}
        return self._configurations

    # Check

    def _check(self, plan: _plan.Plan, situation: _plan_domain.Situation) -> None:
        """Everything that can be known to fail fails here, before the first change."""
        if plan.has("restore"):
            self._check_restore(situation)
        if plan.config_after is None or not any(map(plan.has, ("write_config", "create", "set_memory"))):
            return
        final = _configfile.parse(plan.config_after, plan.config_path, self.syntax)
        values = _checks.values_of(final, self.warnings)
        if plan.has("create"):
            # not to be left to xl: two guests that write to one disk destroy it
            _plan_config.on_disk(final, _options.BY_NAME["disks"])
        running = _checks.others_running(self.rows, self._configs(), self.name)
        on_disk = _configfile.all_in(os.path.dirname(plan.config_path), self.syntax)
        on_disk.pop(plan.config_path, None)
        _checks.identities(values, running + _checks.others_on_disk(on_disk, self.name))
        if plan.has("create"):
            _checks.boot_files(values)
            _checks.disks(values, running)
            _checks.bridges(values)
        if plan.has("write_config") and self.toolstack:
            self.toolstack.validate(plan.config_after)
        if self.toolstack and (plan.has("create") or plan.has("set_memory")):
            has = situation.guest.row.memory if situation.guest and situation.guest.row else 0
            _checks.memory(values, self.toolstack.info(), has)

    def _check_restore(self, situation: _plan_domain.Situation) -> None:
        """A restored guest goes on with the disks and bridges that it had when it was saved."""
        values = {name: _options.BY_NAME[name].live(situation.saved_config or {}) for name in ("disks", "vifs")}
        _checks.save_is_current(situation.save_file, values)
        _checks.disks(values, _checks.others_running(self.rows, self._configs(), self.name))
        _checks.bridges(values)

    # Report

    def _result(self, plan: _plan.Plan, row: _listing.Row | None, backup_file: str | None) -> dict[str, Any]:
        result: dict[str, Any] = {
            "changed": plan.changed,
            "actions": plan.actions,
            "differences": [item._asdict() for item in plan.differences],
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
            final = _configfile.parse(plan.config_after, plan.config_path, self.syntax)
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
