#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_upgrade_record
short_description: Remember what the guests of a host were while its hypervisor is replaced
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Says whether a host has to be upgraded to another version of Xen, and what is to become of its guests meanwhile, and
    keeps a record of that on the host, so that an upgrade which was interrupted can be resumed.
  - It touches no guest. P(netbsd.xen.xen_upgrade#role) is the upgrade; this module is its memory.
  - The record is written before the first guest is touched, as a whole or not at all, and removed when all guests are
    again what they were.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
  - netbsd.xen.attributes.actiongroup_xen
  - netbsd.xen.xen
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  step:
    description:
      - V(begin) looks at the host. When it has to be upgraded, and all its guests can be put away so that they come
        back as they were, the record is written; else the module fails, and nothing was changed. When there is a
        record already, its guests are those that are to come back, whatever has become of them.
      - V(away) notes that all guests have left. From here on nobody asks the toolstack before the host was booted.
      - V(end) removes the record.
    type: str
    choices: [begin, away, end]
    required: true
  version:
    description:
      - The version of Xen that the host shall have, such as V(4.20). Quote it, since YAML takes 4.20 for 4.2.
      - Another one than that of the record changes where the upgrade goes, and not which guests come back; so an
        upgrade that failed can be taken back.
    type: str
    required: true
  policy:
    description:
      - What becomes of a guest that runs or is paused.
      - V(shutdown) shuts it down, and starts it afterwards from its config file.
      - V(save) saves its memory to a file, and restores it afterwards. Refused for a guest that the host starts at
        boot, since that would start it beside its saved memory. Xen restores what an older Xen saved, and not the
        reverse.
      - V(migrate) has it run on O(destination) meanwhile. Whether it can go there and come back is looked at first;
        the versions of Xen, memory, disks, bridges, and what else M(netbsd.xen.xen_domain_command) looks at. Refused
        for a guest that the host starts at boot, since it would then run twice.
      - V(refuse) fails when it is there.
    type: str
    choices: [shutdown, save, migrate, refuse]
    default: shutdown
  policies:
    description: Policies of single guests, by their names, that go before O(policy).
    type: dict
    default: {}
  destination:
    description:
      - The other dom0, to which guests with the policy V(migrate) go, as
        O(netbsd.xen.xen_domain_command#module:destination).
      - While guests of an interrupted upgrade are there, no other one is accepted.
    type: str
    default: ""
  ssh_command:
    description: The command that reaches the O(destination), as O(netbsd.xen.xen_domain_command#module:ssh_command).
    type: str
    default: ssh -o BatchMode=yes -o ServerAliveInterval=15
  live:
    description:
      - Whether they are copied while they run, as O(netbsd.xen.xen_domain_command#module:live). A PV guest is refused
        when this hypervisor is seen not to be able to.
    type: bool
    default: true
  disks_shared:
    description: Says that both hosts have the same disks, as O(netbsd.xen.xen_domain_command#module:disks_shared).
    type: bool
    default: false
  back:
    description: Whether they come back afterwards. Their config files stay here then, and else go with them.
    type: bool
    default: true
  domains:
    description:
      - The guests as they are declared for M(netbsd.xen.xen_domains). Only C(depends_on), C(order), C(delay) and
        C(wait_for_console) are read, for the order in which they leave and come back.
    type: list
    elements: dict
    default: []
  path:
    description: The record.
    type: path
    default: /var/db/xen_upgrade.json
seealso:
  - module: netbsd.xen.xen_domains
"""

EXAMPLES = r"""
- name: See whether this host has to be upgraded, and what would become of its guests
  netbsd.xen.xen_upgrade_record:
    step: begin
    version: "4.20"
    policies:
      db: save
  check_mode: true
  register: plan

- name: Tell it
  ansible.builtin.debug:
    msg: "{{ plan.reasons }} {{ plan.guests }}"
"""

RETURN = r"""
due:
  description: Whether there is anything to do.
  returned: O(step=begin)
  type: bool
reasons:
  description: Why.
  returned: O(step=begin)
  type: list
  elements: str
  sample: ["xenkernel420 and xentools420 not installed", "Xen 4.18.3 runs"]
running:
  description: The Xen that runs; null when none does.
  returned: O(step=begin)
  type: str
notes:
  description: What a guest will not be again, since only the running guest has it.
  returned: O(step=begin)
  type: list
  elements: str
resumed:
  description: Whether there was a record before.
  returned: O(step=begin) and O(step=away)
  type: bool
before:
  description: The Xen that ran when the upgrade was begun; null when none did, or nothing is to do.
  returned: O(step=begin) and O(step=away)
  type: str
stage:
  description: C(leaving) while guests are put away, C(away) when all of them are; null when nothing is to do.
  returned: O(step=begin) and O(step=away)
  type: str
guests:
  description: The guests that shall be again what they were.
  returned: O(step=begin) and O(step=away)
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    was:
      description: C(running) or C(paused).
      type: str
    policy:
      description: What becomes of it.
      type: str
leaving:
  description: The guests that are shut down or saved, as M(netbsd.xen.xen_domains) takes them.
  returned: O(step=begin) and O(step=away)
  type: list
  elements: dict
migrating:
  description: The names of the guests that go to O(destination), in the declared order.
  returned: O(step=begin) and O(step=away)
  type: list
  elements: str
returning:
  description: The guests of RV(leaving) as they were, as M(netbsd.xen.xen_domains) takes them.
  returned: O(step=begin) and O(step=away)
  type: list
  elements: dict
path:
  description: The record.
  returned: success
  type: str
objections:
  description: Why guests cannot be put away.
  returned: failure, when C(error_id) is C(guests_in_the_way)
  type: list
  elements: str
error_id:
  description:
    - The kind of error, for programs. Among them C(guests_in_the_way), C(guests_left), C(toolstack), C(bad_record),
      C(no_record).
  returned: failure
  type: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack._peer import SSH
from ansible_collections.netbsd.xen.plugins.module_utils.upgrade import _upgrade, _upgrade_task


def main() -> None:
    module = XenModule(
        argument_spec=dict(
            step={"type": "str", "choices": list(_upgrade_task.STEPS), "required": True},
            version={"type": "str", "required": True},
            policy={"type": "str", "choices": list(_upgrade.POLICIES), "default": _upgrade.SHUTDOWN},
            policies={"type": "dict", "default": {}},
            destination={"type": "str", "default": ""},
            ssh_command={"type": "str", "default": SSH},
            live={"type": "bool", "default": True},
            disks_shared={"type": "bool", "default": False},
            back={"type": "bool", "default": True},
            domains={"type": "list", "elements": "dict", "default": []},
            path={"type": "path", "default": "/var/db/xen_upgrade.json"},
            **common_spec(),
        ),
        supports_check_mode=True,
    )
    run(module, lambda: _upgrade_task.run(module.params, module.check_mode))


if __name__ == "__main__":
    main()
