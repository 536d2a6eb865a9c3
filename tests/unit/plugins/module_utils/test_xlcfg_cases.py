# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small config texts with what Xen makes of them; where Xen's parser is at hand, it is asked to confirm each."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConfigSyntaxError
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg
from ansible_collections.netbsd.xen.tests.unit.oracle import generate

ACCEPTED = {
    "": {},
    "\n\n": {},
    "# only a comment\n": {},
    ";;\n;": {},
    "name = 'web'\n": {"name": "web"},
    'name = "web"': {"name": "web"},
    "\tname\t=\t'web'\t\n": {"name": "web"},
    "name='web';memory=512\n": {"name": "web", "memory": "512"},
    "memory = 512 # MiB\n": {"memory": "512"},
    "memory = 0x200\n": {"memory": "0x200"},
    "memory = 0777fx\n": {"memory": "0777fx"},
    "memory = 99999999999999999999\n": {"memory": "99999999999999999999"},
    "a.b_1 = 1\n": {"a.b_1": "1"},
    "name = 'a#b;c'\n": {"name": "a#b;c"},
    "name = 'say \"yes\"'\n": {"name": 'say "yes"'},
    'name = "it\'s"\n': {"name": "it's"},
    "name = 'it\\'s'\n": {"name": "it's"},
    'name = "a\\"b\\\\c"\n': {"name": 'a"b\\c'},
    'name = "\\a\\b\\f\\n\\r\\t\\v"\n': {"name": "\a\b\f\n\r\t\v"},
    'name = "<\\101>"\n': {"name": "<>"},
    'name = "<\\1234>"\n': {"name": "<>"},
    'name = "<\\1 5>"\n': {"name": "<>"},
    "name = 'ä'\n": {"name": "ä"},
    "name = '\udce4'\n": {"name": "\udce4"},
    "name = 'a\r'\n": {"name": "a\r"},
    "disk = [ ]\n": {"disk": []},
    "disk = [ 'a', ]\n": {"disk": ["a"]},
    "disk=['a',\"b\",3]": {"disk": ["a", "b", "3"]},
    "disk = [\n\n 'a' # first\n , # comma\n # whole line\n 'b'\n]\n": {"disk": ["a", "b"]},
    "x = [ [ 'a', [ 1 ] ], [ ], ]\n": {"x": [["a", ["1"]], []]},
    "x = [ '' ]\n": {"x": [""]},
    "name = 'a'\nname = 'b'\n": {"name": "b"},
    "x = 'a'\nx = [ 'b' ]\n": {"x": ["b"]},
    "x = 'a'\nx += 'b'\n": {"x": "ab"},
    "x = [ 'a' ]\nx += [ 'b' ]\nx += [ ]\n": {"x": ["a", "b"]},
    "x += [ 'b' ]\n": {"x": ["b"]},
    "x += 'a'\nx = 'b'\nx += 'c'\n": {"x": "bc"},
    "x = 1\nx += 2\n": {"x": "12"},
    "x = 1\n#": {"x": "1"},
    "x = 1\n?": {"x": "1"},
}

# text -> (line, column, a word of the reason or the hint)
REFUSED = {
    "x = 1\r\ny = 2\r\n": (1, 6, "CRLF"),
    "x = 1\n# the end": (2, 1, "End the last line"),
    "\ufeffx = 1\n": (1, 1, "byte order mark"),
    "x = True\n": (1, 5, "write 1 or 0"),
    "x = None\n": (1, 5, "None"),
    "x = true\n": (1, 5, "1 and 0"),
    "x = -1\n": (1, 5, '"-1"'),
    "x = 0xFF\n": (1, 7, "lower case"),
    "Name = 'a'\n": (1, 1, "lower case"),
    "maxMem = 1\n": (1, 4, "lower case"),
    "_x = 1\n": (1, 1, "'_'"),
    "x-y = 1\n": (1, 2, "Python"),
    "1x = 1\n": (1, 1, "1x where a setting"),
    "x = 'a\n": (1, 5, "not closed"),
    'x = "a\nb"\n': (1, 5, "not closed"),
    "x = 'a\\\n": (1, 5, "not closed"),
    "x = '''a'''\n": (1, 7, "not joined"),
    "x = 'a' 'b'\n": (1, 9, "not joined"),
    "x = abc\n": (1, 5, "Put quotes"),
    "x = 1 y = 2\n": (1, 7, "semicolon"),
    "x = 64 * 1024\n": (1, 8, "Python"),
    "x = ('a')\n": (1, 5, "Python"),
    "x = {'a': 1}\n": (1, 5, "Python"),
    "import os\n": (1, 8, "Python"),
    "def f():\n    return 1\n": (1, 5, "Python"),
    "if 1:\n    x = 2\n": (1, 4, "Python"),
    "x = 'a%s' % 'b'\n": (1, 11, "Python"),
    "x = 'a' \\\n 'b'\n": (1, 9, "backslash"),
    "x\n": (1, 2, "= after x"),
    "x = \n": (1, 5, "the end of line"),
    "x = # later\n1\n": (1, 5, "the end of line"),
    "x == 1\n": (1, 4, "= where"),
    "x = '\\x41'\n": (1, 6, "hexadecimal"),
    "x = '\\q'\n": (1, 6, "unknown escape"),
    "x = '\\12'\n": (1, 6, "octal"),
    "x = [ , ]\n": (1, 7, ", where"),
    "x = [ 'a',, 'b' ]\n": (1, 11, ", where"),
    "x = [ 'a' 'b' ]\n": (1, 11, ", or ]"),
    "x = [ 'a'; 'b' ]\n": (1, 10, "; where"),
    "x = [ 'a' ]]\n": (1, 12, "] where"),
    "y = 1\nx = [ 'a',\n": (2, 5, "list that is not closed"),
    "x = [ 'a'\ny = 1\n": (1, 5, "list that is not closed"),
    "x = [ 'a',\ny += [ 'b' ]\n": (1, 5, "list that is not closed"),
    "x = [ a ]\n": (1, 7, "a where a string"),
    "x = 'a'\nx += [ 'b' ]\n": (2, 1, "Add a list to a list"),
    "x = [ 'a' ]\nx += 'b'\n": (2, 1, "string to a string"),
}


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted(text):
    document = _xlcfg.parse(text)
    assert document.as_dict() == ACCEPTED[text]
    assert document.render() == text


