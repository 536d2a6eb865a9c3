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
  as_vars:
    description:
      - Also return RV(vars), the list of domains that reproduces this host when it is given to
        M(netbsd.xen.xen_domain), one by one, or to M(netbsd.xen.xen_domains).
      - Given back to this host it plans nothing, so that a host which was kept by hand can be adopted without a change.
      - What the options cannot say is left out, and named in RV(problems). Since what a task does not say is left
        alone, nothing is lost. Passwords are left out, too, and named in RV(secrets).
      - A guest without a config file is taken from what Xen tells of it. Given back, it gets the file that it lacks.
    type: bool
    default: false
    version_added: 0.3.0
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

- name: Read a host that was kept by hand
  netbsd.xen.xen_domain_info:
    as_vars: true
  register: guests

- name: Adopt it, as variables of the host
  ansible.builtin.copy:
    content: "{{ guests.vars | to_nice_yaml(sort_keys=false) }}"
    dest: "{{ inventory_dir }}/host_vars/{{ inventory_hostname }}/xen_domains.yml"
    mode: "0600"
  delegate_to: localhost

- name: Say what is not in it
  ansible.builtin.debug:
    msg: "{{ guests.problems + guests.secrets }}"
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
    crashes:
      description:
        - How often it has crashed since it was last created, restarts of its own not counted; null when xl has kept no
          log of it.
      type: int
    last_shutdown:
      description:
        - Why it ended the last time that it did so by itself, such as C(poweroff), C(reboot), C(crash) or C(watchdog);
          null when it never did, or xl has kept no log of it.
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
    autostart_order:
      description: The number that it was given among those; null when it has none.
      type: int
      version_added: 0.3.0
missing:
  description: Names that were asked for and are neither running nor configured.
  returned: success
  type: list
  elements: str
autostart:
  description: What the host starts at boot.
  returned: success
  type: dict
  version_added: 0.3.0
  contains:
    mechanism:
      description: C(rc.conf) for the list C(xendomains) of NetBSD, C(links) for a folder of links.
      type: str
    where:
      description: The file with the list, or the folder.
      type: str
    config_format:
      description: Where the config files of the list are, with C(%s) for the word; null for links.
      type: str
    pause:
      description: Seconds between two guests, where the host has one pause for all; else null.
      type: float
    entries:
      description: The entries, in the order in which they are started.
      type: list
      elements: dict
      contains:
        entry:
          description: The word of the list, or the name of the link without its number.
          type: str
        name:
          description: The domain, null when no config file of it was found.
          type: str
        config:
          description: The config file that is used.
          type: str
        exists:
          description: Whether that file exists. C(xendomains) passes over one that does not.
          type: bool
        order:
          description: The number that it was given, or null.
          type: int
        delay:
          description: Seconds that a hook of this collection waits before the start, or null.
          type: int
        source:
          description: The link, or the file with the list.
          type: str
    missing:
      description: Entries without a config file, which start nothing.
      type: list
      elements: str
    twice:
      description: Entries that are there more than once.
      type: list
      elements: str
    unlisted:
      description: Guests that run, and would not after the host was booted.
      type: list
      elements: str
    problems:
      description: What keeps the host from starting its guests.
      type: list
      elements: str
  sample:
    mechanism: rc.conf
    where: /etc/rc.conf
    config_format: /usr/pkg/etc/xen/%s
    pause: null
    entries:
      - entry: web
        name: web
        config: /usr/pkg/etc/xen/web
        exists: true
        order: 10
        delay: null
        source: /etc/rc.conf
    missing: []
    twice: []
    unlisted: [db]
    problems: []
vars:
  description:
    - The variable C(xen_domains), a list of what M(netbsd.xen.xen_domain) takes, in the order of their start at boot.
    - Values that are defaults are left out. A vif without a MAC has C(mac=random).
    - A guest that differs from its file has C(apply=next_boot), so that nothing is changed in it before you decide.
  returned: when O(as_vars=true)
  type: dict
  version_added: 0.3.0
  sample:
    xen_domains:
      - name: web
        state: running
        type: pvh
        kernel: /netbsd-GENERIC
        memory: 512
        disks:
          - vdev: "0x1"
            target: /srv/xen/web.img
        vifs:
          - mac: "00:16:3e:00:00:0a"
            bridge: bridge0
        autostart: true
        autostart_order: 10
problems:
  description: What is not in RV(vars), and why.
  returned: when O(as_vars=true)
  type: list
  elements: dict
  version_added: 0.3.0
  contains:
    name:
      description: The domain, or the file when its domain cannot be told.
      type: str
    path:
      description: The config file, null when there is none.
      type: str
    line:
      description: The line of it, or null.
      type: int
    option:
      description: The option or key, null for the whole file.
      type: str
    reason:
      description: Why it was left out.
      type: str
secrets:
  description:
    - Options that hold a password, and so are not in RV(vars). The host keeps them as long as no task sets them.
  returned: when O(as_vars=true)
  type: list
  elements: dict
  version_added: 0.3.0
  contains:
    name:
      description: The domain.
      type: str
    path:
      description: The config file.
      type: str
    option:
      description: The option or key.
      type: str
    suggestion:
      description: A reference to a variable of a vault that could take its place.
      type: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run
from ansible_collections.netbsd.xen.plugins.module_utils.info._inspect import Inspector


def main() -> None:
    module = XenModule(
        argument_spec=dict(
            name={"type": "list", "elements": "str", "aliases": ["names"]},
            as_vars={"type": "bool", "default": False},
            **common_spec(),
        ),
        supports_check_mode=True,
    )
    arguments = {key: module.params[key] for key in ("config_dir", "toolstack", "as_vars")}
    arguments["names"] = module.params["name"] or []
    run(module, lambda: Inspector(**arguments).run())


if __name__ == "__main__":
    main()
