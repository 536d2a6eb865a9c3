# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where vcpus may run, out of what the real `xl vcpu-list` said."""

from __future__ import annotations

from ansible_collections.netbsd.xen.plugins.module_utils.options import _options, _vcpulist
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xl
from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.support import captured, live

CPUS = _options.BY_NAME["cpus"]


class Host:
    """A toolstack that was asked once."""

    def __init__(self, said, commands=_xl.Commands):
        self.said, self.commands = said, commands

    def affinities(self, name):
        return _vcpulist.parse(self.said)


def test_parse():
    everywhere = [("all", "all")] * 4
    assert _vcpulist.parse(captured("b-life-074-vcpu-list-one")) == everywhere
    assert _vcpulist.parse(captured("b-life-145-vcpu-list-pinned")) == [("1-2", "all"), *everywhere[1:]]


def test_a_name_with_blanks_and_an_old_xen():
    """Before Xen 4.5 there was no soft affinity, and xl said "any cpu"."""
    said = "Name  ID  VCPU   CPU State   Time(s) CPU Affinity\nmy guest  1     0    2   -b-       6.5  any cpu\n"
    assert _vcpulist.parse(said + "my guest  1     1    -   --p       0.0  0,2-3\n") == [
        ("all", "all"),
        ("0,2-3", "all"),
    ]


def test_what_libxl_does_not_keep_up_with():
    libxl = live(vcpus=2, maxvcpus=4)
    now = _vcpulist.current(libxl, Host(captured("b-life-145-vcpu-list-pinned")), "web1", {"nr_cpus": "4"})
    assert CPUS.live(now) == ["1-2", "0-3", "0-3", "0-3"]
    assert CPUS.live(libxl) == []
    assert libxl["b_info"].get("vcpu_hard_affinity") is None, "the original is left as it was"


def test_a_toolstack_that_cannot_pin_is_not_asked():
    libxl = live()
    assert _vcpulist.current(libxl, Host("", commands=object), "web", {}) is libxl
