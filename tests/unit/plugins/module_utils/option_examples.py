# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values for each option: some that a task may give, and one that is refused (None where Ansible itself refuses).

The unit tests take them through file and back; tests/integration/record_options.py has real xl read each.
"""

from __future__ import annotations

from typing import Any, NamedTuple

LABEL = "system_u:system_r:domU_t"
BITS = "x" * 31 + "0"


class Example(NamedTuple):
    """
    :param good: values that a task may give.
    :param bad: one that is refused, or None.
    :param guest: type of guest that xl reads the key for.
    :param beside: other lines that xl wants to see with it.
    """

    good: list[Any]
    bad: Any = None
    guest: str = "pv"
    beside: str = ""


def _flag(guest: str = "hvm", beside: str = "") -> Example:
    return Example([True, False], None, guest, beside)


def _text(value: str, guest: str = "pv", beside: str = "") -> Example:
    return Example([value], ["a"], guest, beside)


def _file(path: str = "/srv/file", guest: str = "hvm", beside: str = "") -> Example:
    return Example([path], "file", guest, beside)


def _word(*words: str, guest: str = "hvm", beside: str = "") -> Example:
    return Example(list(words), None, guest, beside)


BOOT = {
    "type": _word("pvh", "hvm", "pv", guest=""),
    "uuid": Example(["0B8610D8-F741-4A4C-90CA-1F29E41F39B3"], "x"),
    "kernel": _file("/srv/vmlinuz", "pv"),
    "ramdisk": _file("/srv/initrd", "pv"),
    "cmdline": _text("a 'b' \"c\""),
    "root": _text("xbd0"),
    "extra": _text("-x"),
    "bootloader": _text("pygrub"),
    "bootloader_args": Example([["-q", "--x y"], ["-q"], "-q --x"], [["a"]]),
    "bootloader_restrict": _flag("pv"),
    "bootloader_user": _text("nobody"),
    "firmware": Example(["uefi", "seabios", "bios", "/srv/rom"], ["a"], "hvm"),
    "builder": _word("hvm", "generic", guest=""),
    "pvshim": _flag("pvh"),
    "pvshim_path": _file("/srv/shim", "pvh", "pvshim = 1"),
    "pvshim_cmdline": _text("console=xen", "pvh", "pvshim = 1"),
    "pvshim_extra": _text("loglvl=all", "pvh", "pvshim = 1"),
    "seclabel": _text(LABEL),
    "init_seclabel": _text(LABEL, beside="seclabel = 'system_u:system_r:nomigrate_t'"),
    "driver_domain": _flag("pv"),
    "nomigrate": _flag("pv"),
    "xend_suspend_evtchn_compat": _flag("pv"),
}
CPU = {
    "memory": Example(["1G", 512], "1X"),
    "maxmem": Example([2048], "0"),
    "vcpus": Example([2], 0),
    "maxvcpus": Example([4], -1),
    "cpus": Example([["0", "0"], "0"], "x", "pv", "vcpus = 2"),
    "cpus_soft": Example([["0", "0"], "0"], "x", "pv", "vcpus = 2"),
    "pool": _text("Pool-0"),
    "cpu_weight": Example([512], 65536),
    "cap": Example([50, 0], -1),
    "vnuma": Example(
        [
            [{"pnode": 0, "size": 256, "vcpus": "0", "vdistances": [10]}],
            [["pnode=0", "size=256", "vcpus=0", "vdistances=10"]],
        ],
        [{"pnode": 0}],
        "pvh",
    ),
    "shadow_memory": Example(["16M", 8], "x", "hvm"),
    "cpuid": Example(["host,tm=0,sse3=0", ["1:ecx=" + BITS, "0x80000001:edx=" + BITS]], "tm=0", "hvm"),
    "tsc_mode": _word("always_emulate", "default", "native", guest="pv"),
    "altp2m": _word("external", "disabled", "mixed", "limited"),
    "nestedhvm": _flag(),
    "hap": _flag(),
    "oos": _flag(),
    "max_grant_frames": Example([128], -1),
    "max_maptrack_frames": Example([1024], -1),
    "max_grant_version": Example([1], -1),
    "max_event_channels": Example([2047], 131072),
    "vmtrace_buf_kb": Example([64], -1, "hvm"),
}
HVM = {
    "boot": _text("dc", "hvm"),
    "hdtype": _word("ahci", "ide"),
    "bios": _word("ovmf", "seabios", "rombios"),
    "bios_path_override": _file(beside="bios = 'seabios'"),
    "firmware_override": _file(),
    "acpi_firmware": _file(),
    "smbios_firmware": _file(),
    "smbios": Example(
        [["bios_vendor=The, Vendor", "oem=a=b"], {"system_manufacturer": "M", "oem": ["1", "2"]}], ["x=1"], "hvm"
    ),
    "ms_vm_genid": _word("generate", "none"),
    "acpi": _flag(),
    "acpi_s3": _flag(),
    "acpi_s4": _flag(),
    "acpi_laptop_slate": _flag(),
    "apic": _flag(),
    "pae": _flag(),
    "nx": _flag(),
    "hpet": _flag(),
    "vpt_align": _flag(),
    "timer_mode": _word("one_missed_tick_pending", "no_delay_for_missed_ticks", "delay_for_missed_ticks"),
    "localtime": _flag("pv"),
    "rtc_timeoffset": Example([3600, -3600, 0], "x"),
    "altp2mhvm": _flag(),
    "viridian": Example([True, False, ["base", "freq"], ["all", "!freq"], ["defaults", "!crash_ctl"]], "no", "hvm"),
    "xen_platform_pci": _flag(),
    "hvm_pirq": _flag(),
    "vendor_device": _word("xenserver", "none"),
    "mmio_hole": Example(["3G", 512], "x", "hvm"),
    "rdm_mem_boundary": Example([1024], "x", "hvm"),
    "mca_caps": Example([["lmce"], "lmce"], ["x"], "hvm"),
    "msr_relaxed": _flag("pv"),
}
DEVICES = {
    "disks": Example([[{"target": "/a", "vdev": "xvda", "access": "ro"}, "file:/b,xvdb,w"]], ["x"]),
    "vifs": Example([[{"bridge": "br0"}, "mac=00:16:3E:00:00:01"]], [{"brigde": "br0"}]),
    "pci": Example([["01:00.0", {"bdf": "2:0.0", "permissive": True}]], ["x"]),
    "pci_permissive": _flag("pv"),
    "pci_msitranslate": _flag("pv"),
    "pci_seize": _flag("pv"),
    "pci_power_mgmt": _flag("pv"),
    "passthrough": _word("sync_pt", "disabled", "enabled", "default", "share_pt", guest="pv"),
    "rdm": Example(
        ["strategy=host", "strategy=host,policy=relaxed", {"policy": "strict", "strategy": "host"}], "strategy=x", "hvm"
    ),
    "e820_host": _flag("pv"),
    "ioports": Example([["2f8-2FF", "3f8"], "0x60"], ["8-7"]),
    "irqs": Example([[3, "4"], 5], ["x"]),
    "iomem": Example([["A0,20", "0xf0000,1@F1"], "0,1"], ["a0"]),
    "device_tree": _file("/srv/part.dtb", "pv"),
    "dtdev": Example([["/soc/serial@1", "/soc/x"], "/soc/one"], [["a"]]),
    "vfb": Example([[{"vnc": True, "vncpasswd": "s"}]], [{"vnb": 1}]),
    "vkb": Example(
        [
            [{"backend-type": "linux", "unique_id": "T1", "feature_abs_pointer": True, "width": 800, "height": 600}],
            "backend-type=qemu, multi-touch-width=1,multi-touch-height=2,multi-touch-num-contacts=3",
        ],
        [{"width": 1}],
    ),
    "vtpm": Example([["backend=tpm,uuid=0B8610D8-F741-4A4C-90CA-1F29E41F39B3"], {"backend": "tpm"}], [{"uuid": "x"}]),
    "p9": Example(
        [[{"tag": "t", "path": "/srv", "security_model": "none"}], "tag=a,security_model=none,path=/b"], [{}]
    ),
    "pvcalls": Example([["backend=Domain-0"], {"backend": 0}], ["front=1"]),
    "channel": Example(
        [[{"name": "org.x.1", "connection": "pty"}], "name=n, connection=socket, path=/run/x"], ["name=n"]
    ),
    "usbctrl": Example([[{"version": 2, "ports": 4}], ["type=qusb,version=1", "type=pv"]], ["version=two"]),
    "usbdev": Example([["hostbus=1,hostaddr=3"], {"type": "hostdev", "hostbus": 1, "hostaddr": 2}], ["bus=1"]),
    "vdispl": Example(
        [[{"connectors": "id0:1920x1080;id1:800x600", "be_alloc": False}], "be-alloc=1,connectors=a:1x2"],
        ["be-alloc=1"],
    ),
    "vsnd": Example([[["CARD, short-name=Main", "PCM, name=Main", "STREAM, unique-id=0, type=p"]]], "card"),
    "virtio": Example(
        [["type=virtio,device22,transport=mmio"], {"type": "virtio,device", "transport": "mmio", "grant_usage": True}],
        ["transport=mmio"],
    ),
}
DISPLAY = {
    "vga": _word("stdvga", "cirrus", "none", "qxl"),
    "stdvga": _flag(),
    "videoram": Example(["16M", 32], "x", "hvm"),
    "nographic": _flag(),
    "gfx_passthru": Example([True, False, "igd", "on", "off"], "amd", "hvm"),
    "vnc": _flag(),
    "vnclisten": _text("0.0.0.0", "hvm"),
    "vncdisplay": Example([3], -1, "hvm"),
    "vncunused": _flag(),
    "vncpasswd": _text("s", "hvm"),
    "keymap": _text("de", "hvm"),
    "sdl": _flag(),
    "opengl": _flag(beside="sdl = 1"),
    "display": _text(":0", "hvm", "sdl = 1"),
    "xauthority": _file("/root/.Xauthority", "hvm", "sdl = 1"),
    "spice": _flag(),
    "spicehost": _text("0.0.0.0", "hvm", "spice = 1"),
    "spiceport": Example([6000], 65536, "hvm", "spice = 1"),
    "spicetls_port": Example([6001], -1, "hvm", "spice = 1"),
    "spicedisable_ticketing": _flag(beside="spice = 1"),
    "spicepasswd": _text("s", "hvm", "spice = 1"),
    "spiceagent_mouse": _flag(beside="spice = 1"),
    "spicevdagent": _flag(beside="spice = 1"),
    "spice_clipboard_sharing": _flag(beside="spice = 1"),
    "spiceusbredirection": Example([4], 5, "hvm", "spice = 1"),
    "spice_image_compression": _word("quic", beside="spice = 1"),
    "spice_streaming_video": _word("filter", beside="spice = 1"),
    "serial": Example(["pty", ["pty", "null"]], [["a"]], "hvm"),
    "soundhw": _text("ac97", "hvm"),
    "vkb_device": _flag(),
    "usb": _flag(),
    "usbversion": Example([2], 4, "hvm"),
    "usbdevice": Example(["tablet", ["tablet", "mouse"]], [["a"]], "hvm", "usb = 1"),
}
MODEL = {
    "device_model_version": _word("qemu-xen", "qemu-xen-traditional"),
    "device_model_override": _file(beside="device_model_version = 'qemu-xen'"),
    "device_model_user": _text("nobody", "hvm"),
    "device_model_args": Example([["-a", "b c"], "-a"], [["a"]], "hvm"),
    "device_model_args_pv": Example([["-a"]], [["a"]]),
    "device_model_args_hvm": Example([["-a"]], [["a"]], "hvm"),
    "device_model_stubdomain_override": _flag(),
    "device_model_stubdomain_seclabel": _text(LABEL, "hvm"),
    "stubdomain_kernel": _file(),
    "stubdomain_cmdline": _text("debug", "hvm"),
    "stubdomain_ramdisk": _file(),
    "stubdomain_memory": Example([256, "1G"], "x", "hvm"),
    "dm_restrict": _flag(),
    "gic_version": _word("v3", "v2", "default", guest="pv"),
    "vuart": _word("sbsa_uart", guest="pv"),
    "tee": _word("optee", "none", guest="pv"),
    "sve": _word("hw", "128", "disabled", guest="pv"),
    "vpmu": _flag("pv"),
}
XM = {
    "device_model": _text("/usr/pkg/libexec/qemu-dm", "hvm"),
    "bootentry": _text("hda1:/vmlinuz"),
    "cpu": Example([1], "x"),
    "vcpu_avail": Example([3], "x"),
    "vhpt": Example([0], "x"),
    "nics": Example([1], -1),
    "fda": _file(),
    "fdb": _file(),
    "isa": _flag(),
    "description": _text("a guest"),
    "suppress_spurious_page_faults": _flag(),
}
EVENTS = {
    "on_poweroff": Example(["preserve", "destroy"], "die"),
    "on_reboot": Example(["rename_restart", "restart"], "die"),
    "on_watchdog": Example(["coredump-restart"], "die"),
    "on_crash": Example(["coredump-destroy"], "die"),
    "on_soft_reset": Example(["preserve", "soft-reset"], "die"),
}
EXAMPLES: dict[str, Example] = {**BOOT, **CPU, **HVM, **DEVICES, **DISPLAY, **MODEL, **XM, **EVENTS}
