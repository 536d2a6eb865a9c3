# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""fstab and the output of mount are read as NetBSD writes them; edits touch one line."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command, _fstab

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

SYSINST = """\
# NetBSD /etc/fstab
# See /usr/share/examples/fstab/ for more examples.
/dev/wd0a\t\t/\tffs\trw\t\t 1 1
/dev/wd0b\t\tnone\tswap\tsw,dp\t\t 0 0
kernfs\t\t/kern\tkernfs\trw
ptyfs\t\t/dev/pts\tptyfs\trw
/dev/wd1a /my\\040data ffs rw,noauto 1 2
short line
"""


def test_entries():
    entries = _fstab.parse(SYSINST)
    assert [(each.number, each.file, each.type) for each in entries] == [
        (3, "/", "ffs"),
        (4, "none", "swap"),
        (5, "/kern", "kernfs"),
        (6, "/dev/pts", "ptyfs"),
        (7, "/my data", "ffs"),
    ]
    assert entries[-1].options == ("rw", "noauto")


@pytest.mark.parametrize(
    "line, found",
    [
        ("kernfs /kern kernfs rw", True),
        ("/kern /kern kernfs rw 0 0", True),
        ("anything /kern/ kernfs ro,noauto", True),
        ("#kernfs /kern kernfs rw", False),
        ("/dev/wd0e /kern ffs rw 1 2", False),
        ("kernfs /kernel kernfs rw", False),
        ("kernfs /kern kernfs", False),
    ],
)
def test_kernfs_is_found_by_its_place_and_type(line, found):
    assert (_fstab.find(_fstab.parse(line), "/kern", "kernfs") is not None) is found


def test_edits():
    assert _fstab.with_line("a b c d", "k /kern kernfs rw") == "a b c d\nk /kern kernfs rw\n"
    assert _fstab.with_line("", "x") == "x\n"
    text = "# c\nkernfs\t/kern  kernfs\trw,noauto,hidden\t0 0\nlast"
    entry = _fstab.find(_fstab.parse(text), "/kern", "kernfs")
    assert _fstab.without_options(text, entry, ("noauto",)) == "# c\nkernfs\t/kern  kernfs\trw,hidden\t0 0\nlast"
    alone = "kernfs /kern kernfs noauto"
    entry = _fstab.find(_fstab.parse(alone), "/kern", "kernfs")
    assert _fstab.without_options(alone, entry, ("noauto",)) == "kernfs /kern kernfs rw"


FIELD = st.text(
    st.characters(blacklist_categories=["Cs", "Zs", "Zl", "Zp", "Cc"], blacklist_characters="#\\,"), min_size=1
)


@hypothesis.given(st.lists(st.tuples(FIELD, FIELD, FIELD, FIELD), max_size=4), st.sampled_from(["\t", " ", " \t "]))
def test_what_is_written_is_read(rows, blank):
    text = "".join(blank.join(row) + "\n" for row in rows)
    assert [(each.spec, each.file, each.type, each.options[0]) for each in _fstab.parse(text)] == rows


def test_mounts():
    assert _fstab.parse_mounts(
        "/dev/wd0a on / type ffs (log, local)\nkernfs on /kern type kernfs (local)\n/a on b on /c d type nfs\nnoise\n"
    ) == [
        _fstab.Mount("/dev/wd0a", "/", "ffs", ("log", "local")),
        _fstab.Mount("kernfs", "/kern", "kernfs", ("local",)),
        _fstab.Mount("/a on b", "/c d", "nfs", ()),
    ]


def test_a_failing_mount_is_told(monkeypatch):
    monkeypatch.setattr(_command, "run", lambda command: _command.Result(1, "", "mount: no\n"))
    with pytest.raises(CommandError, match="mount: no"):
        _fstab.mounted()
