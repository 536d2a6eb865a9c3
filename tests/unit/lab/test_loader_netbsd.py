# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetBSD's boot loader in the lab: one test for each rule of its source that decides what starts."""

from __future__ import annotations

import gzip

import pytest
from loader_disk import OLD_XEN, USUAL, boot, boot_disk, kernel
from xenlab.loader import bootcfg, images
from xenlab.loader.outcome import Dead, Native, Person, Reset, Result, Xen

XEN = "load /netbsd-XEN3_DOM0.gz console=pc;multiboot /xen.gz dom0_mem=512M"


def dead(result: Result) -> str:
    assert isinstance(result, Dead)
    return result.message


def xen(result: Result) -> Xen:
    assert isinstance(result, Xen)
    return result


def parsed(text: str) -> bootcfg.BootCfg:
    found = bootcfg.parse(text.encode())
    assert found is not None
    return found


# -- the file


def test_the_stock_file_boots_the_native_kernel() -> None:
    choice = boot("menu=Boot normally:rndseed /var/db/entropy-file;boot netbsd\ndefault=1\ntimeout=5\n")
    assert (choice.entry, choice.title, choice.why) == (1, "Boot normally", "default, after 5 s")
    assert choice.result == Native("netbsd", images.Image(kernel("GENERIC"), "10.1", "GENERIC"))


def test_a_number_sign_anywhere_cuts_the_line() -> None:
    cfg = parsed("menu=Xen #1:load /x\nmenu=Native:boot netbsd # really\n")
    assert [(each.title, each.command) for each in cfg.menu] == [("Native", "boot netbsd ")]


def test_keywords_are_compared_by_their_first_letters_only() -> None:
    cfg = parsed("menuentry=A:boot\ntimeouts=3\ndefaulted=1\nbanners=hello\n")
    assert [each.title for each in cfg.menu] == ["A"]
    assert (cfg.timeout, cfg.banner) == (3, ("hello",))


def test_a_blank_before_the_keyword_makes_it_unknown_and_one_after_it_not() -> None:
    assert parsed(" menu=A:boot\nmenu =B:boot\n").menu == (bootcfg.Entry("B", "boot"),)


def test_an_entry_without_a_colon_vanishes_and_one_without_a_title_shows_its_command() -> None:
    cfg = parsed("menu=nothing\nmenu=:boot hd0a:netbsd\n")
    assert cfg.menu == (bootcfg.Entry("boot hd0a:netbsd", "boot hd0a:netbsd"),)


def test_entries_beyond_twenty_and_banners_beyond_twelve_are_dropped() -> None:
    cfg = parsed("".join(f"menu=M{n}:boot\nbanner=B{n}\n" for n in range(30)))
    assert (len(cfg.menu), len(cfg.banner)) == (20, 12)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("5", 5), ("0", 0), ("10s", 10), ("-1", -1), ("", -1), (" 5", -1)],
)
def test_a_timeout_that_begins_with_no_digit_waits_for_ever(value: str, seconds: int) -> None:
    assert parsed(f"menu=A:boot\ntimeout={value}\n").timeout == seconds


@pytest.mark.parametrize(("value", "index"), [("1", 0), ("2", 1), ("0", 0), ("-3", 0), ("9", 1), ("x", 0)])
def test_default_is_clipped_to_the_menu(value: str, index: int) -> None:
    assert parsed(f"menu=A:boot\nmenu=B:boot\ndefault={value}\n").default == index


@pytest.mark.parametrize(
    ("form", "timeout", "entries", "letters"),
    [("n", 5, 9, False), ("d", 5, 9, False), ("n", 0, 12, False), ("a", 5, 12, True), ("l", 0, 12, True)],
)
def test_numbers_with_a_timeout_keep_nine_entries(form: str, timeout: int, entries: int, letters: bool) -> None:
    text = "".join(f"menu=M{n}:boot\n" for n in range(12))
    cfg = parsed(f"{text}format={form}\ntimeout={timeout}\n")
    assert (len(cfg.menu), cfg.letters) == (entries, letters)


def test_a_file_of_more_than_32768_bytes_counts_as_absent() -> None:
    head = "menu=Xen:prompt\ntimeout=5\n"
    assert bootcfg.parse((head + "x" * (32768 - len(head))).encode())
    choice = boot(head + "x" * (32769 - len(head)))
    assert choice.config == ""
    assert isinstance(choice.result, Native)


def test_a_global_rndseed_is_ignored_and_a_global_load_comes_first() -> None:
    assert parsed("rndseed=/seed\n").modules == ()
    modules = xen(boot(f"load=/var/db/entropy-file\nmenu=Xen:{XEN}\n").result).modules
    assert [module.text for module in modules] == ["/var/db/entropy-file", "/netbsd-XEN3_DOM0.gz console=pc"]