@pytest.mark.parametrize("text", REFUSED)
def test_refused_with_the_place_and_the_cure(text):
    with pytest.raises(ConfigSyntaxError) as caught:
        _xlcfg.parse(text, "/etc/xen/web")
    line, column, words = REFUSED[text]
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"/etc/xen/web: line {line}, column {column}: ")


def test_no_string_is_shown_since_it_may_be_a_secret():
    with pytest.raises(ConfigSyntaxError) as caught:
        _xlcfg.parse("vncpasswd = 's3' 'cret'\n")
    assert "cret" not in str(caught.value)


def test_nul_is_refused():
    with pytest.raises(ConfigSyntaxError, match="line 2, column 6: a NUL byte"):
        _xlcfg.parse("x = 1\ny = '\0'\n")


def test_lists_nested_beyond_reason_are_refused_and_no_crash():
    with pytest.raises(ConfigSyntaxError, match="nested deeper than 64"):
        _xlcfg.parse("x = " + "[" * 5000 + "]" * 5000)


@pytest.mark.parametrize("text", [*ACCEPTED, *REFUSED])
def test_xen_agrees(text):
    answer = generate.xen().config(text, (*generate.KEYS, "y"))
    assert (answer.rc == 0) == (text in ACCEPTED), answer.report
    assert answer.values == ACCEPTED.get(text, {})


def test_keys_come_in_the_order_of_their_first_appearance():
    document = _xlcfg.parse("b = 1\na = 2\nb = 3\nc = 4\n")
    assert document.keys() == ["b", "a", "c"]
    assert document.get("b") == "3"
    assert document.get("missing") is None


def test_line_of_is_that_of_the_last_statement():
    document = _xlcfg.parse("# head\nb = [\n 'x' ]\na = 2; b += [ 'y' ]\n")
    assert (document.line_of("b"), document.line_of("a")) == (4, 4)
    with pytest.raises(KeyError):
        document.line_of("missing")


NUMBERS = {
    "0": 0, "00": 0, "12": 12, "010": 8, "0x1f": 31, "0X1F": 31, "-1": -1, "+7": 7, " \t12": 12, "-0x10": -16,
    "9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63),
}  # fmt: skip


@pytest.mark.parametrize("text", NUMBERS)
def test_to_long(text):
    assert _xlcfg.to_long(text) == NUMBERS[text]


@pytest.mark.parametrize("text", ["", " ", "x", "0x", "08", "12 ", "1.5", "1k", "- 1", "9223372036854775808", "१"])
def test_to_long_refuses(text):
    with pytest.raises(ValueError, match="64 bits|not a number"):
        _xlcfg.to_long(text)


RENDERED = [
    ("web", '"web"'),
    (512, "512"),
    (True, "1"),
    (False, "0"),
    (-1, '"-1"'),
    ("512", '"512"'),
    ('say "yes"', "'say \"yes\"'"),
    ("it's", '"it\'s"'),
    ("both ' and \"", '"both \' and \\""'),
    ("a\\b\n\t\r", '"a\\\\b\\n\\t\\r"'),
    ([], "[ ]"),
    (["a"], "[ 'a' ]"),
    (("a", 2), "[\n    'a',\n    2,\n]"),
    ([["a", "b"], ["c"]], "[\n    [\n        'a',\n        'b',\n    ],\n    [ 'c' ],\n]"),
]


@pytest.mark.parametrize(("value", "text"), RENDERED)
def test_render_value(value, text):
    assert _xlcfg.render_value(value) == text


def test_new_document():
    text = _xlcfg.new_document(
        [("name", "web"), ("memory", 512), ("disk", ["/a,raw,xvda,rw"])], "Made by a test.\n\nEnd"
    )
    assert text == ("# Made by a test.\n#\n# End\n\nname = \"web\"\nmemory = 512\ndisk = [ '/a,raw,xvda,rw' ]\n")
    assert _xlcfg.new_document([("a", 1)]) == "a = 1\n"


@pytest.mark.parametrize("key", ["", "Name", "a-b", "1a", "a b", "a\n", None])
def test_keys_that_xl_cannot_read_are_refused(key):
    with pytest.raises(BadValue, match="lower-case letter"):
        _xlcfg.new_document([(key, 1)])
    with pytest.raises(BadValue, match="lower-case letter"):
        _xlcfg.parse("").set(key, 1)


@pytest.mark.parametrize("value", ["a\0b", None, 1.5, {"a": 1}, ["a", None], "\ud800"])
def test_values_that_no_file_can_hold_are_refused(value):
    document = _xlcfg.parse("x = 1\n")
    with pytest.raises(BadValue) as caught:
        document.set("x", value)
    assert caught.value.details["option"] == "x"
    assert document.render() == "x = 1\n"
