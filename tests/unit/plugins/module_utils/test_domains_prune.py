# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which guests of a host are in no list."""

from __future__ import annotations

from ansible_collections.netbsd.xen.plugins.module_utils.domains import _domains_prune
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import row


def found(tmp_path, names, files, declared=(), kept=()):
    for file, name in files.items():
        (tmp_path / file).write_text(f"name = '{name}'\n")
    rows = [row(domid=number, name=name) for number, name in enumerate(["Domain-0", *names])]
    return _domains_prune.undeclared(HostView(None, rows, str(tmp_path)), declared, kept)


def test_running_or_as_a_file(tmp_path):
    assert found(tmp_path, ["a", "b", "c"], {"b.cfg": "b", "d": "d", "e.cfg": "e"}, ["c", "e"]) == {
        "a": None, "b": str(tmp_path / "b.cfg"), "d": str(tmp_path / "d"),
    }  # fmt: skip


def test_what_is_no_guest(tmp_path):
    """A domain that dies, the dom0, a xenstored of its own, and device models of guests that are there."""
    assert found(tmp_path, ["(null)", "", "(null)", "Xenstore", "web", "web-dm", "gone-dm"], {}, ["web"]) == {
        "gone-dm": None
    }


def test_kept(tmp_path):
    names = ["router1", "router22", "test", "tester"]
    assert list(found(tmp_path, names, {}, kept=["router*", "test"])) == ["tester"]


def test_of_several_files_that_with_the_name(tmp_path):
    files = {"a-copy": "web", "web": "web", "z-copy": "web"}
    assert found(tmp_path, [], files) == {"web": str(tmp_path / "web")}
