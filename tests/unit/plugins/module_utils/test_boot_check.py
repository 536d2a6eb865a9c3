# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of boot menus: each trap is found, and a good menu has none."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_rules import Surroundings

GOOD = """\
menu=Xen:load /netbsd-XEN3_DOM0.gz console=pc;multiboot /xen.gz dom0_mem=512M
menu=NetBSD:rndseed /var/db/entropy-file;boot netbsd
menu=Prompt:prompt
timeout=5
default=1
"""
GRUB = """\
default 0
timeout 5
title Xen
kernel (hd0,a)/xen.gz dom0_mem=512M
module (hd0,a)/netbsd-XEN3_DOM0.gz console=pc
title NetBSD
root (hd0,a)
kernel --type=netbsd /netbsd
"""
FILES = {"/xen.gz", "/netbsd", "/netbsd-XEN3_DOM0.gz"}
HOST = Surroundings(exists=FILES.__contains__)


def found(loader, text, host=HOST):
    """(severity's first letter, id, line) of every problem."""
    return [(item.severity[0], item.id, item.line) for item in _boot.problems(_boot.parse(loader, text), host)]


def xen(arguments="dom0_mem=512M", kernel="/netbsd-XEN3_DOM0.gz"):
    """A menu with one Xen entry in line 1, and a native one."""
    return f"menu=X:load {kernel};multiboot /xen.gz {arguments}\nmenu=N:boot netbsd\n"


def test_good_menus():
    assert found("boot.cfg", GOOD) == []
    assert found("menu.lst", GRUB) == []


@pytest.mark.parametrize(
    "text, problems",
    [
        # 79 characters fit, 80 do not
        (xen("dom0_mem=512M " + "x" * 47), []),
        (xen("dom0_mem=512M " + "x" * 48), [("e", "command_too_long", 1)]),
        (xen("dom0_mem=512M " + "x" * 46 + "\u00e9"), [("e", "command_too_long", 1)]),
        (xen("dom0_mem=512M " + "x" * 47 + " "), [("e", "command_too_long", 1)]),
        # memory
        (xen(""), [("w", "dom0_mem_missing", 1)]),
        (xen("dom0_mem=512"), [("e", "dom0_mem_unit", 1)]),
        (xen("dom0_mem=65536"), [("w", "dom0_mem_unit", 1)]),
        (xen("dom0_mem=min:1G,max:2"), [("e", "dom0_mem_unit", 1)]),
        (xen("dom0_mem=lots"), [("e", "dom0_mem_syntax", 1)]),
        (xen("dom0_mem=1 dom0_mem=1G"), []),  # the last one counts
        # the modules
        ("menu=X:multiboot /xen.gz dom0_mem=1G;load /netbsd-XEN3_DOM0.gz\n" + GOOD, [("e", "no_dom0_kernel", 1)]),
        (
            "menu=S:rndseed /var/db/entropy-file;load /netbsd-XEN3_DOM0.gz;multiboot /xen.gz dom0_mem=1G\n" + GOOD,
            [("e", "wrong_first_module", 1), ("e", "missing_file", 1)],
        ),
        (
            "menu=S:load /netbsd-XEN3_DOM0.gz;rndseed /seed;multiboot /xen.gz dom0_mem=1G\n" + GOOD,
            [("w", "more_modules", 1)],
        ),
        ("load=/netbsd\n" + xen(), [("e", "global_module", 1)]),
        ("fs=/ramdisk\nmenu=N:boot netbsd\n", []),
        ("rndseed=/seed\nmenu=N:boot netbsd\n", [("w", "ignored_keyword", 1)]),
        (xen(kernel="netbsd-XEN3_DOM0.gz"), [("e", "load_relative", 1)]),
        # pciback
        (xen(kernel="/netbsd-XEN3_DOM0.gz pciback.hide=(0:19.0)(0000:1:2.3)"), []),
        (xen(kernel="/netbsd-XEN3_DOM0.gz pciback.hide=(0:19.0),(1:2.3)"), [("e", "pciback_syntax", 1)]),
        (xen(kernel="/netbsd-XEN3_DOM0.gz pciback.hide=0:19.0"), [("e", "pciback_syntax", 1)]),
        (
            "menu=X:load /netbsd pciback.hide=" + "(00:19.0)" * 7 + ";multiboot /xen.gz dom0_mem=1G\n" + GOOD,
            [("e", "command_too_long", 1)],
        ),
        # files
        (xen(kernel="/nothere"), [("e", "missing_file", 1)]),
        (xen(kernel="hd1a:/nothere"), []),  # another disk: nobody can tell
        ("menu=N:boot netbsd\nmenu=O:boot netbsd.old -s\n", [("e", "missing_file", 2)]),
        # lines that the loader does not take
        ("menu=X #1:boot\n" + GOOD, [("e", "dropped_no_colon", 1)]),
        (" menu=X:boot\n" + GOOD, [("e", "dropped_no_key", 1)]),
        ("menu\n" + GOOD, [("e", "dropped_no_colon", 1)]),
        (
            "menu=N:boot netbsd\n" * 21,
            [("w", "duplicate_name", line) for line in range(2, 21)] + [("e", "dropped_too_many", 21)],
        ),
        ("menu=X: boot netbsd\n" + GOOD, [("e", "blank_before_command", 1), ("e", "boots_nothing", 1)]),
        ("menu=X:bot netbsd\n" + GOOD, [("w", "unknown_command", 1), ("e", "boots_nothing", 1)]),
        ("menu=X:boot netbsd console=pc\n" + GOOD, [("e", "bad_boot_arguments", 1)]),
        ("menu=X:boot netbsd -k\n" + GOOD, [("e", "bad_boot_arguments", 1)]),
        ("menu=X:boot netbsd -s -12\n" + GOOD, []),
        ("menu=X:;boot netbsd\n" + GOOD, [("e", "empty_command", 1)]),
        ("menu=X:vesa on;;boot netbsd\n" + GOOD, [("e", "empty_command", 1)]),
        ("menu=X:boot netbsd;\n" + GOOD, []),
        ("menu=X:boot netbsd\r\n" + GOOD, [("e", "carriage_return", 1), ("e", "missing_file", 1)]),
        ("menu=X:boot netbsd#2\n" + GOOD, [("w", "cut_at_hash", 1)]),
        ("menu=X:boot netbsd #2\n" + GOOD, []),
        # settings
        ("menu=N:boot netbsd\ndefault=4\n", [("w", "default_out_of_range", 2)]),
        ("menu=N:boot netbsd\nmenu=P:prompt\ndefault=2\n", [("w", "default_prompt", 2)]),
        ("menu=N:boot netbsd\ntimeout=-1\n", [("w", "waits_for_ever", 2)]),
        ("menu=N:boot netbsd\nconsdev=com4\n", [("w", "bad_consdev", 2)]),
        ("menu=N:boot netbsd\nconsdev=com0,115200\n", []),
        ("menu=P:prompt\n", [("w", "no_native_entry", 0), ("w", "default_prompt", 1)]),
        ("", [("w", "no_menu", 0)]),
        ("banner=x\n" * 13 + "menu=N:boot netbsd\n", [("w", "too_many_banners", 13)]),
        ("menu=N:boot netbsd\n" + "#" * 32768, [("e", "file_too_large", 0)]),
        ("menu=N:boot netbsd\n\0", [("e", "nul_byte", 2)]),
    ],
)
def test_boot_cfg(text, problems):
    assert found("boot.cfg", text) == problems


