# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Everything about the domains of a host, read with a fixed number of calls however many there are.

Used by xen_domain_info: `xl list`, `xl list -l`, `xl uptime`, one xenstore-read, and the config files.
"""

from __future__ import annotations

import os
import re
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.console import _xllog
from ansible_collections.netbsd.xen.plugins.module_utils.core import _plan
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._secrets import mask_data
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_diff, _savefile
from ansible_collections.netbsd.xen.plugins.module_utils.domain._domain import shown
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _host
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.info import _import
from ansible_collections.netbsd.xen.plugins.module_utils.options import _live, _options, _vcpulist
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

# What xl prints for a domain that is being destroyed, or was made by a program that gives no name
_NO_NAMES = ("(null)", "")
_SAVED = ".save"
# Two of these at the beginning of a line make a file a domain's config, whatever else is in it.
_LOOKS_LIKE_A_GUEST = re.compile(r"^[ \t]*(name|memory|kernel|bootloader|builder|disk|vif)[ \t]*=", re.MULTILINE)

_FOR_XM = " It is Python, as xm reads it; netbsd.xen.xen_convert_config makes a file for xl of it."


class Inspector:
    """
    :param names: the domains to tell about; empty for all.
    :param as_vars: also tell them as variables for xen_domains.
    """

    def __init__(
        self, config_dir: str | None, names: list[str], toolstack: str = "auto", as_vars: bool = False
    ) -> None:
        self.config_dir, self.choice, self.names, self.as_vars = config_dir, toolstack, names, as_vars
        self.warnings: list[str] = []

    def run(self) -> dict[str, Any]:
        """``domains``, sorted by name, and ``missing``: asked for, but neither running nor configured."""
        self.view = HostView.open(self.choice, self.config_dir)
        if self.view.problem:
            why = self.view.problem.message
            self.warnings.append(f"Only config files are told, since guests cannot run here: {why}")
        self.autostart = self.view.autostart()
        self.rows = self._rows()
        self.configs = self.view.configurations() if self.rows else {}
        self.uptimes = self.view.toolstack.uptimes() if self.view.toolstack and self.rows else {}
        files = self._files()
        self._follow_pinning(files)
        names = set(self.rows) | set(files) | self._saved()
        chosen = sorted(names & set(self.names) if self.names else names)
        self.consoles = self._consoles([row.domid for name in chosen for row in self.rows.get(name, [])[:1]])
        self.importer = _import.Import(self.autostart)
        result = {
            "domains": [self._domain(name, files.get(name)) for name in chosen],
            "missing": sorted(set(self.names) - names),
            "autostart": self._autostart(files),
            "warnings": self.warnings,
        }
        if self.as_vars:
            self._name_unread(files)
            result.update(self.importer.result())
        return result

    # Read

    def _rows(self) -> dict[str, list[_listing.Row]]:
        rows: dict[str, list[_listing.Row]] = {}
        for row in self.view.rows:
            if row.domid != 0 and row.name not in _NO_NAMES:
                rows.setdefault(row.name, []).append(row)
        return rows

    def _files(self) -> dict[str, _configfile.ConfigFile]:
        """Config files by domain name. A file found by the domain's own name goes before any copy of it."""
        files: dict[str, _configfile.ConfigFile] = {}
        for path, config in self.view.configs().items():
            name = str(config.value("name"))
            if name not in files or os.path.basename(path) in (name, f"{name}.cfg"):
                files[name] = config
        for name in self.names:
            if name not in files:
                self._report_broken(name)
        return files

    def _follow_pinning(self, files: dict[str, _configfile.ConfigFile]) -> None:
        """Where the vcpus may run now, which libxl's configurations do not tell, when a file says where they should."""
        pinned = any("cpus" in config.document.as_dict() for config in files.values() if config.document)
        if not pinned or not self.configs or not self.view.toolstack:
            return
        affinities, info = self.view.affinities(), self.view.info()
        self.configs = {
            domid: _vcpulist.with_affinities(config, affinities[domid], info) if domid in affinities else config
            for domid, config in self.configs.items()
        }

    def _report_broken(self, name: str) -> None:
        """A file that does not parse has no name; say so when its domain was asked for."""
        for path in (os.path.join(self.view.directory, name), os.path.join(self.view.directory, f"{name}.cfg")):
            if os.path.isfile(path):
                try:
                    _configfile.read(path, self.view.syntax)
                except XenError as error:
                    self.warnings.append(error.message)

    @staticmethod
    def _saved() -> set[str]:
        """The names of all save files: a saved guest may have nothing else."""
        if not os.path.isdir(_host.SAVE_DIR):
            return set()
        return {name[: -len(_SAVED)] for name in os.listdir(_host.SAVE_DIR) if name.endswith(_SAVED)}

    @staticmethod
    def _consoles(domids: list[int]) -> dict[int, str]:
        """The dom0 terminal of each guest's console, from xenstore, in one call."""
        program = _host.find_program("xenstore-read")
        if not program or not domids:
            return {}
        result = _command.run([program, *(f"/local/domain/{domid}/console/tty" for domid in domids)])
        paths = result.stdout.splitlines()
        return dict(zip(domids, paths)) if result.rc == 0 and len(paths) == len(domids) else {}

    # Tell

    def _domain(self, name: str, config: _configfile.ConfigFile | None) -> dict[str, Any]:
        # of two of that name, which Xen lets happen, the first is told, with the problem
        row = next(iter(self.rows.get(name, [])), None)
        live = self.configs.get(row.domid) if row else None
        save_file = os.path.join(_host.SAVE_DIR, f"{name}{_SAVED}")
        saved = os.path.exists(save_file)
        path = config.path if config else os.path.join(self.view.directory, name)
        history = _xllog.read(name)
        entry: dict[str, Any] = {
            "name": name,
            "state": row.state if row else "saved" if saved else "stopped",
            "domid": row.domid if row else None,
            "memory": row.memory if row else None,
            "vcpus": row.vcpus if row else None,
            "cpu_seconds": row.cpu_seconds if row else None,
            "uptime": self.uptimes.get(row.domid) if row else None,
            "console": self.consoles.get(row.domid) if row else None,
            "crashes": history.crashes if history.lives else None,
            "last_shutdown": history.last_reason,
            "save_file": save_file if saved else None,
            "config": config.path if config else None,
            "properties": {},
            "extra_config": {},
            "live": self._live(row, live) if row and live else {},
            "drift": [],
            "problems": self._twice(name),
            "autostart": self.autostart.starts(name, path),
            "autostart_order": next((one.order for one in self.autostart.of(name, path)), None),
        }
        if config:
            self._compare(entry, config, _plan_config.Guest(row, live) if row else None)
        if self.as_vars and not self._is_of_xen(name):
            known = live if row else _savefile.configuration(save_file) if saved else None
            self._import(entry, config, known)
        return entry

    def _is_of_xen(self, name: str) -> bool:
        """A xenstored in a domain of its own, or the device model of an HVM guest (libxl__stub_dm_name)."""
        return name == "Xenstore" or (name.endswith("-dm") and name[:-3] in self.rows)

    def _twice(self, name: str) -> list[str]:
        try:
            self.view.row(name)
        except XenError as error:
            return [error.message]
        return []

    def _compare(self, entry: dict[str, Any], config: _configfile.ConfigFile, guest: _plan_config.Guest | None) -> None:
        """Fill in what the file says, and where the running guest differs from it."""
        values = _checks.values_of(config, entry["problems"])
        wish = _plan_config.Wish(entry["name"], values, {}, "exact", _host.name())
        differences = _plan_diff.differences(values, wish, config, guest, self.view.commands)
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

    # Start at boot

    def _autostart(self, files: dict[str, _configfile.ConfigFile]) -> dict[str, Any]:
        """What the host starts, in order, and where that and the host's guests are not in agreement."""
        names = {os.path.realpath(config.path): name for name, config in files.items()}
        entries = []
        for one in self.autostart.entries:
            exists = os.path.isfile(one.config)
            entries.append(
                {
                    "entry": one.name,
                    "name": names.get(one.config),
                    "config": one.config or None,
                    "exists": exists,
                    "order": one.order,
                    "delay": self.autostart.own_delay(one),
                    "source": one.path,
                }
            )
        started = {entry["name"] for entry in entries}
        told = [entry["entry"] for entry in entries]
        return {
            **self.autostart.told(),
            "entries": entries,
            "missing": [entry["entry"] for entry in entries if not entry["exists"]],
            "twice": sorted({one.name for one in self.autostart.entries if told.count(one.name) > 1}),
            "unlisted": sorted(set(self.rows) - started),
            "problems": self.autostart.problems(),
        }

    # As variables

    def _import(
        self, entry: dict[str, Any], config: _configfile.ConfigFile | None, live: dict[str, Any] | None
    ) -> None:
        state = "present" if self.view.problem else entry["state"]
        moves = any(item["needs"] == _plan.NEEDS_LIVE for item in entry["drift"])
        by_name = config is not None and _found_by_name(entry["name"], config.path)
        self.importer.add(_import.Source(entry["name"], state, config, live, by_name, moves))

    def _name_unread(self, files: dict[str, _configfile.ConfigFile]) -> None:
        """Config files that are not in the list: a second one of a name, and those that cannot be read."""
        taken = {config.path for config in files.values()}
        for path, config in self.view.configs().items():
            if path not in taken:
                name = str(config.value("name"))
                self.importer.problem(name, path, None, f"{files[name].path} is the config of that name that counts.")
        for path in _configfile.candidates(self.view.directory):
            if path in self.view.configs():
                continue
            name, text = os.path.basename(path), ""
            try:
                text = _configfile.text_of(path) or ""
                if len(set(_LOOKS_LIKE_A_GUEST.findall(text))) > 1:
                    _configfile.parse(text, path, self.view.syntax).value("name")
                    self.importer.problem(name, path, "name", "it does not say whose config it is.")
            except XenError as error:
                reason = error.message + (_FOR_XM if self.view.syntax == "xl" and _is_for_xm(text, path) else "")
                self.importer.problem(name, path, None, reason, error.details.get("line"))


def _is_for_xm(text: str, path: str) -> bool:
    """Whether xm could have loaded this file, of which xl cannot."""
    try:
        return bool(_configfile.parse(text, path, "python").document)
    except XenError:
        return False


def _found_by_name(name: str, path: str) -> bool:
    """Whether a task that gives only the name of the domain finds this config file."""
    layout = _host.layout()
    try:
        return _configfile.locate(name, layout.config_dir, layout.config_suffix) == path
    except XenError:
        return False
