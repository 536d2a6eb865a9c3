#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_convert_config
short_description: Make a config file of a guest for xl out of one for xm
version_added: 0.3.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Reads the config file of a guest as C(xm), the toolstack of Xen 3.1 to 4.1, has it, and returns it as C(xl), the
    toolstack of Xen 4.2 and later, wants it, with all that a person should know about the difference.
  - A config file of C(xm) is a program in Python. It is read as data and never run. What only running it could tell is
    named with its line.
  - Nothing is written unless O(dest) is given. The source is never changed.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - The file at O(dest). Passwords are masked.
  idempotent:
    support: full
options:
  src:
    description: Path of the config file of C(xm).
    type: path
    required: true
  dest:
    description:
      - Where to write the config file for C(xl). Comments of the source are not taken along.
      - When not set, the result is only returned.
    type: path
  force:
    description: Write O(dest) also when C(xl) has no words for some of the settings, which are then left out.
    type: bool
    default: false
  backup:
    description: Keep a copy of O(dest), with the time in its name, before it is changed.
    type: bool
    default: false
  variables:
    description:
      - Variables that were given on the command line of C(xm), as in C(xm create FILE vmid=3). The file sees them as
        if they were set in its first line.
    type: dict
seealso:
  - module: netbsd.xen.xen_domain
"""

EXAMPLES = r"""
- name: What would become of this guest with xl
  netbsd.xen.xen_convert_config:
    src: /usr/pkg/etc/xen/web
  register: web

- name: Show what is lost, and what means something else
  ansible.builtin.debug:
    msg: "{{ web.findings | rejectattr('level', 'equalto', 'rewritten') }}"

- name: Write it beside the old one
  netbsd.xen.xen_convert_config:
    src: /usr/pkg/etc/xen/web
    dest: /usr/pkg/etc/xen/web.cfg

- name: A file that makes many guests of a number
  netbsd.xen.xen_convert_config:
    src: /usr/pkg/etc/xen/farm
    dest: /usr/pkg/etc/xen/farm3
    variables:
      vmid: 3
"""

RETURN = r"""
config:
  description: The config file for C(xl). Passwords are masked.
  returned: success
  type: str
findings:
  description: What a person should know, in the order of the source.
  returned: success
  type: list
  elements: dict
  contains:
    level:
      description:
        - V(lost) for what C(xl) cannot say, or only running the source could tell. V(differs) for what means something
          else to C(xl). V(rewritten) for what is said in other words and means the same.
      type: str
    key:
      description: The variable of C(xm).
      type: str
    line:
      description: Its line in the source; 0 for what is not in it.
      type: int
    message:
      description: What there is to know.
      type: str
  sample: [{"level": "rewritten", "key": "nics", "line": 4, "message": "Each interface is an item of vif."}]
complete:
  description: Whether nothing is lost.
  returned: success
  type: bool
actions:
  description: What was done, or in check mode would be done.
  returned: success
  type: list
  elements: str
  sample: ["write /usr/pkg/etc/xen/web.cfg"]
backup_file:
  description: The copy that was kept.
  returned: when O(backup) is set and O(dest) was changed
  type: str
error_id:
  description:
    - The kind of error, for programs. Among them C(config_syntax) for a file that is no Python, C(no_config) and
      C(conversion_incomplete).
  returned: failure
  type: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _convert_config
from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, run


def main() -> None:
    module = XenModule(
        argument_spec={
            "src": {"type": "path", "required": True},
            "dest": {"type": "path"},
            "force": {"type": "bool", "default": False},
            "backup": {"type": "bool", "default": False},
            "variables": {"type": "dict"},
        },
        supports_check_mode=True,
    )
    run(module, lambda: _convert_config.run(module.params, module.check_mode))


if __name__ == "__main__":
    main()
