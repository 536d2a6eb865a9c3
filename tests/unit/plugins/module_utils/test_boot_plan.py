# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for a boot menu: what is asked for is what the loader does with the new text, and nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot, _boot_model
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_args import Console
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_plan import Wanted, plan
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_rules import NOWHERE, Surroundings
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError

STOCK = """\
# as the release has it
menu=Boot normally:rndseed /var/db/entropy-file;boot netbsd
menu=Boot single user:rndseed /var/db/entropy-file;boot netbsd -s
menu=Drop to boot prompt:prompt
default=1
timeout=5
clear=1
"""
GRUB = """\
# by hand
default 1
fallback 0
timeout 5
title Xen 3
kernel (hd0,a)/xen.gz dom0_mem=256M
module (hd0,a)/netbsd-XEN3_DOM0 console=pc
title NetBSD
kernel --type=netbsd (hd0,a)/netbsd
"""
XEN = Wanted(
    "Xen 4.20",
    hypervisor="/xen420.gz",
    kernel="/netbsd-XEN3_DOM0.gz",
    xen_args={"dom0_mem": "512M", "dom0_max_vcpus": "1", "dom0_vcpus_pin": True},
    console=Console("vga"),
)
LINE = (
    "menu=Xen 4.20:load /netbsd-XEN3_DOM0.gz console=pc;"
    "multiboot /xen420.gz dom0_mem=512M dom0_max_vcpus=1 dom0_vcpus_pin console=vga\n"
)


def planned(text, wanted, loader="boot.cfg", host=NOWHERE, exists=True, forgive=False, saved=0):
    return plan(_boot.parse(loader, text, saved=saved), exists, wanted, host, forgive)


def refused(error_id, text, wanted, **more):
    with pytest.raises(XenError) as caught:
        planned(text, wanted, **more)
    assert caught.value.details["error_id"] == error_id
    return caught.value


def default_name(document):
    entry = _boot_model.at(document.entries, document.default)
    return entry.text if entry else None


# -- a new entry


def test_a_new_entry():
    done = planned(STOCK, XEN._replace(default=True))
    assert done.after == STOCK.replace(":prompt\n", ":prompt\n" + LINE).replace("default=1", "default=4")
    assert done.actions == ["add entry 4, 'Xen 4.20'", "default is entry 4, 'Xen 4.20'"]
    assert done.entry.hypervisor.file == "/xen420.gz"
    assert done.warnings == ()


def test_twice_is_once():
    once = planned(STOCK, XEN._replace(default=True, timeout=9))
    twice = planned(once.after, XEN._replace(default=True, timeout=9))
    assert once.changed and not twice.changed
    assert (twice.actions, twice.diff()) == ([], [])


def test_the_default_stays_what_was_meant():
    done = planned(STOCK, XEN._replace(position=1))
    assert "default=2\n" in done.after
    assert default_name(done.document) == "Boot normally"


def test_a_file_without_a_default_gets_one_when_it_needs_it():
    done = planned(STOCK.replace("default=1\n", ""), XEN._replace(position=1))
    assert default_name(done.document) == "Boot normally"


def test_a_new_file():
    done = planned("", XEN, exists=False)
    assert done.after == "menu=NetBSD:boot /netbsd\n" + LINE
    assert default_name(done.document) == "NetBSD"
    assert done.diff()[0]["before_header"] == "/dev/null"
    done = planned("", XEN._replace(default=True, native=("Plain", "/netbsd.old")), exists=False)
    assert done.after == "menu=Plain:boot /netbsd.old\n" + LINE + "default=2\n"


def test_the_native_entry_of_the_task_itself_is_enough():
    done = planned("", Wanted("N", hypervisor="", kernel="/netbsd"), exists=False)
    assert done.after == "menu=N:boot /netbsd\n"


def test_a_new_entry_needs_a_kernel():
    with pytest.raises(BadValue, match="kernel"):
        planned(STOCK, Wanted("Xen", hypervisor="/xen.gz"))


# -- an entry that is there


