# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option table: every key is one that xl reads, and no value survives in two forms."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils import _options, _secrets, _xlcfg
from ansible_collections.netbsd.xen.plugins.module_utils._errors import BadValue

# What xl 4.20 reads (tools/xl/xl_parse.c), spice left out.
_XL_KEYS = """
acpi acpi_firmware acpi_laptop_slate acpi_s3 acpi_s4 altp2m apic bios bios_path_override boot bootloader
bootloader_args bootloader_restrict builder cap channel cmdline cpu_weight cpuid cpus cpus_soft device_model_args
device_model_override device_model_version device_tree disk dm_restrict driver_domain e820_host extra firmware
firmware_override gfx_passthru hap hdtype hpet iomem ioports irqs kernel keymap localtime max_event_channels
max_grant_frames max_grant_version max_maptrack_frames maxmem maxvcpus memory name nestedhvm nographic nomigrate nx
on_crash on_poweroff on_reboot on_soft_reset on_watchdog p9 pae passthrough pci pci_msitranslate pci_permissive
pci_power_mgmt pci_seize pool pvshim pvshim_cmdline pvshim_extra pvshim_path ramdisk rdm root rtc_timeoffset sdl
seclabel serial shadow_memory smbios soundhw stdvga timer_mode tsc_mode type usb usbctrl usbdev usbdevice usbversion
uuid vcpus vfb vga videoram vif viridian vnc vncdisplay vnclisten vncpasswd vncunused vpmu vtpm vuart
xen_platform_pci
"""
XL_KEYS = frozenset(_XL_KEYS.split())

# One value for each option, as a task gives it, and another that is refused.
GIVEN = {
    "type": ("pvh", None),
    "uuid": ("0B8610D8-F741-4A4C-90CA-1F29E41F39B3", "x"),
    "kernel": ("/k", "k"),
    "ramdisk": ("/r", "r"),
    "cmdline": ("a 'b' \"c\"", ["a"]),
    "root": ("xbd0", ["a"]),
    "extra": ("-x", ["a"]),
    "bootloader": ("pygrub", ["a"]),
    "bootloader_args": (["-q", "--x"], [["a"]]),
    "firmware": ("uefi", ["a"]),
    "memory": ("1G", "1X"),
    "maxmem": (2048, "0"),
    "vcpus": (2, 0),
    "maxvcpus": (4, -1),
    "cpus": (["0-1", "2"], "x"),
    "disks": ([{"target": "/a", "vdev": "xvda", "access": "ro"}, "file:/b,xvdb,w"], ["x"]),
    "vifs": ([{"bridge": "br0"}, "mac=00:16:3E:00:00:01"], [{"brigde": "br0"}]),
    "pci": (["01:00.0", {"bdf": "2:0.0", "permissive": True}], ["x"]),
    "vfb": ([{"vnc": True, "vncpasswd": "s"}], [{"vnb": 1}]),
    "vnc": (True, None),
    "vnclisten": ("0.0.0.0", ["a"]),
    "vncdisplay": (3, -1),
    "vncpasswd": ("s", ["a"]),
    "serial": ("pty", [["a"]]),
    "on_poweroff": ("destroy", "die"),
    "on_reboot": ("rename_restart", "die"),
    "on_crash": ("coredump-destroy", "die"),
}


def test_every_option_has_an_example():
    assert list(GIVEN) == [option.name for option in _options.TABLE]


def test_names_and_keys_are_unique():
    assert len(_options.BY_NAME) == len(_options.BY_KEY) == len(_options.TABLE)


@pytest.mark.parametrize("option", _options.TABLE, ids=[option.name for option in _options.TABLE])
class TestEachOption:
    def test_key_is_of_xl(self, option):
        assert option.key in XL_KEYS

    def test_written_and_read_is_the_same(self, option):
        wanted = _options.wanted_from({option.name: GIVEN[option.name][0]})[option.name]
        text = _xlcfg.new_document([(option.key, option.kind.to_file(wanted))], "x")
        assert option.kind.from_file(option.key, _xlcfg.parse(text).get(option.key)) == wanted
        # what a return value says can be given to a task again
        assert option.kind.from_param(option.name, option.kind.to_data(wanted)) == wanted

    def test_refused(self, option):
        bad = GIVEN[option.name][1]
        if bad is None:
            assert "choices" in option.spec or option.spec["type"] == "bool"
            return
        with pytest.raises(BadValue) as caught:
            _options.wanted_from({option.name: bad})
        assert option.name in caught.value.message

    def test_nothing_has_a_default(self, option):
        assert "default" not in option.spec
        assert _options.wanted_from({option.name: None}) == {}

    def test_limit_is_an_option(self, option):
        assert option.limit is None or option.limit in _options.BY_NAME

    def test_secrets_are_not_logged(self, option):
        assert option.secret == bool(option.spec.get("no_log")) == (option.key in _secrets.SECRET_KEYS)


def test_secrets_of_frame_buffers_are_not_logged():
    assert _options.BY_NAME["vfb"].spec["options"]["vncpasswd"]["no_log"] is True


@pytest.mark.parametrize(
    "key, text, value",
    [
        ("memory", "0x200", 512),
        ("memory", "'512'", 512),
        ("vcpus", "02", 2),
        ("vnc", "1", 1),
        ("serial", "'pty'", ["pty"]),
        ("uuid", "'not one'", "not one"),
        ("on_crash", "'rename_restart'", "rename-restart"),
        ("kernel", "'relative'", "relative"),
        ("cpus", "3", "3"),
    ],
)
def test_a_file_may_say_it_differently(key, text, value):
    option = _options.BY_KEY[key]
    assert option.kind.from_file(key, _xlcfg.parse(f"{key} = {text}\n").get(key)) == value


@pytest.mark.parametrize(
    "key, text",
    [("memory", "'much'"), ("memory", "[ 1 ]"), ("kernel", "[ '/k' ]"), ("vif", "'bridge=br0'"), ("vncdisplay", "'x'")],
)
def test_what_xl_could_not_use(key, text):
    with pytest.raises(BadValue):
        _options.BY_KEY[key].kind.from_file(key, _xlcfg.parse(f"{key} = {text}\n").get(key))
