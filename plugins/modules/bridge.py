#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bridge
short_description: Keep a bridge of a NetBSD host as declared
version_added: 0.2.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Keeps a C(bridge(4\)) of NetBSD as declared, the one that runs and the file C(/etc/ifconfig.bridgeN) that makes it
    at boot.
  - Never cuts the connection that it is run over. A change that could is refused, or made with O(rollback), so that the
    host takes it back by itself unless it can still be reached.
  - Adding an interface to a bridge cuts nothing. On NetBSD it keeps its addresses.
  - Never takes an interface of a running guest out of a bridge, and does not restart the network.
  - Lines of the file that it does not know, comments among them, stay as they are.
extends_documentation_fragment:
  - netbsd.xen.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - The file, and the bridge that runs.
  idempotent:
    support: full
  platform:
    description: Operating systems of the hosts that this module can manage.
    support: full
    platforms: posix
    details:
      - NetBSD only.
options:
  name:
    description: Name of the bridge, C(bridge) and a number.
    type: str
    required: true
  state:
    description:
      - V(present) is there.
      - V(absent) is gone, with its file. It is refused while the bridge has interfaces of running guests.
    type: str
    choices: [present, absent]
    default: present
  members:
    description:
      - The interfaces of the host in the bridge. Interfaces of guests, C(xvif*), C(vif*) and C(tap*), come and go with
        their guests and are never counted.
      - When not set, the members stay as they are. When only the file or only the running bridge is there, the other
        one gets its members.
    type: list
    elements: str
    aliases: [interfaces]
  member_policy:
    description: Whether O(members) is the whole truth (V(exact)) or what there must be at least (V(append)).
    type: str
    choices: [exact, append]
    default: exact
  mtu:
    description:
      - MTU of the bridge and of all its members, which must be the same on NetBSD.
      - When not set, no MTU is changed. A new bridge then gets the MTU that its members have.
    type: int
  stp:
    description:
      - Whether the members take part in the spanning tree. The kernel forwards nothing through an interface for about
        half a minute after that is switched on.
    type: bool
  up:
    description: Whether the bridge is up.
    type: bool
    default: true
  persistent:
    description: Whether to hold the file C(/etc/ifconfig.bridgeN) to the task.
    type: bool
    default: true
  live:
    description: Whether to hold the running bridge to the task.
    type: bool
    default: true
  force:
    description: Remove the bridge, take it down or change its MTU although it has interfaces of running guests.
    type: bool
    default: false
  rollback:
    description:
      - Seconds after which a change that could cut the connection is taken back, file and running bridge, unless the
        host can still be reached. Less than 10 counts as 10.
      - The task then connects anew and confirms the change. It ends as unreachable when that fails.
      - When 0, such a change is refused.
    type: int
    default: 0
  confirm:
    description:
      - Confirm a change that was made with O(rollback). The task does that itself. All other options but O(name) are
        not looked at.
    type: bool
    default: false
  backup:
    description: Keep a copy of the file in C(/var/backups) before it is changed.
    type: bool
    default: false
notes:
  - The interface that the connection comes in on is the one with the address in E(SSH_CONNECTION). Where that is not
    set, as under C(sudo), every interface with an address counts.
seealso:
  - module: netbsd.xen.xen_host_info
"""

EXAMPLES = r"""
- name: Give the guests the network of wm0
  netbsd.xen.bridge:
    name: bridge0
    members: [wm0]

- name: Have a bridge for guests alone
  netbsd.xen.bridge:
    name: bridge1
    members: []

- name: Go to jumbo frames, and back when that cuts the host off
  netbsd.xen.bridge:
    name: bridge0
    members: [wm0]
    mtu: 9000
    rollback: 60

- name: Change what the next boot makes, and nothing now
  netbsd.xen.bridge:
    name: bridge0
    members: [wm1]
    live: false

- name: Remove a bridge
  netbsd.xen.bridge:
    name: bridge1
    state: absent
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be done, in order.
  returned: success
  type: list
  elements: str
  sample: ["write /etc/ifconfig.bridge0", "/sbin/ifconfig bridge0 create", "/sbin/brconfig bridge0 add wm0"]
bridge:
  description: The bridge as it is now.
  returned: success, without O(confirm)
  type: dict
  contains:
    name:
      description: Its name.
      type: str
    exists:
      description: Whether it runs.
      type: bool
    up:
      description: Whether it is up.
      type: bool
    mtu:
      description: Its MTU, null when it does not run.
      type: int
    members:
      description: The interfaces of the host in it.
      type: list
      elements: str
    guests:
      description: The interfaces of guests in it.
      type: list
      elements: str
    stp:
      description: The members that take part in the spanning tree.
      type: list
      elements: str
    file:
      description: The file that makes it at boot, null when there is none.
      type: str
    file_members:
      description: The members that the file gives it.
      type: list
      elements: str
rollback_armed:
  description: Whether the host waited for a confirmation of the change.
  returned: success, without O(confirm)
  type: bool
confirmed:
  description: Whether the change was confirmed.
  returned: when the host waited for that
  type: bool
backup_files:
  description: The copies that were kept.
  returned: success
  type: list
  elements: str
"""

import os
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.bridge import _bridgerollback, _bridgetask
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridgestate import Wanted
from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, run


def work(module: XenModule) -> dict[str, Any]:
    given = module.params
    if given["confirm"]:
        if not module.check_mode:
            _bridgerollback.confirm(given["name"])
        return {"changed": False, "actions": [], "confirmed": True, "backup_files": []}
    members = given["members"]
    wanted = Wanted(
        *(given["name"], given["state"] == "present", None if members is None else tuple(members)),
        *(given["member_policy"] == "exact", given["mtu"], given["stp"], given["up"]),
        *(given["persistent"], given["live"], given["force"]),
    )
    return _bridgetask.make(wanted, module.check_mode, given["backup"], given["rollback"], os.environ)


def main() -> None:
    module = XenModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "members": {"type": "list", "elements": "str", "aliases": ["interfaces"]},
            "member_policy": {"type": "str", "choices": ["exact", "append"], "default": "exact"},
            "mtu": {"type": "int"},
            "stp": {"type": "bool"},
            "up": {"type": "bool", "default": True},
            "persistent": {"type": "bool", "default": True},
            "live": {"type": "bool", "default": True},
            "force": {"type": "bool", "default": False},
            "rollback": {"type": "int", "default": 0},
            "confirm": {"type": "bool", "default": False},
            "backup": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    run(module, lambda: work(module))


if __name__ == "__main__":
    main()