def test_what_is_not_given_stays():
    before = STOCK + LINE
    done = planned(before, Wanted("Xen 4.20", xen_args={"dom0_mem": "1G"}))
    assert done.after == before.replace("512M", "1G")
    assert planned(before, Wanted("Xen 4.20")).after == before
    assert planned(before, Wanted("Boot normally", kernel="/netbsd")).after == before


def test_exact_arguments():
    done = planned(STOCK + LINE, Wanted("Xen 4.20", xen_args={"dom0_mem": "1G"}, exact_args=True))
    assert "load /netbsd-XEN3_DOM0.gz;multiboot /xen420.gz dom0_mem=1G\n" in done.after


def test_serial_console_for_both_in_their_own_counting():
    done = planned(STOCK + LINE, Wanted("Xen 4.20", console=Console("serial", 1)))
    assert "load /netbsd-XEN3_DOM0.gz console=com1;" in done.after
    assert done.after.count("console=com2") == 1


def test_another_kind_of_entry_begins_without_arguments():
    done = planned(STOCK + LINE, Wanted("Xen 4.20", hypervisor="", kernel="/netbsd", keep_previous=False))
    assert done.after == STOCK + "menu=Xen 4.20:boot /netbsd\n"
    done = planned(STOCK + "menu=N:boot netbsd -s\n", XEN._replace(name="N", keep_previous=False))
    assert done.entry.kernel.args == ("console=pc",)
    refused("would_not_boot", STOCK, Wanted("N", kernel="/netbsd", kernel_args={"root": "wd0a"}))


def test_a_device_in_front_of_a_file_stays():
    before = "menu=N:boot hd0b:netbsd\n"
    assert (
        planned(before, Wanted("N", kernel="/netbsd.old", keep_previous=False)).after
        == "menu=N:boot hd0b:/netbsd.old\n"
    )
    assert not planned(before, Wanted("N", kernel="/netbsd")).changed


def test_the_files_before_become_an_entry():
    done = planned(STOCK + LINE, XEN._replace(hypervisor="/xen418.gz"))
    assert LINE.replace("Xen 4.20", "Xen 4.20 (previous)") in done.after
    assert LINE.replace("/xen420", "/xen418") in done.after
    again = planned(done.after, XEN._replace(hypervisor="/xen415.gz"))
    assert len(again.document.entries) == len(done.document.entries)
    assert LINE.replace("Xen 4.20", "Xen 4.20 (previous)").replace("420.gz", "418.gz") in again.after


def test_the_files_before_are_not_kept_when_they_are_gone_or_nobody_wants_them():
    host = Surroundings(exists={"/netbsd", "/xen418.gz", "/netbsd-XEN3_DOM0.gz"}.__contains__)
    assert "previous" not in planned(STOCK + LINE, XEN._replace(hypervisor="/xen418.gz"), host=host).after
    kept = planned(STOCK + LINE, XEN._replace(hypervisor="/xen418.gz", keep_previous=False))
    assert "previous" not in kept.after


def test_files_that_boot_file_has_kept_get_an_entry():
    done = planned(STOCK, XEN._replace(default=True, kept=(None, "/netbsd-XEN3_DOM0.old.gz")))
    assert LINE.replace("Xen 4.20:", "Xen 4.20 (previous):").replace("DOM0.gz", "DOM0.old.gz") in done.after
    assert default_name(done.document) == "Xen 4.20"
    assert not planned(done.after, XEN._replace(default=True, kept=(None, "/netbsd-XEN3_DOM0.old.gz"))).changed


def test_a_kept_hypervisor_has_a_longer_name():
    """78 characters without .old, 82 with it: the vcpus of dom0 are then not pinned."""
    done = planned(STOCK, XEN._replace(kept=("/xen420.old.gz", None)))
    assert "multiboot /xen420.old.gz dom0_mem=512M dom0_max_vcpus=1 console=vga\n" in done.after
    long = XEN._replace(
        xen_args={"dom0_mem": "512M", "extra": ["x" * 32]}, exact_args=True, kept=("/xen420.old.gz", None)
    )
    assert "previous" not in planned(STOCK, long).after


