# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused before a guest is started, and what is not."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import captured, config, live, row

A, B = "00:16:3e:00:00:0a", "00:16:3e:00:00:0b"
UUID = "21111111-2222-3333-4444-555555555555"
DISK = _options.BY_NAME["disks"].kind.spec.parse
VIF = _options.BY_NAME["vifs"].kind.spec.parse


def other(uuid=None, macs=(), disks=()):
    return _checks.Other("the running domain db", uuid, list(macs), [DISK(spec) for spec in disks])


def error_of(call, *args):
    """The kind of error, None when there is none."""
    try:
        call(*args)
    except (BadValue, ConflictError, HostError) as error:
        return error.details["error_id"]
    return None


class TestIdentities:
    @pytest.mark.parametrize(
        "values, there, expected",
        [
            ({}, other(UUID, [A]), None),
            ({"uuid": UUID}, other(UUID), "duplicate_uuid"),
            ({"uuid": UUID}, other(None), None),
            ({"vifs": [VIF("mac=" + A)]}, other(None, [A]), "duplicate_mac"),
            ({"vifs": [VIF("mac=" + A)]}, other(None, [B]), None),
            ({"vifs": [VIF("bridge=br0")]}, other(None, [None]), None),
        ],
    )
    def test_matrix(self, values, there, expected):
        assert error_of(_checks.identities, values, [other(), there]) == expected


class TestOthers:
    def test_running(self):
        rows = _listing.parse_list(captured("b-life-048-list-two"))
        configs = _listing.parse_long(captured("b-life-056-list-l-all"))
        (found,) = _checks.others_running(rows, configs, "db1")
        assert found.where == "the running domain web1"
        assert found.uuid == "11111111-2222-3333-4444-555555555555"
        assert found.macs == ["00:16:3e:11:11:01"]
        assert [disk.target for disk in found.disks] == ["/srv/domu/disk0.img", "/dev/loop7"]
        assert len(_checks.others_running(rows, configs, "new")) == 2

    def test_running_without_a_configuration(self):
        """A domain that is being destroyed has none."""
        assert _checks.others_running([row("dying", 9, name="(null)")], {}, "web") == []

    def test_on_disk(self):
        files = {
            "/x/db.cfg": config(
                f"name='db'\nuuid='{UUID.upper()}'\nvif=['mac={A.upper()}', '']\ndisk=['/d,raw,xvda,rw']\n"
            ),
            "/x/web.cfg.1234.2026-11-22@12:00:00~": config(f"name='web'\nvif=['mac={B}']\n"),
            "/x/broken.cfg": config("name='broken'\nvif='no list'\n"),
        }
        (found,) = _checks.others_on_disk(files, "web")
        assert (found.where, found.uuid, found.macs) == ("the config file /x/db.cfg", UUID, [A, None])
        assert [disk.target for disk in found.disks] == ["/d"]


class TestValues:
    def test_all(self):
        problems = []
        values = _checks.values_of(config("name='web'\nmemory=0x200\nbuilder='hvm'\nvcpus='2'\nmine=1\n"), problems)
        assert values == {"memory": 512, "type": "hvm", "vcpus": 2}
        assert problems == []

    def test_what_xl_may_take_and_we_do_not(self):
        problems = []
        values = _checks.values_of(config("memory=64\nvif=['bridge=br0,new_in_xen_5=1']\n"), problems)
        assert values == {"memory": 64}
        assert "line 2" in problems[0]
        assert "new_in_xen_5" in problems[0]

    def test_no_file(self):
        assert _checks.values_of(config(None), []) == {}


class TestBootFiles:
    def test_all(self, tmp_path):
        (tmp_path / "k").write_text("")
        there, missing = str(tmp_path / "k"), str(tmp_path / "none")
        assert error_of(_checks.boot_files, {"kernel": there, "ramdisk": there}) is None
        assert error_of(_checks.boot_files, {}) is None
        assert error_of(_checks.boot_files, {"kernel": ""}) is None
        assert error_of(_checks.boot_files, {"kernel": missing}) == "kernel_missing"
        assert error_of(_checks.boot_files, {"kernel": there, "ramdisk": missing}) == "ramdisk_missing"
        assert error_of(_checks.boot_files, {"kernel": str(tmp_path)}) == "kernel_missing"


@pytest.fixture
def image(tmp_path, monkeypatch):
    path = tmp_path / "web.img"
    path.write_text("")
    monkeypatch.setattr(_checks._host, "mounted_devices", list)
    return path


def disk_error(spec, *others):
    return error_of(_checks.disks, {"disks": [DISK(spec)]}, list(others))


