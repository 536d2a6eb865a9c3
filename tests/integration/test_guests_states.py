# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest through all states, by the modules on real Xen."""

from __future__ import annotations

import re

from onlab import LabHost

NANO = {"name": "states", "type": "pv", "kernel": "/srv/domu/nano", "memory": "4", "vcpus": 1}


def test_a_guest_through_all_states(lab_host: LabHost) -> None:
    config = "/etc/xen/states.cfg"
    lab_host.change("xen_domain", {**NANO, "state": "present"}, [f"write {config}"])
    lab_host.change("xen_domain", {"name": "states", "state": "running"}, [f"xl create {config}"])
    assert re.search(r"^states +\d+ +4 +1 +[r-][b-]----", lab_host.sh("xl list states"), re.MULTILINE)
    lab_host.change("xen_domain", {"name": "states", "state": "paused"}, ["xl pause states"])
    lab_host.change("xen_domain", {"name": "states", "state": "running"}, ["xl unpause states"])
    save = "/var/lib/xen/save/states.save"
    lab_host.change("xen_domain", {"name": "states", "state": "saved"})
    assert lab_host.rc("xl list states") != 0
    assert lab_host.rc(f"test -s {save}") == 0
    lab_host.change("xen_domain", {"name": "states", "state": "running"})
    assert lab_host.rc(f"test -e {save}") != 0
    lab_host.change("xen_domain", {"name": "states", "state": "absent"})
    assert lab_host.rc(f"test -e {config}") != 0
    assert lab_host.fails("xen_domain", {"name": "states", "state": "running"}, "no_such_domain")
