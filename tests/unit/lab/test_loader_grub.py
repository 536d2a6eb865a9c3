# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB legacy in the lab: what of menu.lst decides what starts."""

from __future__ import annotations

import gzip

import pytest
from loader_disk import boot_disk, kernel
from xenlab.loader.outcome import Choice, Dead, Native, Person, Reset, Xen

XEN = """\
title Xen 3 / NetBSD
  kernel (hd0,a)/xen.gz dom0_mem=65536 com1=115200,8n1
  module (hd0,a)/netbsd-XEN3_DOM0.gz bootdev=wd0a ro console=pc
"""
NATIVE = """\
title NetBSD
  root (hd0,a)
  kernel --type=netbsd /netbsd
"""


def boot(menu: str, person: Person | None = None, **files: bytes) -> Choice:
    disk: dict[str, bytes | str | None] = {"/etc/lab/mbr": "grub", "/grub/stage2": b"", "/grub/menu.lst": menu}
    return boot_disk({**disk, **{f"/{name}": data for name, data in files.items()}}, person or Person())


def message(choice: Choice) -> str:
    assert isinstance(choice.result, Dead)
    return choice.result.message


def test_the_howtos_entry_boots_xen() -> None:
    choice = boot(f"timeout=10\n{XEN}")
    assert isinstance(choice.result, Xen)
    assert (choice.loader, choice.title) == ("menu.lst", "Xen 3 / NetBSD")
    assert choice.result.arguments == "dom0_mem=65536 com1=115200,8n1"
    assert [each.text for each in choice.result.modules] == ["(hd0,a)/netbsd-XEN3_DOM0.gz bootdev=wd0a ro console=pc"]


@pytest.mark.parametrize("setting", ["default=1", "default 1", "default = 1"])
def test_default_counts_from_zero_in_every_spelling(setting: str) -> None:
    choice = boot(f"{setting}\ntimeout 5\n{XEN}{NATIVE}")
    assert (choice.entry, choice.why) == (2, "default, after 5 s")
    assert isinstance(choice.result, Native)


def test_unknown_words_are_passed_over() -> None:
    choice = boot(f"Default=1\ntimeout=5\n{NATIVE}root(hd1,0)\nload /nothere\n{XEN}")
    assert choice.title == "NetBSD"
    assert isinstance(choice.result, Native)


def test_a_title_without_a_command_is_no_entry() -> None:
    assert boot(f"default=1\ntimeout=5\ntitle Empty\n{XEN}title Empty too\n{NATIVE}title Last\n").title == "NetBSD"


def test_a_backslash_continues_a_line() -> None:
    result = boot(f"timeout=5\n{XEN.rstrip()} \\\n  root=wd0a\n").result
    assert isinstance(result, Xen)
    assert result.modules[0].text.split()[-2:] == ["console=pc", "root=wd0a"]


def test_a_default_that_is_not_there_is_the_fallback_or_the_first() -> None:
    assert boot(f"default=7\ntimeout=5\n{XEN}{NATIVE}").entry == 1
    assert boot(f"default=7\nfallback=1\ntimeout=5\n{XEN}{NATIVE}").entry == 2


def test_the_saved_default_is_in_a_file_beside_the_menu() -> None:
    assert boot(f"default=saved\ntimeout=5\n{XEN}{NATIVE}").entry == 1
    assert boot(f"default=saved\ntimeout=5\n{XEN}{NATIVE}", **{"grub/default": b"1\n"}).entry == 2


def test_without_a_timeout_grub_waits() -> None:
    assert "there is no timeout" in message(boot(NATIVE))


def test_comments_and_settings_of_the_terminal_do_nothing() -> None:
    menu = "# timeout=3\nserial --unit=0 --speed=115200\nterminal --timeout=10 serial console\ntimeout=5\n"
    assert isinstance(boot(menu + NATIVE).result, Native)


def test_fallback_is_tried_when_the_default_fails() -> None:
    broken = "title Broken\nkernel (hd0,a)/nothere\n"
    choice = boot(f"timeout=5\nfallback=1\n{broken}{NATIVE}")
    assert (choice.title, choice.why) == ("NetBSD", "fallback")
    assert "Error 15: File not found" in message(boot(f"timeout=5\n{broken}{NATIVE}"))


@pytest.mark.parametrize(
    ("commands", "error"),
    [
        ("kernel (hd1,a)/xen.gz", "Error 21: Selected disk does not exist"),
        ("kernel (hd0,b)/xen.gz", "Error 22: No such partition"),
        ("root (wd0a)", "Error 11: Unrecognized device string"),
        ("makeactive", "Error 8: Kernel must be loaded before booting"),
        ("module /netbsd", "Error 20: Multiboot kernel must be loaded before modules"),
        ("kernel /var/db/entropy-file", "Error 13: Invalid or unsupported executable format"),
        ("kernel netbsd", "Error 1: Filename must be either an absolute pathname or blocklist"),
        ("root (hd0,a)", "Error 8: Kernel must be loaded before booting"),
        ("kernel /netbsd", "without --type=netbsd"),
        ("kernel --type=netbsd /netbsd-XEN3_DOM0.gz", "is a kernel for Xen"),
    ],
)
def test_what_grub_refuses(commands: str, error: str) -> None:
    assert error in message(boot(f"timeout=5\ntitle A\n{commands}\n"))


@pytest.mark.parametrize("partition", ["(hd0,0)", "(hd0,a)", "(hd0,0,a)"])
def test_the_root_partition_has_three_names(partition: str) -> None:
    assert isinstance(boot(f"timeout=5\ntitle A\nroot {partition}\nkernel --type=netbsd /netbsd\n").result, Native)


def test_chainloader_goes_on_with_netbsds_own_loader() -> None:
    menu = "timeout=5\ntitle chain\nroot (hd0,0)\nchainloader +1\n"
    disk: dict[str, bytes | str | None] = {"/etc/lab/mbr": "grub", "/grub/stage2": b"", "/grub/menu.lst": menu}
    choice = boot_disk({**disk, "/boot.cfg": "menu=Native:boot netbsd\n"})
    assert (choice.loader, choice.title) == ("boot.cfg", "Native")
    assert "  Booting 'chain'" in choice.screen


def test_a_long_module_line_is_not_cut() -> None:
    words = "pciback.hide=" + "(00:05.0)" * 7
    result = boot(f"timeout=5\ntitle A\nkernel /xen.gz\nmodule /netbsd-XEN3_DOM0.gz {words}\n").result
    assert isinstance(result, Xen)
    assert result.modules[0].text.endswith(words)


def test_somebody_at_the_console_chooses() -> None:
    assert boot(f"timeout=5\n{XEN}{NATIVE}", Person(entry=2)).title == "NetBSD"
    assert isinstance(boot("title R\nreboot\n", Person(entry="R")).result, Reset)


def test_grub_needs_its_second_stage_and_a_menu() -> None:
    assert "stage2" in message(boot_disk({"/etc/lab/mbr": "grub"}))
    assert "no menu.lst" in message(boot_disk({"/etc/lab/mbr": "grub", "/grub/stage2": b""}))


def test_a_compressed_kernel_boots() -> None:
    data = gzip.compress(kernel("GENERIC", "5.2"))
    result = boot("timeout=5\ntitle A\nkernel --type=netbsd /netbsd.gz\n", **{"netbsd.gz": data}).result
    assert isinstance(result, Native)
    assert result.image.release == "5.2"