def test_default_false_gives_it_to_the_native_entry():
    before = (STOCK + LINE).replace("default=1", "default=4")
    assert default_name(planned(before, Wanted("Xen 4.20", default=False)).document) == "Boot normally"
    assert not planned(STOCK + LINE, Wanted("Xen 4.20", default=False)).changed


@pytest.mark.parametrize("position, number", [(1, 1), (2, 2), (99, 4), (None, 4)])
def test_position(position, number):
    done = planned(STOCK + LINE, Wanted("Xen 4.20", position=position))
    assert done.entry.number == number
    assert default_name(done.document) == "Boot normally"


# -- absent


def test_absent():
    before = (STOCK + LINE).replace("default=1", "default=4")
    done = planned(before, Wanted("Xen 4.20", state="absent"))
    assert done.after == STOCK
    assert done.actions == ["remove entry 4, 'Xen 4.20'", "default is entry 1, 'Boot normally'"]
    assert done.entry is None
    assert not planned(STOCK, Wanted("Xen 4.20", state="absent")).changed
    assert planned("", Wanted("Xen 4.20", state="absent"), exists=False).after is None


def test_absent_renumbers_the_default():
    before = LINE + STOCK.replace("default=1", "default=3")
    done = planned(before, Wanted("Xen 4.20", state="absent"))
    assert default_name(done.document) == "Boot single user"
    assert "default=2\n" in done.after


def test_the_last_native_entry_is_not_removed():
    refused("last_native_entry", "menu=N:boot\n" + LINE, Wanted("N", state="absent"))


def test_a_menu_left_without_a_native_entry_gets_one():
    done = planned(LINE, Wanted("Xen 4.20", state="absent"))
    assert done.after == "menu=NetBSD:boot /netbsd\n"


def test_a_broken_entry_can_be_removed():
    before = STOCK + "menu=Old:load /x;multiboot /xen.gz dom0_mem=512\n"
    assert planned(before, Wanted("Old", state="absent")).after == STOCK


def test_the_native_entry_that_becomes_xen_gets_another():
    done = planned("menu=NetBSD:boot\n", XEN._replace(name="NetBSD", keep_previous=False))
    assert [entry.text for entry in done.document.entries] == ["NetBSD", "NetBSD (native)"]
    # what was booted by itself is now Xen: the entry is the same one
    assert default_name(done.document) == "NetBSD"


def test_a_native_entry_that_does_not_boot_is_none():
    host = Surroundings(exists={"/netbsd", "/xen420.gz", "/netbsd-XEN3_DOM0.gz"}.__contains__)
    done = planned("menu=Old:boot netbsd.gone\ndefault=2\n", XEN._replace(default=True), host=host)
    assert [entry.text for entry in done.document.entries] == ["Old", "NetBSD", "Xen 4.20"]


# -- what is refused


def test_too_long_is_refused_with_the_count():
    error = refused("would_not_boot", STOCK, XEN._replace(console=Console("serial", 0, 115200)))
    assert "a command of 95 characters" in error.message
    assert "Shorten it by 16 characters" in error.message
    assert [item["id"] for item in error.details["problems"]] == ["command_too_long"]


def test_the_defaults_of_the_role_fit():
    """Serial console, as much as 768M or 9999M, and two devices for guests."""
    wanted = XEN._replace(console=Console("serial"), kernel_args={"pciback_hide": ["0000:03:00.0", "03:00.1"]})
    done = planned(STOCK, wanted)
    assert max(len(command.text) for command in done.entry.commands) == 79
    planned(STOCK, XEN._replace(xen_args={**XEN.xen_args, "dom0_mem": "1024M"}))


@pytest.mark.parametrize(
    "text",
    [
        "load=/early\n" + STOCK,
        "menu=X #1:boot\n" + STOCK,
        " menu=X:boot\n" + STOCK,
        STOCK + "#" * 33000,
    ],
)
def test_a_file_that_was_broken_before_is_refused(text):
    refused("would_not_boot", text, XEN)


def test_a_full_menu():
    refused("menu_full", STOCK + "menu=E:boot\n" * 17, XEN)
    refused("menu_full", "format=n\n" + STOCK + "menu=E:boot\n" * 6, XEN)
    # digits name nine entries; letters, twenty
    assert planned(STOCK + "menu=E:boot\n" * 6, XEN).entry.number == 10


