#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_domain_info
short_description: Tell everything about the domains (guests) of a Xen host
version_added: 0.1.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Tells of one, several or all domains what their config files say, what the running guests are, and where the two
    differ.
  - The toolstack is asked a fixed number of times, however many domains there are.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.info_module
  - netbsd.xen.attributes.platform
  - netbsd.xen.attributes.actiongroup_xen
  - netbsd.xen.xen
options:
  name:
    description: Names of the domains to tell about; all of them when not set. Domain-0 is never among them.
    type: list
    elements: str
    aliases: [names]
seealso:
  - module: netbsd.xen.xen_domain
"""

EXAMPLES = r"""
- name: Look at all guests
  netbsd.xen.xen_domain_info:
  register: guests

- name: Say which guests are not as their config file says
  ansible.builtin.debug:
    msg: "{{ guests.domains | selectattr('drift') | map(attribute='name') }}"

- name: Look at two guests
  netbsd.xen.xen_domain_info:
    name: [web, db]
"""

RETURN = r"""
domains:
  description: The domains, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name.
      type: str
    state:
      description: C(running), C(paused), C(stopped), C(saved), C(shutdown), C(crashed) or C(dying).
      type: str
    domid:
      description: Domain id, null when it does not run.
      type: int
    memory:
      description: Memory that it has now, in MiB.
      type: int
    vcpus:
      description: Number of vcpus that are on.
      type: int
    cpu_seconds:
      description: CPU time that it has used.
      type: float
    uptime:
      description: Seconds since it was started.
      type: int
    console:
      description: The terminal in dom0 that is its console.
      type: str
    save_file:
      description: Its save file, null when there is none.
      type: str
    config:
      description: Path of its config file, null when there is none.
      type: str
    properties:
      description:
        - What the config file says, by the names of the options of M(netbsd.xen.xen_domain). Passwords are masked.
      type: dict
    extra_config:
      description: The keys of the config file that have no option of their own.
      type: dict
    live:
      description:
        - What the running guest is, by the same names. Each of its C(vifs) also has C(dom0_name), its interface in
          dom0.
      type: dict
    drift:
      description: Where the running guest differs from its config file.
      type: list
      elements: dict
      contains:
        option:
          description: Name of the property.
          type: str
        on_disk:
          description: What the config file says.
          type: raw
        live:
          description: What the running guest has.
          type: raw
        needs:
          description: C(live) when it can be changed in the running guest, C(restart) when not.
          type: str
    problems:
      description: What is wrong with its config file.
      type: list
      elements: str
    autostart:
      description: Whether the host starts it at boot.
      type: bool
missing:
  description: Names that were asked for and are neither running nor configured.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils._inspect import Inspector
from ansible_collections.netbsd.xen.plugins.module_utils._xen_module import XenModule, common_spec, run


def main() -> None:
    module = XenModule(
        argument_spec=dict(name={"type": "list", "elements": "str", "aliases": ["names"]}, **common_spec()),
        supports_check_mode=True,
    )
    arguments = {key: module.params[key] for key in ("config_dir", "toolstack")}
    arguments["names"] = module.params["name"] or []
    run(module, lambda: Inspector(**arguments).run())


if __name__ == "__main__":
    main()