# -- running an entry


@pytest.mark.parametrize(("length", "starts"), [(79, True), (80, False)])
def test_a_command_of_80_characters_overwrites_the_loaders_stack(length: int, starts: bool) -> None:
    command = "multiboot /xen.gz dom0_mem=512M "
    command += "x" * (length - len(command))
    result = boot(f"menu=Xen:load /netbsd-XEN3_DOM0.gz;{command}\n").result
    assert isinstance(result, Xen) if starts else "overwrote its own stack" in dead(result)


def test_a_long_command_behind_one_that_starts_something_is_never_copied() -> None:
    assert isinstance(boot(f"menu=A:boot netbsd;{'x' * 90}\n").result, Native)


def test_blanks_behind_a_semicolon_do_not_count_and_those_of_the_first_command_do() -> None:
    assert bootcfg.commands("a;   b ;;c") == ["a", "b ", "c"]
    assert isinstance(boot("menu=A:nothing;   boot netbsd  \ntimeout=5\n").result, Native)
    assert "unknown command" in dead(boot("menu=A: boot netbsd\ntimeout=5\n").result)


def test_prompt_alone_waits_at_the_prompt() -> None:
    assert "waits at its prompt" in dead(boot("menu=P:prompt\ntimeout=5\n").result)


def test_without_a_timeout_the_menu_waits() -> None:
    assert "waits at its menu" in dead(boot("menu=A:boot netbsd\ntimeout=no\n").result)


def test_an_entry_that_fails_leads_back_to_the_menu() -> None:
    choice = boot("menu=A:boot nothere\nmenu=B:boot netbsd\ntimeout=5\n")
    assert "boot: hd0a:nothere: No such file or directory" in dead(choice.result)


def test_quit_resets_the_machine() -> None:
    assert boot("menu=Q:quit\n").result == Reset()


def test_somebody_at_the_console_chooses_by_number_or_title_or_types() -> None:
    text = f"menu=Xen:{XEN}\nmenu=Native:boot netbsd\ntimeout=5\n"
    assert boot(text, Person(entry=2)).title == "Native"
    assert boot(text, Person(entry="Native")).why == "chosen at the console"
    assert isinstance(boot(text, Person(command="boot netbsd -s")).result, Native)
    with pytest.raises(ValueError, match="no entry 3"):
        boot(text, Person(entry=3))


def test_nobody_can_choose_when_the_timeout_is_zero() -> None:
    assert boot("menu=A:boot netbsd\nmenu=B:prompt\ntimeout=0\n", Person(entry=2)).title == "A"


def test_a_failed_choice_counts_down_to_the_default_again() -> None:
    choice = boot("menu=A:boot netbsd\nmenu=B:boot nothere\ntimeout=5\n", Person(entry=2))
    assert (choice.title, isinstance(choice.result, Native)) == ("A", True)


# -- boot


@pytest.mark.parametrize(
    ("command", "flags"), [("boot netbsd", ""), ("boot", ""), ("boot -s", "s"), ("boot hd0a:netbsd -sv", "sv")]
)
def test_boot_takes_a_file_and_flags(command: str, flags: str) -> None:
    result = boot(f"menu=A:{command}\n").result
    assert isinstance(result, Native)
    assert result.flags == flags


def test_boot_refuses_arguments_that_are_no_flags_and_other_disks() -> None:
    assert "invalid arguments" in dead(boot("menu=A:boot netbsd console=com0\n").result)
    assert "Device not configured" in dead(boot("menu=A:boot hd1a:netbsd\n").result)


@pytest.mark.parametrize("name", ["netbsd__gz", "onetbsd", "netbsd__old"])
def test_without_a_name_the_usual_ones_are_tried(name: str) -> None:
    data = kernel("GENERIC")
    files: dict[str, bytes | None] = {"netbsd": None, name: gzip.compress(data) if name.endswith("gz") else data}
    assert isinstance(boot(None, **files).result, Native)


def test_without_a_menu_and_a_kernel_the_loader_waits() -> None:
    assert "found no kernel" in dead(boot(None, netbsd=None).result)


def test_what_is_no_kernel_is_refused_and_a_xen_kernel_dies() -> None:
    assert "Exec format error" in dead(boot("menu=A:boot var/db/entropy-file\n").result)
    assert "Exec format error" in dead(boot("menu=A:boot netbsd\n", netbsd=b"\x1f\x8bdamaged").result)
    assert "XEN3_DOM0" in dead(boot("menu=A:boot netbsd-XEN3_DOM0.gz\n").result)


