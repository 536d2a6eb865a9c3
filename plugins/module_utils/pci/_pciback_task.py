# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The work of the module xen_pciback: read the host, plan, check, do it, read again.

On NetBSD the devices are hidden by the boot entry, at the next boot. On a Linux dom0 xl hides them at once.
"""

from __future__ import annotations

import os
from typing import Any, Mapping, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot, _boot_host, _boot_image, _pciback
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import Entry
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_plan import BootPlan
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host, _lock, _systemfile
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.pci import (
    _pci_functions,
    _pci_linux,
    _pci_netbsd,
    _pciback_boot,
    _pciback_plan,
    _pciback_uses,
)

_KERNEL_LIMIT = 256 * 1024 * 1024
# `xl info`, virt_caps: what Xen says when an IOMMU is in use (tools/xl/xl_info.c, since 4.1)
_IOMMU_WORDS = ("hvm_directio", "pv_directio")


def run(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """The whole task. Check mode changes nothing, and so needs no lock.

    :raises XenError: nothing was changed, unless the message says so.
    """
    _host.require_root()
    probe = Probe()
    if check_mode:
        return _task(params, True, probe).run()
    with _lock.host_lock():
        return _task(params, False, probe).run()


def _task(params: Mapping[str, Any], check_mode: bool, probe: Probe) -> PcibackTask:
    view = HostView.open(params["toolstack"], params["config_dir"])
    return (BootTask if probe.is_netbsd else RuntimeTask)(params, check_mode, probe, view, os.environ)


class PcibackTask:
    """What both kinds of host have in common.

    :param params: the options of the module.
    :param environment: of this process, for SSH_CONNECTION.
    :ivar hidden: the functions that pciback holds now; None when no dom0 runs.
    """

    hidden: list[str] | None

    def __init__(
        self,
        params: Mapping[str, Any],
        check_mode: bool,
        probe: Probe,
        view: HostView,
        environment: Mapping[str, str],
    ) -> None:
        self.params, self.check_mode = params, check_mode
        self.probe, self.view, self.environment = probe, view, environment
        self.devices = sorted({_pciback.canonical(device) for device in params["devices"]})
        self.warnings: list[str] = []

    def run(self) -> dict[str, Any]:
        """Returns the module's result."""
        raise NotImplementedError

    def _look(self) -> None:
        self.functions = _pci_functions.read(self.probe)
        self.uses = _pciback_uses.uses(
            self.view.rows, self.view.configurations(), self.view.configs(), self.functions.found
        )

    def _check_devices(self, new: Sequence[str]) -> None:
        """
        :param new: what is to be hidden and was not.
        :raises XenError: one is not there, or the host needs it.
        """
        _pciback_plan.require_there(self.devices, self.functions, self.hidden or ())
        if not self.functions.complete and new:
            self.warnings.append(
                "The PCI functions of this host cannot be listed (pcictl), so nobody has looked whether it has these."
            )
        if new and not self.params["force"]:
            reasons = _pci_functions.indispensable(self.probe, self.functions, self.environment)
            _pciback_plan.require_dispensable(new, reasons)
        warning = _pciback_plan.iommu_warning(self.iommu) if new else None
        if warning:
            self.warnings.append(warning)

    @property
    def iommu(self) -> bool | None:
        """Whether Xen uses an IOMMU; None when it does not say."""
        caps = self.view.info().get("virt_caps")
        return None if caps is None else any(word in caps.split() for word in _IOMMU_WORDS)

    def _result(
        self,
        actions: list[str],
        diff: list[dict[str, str]],
        lines: list[_pciback_boot.Line] | None,
        reasons: list[str],
        hidden: Sequence[str] | None,
    ) -> dict[str, Any]:
        following = next((set(line.devices) for line in lines if line.next), set()) if lines is not None else None
        every = set(self.devices) | set(hidden or ()) | set(following or ()) | set(self.uses)
        return {
            "changed": bool(actions),
            "actions": actions,
            "diff": diff,
            "devices": [self._device(bdf, following, hidden) for bdf in sorted(every)],
            "hidden": None if hidden is None else sorted(hidden),
            "boot": None if lines is None else [line.as_dict() for line in lines],
            "reboot_required": bool(reasons),
            "reboot_reasons": reasons,
            "iommu": self.iommu,
            "warnings": [*self.warnings, *self.probe.warnings],
        }

    def _device(self, bdf: str, following: set[str] | None, hidden: Sequence[str] | None) -> dict[str, Any]:
        """One function with its three truths: on the boot line, hidden now, given to domains."""
        uses = self.uses.get(bdf, [])
        free = not any(use.running for use in uses)
        return {
            **self.functions.as_dict(bdf),
            "next_boot": None if following is None else bdf in following,
            "hidden": None if hidden is None else bdf in hidden,
            "assignable": None if hidden is None else bdf in hidden and free,
            "domains": [use.as_dict() for use in uses],
        }


