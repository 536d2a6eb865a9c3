# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""A host as variables: the list of domains that, given to xen_domain or xen_domains, plans nothing on this host.

Pure functions of what was read. What the options cannot say is left out and named, so that feeding the list back
leaves it alone; secrets are left out and named, too.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart
from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _devices, _plan_config, _xm_config
from ansible_collections.netbsd.xen.plugins.module_utils.core import _secrets, _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.options import _live, _options, _spec_vif
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg import to_long
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

VARIABLE = "xen_domains"
# What xl makes of a file that does not say it (xl.cfg(5)); libxl tells it of every running guest.
_DEFAULTS = {
    "on_poweroff": "destroy", "on_reboot": "restart", "on_crash": "destroy", "on_soft_reset": "soft-reset",
}  # fmt: skip
_BARE_BUILD = {
    "arch_arm": {}, "arch_x86": {"msr_relaxed": "False"}, "video_memkb": 0, "claim_mode": "True",
    "sched_params": {"weight": 256, "cap": 0},
}  # fmt: skip
_SAME_AS = {"maxmem": "memory", "maxvcpus": "vcpus"}
_STATES = (_listing.RUNNING, _listing.PAUSED, "saved", "stopped", "present")
_TEMPLATE = ("{{", "{%", "{#")


class Source(NamedTuple):
    """All that is known of one domain.

    :param state: as xen_domain_info tells it; ``present`` where Xen cannot be asked.
    :param config: its config file, None when it has none.
    :param live: libxl's configuration of the running or saved guest; None when there is none, or it is not known.
    :param found_by_name: a task that gives only the name finds this config file.
    :param moves: the running guest has something else than the file says, and could be changed live.
    """

    name: str
    state: str
    config: _configfile.ConfigFile | None
    live: dict[str, Any] | None
    found_by_name: bool = True
    moves: bool = False


class Import:
    """
    :ivar domains: the list, in the order in which the host starts its guests, then by name.
    :ivar problems: what was left out, and why.
    :ivar secrets: what was left out because it is one.
    """

    def __init__(self, autostart: _autostart.Autostart) -> None:
        self.autostart = autostart
        self.domains: list[dict[str, Any]] = []
        self.problems: list[dict[str, Any]] = []
        self.secrets: list[dict[str, Any]] = []
        self._at: dict[str, int] = {}

    def result(self) -> dict[str, Any]:
        """The return values of xen_domain_info."""
        last = len(self.autostart.entries)
        domains = sorted(self.domains, key=lambda domain: (self._at.get(domain["name"], last), domain["name"]))
        return {"vars": {VARIABLE: domains}, "problems": self.problems, "secrets": self.secrets}

    def add(self, source: Source) -> None:
        """Take one domain up."""
        path = source.config.path if source.config else None
        try:
            _values.domain_name("name", source.name)
        except BadValue as error:
            self.problem(source.name, path, "name", error.message)
            return
        domain: dict[str, Any] = {"name": source.name, "state": source.state if source.state in _STATES else "present"}
        if source.state not in _STATES:
            self.problem(source.name, path, "state", f"it is {source.state}, which is no state to keep a guest in.")
        if path and not source.found_by_name:
            domain["config"] = path
        if source.moves:
            # else the file, which is taken for what is wanted, would be brought to the guest
            domain["apply"] = "next_boot"
            self.problem(source.name, path, "apply", "the running guest differs from its file; see drift.")
        if source.config:
            domain.update(self._of_file(source.name, source.config))
        elif source.live:
            domain.update(self._of_guest(source.name, source.live))
        domain.update(self._of_autostart(source.name, path))
        self.domains.append(domain)

    def problem(self, name: str, path: str | None, option: str | None, reason: str, line: int | None = None) -> None:
        """Note what was left out. What stands in ``path`` and ``line`` is taken off the beginning of the reason."""
        reason = reason.replace(f"{path}: line {line}: ", "", 1)
        self.problems.append({"name": name, "path": path, "line": line, "option": option, "reason": reason})

    def _secret(self, name: str, path: str | None, option: str) -> None:
        variable = f"vault_{name}_{option}".replace("-", "_").replace(".", "_").replace("+", "_")
        self.secrets.append({"name": name, "path": path, "option": option, "suggestion": f"{{{{ {variable} }}}}"})

    # From a config file

    def _of_file(self, name: str, config: _configfile.ConfigFile) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for option in _plan_config.may_say(config):
            try:
                value = _plan_config.on_disk(config, option)
            except XenError as error:
                self.problem(name, config.path, option.name, error.message, _line(config, option.key))
                continue
            if value not in (None, "", []):
                self._take(values, name, config, option, value)
        if "type" in values:
            values.pop("builder", None)  # says the same, or is ignored
        for ignored in ("root", "extra"):
            if values.get("cmdline") and ignored in values:
                del values[ignored]
                reason = "xl ignores it, since cmdline is set as well."
                self.problem(name, config.path, ignored, reason, _line(config, ignored))
        extra = self._extra(name, config)
        return {**values, **({"extra_config": extra} if extra else {})}

    def _take(
        self,
        values: dict[str, Any],
        name: str,
        config: _configfile.ConfigFile | None,
        option: _options.Option,
        value: Any,
    ) -> None:
        """Take up one property, as a task would give it, if that means the same."""
        path = config.path if config else None
        line = _line(config, option.key) if config else None
        data = option.kind.to_data(value)
        if option.secret or _secrets.mask_data({option.key: data}) != {option.key: data}:
            self._secret(name, path, option.name)
            return
        if option.name == "vifs":
            # without a MAC of their own a task would give them one
            data = [vif if vif.get("mac") else {"mac": "random", **vif} for vif in data]
        reason = _unsayable(option, value, data)
        if reason:
            self.problem(name, path, option.name, reason, line)
        else:
            values[option.name] = data

    def _extra(self, name: str, config: _configfile.ConfigFile) -> dict[str, Any]:
        """The keys that have no option of their own."""
        found: dict[str, Any] = {}
        for key, value in (config.document.as_dict() if config.document else {}).items():
            if key in _options.BY_KEY or key == "name":
                continue
            if config.syntax == "python" and not _xm_config.is_variable(key):
                continue  # a variable of the file's own
            if _secrets.mask_data({key: value}) != {key: value}:
                self._secret(name, config.path, key)
                continue
            reason = _not_yaml(value)
            if reason:
                self.problem(name, config.path, key, reason, _line(config, key))
            else:
                found[key] = _plain(value)
        self._name_code(name, config)
        return found

    def _name_code(self, name: str, config: _configfile.ConfigFile) -> None:
        """What the code in a config file of xm makes, where nobody has named it yet."""
        for key, (line, reason) in _xm_config.unreadable(config.document).items():
            if key not in _options.BY_KEY:
                self.problem(name, config.path, key, f"it is not known: {reason}.", line)

    # From a running or saved guest that has no config file

    def _of_guest(self, name: str, live: dict[str, Any]) -> dict[str, Any]:
        reason = (
            "it has no config file; what Xen does not tell of a guest is not here. A task with this writes the file."
        )
        self.problem(name, None, "config", reason)
        values: dict[str, Any] = {}
        kind = live.get("c_info", {}).get("type", "pv")
        bare = {"c_info": {"run_hotplug_scripts": "True"}, "b_info": {**_BARE_BUILD, f"type.{kind}": {}}}
        for option in _options.TABLE:
            value = option.live(live)
            nothing: tuple[Any, ...] = (None, "", [], _DEFAULTS.get(option.name), option.live(bare))
            if value is not _live.UNKNOWN and value not in nothing and option.name != "builder":
                self._take(values, name, None, option, value)
        for most, has in _SAME_AS.items():
            if values.get(most) == values.get(has):
                values.pop(most, None)
        for index, vif in enumerate(values.get("vifs", [])):
            if vif.get("devid") == index:
                del vif["devid"]
            if vif.get("type") == "vif" and kind != "hvm":
                del vif["type"]
        line = _live.kernel_line(live)
        if line and not _not_yaml(line):
            values["cmdline"] = line
        return values

    # Start at boot

    def _of_autostart(self, name: str, path: str | None) -> dict[str, Any]:
        config = path or ""
        if not path or not self.autostart.starts(name, config):
            return {}
        entry = next(entry for entry in self.autostart.of(name, config) if entry.config == os.path.realpath(config))
        self._at[name] = list(self.autostart.entries).index(entry)
        told = {"autostart_order": entry.order, "autostart_delay": self.autostart.own_delay(entry)}
        found = {"autostart": True, **{key: value for key, value in told.items() if value is not None}}
        try:
            changes = self.autostart.changes(_autostart.want({"name": name, **found}, config))
        except XenError as error:
            self.problem(name, path, "autostart", error.message)
            return {}
        if changes:
            left = "; ".join(change.text for change in changes)
            self.problem(name, path, "autostart", f"its list of guests is not in order; a task would {left}.")
            return {}
        return found


