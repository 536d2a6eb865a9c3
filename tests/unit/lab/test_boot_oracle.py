# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""boot_entry held to the lab's boot loaders, which were written from the same sources by somebody else.

What the collection's readers say of any file is what the lab's loader does with it, and what boot_entry plans really
boots.
"""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loader_disk import XEN, boot_disk, kernel
from xenlab.loader import bootcfg
from xenlab.loader.outcome import Choice, Dead, Native, Person
from xenlab.loader.outcome import Xen as Started

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot, _boot_model, _bootcfg
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_args import Console
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_plan import Wanted, plan
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_rules import Surroundings
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError

FILES: dict[str, bytes | str | None] = {
    "/xen420.gz": gzip.compress(XEN),
    "/xen418.gz": gzip.compress(XEN),
    "/netbsd-XEN3_DOM0.old.gz": gzip.compress(kernel("XEN3_DOM0", "10.0")),
}
PRESENT = {*FILES, "/netbsd", "/netbsd-XEN3_DOM0.gz", "/xen.gz", "/var/db/entropy-file"}
HOST = Surroundings(exists=PRESENT.__contains__, uefi=False)
STOCK = """\
menu=Boot normally:rndseed /var/db/entropy-file;boot netbsd
menu=Boot single user:rndseed /var/db/entropy-file;boot netbsd -s
menu=Drop to boot prompt:prompt
default=1
timeout=5
"""
GRUB = "default 0\ntimeout 5\ntitle NetBSD\nroot (hd0,a)\nkernel --type=netbsd /netbsd\n"
LOADERS = {"boot.cfg": STOCK, "menu.lst": GRUB}
PATHS = {"boot.cfg": "/boot.cfg", "menu.lst": "/grub/menu.lst"}
ARGS = {"dom0_mem": "512M", "dom0_max_vcpus": "1", "dom0_vcpus_pin": True}


def booted(loader: str, text: str, entry: int | str | None = None) -> Choice:
    """What the lab's machine does with this menu, by itself or when a person chooses an entry."""
    grub: dict[str, bytes | str | None] = {"/etc/lab/mbr": "grub", "/grub/stage2": b""} if loader == "menu.lst" else {}
    return boot_disk({**FILES, **grub, PATHS[loader]: text.encode("utf-8", "surrogateescape")}, Person(entry))


def planned(loader: str, text: str, wanted: Wanted) -> str:
    after = plan(_boot.parse(loader, text), True, wanted, HOST).after
    assert after is not None
    return after


WANTED = st.builds(
    Wanted,
    st.sampled_from(["Xen 4.20", "Xen 4.18", "Boot normally", "NetBSD"]),
    state=st.sampled_from(["present", "present", "present", "absent"]),
    hypervisor=st.sampled_from(["", "/xen420.gz", "/xen418.gz"]),
    kernel=st.just("/netbsd-XEN3_DOM0.gz"),
    xen_args=st.sampled_from([ARGS, {"dom0_mem": "1G"}, {"dom0_mem": "512M", "extra": ["loglvl=all"]}]),
    kernel_args=st.sampled_from([{}, {"pciback_hide": ["00:05.0", "0000:00:06.0"]}, {"root": "wd0a"}]),
    console=st.sampled_from([Console("vga"), Console("serial"), Console("both", 0, 9600)]),
    exact_args=st.booleans(),
    position=st.sampled_from([None, 1, 2]),
    default=st.sampled_from([None, True, False]),
    timeout=st.just(5),
    native=st.just(("NetBSD", "/netbsd")),
    keep_previous=st.booleans(),
    strict=st.booleans(),
    kept=st.sampled_from([(None, None), (None, "/netbsd-XEN3_DOM0.old.gz")]),
).map(lambda task: task if task.hypervisor else task._replace(kernel="/netbsd"))


@given(st.sampled_from(sorted(LOADERS)), st.lists(WANTED, min_size=1, max_size=4))
def test_every_entry_of_a_planned_menu_boots_what_it_says(loader: str, tasks: list[Wanted]) -> None:
    text = LOADERS[loader]
    for wanted in tasks:
        try:
            text = planned(loader, text, wanted)
        except XenError:
            continue
        document = _boot.parse(loader, text)
        choice = booted(loader, text)
        assert (choice.entry, choice.title) == (document.default, document.entries[choice.entry - 1].text)
        if wanted.state == "present" and wanted.default:
            assert choice.title == wanted.name
        for entry in document.entries:
            check(entry, booted(loader, text, entry.number).result)


