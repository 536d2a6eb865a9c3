# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``pciback.hide=`` is read as NetBSD's kernel reads it. The oracle for its numbers is strtoul(3) of the C library."""

from __future__ import annotations

import csv
import ctypes
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _pciback
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

ROOT = Path(__file__).resolve().parents[4]
CORPUS = ROOT.parent / "shared" / "corpus" / "pciback-hide-real-strings.tsv"
# What the kernel makes of the strings that were found in public: (claimed, rejected, stopped_at)
REAL = {
    "(00:15.0),(00:15.1)": (["00:15.0"], [], ",(00:15.1)"),
    "(01:00.0)(01:00.1)": (["01:00.0", "01:00.1"], [], None),
    "(00:14.3)(01:00.0)": (["00:14.3", "01:00.0"], [], None),
    "(83:00.0)(84:00.0)(86:00.0)(87:00.0)": (["83:00.0", "84:00.0", "86:00.0", "87:00.0"], [], None),
    "(0000:04:01.0)(0000:00:19.0)": (["04:01.0", "00:19.0"], [], None),
    "(02:00.0)(02:00.1)": (["02:00.0", "02:00.1"], [], None),
    "(00:00.0)(01:00.1)": (["00:00.0", "01:00.1"], [], None),
    "(03:00.0)(04:00.0)": (["03:00.0", "04:00.0"], [], None),
    "(0000:01:00.0,0000:01:00.1,0000:03:00.0)": ([], ["0000:01:00.0,0000:01:00.1,0000:03:00.0"], None),
}


def judged(value):
    verdict = _pciback.judge(value)
    return [_pciback.short(bdf) for bdf in verdict.claimed], list(verdict.rejected), verdict.stopped_at


@pytest.mark.parametrize("value", REAL)
def test_real_strings(value):
    assert judged(value) == REAL[value]


def test_the_corpus_is_all_there():
    if not CORPUS.exists():
        pytest.skip("the corpus is not part of the collection")
    with CORPUS.open(encoding="utf-8") as stream:
        strings = [row["string"] for row in csv.DictReader(stream, delimiter="\t")]
    assert sorted(strings) == sorted(REAL)


@pytest.mark.parametrize(
    "value, claimed, rejected, stopped_at",
    [
        ("", [], [], None),
        ("()", [], [""], None),
        ("03:00.0", [], [], "03:00.0"),
        ("(03:00.0", [], [], "03:00.0"),
        ("(03:00.0) ", ["03:00.0"], [], " "),
        ("(3:0.0)(0a:1F.7)", ["03:00.0", "0a:1f.7"], [], None),
        ("(03:00.0)(03:00.0)", ["03:00.0"], [], None),
        # a domain is known by its four zeros only
        ("(0001:03:00.0)(04:00.0)", ["04:00.0"], ["0001:03:00.0"], None),
        ("(0:03:00.0)", [], ["0:03:00.0"], None),
        ("(0000:1f.2)", [], ["0000:1f.2"], None),
        ("(00001:03:00.0)", ["03:00.0"], [], None),
        # strtoul(3) is lenient
        ("(0x3:0x0.0x1)", ["03:00.1"], [], None),
        ("(:.)", ["00:00.0"], [], None),
        ("(0x:0.0)", [], ["0x:0.0"], None),
        ("(100:20.8)", ["100:20.8"], [], None),
        ("(03:00.*)", [], ["03:00.*"], None),
        # 63 characters: seven devices in the short form, four in the long one
        ("(03:00.0)" * 7, ["03:00.0"], [], None),
        ("".join(f"(03:00.{n})" for n in range(7)), [f"03:00.{n}" for n in range(7)], [], None),
        ("".join(f"(0000:03:00.{n})" for n in range(5)), [f"03:00.{n}" for n in range(4)], [], "0000:0"),
    ],
)
def test_rules(value, claimed, rejected, stopped_at):
    assert judged(value) == (claimed, rejected, stopped_at)


