# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packages come and go as asked, with the lab's pkgin: stateful, and as strict as the real one."""

from __future__ import annotations

import os
import sys

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import (
    BadValue,
    ConflictError,
    HostError,
    TimedOut,
    XenError,
)
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command
from ansible_collections.netbsd.xen.plugins.module_utils.packages import (
    _pkgin,
    _pkgin_journal,
    _pkgin_plan,
    _pkgin_repositories,
    _pkgsrc,
)
from ansible_collections.netbsd.xen.plugins.module_utils.packages._pkgin import Pkgin
from ansible_collections.netbsd.xen.plugins.module_utils.packages._pkgin_plan import Request
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.pkgsrc_host import PkgsrcHost, package

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="the lab's pkgin needs a newer Python")
XL = {"sbin/xl": b"the toolstack\n"}


@pytest.fixture
def host(tmp_path, monkeypatch):
    host = PkgsrcHost(tmp_path)
    monkeypatch.setattr(_pkgsrc, "_FOLDERS", (str(host.folder),))
    monkeypatch.setattr(_pkgin, "LOG", str(host.log))
    monkeypatch.setattr(_pkgin, "DATABASE", str(host.database))
    monkeypatch.setattr(_pkgin_repositories, "PATH", str(host.conf))
    monkeypatch.setattr(_pkgin_journal, "JOURNAL", str(host.log.parent / "installing"))
    host.runs = []
    real = _command.run

    def run(cmd, timeout=60.0):
        host.runs.append([word for word in cmd if "=" not in word and word != "/usr/bin/env"])
        return real(cmd, timeout)

    monkeypatch.setattr(_command, "run", run)
    host.offer(
        package("xenkernel418", "20260317"),
        package("xentools418", "20260317", files=XL, depends=("yajl>=2.0",)),
        package("xenkernel420", "20260317"),
        package("xentools420", "20260317", files=XL, depends=("yajl>=2.0",)),
        package("yajl", "2.1.0nb1"),
        package("gtk2+", "2.24.33"),
        package("vim", "9.1.0"),
        package("font-adobe-100dpi", "1.0.4"),
        package("libxen", "1.0", conflicts=("xentools420-[0-9]*",)),
    )
    return host


def request(*names, state="present", replaces=(), dependents=False):
    return Request(_pkgsrc.wanted(names), state, _pkgsrc.wanted(replaces), dependents)


def plan(asked, repositories=None, mode="exact"):
    wanted = _pkgin_repositories.plan(repositories, mode, _pkgin_repositories.read())
    pkgin = Pkgin(repositories=wanted.urls if wanted.changed else ())
    return _pkgin_plan.plan(asked, wanted, pkgin), pkgin


def converge(asked, **more):
    """Plan, carry out, and plan again: nothing is left to do."""
    todo, pkgin = plan(asked, **more)
    done = _pkgin_plan.apply(todo, asked, pkgin) if todo.changed else {}
    again, _pkgin = plan(asked, **more)
    assert again.actions == []
    assert again.diff() == []
    return todo, done


def test_many_packages_in_one_run(host):
    todo, done = converge(request("xenkernel420", "xentools420"))
    assert todo.actions == ["install xenkernel420-20260317", "install xentools420-20260317", "install yajl-2.1.0nb1"]
    assert host.installed() == ["xenkernel420-20260317", "xentools420-20260317", "yajl-2.1.0nb1"]
    assert done["packages"] == {"xenkernel420": "20260317", "xentools420": "20260317"}
    assert done["warnings"] == []
    pkgin_runs = [run[1:] for run in host.runs if run[0].endswith("/pkgin")]
    assert pkgin_runs == [
        ["-n", "install", "xenkernel420", "xentools420"],
        ["-y", "install", "xenkernel420", "xentools420"],
    ]


def test_check_mode_changes_nothing(host):
    todo, _pkgin = plan(request("vim"))
    assert todo.actions == ["install vim-9.1.0"]
    assert todo.diff() == [
        {"before_header": "packages", "after_header": "packages", "before": "", "after": "vim-9.1.0\n"}
    ]
    assert host.installed() == []


def test_local_truth_comes_first(host):
    converge(request("vim", "yajl"))
    host.offer(package("yajl", "2.2"))
    host.runs.clear()
    todo, _pkgin = plan(request("vim", "yajl"))
    assert not todo.changed
    assert [os.path.basename(run[0]) for run in host.runs] == ["pkg_info"]


@pytest.mark.parametrize("name", ["gtk2+", "font-adobe-100dpi", "font-adobe-100dpi-1.0.4", "vim-9.1.0"])
def test_names_are_names(host, name):
    converge(request(name))
    assert any(full.startswith(name) for full in host.installed())


@pytest.mark.parametrize("name", ["vim*", "vim>=9", "{vim,yajl}", "", "-F", "vim;ls", "a b"])
def test_patterns_are_refused(name):
    with pytest.raises(BadValue, match="not the name of a package"):
        request(name)