def check(entry: _boot_model.Entry, result: Any) -> None:
    if entry.kind == "xen":
        assert entry.hypervisor and entry.kernel
        assert isinstance(result, Started), entry
        assert result.file == entry.hypervisor.file
        assert result.arguments.split() == list(entry.hypervisor.args)
        assert [module.text for module in result.modules] == [entry.kernel.words]
    elif entry.kind == "native":
        assert isinstance(result, Native), entry
    else:
        assert isinstance(result, Dead)


WORDS = st.sampled_from(["/netbsd", "/xen.gz", "-s", "x=1", "#", " ", "", "netbsd"])
PIECES = st.builds(
    "{}{} {}".format,
    st.sampled_from(["", " "]),
    st.sampled_from(["boot", "load", "multiboot", "rndseed", "prompt", "vesa"]),
    st.lists(WORDS, max_size=3).map(" ".join),
)
LINES = st.one_of(
    st.builds(
        "{}={}:{}".format, st.sampled_from(["menu", " menu", "menu x", "men"]), WORDS, st.lists(PIECES).map(";".join)
    ),
    st.builds(
        "{}={}".format,
        st.sampled_from(["default", "timeout", "format", "load", "fs", "rndseed", "defaulted", " timeout"]),
        st.sampled_from(["1", "3", "0", "-2", "n", "l", "a", "", " 4", "5x", "7 # seven", "40"]),
    ),
    st.sampled_from(["", "#menu=A:boot", "menu", "menu=A", "menu=A #1:boot", "x\0menu=A:boot"]),
)


@given(st.lists(LINES, max_size=30).map("\n".join))
def test_any_boot_cfg_is_read_as_the_loader_reads_it(text: str) -> None:
    ours, theirs = _bootcfg.BootCfg(text), bootcfg.parse(text.encode())
    assert theirs is not None
    assert [entry.text for entry in ours.entries] == [entry.title for entry in theirs.menu]
    assert (ours.default or 0) == theirs.default + 1
    assert (ours.timeout if ours.timeout is not None else -1) == theirs.timeout
    assert ours.modules == [value.lstrip(" \t") for _key, value in theirs.modules]
    for entry, other in zip(ours.entries, theirs.menu, strict=True):
        told = [command.text for command in entry.commands]
        assert told == [piece.rstrip(" ") or " " for piece in bootcfg.commands(other.command)]


@given(st.lists(st.sampled_from(["x", "\u00e9", " ", "dom0_mem=1G "]), max_size=70).map("".join))
def test_the_stack_of_the_loader_is_overwritten_exactly_when_we_say_so(arguments: str) -> None:
    text = f"menu=X:load /netbsd-XEN3_DOM0.gz;multiboot /xen.gz {arguments}\ntimeout=0\n"
    found = {item.id for item in _boot.problems(_boot.parse("boot.cfg", text))}
    result = booted("boot.cfg", text).result
    assert ("command_too_long" in found) == (isinstance(result, Dead) and "stack" in result.message)


@pytest.mark.parametrize(
    "line",
    [
        "menu=X: load /netbsd-XEN3_DOM0.gz;multiboot /xen.gz dom0_mem=512M",
        "menu=X:multiboot /xen.gz dom0_mem=512M;load /netbsd-XEN3_DOM0.gz",
        "menu=X:rndseed /var/db/entropy-file;load /netbsd-XEN3_DOM0.gz;multiboot /xen.gz dom0_mem=512M",
        "menu=X:load netbsd-XEN3_DOM0.gz -v;multiboot /xen.gz dom0_mem=512M",
        "menu=X:load /nothere;multiboot /xen.gz dom0_mem=512M",
        "menu=X:load /netbsd-XEN3_DOM0.gz;multiboot /nothere dom0_mem=512M",
        "load=/var/db/entropy-file\nmenu=X:load /netbsd-XEN3_DOM0.gz;multiboot /xen.gz dom0_mem=512M",
        "menu=X #1:load /netbsd-XEN3_DOM0.gz;multiboot /xen.gz dom0_mem=512M\nmenu=N:boot netbsd",
        "menu=X:boot netbsd\r",
        "menu=X:bot netbsd",
    ],
)
def test_what_we_refuse_does_not_come_up_as_a_dom0(line: str) -> None:
    text = line + "\ntimeout=0\n"
    found = [item for item in _boot.problems(_boot.parse("boot.cfg", text), HOST) if item.severity == "error"]
    assert found
    result = booted("boot.cfg", text).result
    dom0 = isinstance(result, Started) and result.modules and result.modules[0].image.boots_as_dom0
    assert not dom0
