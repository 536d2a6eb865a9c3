# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's boot loaders and the collection's parsers were written apart from the same sources: they must agree."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from loader_disk import USUAL, boot, boot_disk
from xenlab.loader import bootcfg, kernelline, menulst
from xenlab.loader.netbsd import trailer
from xenlab.loader.outcome import Dead, Native, Xen

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot, _bootcfg, _menulst, _pciback
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import ERROR
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_rules import Surroundings

KEYWORDS = [
    *("menu", "banner", "timeout", "default", "consdev", "root", "load", "format", "clear", "userconf"),
    *("fs", "rndseed", "menuentry", "defaults", "time", " menu", "menu ", "#menu", ""),
]
VALUES = st.one_of(
    st.text(alphabet="aA:;# =-\t0129lnd/", max_size=12),
    st.sampled_from(
        ["Xen:load /a;multiboot /b", "1", "10", "0", "-1", "5s", " 3", "n", "l", "a", "x:prompt", "y:boot"]
    ),
)
LINES = st.builds(
    lambda key, equals, value: key + equals + value, st.sampled_from(KEYWORDS), st.just("=") | st.just(""), VALUES
)
FILES = st.builds("\n".join, st.lists(LINES, max_size=30))


@given(FILES)
@example("menu=A:boot\n" * 12 + "format=n")
def test_both_read_the_same_menu(text: str) -> None:
    lab = bootcfg.parse(text.encode())
    ours = _bootcfg.BootCfg(text)
    assert lab is not None
    assert [(each.title, each.command) for each in lab.menu] == [
        (entry.text, line.value.partition(":")[2]) for entry, line in zip(ours.entries, ours.menu_lines, strict=True)
    ]
    assert lab.default + 1 == (ours.default or 0)
    assert lab.timeout == (-1 if ours.timeout is None else ours.timeout)
    assert [value.lstrip(" \t") for _command, value in lab.modules] == ours.modules


@given(st.text(alphabet="ab ;\t/", max_size=30))
def test_both_split_the_same_commands(body: str) -> None:
    lab = [trailer(piece.rstrip(" ") or " ") for piece in bootcfg.commands(body)]
    ours = [(command.name, command.argument) for command in _bootcfg.split_commands(body)]
    assert lab == ours


XEN_FILES = ["/xen.gz", "xen.gz", "/nothere.gz", "hd0a:/xen.gz"]
KERNEL_FILES = ["/netbsd-XEN3_DOM0.gz", "/nothere", "/netbsd-XEN3_DOM0.gz"]
PIECES = st.one_of(
    st.builds(
        "load {}{}".format,
        st.sampled_from(KERNEL_FILES),
        st.sampled_from(["", " console=pc", " -s", " root=wd0a pciback.hide=(00:05.0)"]),
    ),
    st.builds(
        "multiboot {} dom0_mem=512M{}".format,
        st.sampled_from(XEN_FILES),
        st.sampled_from(["", " console=com1 com1=115200,8n1", " " + "x" * 40, " " + "x" * 60]),
    ),
    st.sampled_from(
        ["boot netbsd", "boot", "boot -s", "boot nothere", "rndseed /var/db/entropy-file", "prompt", "nonsense"]
    ),
)
ENTRIES = st.builds(
    lambda pieces, blank: "menu=Xen:" + blank + ";".join(pieces),
    st.lists(PIECES, min_size=1, max_size=3),
    st.sampled_from(["", "", "", " "]),
)


def exists(path: str) -> bool:
    return path in USUAL


@given(ENTRIES)
@example("menu=Xen:load /netbsd-XEN3_DOM0.gz console=pc;multiboot /xen.gz dom0_mem=512M")
def test_what_the_collection_accepts_the_loader_boots(entry: str) -> None:
    text = entry + "\nmenu=Native:boot netbsd\ntimeout=5\n"
    document = _boot.parse("boot.cfg", text)
    errors = [each.id for each in _boot.problems(document, Surroundings(exists)) if each.severity == ERROR]
    result = boot(text).result
    if errors:
        return
    first = document.entries[0]
    if first.kind == "xen":
        assert isinstance(result, Xen)
        assert first.kernel and first.hypervisor
        assert result.modules[0].text.split() == [first.kernel.file, *first.kernel.args]
        assert result.arguments.split() == list(first.hypervisor.args)
    elif first.kind == "native":
        assert isinstance(result, Native)
    else:
        assert isinstance(result, Dead)