def test_another_xen_takes_the_place_of_the_one_before(host):
    converge(request("xenkernel418", "xentools418"))
    todo, _done = converge(request("xenkernel420", "xentools420", replaces=["xentools418", "xentools415"]))
    assert todo.actions == [
        "remove xentools418-20260317",
        "install xenkernel420-20260317",
        "install xentools420-20260317",
    ]
    assert todo.diff()[0]["before"] == "xentools418-20260317\n"
    # the kernel of the version before stays: its boot entry needs it
    assert host.installed() == [
        "xenkernel418-20260317",
        "xenkernel420-20260317",
        "xentools420-20260317",
        "yajl-2.1.0nb1",
    ]


def test_nothing_goes_before_the_new_one_is_here(host):
    converge(request("xentools418"))
    asked = request("xentools420", replaces=["xentools418"])
    todo, pkgin = plan(asked)
    for path in host.repository.glob("xentools420*.tgz"):
        path.unlink()
    with pytest.raises(XenError):
        _pkgin_plan.apply(todo, asked, pkgin)
    assert "xentools418-20260317" in host.installed()


def test_the_same_files_in_an_installed_package(host):
    converge(request("xentools418"))
    asked = request("xentools420")
    todo, pkgin = plan(asked)
    with pytest.raises(ConflictError, match="xentools418-20260317, which is installed.*option replaces") as caught:
        _pkgin_plan.apply(todo, asked, pkgin)
    assert caught.value.details["error_id"] == "package_conflict"
    assert caught.value.details["unfulfilled"] == ["xentools420 is not installed"]
    assert host.installed() == ["xentools418-20260317", "yajl-2.1.0nb1"]


def test_a_declared_conflict_is_told_before_anything_is_done(host):
    converge(request("libxen"))
    with pytest.raises(ConflictError, match="xentools420-20260317 conflicts with libxen-1.0"):
        plan(request("xentools420"))
    todo, _done = converge(request("xentools420", replaces=["libxen"]))
    assert todo.actions[0] == "remove libxen-1.0"
    assert host.installed() == ["xentools420-20260317", "yajl-2.1.0nb1"]


@pytest.mark.parametrize(
    "name, near",
    [
        ("xentools421", "xentools418"),
        ("Vim", "there is vim"),
        ("vim-8.0", "there is vim-9.1.0"),
        ("zzz", "nothing with a name like it"),
    ],
)
def test_what_the_repository_does_not_have(host, name, near):
    with pytest.raises(XenError, match="No repository of this host has") as caught:
        plan(request("yajl", name))
    assert near in caught.value.message
    assert caught.value.details["error_id"] == "not_in_repository"
    assert host.installed() == []


def test_a_version_is_that_version(host):
    converge(request("vim-9.1.0"))
    host.offer(package("vim", "9.2.0"), package("vim", "9.0.0"))
    assert not plan(request("vim-9.1.0"))[0].changed
    todo, _done = converge(request("vim-9.2.0"))
    assert todo.actions == ["upgrade to vim-9.2.0"]
    assert todo.diff()[0]["before"] == "vim-9.1.0\n"
    with pytest.raises(ConflictError, match="vim-9.2.0 is installed, and pkgin would not put vim-9.0.0"):
        plan(request("vim-9.0.0"))


def test_latest(host):
    converge(request("vim", "yajl"))
    host.offer(package("vim", "9.2.0"), package("yajl", "2.1.0nb1"))
    todo, done = converge(request("vim", "yajl", state="latest"))
    assert todo.actions == ["upgrade to vim-9.2.0"]
    assert done["packages"] == {"vim": "9.2.0", "yajl": "2.1.0nb1"}


def test_absent(host):
    converge(request("vim", "xentools420"))
    todo, _done = converge(request("vim", "not-there", state="absent"))
    assert todo.actions == ["remove vim-9.1.0"]
    with pytest.raises(ConflictError, match="xentools420-20260317") as caught:
        plan(request("yajl", state="absent"))
    assert caught.value.details["error_id"] == "package_needed"
    todo, _done = converge(request("yajl", state="absent", dependents=True))
    assert todo.removed == ["yajl-2.1.0nb1", "xentools420-20260317"]
    assert host.installed() == []


def test_what_is_gone_from_the_repository_can_still_be_removed(host):
    converge(request("vim"))
    host.offer(package("yajl", "2.1.0nb1"))
    assert not plan(request("vim"))[0].changed
    converge(request("vim", state="absent"))
    assert host.installed() == []


def test_repositories(host):
    host.conf.write_text("# mine\nfile:///nowhere\n")
    asked = request("vim")
    todo, _done = converge(asked, repositories=[host.url])
    assert todo.actions[0] == f"write {host.conf}: {host.url}"
    assert host.conf.read_text() == f"# mine\n{host.url}\n"
    assert host.installed() == ["vim-9.1.0"]


