# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nodes and the kernfs of a dom0: what is made, what is refused, and what /etc/fstab keeps."""

from __future__ import annotations

import os
import platform

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _devnodes, _devnodes_plan, _fstab, _hostplan
from ansible_collections.netbsd.xen.plugins.module_utils.host._devnodes import Found
from ansible_collections.netbsd.xen.plugins.module_utils.host._devnodes_plan import Seen, Wanted
from ansible_collections.netbsd.xen.plugins.module_utils.host._fstab import Mount

ALL = Wanted(True, 6, True, False)
FSTAB = "/dev/wd0a / ffs rw 1 1\n"
KERN = Mount("kernfs", "/kern", "kernfs", ())


def seen(differing=(), makedev=True, fstab=FSTAB, mounts=(), kern="directory"):
    return Seen(list(differing), makedev, fstab, list(mounts), kern)


def missing(*names):
    nodes = {node.name: node for node in _devnodes.wanted(6)}
    return [(nodes[name], Found("missing")) for name in names]


def test_all_on_a_bare_host():
    plan = _devnodes_plan.plan(ALL, seen(missing("xenevt", "xencons", "vnd4a", "vnd4d", "vnd5d"), kern="missing"))
    assert plan.actions == [
        "cd /dev && sh MAKEDEV xen vnd4 vnd5",
        "/bin/mkdir -m 755 /kern",
        "edit /etc/fstab",
        "/sbin/mount /kern",
    ]
    assert plan.steps[0].command[-4:] == ("MAKEDEV", "xen", "vnd4", "vnd5")
    assert plan.diff()[0]["after"] == FSTAB + "kernfs\t\t/kern\tkernfs\trw\n"
    assert "/dev/xenevt: character 141,0\n" in plan.diff()[1]["after"]


def test_nothing_to_do():
    done = seen(fstab=FSTAB + "/kern /kern kernfs rw\n", mounts=[KERN])
    assert _devnodes_plan.plan(ALL, done).steps == []
    assert _devnodes_plan.plan(ALL, done).diff() == []


def test_only_what_is_missing():
    assert _devnodes_plan.plan(ALL, seen(mounts=[KERN])).actions == ["edit /etc/fstab"]
    noauto = seen(fstab="k /kern kernfs rw,noauto\n", mounts=[KERN])
    assert _devnodes_plan.plan(ALL, noauto).diff()[0]["after"] == "k /kern kernfs rw\n"
    assert _devnodes_plan.plan(ALL._replace(kernfs=False), seen(kern="missing")).actions == []


def test_no_fstab_yet():
    plan = _devnodes_plan.plan(ALL, seen(fstab="", mounts=[KERN]))
    assert plan.actions == ["write /etc/fstab"]


def test_a_vnd_without_nodes_is_one_line():
    names = [node.name for node in _devnodes.vnd_nodes(4)]
    plan = _devnodes_plan.plan(ALL, seen(missing(*names), fstab=FSTAB + "k /kern kernfs rw\n", mounts=[KERN]))
    assert plan.before == ["vnd4: 32 nodes missing"]


def test_a_node_with_wrong_numbers():
    wrong = [(_devnodes.XEN_NODES[0], Found("character", 142, 0))]
    with pytest.raises(ConflictError, match="is character 142,0 and must be character 141,0") as caught:
        _devnodes_plan.plan(ALL, seen(wrong))
    assert caught.value.details["error_id"] == "wrong_node"
    assert _devnodes_plan.plan(ALL._replace(recreate=True), seen(wrong, mounts=[KERN])).actions[:2] == [
        "/bin/rm -f /dev/xenevt",
        "cd /dev && sh MAKEDEV xen",
    ]


@pytest.mark.parametrize(
    "wanted, there, error, words",
    [
        (ALL._replace(vnds=-1), seen(), BadValue, "0 to 1000"),
        (ALL, seen(missing("xenevt"), makedev=False), HostError, "MAKEDEV is missing"),
        (
            ALL._replace(recreate=True),
            seen([(_devnodes.XEN_NODES[0], Found("other"))]),
            ConflictError,
            "no device node",
        ),
        (ALL, seen(kern="other"), ConflictError, "no directory"),
        (ALL, seen(mounts=[Mount("/dev/wd1a", "/kern", "ffs", ())]), ConflictError, "a ffs on it"),
        (ALL, seen(fstab="/dev/wd1a /kern ffs rw 1 2\n"), ConflictError, "line 1: mounts a ffs"),
    ],
)
def test_refusals(wanted, there, error, words):
    with pytest.raises(error, match=words):
        _devnodes_plan.plan(wanted, there)


def test_a_dev_in_memory_is_told():
    plan = _devnodes_plan.plan(ALL, seen(missing("xenevt"), mounts=[Mount("tmpfs", "/dev", "tmpfs", ())]))
    assert "gone after the next boot" in plan.warnings[0]


@pytest.fixture
def world(monkeypatch):
    """A NetBSD whose nodes come with the first apply, unless ``deaf``."""
    state = {"done": False, "deaf": False}
    done = seen(fstab=FSTAB + "k /kern kernfs rw\n", mounts=[KERN])
    monkeypatch.setattr(_devnodes_plan, "look", lambda wanted: done if state["done"] else seen(missing("xenevt")))
    monkeypatch.setattr(_hostplan, "apply", lambda plan, backup: [state.update(done=not state["deaf"]), "kept"][1:])
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return state


def test_made_and_looked_at(world):
    result = _devnodes_plan.make(ALL, False, True)
    assert result["changed"] and result["kernfs_mounted"] and result["backup_files"] == ["kept"]
    assert _devnodes_plan.make(ALL, False, True)["changed"] is False


def test_check_mode(world):
    result = _devnodes_plan.make(ALL, True, False)
    assert result["changed"] and not result["kernfs_mounted"] and not world["done"]


def test_a_host_that_does_not_do_it_is_found_out(world):
    world["deaf"] = True
    with pytest.raises(HostError, match="still to do: cd /dev && sh MAKEDEV xen"):
        _devnodes_plan.make(ALL, False, False)


def test_only_root(world, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(HostError, match="become"):
        _devnodes_plan.make(ALL, False, False)


def test_looking_needs_a_netbsd(monkeypatch, tmp_path):
    with pytest.raises(HostError, match="NetBSD"):
        _devnodes_plan.look(ALL)
    monkeypatch.setattr(platform, "system", lambda: "NetBSD")
    monkeypatch.setattr(_fstab, "mounted", lambda: [KERN])
    monkeypatch.setattr(_devnodes_plan, "KERN", str(tmp_path))
    found = _devnodes_plan.look(ALL)
    assert found.kern == "directory" and found.mounts == [KERN]
    monkeypatch.setattr(_devnodes_plan, "KERN", str(tmp_path / "none"))
    assert _devnodes_plan.look(ALL).kern == "missing"
