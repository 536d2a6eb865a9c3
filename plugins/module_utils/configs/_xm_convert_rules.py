# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What becomes of each variable of xm in a config file of xl. Sources: see ``_xm_convert``."""

from __future__ import annotations

# In the order in which a new file has them; what is not here follows.
ORDER = (
    *("name", "type", "uuid", "kernel", "ramdisk", "root", "extra", "bootloader", "bootloader_args"),
    *("memory", "maxmem", "vcpus", "maxvcpus", "cpus", "cpu_weight", "cap"),
    *("disk", "vif", "pci", "vfb", "on_poweroff", "on_reboot", "on_crash"),
)

# Numbers in both.
NUMBERS = frozenset(
    (
        *("memory", "maxmem", "shadow_memory", "cpu_weight", "rtc_timeoffset", "videoram", "timer_mode", "tsc_mode"),
        *("vncdisplay", "nomigrate", "pci_msitranslate", "pci_power_mgmt"),
    )
)
# 0 or 1 in xl; xm also knows yes and no.
FLAGS = frozenset(
    (
        *("acpi", "apic", "pae", "hpet", "vpt_align", "viridian", "hap", "nestedhvm", "localtime", "usb", "stdvga"),
        *("nographic", "vnc", "vncunused", "sdl", "opengl", "gfx_passthru", "xen_platform_pci", "oos"),
    )
)
# Texts and lists that mean the same in both.
SAME = frozenset(
    (
        *("name", "uuid", "ramdisk", "cpus", "pool", "cpuid", "ioports", "boot", "serial", "soundhw", "keymap"),
        *("usbdevice", "vnclisten", "vncpasswd", "display", "xauthority", "acpi_firmware", "smbios_firmware", "vtpm"),
    )
)
RENAMED = {"bootargs": "bootloader_args", "cpu_cap": "cap", "irq": "irqs"}

_DAEMON = "xl has no daemon that could do it; xendomains starts and stops guests with the host."
_NO_READER = "xl does not read it."
NOT_IN_XL = {
    **dict.fromkeys(
        (
            *("access_control", "actmem", "blkif", "bootentry", "cpuid_check", "description", "fda", "fdb", "features"),
            *("guest_os_type", "isa", "loader", "machine_address_size", "memory_sharing", "monitor", "monitor_path"),
            *("netif", "parallel", "s3_integrity", "superpages", "suppress_spurious_page_faults", "target", "tpmif"),
            *("usbport", "vhpt", "vif2", "vncconsole", "vncviewer", "watchdog", "watchdog_action"),
            *("xenpaging_extra", "xenpaging_file"),
        ),
        _NO_READER,
    ),
    "on_xend_start": _DAEMON,
    "on_xend_stop": _DAEMON,
    "device_model": "xl ignores it and takes its own; device_model_override names another one, of today's kind.",
    "vscsi": "xl of this kind has no PV SCSI in that form; see vscsi in xl.cfg(5) where it is built in.",
    "vusb": "xl describes USB controllers in usbctrl and usbdev.",
}

# Words that xm puts on the kernel's command line, with the defaults of gopts.var().
KERNEL_WORDS = {
    "ip": "",
    "dhcp": "off",
    "gateway": "",
    "netmask": "",
    "hostname": "",
    "interface": "eth0",
    "nfs_server": "",
    "nfs_root": "",
}

# XendConfig.py (_parse_sxp): what the deprecated `restart` stands for
RESTART = {
    "onreboot": {"on_poweroff": "destroy", "on_reboot": "restart", "on_crash": "destroy"},
    "always": {"on_poweroff": "restart", "on_reboot": "restart", "on_crash": "restart"},
    "never": {"on_poweroff": "destroy", "on_reboot": "destroy", "on_crash": "destroy"},
}
