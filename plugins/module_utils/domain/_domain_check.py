# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Whether what a task has planned for one domain can be done. Used by _domain, for a plan that has steps.

Not loaded by a task that finds the domain as declared: see _toolstack.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _pcicheck
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options

if TYPE_CHECKING:
    from ansible_collections.netbsd.xen.plugins.module_utils.domain._domain import DomainTask


def check(task: DomainTask, freed_mib: int = 0) -> None:
    """Everything that can be known to fail fails here, before the first change.

    :param freed_mib: memory that other domains will have given back by then.
    """
    plan, view, situation = task.plan, task.view, task.situation
    if plan.has("restore"):
        _check_restore(task)
    _check_plugged(task)
    if plan.config_after is None or not any(map(plan.has, ("write_config", "create", "set_memory"))):
        return
    final = _configfile.parse(plan.config_after, plan.config_path, task.view.syntax)
    values = _checks.values_of(final, task.warnings)
    if plan.has("create"):
        # not to be left to xl: two guests that write to one disk destroy it
        _plan_config.on_disk(final, _options.BY_NAME["disks"])
    running = view.others_running(task.name)
    on_disk = view.others_on_disk(task.name, os.path.dirname(plan.config_path))
    _checks.identities(values, running + on_disk)
    if plan.has("write_config"):
        task.warnings += _pcicheck.warnings(values.get("pci") or [], view, on_disk, starts=plan.has("create"))
    if plan.has("create"):
        _checks.boot_files(values)
        _checks.disks({"disks": task.disks.existing(values.get("disks", []))}, running)
        _checks.bridges(values)
        _check_pci(task, values)
    if plan.has("write_config") and view.toolstack:
        view.toolstack.validate(plan.config_after)
    if view.toolstack and (plan.has("create") or plan.has("set_memory")):
        has = situation.guest.row.memory if situation.guest and situation.guest.row else 0
        _checks.memory(values, view.info(), has + freed_mib)
        _warn_of_unknown(task)


def _warn_of_unknown(task: DomainTask) -> None:
    """xl says nothing of a key that it does not know, and starts the guest without."""
    toolstack, info = task.view.toolstack, task.view.info()
    words = info.get("xen_major", ""), info.get("xen_minor", "")
    if not toolstack or toolstack.name != "xl" or not all(word.isdigit() for word in words):
        return
    version = int(words[0]), int(words[1])
    for name in _options.unknown_to(version, task.request.wish.properties):
        instead = " Use builder." if name == "type" else ""
        task.warnings.append(f"{name}: xl of Xen {'.'.join(words)} does not know it and ignores it.{instead}")


def _check_plugged(task: DomainTask) -> None:
    """What a running guest shall get must be there, and nobody else's."""
    devices: dict[str, list[Any]] = {}
    for step in task.plan.steps:
        devices.setdefault(step.kind, []).append(step.data)
    disks = devices.get("attach_disk", []) + devices.get("change_cd", [])
    if disks:
        _checks.disks({"disks": task.disks.existing(disks)}, task.view.others_running(task.name))
    _checks.bridges({"vifs": devices.get("attach_vif", [])})
    _pcicheck.require(devices.get("attach_pci", []), task.view, task.name)


def _check_pci(task: DomainTask, values: dict[str, Any]) -> None:
    """What a guest that starts shall get must be hidden from the dom0, and nobody else's."""
    functions, guest = values.get("pci") or [], task.situation.guest
    own = _options.BY_NAME["pci"].live(guest.config) if guest and guest.config else []
    _pcicheck.require(functions, task.view, task.name, own, bool(values.get("pci_seize")))


def _check_restore(task: DomainTask) -> None:
    """A restored guest goes on with the disks and bridges that it had when it was saved."""
    situation = task.situation
    libxl = situation.saved_config or situation.unfinished.config or {}
    values = {name: _options.BY_NAME[name].live(libxl) for name in ("disks", "vifs")}
    unfinished = None if situation.saved else situation.unfinished.path
    _checks.save_is_current(unfinished or situation.save_file, values)
    _checks.disks(values, task.view.others_running(task.name))
    _checks.bridges(values)
