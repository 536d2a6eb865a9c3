# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reader and the editor of rc.conf against a real sh, which has the last word."""

from __future__ import annotations

import os
import subprocess
import tempfile

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import ConfigSyntaxError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf import RcConf
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf_edit import quoted

UNSET = "<unset>"
NAMES = ("x", "y", "z")
RC_CONF = "/etc/rc.conf"
oracle = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def sh(text: str, names=NAMES) -> dict[str, str] | None:
    """What sh makes of the file, None when it cannot read it."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf", newline="") as stream:
        stream.write(text)
        stream.flush()
        ending = "".join(f'printf "%s\\0" "${{{name}-{UNSET}}}";' for name in names)
        # a function keeps `return` and the end of the file apart from what prints
        done = subprocess.run(
            ["/bin/sh", "-c", f"trap '{ending}' EXIT; . \"$1\"", "sh", stream.name],
            env={"PATH": os.defpath},
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
        parsed = subprocess.run(["/bin/sh", "-n", stream.name], capture_output=True, check=False).returncode == 0
    if not parsed:
        return None
    values = done.stdout.split("\0")
    return {name: values[number] for number, name in enumerate(names)}


def ours(text: str) -> RcConf:
    return RcConf(reader={RC_CONF: text}.get)


BARE = st.text("abAB01_./:,@%+-=", max_size=5)
SINGLE = st.text("ab $\"`\\\n#;&()~'".replace("'", ""), max_size=6).map(lambda text: f"'{text}'")
DOUBLE_PIECE = st.one_of(
    st.text("ab #;&()~'\n\t", max_size=4),
    st.sampled_from(
        ["$x", "${y}", "${z:-d e}", "${x:+s}", "${z-'q'}", "\\$", '\\"', "\\\\", "\\a", "\\\n", "$ ", "\\`"]
    ),
)
DOUBLE = st.lists(DOUBLE_PIECE, max_size=4).map(lambda parts: '"' + "".join(parts) + '"')
EXPANSION = st.sampled_from(["$x", "${y}", "${z:-d}", "${x:+'s t'}", '${y:="n m"}', "\\ ", "\\;", "\\\n", "$ "])
VALUE = st.lists(st.one_of(BARE, SINGLE, DOUBLE, EXPANSION), max_size=4).map("".join)
NAME = st.sampled_from(NAMES)
ASSIGNMENT = st.tuples(NAME, VALUE).map("=".join)
CONDITION = st.sampled_from(
    ["true", "false", "! true", '[ "$x" = a ]', '[ -n "$y" ]', "test -z $z", "[ -r /nowhere ]", "[ -r /etc/passwd ]"]
)
PLAIN = st.one_of(
    ASSIGNMENT,
    ASSIGNMENT,
    st.tuples(ASSIGNMENT, ASSIGNMENT).map(" ".join),
    st.tuples(ASSIGNMENT, st.just("true")).map(" ".join),
    st.tuples(ASSIGNMENT, st.just(":")).map(" ".join),
    st.tuples(NAME, DOUBLE).map(lambda pair: f"export {pair[0]}={pair[1]}"),
    NAME.map(lambda name: f"unset {name}"),
    st.just(": ${x:=a b}"),
)
COMMAND = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.tuples(CONDITION, inner, inner).map(lambda t: f"if {t[0]}; then {t[1]}\nelse\n\t{t[2]}; fi"),
        st.tuples(CONDITION, inner).map(lambda t: f"{t[0]} && {t[1]}"),
        st.tuples(CONDITION, inner).map(lambda t: f"{t[0]} || {t[1]}"),
        inner.map(lambda one: f"{{ {one}; }}"),
        inner.map(lambda one: f"( {one} )"),
        inner.map(lambda one: f"f() {{ {one}; }}"),
        inner.map(lambda one: f"cat <<EOF >/dev/null\nx=heredoc\nEOF\n{one}"),
    ),
    max_leaves=4,
)
END = st.sampled_from(["\n", "; ", " # note 'x=1\n", "\n\n", " ;\n"])
SCRIPT = st.lists(st.tuples(COMMAND, END).map("".join), max_size=6).map("".join)


@oracle
@given(SCRIPT)
@example('x="a"\nx="$x b"\n')
@example("x=a\\\nb # c\n")
@example("x='a'y=b\n")
@example("z=\\ \nif test -z $z; then x=\nelse\n\tunset x; fi\n")
@example("z=\nif test -n $z; then x=a\nelse\n\tx=b; fi\n")
@example("if test -n $z; then x=a\nelse\n\tx=b; fi\n")
@example("z=\nif test -n ''$z; then x=a\nelse\n\tx=b; fi\n")
@example("z='*'\nif test $z = '*'; then x=a\nelse\n\tx=b; fi\n")
def test_values(script):
    """Every value that we claim to know is what sh says."""
    truth = sh(script)
    if truth is None:
        return
    conf = ours(script)
    for name in NAMES:
        if conf.value(name) is not None:
            assert (conf.value(name) if conf.is_set(name) else UNSET) == truth[name], script


@oracle
@given(st.lists(st.one_of(COMMAND, st.text("x=1'\"$(){};&|`\\\n #fi", max_size=8)), max_size=4).map("".join))
@example("x=|! true && x=")
def test_syntax(script):
    """What we accept, sh accepts: no edit of ours can leave a file that stops the boot."""
    try:
        ours(script)
    except ConfigSyntaxError:
        return
    assert sh(script) is not None, script


@oracle
@given(SCRIPT, NAME, st.text("aY $\"'`\\\n#~;é", max_size=8))
def test_set(script, name, value):
    before = sh(script)
    assume(before is not None)
    conf = ours(script).with_value(name, value)
    after = sh(conf.text_of(RC_CONF))
    assert after is not None and after[name] == value
    # other variables change only where their text takes this one in
    if ":=" not in script and f"${name}" not in script and f"${{{name}" not in script:
        assert {key: after[key] for key in NAMES if key != name} == {key: before[key] for key in NAMES if key != name}


@oracle
@given(SCRIPT, NAME)
def test_absent(script, name):
    assume(sh(script) is not None)
    try:
        conf = ours(script).without(name)
    except XenError:
        return
    if ours(script).setting(name).path:
        assert sh(conf.text_of(RC_CONF))[name] == UNSET


WORD = st.text("abc.-_", min_size=1, max_size=3)


def words(values: dict[str, str]) -> list[str]:
    """The list that x is; one that is not set is empty."""
    return [] if values["x"] == UNSET else values["x"].split()


@oracle
@given(
    SCRIPT,
    st.lists(st.one_of(WORD, st.sampled_from([" ", "\n ", "\\\n", "'a'", "$y", '"'])), max_size=6).map("".join),
    st.lists(WORD, max_size=3),
    st.lists(WORD, max_size=3),
)
@example("", '" "', [], [])
def test_lists(script, inner, add, remove):
    text = f'{script}x="{inner}"\n'
    before = sh(text)
    assume(before is not None)
    add = [word for word in add if word not in remove]
    try:
        conf = ours(text).with_words("x", add, remove)
    except XenError:
        assert ours(text).value("x") is None
        return
    kept = [word for word in words(before) if word not in remove]
    wanted = kept + [word for word in dict.fromkeys(add) if word not in kept]
    assert words(sh(conf.text_of(RC_CONF))) == wanted
    assert conf.with_words("x", add, remove).changes() == conf.changes()


@oracle
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20), st.sampled_from(["", "'", '"']))
def test_quoting(value, quote):
    assert sh(f"x={quoted(value, quote)}\n")["x"] == value