def test_a_broken_entry_of_others_is_told_of():
    other = "menu=Old:load /x;multiboot /xen.gz dom0_mem=512\n"
    done = planned(STOCK + other, XEN)
    assert "dom0_mem=512 without a unit" in "".join(done.warnings)
    refused("would_not_boot", STOCK + other, XEN._replace(strict=True))
    # unless it is the one that is booted by itself
    refused("would_not_boot", (STOCK + other).replace("default=1", "default=4"), XEN)


def test_files_must_be_there_outside_of_check_mode():
    host = Surroundings(exists={"/netbsd"}.__contains__)
    error = refused("would_not_boot", STOCK, XEN, host=host)
    assert "/xen420.gz, which is not on the root file system" in error.message
    done = planned(STOCK, XEN, host=host, forgive=True)
    assert len(done.warnings) == 2 and done.changed


def test_a_shadowed_file_is_refused():
    host = Surroundings(uefi=True, shadowed_by="/esp/EFI/NetBSD/boot.cfg")
    assert "/esp/EFI/NetBSD/boot.cfg" in refused("would_not_boot", STOCK, XEN, host=host).message


def test_two_entries_of_one_name():
    refused("ambiguous_entry", STOCK + LINE + LINE, XEN)


def test_a_nul_byte():
    refused("not_a_menu", STOCK + "\0", XEN)


@pytest.mark.parametrize(
    "wanted, option",
    [
        (XEN._replace(name="Xen: new"), "name"),
        (XEN._replace(name="Xen #2"), "name"),
        (XEN._replace(name=" Xen"), "name"),
        (XEN._replace(name=""), "name"),
        (XEN._replace(native=("a:b", "/netbsd")), "native.name"),
        (XEN._replace(native=("N", "netbsd")), "native.kernel"),
        (XEN._replace(hypervisor="xen.gz"), "hypervisor"),
        (XEN._replace(kernel="/net bsd"), "kernel"),
        (XEN._replace(kernel="/netbsd;boot"), "kernel"),
        (XEN._replace(position=0), "position"),
        (XEN._replace(timeout=-1), "timeout"),
        (XEN._replace(xen_args={"dom0_mem": "512"}), "xen_args.dom0_mem"),
    ],
)
def test_bad_options(wanted, option):
    with pytest.raises(BadValue) as caught:
        planned(STOCK, wanted)
    assert caught.value.details["option"] == option


# -- GRUB


def test_grub():
    done = planned(GRUB, XEN._replace(default=True), "menu.lst")
    added = (
        "\ntitle Xen 4.20\n  kernel (hd0,a)/xen420.gz dom0_mem=512M dom0_max_vcpus=1 dom0_vcpus_pin console=vga\n"
        "  module (hd0,a)/netbsd-XEN3_DOM0.gz console=pc\n"
    )
    assert done.after == GRUB.replace("default 1", "default 2") + added
    assert not planned(done.after, XEN._replace(default=True), "menu.lst").changed


def test_grub_has_no_limit_of_79():
    planned(GRUB, XEN._replace(console=Console("serial", 0, 115200)), "menu.lst")


def test_grub_s_numbers_follow():
    done = planned(GRUB, XEN._replace(position=1), "menu.lst")
    assert "default 2\nfallback 1\n" in done.after
    done = planned(GRUB, Wanted("Xen 3", state="absent"), "menu.lst")
    assert "default 0\n" in done.after
    assert done.document.fallback == []


def test_grub_s_saved_default():
    saved = GRUB.replace("default 1", "default saved")
    assert planned(saved, XEN, "menu.lst", saved=1).document.default_saved
    refused("saved_default", saved, XEN._replace(position=1), loader="menu.lst", saved=1)
    assert "default 0\n" in planned(saved, XEN._replace(position=1, default=True), "menu.lst", saved=1).after


def test_a_new_menu_lst():
    done = planned("", XEN._replace(default=True, timeout=5), "menu.lst", exists=False)
    assert [entry.kind for entry in done.document.entries] == ["native", "xen"]
    assert (done.document.default, done.document.timeout) == (2, 5)


