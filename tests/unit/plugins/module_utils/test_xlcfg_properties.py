# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of editing: the key gets its value, and nothing else changes, in any text that xl can read."""

from __future__ import annotations

import itertools

from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConfigSyntaxError
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_list import align
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_parser import parse_statements
from ansible_collections.netbsd.xen.tests.unit.oracle import generate


def parsed(text):
    try:
        return _xlcfg.parse(text)
    except ConfigSyntaxError:
        assume(False)


def as_read(value):
    return [as_read(item) for item in value] if isinstance(value, list) else str(value)


def bytes_of_others(text, key):
    """The exact text of every statement of another key."""
    return [text[found.start : found.node.end] for found in parse_statements(text, "x") if found.key != key]


def comments(text):
    """Whole-line comments outside lists; those inside belong to the list that an edit may rewrite."""
    inside = [(found.node.start, found.node.end) for found in parse_statements(text, "x")]
    place, found = 0, []
    for line in text.splitlines(keepends=True):
        if line.lstrip(" \t").startswith("#") and not any(start < place < end for start, end in inside):
            found.append(line.strip())
        place += len(line)
    return found


keys = st.sampled_from(generate.KEYS)


@given(generate.texts)
def test_reading_and_rendering_changes_nothing(text):
    assert parsed(text).render() == text
    assert _xlcfg.read_text(_xlcfg.to_bytes(text)) == text


@given(st.binary(max_size=50))
def test_bytes_survive(data):
    assert _xlcfg.to_bytes(_xlcfg.read_text(data)) == data


@given(generate.texts, keys, generate.values)
def test_setting_a_key_changes_that_key_only(text, key, value):
    document = parsed(text)
    before = document.as_dict()
    document.set(key, value)
    after = _xlcfg.parse(document.render())
    wanted = dict(before)
    wanted[key] = as_read(value)
    if isinstance(value, int) and key in before and not isinstance(before[key], list):
        wanted[key] = after.get(key)
        assert _xlcfg.to_long(after.get(key)) == value
    assert after.as_dict() == wanted
    assert bytes_of_others(document.render(), key) == bytes_of_others(text, key)
    assert [line for line in comments(text) if line not in comments(document.render())] == []


@given(generate.texts, keys, generate.values)
def test_setting_twice_changes_nothing_more(text, key, value):
    document = parsed(text)
    document.set(key, value)
    once = document.render()
    document.set(key, value)
    assert document.render() == once


@given(generate.texts)
def test_setting_the_value_that_is_there_changes_no_byte(text):
    document = parsed(text)
    for key, value in document.as_dict().items():
        document.set(key, value)
    assert document.render() == text


@given(generate.texts, keys)
def test_removing_a_key_removes_that_key_only(text, key):
    document = parsed(text)
    wanted = document.as_dict()
    wanted.pop(key, None)
    document.remove(key)
    assert _xlcfg.parse(document.render()).as_dict() == wanted
    assert bytes_of_others(document.render(), key) == bytes_of_others(text, key)
    assert [line for line in comments(text) if line not in comments(document.render())] == []


@given(generate.texts, st.lists(st.tuples(keys, st.one_of(st.none(), generate.values)), max_size=5))
def test_any_sequence_of_edits_gives_what_xen_reads(text, edits):
    document = parsed(text)
    for key, value in edits:
        if value is None:
            document.remove(key)
        else:
            document.set(key, value)
    answer = generate.xen().config(document.render(), generate.KEYS)
    assert answer.rc == 0, answer.report
    assert answer.values == document.as_dict()


spelled_items = st.sampled_from(("'a'", '"b"', "'c,d'", "'phy:/dev/wd0e,0x1,w'", '"e\'f"', "7"))
item_values = st.lists(st.sampled_from(("a", "b", "c,d", "phy:/dev/wd0e,0x1,w", "e'f", "new", "7")), max_size=5)


def spellings(text, key):
    """The exact text of each item of the lists that are assigned or added to the key."""
    found = [statement.node.items for statement in parse_statements(text, "x") if statement.key == key]
    return [text[item.start : item.end] for items in found for item in items]


def is_within(small, large):
    """Whether all of ``small`` can be had by removing characters from ``large``."""
    rest = iter(large)
    return all(char in rest for char in small)


@given(generate.lists_of(spelled_items), generate.lists_of(spelled_items), item_values)
def test_unchanged_items_keep_their_bytes(first, second, wanted):
    text = f"before = 1\nx = {first} # end\nafter = 2; x += {second}\n"
    document = _xlcfg.parse(text)
    old = document.get("x")
    kept = [pair for pair in align(old, wanted) if None not in pair and old[pair.old] == wanted[pair.new]]
    document.set("x", wanted)
    assert document.get("x") == wanted
    now, before = spellings(document.render(), "x"), spellings(text, "x")
    assert [now[pair.new] for pair in kept] == [before[pair.old] for pair in kept]
    assert document.render().startswith("before = 1\nx = [")
    assert "] # end\nafter = 2" in document.render()


@given(generate.lists_of(spelled_items), st.data())
def test_removing_items_only_removes_bytes(literal, data):
    text = f"x = {literal} # end\n"
    document = _xlcfg.parse(text)
    old = document.get("x")
    kept = data.draw(st.lists(st.booleans(), min_size=len(old), max_size=len(old)))
    document.set("x", list(itertools.compress(old, kept)))
    assert is_within(document.render(), text)


@given(generate.lists_of(spelled_items), st.lists(st.tuples(st.integers(0, 9), st.just("new")), max_size=3))
def test_adding_items_only_adds_bytes(literal, added):
    text = f"x = {literal} # end\n"
    document = _xlcfg.parse(text)
    wanted = list(document.get("x"))
    assume(wanted)
    for place, value in added:
        wanted.insert(place, value)
    document.set("x", wanted)
    assert is_within(text, document.render())
