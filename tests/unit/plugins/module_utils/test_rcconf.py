# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rc.conf is read as sh reads it, and edited without touching anything else."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConfigSyntaxError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf import RcConf

STOCK = """\
#\t$NetBSD: rc.conf,v 1.97 2014/07/14 12:29:48 mbalmer Exp $
#
# Load the defaults in from /etc/defaults/rc.conf (if it's readable).
#
if [ -r /etc/defaults/rc.conf ]; then
\t. /etc/defaults/rc.conf
fi

rc_configured=YES

# Add local overrides below.
#
hostname=xen1
"""
CORPUS = pathlib.Path(__file__).parents[5] / "shared" / "corpus" / "rcconf"


def conf_of(rc_conf: str, script: str = "", **others: str) -> RcConf:
    files = {_rcconf.RC_CONF: rc_conf, **{key.replace("__", "/"): text for key, text in others.items()}}
    return RcConf(script, reader=files.get)


def only_change(conf: RcConf) -> str:
    ((_before, after),) = conf.changes().values()
    return after


@pytest.mark.parametrize(
    "text, value",
    [
        ("", ""),
        ("x=1", "1"),
        ("x=1 # it is", "1"),
        ("# x=1", ""),
        ("x=1;x=2", "2"),
        ("x=1 x=2", "2"),
        ("x='a b'\"c d\"e\\ f", "a bc de f"),
        ('x="a\n  b"', "a\n  b"),
        ('x="a \\\n b"', "a  b"),
        ("x=a\\\nb", "ab"),
        ('x="a"\nx="$x b"\nx="${x} c"', "a b c"),
        ("x='$x'", "$x"),
        ('x="\\$x \\a \\" \\\\"', '$x \\a " \\'),
        ("export x=1", "1"),
        ("x=1 true", ""),
        ("x=1 :", "1"),
        ("x=1; unset x", ""),
        ("true && x=1", "1"),
        ("false && x=1", ""),
        ("false || x=1", "1"),
        ("if true; then x=1; else x=2; fi", "1"),
        ("if false; then x=1; elif true; then x=3; else x=2; fi", "3"),
        ('y=b\nif [ "$y" = b ]; then x=1; else x=2; fi', "1"),
        ("if ! [ -n '' ]; then x=1; fi", "1"),
        ("(x=1)", ""),
        ("{ x=1; }", "1"),
        ("x=1 | true", ""),
        ("x=1 &", ""),
        ("cat <<EOF\nx=2\nEOF\nx=1", "1"),
        ("cat <<-'EOF'\n\tx=2\n\tEOF\nx=1", "1"),
        ("x=1 >/dev/null 2>&1", "1"),
        ("f() { x=2; }\nx=1", "1"),
        (": ${x:=1}", "1"),
        ("x=2\n: ${x:=1}", "2"),
        ('x="${y:-a b}"', "a b"),
        ("x=1\nreturn\nx=2", "1"),
        ("x=1\nif false; then return; fi\nx=2", "2"),
        ("x=it's", None),
    ],
)
def test_value(text, value):
    if value is None:
        with pytest.raises(ConfigSyntaxError):
            conf_of(text)
    else:
        assert conf_of(text).value("x") == value


@pytest.mark.parametrize(
    "text, reason",
    [
        ("x=$(hostname)", "$(hostname) needs a shell"),
        ('x="a `uname -r` b"', "`uname -r` needs a shell"),
        ("x=$((1 + (2)))", "$((1 + (2))) needs a shell"),
        ("x=~/xen", "~ needs a shell"),
        ("x=$'a'", "$'a' needs a shell"),
        ("y=$(uname)\nx=$y", "y is not known: $(uname) needs a shell"),
        ("if [ `uname -m` = amd64 ]; then x=1; fi", "the assignment may or may not be reached"),
        ("case `uname -m` in amd64|i386) x=1;; esac", "the assignment may or may not be reached"),
        ("for x in a b; do echo $x; done", "it is the variable of a loop"),
        ("x=1\ngrep -q y /etc/z && x=2", "the assignment may or may not be reached"),
        ("read x", "it is read from somewhere"),
        ("f() { x=2; }\nf", "the assignment may or may not be reached"),
        ("if test -d /emul; then return; fi\nx=1", "the assignment may or may not be reached"),
    ],
)
def test_what_only_a_shell_knows_is_named_and_never_run(text, reason):
    setting = conf_of(text).setting("x")
    assert (setting.value, setting.reason) == (None, reason)