def test_a_compressed_kernel_may_have_several_members() -> None:
    data = kernel("GENERIC")
    image = images.read(gzip.compress(data[:50]) + gzip.compress(data[50:]))
    assert image == images.Image(data, "10.1", "GENERIC")
    assert images.read(gzip.compress(data)[:-4]) is None


# -- load, multiboot


def test_xen_gets_its_arguments_and_the_first_module_is_the_dom0_kernel() -> None:
    result = xen(boot(f"menu=Xen:{XEN} console=com1\n").result)
    assert (result.file, result.arguments) == ("/xen.gz", "dom0_mem=512M console=com1")
    assert [module.text for module in result.modules] == ["/netbsd-XEN3_DOM0.gz console=pc"]
    assert result.modules[0].image.config == "XEN3_DOM0"


def test_a_seed_before_the_kernel_is_the_first_module() -> None:
    result = xen(boot(f"menu=Xen:rndseed /var/db/entropy-file;{XEN}\n").result)
    assert not result.modules[0].image.boots_as_dom0


def test_the_same_line_is_loaded_once() -> None:
    result = xen(boot(f"load=/netbsd-XEN3_DOM0.gz console=pc\nmenu=Xen:{XEN}\n").result)
    assert len(result.modules) == 1


def test_file_and_arguments_of_a_module_are_cut_at_79_characters() -> None:
    text = "/netbsd-XEN3_DOM0.gz console=pc pciback.hide=(00:05.0)(00:06.0)(01:00.0)(02:00.0)"
    result = xen(boot(f"load={text}\nmenu=Xen:multiboot /xen.gz\n").result)
    assert result.modules[0].text == text[:79]


def test_a_module_that_is_missing_is_left_out() -> None:
    choice = boot("menu=Xen:load /nothere;multiboot /xen.gz dom0_mem=512M\n")
    assert xen(choice.result).modules == ()
    assert "WARNING: couldn't open /nothere" in choice.screen


def test_a_module_without_a_leading_slash_and_with_arguments_is_not_found() -> None:
    relative = "load netbsd-XEN3_DOM0.gz{};multiboot /xen.gz"
    assert len(xen(boot(f"menu=Xen:{relative.format('')}\n").result).modules) == 1
    assert xen(boot(f"menu=Xen:{relative.format(' console=pc')}\n").result).modules == ()


def test_modules_off_loads_none() -> None:
    assert xen(boot(f"menu=Xen:modules off;{XEN}\n").result).modules == ()


@pytest.mark.parametrize("name", ["nothere", "netbsd"])
def test_multiboot_needs_a_multiboot_kernel(name: str) -> None:
    assert f"multiboot: hd0a:/{name}" in dead(boot(f"menu=Xen:multiboot /{name}\n").result)


# -- firmware


def test_the_machine_needs_boot_blocks_and_a_boot_loader() -> None:
    assert "no boot blocks" in dead(boot_disk({"/etc/lab/mbr": None}).result)
    assert "no /boot" in dead(boot_disk({"/boot": None}).result)


UEFI = {
    "/etc/lab/firmware": "uefi\n",
    "/etc/lab/esp/EFI/boot/bootx64.efi": "NetBSD/x86 EFI Boot (x64), Revision 1.1 (from NetBSD 10.1)",
    "/boot.cfg": f"menu=Xen:{XEN}\n",
}


def test_uefi_reads_the_file_of_the_efi_partition_first() -> None:
    shadow = "/etc/lab/esp/EFI/NetBSD/boot.cfg"
    assert boot_disk(UEFI).config == "/boot.cfg"
    choice = boot_disk({**UEFI, shadow: "menu=Native:boot netbsd\n"})
    assert (choice.config, choice.title) == (shadow, "Native")
    assert boot_disk({**UEFI, shadow: "x" * 32769}).config == "/boot.cfg"


def test_uefi_needs_a_multiboot2_hypervisor_and_a_loader_of_netbsd_9() -> None:
    assert isinstance(boot_disk(UEFI).result, Xen)
    old_loader = {"/etc/lab/esp/EFI/boot/bootx64.efi": "NetBSD/x86 EFI Boot (x64) (from NetBSD 8.2)"}
    for change in ({"/xen.gz": OLD_XEN}, old_loader):
        choice = boot_disk({**UEFI, **change})
        assert "EFI boot requires multiboot 2 kernel" in choice.screen
        assert "Exec format error" in dead(choice.result)


def test_a_bios_starts_an_old_hypervisor_too() -> None:
    assert isinstance(boot_disk({"/boot.cfg": f"menu=Xen:{XEN}\n", "/xen.gz": OLD_XEN}).result, Xen)


def test_the_usual_disk_is_complete() -> None:
    assert images.read(USUAL["/xen.gz"]) == images.Image(gzip.decompress(USUAL["/xen.gz"]))
