# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The option table: everything the collection knows about each property of a domain, said once.

The argument spec, the reading and writing of config files, the comparison with the running guest, and the decision
whether a change is made live or needs a restart all come from here. A key that is not in the table passes through
untouched (``extra_config``), so a new option of Xen never needs a release of ours. Not in it are the scheduler
parameters that xl.cfg(5) does not mention, and keys that xl reads only to warn of them.

Source of keys and meanings: xl.cfg(5) and xen tools/xl/xl_parse.c of Xen 4.2 to 4.20.
"""

from __future__ import annotations

from typing import Any, Iterable

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options import (
    _live,
    _options_boot,
    _options_cpu,
    _options_devices,
    _options_display,
    _options_hvm,
    _options_model,
)
from ansible_collections.netbsd.xen.plugins.module_utils.options._option import RECREATE, RESTART, Option
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_render import normalise

__all__ = ["BY_KEY", "BY_NAME", "RECREATE", "RESTART", "TABLE", "Option", "argument_spec", "split_extra", "wanted_from"]

# What xend tells of a running guest, see _xm_domain.py.
_TOLD_BY_XEND = frozenset(
    """type builder uuid kernel ramdisk cmdline root extra bootloader bootloader_args memory maxmem vcpus maxvcpus cpus
    cpu_weight cap shadow_memory disks vifs pci vfb boot serial usbdevice soundhw vnc vnclisten vncdisplay vncpasswd
    on_poweroff on_reboot on_crash""".split()  # noqa: SIM905
)
# What xl of Xen 4.2.2 reads (tools/libxl/xl_cmdimpl.c), the oldest that pkgsrc has.
_IN_4_2 = frozenset(
    """builder uuid seclabel hap oos pool cpu_weight cap vcpus maxvcpus cpus memory maxmem on_poweroff on_reboot
    on_watchdog on_crash shadow_memory nomigrate tsc_mode rtc_timeoffset localtime videoram kernel ramdisk root
    extra bootloader bootloader_args firmware_override bios pae apic acpi acpi_s3 acpi_s4 nx viridian hpet vpt_align
    timer_mode nestedhvm smbios_firmware acpi_firmware ioports irqs disks vifs vfb pci pci_msitranslate
    pci_power_mgmt pci_permissive e820_host cpuid device_model_override device_model_version
    device_model_stubdomain_override device_model_stubdomain_seclabel device_model_args device_model_args_pv
    device_model_args_hvm stdvga vnc vnclisten vncpasswd vncdisplay vncunused keymap sdl opengl spice spicehost
    spiceport spicetls_port spicedisable_ticketing spicepasswd spiceagent_mouse nographic gfx_passthru serial boot
    usb usbdevice soundhw xen_platform_pci""".split()  # noqa: SIM905
)
# "Deprecated since Xen 4.10" says xl_parse.c of builder, which type replaced.
_SINCE = {"type": (4, 10)}
_NEWER = (4, 18)
_NEVER = (999, 0)
_ALL = (
    *_options_boot.BOOT,
    *_options_cpu.CPU,
    *_options_hvm.HVM,
    *_options_devices.DEVICES,
    *_options_display.DISPLAY,
    *_options_model.MODEL,
    *_options_model.ARM,
    *_options_model.XM,
    *_options_boot.EVENTS,
)
# In the order in which a new config file is written.
TABLE: tuple[Option, ...] = tuple(
    option if option.name in _TOLD_BY_XEND else option._replace(live=_live.libxl_only(option.live)) for option in _ALL
)
BY_NAME: dict[str, Option] = {option.name: option for option in TABLE}
BY_KEY: dict[str, Option] = {option.key: option for option in TABLE}


def unknown_to(version: tuple[int, int], names: Iterable[str]) -> list[str]:
    """The properties that xl of this version of Xen ignores without a word, as far as that is known for certain.

    :param version: major and minor.
    """
    return [name for name in names if version < _since(BY_NAME[name])]


def _since(option: Option) -> tuple[int, int]:
    """The first version that surely has it or, where that is not known, the one after the last that surely has not."""
    if option.only_xm:
        return _NEVER
    return _NEWER if option.newer else _SINCE.get(option.name, (4, 2) if option.name in _IN_4_2 else (4, 3))


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


def split_extra(extra: dict[str, Any], wanted: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take out of ``extra_config`` the keys that have an option of their own, as if that had been given.

    What was an extra key with one release may be an option in the next, and a play must not break by that. A key that
    is to be removed (None) stays one.

    :param wanted: canonical values by option name, from ``wanted_from``.
    :return: the properties with those of ``extra``, and what is left of ``extra``.
    :raises BadValue: a key is given both ways, or xl could not use its value.
    """
    properties, left = dict(wanted), {}
    for key, value in extra.items():
        option = BY_KEY.get(key)
        if key == "name":
            raise BadValue("extra_config", key, "the name of a domain is said with the option name.")
        if option is None:
            left[key] = value
            continue
        if option.name in wanted:
            raise BadValue("extra_config", key, f"{option.name} is given, too; say it once, with the option.")
        if value is None:
            left[key] = None
        else:
            # as it would stand in the file, and no stricter than there
            properties[option.name] = option.kind.from_file(key, normalise(value, "extra_config"))
    return properties, left
