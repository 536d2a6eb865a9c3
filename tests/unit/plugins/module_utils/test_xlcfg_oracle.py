# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our reader of xl config files against Xen's own: the same files accepted, the same values read, whatever the text."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConfigSyntaxError
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg
from ansible_collections.netbsd.xen.tests.unit.oracle import generate


def ours(text):
    """The values that we read, or None where we refuse the text."""
    try:
        return _xlcfg.parse(text).as_dict()
    except ConfigSyntaxError:
        return None


def theirs(text):
    """The values that Xen reads, or None where it refuses the text."""
    answer = generate.xen().config(text, generate.KEYS)
    return None if answer.rc else answer.values


def known(values):
    return None if values is None else {key: value for key, value in values.items() if key in generate.KEYS}


@given(generate.texts)
@example("x = 1\n#")
@example("x += 'a'\nx += 'b'\nx = 'c'\nx += 'd'\n")
def test_well_formed_texts_read_as_xen_reads_them(text):
    assert known(ours(text)) == theirs(text)


@given(generate.texts_with_odd_strings)
def test_escapes_are_decoded_as_by_xen(text):
    assert known(ours(text)) == theirs(text)


@given(generate.damaged_texts())
@example("x = '\\1 1'")
@example("x = '\\1+1z'")
@example("x = 1\n\r")
@example("x = 1 %")
@example("x = 1 %%")
@example("x = 1\né")
def test_damaged_texts_are_accepted_and_refused_as_by_xen(text):
    assert known(ours(text)) == theirs(text)


@given(generate.token_soup)
def test_any_order_of_tokens_is_judged_as_by_xen(text):
    assert known(ours(text)) == theirs(text)


@given(st.text(generate.characters, max_size=30))
def test_any_characters_are_judged_as_by_xen(text):
    assert known(ours(text)) == theirs(text)


@given(generate.values)
def test_what_we_render_is_what_xen_reads(value):
    text = _xlcfg.new_document([("x", value), ("name", "next")], "two settings")
    assert theirs(text) == {"x": as_read(value), "name": "next"}
    assert ours(text) == theirs(text)


def as_read(value):
    """xl keeps numbers as text."""
    return [as_read(item) for item in value] if isinstance(value, list) else str(value)


@given(
    st.one_of(
        st.from_regex(r"[ \t\r\v]{0,2}[+-]?(0x|0X|0)?[0-9a-fA-F]{0,20}[ x]?", fullmatch=True),
        st.integers(-(2**64), 2**64).map(str),
    )
)
@example("")
@example("0x")
@example("08")
@example("-0x8000000000000000")
@example("9223372036854775808")
def test_numbers_are_read_as_xen_reads_them(text):
    try:
        number = _xlcfg.to_long(text)
    except ValueError:
        number = None
    assert number == generate.xen().long(f"x = {_xlcfg.render_value(text)}\n", "x")