def test_what_the_buffer_does_not_hold():
    assert _pciback.judge("(03:00.0)" * 7).excess == 0
    assert _pciback.judge("(03:00.0)" * 8).excess == 9
    assert not _pciback.judge("(03:00.0)" * 8).sound
    assert len(_pciback.render([f"0000:03:00.{n}" for n in range(_pciback.MOST)])) == _pciback.LIMIT


def test_guests_get_nothing_after_a_syntax_error():
    verdict = _pciback.judge("(00:15.0),(00:15.1)")
    assert verdict.claimed == ("0000:00:15.0",)
    assert verdict.assignable == ()


@pytest.mark.parametrize(
    "words, value",
    [
        ([], None),
        (["console=pc"], None),
        (["pciback.hide=(03:00.0)"], "(03:00.0)"),
        (["PCIBACK.hide=(03:00.0)"], "(03:00.0)"),
        (["pciback.hide=(03:00.0)", "-s", "pciback.hide="], ""),
        (["xen-pciback.hide=(03:00.0)"], None),
    ],
)
def test_the_kernel_takes_the_last_word_in_any_case(words, value):
    assert _pciback.value_of(words) == value


@pytest.mark.parametrize("text", ["03:00.0", "3:0.0", "0000:03:00.0", "0:3:0.0", " 0000:3:00.0 "])
def test_one_device_in_any_legal_form_is_the_same(text):
    assert _pciback.canonical(text) == "0000:03:00.0"


@pytest.mark.parametrize(
    "text", ["", "03:00", "0001:03:00.0", "03:20.0", "03:00.8", "03:00.*", "100:00.0", "3.0", 180.0]
)
def test_malformed(text):
    with pytest.raises(BadValue, match="bus:device.function"):
        _pciback.canonical(text)


# -- properties

BDFS = st.builds("0000:{:02x}:{:02x}.{:x}".format, st.integers(0, 255), st.integers(0, 31), st.integers(0, 7))


@given(st.lists(BDFS, max_size=_pciback.MOST, unique=True))
def test_what_is_rendered_is_claimed(bdfs):
    verdict = _pciback.judge(_pciback.render(bdfs))
    assert verdict.sound
    assert list(verdict.assignable) == sorted(bdfs)
    assert all(_pciback.canonical(bdf) == bdf == _pciback.canonical(_pciback.short(bdf)) for bdf in bdfs)


LIBC = ctypes.CDLL(None)
LIBC.strtoul.restype = ctypes.c_ulong


def strtoul(text):
    """The number as an unsigned int, and the rest."""
    buffer = ctypes.create_string_buffer(text.encode())
    end = ctypes.c_void_p()
    value = LIBC.strtoul(buffer, ctypes.byref(end), 16)
    return value % 2**32, text[(end.value or 0) - ctypes.addressof(buffer) :]


def parse_pci(text):
    """What pciback.c is written to do, step by step, with the library's strtoul()."""
    if ":" not in text:
        return None
    if text[:4] == "0000":
        text = text.split(":", 1)[1]
    bus, text = strtoul(text)
    if text[:1] != ":":
        return None
    device, text = strtoul(text[1:])
    if text[:1] != ".":
        return None
    function, text = strtoul(text[1:])
    return None if text else (bus, device, function)


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_ulong) != 8 or sys.platform == "win32", reason="amd64 has longs of 64 bits")
@given(st.text("0123456789abcdefABCDEF:.:.xX+- ,00", max_size=24))
def test_numbers_are_those_of_the_c_library(item):
    expected = parse_pci(item)
    claimed, rejected, _stopped = _pciback.judge(f"({item})")[:3]
    if expected is None:
        assert (claimed, rejected) == ((), (item,))
    else:
        assert claimed == ("0000:{:02x}:{:02x}.{:x}".format(*expected),)


@given(st.text("()0123af:.,", max_size=90))
def test_a_list_is_read_from_its_beginning_and_never_further_than_an_error(value):
    verdict = _pciback.judge(value)
    assert verdict.excess == max(0, len(value) - 63)
    assert verdict.stopped_at is None or value[:63].endswith(verdict.stopped_at)
    assert verdict.assignable in ((), verdict.claimed)
