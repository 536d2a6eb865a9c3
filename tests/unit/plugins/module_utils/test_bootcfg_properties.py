# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of boot.cfg's editor: the change is there when the loader reads the file, and every other byte stays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import Image
from ansible_collections.netbsd.xen.plugins.module_utils.boot._bootcfg import BootCfg

WORDS = st.sampled_from(
    ["/netbsd", "/xen.gz", "-s", "console=pc", "dom0_mem=512M", "hd0a:/netbsd", "x", "\u00e9", "\udcff"]
)
BODIES = st.lists(
    st.tuples(
        st.sampled_from(["", " ", "  "]),
        st.sampled_from(["boot", "load", "multiboot", "rndseed", "prompt", "consdev", "vesa", ""]),
        st.lists(WORDS, max_size=3),
        st.sampled_from(["", " "]),
    ).map(lambda part: part[0] + " ".join([part[1], *part[2]]) + part[3]),
    max_size=4,
).map(";".join)
LINES = st.one_of(
    st.builds(
        "{}{}={}:{}{}".format,
        st.sampled_from(["", " "]),
        st.sampled_from(["menu", "menu", "menu", "menux"]),
        st.sampled_from(["A", "Xen 4.20", "", " B"]),
        BODIES,
        st.sampled_from(["", " # why", "# why", "\r"]),
    ),
    st.builds(
        "{}={}".format,
        st.sampled_from(["default", "timeout", "banner", "format", "clear", "load", "fs", "rndseed", "consdev"]),
        st.sampled_from(["1", "3", "0", "n", "x y", "", "5 # five"]),
    ),
    st.sampled_from(["", "# a comment", "menu", "nothing here", "menu=no colon", "\x85\x0b", "\u2028"]),
)
TEXTS = st.builds("{}{}".format, st.lists(LINES, max_size=26).map("\n".join), st.sampled_from(["", "\n"]))
NAMES = st.sampled_from(["New", "Xen 4.18", "\u00dc"])
XEN = st.sampled_from([None, Image("/xen420.gz", ("dom0_mem=512M", "console=com1")), Image("/x.gz")])
KERNELS = st.sampled_from([Image("/netbsd"), Image("/netbsd-XEN3_DOM0.gz", ("console=com0", "-s"))])


def as_read(entry):
    return entry.text, entry.hypervisor, entry.kernel


def others(document, number):
    return [entry._replace(number=0, line=0) for entry in document.entries if entry.number != number]


@given(TEXTS, st.integers(1, 25), NAMES, XEN, KERNELS)
def test_a_new_entry_is_there_and_nothing_else_changes(text, position, name, hypervisor, kernel):
    document = BootCfg(text)
    if len(document.entries) >= 9 or document.modules:
        return
    number = min(position, len(document.entries) + 1)
    after = document.with_new_entry(number, name, hypervisor, kernel)
    assert as_read(after.entries[number - 1]) == (name, hypervisor, kernel)
    assert others(after, number) == others(document, 0)
    assert after.without_entry(number).text in (text, text + "\n")


@given(TEXTS, st.integers(0, 25), NAMES, XEN, KERNELS)
def test_a_changed_entry_is_what_was_asked_for(text, index, name, hypervisor, kernel):
    document = BootCfg(text)
    if not document.entries or document.modules:
        return
    number = index % len(document.entries) + 1
    after = document.with_entry(number, name, hypervisor, kernel)
    assert as_read(after.entries[number - 1]) == (name, hypervisor, kernel)
    assert others(after, number) == others(document, number)
    line = document.menu_lines[number - 1]
    before_lines, after_lines = text.split("\n"), after.text.split("\n")
    assert after_lines[: line.number - 1] == before_lines[: line.number - 1]
    assert after_lines[line.number :] == before_lines[line.number :]
    # a comment behind the entry is still there
    assert after_lines[line.number - 1].endswith(line.raw[line.end :])


@given(TEXTS, st.integers(1, 20), st.integers(0, 100))
def test_settings(text, number, seconds):
    document = BootCfg(text)
    number = min(number, max(len(document.entries), 1))
    after = document.with_default(number)
    assert after.default == (number if document.entries else None)
    assert others(after, 0) == others(document, 0)
    if document.format != "number":
        assert document.with_timeout(seconds).timeout == seconds
        assert others(document.with_timeout(seconds), 0) == others(document, 0)


@given(TEXTS, st.integers(0, 25), st.integers(0, 25))
def test_moving_changes_the_order_only(text, first, second):
    document = BootCfg(text)
    if len(document.entries) < 2 or document.dropped:
        return
    number, position = first % len(document.entries) + 1, second % len(document.entries) + 1
    after = document.moved(number, position)
    order = [as_read(entry) for entry in document.entries]
    order.insert(position - 1, order.pop(number - 1))
    assert [as_read(entry) for entry in after.entries] == order
    assert sorted(after.text.split("\n")) == sorted((text if text.endswith("\n") else text + "\n").split("\n")) or (
        sorted(after.text.split("\n")) == sorted(text.split("\n"))
    )