@pytest.mark.parametrize(
    "text, line, column, reason",
    [
        ("a=1\nx='a", 2, 3, "the quote ' is not closed."),
        ('x="a\n\n', 1, 3, 'the quote " is not closed.'),
        ("x=${y", 1, 3, "${ is not closed."),
        ("x=$(y", 1, 3, "$( is not closed."),
        ("if true; then\nx=1\n", 1, 1, "this is not closed: elif or else or fi is missing."),
        ("x=1\nfi", 2, 1, "fi is out of place."),
        ("x=1 )", 1, 5, ") stands where a command should."),
        ("x=1 ;; y=2", 1, 5, "; stands where a command should."),
        ("if true; then fi", 1, 15, "a command is missing here."),
        ("x=1 &&\n", 2, 1, "&& has no command behind it."),
    ],
)
def test_syntax_errors(text, line, column, reason):
    with pytest.raises(ConfigSyntaxError) as caught:
        conf_of(text)
    assert (caught.value.line, caught.value.column, caught.value.reason) == (line, column, reason)


def test_order_of_the_files():
    files = {
        "/etc/rc.conf": STOCK + "a=rc\nb=rc\n",
        "/etc/defaults/rc.conf": "a=default\nb=default\nc=default\nx=default\n",
        "/etc/rc.conf.d/xend": "b=d\n",
    }
    conf = RcConf("xend", reader=files.get)
    assert {name: conf.value(name) for name in "abcx"} == {"a": "rc", "b": "d", "c": "default", "x": "default"}
    assert (conf.setting("b").path, conf.setting("b").line) == ("/etc/rc.conf.d/xend", 1)
    assert RcConf("xencommons", reader=files.get).value("b") == "rc"
    assert not RcConf("", reader={}.get).is_set("a")


@pytest.mark.parametrize("value, expected", [("YES", True), ("on", True), ("1", True), ("no", False), ("maybe", None)])
def test_yes(value, expected):
    assert _rcconf.yes(value) is expected


# editing


@pytest.mark.parametrize(
    "line, after",
    [
        ("x=NO", "x=YES"),
        ('x="NO"', 'x="YES"'),
        ("x='NO'  # why", "x='YES'  # why"),
        ("x=YES\nx=NO", "x=YES\nx=YES"),
        ("\tx=NO; y=2", "\tx=YES; y=2"),
        ("export x=NO", "export x=YES"),
        ("x=$(uname)", "x=YES"),
        ('x="a\nb"\ny=1', 'x="YES"\ny=1'),
        ("if [ -d /emul ]; then x=NO; fi", "if [ -d /emul ]; then x=NO; fi\nx=YES"),
        ("(x=NO)", "(x=NO)\nx=YES"),
        ("x=NO true", "x=NO true\nx=YES"),
        ("y=1", "y=1\nx=YES"),
    ],
)
def test_set(line, after):
    assert only_change(conf_of(STOCK + line + "\n").with_value("x", "YES")) == STOCK + after + "\n"


def test_set_what_it_is_changes_nothing():
    conf = conf_of(STOCK + "x='YES'\n")
    assert conf.with_value("x", "YES") is conf


def test_a_file_without_a_last_newline_gets_one():
    assert only_change(conf_of("y=1").with_value("x", "YES")) == "y=1\nx=YES\n"


def test_where_rc_conf_d_decides_it_is_edited():
    files = {"/etc/rc.conf": "xend=NO\n", "/etc/rc.conf.d/xend": "xend=NO\n"}
    assert RcConf("xend", reader=files.get).with_value("xend", "YES").changes() == {
        "/etc/rc.conf.d/xend": ("xend=NO\n", "xend=YES\n")
    }


def test_the_defaults_are_never_edited():
    files = {"/etc/rc.conf": STOCK, "/etc/defaults/rc.conf": "x=NO\n"}
    assert RcConf("", reader=files.get).with_value("x", "YES").changes() == {"/etc/rc.conf": (STOCK, STOCK + "x=YES\n")}


