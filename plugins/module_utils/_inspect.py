# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Everything about the domains of a host, read with a fixed number of calls however many there are.

Used by xen_domain_info: `xl list`, `xl list -l`, `xl uptime`, one xenstore-read, and the config files.
"""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils import (
    _autostart,
    _checks,
    _command,
    _configfile,
    _host,
    _listing,
    _live,
    _options,
    _plan_config,
    _toolstack,
)
from ansible_collections.netbsd.xen.plugins.module_utils._domain import shown
from ansible_collections.netbsd.xen.plugins.module_utils._errors import HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils._secrets import mask_data

# What xl prints for a domain that is being destroyed, or was made by a program that gives no name
_NO_NAMES = ("(null)", "")


class Inspector:
    """:param names: the domains to tell about; empty for all."""

    def __init__(self, config_dir: str | None, names: list[str], toolstack: str = "auto") -> None:
        self.directory = _configfile.default_directory(config_dir)
        self.choice = toolstack
        self.syntax = _toolstack.syntax(toolstack)
        self.names = names
        self.warnings: list[str] = []

    def run(self) -> dict[str, Any]:
        """``domains``, sorted by name, and ``missing``: asked for, but neither running nor configured."""
        _host.require_root()
        self._query()
        files = self._files()
        names = {row.name for row in self.rows if row.domid != 0 and row.name not in _NO_NAMES} | set(files)
        chosen = sorted(names & set(self.names) if self.names else names)
        self.consoles = self._consoles([row.domid for row in self.rows if row.name in chosen])
        return {
            "domains": [self._domain(name, files.get(name)) for name in chosen],
            "missing": sorted(set(self.names) - names),
            "warnings": self.warnings,
        }

    def _query(self) -> None:
        """Ask the toolstack; on a host where it cannot work, the config files are still worth telling."""
        self.rows: list[_listing.Row] = []
        self.configs: dict[int, dict[str, Any]] = {}
        self.uptimes: dict[int, int] = {}
        self.autostart = _autostart.read()
        try:
            toolstack = _toolstack.find(self.choice)
            self.rows = toolstack.listing()
            if any(row.domid for row in self.rows):
                self.configs = toolstack.configurations()
                self.uptimes = toolstack.uptimes()
        except HostError as error:
            self.warnings.append(f"Only config files are told, since guests cannot run here: {error.message}")

    def _files(self) -> dict[str, _configfile.ConfigFile]:
        """Config files by domain name. A file found by the domain's own name goes before any copy of it."""
        files: dict[str, _configfile.ConfigFile] = {}
        for path, config in _configfile.all_in(self.directory, self.syntax).items():
            name = str(config.value("name"))
            if name not in files or os.path.basename(path) in (name, f"{name}.cfg"):
                files[name] = config
        for name in self.names:
            if name not in files:
                self._report_broken(name)
        return files

    def _report_broken(self, name: str) -> None:
        """A file that does not parse has no name; say so when its domain was asked for."""
        for path in (os.path.join(self.directory, name), os.path.join(self.directory, f"{name}.cfg")):
            if os.path.isfile(path):
                try:
                    _configfile.read(path, self.syntax)
                except XenError as error:
                    self.warnings.append(error.message)

    @staticmethod
    def _consoles(domids: list[int]) -> dict[int, str]:
        """The dom0 terminal of each guest's console, from xenstore, in one call."""
        program = _host.find_program("xenstore-read")
        if not program or not domids:
            return {}
        result = _command.run([program, *(f"/local/domain/{domid}/console/tty" for domid in domids)])
        paths = result.stdout.splitlines()
        return dict(zip(domids, paths)) if result.rc == 0 and len(paths) == len(domids) else {}

    def _row(self, name: str) -> tuple[_listing.Row | None, str]:
        """The domain of that name. Of two (which Xen lets happen) the first is told, with the problem."""
        try:
            return _listing.find(self.rows, name), ""
        except XenError as error:
            return next(row for row in self.rows if row.name == name), error.message

    def _domain(self, name: str, config: _configfile.ConfigFile | None) -> dict[str, Any]:
        row, problem = self._row(name)
        live = self.configs.get(row.domid) if row else None
        save_file = os.path.join(_host.SAVE_DIR, f"{name}.save")
        saved = os.path.exists(save_file)
        entry: dict[str, Any] = {
            "name": name,
            "state": row.state if row else "saved" if saved else "stopped",
            "domid": row.domid if row else None,
            "memory": row.memory if row else None,
            "vcpus": row.vcpus if row else None,
            "cpu_seconds": row.cpu_seconds if row else None,
            "uptime": self.uptimes.get(row.domid) if row else None,
            "console": self.consoles.get(row.domid) if row else None,
            "save_file": save_file if saved else None,
            "config": config.path if config else None,
            "properties": {},
            "extra_config": {},
            "live": self._live(row, live) if row and live else {},
            "drift": [],
            "problems": [problem] if problem else [],
            "autostart": bool(self.autostart.of(name, config.path if config else os.path.join(self.directory, name))),
        }
        if config:
            self._compare(entry, config, _plan_config.Guest(row, live) if row else None)
        return entry

    @staticmethod
    def _compare(entry: dict[str, Any], config: _configfile.ConfigFile, guest: _plan_config.Guest | None) -> None:
        """Fill in what the file says, and where the running guest differs from it."""
        values = _checks.values_of(config, entry["problems"])
        wish = _plan_config.Wish(entry["name"], values, {}, "exact", _host.name())
        differences = _plan_config.differences(values, wish, config, guest)
        known = set(_options.BY_KEY) | {"name", "builder"}
        rest = config.document.as_dict() if config.document else {}
        entry["properties"] = shown(values)
        entry["extra_config"] = mask_data({key: value for key, value in rest.items() if key not in known})
        entry["drift"] = [
            {"option": item.option, "on_disk": item.on_disk, "live": item.live, "needs": item.needs}
            for item in differences
        ]

    @staticmethod
    def _live(row: _listing.Row, config: dict[str, Any]) -> dict[str, Any]:
        """What libxl says of the running guest; each vif with the name that it has in the dom0."""
        values = {}
        for option in _options.TABLE:
            value = option.live(config)
            if value is not _live.UNKNOWN and value not in ("", []):
                values[option.name] = value
        told = shown(values)
        told["cmdline"] = _live.kernel_line(config)
        for index, (vif, nic) in enumerate(zip(told.get("vifs", []), config.get("nics", []))):
            vif["dom0_name"] = vif.get("vifname") or _host.layout().vif_name.format(
                domid=row.domid, devid=nic.get("devid", index)
            )
        return told
