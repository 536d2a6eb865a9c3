# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Edits of xl config files, before and after: what people's files look like, and what must be left of them."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _xlcfg

GUEST = """\
# web server, ask Jo before any change
name   = 'web'          # also in DNS
memory = 512
vcpus=2;  maxvcpus=4

# disks: the first one is the root
disk = [ 'phy:/dev/wd0e,0x1,w',     # root
         'file:/srv/web-data.img,0x2,w',  # data
       ]
vif  = [ 'mac=00:16:3e:00:00:01, bridge=bridge0' ]
unknown_key = "left alone"
"""

SET = [
    # strings and numbers: quotes, blanks and comments stay
    ("name = 'web' # c\n", "name", "db", "name = 'db' # c\n"),
    ('name="web"\n', "name", "db", 'name="db"\n'),
    ("name = 'web'\n", "name", "it's", 'name = "it\'s"\n'),
    ('name = "web"\n', "name", "both ' \"", 'name = "both \' \\""\n'),
    ("memory = 512\n", "memory", 1024, "memory = 1024\n"),
    ("memory = '512'\n", "memory", 1024, "memory = '1024'\n"),
    ("memory = 512\n", "memory", "1024", "memory = 1024\n"),
    ("memory = '512'\n", "memory", "1024", "memory = '1024'\n"),
    ("memory = 512\n", "memory", "half", 'memory = "half"\n'),
    ("memory = 512", "memory", 1024, "memory = 1024"),
    ("x = 1\n", "x", -1, 'x = "-1"\n'),
    ("pae = 0\n", "pae", True, "pae = 1\n"),
    # what is already so stays, in whatever spelling
    ("memory = 0x200\n", "memory", 512, "memory = 0x200\n"),
    ("memory = '512'\n", "memory", 512, "memory = '512'\n"),
    ("pae=01\n", "pae", True, "pae=01\n"),
    ("disk = ['a',\n'b' , ]\n", "disk", ["a", "b"], "disk = ['a',\n'b' , ]\n"),
    # set more than once: the last = counts
    ("x = 1\ny = 2\nx = 3\n", "x", 4, "x = 1\ny = 2\nx = 4\n"),
    ("x = 'a'\nx += 'b'\n", "x", "c", "x = 'c'\n"),
    ("x = 1\nx += 2\n", "x", 12, "x = 12\n"),
    ("x += 2\n", "x", 2, "x = 2\n"),
    # a list becomes a string and the reverse
    ("cpus = [ '0', '1' ] # pinned\n", "cpus", "0-1", 'cpus = "0-1" # pinned\n'),
    ("cpus = '0-1'\n", "cpus", ["0"], "cpus = [ '0' ]\n"),
    # one item of a list
    ("x = [ 'a', 'b' ]\n", "x", ["a", "c"], "x = [ 'a', 'c' ]\n"),
    ("x = [ \"a\", 'b' ]\n", "x", ["c", "b"], "x = [ \"c\", 'b' ]\n"),
    ("x = [ 1, 2 ]\n", "x", [1, 3], "x = [ 1, 3 ]\n"),
    # items that go
    ("x = [ 'a', 'b' ]\n", "x", ["b"], "x = [ 'b' ]\n"),
    ("x = [ 'a', 'b' ]\n", "x", ["a"], "x = [ 'a' ]\n"),
    ("x = ['a','b','c']\n", "x", ["a", "c"], "x = ['a','c']\n"),
    ("x = [ 'a', ]\n", "x", [], "x = [ ]\n"),
    ("x = [\n  'a', # one\n  'b', # two\n]\n", "x", ["b"], "x = [\n  'b', # two\n]\n"),
    ("x = [\n  'a', # one\n  'b'  # two\n]\n", "x", ["a"], "x = [\n  'a' # one\n]\n"),
    ("x = [ 'a', # one\n      'b' ]\n", "x", ["b"], "x = [ 'b' ]\n"),
    ("x = [ 'a',\n      'b' ]\n", "x", ["a"], "x = [ 'a' ]\n"),
    ("x = [\n  # about a\n  'a',\n  'b',\n]\n", "x", ["b"], "x = [\n  # about a\n  'b',\n]\n"),
    ("x = [\n  'a', 'b', # both\n  'c',\n]\n", "x", ["a", "c"], "x = [\n  'a', # both\n  'c',\n]\n"),
    # items that come
    ("x = [ 'a' ]\n", "x", ["a", "b"], "x = [ 'a', 'b' ]\n"),
    ('x = ["a"]\n', "x", ["b", "a"], 'x = ["b", "a"]\n'),
    ("x = ['a','b']\n", "x", ["a", "b", "c"], "x = ['a','b','c']\n"),
    ("x = [ 'a', ]\n", "x", ["a", "b"], "x = [ 'a', 'b', ]\n"),
    ("x = [ 'a',\n      'b' ]\n", "x", ["a", "b", "c"], "x = [ 'a',\n      'b',\n      'c' ]\n"),
    ("x = [ 'a',\n      'b' ]\n", "x", ["c", "a", "b"], "x = [ 'c',\n      'a',\n      'b' ]\n"),
    ("x = [\n  'a', # one\n]\n", "x", ["a", "b"], "x = [\n  'a', # one\n  'b',\n]\n"),
    ("x = [\n  'a' # one\n]\n", "x", ["a", "b"], "x = [\n  'a', # one\n  'b'\n]\n"),
    ("x = [\n\t'a',\n\t'c',\n]\n", "x", ["a", "b", "c"], "x = [\n\t'a',\n\t'b',\n\t'c',\n]\n"),
    ("x = [ ]\n", "x", ["a"], "x = [ 'a' ]\n"),
    ("x = []\n", "x", ["a", "b"], "x = [\n    'a',\n    'b',\n]\n"),
    ("x = [\n  # none yet\n]\n", "x", ["a"], "x = [\n  # none yet\n    'a',\n]\n"),
    # += statements keep their own items
    ("x = [ 'a' ]\nx += [ 'b' ]\n", "x", ["a", "c"], "x = [ 'a' ]\nx += [ 'c' ]\n"),
    ("x = [ 'a' ]\nx += [ 'b' ]\n", "x", ["a"], "x = [ 'a' ]\n"),
    ("x = [ 'a' ]\nx += [ 'b' ]\n", "x", ["b"], "x = [ ]\nx += [ 'b' ]\n"),
    ("x = [ 'a' ]\nx += [ 'b' ]\n", "x", ["a", "b", "c"], "x = [ 'a' ]\nx += [ 'b', 'c' ]\n"),
    ("x += [ 'a' ]\n", "x", [], "x += [ ]\n"),
    # lists in lists
    ("x = [ [ 'a', 'b' ], [ 'c' ] ]\n", "x", [["a", "b"], ["c", "d"]], "x = [ [ 'a', 'b' ], [ 'c', 'd' ] ]\n"),
    # new keys
    ("", "x", 1, "x = 1\n"),
    ("y = 1", "x", 1, "y = 1\nx = 1\n"),
    ("y = 1\n", "x", ["a", "b"], "y = 1\nx = [\n    'a',\n    'b',\n]\n"),
    ("y = 1\n#", "x", 1, "y = 1\n#\nx = 1\n"),
    ("y = 1\n\x1a", "x", 1, "y = 1\nx = 1\n"),
]

