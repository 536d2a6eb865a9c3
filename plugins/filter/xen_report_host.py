# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: xen_report_host
short_description: Tell one Xen host for the report, out of what the modules say of it
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Puts what is declared of a host's guests, what their config files say and what runs side by side, and sums up memory
    and vcpus.
  - Whatever a host answers, this does not fail; a host whose answer cannot be understood is told as such.
  - Characters that do not show, or that turn the direction of text, are replaced by U+FFFD.
positional: _input
options:
  _input:
    description:
      - What was seen. C(host), C(guests), C(plan) and C(pci) are the results of M(netbsd.xen.xen_host_info),
        M(netbsd.xen.xen_domain_info), M(netbsd.xen.xen_domains) in check mode and M(netbsd.xen.xen_pciback) with
        O(netbsd.xen.xen_pciback#module:devices=[]) and O(netbsd.xen.xen_pciback#module:policy=append) in check mode.
        Each may be missing, or have failed.
      - C(domains) and C(defaults) are what O(netbsd.xen.xen_domains#module:domains) and
        O(netbsd.xen.xen_domains#module:defaults) were; without C(domains), nothing is declared.
    type: dict
    required: true
  name:
    description: The name of the host.
    type: str
    required: true
seealso:
  - plugin: netbsd.xen.xen_report
    plugin_type: filter
  - ref: ansible_collections.netbsd.xen.xen_report_role
    description: The role that does all of it.
"""

EXAMPLES = r"""
- name: Look at the host
  netbsd.xen.xen_host_info:
  register: seen_host

- name: Look at its guests
  netbsd.xen.xen_domain_info:
  register: seen_guests

- name: Say in a word how it is
  ansible.builtin.debug:
    msg: "{{ ({'host': seen_host, 'guests': seen_guests} | netbsd.xen.xen_report_host(inventory_hostname)).status }}"
"""

RETURN = r"""
_value:
  description:
    - The host, with its C(name), C(status) (C(ok), C(warning), C(error), C(no xen), C(failed) or C(unreachable)),
      C(message) (why it was not looked at), C(system), C(boot), C(memory), C(vcpus), C(reboot) (the reasons for one),
      C(guests), C(drift) (how many of them are not as declared, or not declared), C(pci), C(problems) and C(notes).
    - Each guest has its C(state), the C(wanted) one, whether it is C(declared), C(differences) with the C(option), what
      it is C(now), what is C(wanted) and what that C(needs), and a C(verdict).
  type: dict
"""

from typing import Any, Callable, Mapping

from ansible.errors import AnsibleFilterError

from ansible_collections.netbsd.xen.plugins.plugin_utils import _report_host


def xen_report_host(seen: Any, name: str) -> dict[str, Any]:
    """The host; see DOCUMENTATION."""
    if not isinstance(seen, Mapping):
        raise AnsibleFilterError("netbsd.xen.xen_report_host: give a dictionary of results.")
    return _report_host.host(str(name), seen)


class FilterModule:
    """Names of the filters in this file."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"xen_report_host": xen_report_host}
