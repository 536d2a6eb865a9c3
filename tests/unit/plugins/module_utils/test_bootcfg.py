# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""boot.cfg as the loader reads it, and edits of it, before and after."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import Image
from ansible_collections.netbsd.xen.plugins.module_utils.boot._bootcfg import BootCfg, atoi, split_commands

CORPUS = Path(__file__).parents[5] / "shared" / "corpus" / "bootcfg"
XEN, DOM0 = Image("/xen420.gz", ("dom0_mem=512M",)), Image("/netbsd-XEN3_DOM0.gz", ("console=pc",))
STOCK = """\
# as the release has it
menu=Boot normally:rndseed /var/db/entropy-file;boot netbsd
menu=Boot single user:rndseed /var/db/entropy-file;boot netbsd -s
menu=Drop to boot prompt:prompt
default=1
timeout=5 # seconds
clear=1
"""


def shown(text):
    """What a person sees: the text and the kind of each entry."""
    return [(entry.text, entry.kind) for entry in BootCfg(text).entries]


def test_the_stock_menu():
    document = BootCfg(STOCK)
    assert shown(STOCK) == [
        ("Boot normally", "native"),
        ("Boot single user", "native"),
        ("Drop to boot prompt", "prompt"),
    ]
    assert (document.default, document.timeout, document.format) == (1, 5, "auto")
    assert document.entries[1].kernel == Image("netbsd", ("-s",))


@pytest.mark.parametrize(
    "line, entries",
    [
        ("menu=A:boot", [("A", "native")]),
        ("menu =A:boot", [("A", "native")]),  # strncmp(key, "menu", 4)
        ("menuentry=A:boot", [("A", "native")]),
        (" menu=A:boot", []),
        ("menu=:boot x", [("boot x", "native")]),
        ("menu=A", []),
        ("menu=A #1:boot", []),  # cut before the colon
        ("menu=A:boot # as always", [("A", "native")]),
        ("menu=A:b:c", [("A", "other")]),
        ("#menu=A:boot", []),
        ("menu=A:boot\0menu=B:boot", [("A", "native")]),
        ("menu=A: boot", [("A", "other")]),  # the empty word before the blank is no command
        ("menu=A:vesa on; boot", [("A", "native")]),
        ("menu=A:prompt", [("A", "prompt")]),
        ("menu=A:boot -s;multiboot /x", [("A", "native")]),  # what boots first
    ],
)
def test_one_line(line, entries):
    assert shown(line + "\n") == entries


@pytest.mark.parametrize(
    "value, timeout", [("0", 0), ("30", 30), ("5s", 5), ("", None), ("-1", None), (" 5", None), ("ever", None)]
)
def test_timeout(value, timeout):
    assert BootCfg(f"timeout={value}\n").timeout == timeout


@pytest.mark.parametrize(
    "value, default", [("1", 1), ("2", 2), ("0", 1), ("-5", 1), ("9", 3), ("", 1), ("two", 1), ("2 # second", 2)]
)
def test_default_is_clipped_to_the_menu(value, default):
    assert BootCfg(STOCK.replace("default=1", f"default={value}")).default == default


def test_the_last_setting_counts():
    assert BootCfg("timeout=3\ntimeout=7\n").timeout == 7


def test_without_settings():
    document = BootCfg("menu=A:boot\n")
    assert (document.default, document.default_given, document.timeout) == (1, None, 10)
    assert BootCfg("").default is None


def test_twenty_entries_and_no_more():
    document = BootCfg("".join(f"menu=E{number}:boot\n" for number in range(1, 23)))
    assert len(document.entries) == 20
    assert [reason for _line, reason in document.dropped] == ["too_many", "too_many"]


@pytest.mark.parametrize("timeout, entries", [(5, 9), (0, 10)])
def test_digits_name_nine_entries_while_it_counts_down(timeout, entries):
    text = f"format=n\ntimeout={timeout}\n" + "menu=E:boot\n" * 10
    assert len(BootCfg(text).entries) == entries


def test_the_first_module_is_the_dom0_kernel():
    document = BootCfg("load=/early\nmenu=X:rndseed /seed;load /netbsd-XEN3_DOM0 -s;multiboot /xen.gz a=b\n")
    assert document.entries[0].kernel == Image("/early")
    entry = BootCfg("menu=X:load /netbsd-XEN3_DOM0 -s;multiboot /xen.gz a=b\n").entries[0]
    assert (entry.kernel, entry.hypervisor) == (Image("/netbsd-XEN3_DOM0", ("-s",)), Image("/xen.gz", ("a=b",)))
    assert BootCfg("menu=X:multiboot /xen.gz;load /late\n").entries[0].kernel is None


