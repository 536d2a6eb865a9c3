# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Raw devices and sizes of volumes and partitions, as NetBSD has them."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _blockdev, _lvm

MIB = 1024 * 1024


@pytest.fixture
def netbsd(monkeypatch):
    """A NetBSD host with one volume, /dev/mapper/vg0-web; all else that is asked for is a block device, too."""
    monkeypatch.setattr(_blockdev.platform, "system", lambda: "NetBSD")
    monkeypatch.setattr(_blockdev, "is_block", lambda path: True)

    def report(self, what, columns):
        return "  vg0:4194304:0\n" if what == "vgs" else "  vg0:web:67108864:-wi-a-:\n"

    monkeypatch.setattr(_lvm.Lvm, "_report", report)


@pytest.mark.parametrize(
    ("device", "raw"),
    [("/dev/wd0k", "/dev/rwd0k"), ("/dev/dk5", "/dev/rdk5"), ("/dev/mapper/vg0-web", "/dev/mapper/rvg0-web")],
)
def test_the_raw_device_is_beside_it(device, raw):
    assert _blockdev.raw(device) == raw


def test_the_raw_device_of_a_link_is_beside_what_it_leads_to(tmp_path):
    (tmp_path / "mapper").mkdir()
    (tmp_path / "mapper" / "vg0-web").touch()
    (tmp_path / "web").symlink_to("mapper/vg0-web")
    assert _blockdev.raw(str(tmp_path / "web")) == str(tmp_path / "mapper" / "rvg0-web")


def test_lvm_tells_the_size_of_a_volume(netbsd):
    assert _blockdev.size("/dev/mapper/vg0-web") == 64 * MIB


def test_a_volume_that_lvm_does_not_know(netbsd):
    with pytest.raises(HostError) as caught:
        _blockdev.size("/dev/mapper/vg1-web")
    assert caught.value.details["error_id"] == "no_volume_group"
    with pytest.raises(BadValue, match="has no size"):
        _blockdev.size("/dev/mapper/vg0-other")


def test_a_partition_is_as_large_as_its_raw_device(netbsd, tmp_path):
    (tmp_path / "wd0k").touch()
    (tmp_path / "rwd0k").write_bytes(bytes(4096))
    assert _blockdev.size(str(tmp_path / "wd0k")) == 4096


def test_an_image_is_as_large_as_it_is(tmp_path):
    (tmp_path / "web.img").write_bytes(bytes(1024))
    assert not _blockdev.is_block(str(tmp_path / "web.img"))
    assert _blockdev.size(str(tmp_path / "web.img")) == 1024


def test_what_has_no_size_is_no_disk(netbsd, tmp_path):
    (tmp_path / "rwd0k").touch()
    with pytest.raises(BadValue, match="configured"):
        _blockdev.size(str(tmp_path / "wd0k"))
