# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option table: every key is one that xl or xm reads, and no value survives in two forms."""

from __future__ import annotations

import pytest
from ansible.module_utils.basic import PASSWORD_MATCH
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netbsd.xen.plugins.module_utils.core import _secrets
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options import _kinds, _kinds_lists, _live, _options
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.option_examples import EXAMPLES

# What xl 4.20 reads (tools/xl/xl_parse.c), scheduler parameters left out that xl.cfg(5) does not mention.
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
xen_platform_pci bootloader_user hvm_pirq init_seclabel xend_suspend_evtchn_compat vmtrace_buf_kb vnuma oos msr_relaxed
altp2mhvm vpt_align smbios_firmware ms_vm_genid vendor_device mmio_hole rdm_mem_boundary mca_caps vkb_device dtdev
pvcalls vkb vdispl vsnd virtio opengl display xauthority spice spicehost spiceport spicetls_port spicedisable_ticketing
spicepasswd spiceagent_mouse spicevdagent spice_clipboard_sharing spiceusbredirection spice_image_compression
spice_streaming_video device_model_user device_model_args_pv device_model_args_hvm device_model_stubdomain_override
device_model_stubdomain_seclabel stubdomain_kernel stubdomain_cmdline stubdomain_ramdisk stubdomain_memory gic_version
tee sve
"""
XL_KEYS = frozenset(_XL_KEYS.split())

# Options of xen_domain that say how to go about it; a property must not have one of these names, now or later.
BEHAVIOUR = frozenset(
    """name state timeout force allow_restart apply device_policy config backup save_file remove_disks extra_config
    autostart autostart_order renamed_from wait_for toolstack config_dir lock_timeout delay after domains""".split()  # noqa: SIM905
)
# An amount, a UUID, an action: taken out of a file with null in extra_config
NEVER_EMPTY = (_kinds.MEMORY, _kinds.MIB, _kinds.UUID, _kinds.ACTION, _kinds_lists.GFX_PASSTHRU)
GIVEN = [(name, value) for name, example in EXAMPLES.items() for value in example.good]


def test_every_option_has_examples():
    assert set(EXAMPLES) == {option.name for option in _options.TABLE}


def test_every_key_of_xl_is_an_option():
    assert {option.key for option in _options.TABLE if not option.only_xm} == XL_KEYS - {"name"}


def test_names_and_keys_are_unique():
    assert len(_options.BY_NAME) == len(_options.BY_KEY) == len(_options.TABLE)
    assert not BEHAVIOUR & set(_options.BY_NAME)


@pytest.mark.parametrize("name, value", GIVEN, ids=lambda item: str(item)[:40])
def test_written_and_read_is_the_same(name, value):
    option = _options.BY_NAME[name]
    wanted = _options.wanted_from({name: value})[name]
    text = _xlcfg.new_document([(option.key, option.kind.to_file(wanted))], "x")
    assert option.kind.from_file(option.key, _xlcfg.parse(text).get(option.key)) == wanted
    # what a return value says can be given to a task again
    assert option.kind.from_param(name, option.kind.to_data(wanted)) == wanted
    # a task may say it as extra_config
    assert _options.split_extra({option.key: option.kind.to_file(wanted)}, {}) == ({name: wanted}, {})


@pytest.mark.parametrize("name, value", GIVEN, ids=lambda item: str(item)[:40])
def test_ansible_lets_it_through(name, value):
    option = _options.BY_NAME[name]
    validated = ArgumentSpecValidator({name: option.spec}).validate({name: value})
    assert validated.error_messages == []
    assert _options.wanted_from(validated.validated_parameters)[name] == _options.wanted_from({name: value})[name]


@pytest.mark.parametrize("option", _options.TABLE, ids=[option.name for option in _options.TABLE])
class TestEachOption:
    def test_refused(self, option):
        bad = EXAMPLES[option.name].bad
        if bad is None:
            assert "choices" in option.spec or option.spec["type"] == "bool"
            return
        with pytest.raises(BadValue) as caught:
            _options.wanted_from({option.name: bad})
        assert option.name in caught.value.message

    def test_nothing_has_a_default(self, option):
        assert "default" not in option.spec
        assert _options.wanted_from({option.name: None}) == {}

    def test_nothing_removes_it(self, option):
        """What is empty takes texts and lists out of a file; see _plan_config.file_changes."""
        empty = {"str": "", "path": "", "raw": []}.get(option.spec["type"])
        if empty is not None and option.kind not in NEVER_EMPTY:
            assert option.kind.from_param(option.name, empty) in ("", [])

    def test_limit_is_an_option(self, option):
        assert option.limit is None or option.limit in _options.BY_NAME

    def test_secrets_are_not_logged(self, option):
        assert option.secret == bool(option.spec.get("no_log")) == (option.key in _secrets.SECRET_KEYS)

    def test_nothing_is_known_of_a_guest_without_configuration(self, option):
        """dom0 has hardly any, and no getter stumbles over that."""
        option.live({})
        option.live({"c_info": {"type": "pv"}, "b_info": {"type.pv": {}}})
        option.live({"c_info": {"type": "hvm"}, "b_info": {"type.hvm": {}}})


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


def test_what_xend_does_not_tell_is_not_known():
    """That its listing lacks a word is no default of libxl's."""
    told = {"told_by": "xend", "c_info": {"type": "hvm"}, "b_info": {"type.hvm": {}}}
    values = {option.name: option.live(told) for option in _options.TABLE}
    assert values["localtime"] is values["hpet"] is values["vga"] is values["p9"] is _live.UNKNOWN
    assert (values["type"], values["vifs"], values["on_crash"]) == ("hvm", [], "destroy")
    assert _options.BY_NAME["localtime"].live({**told, "told_by": "libxl"}) == 0


@pytest.mark.parametrize(
    "version, ignored",
    [
        ((4, 2), ["type", "cmdline", "p9", "smbios", "fda"]),
        ((4, 8), ["type", "smbios", "fda"]),
        ((4, 17), ["smbios", "fda"]),
        ((4, 20), ["fda"]),
    ],
)
def test_what_an_older_xl_ignores(version, ignored):
    names = ["memory", "type", "builder", "cmdline", "p9", "smbios", "fda"]
    assert _options.unknown_to(version, names) == ignored


def test_ansible_takes_nothing_else_for_a_secret():
    """It warns of each option with such a name that does not say whether it is one."""
    for name, spec in _options.argument_spec().items():
        if PASSWORD_MATCH.search(name) or "key" in name:
            assert "no_log" in spec, name
