# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is PRIVATE to the collection. It can change at any time without notice.
"""The guests of a dom0, out of its answer: plain data that a cache can keep."""

from __future__ import annotations

import os
from typing import Any, Iterable

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing, _xm_domain, _xm_listing
from ansible_collections.netbsd.xen.plugins.plugin_utils import _fleet_addresses
from ansible_collections.netbsd.xen.plugins.plugin_utils._fleet_query import Answer
from ansible_collections.netbsd.xen.plugins.plugin_utils._fleet_settings import Settings

STOPPED = "stopped"
UNKNOWN = "unknown"
# What xl prints for a domain that is being destroyed
_NO_NAMES = ("(null)", "")
_LAST_WORDS = 300


class _Host:
    """The answer of one dom0 while it is made into guests.

    :ivar warnings: what could not be understood; the rest is told all the same.
    """

    def __init__(self, answer: Answer, settings: Settings) -> None:
        self.answer, self.settings = answer, settings
        self.toolstack = answer.text("toolstack").strip()
        self.warnings: list[str] = []
        self.addresses = self._addresses()

    def _addresses(self) -> dict[str, dict[str, list[str]]]:
        """Addresses by MAC, of each source that is one table for the whole host."""
        leases = _fleet_addresses.merged(map(_fleet_addresses.leases, self.answer.leases))
        return {"leases": leases, "neighbours": _fleet_addresses.neighbours(self.answer.text("neighbours"))}

    # Domains that exist in Xen

    def rows(self) -> dict[int, _listing.Row]:
        """The lines of `xl list` or `xm list` by id; one that is not understood is a warning, and is left out."""
        lines = self.answer.text("list").splitlines()
        start = next((number for number, line in enumerate(lines) if line.startswith("Name")), None)
        if start is None:
            raise XenError(f"`{self.toolstack} list` printed no list: {self.answer.text('list').strip()[:200]!r}.")
        found: dict[int, _listing.Row] = {}
        for line in lines[start + 1 :]:
            try:
                for row in self._row(lines[start], line):
                    # a name with a newline in it can look like a line, but not before the one that it belongs to
                    found.setdefault(row.domid, row)
            except XenError as error:
                self.warnings.append(error.message)
        return found

    def _row(self, header: str, line: str) -> list[_listing.Row]:
        text = f"{header}\n{line}\n"
        if not line.strip():
            return []
        return _xm_listing.parse_list(text).rows if self.toolstack == "xm" else _listing.parse_list(text)

    def configurations(self) -> tuple[dict[int, dict[str, Any]], list[dict[str, Any]]]:
        """libxl's configuration of each domain by id, and those of domains that xend only remembers."""
        text = self.answer.text("long")
        try:
            if self.toolstack != "xm":
                return _listing.parse_long(text), []
            domains = [(_xm_domain.domid(one), _xm_domain.configuration(one)) for one in _xm_domain.domains(text)]
        except XenError as error:
            self.warnings.append(f"types, disks and vifs are not known: {error.message}")
            return {}, []
        live = {domid: config for domid, config in domains if domid is not None}
        return live, [config for domid, config in domains if domid is None]

    def live(self) -> list[dict[str, Any]]:
        """Every domain but the dom0, and those that xend remembers."""
        rows = self.rows()
        configs, remembered = self.configurations()
        guests = [
            self._of_configuration(configs.get(domid, {}), row) for domid, row in sorted(rows.items()) if domid != 0
        ]
        return [*guests, *(self._of_configuration(config, None) for config in remembered)]

    def _of_configuration(self, config: dict[str, Any], row: _listing.Row | None) -> dict[str, Any]:
        """A guest out of libxl's configuration; fields are absent there when they have their default."""
        create, build = _dict(config, "c_info"), _dict(config, "b_info")
        memory = build.get("target_memkb")
        return {
            # of the two, only the configuration's can hold a newline and be whole
            "name": str(create.get("name") or (row.name if row else "")),
            "domid": row.domid if row else None,
            "state": row.state if row else STOPPED,
            "type": str(create.get("type") or UNKNOWN),
            "uuid": create.get("uuid"),
            "memory": row.memory if row else memory // 1024 if isinstance(memory, int) else None,
            "vcpus": row.vcpus if row else build.get("max_vcpus"),
            # Xen 4.2 calls them vifs
            "vifs": [
                self._vif(nic.get("mac"), nic.get("bridge"), nic.get("ip"))
                for nic in _dicts(config, "nics") or _dicts(config, "vifs")
            ],
            "disks": [
                _disk(disk.get("vdev"), disk.get("pdev_path"), disk.get("format"), bool(disk.get("readwrite")))
                for disk in _dicts(config, "disks")
            ],
            "config": None,
        }

    # Guests that are only configured

    def configured(self) -> Iterable[dict[str, Any]]:
        """The guests of the config files. What has no name is no guest: xl.conf, scripts, broken files."""
        for path, text in self.answer.configs:
            if not _configfile.may_be_guest(os.path.basename(path)):
                continue
            try:
                config = _configfile.parse(text, path, "python" if self.toolstack == "xm" else "xl")
                name = config.value("name")
            except XenError:
                continue
            if isinstance(name, str):
                yield self._of_file(name, config)

    def _of_file(self, name: str, config: _configfile.ConfigFile) -> dict[str, Any]:
        problems: list[str] = []
        values = _checks.values_of(config, problems)
        self.warnings += [f"{config.path}: {problem}" for problem in problems]
        return {
            "name": name,
            "domid": None,
            "state": STOPPED,
            # xl.cfg(5) and xmdomain.cfg(5): PV is the default
            "type": str(values.get("type") or "pv"),
            "uuid": values.get("uuid"),
            "memory": values.get("memory"),
            "vcpus": values.get("vcpus", 1),
            "vifs": [self._vif(vif.mac, vif.bridge, vif.ip) for vif in values.get("vifs", [])],
            "disks": [
                _disk(disk.vdev, disk.target, disk.format, disk.access == "w") for disk in values.get("disks", [])
            ],
            "config": config.path,
        }

    # Both

    def _vif(self, mac: str | None, bridge: str | None, static: str | None) -> dict[str, Any]:
        """A vif with its addresses, from the sources in the order in which they are believed."""
        mac = str(mac).lower() if mac else None
        found: list[str] = []
        for source in self.settings.address_sources:
            known = _fleet_addresses.static(static) if source == "config" else self.addresses[source].get(mac or "", [])
            found += [address for address in known if address not in found]
        return {"mac": mac, "bridge": bridge, "addresses": found}


