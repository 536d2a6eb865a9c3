# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""/etc/ifconfig.bridgeN is read as rc.d/network runs it, and edited so that nothing else in it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.bridge import _bridgefile, _bridgeline
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridgefile import FileState, Target
from ansible_collections.netbsd.xen.plugins.module_utils.host import _ifconfig

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

CORPUS = Path(__file__).resolve().parents[5] / "shared" / "corpus" / "ifconfig"
NEW = "create\n!brconfig $int add wm0 up\nup\n"


@pytest.mark.parametrize(
    "text, state",
    [
        ("", FileState()),
        (NEW, FileState(("wm0",), up=True)),
        ("!brconfig $int add ex0 up\n", FileState(("ex0",), up=True)),
        ("create\n!/sbin/brconfig bridge0 add wm0 stp wm0 add wm1\n", FileState(("wm0", "wm1"), ("wm0",))),
        ("!brconfig ${int} add wm0; brconfig $int add wm1 && ifconfig $int up\n", FileState(("wm0", "wm1"), up=True)),
        ("!brconfig $int add wm0 add wm1 delete wm0 -stp wm1\n", FileState(("wm1",))),
        ("mtu 9000 up\n!ifconfig wm0 mtu 9000 up\n", FileState((), (), 9000, True, (("wm0", 9000),), ("wm0",))),
        ("up\ndown\n", FileState()),
        ("!brconfig bridge1 add wm0\n", FileState()),
        ("!brconfig $int add `cat /etc/uplink`\n", FileState()),
        ("!brconfig $int frobnicate wm0\n", FileState()),
        ("!brconfig $int add\n", FileState()),
        ("!test -f /etc/x || brconfig $int add wm0\n", FileState()),
        ('!brconfig "$int" add "wm0"\n', FileState(("wm0",))),
        ("!brconfig $int add 'wm0\n", FileState()),
    ],
)
def test_reading(text, state):
    assert _bridgefile.read(text, "bridge0") == state


@pytest.mark.parametrize(
    "text, words",
    [
        ("create\n!add ep0 add ep1 up\n", "!brconfig $int add ep0"),
        ("create!brconfig $int add wm0 up\n", "must begin a line of its own"),
    ],
)
def test_mistakes_of_published_examples_are_told(text, words):
    (told,) = _bridgefile.read(text, "bridge0").useless
    assert words in told


@pytest.mark.parametrize(
    "target, text",
    [
        (Target(("wm0",), up=True), NEW),
        (Target((), up=True), "create\nup\n"),
        (Target(("wm0",), up=False), "create\n!brconfig $int add wm0\n"),
        (
            Target(("wm0", "wm1"), (), 9000, True, True, (("wm0", 9000),), ("wm1",)),
            "create\nmtu 9000\n!ifconfig wm0 mtu 9000\n!ifconfig wm1 up\n"
            "!brconfig $int add wm0 stp wm0 up\n!brconfig $int add wm1 stp wm1 up\nup\n",
        ),
    ],
)
def test_a_new_file(target, text):
    assert _bridgefile.edited(None, "bridge0", target) == text
    assert _bridgefile.edited(text, "bridge0", target) == text


@pytest.mark.parametrize(
    "before, target, after",
    [
        # the HOWTO's form gets what NetBSD 5 needs
        ("!brconfig $int add ex0 up\n", Target(("ex0",), up=True), "create\n!brconfig $int add ex0 up\n"),
        # comments, blanks, unknown lines and order stay
        (
            "# bridge\ncreate\n\n!route add x\n!brconfig  $int  add  wm0\n  up",
            Target(("wm0", "wm1"), up=True),
            "# bridge\ncreate\n\n!route add x\n!brconfig  $int  add  wm0\n!brconfig $int add wm1 up\n  up\n",
        ),
        (
            "create\n!brconfig $int add wm0 stp wm0 add wm1 learn wm0 up\nup\n",
            Target(("wm1",), ("wm0",), up=True),
            "create\n!brconfig $int add wm1 up\nup\n",
        ),
        ("create\n!brconfig $int add wm0\nup\n", Target((), ("wm0",), up=True), "create\nup\n"),
        (
            "create\n!brconfig $int add wm0 ; /sbin/brconfig $int add wm1 && ifconfig $int up\n",
            Target(("wm1",), ("wm0",)),
            "create\n!/sbin/brconfig $int add wm1 && ifconfig $int up\n",
        ),
        # an MTU moves before the members, where an old kernel needs it
        (
            "create\n!brconfig $int add wm0 up\nmtu 1400 up\n",
            Target(("wm0",), mtu=9000, member_mtus=(("wm0", 9000),)),
            "create\nmtu 9000\n!ifconfig wm0 mtu 9000\n!brconfig $int add wm0 up\nup\n",
        ),
        (
            "!ifconfig wm0 mtu 1400\ncreate\n!brconfig $int add wm0 up\n",
            Target(("wm0",), member_mtus=(("wm0", 9000),)),
            "create\n!ifconfig wm0 mtu 9000\n!brconfig $int add wm0 up\n",
        ),
        (
            "create\n!brconfig $int add wm0\nup\n",
            Target(("wm0",), stp=True),
            "create\n!brconfig $int add wm0\n!brconfig $int stp wm0\nup\n",
        ),
        (
            "create\n!brconfig $int add wm0 stp wm0\nup\n",
            Target(("wm0",), stp=False),
            "create\n!brconfig $int add wm0\nup\n",
        ),
        ("create\n!brconfig $int add wm0 -stp wm0 up\n", Target(("wm0",), stp=True), None),
        ("create\nup\n!brconfig $int add wm0 up\n", Target(("wm0",), up=False), "create\n!brconfig $int add wm0\n"),
        ("create\n!brconfig $int add wm0 delete wm0\n", Target(("wm0",)), "create\n!brconfig $int add wm0\n"),
        ("\n# nothing yet\n", Target(("wm0",), up=True), "\n# nothing yet\ncreate\n!brconfig $int add wm0 up\nup\n"),
        ("", Target(up=True), "create\nup\n"),
    ],
)
def test_edits(before, target, after):
    result = _bridgefile.edited(before, "bridge0", target)
    if after is not None:
        assert result == after
    state = _bridgefile.read(result, "bridge0")
    assert set(target.add) <= set(state.members)
    assert not set(target.remove) & set(state.members)
    assert target.stp is None or set(target.add) <= set(state.stp) or not target.stp
    assert _bridgefile.edited(result, "bridge0", target) == result