def test_what_no_edit_can_change_is_an_error():
    with pytest.raises(XenError, match="/etc/rc.conf: line 2: x cannot be changed") as caught:
        conf_of("[ -d /emul ] && exit\nx=1\n").with_value("x", "2")
    assert caught.value.details["error_id"] == "rc_conf_too_clever"
    with pytest.raises(XenError, match="y cannot be changed"):
        conf_of("x=1\nexit\n").with_value("y", "2")
    assert only_change(conf_of("x=1\nexit\n").with_value("x", "2")) == "x=2\nexit\n"


@pytest.mark.parametrize(
    "before, after",
    [
        ("x=1\n", ""),
        ("x=1 # why\ny=2\n", "y=2\n"),
        ("y=2\n  x='a\nb'\nz=3\n", "y=2\nz=3\n"),
        ("x=1\ny=2\nx=3\n", "y=2\n"),
        ("x=1; y=2\n", "y=2\n"),
        ("y=2; x=1\n", "y=2\n"),
        ("y=2; x=1; z=3\n", "y=2; z=3\n"),
        ("x=1 y=2\n", "y=2\n"),
        ("export x=1\n", ""),
        ("# x=1\n", "# x=1\n"),
    ],
)
def test_absent(before, after):
    conf = conf_of(before).without("x")
    assert conf.text_of(_rcconf.RC_CONF) == after


@pytest.mark.parametrize(
    "before, add, remove, after",
    [
        ('x="a b"\n', ["c"], [], 'x="a b c"\n'),
        ('x="a b" # those\n', ["c"], ["a"], 'x="b c" # those\n'),
        ("x='a b'\n", ["c", "d"], ["b"], "x='a c d'\n"),
        ("x=a\n", ["b"], [], 'x="a b"\n'),
        ("x=\n", ["a"], [], 'x="a"\n'),
        ("", ["a"], [], "x=a\n"),
        ("", ["a", "b"], [], 'x="a b"\n'),
        ('x="a\n   b\n   c"\n', ["d"], ["b"], 'x="a\n   c d"\n'),
        ('x="a \\\n   b"\n', [], ["b"], 'x="a"\n'),
        ('x="a \\\n   b"\n', [], ["a"], 'x="b"\n'),
        ('x="a"\nx="$x b"\n', ["c"], ["a"], 'x=""\nx="$x b c"\n'),
        ('x="a b a"\n', [], ["a"], 'x="b"\n'),
        ("x=a\n", [], ["a"], 'x=""\n'),
        ('x="$(hosts) a"\n', ["b"], ["a"], 'x="$(hosts) b"\n'),
        ("x=a'b 'c\n", [], ["c"], 'x="ab"\n'),
        ('x="a b"\n', ["a"], ["z"], 'x="a b"\n'),
    ],
)
def test_lists(before, add, remove, after):
    assert conf_of(before).with_words("x", add, remove).text_of(_rcconf.RC_CONF) == after


def test_a_list_from_the_defaults_is_continued_in_rc_conf():
    files = {"/etc/rc.conf": STOCK, "/etc/defaults/rc.conf": "x='a b'\n"}
    conf = RcConf("", reader=files.get).with_words("x", ["c"], ["a"])
    assert conf.changes() == {"/etc/rc.conf": (STOCK, STOCK + 'x="b c"\n')}


@pytest.mark.parametrize("name", ["xen-watchdog", "", "1x", "a b", "x=1"])
def test_names(name):
    with pytest.raises(BadValue):
        conf_of("").with_value(name, "YES")


@pytest.mark.parametrize("word", ["", "a b", "a\nb"])
def test_words(word):
    with pytest.raises(BadValue):
        conf_of("").with_words("x", [word])


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the checkout")
def test_real_files():
    seen = 0
    for path in sorted(CORPUS.iterdir()):
        text = path.read_text()
        conf = conf_of(text)
        assert conf.enabled("rc_configured") and not conf.doubts
        assert (
            only_change(conf.with_value("xencommons", "YES"))
            == text.rstrip("\n") + text[len(text.rstrip("\n")) :] + "xencommons=YES\n"
        )
        seen += 1
    assert seen
