# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The work of the module boot_entry: read the menu, plan, write, read again."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot, _boot_host
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_args import Console
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import previous_name
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_plan import BootPlan, Wanted, plan
from ansible_collections.netbsd.xen.plugins.module_utils.host import _systemfile


class BootEntryTask:
    """One task of boot_entry.

    :param params: the options of the module.
    """

    def __init__(self, params: Mapping[str, Any], check_mode: bool) -> None:
        self.params = params
        self.check_mode = check_mode
        chosen = params["loader"]
        self.loader = _boot_host.detect_loader(_boot_host.is_file) if chosen == "auto" else chosen
        self.path = params["path"] or _boot.PATHS[self.loader]

    def run(self) -> dict[str, Any]:
        """Returns the module's result."""
        todo = self._plan()
        kept = None
        if todo.changed and not self.check_mode:
            kept = _boot_host.write_text(self.path, todo.after or "", self.params["backup"])
        return self._result(todo, kept)

    def _plan(self) -> BootPlan:
        text = _systemfile.read(self.path)
        host = _boot_host.surroundings(self.loader, self.path, self.params["esp"], self.params["check_files"])
        wish = wanted(self.params)
        if self.params["previous_files"]:
            wish = wish._replace(kept=(_kept(wish.hypervisor), _kept(wish.kernel)))
        return plan(self._parsed(text or ""), text is not None, wish, host, forgive=self.check_mode)

    def _parsed(self, text: str) -> _boot.Document:
        saved = _boot_host.saved_default(self.path) if self.loader == _boot.MENU_LST else 0
        return _boot.parse(self.loader, text, self.path, saved)

    def _result(self, todo: BootPlan, kept: str | None) -> dict[str, Any]:
        result: dict[str, Any] = {
            "changed": todo.changed,
            "actions": todo.actions,
            "diff": todo.diff(),
            "loader": self.loader,
            "path": self.path,
            "entry": todo.entry.as_dict() if todo.entry else None,
            "entries": [entry.as_dict() for entry in todo.document.entries],
            "default": todo.document.default,
            "timeout": todo.document.timeout,
            "warnings": list(todo.warnings),
        }
        if kept:
            result["backup_file"] = kept
        return result


def wanted(params: Mapping[str, Any]) -> Wanted:
    """The options as the plan takes them."""
    native = params["native"] or {}
    return Wanted(
        name=params["name"],
        state=params["state"],
        hypervisor=params["hypervisor"],
        kernel=params["kernel"],
        xen_args=params["xen_args"] or {},
        kernel_args=params["kernel_args"] or {},
        console=_console(params["console"], params["serial"] or {}),
        exact_args=params["exact_args"],
        position=params["position"],
        default=params["default"],
        timeout=params["timeout"],
        native=(native.get("name") or "NetBSD", native.get("kernel") or "/netbsd"),
        keep_previous=params["keep_previous"],
        strict=params["strict"],
    )


def _kept(file: str | None) -> str | None:
    """The file with the content before, where boot_file has kept one."""
    previous = previous_name(file) if file else None
    return previous if previous and _boot_host.is_file(previous) else None


def _console(kind: str | None, serial: Mapping[str, Any]) -> Console | None:
    return None if kind is None else Console(kind, serial.get("port") or 0, serial.get("speed"))