@given(ENTRIES)
@example("menu=Xen:load /netbsd-XEN3_DOM0.gz;multiboot /xen.gz dom0_mem=512M " + "x" * 60)
@example("menu=Xen:rndseed /var/db/entropy-file;load /netbsd-XEN3_DOM0.gz;multiboot /xen.gz dom0_mem=512M")
def test_what_the_loader_cannot_boot_the_collection_refuses(entry: str) -> None:
    text = entry + "\nmenu=Native:boot netbsd\ntimeout=5\n"
    document = _boot.parse("boot.cfg", text)
    result = boot(text).result
    wrong_dom0 = isinstance(result, Xen) and not (result.modules and result.modules[0].image.boots_as_dom0)
    if isinstance(result, Dead) or wrong_dom0:
        first = document.entries[0]
        errors = [each for each in _boot.problems(document, Surroundings(exists)) if each.severity == ERROR]
        told = errors or first.kind == "prompt"
        assert told, result


GRUB_LINES = st.sampled_from(
    [
        *("default=1", "default 0", "default=saved", "timeout=5", "timeout 0", "fallback 1", "# comment", ""),
        *("title Xen", "title NetBSD 5", "serial --unit=0", "  root (hd0,a)", "kernel --type=netbsd /netbsd"),
        *("\tkernel (hd0,a)/xen.gz dom0_mem=65536", "module /netbsd-XEN3_DOM0.gz bootdev=wd0a ro console=pc"),
    ]
)


@given(st.builds("\n".join, st.lists(GRUB_LINES, max_size=20)))
def test_both_read_the_same_grub_menu(text: str) -> None:
    lab = menulst.parse(text)
    ours = _menulst.MenuLst(text)
    assert [each.title for each in lab.entries] == [entry.text for entry in ours.entries]
    assert lab.timeout == ours.timeout
    if lab.entries and lab.default < len(lab.entries):
        assert lab.default + 1 == ours.default


def test_the_howtos_menu_means_the_same_to_both() -> None:
    text = """timeout=10
title Xen
  kernel (hd0,a)/xen.gz dom0_mem=65536 com1=115200,8n1
  module (hd0,a)/netbsd-XEN3_DOM0.gz bootdev=wd0a ro console=pc
"""
    entry = _menulst.MenuLst(text).entries[0]
    result = boot_disk({"/etc/lab/mbr": "grub", "/grub/stage2": b"", "/grub/menu.lst": text}).result
    assert isinstance(result, Xen)
    assert entry.hypervisor and entry.kernel
    assert (result.file, result.arguments.split()) == (entry.hypervisor.file, list(entry.hypervisor.args))
    assert result.modules[0].text.split() == [entry.kernel.file, *entry.kernel.args]


HEX = st.text(alphabet="0123456789abcdefABCDEF", min_size=1, max_size=3)
FUNCTION = st.builds("({}{}:{}.{})".format, st.sampled_from(["", "", "0000:", "0001:", "0:", "00000:"]), HEX, HEX, HEX)
HIDDEN = st.builds("".join, st.lists(FUNCTION | st.sampled_from([",", "(", ")", "()", "(03:00)", "x"]), max_size=8))


@given(HIDDEN)
@example("(00:15.0),(00:15.1)")
@example("(0000:01:00.0,0000:01:00.1,0000:03:00.0)")
def test_both_hide_the_same_devices(value: str) -> None:
    """What lies beyond the kernel's buffer is cut off by both."""
    functions, complaints = kernelline.hidden_functions(value)
    verdict = _pciback.judge(value)
    theirs = [f"0000:{bus:02x}:{device:02x}.{function:x}" for bus, device, function in functions]
    assert list(verdict.claimed) == list(dict.fromkeys(theirs))
    assert bool(complaints) == bool(verdict.rejected or verdict.stopped_at is not None)
