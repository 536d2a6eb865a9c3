# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Options: firmware, platform and clocks of fully virtualised guests, some of PVH guests too."""

from __future__ import annotations

from ansible_collections.netbsd.xen.plugins.module_utils.options import _kinds, _kinds_lists, _live, _live_special
from ansible_collections.netbsd.xen.plugins.module_utils.options._live import build_flag, hvm, hvm_flag
from ansible_collections.netbsd.xen.plugins.module_utils.options._option import (
    FILE,
    INT,
    RAW,
    STR,
    Option,
    choice,
    flag,
    same,
)

_BIOSES = ("rombios", "seabios", "ovmf")
_TIMER_MODES = (
    "delay_for_missed_ticks", "no_delay_for_missed_ticks", "no_missed_ticks_pending", "one_missed_tick_pending",
)  # fmt: skip
_HDTYPES = ("ide", "ahci")
_VENDOR_DEVICES = ("none", "xenserver")
_GENERATIONS = ("generate", "none")

HVM: tuple[Option, ...] = (
    same("boot", _kinds.TEXT, hvm("boot"), STR),
    same("hdtype", _kinds.words(*_HDTYPES), hvm("hdtype", "ide"), choice(*_HDTYPES)),
    same("bios", _kinds.words(*_BIOSES), hvm("bios"), choice(*_BIOSES), completed=True),
    same("bios_path_override", _kinds.PATH, hvm("system_firmware"), FILE),
    same("firmware_override", _kinds.PATH, hvm("firmware"), FILE),
    same("acpi_firmware", _kinds.PATH, hvm("acpi_firmware"), FILE),
    same("smbios_firmware", _kinds.PATH, hvm("smbios_firmware"), FILE),
    same("smbios", _kinds_lists.SMBIOS, _live_special.smbios, RAW, newer=True),
    same("ms_vm_genid", _kinds.words(*_GENERATIONS), _live_special.ms_vm_genid, choice(*_GENERATIONS)),
    flag("acpi", build_flag("acpi", None)),
    flag("acpi_s3", hvm_flag("acpi_s3", 1)),
    flag("acpi_s4", hvm_flag("acpi_s4", 1)),
    flag("acpi_laptop_slate", hvm_flag("acpi_laptop_slate", 0)),
    flag("apic", _live.hvm_only(build_flag("apic", 1))),
    flag("pae", hvm_flag("pae", 1)),
    flag("nx", hvm_flag("nx", 1)),
    flag("hpet", hvm_flag("hpet", 1)),
    flag("vpt_align", hvm_flag("vpt_align", 1)),
    same("timer_mode", _kinds.words(*_TIMER_MODES, numbered=True), _live_special.timer_mode, choice(*_TIMER_MODES)),
    flag("localtime", build_flag("localtime", 0)),
    same("rtc_timeoffset", _kinds.integer(-(2**31), 2**31 - 1), _live_special.rtc_timeoffset, INT),
    flag("altp2mhvm", hvm_flag("altp2m", 0)),
    same("viridian", _kinds_lists.VIRIDIAN, _live_special.viridian, RAW),
    flag("xen_platform_pci", hvm_flag("xen_platform_pci", 1)),
    flag("hvm_pirq", hvm_flag("pirq", 0), newer=True),
    same("vendor_device", _kinds.words(*_VENDOR_DEVICES), hvm("vendor_device", "none"), choice(*_VENDOR_DEVICES)),
    same("mmio_hole", _kinds.MIB, _live.mib_within("type.hvm", "mmio_hole_memkb", default=None), STR),
    same("rdm_mem_boundary", _kinds.MIB, _live.mib_within("type.hvm", "rdm_mem_boundary_memkb", default=None), STR),
    same("mca_caps", _kinds_lists.MCA_CAPS, _live_special.mca_caps, RAW),
    flag("msr_relaxed", _live.flag_within("arch_x86", "msr_relaxed", default=0)),
)
