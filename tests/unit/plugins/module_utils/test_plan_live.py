# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a running guest gets as it runs, with which commands, in which order; and what has to wait for a restart."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.domain import _plan_domain, _plan_live
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xl
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import (
    PATH,
    SAVE,
    config,
    guest,
    live,
    wish,
)

FILE = 'name = "web"\nkernel = "/k"\nmemory = 512\n'
WRITE = "write " + PATH
A, B = "00:16:3e:00:00:0a", "00:16:3e:00:00:0b"


def disk(vdev, path=None, **more):
    return {"vdev": vdev, "pdev_path": path or f"/srv/{vdev}.img", "format": "raw", "readwrite": 1, **more}


def cd(vdev, path=""):
    entry = {"vdev": vdev, "format": "raw" if path else "empty", "is_cdrom": 1, "removable": 1}
    return {**entry, "pdev_path": path} if path else entry


def plan(libxl, state="running", commands=_xl.Commands, text=FILE, **wished):
    options = {name: wished.pop(name) for name in ("apply", "allow_restart") if name in wished}
    request = _plan_domain.Request(state, wish(**wished), **options)
    situation = _plan_domain.Situation(config(text), guest("running", libxl), SAVE, False)
    return _plan_domain.plan(request, situation, commands)


def commands(made):
    return [" ".join(step.command) for step in made.steps if step.command]


def undo(made):
    return [" ".join(step.undo) for step in made.steps if step.command]


def needs(made, option):
    return next(item.needs for item in made.differences if item.option == option)


ROOT, DATA = "/srv/xvda.img,raw,xvda,rw", "/srv/xvdb.img,raw,xvdb,rw"


class TestDisks:
    def test_attached(self):
        made = plan(live(disks=[disk("xvda")]), disks=[ROOT, DATA])
        assert commands(made) == [f"xl block-attach web {DATA}"]
        assert undo(made) == ["xl block-detach web xvdb"]
        assert needs(made, "disks") == "live"
        assert made.differences[0].commands == (f"xl block-attach web {DATA}",)
        assert not made.restart_required

    def test_detached(self):
        made = plan(live(disks=[disk("xvda"), disk("xvdb")]), disks=[ROOT])
        assert commands(made) == ["xl block-detach web xvdb"]
        assert undo(made) == [f"xl block-attach web {DATA}"]

    def test_not_detached_by_append(self):
        assert plan(live(disks=[disk("xvda"), disk("xvdb")]), disks=[ROOT], policy="append").actions == [WRITE]

    def test_append_leaves_alone_what_only_the_file_has(self):
        """Somebody detached xvdb by hand: this task says nothing of it."""
        text = FILE + f'disk = [ "{ROOT}", "{DATA}" ]\n'
        third = "/srv/xvdc.img,raw,xvdc,rw"
        made = plan(live(disks=[disk("xvda")]), text=text, disks=[third], policy="append")
        assert commands(made) == [f"xl block-attach web {third}"]

    @pytest.mark.parametrize(
        "cmdline, gone",
        [
            ("", "xvda"),
            ("root=/dev/xvdb1 ro", "xvdb"),
            ("root=/dev/xvdb1 ro", "xvda"),
            ("bootdev=xbd1", "xvdb"),
            ("root=xbd1a", "xvdb"),
        ],
    )
    def test_what_may_hold_the_root_stays(self, cmdline, gone):
        left = [item for item in (ROOT, DATA) if gone not in item]
        made = plan(live(disks=[disk("xvda"), disk("xvdb")], cmdline=cmdline), text=None, disks=left,
                    kernel="/k", memory="512", cmdline=cmdline)  # fmt: skip
        assert needs(made, "disks") == "restart"
        assert commands(made) == []
        assert made.restart_required

    @pytest.mark.parametrize("other", ["/srv/other.img,raw,xvdb,rw", "/srv/xvdb.img,raw,xvdb,ro"])
    def test_another_one_in_its_place_waits(self, other):
        made = plan(live(disks=[disk("xvda"), disk("xvdb")]), disks=[ROOT, other, "/srv/c.img,raw,xvdc,rw"])
        assert needs(made, "disks") == "restart"
        assert commands(made) == [], "nothing of a list is done when some of it has to wait"

    def test_a_toolstack_that_cannot(self):
        made = plan(live(disks=[disk("xvda"), disk("xvdb")]), commands=_xl.CommandsBefore415, disks=[ROOT])
        assert needs(made, "disks") == "restart"


