# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""boot_entry on files, and what it finds out about the host."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot_host
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_entry import BootEntryTask
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _fstab

STOCK = "menu=NetBSD:boot netbsd\nmenu=Latin \udce9:boot netbsd -s\ntimeout=5\n"
DEFAULTS = {
    "state": "present",
    "loader": "boot.cfg",
    "hypervisor": "/xen420.gz",
    "kernel": "/netbsd-XEN3_DOM0.gz",
    "xen_args": {"dom0_mem": "512M"},
    "kernel_args": None,
    "exact_args": False,
    "console": "serial",
    "serial": {"port": 0, "speed": None},
    "position": None,
    "default": True,
    "timeout": None,
    "native": None,
    "keep_previous": True,
    "previous_files": False,
    "check_files": False,
    "strict": False,
    "esp": None,
    "backup": False,
}


@pytest.fixture
def path(tmp_path):
    (tmp_path / "boot.cfg").write_bytes(STOCK.encode("utf-8", "surrogateescape"))
    return tmp_path / "boot.cfg"


def task(path, check=False, **more):
    return BootEntryTask({**DEFAULTS, "name": "Xen", "path": str(path), **more}, check).run()


def test_write_and_again(path):
    os.chmod(path, 0o600)
    checked = task(path, check=True)
    assert path.read_bytes() == STOCK.encode("utf-8", "surrogateescape")
    done = task(path)
    assert checked == done
    assert done["changed"]
    assert done["entry"]["commands"] == [
        "load /netbsd-XEN3_DOM0.gz console=com0",
        "multiboot /xen420.gz dom0_mem=512M console=com1",
    ]
    assert [entry["kind"] for entry in done["entries"]] == ["native", "native", "xen"]
    assert (done["default"], done["timeout"], done["loader"]) == (3, 5, "boot.cfg")
    assert b"Latin \xe9:" in path.read_bytes()
    assert os.stat(path).st_mode & 0o777 == 0o600
    again = task(path)
    assert (again["changed"], again["actions"], again["diff"]) == (False, [], [])


def test_backup(path):
    kept = task(path, backup=True)["backup_file"]
    with open(kept, "rb") as stream:
        assert stream.read() == STOCK.encode("utf-8", "surrogateescape")
    assert "backup_file" not in task(path, backup=True)


def test_a_new_file(tmp_path):
    task(tmp_path / "new")
    assert (tmp_path / "new").read_text().startswith("menu=NetBSD:boot /netbsd\nmenu=Xen:load")
    assert os.stat(tmp_path / "new").st_mode & 0o777 == 0o644


def test_nothing_is_written_that_does_not_boot(path):
    before = path.read_bytes()
    with pytest.raises(XenError, match="overruns the loader's buffer"):
        task(path, xen_args={"dom0_mem": "512M", "extra": ["x" * 40]})
    with pytest.raises(XenError, match="not on the root file system"):
        task(path, check_files=True, kernel="/nothere-XEN3_DOM0")
    assert path.read_bytes() == before


def test_kept_files(path, monkeypatch):
    monkeypatch.setattr(_boot_host, "is_file", lambda name: name == "/netbsd-XEN3_DOM0.old.gz")
    done = task(path, previous_files=True)
    assert [entry["name"] for entry in done["entries"]][-1] == "Xen (previous)"
    assert done["entries"][-1]["kernel"] == "/netbsd-XEN3_DOM0.old.gz"
    assert done["entries"][-1]["hypervisor"] == "/xen420.gz"


def test_menu_lst_with_a_saved_default(tmp_path):
    menu = tmp_path / "menu.lst"
    menu.write_text("default saved\ntimeout 5\ntitle A\nkernel /boot/x\ntitle B\nkernel --type=netbsd /netbsd\n")
    (tmp_path / "default").write_text("1\n#\n#\n")
    done = task(menu, loader="menu.lst", default=None)
    assert done["default"] == 2
    with pytest.raises(XenError, match="saved by its number"):
        task(menu, loader="menu.lst", name="First", position=1, default=None)


def test_not_a_regular_file(tmp_path):
    with pytest.raises(XenError, match="not a regular file"):
        task(tmp_path)


# -- the host


@pytest.mark.parametrize(
    "files, loader",
    [
        ([], "boot.cfg"),
        (["/boot.cfg"], "boot.cfg"),
        (["/grub/menu.lst"], "menu.lst"),
        (["/boot.cfg", "/grub/menu.lst"], "boot.cfg"),
        (["/boot.cfg", "/boot", "/grub/menu.lst", "/grub/stage2"], "menu.lst"),
        (["/boot.cfg", "/grub/stage2"], "boot.cfg"),
    ],
)
def test_which_loader(files, loader):
    assert _boot_host.detect_loader(files.__contains__) == loader


def test_another_file_system_is_not_the_root(tmp_path, monkeypatch):
    (tmp_path / "usr" / "pkg").mkdir(parents=True)
    file = tmp_path / "usr" / "pkg" / "xen.gz"
    file.write_bytes(b"")
    mounts = []
    monkeypatch.setattr(os.path, "ismount", lambda path: path in mounts)
    assert _boot_host.is_file(str(file))
    mounts.append(str(tmp_path / "usr"))
    assert not _boot_host.is_file(str(file))
    assert not _boot_host.is_file(str(tmp_path / "nothere"))


def test_shadow(tmp_path, monkeypatch):
    esp = tmp_path / "esp"
    (esp / "EFI" / "NetBSD").mkdir(parents=True)
    mounts = [_fstab.Mount("/dev/wd0a", "/", "ffs", ()), _fstab.Mount("/dev/dk0", str(esp), "msdos", ())]
    monkeypatch.setattr(_fstab, "mounted", lambda: mounts)
    assert _boot_host.shadow(None) is None
    (esp / "EFI" / "NetBSD" / "boot.cfg").write_text("")
    found = str(esp) + "/EFI/NetBSD/boot.cfg"
    assert _boot_host.shadow(None) == _boot_host.shadow(str(esp)) == found
    monkeypatch.setattr(_boot_host, "is_uefi", lambda: True)
    assert _boot_host.surroundings("boot.cfg", "/boot.cfg", None, True).shadowed_by == found
    assert _boot_host.surroundings("boot.cfg", found, None, True).shadowed_by is None
    assert _boot_host.surroundings("menu.lst", "/grub/menu.lst", None, True).shadowed_by is None