class TestDisks:
    @pytest.mark.parametrize(
        "ours, theirs, expected",
        [
            ("rw", "rw", "disk_in_use"),
            ("rw", "ro", "disk_in_use"),
            ("ro", "rw", "disk_in_use"),
            ("ro", "ro", None),
        ],
    )
    def test_shared(self, image, ours, theirs, expected):
        there = other(disks=[f"{image},raw,xvdb,{theirs}"])
        assert disk_error(f"{image},raw,xvda,{ours}", other(), there) == expected

    def test_shared_under_another_name(self, image):
        link = image.parent / "link"
        link.symlink_to(image)
        assert disk_error(f"{link},raw,xvda,rw", other(disks=[f"{image},raw,xvda,rw"])) == "disk_in_use"

    def test_shared_by_a_name_in_dev(self, monkeypatch):
        """xl prepends /dev to a relative target."""
        monkeypatch.setattr(_checks._host, "mounted_devices", list)
        monkeypatch.setattr(_checks, "_require_usable", lambda disk: None)
        assert disk_error("phy:wd0e,0x1,w", other(disks=["phy:/dev/wd0e,0x1,w"])) == "disk_in_use"
        monkeypatch.setattr(_checks._host, "mounted_devices", lambda: ["/dev/wd0e"])
        assert disk_error("phy:wd0e,0x1,w") == "disk_mounted"

    def test_others_have_others(self, image):
        assert disk_error(f"{image},raw,xvda,rw", other(disks=["/elsewhere,raw,xvda,rw", "vdev=hdc,cdrom"])) is None

    @pytest.mark.parametrize("access, expected", [("rw", "disk_mounted"), ("ro", None)])
    def test_mounted(self, image, monkeypatch, access, expected):
        monkeypatch.setattr(_checks._host, "mounted_devices", lambda: [os.path.realpath(str(image))])
        assert disk_error(f"{image},raw,xvda,{access}") == expected

    def test_missing(self, image):
        assert disk_error(f"{image}2,raw,xvda,rw") == "disk_missing"

    def test_kinds(self, image):
        assert disk_error(f"{image},raw,xvda,rw") is None
        assert disk_error("/dev/null,raw,xvda,rw") == "disk_unusable"
        assert disk_error("null,raw,xvda,rw") == "disk_unusable"
        assert disk_error(f"{image.parent},raw,xvda,rw") == "disk_unusable"

    def test_left_to_a_script_or_empty(self, image):
        assert disk_error("vdev=xvda,script=block-iscsi,target=iqn.x") is None
        assert disk_error("vdev=hdc,cdrom") is None


class TestSaveIsCurrent:
    @pytest.mark.parametrize(
        "written, spec, expected",
        [
            (999, "{},raw,xvda,rw", None),
            (1000, "{},raw,xvda,rw", None),
            (1004, "{},raw,xvda,rw", None),
            (1006, "{},raw,xvda,rw", "stale_save"),
            (1006, "{},raw,xvda,ro", None),
            (1006, "/dev/null,raw,xvda,rw", None),
            (1006, "vdev=hdc,cdrom", None),
        ],
    )
    def test_each(self, image, written, spec, expected):
        save = image.parent / "web.save"
        save.write_text("")
        os.utime(str(save), (1000, 1000))
        os.utime(str(image), (written, written))
        values = {"disks": [DISK(spec.format(image))]}
        assert error_of(_checks.save_is_current, str(save), values) == expected


class TestRemovable:
    def check(self, path, own, *others):
        return error_of(_checks.removable, "web", [str(path)], [DISK(spec) for spec in own], list(others))

    def test_own(self, image):
        assert self.check(image, [f"{image},raw,xvda,rw"]) is None

    def test_not_own(self, image):
        assert self.check(image, ["/other,raw,xvda,rw", "vdev=hdc,cdrom"]) == "bad_value"

    @pytest.mark.parametrize("access", ["ro", "rw"])
    def test_somebody_elses_too(self, image, access):
        assert self.check(image, [f"{image},raw,xvda,rw"], other(disks=[f"{image},raw,xvdb,{access}"])) == "disk_in_use"

    def test_no_plain_file(self, image):
        link = image.parent / "link"
        link.symlink_to(image)
        assert self.check(link, [f"{link},raw,xvda,rw"]) == "bad_value"
        assert self.check("/dev/null", ["/dev/null,raw,xvda,rw"]) == "bad_value"


class TestBridges:
    @pytest.mark.parametrize(
        "spec, expected",
        [
            ("bridge=br0", None),
            ("bridge=br1", "bridge_missing"),
            ("bridge=br1,script=vif-nat", None),
            ("mac=" + A, None),
        ],
    )
    def test_each(self, monkeypatch, spec, expected):
        monkeypatch.setattr(_checks._host, "bridge_exists", lambda bridge: bridge == "br0")
        assert error_of(_checks.bridges, {"vifs": [VIF("bridge=br0"), VIF(spec)]}) == expected


class TestMemory:
    INFO = {"xen_commandline": "dom0_mem=512M,max:512M", "free_memory": "100", "total_memory": "8191"}

    @pytest.mark.parametrize(
        "values, freed, expected",
        [
            ({"memory": 98}, 0, None),
            ({"memory": 99}, 0, "insufficient_memory"),
            ({"memory": 148}, 50, None),
            ({"memory": 149}, 50, "insufficient_memory"),
            ({"memory": 64, "maxmem": 4096}, 0, None),
            ({"maxmem": 99}, 0, "insufficient_memory"),
            ({}, 0, None),
        ],
    )
    def test_fits(self, values, freed, expected):
        assert error_of(_checks.memory, values, self.INFO, freed) == expected

    @pytest.mark.parametrize("line", ["", "console=com1", "xdom0_mem=1"])
    def test_dom0_can_give_memory_away(self, line):
        assert error_of(_checks.memory, {"memory": 9999}, {**self.INFO, "xen_commandline": line}, 0) is None

    def test_recorded_host(self):
        info = _listing.parse_info(captured("b-life-086-info-with-two"))
        assert error_of(_checks.memory, {"memory": 7400}, info, 0) is None
        assert error_of(_checks.memory, {"memory": 7402}, info, 0) == "insufficient_memory"


def test_a_guest_is_not_in_its_own_way():
    assert _checks.others_running([row(domid=7)], {7: live()}, "web") == []
