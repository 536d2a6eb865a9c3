# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task on many domains, from parameters to result, on a toolstack that is plain data."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domains import _domains, _domains_run
from ansible_collections.netbsd.xen.plugins.module_utils.domains._domains_spec import options_spec
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils import test_domain
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.test_domain import host as one  # noqa: F401 # pylint: disable=unused-import # a fixture

DEFAULTS = {name: spec.get("default") for name, spec in options_spec().items()}


class Host(test_domain.Host):
    """Starts whatever it is told to start.

    :ivar dies_with: names of guests, by that of the one whose start they do not survive.
    """

    def __init__(self):
        super().__init__()
        self.dies_with, self.listings, self.domid = {}, 0, 10

    def listing(self):
        self.listings += 1
        return super().listing()

    def run(self, command, timeout=None):
        self.ran.append(" ".join(command[1:]))
        name = os.path.basename(command[-1]).partition(".")[0]
        if command[1] == "create":
            self.domid += 1
            self.add(domid=self.domid, name=name)
            self.rows = [row for row in self.rows if row.name != self.dies_with.get(name)]


@pytest.fixture
def host(one, monkeypatch, tmp_path):  # noqa: F811
    made = Host()
    monkeypatch.setattr(test_domain._toolstack, "find", lambda choice="auto": made)
    monkeypatch.setattr(_domains_run, "INTERVAL", 0.0)
    made.path = tmp_path / "web.cfg"
    made.kernel = str(tmp_path / "kernel")
    made.path.unlink()
    return made


def run(host, *domains, check_mode=False, **params):
    defaults = {"state": "running", "kernel": host.kernel, "memory": 64, **params.pop("defaults", {})}
    given = {**DEFAULTS, "toolstack": "auto", "config_dir": None, "domains": list(domains), "defaults": defaults}
    return _domains.run({**given, **params}, check_mode)


def failed(host, *domains, **params):
    with pytest.raises(XenError) as caught:
        run(host, *domains, **params)
    return caught.value


def told(result):
    return {entry["name"]: entry for entry in result["domains"]}


def test_a_guest_that_does_not_stay(host):
    """It runs when its own start is looked at, and is gone at the end: the task must not say that all is well."""
    host.dies_with["db"] = "web"
    error = failed(host, {"name": "web"}, {"name": "db", "depends_on": ["web"]})
    entry = told(error.details)["web"]
    assert (entry["error_id"], entry["state"], entry["changed"]) == ("did_not_stay", None, True)
    assert "is gone now" in entry["msg"]
    assert told(error.details)["db"]["failed"] is False
    assert error.details["changed"] is True


def test_entries_are_in_the_order_of_the_list_and_actions_in_that_of_work(host):
    result = run(host, {"name": "web", "depends_on": ["db"]}, {"name": "db"})
    assert list(told(result)) == ["web", "db"]
    assert [action.rpartition("/")[2] for action in result["actions"]] == ["db.cfg", "db.cfg", "web.cfg", "web.cfg"]
    assert [command.rpartition("/")[2] for command in host.ran] == ["db.cfg", "web.cfg"]
    headers = [part["after_header"].rpartition("/")[2] for part in result["diff"]]
    assert headers == ["db.cfg", "domain db", "web.cfg", "domain web"]


