#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rc_conf
short_description: Set variables in rc.conf of NetBSD
version_added: 0.2.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Sets, changes and removes variables in C(/etc/rc.conf), or in C(/etc/rc.conf.d/NAME) where that one decides.
  - The files are read as C(sh) reads them, without running anything. The last assignment counts; what
    C(/etc/defaults/rc.conf) says counts where nothing else does.
  - Only the value changes. Comments, layout, quotes, other variables and the rest of the line stay as they are.
  - Refuses to write a file that C(sh) could not read, and to guess where an assignment stands in an C(if) that only a
    shell can decide.
extends_documentation_fragment:
  - netbsd.xen.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    description: Operating systems of the hosts that this module can manage.
    support: full
    platforms: posix
    details:
      - Written for NetBSD. With O(path) it edits such a file anywhere.
options:
  variables:
    description:
      - The variables and their values.
      - A boolean becomes C(YES) or C(NO), a list its words with blanks between them, and null takes the variable away,
        so that the default of the system counts again.
      - Numbers with a point must be in quotes.
    type: dict
  name:
    description: Name of one variable.
    type: str
  value:
    description: Value of the variable O(name); of the same kinds as those in O(variables).
    type: raw
  add:
    description: Words that the variable O(name), a list of words, shall have.
    type: list
    elements: str
  remove:
    description: Words that the variable O(name), a list of words, shall not have.
    type: list
    elements: str
  state:
    description: Whether the variable O(name) shall be set at all.
    type: str
    choices: [present, absent]
    default: present
  service:
    description:
      - What the rc.d script that reads the variables calls itself. C(/etc/rc.conf.d) may hold a file of that name,
        which is read after C(/etc/rc.conf).
      - When not set, the file whose name the variable's name begins with, as V(xendomains) for C(xendomains_config).
    type: str
  path:
    description: Edit this file, and look at no other.
    type: path
  backup:
    description: Keep a copy of each file that changes beside it.
    type: bool
    default: false
notes:
  - C(xendomains) is no switch but a list of domains, C(YES) in it is the name of a domain. The module refuses that.
seealso:
  - module: netbsd.xen.xen_services
"""

EXAMPLES = r"""
- name: Switch the daemons of Xen on
  netbsd.xen.rc_conf:
    variables:
      xencommons: true
      xenwatchdog: true
      xendomains_config: /usr/pkg/etc/xen/%s.cfg

- name: Start two guests at boot, besides those that are there
  netbsd.xen.rc_conf:
    name: xendomains
    add: [web, db]

- name: Do not start a guest at boot any more
  netbsd.xen.rc_conf:
    name: xendomains
    remove: [web]

- name: Take a variable away
  netbsd.xen.rc_conf:
    name: xend
    state: absent
    backup: true
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be done.
  returned: success
  type: list
  elements: str
  sample: ["set xencommons=YES in /etc/rc.conf"]
variables:
  description:
    - The values that the variables have then. Null where a variable is not set, or has a value that only a shell knows.
  returned: success
  type: dict
backup_files:
  description: Copies of the files as they were.
  returned: when O(backup) is true and something changed
  type: list
  elements: str
"""

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, run
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf_plan


def wishes(params: dict[str, Any]) -> list[_rcconf_plan.Wish]:
    """What the options ask for."""
    if params["variables"] is not None:
        return [_rcconf_plan.wish(name, value) for name, value in params["variables"].items()]
    name = params["name"]
    if params["state"] == "absent":
        return [_rcconf_plan.wish(name, None)]
    if params["value"] is not None:
        return [_rcconf_plan.wish(name, params["value"])]
    return [_rcconf_plan.list_wish(name, params["add"] or [], params["remove"] or [])]


def work(module: XenModule) -> dict[str, Any]:
    params = module.params
    plan = _rcconf_plan.plan(wishes(params), params["service"] or "", params["path"] or "")
    result = {"changed": plan.changed, "actions": plan.actions, "variables": plan.values, "diff": plan.diff()}
    if plan.changed and not module.check_mode:
        backups = _rcconf_plan.apply(plan, params["backup"])
        if params["backup"]:
            result["backup_files"] = backups
    return result


def main() -> None:
    module = XenModule(
        argument_spec={
            "variables": {"type": "dict"},
            "name": {"type": "str"},
            "value": {"type": "raw"},
            "add": {"type": "list", "elements": "str"},
            "remove": {"type": "list", "elements": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "service": {"type": "str"},
            "path": {"type": "path"},
            "backup": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("variables", "name"), ("value", "add"), ("value", "remove"), ("variables", "value")],
        required_one_of=[("variables", "name")],
        required_by={"value": "name", "add": "name", "remove": "name"},
        supports_check_mode=True,
    )
    params = module.params
    if params["name"] and params["state"] == "present":
        given = [params[key] for key in ("value", "add", "remove")]
        if all(one is None for one in given):
            module.fail_json(msg="name needs one of value, add, remove, or state: absent.", error_id="bad_value")
    run(module, lambda: work(module))


if __name__ == "__main__":
    main()
