# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of one disk, with plain data."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import (
    BadValue,
    ConflictError,
    HostError,
    XenError,
)
from ansible_collections.netbsd.xen.plugins.module_utils.disk import _disk_plan
from ansible_collections.netbsd.xen.plugins.module_utils.disk._disk_use import User
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _image, _lvm
from ansible_collections.netbsd.xen.plugins.module_utils.storage._disk_place import FILE, VOLUME, Found, Place, Room

MIB = 1024 * 1024
IMAGE = Place("/srv/web.img", FILE)
LV = Place("/dev/vg0/web", VOLUME, "vg0", "web")
ROOM = Room(100 * MIB)
VG = Room(100 * MIB, _lvm.Group("vg0", 4 * MIB, 100 * MIB), tells=True)
RUNS = User("web", "the running domain web", True, "w")
CONFIGURED = User("web", "the config file /etc/xen/web.cfg", False, "w")
RAW = _disk_plan.Source("/srv/template.img", 8 * MIB, 2 * MIB)
PACKED = _disk_plan.Source("/srv/template.img.xz", None, MIB, "xz")


def image(size, allocated=None, mode=0o600):
    return Found(size, size if allocated is None else allocated, mode, 0, 0)


def texts(plan):
    return [step.text for step in plan.steps]


def present(place=IMAGE, found=None, room=ROOM, users=(), **wish):
    return _disk_plan.present(_disk_plan.Wish(place, **wish), found, room, users)


@pytest.mark.parametrize(
    "wish, text, size",
    [
        ({"size": 10 * MIB}, "create /srv/web.img (10 MiB)", 10 * MIB),
        ({"size": 10 * MIB, "sparse": True}, "create /srv/web.img (10 MiB, sparse)", 10 * MIB),
        ({"source": RAW}, "create /srv/web.img (8 MiB, from /srv/template.img)", 8 * MIB),
        ({"source": RAW, "size": 9 * MIB}, "create /srv/web.img (9 MiB, from /srv/template.img)", 9 * MIB),
        ({"source": PACKED}, "create /srv/web.img (from /srv/template.img.xz)", None),
    ],
)
def test_an_image_is_made(wish, text, size):
    plan = present(**wish)
    assert (texts(plan), plan.size, plan.warnings) == ([text], size, ())


def test_a_volume_is_made():
    plan = present(LV, room=VG, size=10 * MIB)
    assert texts(plan) == ["lvm lvcreate --yes -l 3 -n web vg0"]
    assert plan.size == 12 * MIB


@pytest.mark.parametrize("leftover", [True, False])
def test_a_volume_with_content_gets_its_name_last(leftover):
    plan = present(LV, room=VG._replace(leftover=leftover), source=RAW)
    assert texts(plan) == [
        *(["lvm lvremove -f vg0/web.partial"] if leftover else []),
        "lvm lvcreate --yes -l 2 -n web.partial vg0",
        "copy /srv/template.img to /dev/vg0/web.partial",
        "lvm lvrename vg0 web.partial web",
    ]


def test_a_volume_of_a_compressed_source_needs_a_size():
    with pytest.raises(XenError, match="does not tell its size"):
        present(LV, room=VG, source=PACKED)
    assert present(LV, room=VG, source=PACKED, size=8 * MIB).size == 8 * MIB


def test_nothing_can_be_made_of_nothing():
    with pytest.raises(XenError, match="does not exist, and without a size") as caught:
        present()
    assert caught.value.details["error_id"] == "disk_missing"


def test_a_source_must_fit():
    with pytest.raises(BadValue, match="do not fit"):
        present(source=RAW, size=4 * MIB)


@pytest.mark.parametrize("place, found, room", [(IMAGE, image(10 * MIB), ROOM), (LV, Found(12 * MIB, 12 * MIB), VG)])
@pytest.mark.parametrize("wish", [{}, {"size": 10 * MIB}, {"source": RAW}, {"sparse": True}])
def test_what_is_there_is_good(place, found, room, wish):
    """A volume is as large as its extents; and a disk that exists is never made of a source again."""
    assert present(place, found, room, **wish) == _disk_plan.DiskPlan([], found.size)


@pytest.mark.parametrize("found, sparse, expected", [
    (image(10 * MIB), None, False), (image(10 * MIB, MIB), None, True), (image(10 * MIB), True, True),
    (image(10 * MIB, MIB), False, False),
])  # fmt: skip
def test_an_image_grows_as_it_is(found, sparse, expected):
    plan = present(found=found, size=20 * MIB, sparse=sparse)
    assert texts(plan) == ["grow /srv/web.img from 10 MiB to 20 MiB"]
    assert (plan.steps[0].data["sparse"], plan.size, plan.restart) == (expected, 20 * MIB, False)


def test_a_volume_grows():
    plan = present(LV, Found(12 * MIB, 12 * MIB), VG, size=13 * MIB)
    assert texts(plan) == ["lvm lvextend -l 4 vg0/web"]
    assert plan.size == 16 * MIB


def test_a_disk_never_shrinks():
    with pytest.raises(BadValue, match="never made smaller") as caught:
        present(found=image(10 * MIB), size=9 * MIB)
    assert caught.value.details["error_id"] == "would_shrink"