def test_a_chain_is_no_native_entry():
    text = "timeout 5\ntitle Chain\nroot (hd0,a)\nchainloader +1\n"
    assert "title NetBSD\n" in planned(text, XEN, "menu.lst").after


# -- properties

NAMES = st.sampled_from(["Boot normally", "Xen 4.20", "Xen 4.18", "New"])
WANTED = st.builds(
    Wanted,
    NAMES,
    state=st.sampled_from(["present", "present", "absent"]),
    hypervisor=st.sampled_from([None, "", "/xen420.gz", "/xen418.gz"]),
    kernel=st.sampled_from(["/netbsd-XEN3_DOM0.gz", "/netbsd"]),
    xen_args=st.sampled_from([{}, {"dom0_mem": "1G"}, {"dom0_vcpus_pin": False}]),
    kernel_args=st.sampled_from([{}, {"pciback_hide": ["00:19.0"]}, {"single_user": True}]),
    console=st.sampled_from([None, Console("vga"), Console("serial"), Console("both", 1)]),
    exact_args=st.booleans(),
    position=st.sampled_from([None, 1, 3]),
    default=st.sampled_from([None, True, False]),
    timeout=st.sampled_from([None, 0, 7]),
    native=st.just(("NetBSD", "/netbsd")),
    keep_previous=st.booleans(),
    strict=st.just(False),
    kept=st.sampled_from([(None, None), (None, None), ("/xen420.old.gz", None)]),
)


@given(st.sampled_from(["boot.cfg", "menu.lst"]), st.lists(WANTED, min_size=1, max_size=5))
def test_any_tasks_in_a_row(loader, tasks):
    text = {"boot.cfg": STOCK, "menu.lst": GRUB}[loader]
    for wanted in tasks:
        before = _boot.parse(loader, text)
        try:
            done = planned(text, wanted, loader)
        except XenError:
            continue
        text = done.after
        after = _boot.parse(loader, text)
        assert [entry for entry in after.entries if entry.kind == "native"], "the way back in is gone"
        assert not [item for item in _boot.problems(after) if item.severity == "error"]
        assert not planned(text, wanted, loader).changed, "a second run changes something"
        assert len([line for line in text.split("\n") if line.startswith("#")]) == 1, "a comment is gone"
        assert wanted.timeout is None or after.timeout == wanted.timeout
        _check_entry(wanted, after)
        if wanted.default is None and default_name(before) != wanted.name:
            assert default_name(after) == default_name(before)


def _check_entry(wanted, after):
    found = _boot_model.named(after.entries, wanted.name)
    if wanted.state == "absent":
        assert not found
        return
    (entry,) = found
    assert entry.kernel.file.endswith(wanted.kernel) or wanted.kernel == "/netbsd"
    if wanted.hypervisor is not None:
        assert (entry.hypervisor.file if entry.hypervisor else "").endswith(wanted.hypervisor)
    if entry.hypervisor and wanted.xen_args.get("dom0_mem"):
        assert "dom0_mem=1G" in entry.hypervisor.args
    if entry.hypervisor and wanted.console:
        assert ("console=pc" in entry.kernel.args) == (wanted.console.kind != "serial")
    if wanted.default:
        assert default_name(after) == wanted.name
    if wanted.position:
        assert entry.number <= max(wanted.position, 1)


@pytest.mark.parametrize(
    "kernel_args, words",
    [
        ({}, "console=pc pciback.hide=(03:00.0)"),
        ({"pciback_hide": []}, "console=pc"),
        ({"pciback_hide": ["04:00.0"]}, "console=pc pciback.hide=(04:00.0)"),
        ({"extra": ["pciback.hide=(05:00.0)"]}, "console=pc pciback.hide=(05:00.0)"),
    ],
)
def test_exact_arguments_leave_hidden_devices_to_whoever_keeps_them(kernel_args, words):
    text = STOCK + LINE.replace("console=pc;", "-s pciback.hide=(03:00.0) console=pc;")
    done = planned(text, XEN._replace(kernel_args=kernel_args, exact_args=True))
    assert " ".join(done.entry.kernel.args) == words