def test_a_wrong_package_leaves_the_repositories_alone(host):
    host.conf.write_text("file:///nowhere\n")
    with pytest.raises(XenError, match="No repository of this host has vom"):
        plan(request("vom"), repositories=[host.url])
    assert host.conf.read_text() == "file:///nowhere\n"


def test_no_repository(host):
    host.conf.write_text("file:///nowhere\n")
    with pytest.raises(HostError, match="Could not fetch") as caught:
        plan(request("vim"))
    assert caught.value.details["error_id"] == "no_repository"


def test_no_pkgin(host):
    (host.folder / "pkgin").unlink()
    assert not plan(request(), repositories=None)[0].changed
    todo, _pkgin = plan(request("vim"))
    assert todo.bootstrap == host.url
    assert todo.actions == [f"install pkgin from {host.url}", "install vim"]
    assert "cannot be told" in todo.warnings[0]
    host.conf.write_text("")
    with pytest.raises(HostError, match="has no pkgin"):
        plan(request("vim"))


def test_rc_scripts_are_asked_for_in_the_environment(host):
    assert "PKG_RCD_SCRIPTS=YES" in Pkgin(rc_scripts=True).command("install")
    assert "PKG_RCD_SCRIPTS=YES" not in Pkgin().command("install")


def test_lists_of_packages_are_fetched_when_they_are_old(host):
    assert _pkgin_plan.refresh(Pkgin(), 3600) is True
    assert _pkgin_plan.refresh(Pkgin(), 3600) is False
    assert _pkgin_plan.refresh(Pkgin(), 0) is True


def test_a_package_for_another_release_is_a_warning(host):
    host.offer(package("old", "1.0", os_version="9.0"))
    _todo, done = converge(request("old"))
    assert any("built for a platform" in text for text in done["warnings"])


# interrupted runs


def test_a_finished_run_leaves_no_journal(host):
    converge(request("vim"))
    assert _pkgin_journal.interrupted() == []


def test_what_was_interrupted_is_installed_anew(host, monkeypatch):
    asked = request("xenkernel420", "xentools420")
    todo, pkgin = plan(asked)
    with monkeypatch.context() as patch:
        patch.setattr(_pkgin_plan, "_unfulfilled", lambda *_all: (each for each in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            _pkgin_plan.apply(todo, asked, pkgin)
    # pkg_add registers a package before it unpacks it
    xl = host.root / "usr/pkg/sbin/xl"
    xl.write_text("half of")
    assert "xentools420-20260317" in host.installed()
    todo, _done = converge(asked)
    assert "remove xentools420-20260317, whose installation was interrupted" in todo.actions
    assert "install xentools420-20260317" in todo.actions
    assert xl.read_bytes() == XL["sbin/xl"]
    assert host.installed() == ["xenkernel420-20260317", "xentools420-20260317", "yajl-2.1.0nb1"]


def test_what_was_interrupted_and_is_replaced_is_not_repaired_first(host):
    converge(request("xentools418"))
    _pkgin_journal.begin(["xentools418-20260317"])
    todo, _done = converge(request("xentools420", replaces=["xentools418"]))
    assert todo.local.repair == []
    assert "xentools418-20260317" not in host.installed()
    assert _pkgin_journal.interrupted() == []


@pytest.mark.parametrize(
    "line, busy",
    [
        ("  12 pkgin -y install vim", True),
        ("  12 /usr/sbin/pkg_add -DU /var/db/pkgin/cache/vim-9.tgz", True),
        ("  12 /usr/bin/python3 -IS /usr/pkg/bin/pkgin -y install vim", True),
        ("  12 /bin/sh /usr/sbin/pkg_delete -f vim", True),
        ("  12 vi /usr/pkg/etc/pkgin", False),
        ("  12 /usr/pkg/bin/python3.11 /root/.ansible/tmp/x/AnsiballZ_pkgin.py", False),
        ("  12 grep pkgin", False),
        ("  PID COMMAND", False),
        ("", False),
    ],
)
def test_other_runs(line, busy):
    assert bool(_pkgin_journal._at_work("  PID COMMAND\n   1 init\n" + line)) is busy


def test_another_run_is_waited_for(monkeypatch):
    listings = ["1 pkgin update", "1 pkgin update", "1 init"]
    monkeypatch.setattr(_command, "run", lambda _cmd: _command.Result(0, listings.pop(0), ""))
    monkeypatch.setattr(_pkgin_journal, "_POLL_SECONDS", 0)
    _pkgin_journal.wait_for_others(60)
    assert listings == []
    listings[:] = ["7 pkgin update"]
    with pytest.raises(TimedOut, match="7 pkgin update"):
        _pkgin_journal.wait_for_others(0)
