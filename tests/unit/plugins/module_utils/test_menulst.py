# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GRUB's menu.lst as GRUB 0.97 reads it, and edits of it, before and after."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import Image
from ansible_collections.netbsd.xen.plugins.module_utils.boot._menulst import MenuLst

CORPUS = Path(__file__).parents[5] / "shared" / "corpus" / "menulst"
XEN, DOM0 = Image("/xen3.gz", ("dom0_mem=512M",)), Image("/netbsd-XEN3_DOM0.gz", ("console=pc",))
XEN_LINES = "  kernel (hd0,a)/xen3.gz dom0_mem=512M\n  module (hd0,a)/netbsd-XEN3_DOM0.gz console=pc\n"
MENU = """\
# my menu
default=1
timeout 10

# Xen, by hand
title Xen 3
\tkernel (hd0,a)/xen.gz dom0_mem=65536
\tmodule (hd0,a)/netbsd bootdev=wd0a ro
title NetBSD
  root (hd0,a)
  kernel --type=netbsd /netbsd-GENERIC
# the loader of NetBSD
title Chain
root (hd0,0)
chainloader +1
"""


def test_a_menu():
    document = MenuLst(MENU)
    assert [(entry.text, entry.kind) for entry in document.entries] == [
        ("Xen 3", "xen"),
        ("NetBSD", "native"),
        ("Chain", "chain"),
    ]
    assert (document.default, document.timeout, document.device) == (2, 10, "(hd0,a)")
    assert document.entries[0].hypervisor == Image("(hd0,a)/xen.gz", ("dom0_mem=65536",))
    assert document.entries[0].kernel == Image("(hd0,a)/netbsd", ("bootdev=wd0a", "ro"))
    assert document.entries[1].kernel == Image("/netbsd-GENERIC")


@pytest.mark.parametrize(
    "setting, default",
    [
        ("default 0", 1),
        ("default=2", 3),
        ("default\t=  1", 2),
        ("default saved", 3),
        ("default 9", 1),
        ("default 9\nfallback 1", 2),
        ("Default=2", 1),  # an unknown word
        ("default", 1),
        ("default 0x2", 3),
        ("# default 2", 1),
        ("default \\\n 2", 3),  # continued
    ],
)
def test_default(setting, default):
    text = setting + "\n" + "".join(f"title {name}\nchainloader +1\n" for name in "ABC")
    assert MenuLst(text, saved=2).default == default


def test_settings_below_a_title_belong_to_the_entry():
    document = MenuLst("title A\nkernel /netbsd\ndefault 1\ntimeout 5\ntitle B\nkernel /netbsd\n")
    assert (document.default, document.timeout) == (1, None)


def test_a_title_without_a_known_command_is_no_entry():
    document = MenuLst("title A\nroot(hd0,0)\ntitle B\nkernel /netbsd\ntitle C\n")
    assert [entry.text for entry in document.entries] == ["B"]
    assert [line.argument for line in document.dropped] == ["A", "C"]


def test_fallback_leaves_out_what_is_not_there():
    text = "fallback 1 7 0 1\n" + "title A\nkernel /a\n" * 2
    assert MenuLst(text).fallback == [2, 1]


def test_a_hypervisor_without_a_module_has_no_dom0_kernel():
    entry = MenuLst("title A\nkernel /boot/xen.gz\n").entries[0]
    assert (entry.kind, entry.kernel) == ("xen", None)


# -- edits


def test_a_new_entry_at_the_end():
    assert MenuLst(MENU).with_new_entry(4, "New", XEN, DOM0).text == MENU + "\ntitle New\n" + XEN_LINES


def test_a_new_entry_in_front_goes_above_the_comment_of_the_next():
    after = MenuLst(MENU).with_new_entry(3, "New", XEN, DOM0).text
    assert after == MENU.replace("# the loader", "title New\n" + XEN_LINES + "\n# the loader")


def test_a_new_native_entry():
    after = MenuLst("").with_new_entry(1, "N", None, Image("/netbsd")).text
    assert after == "title N\n  root (hd0,a)\n  kernel --type=netbsd /netbsd\n"


def test_the_device_is_that_of_the_other_entries():
    after = MenuLst("title A\nkernel (hd1,0,a)/netbsd\n").with_new_entry(2, "N", XEN, DOM0)
    assert after.entries[1].hypervisor == Image("(hd1,0,a)/xen3.gz", XEN.args)