class TestCdRom:
    DISKS = [disk("xvda"), cd("hdc", "/srv/old.iso")]
    NEW, EMPTY = "/srv/new.iso,raw,hdc,cdrom", "vdev=hdc,cdrom"

    def test_changed(self):
        made = plan(live(domain_type="hvm", disks=self.DISKS), disks=[ROOT, self.NEW])
        assert commands(made) == ["xl cd-insert web hdc /srv/new.iso"]
        assert undo(made) == ["xl cd-insert web hdc /srv/old.iso"]

    def test_ejected(self):
        made = plan(live(domain_type="hvm", disks=self.DISKS), disks=[ROOT, self.EMPTY])
        assert commands(made) == ["xl cd-eject web hdc"]

    def test_inserted(self):
        made = plan(live(domain_type="hvm", disks=[disk("xvda"), cd("hdc")]), disks=[ROOT, self.NEW])
        assert (commands(made), undo(made)) == (["xl cd-insert web hdc /srv/new.iso"], ["xl cd-eject web hdc"])

    def test_not_in_a_pv_guest(self):
        """libxl: "cdrom-insert requires an HVM domain"."""
        assert needs(plan(live(disks=self.DISKS), disks=[ROOT, self.NEW]), "disks") == "restart"


class TestVifs:
    def test_attached(self):
        made = plan(live(nics=[{"mac": A}]), vifs=[f"mac={A}", f"mac={B},bridge=br0,rate=10Mb/s"])
        assert commands(made) == [f"xl network-attach web mac={B} bridge=br0 rate=1250KB/s"]
        assert undo(made) == [f"xl network-detach web {B}"]

    def test_exchanged(self):
        made = plan(live(nics=[{"mac": A, "devid": 0, "bridge": "br0"}]), vifs=[f"mac={B}"])
        assert commands(made) == [f"xl network-attach web mac={B}", f"xl network-detach web {A}"]
        assert undo(made)[1] == f"xl network-attach web mac={A} bridge=br0 devid=0"

    def test_on_another_bridge_waits(self):
        assert needs(plan(live(nics=[{"mac": A, "bridge": "br0"}]), vifs=[f"mac={A},bridge=br1"]), "vifs") == "restart"

    def test_two_with_one_mac(self):
        """xl lets it happen; a list that has the MAC once lacks the other one."""
        made = plan(live(nics=[{"mac": A}, {"mac": A}]), vifs=[f"mac={A}"])
        assert commands(made) == [f"xl network-detach web {A}"]


class TestPci:
    FUNCTION = {"bus": 3, "vfunc_mask": 1, "rdm_policy": "strict"}

    @staticmethod
    def guest(**more):
        libxl = live(**more)
        libxl["c_info"]["passthrough"] = "enabled"
        return libxl

    def test_attached(self):
        made = plan(self.guest(), pci=["03:00.0,permissive=1"])
        assert commands(made) == ["xl pci-attach web 0000:03:00.0,permissive=1"]
        assert undo(made) == ["xl pci-detach web 0000:03:00.0"]

    def test_detached(self):
        made = plan(self.guest(pcidevs=[self.FUNCTION]), pci=[])
        assert commands(made) == ["xl pci-detach web 0000:03:00.0"]

    def test_started_without_passthrough(self):
        assert needs(plan(live(), pci=["03:00.0"]), "pci") == "restart"

    def test_by_name(self):
        assert needs(plan(self.guest(), pci=["name=nic"]), "pci") == "restart"


class TestScheduler:
    @pytest.mark.parametrize("scheduler", ["credit", "credit2"])
    def test_weight_and_cap(self, scheduler):
        params = {"sched": scheduler, "weight": 256, "cap": 0}
        made = plan(live(b_info={"sched_params": params}), cpu_weight=512, cap=50)
        assert commands(made) == [f"xl sched-{scheduler} -d web -w 512", f"xl sched-{scheduler} -d web -c 50"]
        assert undo(made) == [f"xl sched-{scheduler} -d web -w 256", f"xl sched-{scheduler} -d web -c 0"]

    def test_a_scheduler_that_has_no_weights(self):
        made = plan(live(b_info={"sched_params": {"sched": "rtds", "weight": 1}}), cpu_weight=512)
        assert needs(made, "cpu_weight") == "restart"

    @pytest.mark.parametrize(
        "was, wanted, expected, back",
        [
            ([[0, 1]] * 2, "2-3", ["all 2-3"], ["all 0-1"]),
            ([[0], [1]], "2-3", ["0 2-3", "1 2-3"], ["0 0", "1 1"]),
            ([[0], [1], [0, 1]], ["0", "3"], ["1 3"], ["1 1"]),
        ],
    )
    def test_pinned(self, was, wanted, expected, back):
        made = plan(live(vcpus=len(was), b_info={"vcpu_hard_affinity": was}), cpus=wanted)
        assert commands(made) == [f"xl vcpu-pin web {words}" for words in expected]
        assert undo(made) == [f"xl vcpu-pin web {words}" for words in back]

    @pytest.mark.parametrize("was, wanted", [([], "2-3"), ([[0]], ["0", "1"])])
    def test_what_is_not_known_waits(self, was, wanted):
        assert needs(plan(live(b_info={"vcpu_hard_affinity": was}), cpus=wanted), "cpus") == "restart"