class BootTask(PcibackTask):
    """On NetBSD: pciback.hide= of boot entries."""

    def run(self) -> dict[str, Any]:
        """Returns the module's result."""
        self._look()
        self.hidden = _pci_netbsd.hidden(self.probe) if self.probe.exists(_host.NETBSD_PRIVCMD) else None
        document, entries = self._menu()
        todo, new = self._plan(document, entries)
        self._check_devices(new)
        if new:
            self._require_pciback(document, entries)
        kept = None
        after = todo.document if todo else document
        if todo and not self.check_mode:
            kept = _boot_host.write_text(todo.path, todo.after or "", self.params["backup"])
        lines = _pciback_boot.lines(after)
        following = next((line for line in lines if line.next), None)
        reasons = _pciback_plan.reboot_reasons(
            following.entry if following else None, following.devices if following else None, self.hidden
        )
        if todo:
            self.warnings += todo.warnings
        self._warn_of_toolstack(new)
        actions = todo.actions if todo else []
        if not entries and new:
            actions = [f"hide {' '.join(map(_pciback.short, new))} in the boot entry that is still to be written"]
        result = self._result(actions, todo.diff() if todo else [], lines, reasons, self.hidden)
        result.update({"loader": after.loader, "path": after.path})
        if kept:
            result["backup_file"] = kept
        return result

    def _menu(self) -> tuple[_boot.Document, list[Entry]]:
        """The menu, and the entries that the task is about."""
        params = self.params
        loader = params["loader"]
        if loader == "auto":
            loader = _boot_host.detect_loader(_boot_host.is_file)
        path = params["path"] or _boot.PATHS[loader]
        text = _systemfile.read(path)
        if text is None:
            raise XenError(
                f"There is no {path}: this host has no boot menu. Write it with netbsd.xen.boot_entry or the role "
                "xen_boot first.",
                error_id="no_menu",
            )
        saved = _boot_host.saved_default(path) if loader == _boot.MENU_LST else 0
        document = _boot.parse(loader, text, path, saved)
        if not self.devices and params["policy"] == _pciback_boot.APPEND and params["entries"] is None:
            return document, []  # only to look
        try:
            return document, _pciback_boot.chosen(document, params["entries"])
        except XenError as error:
            if not self.check_mode or error.details["error_id"] == "ambiguous_entry":
                raise
            self.warnings.append(
                f"In check mode the entry is taken for one that a task before this one would write: {error}"
            )
            return document, []

    def _plan(self, document: _boot.Document, entries: list[Entry]) -> tuple[BootPlan | None, list[str]]:
        """What to do with the menu, and the devices that an entry begins to hide."""
        if not entries:
            return None, self.devices
        host = _boot_host.surroundings(document.loader, document.path, None, True)
        todo = _pciback_boot.plan_all(document, entries, self.devices, self.params["policy"], host, self.check_mode)
        already = [set(_pciback_boot.hidden_by(entry)) for entry in entries]
        return todo, [bdf for bdf in self.devices if not all(bdf in hides for hides in already)]

    def _require_pciback(self, document: _boot.Document, entries: list[Entry]) -> None:
        """
        :raises HostError: a kernel has no pciback(4), so that it would take ``pciback.hide=`` for nothing.
        """
        for entry in entries:
            path = _boot.root_path(document, entry, entry.kernel.file) if entry.kernel else None
            data = self.probe.read(path, _KERNEL_LIMIT) if path else None
            if data is not None and not _boot_image.has_pciback(data, str(path)):
                raise HostError(
                    f"{path} of entry {entry.text!r} has no pciback(4), and would hide nothing. Boot the XEN3_DOM0 of "
                    "NetBSD 5.1 or later (netbsd.xen.boot_file), or add `pciback* at pci?` to your kernel. Nothing was "
                    "changed.",
                    error_id="no_pciback",
                )

    def _warn_of_toolstack(self, new: Sequence[str]) -> None:
        if new and self.view.toolstack is not None and self.view.toolstack.name == "xl":
            self.warnings.append(
                "xl cannot pass a PCI device to a guest on a NetBSD dom0: it looks for the device under /sys "
                "(libxl_pci.c, Xen 4.2 to 4.20). Xen 3.1 with xm can; a Linux dom0 can, too."
            )


class RuntimeTask(PcibackTask):
    """On a Linux dom0: `xl pci-assignable-add` and `-remove`, at once and until the next boot."""

    def run(self) -> dict[str, Any]:
        """Returns the module's result."""
        if self.params["entries"] is not None:
            raise BadValue("entries", self.params["entries"], "boot entries are NetBSD's; leave it out on Linux.")
        self._require_xl()
        self._look()
        self.hidden = _pci_linux.hidden(self.probe)
        todo = _pciback_plan.at_run_time(self.devices, self.params["policy"], self.hidden, self.uses)
        self._check_devices(todo.add)
        after = todo.after(self.hidden)
        if not self.check_mode:
            self._do(todo, after)
        diff = [{"before": _text(self.hidden), "after": _text(after)}] if after != sorted(self.hidden) else []
        return self._result([" ".join(command) for command in todo.commands], diff, None, [], after)

    def _require_xl(self) -> None:
        """
        :raises HostError: nothing can be made assignable here.
        """
        if self.view.problem or self.view.toolstack is None:
            raise self.view.problem or HostError("There is no toolstack on this host.")
        if self.view.toolstack.name != "xl":
            raise HostError(
                f"{self.view.toolstack.name} cannot make devices assignable; xl can.", error_id="pciback_missing"
            )
        if self.devices and not self.probe.exists(_pci_linux.PCIBACK):
            raise HostError(
                "The kernel of this dom0 has no pciback: load its module (`modprobe xen-pciback`), or boot a kernel "
                "that has it (CONFIG_XEN_PCIDEV_BACKEND).",
                error_id="pciback_missing",
            )

    def _do(self, todo: _pciback_plan.Runtime, wanted: list[str]) -> None:
        if not todo.commands:
            return
        if self.view.toolstack is None:
            raise AssertionError("unreachable")
        for command in todo.commands:
            self.view.toolstack.run(command)
        now = sorted(_pci_linux.hidden(self.probe))
        if now != wanted:
            raise XenError(
                f"xl has made {' '.join(now) or 'nothing'} assignable, and not {' '.join(wanted) or 'nothing'}. "
                "Look at the kernel's messages (`dmesg | grep pciback`).",
                error_id="not_as_planned",
            )
        self.functions = _pci_functions.read(self.probe)


def _text(bdfs: Sequence[str]) -> str:
    return "".join(f"{bdf}\n" for bdf in sorted(bdfs))
