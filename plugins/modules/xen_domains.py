#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_domains
short_description: Keep all Xen domains (guests) of a host as declared
version_added: 0.3.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Does for a list of domains what M(netbsd.xen.xen_domain) does for one, in one task, with one look at the host. A
    hundred domains that are as declared cost about what one costs.
  - First all of them are read and planned, and it is looked whether the host has what they need together, such as
    memory. Then they are brought to what is declared. What is stopped goes first, so that its memory and disks are
    free; a domain is started after those that it depends on, and stopped before them.
  - A domain that cannot be as declared does not keep the others from it, except those that depend on it. The task then
    fails at its end, with all the reasons.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
  - netbsd.xen.attributes.actiongroup_xen
  - netbsd.xen.xen
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - The config files and the states. Passwords are masked.
  idempotent:
    support: partial
    details:
      - V(restarted) as the C(state) of a domain restarts it each time.
options:
  domains:
    description:
      - The domains. Each is a dictionary with a C(name) and any other option of M(netbsd.xen.xen_domain), and with the
        options below. All that is wrong with the list is told at once, before anything is looked at.
      - C(depends_on) is a list of names, of domains of this list. The domain is started after they have been, and
        stopped before they are; it is left as it is when one of them fails. A domain that gives C(wait_for_console) has
        been started when its console says so.
      - C(order) is a number, 0 when not given. Domains with a lower one are started before, and stopped after, those
        with a higher one, whether or not these fail. C(depends_on) counts more.
      - C(delay) is a number of seconds that the next start waits after this domain has been started.
    type: list
    elements: dict
    required: true
  defaults:
    description:
      - Options of all domains of the list that do not give them themselves. A value is taken as a whole; lists and
        dictionaries are not merged.
    type: dict
    default: {}
  only:
    description:
      - Names of the domains to look at; the others are left as they are. Names that are not in O(domains) are passed
        over. All when not set.
    type: list
    elements: str
  parallel:
    description: How many domains are worked on, and waited for, at the same time.
    type: int
    default: 10
  parallel_starts:
    description: How many of these are started at the same time. A dom0 is busiest while it makes a domain.
    type: int
    default: 1
  prune:
    description:
      - What becomes of domains that are there, running or with a config file in O(config_dir), and are not in
        O(domains). The dom0 is never one of them.
      - V(none) does not look for them, and V(report) returns their names in RV(undeclared), as the others do.
      - V(stop) shuts them down. What they are on disk stays.
      - V(remove) shuts them down and removes their config files, autostart entries and save files. Their disks stay.
      - V(stop) and V(remove) wait, and use force, as O(defaults) says, and refuse an empty list of O(domains).
    type: str
    choices: [none, report, stop, remove]
    default: none
  prune_except:
    description: Names, or patterns as of a shell, of domains that O(prune) leaves alone.
    type: list
    elements: str
    default: []
notes:
  - xl works for root only, so connect as root or use C(become).
  - Another task that changes domains of the same host is waited for, a minute or the longest C(timeout) of the list.
seealso:
  - module: netbsd.xen.xen_domain
  - module: netbsd.xen.xen_domain_info
  - module: netbsd.xen.xen_devices
"""

EXAMPLES = r"""
- name: Keep the guests of this host
  netbsd.xen.xen_domains:
    defaults:
      state: running
      type: pv
      kernel: /netbsd-XEN3_DOMU.gz
      memory: 256
      vifs:
        - bridge: bridge0
    domains:
      - name: db
        memory: 1024
        disks:
          - target: /srv/xen/db.img
            vdev: "0x0"
        # those that depend on it are started when it can be used
        wait_for_console: "^login:"
      - name: web
        depends_on: [db]
        disks:
          - target: /srv/xen/web.img
            vdev: "0x0"
      - name: old
        state: absent

- name: Which guests are there that nobody has declared?
  netbsd.xen.xen_domains:
    domains:
      - name: db
      - name: web
    prune: report

- name: Stop all guests for maintenance, web before db, and pull the plug after five minutes
  netbsd.xen.xen_domains:
    defaults:
      state: stopped
      timeout: 300
      force: true
    domains:
      - name: db
      - name: web
        depends_on: [db]
    prune: stop
    prune_except:
      - router*
"""

RETURN = r"""
actions:
  description:
    - The steps of all domains, in the order in which the domains are begun; the commands that were run, or in check
      mode would be.
  returned: always
  type: list
  elements: str
  sample: ["write /usr/pkg/etc/xen/db", "xl create /usr/pkg/etc/xen/db", "xl create /usr/pkg/etc/xen/web"]
domains:
  description: What became of each domain, in the order of O(domains); then those that were pruned.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    declared:
      description: It is in O(domains). If not, it was pruned.
      type: bool
    changed:
      description: Something was changed; in check mode, would be.
      type: bool
    actions:
      description: The steps that were done; in check mode, would be.
      type: list
      elements: str
    differences:
      description: What was not as declared; as of M(netbsd.xen.xen_domain).
      type: list
      elements: dict
    restart_required:
      description: The running guest still lacks something that only a restart brings.
      type: bool
    state:
      description:
        - Its state after the task, as of M(netbsd.xen.xen_domain). For one that failed, null when it does not run.
      type: str
    failed:
      description: It is not as declared.
      type: bool
    skipped:
      description: It failed because of another one; nothing was tried.
      type: bool
    msg:
      description: Why it failed.
      type: str
      returned: when it failed
    error_id:
      description:
        - The kind of error; as of M(netbsd.xen.xen_domain), C(dependency_failed), or C(did_not_stay) for a guest that
          was gone again before the last one had been started.
      type: str
      returned: when it failed
  sample:
    - {"name": "db", "declared": true, "changed": false, "actions": [], "differences": [], "restart_required": false,
       "state": "running", "failed": false, "skipped": false}
undeclared:
  description: Names of the domains that are there and not declared.
  returned: when O(prune) is not V(none)
  type: list
  elements: str
error_id:
  description:
    - The kind of error. C(domains_failed) when some domains failed; RV(domains) has the reasons. Any other means that
      nothing was changed. Among them C(bad_value), C(dependency_cycle), C(insufficient_memory), C(vnds_exhausted),
      C(disk_in_use), C(duplicate_mac), C(duplicate_uuid), C(no_xen), C(daemons_down), C(not_root), C(locked).
  returned: failure
  type: str
problems:
  description: All that is wrong with the options of the task.
  returned: failure with C(bad_value)
  type: list
  elements: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run
from ansible_collections.netbsd.xen.plugins.module_utils.domains import _domains
from ansible_collections.netbsd.xen.plugins.module_utils.domains._domains_spec import options_spec


def main() -> None:
    module = XenModule(argument_spec=dict(**options_spec(), **common_spec()), supports_check_mode=True)
    run(module, lambda: _domains.run(module.params, module.check_mode))


if __name__ == "__main__":
    main()
