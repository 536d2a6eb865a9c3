# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where disks are and who has them."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_use
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _disk_place, _lvm, _vnd
from ansible_collections.netbsd.xen.tests.fake.harness import FakeXen, fake_xen  # noqa: F401 # pylint: disable=unused-import # a fixture

MIB = 1024 * 1024


@pytest.mark.parametrize(
    "path, kind",
    [("/srv/web.img", "file"), ("/srv//x/../web.img", "file"), ("/dev/vg0/web", "volume")],
)
def test_places(path, kind):
    assert _disk_place.place_of("path", path).kind == kind


def test_a_volume_has_one_path():
    assert _disk_place.place_of("path", "/dev/mapper/vg0-web").path == "/dev/vg0/web"


@pytest.mark.parametrize("path", ["/dev/wd0e", "/dev/sda1", "/dev/vnd0d", "/dev/disk/by-id/x"])
def test_devices_are_not_managed(path):
    with pytest.raises(BadValue, match="Whole disks, partitions"):
        _disk_place.place_of("path", path)


@pytest.mark.parametrize("path", ["web.img", "", "/srv/", "/srv/a\nb"])
def test_what_is_no_path(path):
    with pytest.raises(BadValue):
        _disk_place.place_of("path", path)


def look(path):
    return _disk_place.look("path", _disk_place.Place(str(path), _disk_place.FILE), _lvm.Lvm())


def test_looking_at_files(tmp_path):
    path = tmp_path / "web.img"
    assert look(path) is None
    path.write_bytes(b"x")
    os.truncate(path, MIB)
    found = look(path)
    assert (found.size, found.sparse, found.uid) == (MIB, True, os.getuid())


@pytest.mark.parametrize(
    "what, message", [("link", "symbolic link"), ("folder", "is not a file"), ("no folder", "does not")]
)
def test_what_is_no_image(tmp_path, what, message):
    path = tmp_path / "web.img"
    if what == "link":
        path.symlink_to("/etc/passwd")
    elif what == "folder":
        path.mkdir()
    else:
        path = tmp_path / "nowhere" / "web.img"
    with pytest.raises(BadValue, match=message):
        look(path)


CONFIG = """name = "{name}"
type = "pv"
kernel = "{kernel}"
memory = 64
disk = [ '{disk},raw,xvda,{access}' ]
"""


@pytest.fixture
def image(fake_xen, monkeypatch):  # noqa: F811
    monkeypatch.setattr(_vnd, "SYS_BLOCK", "/nowhere")
    return fake_xen.file("web.img")


def users_of(path, folder="/nowhere"):
    return _disk_use.users(HostView.open(config_dir=str(folder)), str(path))


def config(xen: FakeXen, folder, name, disk, access="w"):
    text = CONFIG.format(name=name, kernel=xen.kernel, disk=disk, access=access)
    (folder / f"{name}.cfg").write_text(text, encoding="utf-8")
    return text


def test_guests_that_have_it(fake_xen, image, tmp_path):  # noqa: F811
    folder = tmp_path / "etc"
    folder.mkdir()
    fake_xen.add_domain(config(fake_xen, folder, "web", image))
    config(fake_xen, folder, "reader", image, "r")
    (folder / "broken.cfg").write_text("name = 'broken'\ndisk = ['nonsense']\n", encoding="utf-8")
    (folder / "other.cfg").write_text("name = 'other'\ndisk = ['/srv/other.img,raw,xvda,w']\n", encoding="utf-8")
    users = users_of(image, folder)
    assert [(user.domain, user.running, user.access) for user in users] == [
        ("web", True, "w"), ("reader", False, "r"), ("web", False, "w"),
    ]  # fmt: skip


def test_by_another_name(fake_xen, image, tmp_path):  # noqa: F811
    link = tmp_path / "link.img"
    link.symlink_to(image)
    fake_xen.add_domain(CONFIG.format(name="web", kernel=fake_xen.kernel, disk=link, access="w"))
    assert [user.domain for user in users_of(image)] == ["web"]


def test_the_dom0_has_it(fake_xen, image, monkeypatch):  # noqa: F811
    monkeypatch.setattr(_vnd, "devices_of", lambda path: ["/dev/vnd3"] if path == str(image) else [])
    (user,) = users_of(image)
    assert (user.domain, user.where, user.running) == (None, "the device /dev/vnd3 of the dom0", True)
    monkeypatch.setattr(_disk_use._host, "mounted_devices", lambda: ["/dev/vnd3a"])
    (user,) = users_of(image)
    assert user.where == "a file system that is mounted in the dom0"


def test_a_guest_with_the_vnd_of_it(fake_xen, image, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(_vnd, "devices_of", lambda path: ["/dev/vnd3"] if path == str(image) else [])
    config(fake_xen, tmp_path, "web", "/dev/vnd3d")
    assert [user.domain for user in users_of(image, tmp_path)] == ["web", None]


def test_a_host_without_xen_has_no_guests(fake_xen, image):  # noqa: F811
    fake_xen.fault("no_xen", times=None)
    assert users_of(image) == []


def test_a_host_that_does_not_tell(fake_xen, image):  # noqa: F811
    fake_xen.fault("xenstored_down", times=None)
    with pytest.raises(HostError):
        users_of(image)
