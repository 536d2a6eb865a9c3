# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The work of the module xen_upgrade_record: look at the host, decide, and keep the record."""

from __future__ import annotations

import os
from typing import Any, Mapping, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core import _releases
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile, _host
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._hostinfo import HostInspector
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._hostinfo_boot import is_version
from ansible_collections.netbsd.xen.plugins.module_utils.info._inspect import Inspector
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _toolstack
from ansible_collections.netbsd.xen.plugins.module_utils.upgrade import _upgrade, _upgrade_migrate
from ansible_collections.netbsd.xen.plugins.module_utils.upgrade._upgrade import Record

BEGIN, MARK_AWAY, END = "begin", "away", "end"
STEPS = (BEGIN, MARK_AWAY, END)


def run(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """
    :raises XenError: nothing was changed.
    """
    for name, policy in params["policies"].items():
        if policy not in _upgrade.POLICIES:
            raise BadValue(f"policies.{name}", policy, f"not one of {', '.join(_upgrade.POLICIES)}")
    _host.require_root()
    task = RecordTask(params, check_mode)
    return {BEGIN: task.begin, MARK_AWAY: task.mark_away, END: task.end}[params["step"]]()


class RecordTask:
    """
    :param params: the options of the module.
    """

    def __init__(self, params: Mapping[str, Any], check_mode: bool) -> None:
        self.params, self.check_mode = params, check_mode
        self.path: str = params["path"]
        self.before = self._read()

    # the steps

    def begin(self) -> dict[str, Any]:
        """Whether there is anything to do, and with which guests; written down before the first one is touched."""
        host = self.look_at_host()
        reasons = reasons_to_upgrade(host, self.params["version"], self.before)
        version = host["running"]["xen_version"]
        if not reasons:
            return self._result(None, due=False, reasons=[], running=version, notes=[])
        rows = self._rows(host)
        remembered = self.before.guests if self.before else ()
        guests = _upgrade.choose(rows, self.params["policy"], self.params["policies"], remembered)
        objections = _upgrade.objections(guests, rows) + self._objections_to_moves(guests, rows, version)
        self._require(objections)
        record = Record(
            self.params["version"],
            self.before.before if self.before else version,
            # guests that the host has started since then have to leave again
            self.before.stage if self.before and not rows else _upgrade.LEAVING,
            guests,
            self.params["destination"] if any(guest.policy == _upgrade.MIGRATE for guest in guests) else "",
        )
        strangers = _upgrade.unknown(self.params["policies"], rows) if rows else []
        warnings = [f"A policy is given for {name}, which is no guest of this host." for name in strangers]
        notes = _upgrade.notes(guests, rows)
        return self._result(record, due=True, reasons=reasons, running=version, notes=notes, warnings=warnings)

    def mark_away(self) -> dict[str, Any]:
        """Note that no guest is left. A check run has put nobody away, and may have no record at all."""
        if self.before is None:
            if not self.check_mode:
                raise XenError(f"{self.path} is gone. Nothing was changed: begin again.", error_id="no_record")
            return self._result(None)
        if not self.check_mode:
            left = [str(row["name"]) for row in self._left()]
            if left:
                raise HostError(f"{', '.join(left)} would be cut off: still on this host.", error_id="guests_left")
        return self._result(self.before._replace(stage=_upgrade.AWAY))

    def end(self) -> dict[str, Any]:
        """Forget it: all guests are back."""
        if self.before is not None and not self.check_mode:
            os.unlink(self.path)
            _atomicfile.sync_directory(os.path.dirname(self.path))
        return {"changed": self.before is not None, "path": self.path}

    # what is looked at

    def look_at_host(self) -> dict[str, Any]:
        return HostInspector(self.params["version"], ["packages", "boot"]).run()

    def look_at_guests(self) -> tuple[list[dict[str, Any]], str | None]:
        """The ``domains`` of xen_domain_info, and why the toolstack cannot be asked."""
        inspector = Inspector(self.params["config_dir"], [], self.params["toolstack"])
        rows = inspector.run()["domains"]
        return rows, inspector.view.problem.message if inspector.view.problem else None

    def look_at_moves(self, rows: Sequence[Mapping[str, Any]], move: _upgrade_migrate.Move, running: str) -> list[str]:
        """Why these guests cannot go to the other host; asks both."""
        info = _toolstack.find(self.params["toolstack"]).info()
        here = _upgrade_migrate.Here(running, self.params["version"], info)
        return _upgrade_migrate.look(rows, move, here, self.params)

    def _objections_to_moves(
        self, guests: Sequence[_upgrade.Guest], rows: list[dict[str, Any]], running: str | None
    ) -> list[str]:
        names = {guest.name for guest in guests if guest.policy == _upgrade.MIGRATE}
        moving = [row for row in rows if row["name"] in names and row["domid"] is not None]
        move = _upgrade_migrate.Move(
            self.params["destination"],
            self.params["ssh_command"],
            self.params["live"],
            self.params["disks_shared"],
            self.params["back"],
        )
        found = _upgrade.strayed(guests, rows, self.before, move.destination)
        return found + (self.look_at_moves(moving, move, running) if moving and running else [])

    def _rows(self, host: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The guests; none when they left and none is back: the toolstack may be of another Xen than what runs."""
        if not host["running"]["dom0"]:
            return []
        if self.before and self.before.stage == _upgrade.AWAY:
            return self._came_back(host)
        rows, problem = self.look_at_guests()
        if problem:
            raise HostError(
                f"Nobody can tell which guests run here, since the toolstack does not work: {problem} Nothing was "
                "changed.",
                error_id="toolstack",
            )
        return rows

    def _came_back(self, host: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The guests, if any is here although all had left: the host came down before its packages were replaced, and
        has started at boot what it always starts.
        """
        if _releases.release(self.params["version"]).tools_package in host["packages"]:
            return []
        rows, problem = self.look_at_guests()
        return rows if not problem and any(row["domid"] is not None for row in rows) else []

    def _left(self) -> list[dict[str, Any]]:
        if self.before is None or self.before.stage == _upgrade.AWAY:
            return []
        rows, problem = self.look_at_guests()
        return [] if problem else [row for row in rows if row["domid"] is not None]

    # the record

    def _read(self) -> Record | None:
        try:
            with open(self.path, "rb") as stream:
                return _upgrade.load(self.path, stream.read())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise XenError(f"{self.path} cannot be read: {error.strerror}.", path=self.path) from error

    @staticmethod
    def _require(objections: list[str]) -> None:
        if objections:
            raise XenError(
                "The upgrade would not leave these guests as they were. Nothing was changed.\n" + "\n".join(objections),
                error_id="guests_in_the_way",
                objections=objections,
            )

    def _result(self, record: Record | None, **told: Any) -> dict[str, Any]:
        """Write the record if it is another one, and tell of it."""
        changed = record is not None and record != self.before
        if record is not None and changed and not self.check_mode:
            _atomicfile.write(self.path, _upgrade.dump(record), new_mode=_atomicfile.PRIVATE)
        guests = record.guests if record else ()
        return {
            "changed": changed,
            "path": self.path,
            "resumed": self.before is not None,
            "stage": record.stage if record else None,
            "before": record.before if record else None,
            "guests": [guest._asdict() for guest in guests],
            "leaving": _upgrade.leaving(guests, self.params["domains"]),
            "migrating": _upgrade.migrating(guests, self.params["domains"]),
            "returning": _upgrade.returning(guests, self.params["domains"]),
            **told,
        }


def reasons_to_upgrade(host: Mapping[str, Any], version: str, record: Record | None) -> list[str]:
    """Why a host is not what it shall be; none when there is nothing to do.

    :param host: what xen_host_info tells of it, with packages and boot.
    :param version: the Xen that it shall have.
    """
    reasons = []
    if record is not None:
        reasons.append(f"the upgrade to Xen {record.version} was begun and not finished")
    row = _releases.release(version)
    missing = [name for name in (row.kernel_package, row.tools_package) if name not in host["packages"]]
    if missing:
        reasons.append(f"{' and '.join(missing)} not installed")
    runs = host["running"]["xen_version"]
    later = list(host["reboot_required"]["reasons"])
    if runs is None:
        reasons.append("no Xen runs")
    elif not is_version(runs, version) and not later:
        reasons.append(f"Xen {runs} runs")
    return reasons + later