@pytest.mark.parametrize(
    "body, texts",
    [
        ("a;b", ["a", "b"]),
        ("a ;  b  ;", ["a", "b"]),
        (" a;b", [" a", "b"]),
        ("a;;b", ["a", "b"]),
        ("", []),
        ("  ", [" "]),
    ],
)
def test_commands(body, texts):
    assert [command.text for command in split_commands(body)] == texts


@pytest.mark.parametrize("text, number", [("12", 12), (" 7x", 7), ("-3", -3), ("x", 0), ("", 0)])
def test_atoi(text, number):
    assert atoi(text) == number


# -- edits


def test_a_new_entry_at_the_end_follows_the_last_menu_line():
    after = BootCfg(STOCK).with_new_entry(4, "Xen", XEN, DOM0).text
    added = "menu=Xen:load /netbsd-XEN3_DOM0.gz console=pc;multiboot /xen420.gz dom0_mem=512M\n"
    assert after == STOCK.replace(":prompt\n", ":prompt\n" + added)


def test_a_new_entry_in_front():
    after = BootCfg(STOCK).with_new_entry(1, "N", None, Image("/netbsd", ("-s",))).text
    assert after == STOCK.replace("menu=Boot normally", "menu=N:boot /netbsd -s\nmenu=Boot normally")


def test_a_new_file():
    document = BootCfg("").with_new_entry(1, "N", None, Image("/netbsd")).with_default(1).with_timeout(3)
    assert document.text == "menu=N:boot /netbsd\ndefault=1\ntimeout=3\n"


def test_a_file_without_its_last_newline():
    assert BootCfg("menu=A:boot").with_default(1).text == "menu=A:boot\ndefault=1\n"


@pytest.mark.parametrize(
    "line, after",
    [
        ("menu=A:boot netbsd\n", "menu=A:boot /netbsd -s\n"),
        ("menu=A:rndseed /s; boot netbsd  # mine\n", "menu=A:rndseed /s; boot /netbsd -s  # mine\n"),
        ("menu=A:boot netbsd# mine", "menu=A:boot /netbsd -s# mine"),
        ("menu=A:gop 1;pkboot x -2\n", "menu=A:gop 1;pkboot /netbsd -s\n"),
        ("menu=A:load /x;multiboot /y\n", "menu=A:boot /netbsd -s\n"),
    ],
)
def test_a_native_entry_keeps_its_other_commands(line, after):
    assert BootCfg(line).with_entry(1, "A", None, Image("/netbsd", ("-s",))).text == after


@pytest.mark.parametrize(
    "line, after",
    [
        (
            "menu=A:consdev com0; load /a  b;multiboot /c d # x\n",
            "menu=A:consdev com0; load /netbsd-XEN3_DOM0.gz console=pc;multiboot /xen420.gz dom0_mem=512M # x\n",
        ),
        # a seed in front of the dom0 kernel would be booted as the dom0 kernel: the entry is written anew
        (
            "menu=A:rndseed /s;load /a;multiboot /c\n",
            "menu=A:load /netbsd-XEN3_DOM0.gz console=pc;multiboot /xen420.gz dom0_mem=512M\n",
        ),
        (
            "menu=A: load /a;multiboot /c\n",
            "menu=A:load /netbsd-XEN3_DOM0.gz console=pc;multiboot /xen420.gz dom0_mem=512M\n",
        ),
    ],
)
def test_a_xen_entry_keeps_what_does_no_harm(line, after):
    assert BootCfg(line).with_entry(1, "A", XEN, DOM0).text == after


def test_moving_takes_the_whole_line():
    text = "menu=A:boot a # first\nmenu=B:boot b\ndefault=1\nmenu=C:boot c\n"
    assert BootCfg(text).moved(1, 3).text == "menu=B:boot b\ndefault=1\nmenu=C:boot c\nmenu=A:boot a # first\n"
    assert BootCfg(text).moved(3, 1).text == "menu=C:boot c\nmenu=A:boot a # first\nmenu=B:boot b\ndefault=1\n"


def test_settings_keep_their_comment():
    assert "timeout=9 # seconds\n" in BootCfg(STOCK).with_timeout(9).text


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the checkout")
def test_corpus():
    for name in sorted(os.listdir(CORPUS)):
        text = (CORPUS / name).read_bytes().decode("utf-8", "surrogateescape")
        document = BootCfg(text)
        assert document.text == text
        added = document.with_new_entry(len(document.entries) + 1, "New", XEN, DOM0)
        assert added.entries[-1].hypervisor == XEN, name
        assert added.without_entry(len(added.entries)).text.rstrip("\n") == text.rstrip("\n"), name