def test_check_mode_takes_no_lock_and_does_nothing(host, tmp_path):
    planned = run(host, {"name": "web"}, {"name": "db"}, check_mode=True)
    assert (planned["changed"], host.ran, host.listings) == (True, [], 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kernel"]
    assert run(host, {"name": "web"}, {"name": "db"})["actions"] == planned["actions"]


class TestHostWithoutXen:
    @pytest.fixture(autouse=True)
    def no_xen(self, host):
        host.error = HostError("no Xen", error_id="no_xen")

    def test_is_said_once(self, host):
        assert failed(host, {"name": "web"}, {"name": "db"}).message == "no Xen"

    def test_files_are_written(self, host):
        result = run(host, {"name": "web"}, {"name": "db"}, defaults={"state": "present"})
        assert (len(result["actions"]), len(result["warnings"])) == (2, 1)
        assert "no Xen" in result["warnings"][0]


def test_one_that_depends_on_one_that_stays_down(host):
    result = run(host, {"name": "web", "depends_on": ["db"]}, {"name": "db", "state": "stopped"}, check_mode=True)
    assert result["warnings"] == ["web depends on db, which is declared stopped; that is not waited for."]


def test_a_disk_that_goes_round_in_a_circle(host, tmp_path):
    """Each starts with what the other has now: neither can give first. Nothing is done."""
    disks = {}
    for name, domid in (("web", 7), ("db", 8)):
        (tmp_path / f"{name}.img").write_text("")
        target = str(tmp_path / f"{name}.img")
        host.add(domid=domid, name=name, disks=[{"pdev_path": target, "vdev": "xvda", "readwrite": 1}])
        disks[name] = {"target": target, "vdev": "xvda"}
    error = failed(
        host,
        {"name": "web", "disks": [disks["db"]], "allow_restart": True, "state": "restarted"},
        {"name": "db", "disks": [disks["web"]], "allow_restart": True, "state": "restarted"},
    )
    assert error.details["error_id"] == "dependency_cycle"
    assert host.ran == []


def test_an_identity_that_is_left_by_another_of_the_list(host, tmp_path):
    """The MAC is still in a file, which this very task changes."""
    mac, other = "00:16:3e:00:00:0a", "00:16:3e:00:00:0b"
    (tmp_path / "db.cfg").write_text(f"name = 'db'\nvif = [ 'mac={mac},bridge=br0' ]\n")
    web = {"name": "web", "vifs": [f"mac={mac},bridge=br0"]}
    assert told(failed(host, web).details)["web"]["error_id"] == "duplicate_mac"
    run(host, web, {"name": "db", "vifs": [f"mac={other},bridge=br0"]})
    assert mac in host.path.read_text()


def test_secrets(host):
    domain = {"name": "web", "vncpasswd": "S3CRET", "vfb": [{"vncpasswd": "S3CRET"}]}
    assert "S3CRET" not in str(run(host, domain))
    assert "S3CRET" in host.path.read_text()


def test_defaults(host):
    """A value of the domain replaces that of the defaults as a whole, by whatever name it goes."""
    domains = [{"name": "web", "disk": [], "memory": 32}, {"name": "db"}]
    result = failed(host, *domains, defaults={"disks": ["/nowhere,raw,xvda,w"]}).details
    assert told(result)["db"]["error_id"] == "disk_missing"
    assert told(result)["web"]["state"] == "running"
    assert "memory = 32" in host.path.read_text()


@pytest.mark.parametrize(
    "params, said",
    [
        ({"parallel": 0}, "parallel: must be at least 1."),
        ({"parallel_starts": 0}, "parallel_starts: must be at least 1."),
        ({"defaults": {"name": "web"}}, "defaults: name: every domain has a name of its own."),
    ],
)
def test_bad_options(host, params, said):
    error = failed(host, {"name": "db"}, **params)
    assert said in error.details["problems"]
    assert (error.details["error_id"], host.listings) == ("bad_value", 0)


def test_prune_of_an_empty_list_is_refused(host):
    host.add()
    for how in ("stop", "remove"):
        assert "would take every guest" in failed(host, prune=how).message
    assert run(host, prune="report")["undeclared"] == ["web"]
    assert host.ran == []


def test_one_that_gets_another_name_is_not_pruned(host, tmp_path):
    (tmp_path / "old.cfg").write_text(f"name = 'old'\nkernel = '{host.kernel}'\nmemory = 64\n")
    result = run(host, {"name": "web", "renamed_from": "old", "state": "present"}, prune="remove", check_mode=True)
    assert result["undeclared"] == []
    assert not [action for action in result["actions"] if action.startswith("xl")]
