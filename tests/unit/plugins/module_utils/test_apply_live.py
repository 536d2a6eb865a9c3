# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of a running guest that fail: file and guest are as before, or the error says what is not."""

from __future__ import annotations

import pytest

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError, TimedOut
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.apply_support import FILE, NEVER, Guest
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import wish

ROOT, DATA = "/srv/root.img,raw,xvda,rw", "/srv/data.img,raw,xvdb,rw"
OLD, NEW = "00:16:3e:00:00:0a", "00:16:3e:00:00:0b"


def rich(**behaviour):
    """A guest with a root disk and a vif."""
    guest = Guest(7, **behaviour)
    guest.disks = [{"pdev_path": "/srv/root.img", "vdev": "xvda", "format": "raw", "readwrite": 1}]
    guest.nics = [{"mac": OLD}]
    return guest


def seen(guest):
    return guest.memory, guest.weight, [disk["vdev"] for disk in guest.disks], [nic["mac"] for nic in guest.nics]


ALL = {"memory": "256", "cpu_weight": 512, "disks": [ROOT, DATA], "vifs": [f"mac={NEW}"]}


def test_all_is_well(task):
    made = task(rich())
    made.run("running", wish(**ALL))
    assert seen(made.host.guest) == (256, 512, ["xvda", "xvdb"], [NEW])
    assert not made.plan("running", wish(**ALL)).changed


@pytest.mark.parametrize("word", ["network-attach", "block-attach", "sched-credit2", "mem-set", "network-detach"])
def test_whatever_fails_all_is_taken_back(task, word):
    made = task(rich())
    made.host.fails[word] = "no"
    del_fails(made, word)
    error = made.fail("running", wish(**ALL), kind=CommandError)
    made.host.sleep(10)  # the balloon goes back
    assert seen(made.host.guest) == (512, 256, ["xvda"], [OLD])
    assert made.config.read_text() == FILE
    assert error.details["taken_back"][-1] == f"{made.config} is as before"
    assert "but" not in error.message


def del_fails(made, word):
    """The command fails once; what takes it back may be the same command with other words."""

    def once(command, timeout):
        del made.host.fails[word]
        made.host.error("no")

    made.host.fails[word] = once


def test_half_of_a_failed_step_is_taken_back_too(task):
    """xl network-attach leaves the vif when its script fails, and ends with an error."""
    made = task(rich())

    def half(command, timeout):
        made.host.do_network_attach(*command[2:])
        made.host.error("Could not find bridge device br0")

    made.host.fails["network-attach"] = half
    made.fail("running", wish(vifs=[f"mac={OLD}", f"mac={NEW}"]), kind=CommandError)
    assert [nic["mac"] for nic in made.host.guest.nics] == [OLD]


def test_memory_that_does_not_move(task):
    """The target is taken back, lest the guest moves towards it some time later."""
    made = task(rich(balloons_after=NEVER))
    error = made.fail("running", wish(memory="256"), kind=TimedOut, timeout=30)
    assert made.host.ran[-1] == "xl mem-set web 512m"
    assert error.details["taken_back"] == ["`xl mem-set web 512m`", f"{made.config} is as before"]


def test_what_cannot_be_taken_back_is_told(task):
    """The guest has some of the new configuration, so the file keeps saying so: the next run sees what is lacking."""
    made = task(rich())
    made.host.fails.update({"mem-set": "no", "block-detach": "busy"})
    error = made.fail("running", wish(memory="256", disks=[ROOT, DATA]), kind=CommandError)
    assert "but `xl block-detach web xvdb` failed" in error.message
    assert "memory = 256" in made.config.read_text()
    again = made.plan("running", wish(memory="256", disks=[ROOT, DATA]))
    assert again.actions == ["xl mem-set web 256m"]


def test_xl_says_yes_and_does_nothing(task):
    made = task(rich())
    made.host.fails["block-attach"] = lambda command, timeout: None
    error = made.fail("running", wish(disks=[ROOT, DATA]))
    assert error.details["error_id"] == "not_as_planned"
    assert "disks" in error.message
    assert made.config.read_text() == FILE


def test_a_guest_that_dies_meanwhile(task):
    made = task(rich())
    made.host.fails["mem-set"] = lambda command, timeout: made.host.end()
    error = made.fail("running", wish(**ALL))
    assert "gone" in error.message
    assert made.config.read_text() == FILE
