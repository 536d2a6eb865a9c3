# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inside of a guest on its disk: whoever was root in the guest has made what is there."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.host._hostplan import FileChange
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _guest_task


@pytest.fixture
def places(tmp_path):
    """The root of a guest, and a folder of the host that it would like to reach."""
    guest, host = tmp_path / "guest", tmp_path / "host"
    guest.mkdir()
    host.mkdir()
    (host / "ttys").write_text("the host's")
    return guest, host


@pytest.mark.parametrize("link", ["{host}", "../host", "../../../../../../../../../..{host}"])
def test_links_of_the_guest_lead_to_nothing_of_the_host(places, link):
    guest, host = places
    os.symlink(link.format(host=host), guest / "etc")
    assert _guest_task.reader_below(str(guest))("/etc/ttys") is None
    _guest_task.write(str(guest), FileChange("/etc/ttys", None, "the guest's"))
    assert (host / "ttys").read_text() == "the host's"
    written = [path for path in guest.rglob("ttys") if path.is_file()]
    assert [path.read_text() for path in written] == ["the guest's"]


def test_a_link_within_the_guest_is_followed(places):
    guest, _host = places
    (guest / "real").mkdir()
    (guest / "real" / "ttys").write_text("old")
    os.symlink("/real", guest / "etc")
    assert _guest_task.reader_below(str(guest))("/etc/ttys") == "old"
    _guest_task.write(str(guest), FileChange("/etc/ttys", "old", "new"))
    assert (guest / "real" / "ttys").read_text() == "new"
