# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The option table: everything the collection knows about each property of a domain, said once.

The argument spec, the reading and writing of config files, the comparison with the running guest, and the decision
whether a change is made live or needs a restart all come from here. A key that is not in the table passes through
untouched (``extra_config``), so a new option of Xen never needs a release of ours.

Source of keys and meanings: xl.cfg(5) and xen tools/xl/xl_parse.c of Xen 4.2 to 4.20.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils import _kinds, _live

RESTART = "restart"
# A restart as well, after which the guest is another machine to itself and to others.
RECREATE = "recreate"


class Option(NamedTuple):
    """One property of a domain.

    :param name: of the module's option and in return values.
    :param key: of the config file.
    :param kind: how values are converted.
    :param live: takes the canonical value out of libxl's JSON.
    :param spec: entry of the argument spec.
    :param change: RESTART, RECREATE, or how a running guest is changed: a word of ``_plan_live``.
    :param limit: option whose live value bounds a live change from above.
    :param secret: the value never leaves the config file.
    :param completed: libxl puts a default of its own where the file says nothing, so no value agrees with any.
    """

    name: str
    key: str
    kind: _kinds.Kind
    live: _live.Getter
    spec: dict[str, Any]
    change: str = RESTART
    limit: str | None = None
    secret: bool = False
    completed: bool = False


_STR: dict[str, Any] = {"type": "str"}
_BOOL: dict[str, Any] = {"type": "bool"}
_RAW: dict[str, Any] = {"type": "raw"}
_VFB_SPEC: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "options": {
        "vnc": {"type": "bool"},
        "vnclisten": {"type": "str"},
        "vncdisplay": {"type": "int"},
        "vncunused": {"type": "bool"},
        "vncpasswd": {"type": "str", "no_log": True},
        "sdl": {"type": "bool"},
        "opengl": {"type": "bool"},
        "display": {"type": "str"},
        "xauthority": {"type": "str"},
        "keymap": {"type": "str", "no_log": False},
    },
}


def _device_list(*aliases: str) -> dict[str, Any]:
    """Not a list for Ansible, which would split a single device given as a string at its commas."""
    return {"type": "raw", "aliases": list(aliases)}


# In the order in which a new config file is written.
TABLE: tuple[Option, ...] = (
    Option(
        "type",
        "type",
        _kinds.TEXT,
        _live.create_info("type"),
        {"type": "str", "choices": ["pv", "pvh", "hvm"]},
        RECREATE,
    ),
    Option("uuid", "uuid", _kinds.UUID, _live.create_info("uuid"), _STR, RECREATE),
    Option("kernel", "kernel", _kinds.PATH, _live.build_info("kernel"), {"type": "path"}),
    Option("ramdisk", "ramdisk", _kinds.PATH, _live.build_info("ramdisk"), {"type": "path"}),
    Option("cmdline", "cmdline", _kinds.TEXT, _live.not_told, _STR),
    Option("root", "root", _kinds.TEXT, _live.not_told, _STR),
    Option("extra", "extra", _kinds.TEXT, _live.not_told, _STR),
    Option("bootloader", "bootloader", _kinds.TEXT, _live.build_info("bootloader"), _STR),
    Option("bootloader_args", "bootloader_args", _kinds.TEXTS, _live.build_info("bootloader_args", []), _RAW),
    Option("firmware", "firmware", _kinds.TEXT, _live.not_told, _STR),
    Option("memory", "memory", _kinds.MEMORY, _live.build_info_mib("target_memkb"), _STR, "set_memory", limit="maxmem"),
    Option("maxmem", "maxmem", _kinds.MEMORY, _live.build_info_mib("max_memkb"), _STR),
    Option("vcpus", "vcpus", _kinds.COUNT, _live.available_vcpus, {"type": "int"}, "set_vcpus", limit="maxvcpus"),
    Option("maxvcpus", "maxvcpus", _kinds.COUNT, _live.maximum_vcpus, {"type": "int"}),
    Option("cpus", "cpus", _kinds.CPUS, _live.affinity, _RAW),
    Option(
        "disks",
        "disk",
        _kinds.DISKS,
        _live.devices("disks", _kinds.DISKS.spec.from_live),
        _device_list("disk"),
        "disks",
    ),
    Option(
        "vifs",
        "vif",
        _kinds.VIFS,
        _live.devices("nics", _kinds.VIFS.spec.from_live),
        _device_list("vif"),
        "vifs",
    ),
    Option(
        "pci",
        "pci",
        _kinds.PCI,
        _live.devices("pcidevs", _kinds.PCI.spec.from_live),
        _device_list(),
        "pci",
    ),
    Option("vfb", "vfb", _kinds.VFBS, _live.devices("vfbs", _kinds.VFBS.spec.from_live), _VFB_SPEC),
    Option("vnc", "vnc", _kinds.FLAG, _live.hvm_vnc("enable", 0), _BOOL),
    Option("vnclisten", "vnclisten", _kinds.TEXT, _live.hvm_vnc("listen", ""), _STR, completed=True),
    Option("vncdisplay", "vncdisplay", _kinds.NUMBER, _live.hvm_vnc("display", 0), {"type": "int"}),
    Option(
        "vncpasswd", "vncpasswd", _kinds.TEXT, _live.hvm_vnc("passwd", ""), {"type": "str", "no_log": True}, secret=True
    ),
    Option("serial", "serial", _kinds.TEXTS, _live.serial_ports, _RAW),
    Option("on_poweroff", "on_poweroff", _kinds.ACTION, _live.event_action("on_poweroff", "destroy"), _STR),
    Option("on_reboot", "on_reboot", _kinds.ACTION, _live.event_action("on_reboot", "destroy"), _STR),
    Option("on_crash", "on_crash", _kinds.ACTION, _live.event_action("on_crash", "destroy"), _STR),
)
BY_NAME: dict[str, Option] = {option.name: option for option in TABLE}
BY_KEY: dict[str, Option] = {option.key: option for option in TABLE}


def argument_spec() -> dict[str, dict[str, Any]]:
    """The module options of all properties. None has a default: what is not given is left alone."""
    return {option.name: dict(option.spec) for option in TABLE}


def wanted_from(params: dict[str, Any]) -> dict[str, Any]:
    """The properties that a task gives, canonical.

    :raises BadValue: for the first value that Xen would not take.
    """
    return {
        option.name: option.kind.from_param(option.name, params[option.name])
        for option in TABLE
        if params.get(option.name) is not None
    }
