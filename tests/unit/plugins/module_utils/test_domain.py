# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole task, from parameters to result, on a toolstack that is a recording."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart, _autostart_links
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import (
    BadValue,
    ConflictError,
    HostError,
    XenError,
)
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _apply_watch, _domain, _savefile
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host, _lock
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _hostview
from ansible_collections.netbsd.xen.plugins.module_utils.info import _inspect
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _toolstack, _xl
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import live, row

A = "00:16:3e:00:00:0a"
FILE = 'name = "web"\nkernel = "{kernel}"\nmemory = 64\n'
PARAMS = {
    "name": "web",
    "state": "present",
    "timeout": 10,
    "settle": 0,
    "renamed_from": None,
    "wait_for_console": None,
    "force": False,
    "allow_restart": False,
    "apply": "live",
    "device_policy": "exact",
    "config": None,
    "backup": False,
    "save_file": None,
    "remove_disks": None,
    "extra_config": None,
    "config_dir": None,
    "toolstack": "auto",
}


class Host:
    """What xl would say: rows and configurations are set by the test; commands change nothing but the record."""

    commands = _xl.Commands
    syntax = "xl"

    name = "xl"

    def __init__(self):
        self.rows, self.configs, self.ran, self.validated = [row(domid=0, name="Domain-0")], {}, [], []
        self.error = None

    def listing(self):
        if self.error:
            raise self.error
        return list(self.rows)

    def configurations(self):
        return self.configs

    def uptimes(self):
        return {7: 60}

    def info(self):
        return {"xen_commandline": "dom0_mem=512M", "free_memory": "1000"}

    def validate(self, text):
        self.validated.append(text)

    def run(self, command, timeout=None):
        self.ran.append(" ".join(command))
        if command[1] == "create":
            self.add()

    def add(self, state="running", domid=7, name="web", **parts):
        self.rows.append(row(state, domid, 64, name=name))
        self.configs[domid] = live(64, **parts)
        self.configs[domid]["c_info"].update(name=name, uuid=f"{domid:08}-2222-3333-4444-555555555555")


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A host with nothing on it but a kernel and a bridge."""
    made = Host()
    monkeypatch.setattr(_toolstack, "find", lambda choice="auto": made)
    monkeypatch.setattr(_lock, "PATH", str(tmp_path / "lock"))
    monkeypatch.setattr(_host, "require_root", lambda: None)
    monkeypatch.setattr(_host, "bridge_exists", lambda bridge: bridge == "br0")
    monkeypatch.setattr(_host, "mounted_devices", list)
    monkeypatch.setattr(_host, "SAVE_DIR", str(tmp_path))
    monkeypatch.setattr(_host, "LOG_DIR", str(tmp_path / "log"))
    monkeypatch.setattr(_host, "find_program", lambda program: None)
    monkeypatch.setattr(_autostart, "read", _autostart_links.Links)
    layout = _host.Layout(str(tmp_path), ".cfg", "vif{domid}.{devid}", None)
    monkeypatch.setattr(_host, "layout", lambda: layout)
    for module in (_apply_watch, _hostview):
        monkeypatch.setattr(module.time, "sleep", lambda seconds: None)
    (tmp_path / "kernel").write_text("")
    made.path = tmp_path / "web.cfg"
    made.path.write_text(FILE.format(kernel=tmp_path / "kernel"))
    return made


def run(check_mode=False, **params):
    return _domain.run({**PARAMS, **params}, check_mode)


def failed(**params):
    with pytest.raises(XenError) as caught:
        run(**params)
    return caught.value


class TestAdHoc:
    def test_start_what_the_file_says(self, host):
        result = run(state="running")
        assert host.ran == ["xl create " + str(host.path)]
        assert (result["changed"], result["domain"]["state"], result["domain"]["domid"]) == (True, "running", 7)
        assert result["domain"]["properties"]["memory"] == 64
        assert run(state="running")["changed"] is False

    def test_what_an_old_xl_ignores_is_said(self, host, monkeypatch):
        told = {"xen_major": "4", "xen_minor": "8", "free_memory": "1000", "xen_commandline": ""}
        monkeypatch.setattr(host, "info", lambda: told)
        warnings = run(state="running", type="pv", hap=False)["warnings"]
        assert warnings == ["type: xl of Xen 4.8 does not know it and ignores it. Use builder."]

    def test_what_we_cannot_read_is_left_to_xl(self, host):
        """xl only warns of a vif key that it does not know, so a newer key must not keep a guest from running."""
        host.path.write_text(host.path.read_text() + "vif = [ 'bridge=br0,from_xen_9=1' ]\n")
        result = run(state="running")
        assert "from_xen_9" in result["warnings"][0]
        assert result["domain"]["properties"]["memory"] == 64
        assert run(state="running")["warnings"] == []

    def test_but_not_disks(self, host):
        """Whether another guest writes to it could not be told."""
        host.path.write_text(host.path.read_text() + "disk = [ 'no idea' ]\n")
        assert failed(state="running").details["error_id"] == "config_value"
        assert host.ran == []

    def test_check_mode_changes_nothing(self, host):
        before = host.path.read_text()
        result = run(check_mode=True, state="running", memory="128")
        assert result["actions"] == ["write " + str(host.path), "xl create " + str(host.path)]
        assert (host.ran, host.path.read_text()) == ([], before)
        assert host.validated == [before.replace("memory = 64", "memory = 128")]


class TestFiles:
    def test_of_another_domain(self, host):
        host.path.write_text("name = 'db'\n")
        assert failed(state="running").details["error_id"] == "wrong_config"

    def test_of_no_domain_is_not_removed(self, host, tmp_path):
        (tmp_path / "xl.conf").write_text("autoballoon = 'auto'\n")
        error = failed(state="absent", name="xl.conf", config=str(tmp_path / "xl.conf"))
        assert error.details["error_id"] == "wrong_config"
        assert (tmp_path / "xl.conf").exists()

    @pytest.mark.parametrize("option", ["config", "save_file"])
    def test_relative_path(self, host, option):
        assert isinstance(failed(**{option: "web.cfg"}), BadValue)

    def test_secret(self, host):
        result = run(vncpasswd="S3CRET", vfb=[{"vncpasswd": "S3CRET"}], extra_config={"spicepasswd": "S3CRET"})
        assert "S3CRET" in host.path.read_text()
        assert "S3CRET" not in str(result)
        assert host.path.stat().st_mode & 0o777 == 0o600

    def test_of_a_host_without_xen(self, host):
        host.error = HostError("no Xen", error_id="no_xen")
        result = run(memory="128")
        assert (result["changed"], host.validated) == (True, [])
        assert "no Xen" in result["warnings"][0]
        assert failed(state="running").details["error_id"] == "no_xen"


class TestConflicts:
    def test_disk_of_a_running_guest(self, host, tmp_path):
        (tmp_path / "a.img").write_text("")
        host.add(domid=8, name="db", disks=[{"pdev_path": str(tmp_path / "a.img"), "vdev": "xvda", "readwrite": 1}])
        error = failed(state="running", disks=[str(tmp_path / "a.img") + ",raw,xvda,rw"])
        assert isinstance(error, ConflictError)
        assert "disk =" not in host.path.read_text()

    def test_disk_of_a_saved_guest_that_another_has_now(self, host, tmp_path, monkeypatch):
        """Restoring would give the file system to two guests at once."""
        (tmp_path / "a.img").write_text("")
        (tmp_path / "web.save").write_text("")
        disks = [{"pdev_path": str(tmp_path / "a.img"), "vdev": "xvda", "readwrite": 1}]
        monkeypatch.setattr(_savefile, "configuration", lambda path: live(64, disks=disks))
        host.add(domid=8, name="db", disks=disks)
        assert failed(state="running").details["error_id"] == "disk_in_use"
        assert host.ran == []

    def test_bridge_of_a_saved_guest_is_gone(self, host, tmp_path, monkeypatch):
        (tmp_path / "web.save").write_text("")
        nics = [{"mac": A, "bridge": "br9", "devid": 0}]
        monkeypatch.setattr(_savefile, "configuration", lambda path: live(64, nics=nics))
        assert failed(state="running").details["error_id"] == "bridge_missing"

    def test_mac_in_another_file(self, host, tmp_path):
        (tmp_path / "db.cfg").write_text(f"name = 'db'\nvif = [ 'mac={A}' ]\n")
        assert failed(vifs=["bridge=br0,mac=" + A]).details["error_id"] == "duplicate_mac"
        assert "vif =" not in host.path.read_text()

    def test_memory_of_the_guest_itself_counts_as_free(self, host):
        host.add()
        assert failed(state="running", memory="1100", allow_restart=True).details["error_id"] == "insufficient_memory"
        plan = run(check_mode=True, state="running", memory="1060", allow_restart=True)
        assert "xl shutdown web" in plan["actions"]


class TestSettling:
    def test_a_guest_on_its_way_out(self, host, monkeypatch):
        """Neither running nor stopped: it is waited for, then started."""
        host.add("shutdown")

        def gone(seconds):
            host.rows = host.rows[:1]

        monkeypatch.setattr(_hostview.time, "sleep", gone)
        assert run(state="running")["actions"] == ["xl create " + str(host.path)]

    def test_one_that_stays(self, host, monkeypatch):
        host.add("shutdown")
        now = iter(range(1000))
        monkeypatch.setattr(_hostview.time, "monotonic", lambda: next(now))
        assert failed(state="running").details["error_id"] == "preserved"


@pytest.mark.parametrize(
    "params",
    [
        {"timeout": -1},
        {"remove_disks": ["/a"]},
        {"name": "12"},
        {"extra_config": {"memory": 1}, "memory": "2"},
        {"memory": "1X"},
        {"vifs": ["bridge"]},
    ],
)
def test_bad_parameters_change_nothing(host, params):
    before = host.path.read_text()
    assert isinstance(failed(**params), BadValue)
    assert (host.ran, host.path.read_text()) == ([], before)


class TestInspector:
    def inspect(self, *names):
        return _inspect.Inspector(None, list(names)).run()

    def one(self, name):
        (found,) = [entry for entry in self.inspect()["domains"] if entry["name"] == name]
        return found

    def test_running_and_stopped(self, host, tmp_path):
        (tmp_path / "db.cfg").write_text("name = 'db'\nlocaltime = 1\nspicepasswd = 'S3CRET'\nperiod = 5\n")
        host.add(nics=[{"mac": A, "bridge": "br0", "devid": 1}])
        result = self.inspect()
        db, web = result["domains"]
        assert (db["state"], db["extra_config"]) == ("stopped", {"period": "5"})
        assert db["properties"]["localtime"] is True
        assert db["properties"]["spicepasswd"] == "********"
        assert (web["state"], web["domid"], web["uptime"], web["memory"]) == ("running", 7, 60, 64)
        assert web["live"]["vifs"][0]["dom0_name"] == "vif7.1"
        assert [item["option"] for item in web["drift"]] == ["kernel"]
        assert "S3CRET" not in str(result)

    def test_chosen_and_missing(self, host):
        result = self.inspect("web", "nobody")
        assert [entry["name"] for entry in result["domains"]] == ["web"]
        assert result["missing"] == ["nobody"]

    def test_dying_domains_are_nobody(self, host):
        for domid in (8, 9):
            host.rows.append(row("dying", domid, name="(null)"))
        host.rows.append(row(domid=10, name=""))
        assert [entry["name"] for entry in self.inspect()["domains"]] == ["web"]

    def test_two_of_one_name(self, host):
        host.add(domid=7)
        host.add(domid=8)
        found = self.one("web")
        assert found["domid"] == 7
        assert "ids 7, 8" in found["problems"][0]

    def test_file_that_we_cannot_read_in_part(self, host):
        host.path.write_text(host.path.read_text() + "vif = 'no list'\ncmdline = 'a'\nroot = 'b'\n")
        found = self.one("web")
        assert found["properties"]["memory"] == 64
        assert "line 4" in found["problems"][0]

    def test_file_that_does_not_parse(self, host):
        host.path.write_text("name = \n")
        result = self.inspect("web")
        assert result["missing"] == ["web"]
        assert "line 1" in result["warnings"][0]

    def test_saved(self, host, tmp_path):
        (tmp_path / "web.save").write_text("")
        assert (self.one("web")["state"], self.one("web")["save_file"]) == ("saved", str(tmp_path / "web.save"))

    def test_host_without_xen(self, host):
        host.error = HostError("no Xen")
        result = self.inspect()
        assert [entry["state"] for entry in result["domains"]] == ["stopped"]
        assert "no Xen" in result["warnings"][0]


class TestSaveFile:
    def test_no_save_file(self, tmp_path):
        assert _savefile.configuration(str(tmp_path / "none")) is None

    @pytest.mark.parametrize("content", [b"", b"garbage", b"Xen saved domain, xl format\n \0 \r" + b"\0" * 16])
    def test_garbage(self, tmp_path, content):
        (tmp_path / "x").write_bytes(content)
        assert _savefile.configuration(str(tmp_path / "x")) is None

    @pytest.mark.parametrize(
        "text, expected",
        [(b'{"c_info": {"name": "web"}}', {"c_info": {"name": "web"}}), (b"[]", None), (b"{", None)],
    )
    def test_written_as_xl_does(self, tmp_path, text, expected):
        """struct save_file_header of tools/xl/xl.h, then the length of the configuration and itself."""
        pack = _savefile.struct.pack
        data = pack("=32s4I", b"Xen saved domain, xl format\n \0 \r", 0x01020304, 1, 0, len(text) + 5)
        (tmp_path / "x").write_bytes(data + pack("=I", len(text) + 1) + text + b"\0" + b"LIBXL...")
        assert _savefile.configuration(str(tmp_path / "x")) == expected
