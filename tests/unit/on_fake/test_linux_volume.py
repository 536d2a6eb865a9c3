# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The disk of a Linux guest on a volume, with the fake's lvm."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _lvm, _mke2fs
from ansible_collections.netbsd.xen.tests.fake.lvm import FakeLvm
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils import test_linux_install
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.test_linux_install import task

host = test_linux_install.host
RUN = _command.run


@pytest.fixture
def fake(host, tmp_path, monkeypatch):
    fake = FakeLvm(tmp_path / "lvm", {"vg0": 15})
    monkeypatch.setattr(_lvm, "PROGRAM", str(fake.program))
    monkeypatch.setattr(_lvm, "DEV", str(fake.dev))
    monkeypatch.setattr(_mke2fs._host, "find_program", lambda name: name if name.startswith("/") else f"/sbin/{name}")

    def run(cmd, timeout=None):
        return RUN(cmd, timeout) if cmd[0] == str(fake.program) else host.run(cmd, timeout)

    monkeypatch.setattr(_command, "run", run)
    return fake


def names() -> set[str]:
    lvm = _lvm.Lvm()
    lvm.volume("vg0", "")
    return {name for _group, name in lvm._volumes or {}}


def test_a_volume_is_made_and_overwritten_only_when_it_is_named(host, fake):
    disk = f"{fake.dev}/vg0/web"
    given = {"disk": disk, "sparse": False, "kernel_dir": str(host.folder)}
    done = task(host, **given)
    assert done["actions"][-1] == f"create {disk} (4 MiB, ext4)"
    assert _mke2fs.uuid_of(disk) == _mke2fs.uuid_for("web")
    assert not task(host, **given)["changed"]
    with pytest.raises(XenError, match="was not made for other"):
        task(host, **{**given, "name": "other"})
    assert task(host, **{**given, "name": "other", "force": disk})["changed"]
    assert _mke2fs.uuid_of(disk) == _mke2fs.uuid_for("other")
    assert names() == {"web"}


def test_a_volume_that_cannot_be_filled_is_gone(host, fake):
    host.fails = "bad"
    with pytest.raises(XenError, match="mke2fs failed"):
        task(host, disk=f"{fake.dev}/vg0/web", sparse=False, kernel_dir=str(host.folder))
    assert (names(), host.names()) == (set(), [])
