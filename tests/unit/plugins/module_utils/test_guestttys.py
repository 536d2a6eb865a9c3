# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ttys and wscons.conf: a login on the console alone, no screens, and every other byte where it was."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _guestttys

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

# as etc/etc.amd64/ttys of NetBSD has them
TTYS = """\
#
# name\tgetty\t\t\t\ttype\tstatus\t\tcomments
#
console\t"/usr/libexec/getty Pc"\t\tvt100\toff secure
constty\t"/usr/libexec/getty Pc"\t\tvt100\ton secure
ttyE0\t"/usr/libexec/getty Pc"\t\twsvt25\toff secure
ttyE1\t"/usr/libexec/getty Pc"\t\twsvt25\ton secure\t# my screen is on
tty00\t"/usr/libexec/getty std.9600"\tunknown off secure
"""
# as etc/wscons.conf of NetBSD has them
WSCONS = (
    "# screens to create\n#\tidx\tscreen\temul\nscreen\t0\t-\tvt100\n  screen 1 - vt100\n"
    "#screen\t4\t80x25bf\tvt100\nencoding us\n"
)


def enabled(text):
    return [tty.name for tty in _guestttys.parse_ttys(text) if tty.enabled]


def test_only_the_console_has_a_login():
    expected = TTYS.replace("vt100\toff secure\nconstty", "vt100\ton secure\nconstty")
    expected = expected.replace(
        'constty\t"/usr/libexec/getty Pc"\t\tvt100\ton', 'constty\t"/usr/libexec/getty Pc"\t\tvt100\toff'
    )
    expected = expected.replace("wsvt25\ton secure\t# my", "wsvt25\toff secure\t# my")
    after = _guestttys.with_ttys(TTYS)
    assert after == expected
    assert enabled(after) == ["console"]
    assert _guestttys.with_ttys(after) == after


def test_other_terminals_may_have_one_too():
    assert enabled(_guestttys.with_ttys(TTYS, ("console", "ttyE0"))) == ["console", "ttyE0"]


def test_words_in_quotes_and_comments_are_no_switches():
    text = 'tty01 "getty on off" "my type" secure # on\n'
    assert not _guestttys.parse_ttys(text)[0].enabled
    assert _guestttys.with_ttys(text, ("tty01",)) == 'tty01 "getty on off" "my type"\ton secure # on\n'


@pytest.mark.parametrize("text", ["", "ttyE0 none vt100 off\n", "ttyE0 none vt100 off"])
def test_a_console_that_is_missing_gets_its_line(text):
    after = _guestttys.with_ttys(text)
    assert enabled(after) == ["console"]
    assert after.endswith(_guestttys.CONSOLE_LINE + "\n")
    assert after.startswith(text)
    assert _guestttys.with_ttys(after) == after


def test_screens_are_commented_out():
    assert _guestttys.without_screens(WSCONS) == (
        "# screens to create\n#\tidx\tscreen\temul\n#screen\t0\t-\tvt100\n#  screen 1 - vt100\n"
        "#screen\t4\t80x25bf\tvt100\n"
        "encoding us\n"
    )


WORD = st.sampled_from(
    ["console", "ttyE0", '"/usr/libexec/getty Pc"', "vt100", "on", "off", "secure", "# x", "\t", " ", ""]
)
LINES = st.lists(st.lists(WORD, max_size=7).map(" ".join), max_size=6).map("\n".join)


@hypothesis.settings(max_examples=60)
@hypothesis.given(LINES, st.lists(st.sampled_from(["console", "ttyE0"]), unique=True))
def test_the_second_time_changes_nothing(text, wanted):
    once = _guestttys.with_ttys(text, wanted)
    assert _guestttys.with_ttys(once, wanted) == once
    assert not [tty.name for tty in _guestttys.parse_ttys(once) if tty.enabled and tty.name not in wanted]
    if "console" in wanted:
        assert any(tty.enabled for tty in _guestttys.parse_ttys(once) if tty.name == "console")
    names = [tty.name for tty in _guestttys.parse_ttys(text)]
    assert [tty.name for tty in _guestttys.parse_ttys(once)][: len(names)] == names
