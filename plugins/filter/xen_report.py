# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: xen_report
short_description: Put Xen hosts together to the report of a fleet
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Orders the hosts by their names and counts hosts, guests and problems.
positional: _input
options:
  _input:
    description: The hosts, as P(netbsd.xen.xen_report_host#filter) has made them.
    type: list
    elements: dict
    required: true
  names:
    description: The names of all hosts that were to be looked at. Those that are not in the list are told as failed.
    type: list
    elements: str
    default: []
  title:
    description: The title of the report.
    type: str
    default: Xen hosts
  time:
    description: When the hosts were looked at, in words. With the same words, the same hosts make the same report.
    type: str
    default: ""
seealso:
  - plugin: netbsd.xen.xen_report_host
    plugin_type: filter
  - plugin: netbsd.xen.xen_report_html
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the report for programs
  ansible.builtin.copy:
    content: "{{ told_hosts | netbsd.xen.xen_report(title='Xen hosts of the lab') | to_nice_json }}"
    dest: /srv/www/xen.json
    mode: "0600"
"""

RETURN = r"""
_value:
  description:
    - The C(format) (a number, another one when something in it goes away or changes its meaning), the C(title), the
      C(time), the C(hosts), and the C(summary) with its counts, C(hosts), C(unreachable), C(failed), C(guests),
      C(running), C(drift), C(undeclared), C(errors) and C(warnings), and C(memory) of all in MiB, C(total) and C(free).
  type: dict
"""

from typing import Any, Callable, Mapping

from ansible.errors import AnsibleFilterError

from ansible_collections.netbsd.xen.plugins.plugin_utils import _report_fleet


def xen_report(hosts: Any, names: Any = (), title: str = "Xen hosts", time: str = "") -> dict[str, Any]:
    """The fleet; see DOCUMENTATION."""
    if isinstance(hosts, (str, Mapping)) or not all(isinstance(each, Mapping) and "status" in each for each in hosts):
        raise AnsibleFilterError("netbsd.xen.xen_report: give a list of what netbsd.xen.xen_report_host made.")
    return _report_fleet.fleet(list(hosts), [str(name) for name in names], str(title), str(time))


class FilterModule:
    """Names of the filters in this file."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"xen_report": xen_report}