def test_a_changed_entry_keeps_its_layout():
    hypervisor, kernel = Image("(hd0,a)/xen3.gz"), Image("(hd0,a)/netbsd-XEN3_DOM0", ("-s",))
    after = MenuLst(MENU).with_entry(1, "Xen", hypervisor, kernel).text
    assert after == MENU.replace("title Xen 3", "title Xen").replace("/xen.gz dom0_mem=65536", "/xen3.gz").replace(
        "/netbsd bootdev=wd0a ro", "/netbsd-XEN3_DOM0 -s"
    )
    after = MenuLst(MENU).with_entry(2, "NetBSD", None, Image("/netbsd", ("-s",))).text
    assert after == MENU.replace("/netbsd-GENERIC", "/netbsd -s")


def test_an_entry_of_another_kind_gets_new_lines():
    after = MenuLst(MENU).with_entry(3, "Chain", XEN, DOM0).text
    assert after == MENU.replace("root (hd0,0)\nchainloader +1\n", XEN_LINES)


def test_a_continued_line_becomes_one():
    text = "title A\nkernel /netbsd \\\n -s\\\n -v\nboot\n"
    assert MenuLst(text).with_entry(1, "A", None, Image("/n")).text == "title A\nkernel /n\nboot\n"


def test_removing_an_entry_leaves_the_comments():
    assert MenuLst(MENU).without_entry(3).text == MENU.replace("title Chain\nroot (hd0,0)\nchainloader +1\n", "")


def test_moving_takes_the_comment_with_it():
    text = "# one\ntitle A\nkernel /a\n# two\ntitle B\nkernel /b"
    assert MenuLst(text).moved(2, 1).text == "# two\ntitle B\nkernel /b\n# one\ntitle A\nkernel /a\n"
    assert MenuLst(text).moved(1, 2).text == "# two\ntitle B\nkernel /b\n# one\ntitle A\nkernel /a\n"


def test_settings():
    assert MenuLst(MENU).with_default(3).text == MENU.replace("default=1", "default=2")
    assert MenuLst(MENU).with_timeout(3).text == MENU.replace("timeout 10", "timeout 3")
    assert MenuLst(MENU).with_fallback([1, 3]).text == MENU.replace("# Xen, by", "fallback 0 2\n# Xen, by")


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the checkout")
def test_corpus():
    for name in sorted(os.listdir(CORPUS)):
        text = (CORPUS / name).read_bytes().decode("utf-8", "surrogateescape")
        document = MenuLst(text)
        assert document.text == text
        added = document.with_new_entry(len(document.entries) + 1, "New", XEN, DOM0)
        assert added.entries[-1].kind == "xen", name
        rest = added.without_entry(len(added.entries))
        assert rest.text.split() == text.split(), name


LINES = st.sampled_from(
    [
        "title A",
        "title Xen 3.1",
        "  kernel (hd0,a)/xen.gz dom0_mem=1G",
        "\tmodule /netbsd-XEN3_DOM0",
        "kernel --type=netbsd /netbsd -s",
        "kernel = /netbsd",
        "root (hd0,a)",
        "root(hd0,0)",
        "chainloader +1",
        "default 1",
        "timeout=3",
        "fallback 0 2",
        "# a comment",
        "# goes on \\",
        "kernel /netbsd \\",
        "",
        "  ",
        "\u00e9\udcff\x85",
        "boot\r",
    ]
)
TEXTS = st.builds("{}{}".format, st.lists(LINES, max_size=20).map("\n".join), st.sampled_from(["", "\n"]))


def others(document, number):
    return [entry._replace(number=0, line=0) for entry in document.entries if entry.number != number]


@given(TEXTS, st.integers(1, 9))
def test_a_new_entry_is_there_and_nothing_else_changes(text, position):
    document = MenuLst(text)
    if text.rstrip("\n").endswith("\\"):
        return  # the next line would go on with it
    number = min(position, len(document.entries) + 1)
    after = document.with_new_entry(number, "New", XEN, DOM0)
    entry = after.entries[number - 1]
    assert (entry.text, entry.kind) == ("New", "xen")
    assert entry.hypervisor == Image(document.device + XEN.file, XEN.args)
    assert others(after, number) == others(document, 0)
    kept = iter(after.text.split("\n"))
    assert all(line in kept for line in text.split("\n")), "a line is gone, or they are in another order"


@example("title A\n\tmodule /netbsd-XEN3_DOM0\n  kernel (hd0,a)/xen.gz dom0_mem=1G", 0)
@given(TEXTS, st.integers(0, 9))
def test_a_changed_entry_is_what_was_asked_for(text, index):
    document = MenuLst(text)
    if not document.entries:
        return
    number = index % len(document.entries) + 1
    after = document.with_entry(number, "New", Image("(hd0,a)/xen3.gz"), Image("(hd0,a)/n"))
    entry = after.entries[number - 1]
    assert (entry.text, entry.hypervisor, entry.kernel) == ("New", Image("(hd0,a)/xen3.gz"), Image("(hd0,a)/n"))
    assert others(after, number) == others(document, number)