def _line(config: _configfile.ConfigFile, key: str) -> int | None:
    try:
        return config.document.line_of(key) if config.document else None
    except KeyError:
        return None


def _unsayable(option: _options.Option, value: Any, data: Any) -> str:
    """Why a task cannot say this value; empty when it can."""
    if option.spec.get("choices") and data not in option.spec["choices"]:
        return f"{data!r} is none of {', '.join(option.spec['choices'])}."
    if option.spec["type"] == "path" and (data.startswith("~") or "$" in data):
        return f"{data!r}: Ansible would replace what stands behind ~ or $."
    reason = _not_yaml(data)
    if reason:
        return reason
    try:
        again = option.kind.from_param(option.name, data)
        if option.name in _plan_config.DEVICE_LISTS:
            _devices.require_distinct(option.name, value)
    except BadValue as error:
        return error.message
    if option.name == "vifs":
        again = [_spec_vif.without_random(vif) for vif in again]
    return "" if again == value else f"{data!r} would not mean the same in a task."


def _not_yaml(value: Any) -> str:
    """Why this cannot be a variable of Ansible; empty when it can."""
    if isinstance(value, dict):
        return next(filter(None, map(_not_yaml, value.values())), "")
    if isinstance(value, list):
        return next(filter(None, map(_not_yaml, value)), "")
    if not isinstance(value, str):
        return ""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return "it holds bytes that are not UTF-8."
    if any(mark in value for mark in _TEMPLATE):
        return "it holds {{, {% or {#, which Ansible takes for the beginning of a template."
    return ""


def _plain(value: Any) -> Any:
    """A value of ``extra_config`` as a person writes it: a number where xl's text is that of one."""
    if isinstance(value, str):
        try:
            number = to_long(value)
        except ValueError:
            return value
        return number if str(number) == value else value
    items = [_plain(item) for item in value]
    return items if all(isinstance(item, int) for item in items) else value
