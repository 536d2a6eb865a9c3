# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a domain's config file: the one place that decides which parser the fake believes.

Xen's own (libxlutil) where it is installed, so that the fake judges the collection's files as the real xl would.
Where it is missing, the collection's parser stands in; then the fake says nothing about the grammar that the collection
does not say itself, and messages about syntax lack xl's exact words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ansible_collections.netbsd.xen.tests.fake.exits import Exit

if TYPE_CHECKING:
    from ansible_collections.netbsd.xen.tests.unit.oracle.xlu import Xlu

# The keys of xl.cfg that the fake understands; it ignores all others, as xl ignores keys that it does not know.
KEYS = (
    "name", "type", "builder", "uuid", "pool", "kernel", "ramdisk", "cmdline", "root", "extra", "bootloader",
    "bootloader_args", "firmware", "bios", "memory", "maxmem", "vcpus", "maxvcpus", "cpus", "cpu_weight", "cap", "disk",
    "vif", "pci", "serial", "vfb", "vnc", "vnclisten", "vncpasswd", "vncdisplay", "vncunused", "sdl", "boot", "keymap",
    "on_poweroff", "on_reboot", "on_watchdog", "on_crash", "on_soft_reset", "passthrough", "pvshim", "localtime",
    "usb", "usbdevice", "xen_platform_pci", "device_model_version", "nestedhvm", "hap", "acpi", "apic", "pae",
)  # fmt: skip
_LISTS = {"disk", "vif", "pci", "vfb"}
_NUMBERS = {"memory", "maxmem", "vcpus", "maxvcpus", "cpu_weight", "cap", "vnc", "vncunused", "vncdisplay", "sdl"}


class ConfigFile:
    """The values of one file, and the warnings that xl prints when it takes them out."""

    def __init__(self, path: str, text: str, values: dict[str, Any]) -> None:
        self.path, self.text, self.values = path, text, values
        self.warnings: list[str] = []

    def string(self, key: str) -> str | None:
        value = self.values.get(key)
        if isinstance(value, list):
            self._warn(key, "is a list but should be a single value")
            return None
        return value

    def number(self, key: str) -> int | None:
        """As xlu_cfg_get_long reads it: decimal, octal or hexadecimal, the whole of the text."""
        value = self.string(key)
        if value is None:
            return None
        if not re.fullmatch(r"\s*[-+]?(0[xX][0-9a-fA-F]+|\d+)", value):
            self._warn(key, "is not a valid number")
            return None
        octal = re.fullmatch(r"\s*[-+]?0[0-7]+", value)
        return int(value, 8 if octal else 0)

    def items(self, key: str) -> list[str]:
        value = self.values.get(key, [])
        if isinstance(value, str):
            self._warn(key, "is a single value but should be a list")
            return []
        return [item for item in value if isinstance(item, str)]

    def _warn(self, key: str, problem: str) -> None:
        found = re.search(rf"^[ \t]*{re.escape(key)}[ \t]*=", self.text, re.MULTILINE)
        line = self.text.count("\n", 0, found.start()) + 1 if found else 0
        self.warnings.append(f"{self.path}:{line}: warning: parameter `{key}' {problem}\n")


def read(path: str) -> str:
    """The text of a config file, or xl's refusal of it."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as stream:
            return stream.read()
    except IsADirectoryError:
        raise Exit(
            3,
            f"libxl: error: libxl_utils.c:346:libxl_read_file_contents: {path} is not a plain file: Success\n"
            f"Failed to read config file: {path}: Inappropriate ioctl for device\n",
        ) from None
    except OSError as error:
        raise Exit(3, f"Failed to read config file: {path}: {error.strerror}\n") from None


def _oracle() -> Xlu | None:
    """Xen's parsers, loaded only by the few calls that need them; None where they are not installed."""
    from ansible_collections.netbsd.xen.tests.unit.oracle import xlu

    try:
        return xlu.load()
    except xlu.OracleMissing:
        return None


def parse(path: str, text: str) -> ConfigFile:
    """The values that xl would see, or its complaint about the grammar."""
    oracle = _oracle()
    if oracle is None:
        return _parse_ourselves(path, text)
    answer = oracle.config(text, KEYS)
    if answer.rc:
        report = re.sub(r"^config:", f"{path}:", answer.report, flags=re.MULTILINE)
        raise Exit(1, report + "Failed to parse config: Invalid argument\n")
    return ConfigFile(path, text, answer.values)


def _parse_ourselves(path: str, text: str) -> ConfigFile:
    from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConfigSyntaxError
    from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg

    try:
        values = _xlcfg.parse(text, path).as_dict()
    except ConfigSyntaxError as error:
        raise Exit(
            1, f"{path}:{error.line}: config parsing error: {error.reason}\nFailed to parse config: Invalid argument\n"
        ) from None
    return ConfigFile(path, text, {key: values[key] for key in KEYS if key in values})


def parse_disk(path: str, spec: str) -> dict[str, Any]:
    """One entry of `disk` in libxl's JSON."""
    oracle = _oracle()
    if oracle is None:
        return _parse_disk_ourselves(path, spec)
    disk, report = oracle.disk(spec)
    if disk is None:
        raise Exit(1, re.sub(r"^config:", f"{path}:", report, flags=re.MULTILINE))
    return disk


def _parse_disk_ourselves(path: str, spec: str) -> dict[str, Any]:
    from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
    from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_disk

    try:
        disk = _spec_disk.parse(spec)
    except BadValue as error:
        raise Exit(1, f"{path}: config parsing error in disk specification: {error}\n") from None
    fields = {
        "pdev_path": disk.target, "vdev": disk.vdev, "format": disk.format, "script": disk.script,
        "removable": int(disk.cdrom), "readwrite": int(disk.access == "w"), "is_cdrom": int(disk.cdrom),
    }  # fmt: skip
    return {key: value for key, value in fields.items() if value}


def parse_pci(spec: str) -> dict[str, Any] | None:
    """One entry of `pci` in libxl's JSON, or None where it is no device."""
    oracle = _oracle()
    return _parse_pci_ourselves(spec) if oracle is None else oracle.pci(spec)[0]


def _parse_pci_ourselves(spec: str) -> dict[str, Any] | None:
    place = r"(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-7])(?:@([0-9a-f]{1,2}))?"
    match = re.match(place + r"(?:,|$)", spec.strip(), re.IGNORECASE)
    if not match:
        return None
    domain, bus, slot, function, vslot = (int(group or "0", 16) for group in match.groups())
    fields = {"func": function, "dev": slot, "bus": bus, "domain": domain, "vdevfn": vslot << 3, "vfunc_mask": 1}
    return {key: value for key, value in fields.items() if value}
