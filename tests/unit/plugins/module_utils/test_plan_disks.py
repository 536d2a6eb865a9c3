# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes in the disks of a domain: taken out of the dictionaries, and made into steps before the domain's own."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core import _plan
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_disks
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_disk import parse
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _lvm
from ansible_collections.netbsd.xen.tests.fake.lvm import FakeLvm

MIB = 1024 * 1024


def disk(**keys):
    return {"target": "/srv/web.img", "vdev": "xvda", **keys}


def test_sizes_are_taken_out():
    given = {"name": "web", "disks": [disk(size="1G", sparse=False), disk(vdev="xvdb"), "/srv/x.img,raw,xvdc,w"]}
    params, sized = _plan_disks.split(given)
    assert params == {"name": "web", "disks": [disk(), disk(vdev="xvdb"), "/srv/x.img,raw,xvdc,w"]}
    assert [(each.place.path, each.size, each.sparse) for each in sized] == [("/srv/web.img", 1024 * MIB, False)]
    assert given["disks"][0]["size"] == "1G"


@pytest.mark.parametrize("given", [None, [], "", "/srv/x.img,raw,xvdc,w", [disk()]])
def test_no_sizes(given):
    params, sized = _plan_disks.split({"disks": given})
    assert (params, sized) == ({"disks": given}, [])


def test_one_disk_without_a_list():
    params, sized = _plan_disks.split({"disks": disk(size="1G")})
    assert (params["disks"], len(sized)) == ([disk()], 1)


@pytest.mark.parametrize(
    "keys, reason",
    [
        ({"size": "1G", "access": "ro"}, "only read"),
        ({"size": "1G", "devtype": "cdrom"}, "only read"),
        ({"size": "1G", "format": "qcow2"}, "only raw"),
        ({"size": "1G", "target": None}, "needs a target"),
        ({"size": "1G", "script": "block-iscsi"}, "needs a target"),
        ({"size": "1G", "target": "/dev/wd0e"}, "Whole disks"),
        ({"size": "1G", "target": "/dev/vg0/web", "sparse": True}, "not for volumes"),
        ({"size": "10"}, "needs its unit"),
        ({"sparse": True}, "give its size"),
    ],
)
def test_what_has_no_size(keys, reason):
    with pytest.raises(BadValue, match=reason):
        _plan_disks.split({"disks": [disk(**keys)]})


def planned(*disks, saved=False, view=None):
    _params, sized = _plan_disks.split({"disks": list(disks)})
    return _plan_disks.plan(sized, view or HostView(None, []), saved)


@pytest.mark.parametrize(
    "has, saved, steps, warning",
    [
        (None, False, 1, None),
        (MIB, False, 1, None),
        (2 * MIB, False, 0, None),
        (3 * MIB, False, 0, "more than the 2 MiB"),
        (MIB, True, 0, "while the guest is saved"),
    ],
)
def test_what_is_done_to_a_file(tmp_path, has, saved, steps, warning):
    path = tmp_path / "web.img"
    if has:
        path.write_bytes(bytes(has))
    disks = planned(disk(target=str(path), size="2M"), saved=saved)
    assert len(disks.steps) == steps
    assert [warning in text for text in disks.warnings] == ([True] if warning else [])
    assert disks.made == ({str(path)} if has is None else set())


def test_several_disks_share_the_room(tmp_path, monkeypatch):
    fake = FakeLvm(tmp_path, {"vg0": 15})
    monkeypatch.setattr(_lvm, "PROGRAM", str(fake.program))
    wanted = [disk(target=f"/dev/vg0/{name}", vdev=vdev, size="32M") for name, vdev in (("a", "xvda"), ("b", "xvdb"))]
    assert len(planned(wanted[0]).steps) == len(planned(wanted[1]).steps) == 1
    with pytest.raises(HostError, match="No room for /dev/vg0/b: it needs 32 MiB more, .* 28.0 MiB free"):
        planned(*wanted)
    view = HostView(None, [])
    planned(wanted[0], view=view)
    with pytest.raises(HostError, match="No room for /dev/vg0/b"):
        planned(wanted[1], view=view)


def plan(*steps, restart=False):
    return _plan.Plan(list(steps), [], "/etc/xen/web.cfg", None, "", "stopped", "running", restart)


@pytest.mark.parametrize("kind, restart", [("create", False), ("write_config", True)])
def test_the_steps_come_first(kind, restart):
    """A guest that is started by the same plan has the new size from its start."""
    disks = _plan_disks.Disks([_plan.Step("disk_grow", "grow it")], ("mind",), restart=True)
    made = disks.into(plan(_plan.Step(kind, "its own")))
    assert ([step.text for step in made.steps], made.warnings) == (["grow it", "its own"], ("mind",))
    assert made.restart_required == restart


def test_nothing_to_do_changes_nothing():
    before = plan()
    assert _plan_disks.Disks([]).into(before) is before


def test_what_does_not_exist_is_not_looked_at():
    disks = _plan_disks.Disks([], made=frozenset({"/srv/web.img"}))
    there = parse("/srv/other.img,raw,xvdb,w")
    assert disks.existing([parse("/srv/web.img,raw,xvda,w"), there]) == [there]
