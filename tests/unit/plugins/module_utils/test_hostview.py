# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host, read once: what is asked of it, how often, and what is made of a listing with oddities."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _hostview
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xl
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import live, row


class Toolstack:
    """Counts what it is asked; ``listings`` are its answers, the last of them for ever."""

    commands = _xl.Commands

    def __init__(self, *listings, fails=0):
        self.listings, self.fails, self.asked = list(listings), fails, []

    def listing(self):
        self.asked.append("list")
        return self.listings.pop(0) if len(self.listings) > 1 else self.listings[0]

    def configurations(self):
        self.asked.append("list -l")
        if self.fails:
            self.fails -= 1
            raise CommandError("libxl_list_domain failed.", ["xl", "list", "-l"], 1, "", "")
        return {entry.domid: live() for entry in self.listings[0] if entry.domid and entry.name != "(null)"}

    def info(self):
        self.asked.append("info")
        return {"free_memory": "100"}


@pytest.fixture
def clock(monkeypatch):
    """Seconds that were slept; no time passes otherwise."""
    slept = []
    monkeypatch.setattr(_hostview.time, "sleep", slept.append)
    monkeypatch.setattr(_hostview.time, "monotonic", lambda: sum(slept))
    return slept


def view_of(*listings, **knobs):
    toolstack = Toolstack(*listings, **knobs)
    return _hostview.HostView(toolstack, toolstack.listing(), "/nowhere")


def test_everything_is_asked_for_once(tmp_path, monkeypatch):
    (tmp_path / "web").write_text("name = 'web'\nvif = [ 'mac=00:16:3e:00:00:0a' ]\n")
    read = []
    really = _configfile.read
    monkeypatch.setattr(_configfile, "read", lambda path, syntax="xl": read.append(path) or really(path, syntax))
    toolstack = Toolstack([row(domid=0), row(domid=7)])
    view = _hostview.HostView(toolstack, toolstack.listing(), str(tmp_path))
    for name in ("a", "b", "c"):
        assert view.row(name) is None
        assert [other.name for other in view.others_running(name)] == ["web"]
        assert [other.macs for other in view.others_on_disk(name)] == [["00:16:3e:00:00:0a"]]
        assert view.config(str(tmp_path / "web")).value("name") == "web"
        view.info()
    assert view.others_running("web") == view.others_on_disk("web") == []
    assert toolstack.asked == ["list", "list -l", "info"]
    assert read == [str(tmp_path / "web")]


def test_a_file_alone_does_not_cost_the_whole_folder(tmp_path, monkeypatch):
    (tmp_path / "web").write_text("name = 'web'\n")
    monkeypatch.setattr(_configfile, "all_in", lambda *arguments: pytest.fail("read them all"))
    assert _hostview.HostView(None, [], str(tmp_path)).config(str(tmp_path / "web")).exists


def test_domains_without_a_name(clock):
    """Being destroyed, several at once: nobody's domain, waited for by nobody."""
    view = view_of([*(row("dying", domid, name="(null)") for domid in (5, 6)), row(domid=7)])
    view.settle(["web"], 60)
    assert clock == []
    assert view.row("web").domid == 7
    assert [other.name for other in view.others_running("db")] == ["web"]


def test_all_that_are_on_their_way_out_are_waited_for_together(clock):
    going = [row("shutdown", domid, name=name) for domid, name in ((5, "a"), (6, "b"))]
    view = view_of(going, going[1:], [])
    view.settle(["a", "b", "c"], 60)
    assert (view.rows, clock) == ([], [1, 1])
    assert view.configurations() == {}


def test_one_that_stays_is_waited_for_once(clock):
    view = view_of([row("shutdown")])
    view.settle(["web"], 60)
    assert sum(clock) == 15
    view.settle(["web"], 60)
    assert sum(clock) == 15
    assert view.row("web").state == "shutdown"


def test_the_long_listing_is_tried_again(clock):
    view = view_of([row()], fails=2)
    assert set(view.configurations()) == {7}
    assert clock == [1.0, 1.0]
    with pytest.raises(CommandError):
        view_of([row()], fails=3).configurations()


def test_a_host_without_xen(monkeypatch):
    def nothing(choice):
        raise HostError("no Xen")

    monkeypatch.setattr(_host, "require_root", lambda: None)
    monkeypatch.setattr(_hostview._toolstack, "find", nothing)
    view = _hostview.HostView.open()
    view.refresh()
    view.settle(["web"], 60)
    assert view.problem.message == "no Xen"
    assert (view.rows, view.configurations(), view.info(), view.others_running("web")) == ([], {}, {}, [])
    assert view.commands is _xl.Commands


class TestGuest:
    """A guest that is compared with its file: its row, and libxl's configuration of it."""

    def test_gone_between_the_two_listings(self):
        """Without a second look it would count as running, and as it should be."""
        view = view_of([row(domid=7)], [], [])
        view.toolstack.listings[0] = []
        assert view.guest("web", compared=True) is None
        assert view.toolstack.asked == ["list", "list -l", "list"]

    def test_one_that_libxl_knows_nothing_of(self):
        """Made by another toolstack: looked at twice, and not once more for the next one."""
        rows = [row(domid=7), row(domid=8, name="db")]
        view = view_of(rows)
        view.toolstack.configurations = lambda: view.toolstack.asked.append("list -l") or {}
        for name in ("web", "db"):
            found = view.guest(name, compared=True)
            assert (found[0].name, found[1]) == (name, None)
        assert view.toolstack.asked == ["list", "list -l", "list", "list -l"]

    def test_nothing_to_compare(self):
        view = view_of([row(domid=7)])
        assert view.guest("web", compared=False) == (view.rows[0], None)
        assert view.guest("db", compared=True) is None
        assert view.toolstack.asked == ["list"]


def test_affinities_are_asked_for_once():
    view = view_of([row()])
    view.toolstack.all_affinities = lambda: view.toolstack.asked.append("vcpu-list") or {7: [("0", "all")]}
    assert view.affinities() == view.affinities() == {7: [("0", "all")]}
    assert view.toolstack.asked == ["list", "vcpu-list"]
