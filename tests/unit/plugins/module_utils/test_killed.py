# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that is killed between any two of its steps, or while waiting after one: the next run ends where it would."""

from __future__ import annotations

import os

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.domain import _apply, _savefile
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.apply_support import Guest
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import wish

MAC = "00:16:3e:00:00:0a"
DISK = "/srv/root.img,raw,xvda,rw"
DATA = "/srv/data.img,raw,xvdb,rw"
MORE = {"memory": "256", "cpu_weight": 512, "disks": [DISK, DATA], "vifs": [f"mac={MAC}"]}

# What is there before: a state, and whether there is a save file; what the task asks for.
CASES = {
    "made and started": ("absent", False, "running", {"kernel": "/k", "memory": "64"}, {}),
    "changed as it runs": ("running", False, "running", MORE, {}),
    "changed and paused": ("running", False, "paused", {"memory": "256"}, {}),
    "unpaused and changed": ("paused", False, "running", {"memory": "256"}, {}),
    "less of everything": ("rich", False, "running", {"memory": "256", "disks": [DISK], "vifs": []}, {}),
    "restarted for a kernel": ("running", False, "running", {"kernel": "/k2"}, {"allow_restart": True}),
    "restarted for all": ("running", False, "running", MORE, {"allow_restart": True, "apply": "restart"}),
    "restarted, paused": ("paused", False, "paused", {"kernel": "/k2"}, {"allow_restart": True}),
    "stopped": ("running", True, "stopped", {}, {}),
    "stopped out of a pause": ("paused", True, "stopped", {}, {}),
    "saved": ("running", False, "saved", {}, {}),
    "saved again": ("paused", True, "saved", {}, {}),
    "restored": ("stopped", True, "running", {}, {}),
    "restored, paused": ("stopped", True, "paused", {}, {}),
    "restored and restarted": ("stopped", True, "running", {"kernel": "/k2"}, {"allow_restart": True}),
    "restored and changed": ("stopped", True, "running", {"memory": "256"}, {}),
    "started again": ("running", True, "restarted", {}, {}),
    "gone": ("running", True, "absent", {}, {"doomed_disks": True}),
}


class Killed(BaseException):
    """Not an error that anybody handles."""


@pytest.fixture
def start(task, place, monkeypatch):
    """A task on a host in the situation of a case."""

    def make(where, saved):
        for path in sorted(place.rglob("*"), reverse=True):
            os.unlink(path) if path.is_file() else os.rmdir(path)
        guest = Guest(7, where) if where in ("running", "paused") else None
        if where == "rich":
            guest = Guest(7)
            guest.disks = [{"pdev_path": f"/srv/{name}.img", "vdev": vdev, "format": "raw", "readwrite": 1}
                           for name, vdev in (("root", "xvda"), ("data", "xvdb"))]  # fmt: skip
            guest.nics = [{"mac": MAC}]
        (place / "web.img").write_text("disk")
        made = task(guest, saved=saved, **({"text": None} if where == "absent" else {}))
        saved_guest = made.host.libxl
        monkeypatch.setattr(
            _savefile, "configuration", lambda path: saved_guest(made.host.in_file) if os.path.exists(path) else None
        )
        return made

    return make


def plan(made, state, properties, options):
    disk = made.config.parent / "web.img"
    doomed = [str(disk)] if options.get("doomed_disks") and disk.exists() else []
    options = {name: value for name, value in options.items() if name != "doomed_disks"}
    return made.plan(state, wish(**properties), doomed_disks=doomed, **options)


def end(made, state, properties, options):
    """Plan and carry out; all that can be seen of the host afterwards."""
    made.apply(plan(made, state, properties, options))
    assert not plan(made, state, properties, options).changed or state == "restarted"
    guest = made.host.guest
    seen = guest and {name: value for name, value in vars(guest).items() if name not in ("domid", "later")}
    files = {path.name: path.is_dir() or path.read_text() for path in made.config.parent.rglob("*")}
    return seen, files


@pytest.mark.parametrize("case", CASES)
def test_the_next_run_ends_where_this_one_would(start, case, monkeypatch):
    where, saved, state, properties, options = CASES[case]
    steps = plan(start(where, saved), state, properties, options).steps
    expected = end(start(where, saved), state, properties, options)
    for number in range(len(steps)):
        for when in ("before", "after"):
            made = start(where, saved)
            with monkeypatch.context() as patched:
                patched.setattr(_apply.Applier, "_do", killing(_apply.Applier._do, steps[number], when))
                with pytest.raises(Killed):
                    made.apply(plan(made, state, properties, options))
            made.host.sleep(60)  # what was under way in the guest comes to its end
            assert end(made, state, properties, options) == expected, f"killed {when} {steps[number].text}"


def killing(do, last, when):
    def step_or_die(self, step):
        if step.kind == last.kind and when == "before":
            raise Killed
        do(self, step)
        if step.kind == last.kind:
            raise Killed

    return step_or_die