def test_uefi():
    shadowed = HOST._replace(uefi=True, shadowed_by="/esp/EFI/NetBSD/boot.cfg")
    assert ("e", "shadowed", 0) in found("boot.cfg", GOOD, shadowed)
    old = HOST._replace(uefi=True, multiboot2=lambda path: False)
    assert found("boot.cfg", GOOD, old) == [("e", "needs_multiboot2", 1)]
    assert found("boot.cfg", GOOD, old._replace(uefi=False)) == []
    assert found("boot.cfg", GOOD, old._replace(multiboot2=lambda path: None)) == []


@pytest.mark.parametrize(
    "text, problems",
    [
        ("", [("e", "no_menu", 0)]),
        (GRUB.replace("timeout 5\n", ""), [("w", "waits_for_ever", 0)]),
        (GRUB.replace("default 0", "default 2"), [("w", "default_out_of_range", 1)]),
        (GRUB + "default 1\n", [("w", "setting_in_entry", 9)]),
        (GRUB + "title nothing\n", [("w", "dropped_title", 9)]),
        (GRUB.replace("root (hd0,a)", "root(hd0,a)"), [("w", "unknown_command", 7)]),
        (GRUB.replace("--type=netbsd ", ""), [("e", "kernel_type_missing", 6)]),
        (GRUB.replace("module", "#module"), [("e", "no_dom0_kernel", 3)]),
        (GRUB.replace("(hd0,a)/xen.gz", "(hd0,0,a)/nothere"), [("e", "missing_file", 3)]),
        (GRUB.replace("(hd0,a)/xen.gz", "(hd1,a)/nothere"), []),
        (GRUB.replace("512M", "512"), [("e", "dom0_mem_unit", 3)]),
        (GRUB.replace("console=pc", "x" * 230), [("e", "kernel_arguments_too_long", 3)]),
        (GRUB.replace("console=pc", "x" * 200), []),
        (GRUB + "title T\nroot (hd0,a)\n", [("e", "boots_nothing", 9)]),
        (GRUB + "title T\nhalt\n", []),
        (GRUB + "title NetBSD\nkernel --type=netbsd /netbsd\n", [("w", "duplicate_name", 9)]),
        (GRUB.replace("console=pc", "x" * 1500), [("e", "kernel_arguments_too_long", 3), ("e", "command_too_long", 5)]),
    ],
)
def test_menu_lst(text, problems):
    assert found("menu.lst", text) == problems


def test_each_problem_says_where_and_what_to_do():
    text = "menu=X #1:boot\n" + xen("dom0_mem=512 " + "x" * 60)
    document = _boot.parse("boot.cfg", text)
    sentences = [item.sentence(document.path) for item in _boot.problems(document, HOST)]
    assert sentences[0].startswith("/boot.cfg, line 1: The loader cuts the line at #")
    assert "Write 512M" in "".join(sentences)
    assert "Shorten it by 12 characters" in "".join(sentences)
    assert _boot.as_dict(document, HOST)["problems"][0]["id"] == "dropped_no_colon"
