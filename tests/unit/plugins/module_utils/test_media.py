# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files out of a CD image: what is copied, once, and what is refused."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _mount
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.installer import _media


@pytest.fixture
def cd(tmp_path, monkeypatch):
    """A CD image whose content is a folder; gives the arguments of each mount."""
    root, mounts = tmp_path / "cd", []
    (root / "platform").mkdir(parents=True)
    (root / "platform" / "unix").write_bytes(b"kernel")
    (tmp_path / "solaris.iso").write_bytes(b"CD001")

    @contextlib.contextmanager
    def mounted(path, partition=None, fstype=None, read_only=False):
        mounts.append((path, partition, fstype, read_only))
        yield str(root)

    monkeypatch.setattr(_mount, "mounted", mounted)
    monkeypatch.setattr(_host, "require_root", lambda: None)
    return mounts


def task(tmp_path, *src, name="unix"):
    return {"image": str(tmp_path / "solaris.iso"), "files": [{"src": list(src), "dest": str(tmp_path / name)}]}


@pytest.mark.parametrize(("system", "partition", "kind"), [("NetBSD", "a", "cd9660"), ("Linux", None, "iso9660")])
def test_the_first_that_is_there_is_copied_once(cd, tmp_path, monkeypatch, system, partition, kind):
    monkeypatch.setattr(_media.platform, "system", lambda: system)
    wanted = task(tmp_path, "/boot/platform/unix", "platform/unix")
    planned = _media.run(wanted, True)
    assert not cd
    done = _media.run(wanted, False)
    assert planned["actions"] == done["actions"]
    assert cd == [(wanted["image"], partition, kind, True)]
    assert (tmp_path / "unix").read_bytes() == b"kernel"
    assert (tmp_path / "unix").stat().st_mode & 0o777 == 0o644
    assert _media.run(wanted, False) == {"changed": False, "actions": [], "diff": []}
    assert len(cd) == 1


def test_what_is_not_on_it_leaves_nothing(cd, tmp_path):
    with pytest.raises(XenError) as caught:
        _media.run(task(tmp_path, "boot/x86.microroot"), False)
    assert caught.value.details["error_id"] == "not_on_media"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cd", "solaris.iso"]


@pytest.mark.parametrize("src", [[], ["../etc/passwd"], ["platform/../../etc/passwd"]])
def test_no_way_out_of_the_cd(cd, tmp_path, src):
    with pytest.raises(BadValue):
        _media.run(task(tmp_path, *src), True)


def test_an_image_that_is_not_there(cd, tmp_path):
    with pytest.raises(BadValue) as caught:
        _media.run({**task(tmp_path, "unix"), "image": str(tmp_path / "other.iso")}, False)
    assert caught.value.details["error_id"] == "source_missing"


@pytest.mark.parametrize("link", ["{host}", "../../host"])
def test_links_on_the_cd_lead_to_nothing_of_the_host(cd, tmp_path, link):
    (tmp_path / "host").write_bytes(b"the host's secret")
    (tmp_path / "cd" / "platform" / "link").symlink_to(link.format(host=tmp_path / "host"))
    with pytest.raises(XenError) as caught:
        _media.run(task(tmp_path, "platform/link"), False)
    assert caught.value.details["error_id"] == "not_on_media"
    assert not (tmp_path / "unix").exists()
