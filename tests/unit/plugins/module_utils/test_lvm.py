# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""LVM, against the fake that is held to a recorded run; and what its paths mean."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _lvm
from ansible_collections.netbsd.xen.tests.fake.lvm import FakeLvm

MIB = 1024 * 1024


@pytest.fixture
def fake(tmp_path, monkeypatch):
    made = FakeLvm(tmp_path, {"vg0": 15})
    monkeypatch.setattr(_lvm, "PROGRAM", str(made.program))
    return made


@pytest.mark.parametrize(
    "path, names",
    [
        ("/dev/vg0/web", ("vg0", "web")),
        ("/dev/mapper/vg0-web", ("vg0", "web")),
        ("/dev/mapper/my--group-a--b.partial", ("my-group", "a-b.partial")),
        ("/dev/mapper/control", None),
        ("/dev/wd0e", None),
        ("/dev/disk/by-id/x", None),
        ("/dev/vg0/-x", None),
        ("/srv/vg0/web", None),
        ("/dev/vg0/", None),
    ],
)
def test_paths_of_volumes(path, names):
    assert _lvm.split_path(path) == names


def test_groups_and_volumes(fake):
    fake.volume("vg0", "web", 4, open=True)
    lvm = _lvm.Lvm()
    assert lvm.group("vg0") == ("vg0", 4 * MIB, 44 * MIB)
    assert lvm.group("vg0").rounded(4 * MIB + 1) == 8 * MIB
    volume = lvm.volume("vg0", "web")
    assert (volume.size, volume.is_open, volume.is_thin) == (16 * MIB, True, False)
    assert lvm.volume("vg0", "db") is None
    with pytest.raises(HostError, match="no volume group disk on this host; there is: vg0"):
        lvm.group("disk")


def test_commands_do_what_they_say(fake):
    lvm = _lvm.Lvm()
    lvm.run(_lvm.Commands.create("vg0", "web", 2))
    lvm.run(_lvm.Commands.extend("vg0", "web", 3))
    lvm.run(_lvm.Commands.snapshot("vg0", "web", "web.snap", 3))
    assert fake.volumes == {"vg0/web": 12 * MIB, "vg0/web.snap": 12 * MIB}
    assert lvm.snapshots_of("vg0", "web") == ["web.snap"]
    lvm.run(_lvm.Commands.rename("vg0", "web", "mail"))
    lvm.forget()
    assert (lvm.volume("vg0", "web"), lvm.snapshots_of("vg0", "mail")) == (None, ["web.snap"])
    lvm.run(_lvm.Commands.remove("vg0", "mail"))
    assert fake.volumes == {}


def test_what_lvm_refuses(fake):
    with pytest.raises(CommandError, match=r"`lvm lvcreate .*5: Volume group \"vg0\" has insufficient free space"):
        _lvm.Lvm().run(_lvm.Commands.create("vg0", "web", 99))


def test_no_lvm_at_all(monkeypatch):
    monkeypatch.setattr(_lvm, "PROGRAM", "/nowhere/lvm")
    with pytest.raises(HostError, match="not installed"):
        _lvm.Lvm().group("vg0")


def test_netbsd_never_asks(monkeypatch):
    """Its lvcreate of 2009 knows no --yes (external/gpl2/lvm2/dist/tools/commands.h)."""
    monkeypatch.setattr(_lvm.platform, "system", lambda: "NetBSD")
    assert _lvm.Commands.create("vg0", "web", 2) == ["lvm", "lvcreate", "-l", "2", "-n", "web", "vg0"]
