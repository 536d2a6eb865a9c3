# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The boot menu of the host: which entry runs, which one comes next, and what the files are that they name."""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.boot import (
    _boot,
    _boot_host,
    _boot_image,
    _boot_rules,
    _bootcfg,
    _pciback,
)
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import NATIVE, XEN, Entry, Problem, at
from ansible_collections.netbsd.xen.plugins.module_utils.core import _releases
from ansible_collections.netbsd.xen.plugins.module_utils.core._releases import Release
from ansible_collections.netbsd.xen.plugins.module_utils.host import _fstab
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe

# installboot(8): the second stage in / is a copy of this
LOADER, LOADER_SOURCE = "/boot", "/usr/mdec/boot"
# what `default saved` of menu.lst means (GRUB 0.97 stage2.c, cmain)
_GRUB_DEFAULT = "/grub/default"
# how the roles name the copies of the hypervisor
_INSTALLED_AS = re.compile(r"/xen(\d+)(?:-debug)?\.gz\Z")
# "@(#)NetBSD 10.1 (XEN3_DOM0) #0: ..." is in every kernel (conf/newvers.sh)
_XEN_KERNEL = re.compile(rb"NetBSD \d+\.[\w.]+ \((XEN3\w*)\)")
# what boot_entry manages; when such a word has gone from the entry, the running hypervisor still has it
_MANAGED = re.compile(r"dom0_(?:mem|max_vcpus|vcpus_pin)\b")


class Menu(NamedTuple):
    """The menu that the loader of this host reads.

    :param document: None when there is none.
    :param problems: what its validator found.
    """

    document: _boot.Document | None
    problems: tuple[Problem, ...] = ()


def menu(probe: Probe, firmware: str | None, mounts: list[_fstab.Mount]) -> Menu:
    """Find, read and check the menu that the loader of this host reads."""
    loader = _boot_host.detect_loader(probe.is_file)
    path = _boot.PATHS[loader]
    uefi = firmware == "uefi" and loader == _boot.BOOT_CFG
    shadow = _esp_file(probe, mounts) if uefi else None
    if shadow is not None and not probe.is_file(path):
        path, shadow = shadow, None
    text = probe.text(path)
    if text is None:
        return Menu(None)
    saved = re.match(r"\d+", probe.text(_GRUB_DEFAULT) or "")
    document = _boot.parse(loader, text, path, int(saved.group()) if saved else 0)
    surroundings = _boot_rules.Surroundings(
        probe.is_on_root, uefi, shadow, lambda file: _boot_image.has_multiboot2(probe.path(file))
    )
    return Menu(document, tuple(_boot.problems(document, surroundings)))


def _esp_file(probe: Probe, mounts: list[_fstab.Mount]) -> str | None:
    """efiboot/boot.c reads esp:/EFI/NetBSD/boot.cfg first. Only an ESP that is mounted can be looked into."""
    for mount in mounts:
        path = mount.file.rstrip("/") + _bootcfg.ESP_PATH
        if mount.type == "msdos" and probe.is_file(path):
            return path
    return None


def boot(probe: Probe, found: Menu, running: dict[str, Any]) -> dict[str, Any]:
    """The return value ``boot``."""
    document = found.document
    if document is None:
        return {
            "loader": None, "path": None, "entries": [], "default": None, "running_entry": None, "next_entry": None,
            "files": [],
        }  # fmt: skip
    running_entry = entry_running(document, running)
    following = at(document.entries, document.default)
    return {
        "loader": document.loader,
        "path": document.path,
        "entries": [entry.as_dict() for entry in document.entries],
        "default": document.default,
        "running_entry": running_entry.text if running_entry else None,
        "next_entry": following.text if following else None,
        "files": files(probe, document),
    }


def entry_running(document: _boot.Document, running: dict[str, Any]) -> Entry | None:
    """The entry that booted what runs now; None when none fits, or there is no telling.

    Of entries that fit equally well, the default one is taken, then the first.
    """
    order = sorted(document.entries, key=lambda entry: entry.number != document.default)
    if running["dom0"]:
        ranked = [(_distance(entry, running), entry) for entry in order if entry.kind == XEN]
        fitting = [(distance, entry) for distance, entry in ranked if distance is not None]
        return min(fitting, key=lambda pair: pair[0])[1] if fitting else None
    if running["hypervisor"] == "xen":
        return None
    return next((entry for entry in order if entry.kind == NATIVE), None)