@pytest.mark.parametrize("place, found, room, restart, says", [
    (IMAGE, image(MIB), ROOM, True, "goes on with the old size"),
    (LV, Found(4 * MIB, 4 * MIB), VG, False, "is told the new size"),
    (LV, Found(4 * MIB, 4 * MIB), VG._replace(tells=False), True, "goes on with the old size"),
])  # fmt: skip
def test_who_runs_meanwhile(place, found, room, restart, says):
    plan = present(place, found, room, [RUNS, CONFIGURED], size=8 * MIB)
    assert plan.restart == restart
    (warning,) = plan.warnings
    assert says in warning and "the running domain web" in warning


@pytest.mark.parametrize("place, found, room, size", [
    (IMAGE, None, ROOM, 101 * MIB), (IMAGE, image(50 * MIB), ROOM, 151 * MIB), (LV, None, VG, 101 * MIB),
    (LV, Found(4 * MIB, 4 * MIB), VG, 105 * MIB),
])  # fmt: skip
def test_there_must_be_room(place, found, room, size):
    with pytest.raises(HostError, match="No room for") as caught:
        present(place, found, room, size=size)
    assert caught.value.details["error_id"] == "no_space"


def test_a_thin_volume_grows_beyond_its_group():
    assert texts(present(LV, Found(4 * MIB, 4 * MIB, thin=True), VG, size=1024 * MIB)) == [
        "lvm lvextend -l 256 vg0/web"
    ]


@pytest.mark.parametrize("found", [None, image(10 * MIB, MIB)])
def test_more_may_be_promised_than_there_is(found):
    plan = present(found=found, size=1024 * MIB, sparse=True)
    assert len(plan.steps) == len(plan.warnings) == 1
    assert "meets write errors" in plan.warnings[0]


def test_a_sparse_copy_needs_what_its_source_takes():
    assert present(source=RAW._replace(size=200 * MIB), sparse=True).warnings
    with pytest.raises(HostError, match="No room"):
        present(source=RAW._replace(size=200 * MIB, allocated=150 * MIB), sparse=True)


def test_mode_and_owner():
    plan = present(found=image(MIB), owner=_image.Owner(0o640, 0, 5))
    assert texts(plan) == ["set 0640 and gid 5 on /srv/web.img"]
    assert present(found=image(MIB), owner=_image.Owner(0o600, 0, 0)).steps == []


def test_removing():
    assert texts(_disk_plan.absent(IMAGE, image(MIB), [])) == ["remove /srv/web.img"]
    assert texts(_disk_plan.absent(LV, Found(MIB, MIB), [])) == ["lvm lvremove -f vg0/web"]
    assert _disk_plan.absent(IMAGE, None, []).steps == []


@pytest.mark.parametrize("user", [RUNS, CONFIGURED])
def test_what_somebody_has_is_not_removed(user):
    with pytest.raises(ConflictError, match=f"is a disk of {user.where}"):
        _disk_plan.absent(IMAGE, image(MIB), [user])


def test_snapshots_would_go_with_it():
    with pytest.raises(ConflictError, match="web.snap"):
        _disk_plan.absent(LV, Found(MIB, MIB), [], ["web.snap"])


CLAIMS = PACKED._replace(least=8 * MIB)


def test_a_volume_of_a_compressed_source_that_tells_its_size():
    assert present(LV, room=VG, source=CLAIMS).size == 8 * MIB
    with pytest.raises(HostError, match="No room for /dev/vg0/web"):
        present(LV, room=VG._replace(free=4 * MIB), source=CLAIMS)
    with pytest.raises(HostError, match="No room for /srv/web.img: it needs 8 MiB more"):
        present(room=Room(4 * MIB), source=CLAIMS)
    with pytest.raises(BadValue, match=r"template\.img\.xz has 8 MiB, which do not fit"):
        present(source=CLAIMS, size=4 * MIB)


@pytest.mark.parametrize(
    "found, wish, size",
    [
        (image(4 * MIB), {}, 8 * MIB),
        (image(20 * MIB), {}, 20 * MIB),
        (image(4 * MIB), {"size": 9 * MIB}, 9 * MIB),
        (image(4 * MIB), {"source": PACKED}, 4 * MIB),
    ],
)
def test_a_disk_is_replaced(found, wish, size):
    """It keeps what is not asked for, and gets at least its size."""
    plan = present(found=found._replace(mode=0o640), users=[CONFIGURED], **{"source": RAW, "force": True, **wish})
    assert plan.size == size
    assert texts(plan)[0].startswith("replace /srv/web.img (")
    data = plan.steps[0].data
    assert (data["over"], data["owner"], data["size"]) == (True, _image.Owner(0o640, 0, 0), size)


def test_a_volume_is_replaced():
    plan = present(LV, Found(8 * MIB, 8 * MIB), VG, source=RAW, force=True)
    assert texts(plan)[-3:] == [
        "copy /srv/template.img to /dev/vg0/web.partial",
        "lvm lvremove -f vg0/web",
        "lvm lvrename vg0 web.partial web",
    ]
    with pytest.raises(HostError, match="No room"):  # for both at once
        present(LV, Found(8 * MIB, 8 * MIB), VG._replace(free=4 * MIB), source=RAW, force=True)


def test_a_disk_is_not_replaced_under_its_guest():
    with pytest.raises(ConflictError, match="is not replaced under it"):
        present(found=image(8 * MIB), users=[RUNS], source=RAW, force=True)
    with pytest.raises(BadValue, match="never made smaller"):
        present(found=image(20 * MIB), source=RAW, size=9 * MIB, force=True)