def guests(answer: Answer, settings: Settings) -> tuple[dict[str, Any], list[str]]:
    """What the inventory keeps of a dom0, and warnings.

    :returns: ``toolstack``, ``system``, ``version`` (of Xen, as ``4.17``) and ``guests``.
    :raises XenError: the dom0 has no toolstack, or one that does not work.
    """
    host = _Host(answer, settings)
    if host.toolstack not in ("xl", "xm"):
        path = ":".join(settings.path)
        raise XenError(f"no xl and no xm, neither on its PATH nor in {path}; set `path`, or `xl` or `xm`, for it.")
    part = answer.parts.get("list")
    if part is None or part.status != 0:
        said = part.text.strip()[-_LAST_WORDS:] if part else ""
        status = part.status if part else None
        raise XenError(f"`{host.toolstack} list` failed with exit code {status}. {said}".rstrip())
    found = host.live()
    names = {guest["name"] for guest in found}
    if settings.configured:
        files = {guest["name"]: guest for guest in _own_files_last(host.configured())}
        for guest in found:
            guest["config"] = files[guest["name"]]["config"] if guest["name"] in files else None
        found += [guest for name, guest in sorted(files.items()) if name not in names]
    info = _listing.parse_info(answer.text("info"))
    return {
        "toolstack": host.toolstack,
        "system": answer.text("system").strip(),
        "version": f"{info['xen_major']}.{info['xen_minor']}" if {"xen_major", "xen_minor"} <= set(info) else None,
        "guests": [guest for guest in found if guest["name"] not in _NO_NAMES],
    }, host.warnings


def _own_files_last(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """A file with the name of its domain is its config rather than a copy of it with another name."""

    def is_own(guest: dict[str, Any]) -> bool:
        return os.path.basename(guest["config"]) in (guest["name"], f"{guest['name']}.cfg")

    return sorted(found, key=is_own)


def _disk(vdev: Any, target: Any, image_format: Any, writable: bool) -> dict[str, Any]:
    return {"vdev": vdev, "target": target, "format": image_format, "access": "rw" if writable else "ro"}


def _dict(config: dict[str, Any], key: str) -> dict[str, Any]:
    value = config.get(key)
    return value if isinstance(value, dict) else {}


def _dicts(config: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = config.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def decode(data: bytes) -> str:
    """An answer as text. Bytes that are no UTF-8 become U+FFFD: the names go to terminals, JSON and caches."""
    return data.decode("utf-8", errors="replace")