def _distance(entry: Entry, running: dict[str, Any]) -> int | None:
    """How far an entry is from the running hypervisor; None when it cannot be the one that booted it."""
    release = release_of(entry.hypervisor.file) if entry.hypervisor else None
    if release and running["xen_version"] and not is_version(running["xen_version"], release.version):
        return None
    if running["commandline"] is None:
        return 0
    said = running["commandline"].split()
    wanted = list(entry.hypervisor.args) if entry.hypervisor else []
    if any(word not in said for word in wanted):
        return None
    return len(said) - len(wanted)


def release_of(file: str) -> Release | None:
    """The version of a hypervisor by its file name, as packages and roles name it."""
    match = _INSTALLED_AS.search(file)
    if match:
        return next((row for row in _releases.RELEASES.values() if row.suffix == match.group(1)), None)
    return next((row for row in _releases.RELEASES.values() if os.path.dirname(file).endswith(row.kernel_dir)), None)


def is_version(running: str, version: str) -> bool:
    """Whether 4.20.1 is a 4.20; 4.2.0 is not."""
    return re.match(re.escape(version) + r"(?!\d)", running) is not None


def files(probe: Probe, document: _boot.Document) -> list[dict[str, Any]]:
    """Every file on the root file system that an entry boots, once, with its size and time (null when missing)."""
    told: dict[str, dict[str, Any]] = {}
    for entry in document.entries:
        for role, image in (("hypervisor", entry.hypervisor), ("kernel", entry.kernel)):
            path = _boot.root_path(document, entry, image.file) if image else None
            if path and path not in told:
                status = probe.stat(path)
                told[path] = {
                    "path": path,
                    "role": role,
                    "size": status.st_size if status else None,
                    "mtime": int(status.st_mtime) if status else None,
                }
    return list(told.values())


def xen_config(probe: Probe, path: str) -> str | None:
    """The name of the configuration, such as XEN3_DOM0, that a plain kernel was made from; None for kernels that run
    without Xen, and for compressed ones: those are not looked into."""
    found = probe.search(path, b"(XEN3", _XEN_KERNEL)
    return found.decode() if found else None


def reboot_reasons(
    document: _boot.Document | None,
    row: Release | None,
    running: dict[str, Any],
    boot_files: list[dict[str, Any]],
    booted_at: float,
    hidden: list[str] | None,
) -> list[str]:
    """Why the next boot would bring something else than what runs, when it would bring Xen.

    :param row: the version that this host shall run.
    :param hidden: BDFs that are hidden now; None: not known.
    """
    following = at(document.entries, document.default) if document else None
    if row is None or document is None or following is None or following.hypervisor is None:
        return []
    if not running["dom0"]:
        return [f"the host runs {running['kernel']} without Xen, and the next boot is {following.text!r}"]
    reasons = []
    version = running["xen_version"]
    if version and not is_version(version, row.version):
        reasons.append(f"Xen {version} runs, and Xen {row.version} is wanted")
    paths = _paths(document, following)
    for item in boot_files:
        if item["path"] in paths and item["mtime"] is not None and item["mtime"] > booted_at:
            reasons.append(f"{item['path']} is newer than the last boot")
    current = entry_running(document, running)
    if current is None or current.number != following.number:
        now = f"{current.text!r} runs" if current else "what runs is of no entry of the menu"
        reasons.append(f"{now}, and the next boot is {following.text!r}")
    reasons += _argument_reasons(following, running, hidden)
    return reasons


def _paths(document: _boot.Document, entry: Entry) -> set[str | None]:
    return {_boot.root_path(document, entry, image.file) for image in (entry.hypervisor, entry.kernel) if image}


def _argument_reasons(entry: Entry, running: dict[str, Any], hidden: list[str] | None) -> list[str]:
    """Arguments that are taken away from the entry are noticed for the dom0's memory and CPUs only: the loader, or
    Xen itself, may add words of its own to the command line."""
    reasons = []
    if running["commandline"] is not None and entry.hypervisor:
        gone = [word for word in running["commandline"].split() if word not in entry.hypervisor.args]
        reasons += [f"{word} is no longer among the arguments of Xen" for word in gone if _MANAGED.match(word)]
    if hidden is not None and entry.kernel:
        wanted = pciback_of(entry)
        if sorted(wanted) != sorted(hidden):
            reasons.append(f"pciback hides {' '.join(hidden) or 'nothing'}, and {' '.join(wanted) or 'nothing'} next")
    return reasons


def pciback_of(entry: Entry) -> list[str]:
    """The devices that the dom0 kernel of an entry hides, as /kern/xen/pci names them."""
    value = _pciback.value_of(entry.kernel.args) if entry.kernel else None
    return list(_pciback.judge(value).assignable) if value else []