MEMBER = st.sampled_from(["wm0", "wm1", "vlan3", "tap7"])
LINE = st.one_of(
    st.sampled_from(["create", "up", "down", "mtu 9000", "# note", "", "!route add x", "description x", "!add wm0"]),
    st.builds("!brconfig $int {} {}".format, st.sampled_from(["add", "delete", "stp", "-stp", "learn"]), MEMBER),
    st.builds("!brconfig $int add {0} stp {0} up".format, MEMBER),
    st.builds("!ifconfig {} mtu {}".format, MEMBER, st.sampled_from([1500, 9000])),
)
TARGET = st.builds(
    lambda roles, mtu, stp, up: Target(
        tuple(m for m, role in roles.items() if role == "add"),
        tuple(m for m, role in roles.items() if role == "remove"),
        *(mtu, stp, up),
        tuple((m, mtu) for m, role in roles.items() if role == "add" and mtu),
    ),
    st.dictionaries(MEMBER, st.sampled_from(["add", "remove", "leave"])),
    *(st.sampled_from([None, 1400, 9000]), st.sampled_from([None, True, False]), st.sampled_from([None, True, False])),
)


@hypothesis.given(st.lists(LINE, max_size=8), TARGET)
def test_an_edit_brings_what_is_asked_for_and_a_second_one_nothing(lines, target):
    text = "".join(line + "\n" for line in lines)
    result = _bridgefile.edited(text, "bridge0", target)
    state = _bridgefile.read(result, "bridge0")
    before = _bridgefile.read(text, "bridge0")
    assert set(target.add) <= set(state.members)
    assert not set(target.remove) & set(state.members)
    untouched = set(before.members) - set(target.add) - set(target.remove)
    assert untouched <= set(state.members)
    assert target.mtu is None or state.mtu == target.mtu
    assert dict(target.member_mtus).items() <= dict(state.member_mtus).items()
    if target.stp is not None:
        assert (set(target.add) & set(state.stp)) == (set(target.add) if target.stp else set())
    if target.up is not None:
        assert state.up is target.up
    assert _bridgefile.edited(result, "bridge0", target) == result
    kept = [line for line in lines if line.startswith(("#", "!route", "description", "!add"))]
    assert [line for line in result.splitlines() if line in kept] == kept


@hypothesis.given(st.text(alphabet="ab$int!brconfgdw01 \t\"'#;&\\\n", max_size=60))
def test_any_text_can_be_read_and_edited(text):
    _bridgefile.read(text, "bridge0")
    result = _bridgefile.edited(text, "bridge0", Target(("wm9",), up=True))
    assert "wm9" in _bridgefile.read(result, "bridge0").members


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real files is not here")
def test_real_files():
    for path in sorted(CORPUS.glob("*bridge0*")):
        text = path.read_text(encoding="utf-8")
        result = _bridgefile.edited(text, "bridge0", Target(("wm0",), up=True))
        state = _bridgefile.read(result, "bridge0")
        assert "wm0" in state.members and state.up, path.name
        assert all(line in result for line in text.splitlines()), path.name


def test_lines_that_are_no_calls():
    for text in ("# x", "", "create", "dhcp", "!", "!ls"):
        (line,) = _ifconfig.parse_file(text + "\n")
        assert _bridgeline.calls_of(line, "bridge0") is None
