# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests against Xen's parsers share: the oracle or a skip, the Hypothesis profiles, generated config texts.

``HYPOTHESIS_PROFILE=deep`` runs each property two hundred times longer. ``REQUIRE_ORACLE=1`` turns a missing oracle
from a skip into a failure.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from ansible_collections.netbsd.xen.tests.unit.oracle import xlu

set_hypothesis_home_dir(Path(__file__).resolve().parents[3] / ".cache" / "hypothesis")
settings.register_profile("quick", max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("deep", max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

KEYS = ("name", "memory", "disk", "vif", "x", "a.b_1")


def xen() -> xlu.Xlu:
    """Xen's own parsers; without them the calling test is skipped."""
    try:
        return xlu.load()
    except xlu.OracleMissing as missing:
        if os.environ.get("REQUIRE_ORACLE") == "1":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


# Characters that Xen's lexer treats each in its own way, bytes that are not UTF-8 among them.
characters = st.sampled_from("abx0178_. \t'\"\\#=+-,;[]()%nrtvfAZ\r\v\x01\x7fé€\udce4\udc80😀")
# Characters for values: all of Unicode that a file can hold, without NUL.
plain_text = st.text(
    st.one_of(characters, st.characters(exclude_categories=("Cs",), exclude_characters="\0"), st.just("\n"))
)
numbers = st.from_regex(r"[0-9][0-9a-fx]{0,4}", fullmatch=True)
values = st.recursive(
    st.one_of(plain_text, st.integers(min_value=0, max_value=2**63 - 1)),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)


def _quoted(mark: str) -> st.SearchStrategy[str]:
    """Strings with every kind of escape, right and wrong; what follows an octal escape decides about it."""
    ordinary = characters.filter(lambda char: char not in (mark, "\\", "\n"))
    escape = st.sampled_from(
        ("\\n", "\\t", "\\'", '\\"', "\\\\", "\\x41", "\\q", "\\101", "\\1 2", "\\1+1z", "\\12", "\\8")
    )
    return st.lists(st.one_of(ordinary, escape), max_size=5).map(lambda parts: mark + "".join(parts) + mark)


literals = st.sampled_from(
    (
        "'a'",
        '"a"',
        "'b'",
        '"b"',
        "''",
        '""',
        "1",
        "0x1f",
        "010",
        "007f",
        "'1'",
        "'c,d'",
        "'#'",
        "']'",
        "'e\"f'",
        '"e\'f"',
    )
    + ("'e\\'f'", "'a\\\\'", "'\\101'", "'\\n'", "'é'", "'\udce4'", "'phy:/dev/wd0e,0x1,w'", '"mac=00:16:3e:00:00:01"')
)
odd_strings = st.one_of(_quoted("'"), _quoted('"'))
blanks = st.sampled_from(("", "", " ", "  ", "\t"))
comments = st.sampled_from(("# c\n", "#\n", "#'\"[,\n", "# é \udce4\n"))
gaps = st.sampled_from(("", "", "", " ", " ", "\n", "\n    ", " # c\n", "\n  # d\n  ", "#\n", "\n\n", "\t"))


@st.composite
def lists_of(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    """A list with all the freedom of the grammar: newlines and comments anywhere, a trailing comma or none."""
    text = "[" + draw(gaps)
    chosen = draw(st.lists(items, max_size=4))
    for index, item in enumerate(chosen):
        last = index == len(chosen) - 1
        text += item + draw(gaps) + ("" if last and draw(st.booleans()) else ",") + draw(gaps)
    return text + "]"


right_values = st.one_of(literals, lists_of(literals), lists_of(st.one_of(literals, lists_of(literals))))


_ENDS = ("\n", "\n", "\n", "\n", " ;", "; ", " # why\n", ";\n", "\n\n", "\n# about the next\n")


@st.composite
def statements(draw: st.DrawFn, right: st.SearchStrategy[str] = right_values) -> str:
    """One setting with its end, as people write it: mostly a line of its own."""
    operator = draw(st.sampled_from((" = ", "=", "\t=  ", " = ", " += ")))
    return (
        draw(blanks)
        + draw(st.sampled_from(KEYS))
        + operator
        + draw(right)
        + draw(blanks)
        + draw(st.sampled_from(_ENDS))
    )


def _joined(parts: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    end = st.sampled_from(("", "", "", "x = 1", "#", " "))
    return st.tuples(st.lists(parts, max_size=most), end).map(lambda found: "".join(found[0]) + found[1])


texts = _joined(statements(), 5)
texts_with_odd_strings = _joined(statements(odd_strings), 3)


@st.composite
def damaged_texts(draw: st.DrawFn) -> str:
    """A text with a few characters removed, replaced or put in: nearly right, or wrong in one place."""
    text = draw(texts)
    for _round in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(text)))
        removed = draw(st.integers(0, 2))
        text = (
            text[:place] + draw(st.one_of(st.just(""), characters, st.just("\n"), comments)) + text[place + removed :]
        )
    return text


# Nothing but tokens in any order, for the corners of the grammar.
token_soup = st.lists(
    st.one_of(
        st.sampled_from(
            ("x", "x", "=", "=", "+=", "[", "]", ",", ";", "\n", " ", "# c\n", "#", "-", "+", ".", "A", "\r")
        ),
        literals,
    ),
    max_size=12,
).map("".join)