class TestMemory:
    def test_less_memory_and_less_maxmem(self):
        made = plan(live(memory=512, maxmem=1024), memory="256", maxmem="300")
        assert commands(made) == ["xl mem-set web 256m", "xl mem-max web 300m"]
        assert undo(made) == ["xl mem-set web 512m", "xl mem-max web 1024m"]

    def test_less_maxmem_than_memory(self):
        assert needs(plan(live(memory=512, maxmem=1024), maxmem="300"), "maxmem") == "restart"

    def test_no_guest_grows_beyond_what_it_was_started_with(self):
        made = plan(live(memory=512, maxmem=512), memory="600", maxmem="1024")
        assert (needs(made, "memory"), needs(made, "maxmem")) == ("restart", "restart")
        assert commands(made) == []


def test_order():
    """What can fail and be undone comes first, what a guest loses comes last."""
    libxl = live(
        memory=512, maxmem=1024, vcpus=2, disks=[disk("xvda"), disk("xvdb")], nics=[{"mac": A}],
        b_info={"sched_params": {"sched": "credit2", "weight": 256, "cap": 0}},
    )  # fmt: skip
    made = plan(libxl, memory="256", vcpus=1, cpu_weight=99, disks=[ROOT, "/srv/c.img,raw,xvdc,rw"], vifs=[f"mac={B}"])
    assert [step.kind for step in made.steps] == [
        "write_config", "attach_vif", "attach_disk", "set_sched", "set_memory", "set_vcpus", "detach_vif",
        "detach_disk",
    ]  # fmt: skip
    assert {step.kind for step in made.steps[1:]} <= set(_plan_live.ORDER)


@pytest.mark.parametrize("event", ["on_poweroff", "on_reboot", "on_crash"])
def test_what_xl_does_at_the_end_is_settled_at_the_start(event):
    """Its monitor has read it then; `xl config-update` is looked at when the guest is restarted, not before."""
    made = plan(live(), **{event: "preserve"})
    assert needs(made, event) == "restart"
    assert made.differences[0].commands == ("xl shutdown web", f"xl create {PATH}")


class TestApply:
    LESS = {"memory": "256", "kernel": "/k2"}

    def test_live(self):
        made = plan(live(), **self.LESS)
        assert commands(made) == ["xl mem-set web 256m"]
        assert made.restart_required

    @pytest.mark.parametrize("allowed, expected", [(False, []), (True, ["xl shutdown web", f"xl create {PATH}"])])
    def test_restart(self, allowed, expected):
        made = plan(live(), apply="restart", allow_restart=allowed, memory="256")
        assert commands(made) == expected
        assert needs(made, "memory") == "restart"
        assert made.restart_required is not allowed

    def test_next_boot(self):
        made = plan(live(), apply="next_boot", allow_restart=True, **self.LESS)
        assert made.actions == [WRITE]
        assert made.restart_required
        assert needs(made, "memory") == "live"

    def test_report(self):
        made = plan(live(), state="paused", apply="report", allow_restart=True, **self.LESS)
        assert (made.changed, made.diff(), made.state_after) == (False, [], "running")
        state = made.differences[0]
        assert (state.option, state.wanted, state.live) == ("state", "paused", "running")
        assert made.differences[-1].commands == ("xl mem-set web 256m",)
        assert made.restart_required


class TestUnmanaged:
    def drift(self, libxl, text, **wished):
        made = plan(libxl, text=text, **wished)
        return [(item.option, item.wanted, item.on_disk, item.live) for item in made.differences
                if item.needs == "unmanaged"]  # fmt: skip

    def test_told_and_left_alone(self):
        text = FILE + "vcpus = 4\n"
        assert self.drift(live(), text, memory="512") == [("vcpus", None, 4, 1)]
        made = plan(live(), text=text, memory="512")
        assert not made.changed and not made.restart_required

    def test_devices_that_the_file_does_not_have(self):
        (found,) = self.drift(live(disks=[disk("xvdb")]), FILE, memory="512")
        assert (found[0], found[2], found[3][0]["vdev"]) == ("disks", [], "xvdb")

    def test_what_the_file_does_not_say_is_xens_to_choose(self):
        assert self.drift(live(vcpus=2), FILE, memory="512") == []

    def test_the_kernel_line_counts_as_one(self):
        text = FILE + 'extra = "single"\n'
        assert [found[0] for found in self.drift(live(cmdline="quiet"), text, memory="512")] == ["extra"]
        assert self.drift(live(cmdline="quiet"), text, root="xbd0") == []

    def test_what_cannot_be_understood(self):
        assert self.drift(live(), FILE + 'vif = [ "frob" ]\n', memory="512") == []