REMOVE = [
    ("a = 1\nb = 2 # two\nc = 3\n", "a = 1\nc = 3\n"),
    ("a = 1\n  b = [\n 'x',\n]   # list\nc = 3\n", "a = 1\nc = 3\n"),
    ("# about b\nb = 2\n", "# about b\n"),
    ("a = 1\nb = 2", "a = 1\n"),
    ("b = 2;\n", ""),
    ("b = 2; c = 3\n", "c = 3\n"),
    ("a = 1; b = 2\n", "a = 1\n"),
    ("a = 1; b = 2 # both\n", "a = 1 # both\n"),
    ("a = 1; b = 2;\n", "a = 1;\n"),
    ("a = 1 ; b = 2 ; c = 3\n", "a = 1 ; c = 3\n"),
    ("b = 1\na = 2\nb = 3\nb += 4\n", "a = 2\n"),
    ("a = 1\n", "a = 1\n"),
]


@pytest.mark.parametrize(("before", "key", "value", "after"), SET)
def test_set(before, key, value, after):
    document = _xlcfg.parse(before)
    document.set(key, value)
    assert document.render() == after


@pytest.mark.parametrize(("before", "after"), REMOVE)
def test_remove(before, after):
    document = _xlcfg.parse(before)
    document.remove("b")
    assert document.render() == after
    assert document.get("b") is None


def test_a_persons_file_survives_a_series_of_edits():
    document = _xlcfg.parse(GUEST)
    document.set("memory", 1024)
    document.set("maxvcpus", 8)
    document.set("disk", ["phy:/dev/wd0e,0x1,w", "file:/srv/web-data.img,0x2,w", "/srv/new.img,raw,0x3,rw"])
    document.set("vif", ["mac=00:16:3e:00:00:01, bridge=bridge1"])
    document.set("on_crash", "preserve")
    assert document.render() == (
        GUEST.replace("512", "1024")
        .replace("maxvcpus=4", "maxvcpus=8")
        .replace("# data\n", "# data\n         '/srv/new.img,raw,0x3,rw',\n")
        .replace("bridge0", "bridge1")
        + 'on_crash = "preserve"\n'
    )


def test_the_comment_of_a_disk_stays_with_that_disk():
    document = _xlcfg.parse(GUEST)
    document.set("disk", ["/srv/web-data.img,raw,0x2,rw"])
    assert "'/srv/web-data.img,raw,0x2,rw',  # data\n" in document.render()
    assert "# root\n" not in document.render()


def test_edits_add_up():
    document = _xlcfg.parse("a = 1\n")
    document.set("b", 2)
    document.set("a", [1])
    document.remove("b")
    document.set("a", [1, 2])
    assert document.render() == "a = [ 1, 2 ]\n"
