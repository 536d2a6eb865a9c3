# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the disks of a clone go and what its config says, with plain data; and what is taken back."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.clone import _clone_apply, _clone_plan
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_plan
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_disk import parse, vdev_number
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _lvm
from ansible_collections.netbsd.xen.plugins.module_utils.storage._disk_place import FILE, VOLUME, Found, Place
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import config

NAMES = _clone_plan.Names("web", "web2", "xen1")
MIB = 1024 * 1024
TEXT = """# the front door
name = 'web'
memory = 512   # MiB
uuid = "11111111-2222-3333-4444-555555555555"
vif = [ 'mac=00:16:3e:11:11:01,bridge=bridge0', # inside
        'bridge=bridge1,vifname=web-out,ip=10.0.0.5' ]
disk = [ 'file:/srv/web.img,0x0,w', # root
         '/srv/install.iso,raw,xvdc,r,cdrom' ]
pci = [ '03:00.0' ]
odd_key = 7
"""


def targets(*disks, mapping=None, directory=None):
    numbers = {vdev_number(vdev): path for vdev, path in (mapping or {}).items()}
    return _clone_plan.targets([parse(text) for text in disks], NAMES, numbers, directory)


@pytest.mark.parametrize(
    "disk, target",
    [
        ("/srv/web.img,raw,xvda,w", "/srv/web2.img"),
        ("/srv/web/web-root.img,raw,xvda,w", "/srv/web/web2-root.img"),
        ("/srv/web/root.img,raw,xvda,w", "/srv/web2/root.img"),
        ("/dev/vg0/web-root,raw,xvda,w", "/dev/vg0/web2-root"),
    ],
)
def test_the_clone_has_its_name_where_the_source_has_its_own(disk, target):
    assert targets(disk) == {"xvda": target}


@pytest.mark.parametrize("path", ["/srv/cobweb.img", "/srv/root.img", "/dev/web/root", "/srv/web9.img"])
def test_a_path_that_does_not_follow(path):
    with pytest.raises(BadValue, match="does not follow"):
        targets(f"{path},raw,xvda,w")


def test_a_folder_for_images():
    found = targets("/srv/root.img,raw,xvda,w", "/srv/web-data.img,raw,xvdb,w", directory="/tank")
    assert found == {"xvda": "/tank/root.img", "xvdb": "/tank/web2-data.img"}
    with pytest.raises(BadValue):
        targets("/dev/vg0/root,raw,xvda,w", directory="/tank")


def test_what_is_only_read_is_shared():
    disks = ("/srv/web.iso,raw,xvdc,r,cdrom", "/srv/web.usr,raw,xvdb,r")
    assert targets(*disks) == {}
    assert targets(*disks, mapping={"xvdb": "/srv/other"}) == {"xvdb": "/srv/other"}


def test_a_vdev_that_is_not_there():
    with pytest.raises(BadValue, match="no such vdev; it has: xvda"):
        targets("/srv/web.img,raw,xvda,w", mapping={"xvdb": "/srv/other"})


def test_the_config_of_the_clone():
    text, warnings = _clone_plan.config_text(config(TEXT), NAMES, {"0x0": "/srv/web2.img"}, "/etc/xen/web2.cfg")
    made = config(text)
    assert made.value("name") == "web2"
    assert made.value("uuid") != config(TEXT).value("uuid")
    assert (made.value("memory"), made.value("odd_key")) == ("512", "7")
    assert parse(made.value("disk")[0]).target == "/srv/web2.img"
    assert made.value("disk")[1] == config(TEXT).value("disk")[1]
    macs = [item for item in made.value("vif") if "mac=00:16:3e:" in item and "11:11:01" not in item]
    assert len(macs) == 2 and not any("vifname" in item for item in macs)
    for comment in ("# the front door", "# MiB", "# inside", "# root"):
        assert comment in text
    assert ["ip=10.0.0.5" in warnings[0], "PCI" in warnings[1], len(warnings)] == [True, True, 2]


def copy(target, sparse=True, again=None):
    found = Found(8 * MIB, MIB if sparse else 8 * MIB)
    place = Place("/srv/web.img", FILE)
    return _clone_plan.Copy(parse("/srv/web.img,raw,xvda,w"), place, found, target, again)


@pytest.mark.parametrize(
    "target, sparse, asked, expected",
    [
        (Place("/srv/web2.img", FILE), True, None, True),
        (Place("/srv/web2.img", FILE), False, None, False),
        (Place("/srv/web2.img", FILE), False, True, True),
        (Place("/dev/vg0/web2", VOLUME, "vg0", "web2"), True, None, None),
    ],
)
def test_a_copy_is_as_sparse_as_its_source(target, sparse, asked, expected):
    assert _clone_plan.wish_for(copy(target, sparse), asked).sparse is expected


def test_what_was_cut_off_is_made_again():
    again = copy(Place("/srv/web2.img", FILE), again=Found(MIB, MIB))
    steps = _clone_plan.copy_steps(again, _disk_plan.DiskPlan([Step("x", "create it")], 8 * MIB), compare=True)
    assert [step.text for step in steps] == [
        "remove /srv/web2.img", "create it", "compare /srv/web2.img with /srv/web.img",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "state, allowed, pauses", [("running", True, True), ("paused", False, False), (None, False, False)]
)
def test_who_is_paused(state, allowed, pauses):
    copies = [copy(Place("/srv/web2.img", FILE))]
    assert _clone_plan.require_quiet(state, NAMES, copies, allowed) == pauses


def test_a_source_that_runs():
    with pytest.raises(XenError, match="torn"):
        _clone_plan.require_quiet("running", NAMES, [copy(Place("/srv/web2.img", FILE))], False)
    assert _clone_plan.require_quiet("running", NAMES, [], False) is False


def test_what_was_made_is_taken_back():
    commands = _lvm.Commands
    done = [
        Step(_disk_plan.CREATE, "", data={"path": "/srv/web2.img"}),
        _disk_plan.command(commands.create("vg0", "web2.partial", 2)),
        Step(_disk_plan.FILL, ""),
    ]
    undo = [step.text for step in _clone_apply._removals(done)]
    assert undo == ["lvm lvremove -f vg0/web2.partial", "remove /srv/web2.img"]
    done.append(_disk_plan.command(commands.rename("vg0", "web2.partial", "web2")))
    undo = [step.text for step in _clone_apply._removals(done)]
    assert undo == ["lvm lvremove -f vg0/web2", "remove /srv/web2.img"]
