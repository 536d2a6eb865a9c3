# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: xen_mac
short_description: A MAC address for a guest's interface, made from the guest's name
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Makes a MAC address in C(00:16:3e), the part that belongs to the Xen project, from names. The same names give the
    same address each time and on each controller, so that a DHCP server, a list of DNS entries and the guest's config
    can be written from one inventory.
  - It is the rule by which M(netbsd.xen.xen_domain) makes the addresses of vifs that have none. Given the host's short
    name as O(host), the filter tells what that module will write for a new guest.
  - Two of a thousand guests get the same address with a probability of about 3 per cent, as there are 24 bits for them.
    M(netbsd.xen.xen_domain) refuses a MAC that a guest of the same host has already.
positional: _input
options:
  _input:
    description: The guest's name.
    type: str
    required: true
  index:
    description: The number of the interface in the guest, from V(0).
    type: int
    default: 0
  host:
    description:
      - The salt, so that guests of one name on two hosts get different addresses.
      - The short host name of the dom0 (C(hostname -s)) gives the addresses that the modules of this collection give.
        A site's name suits guests that move from host to host.
    type: str
    default: ""
seealso:
  - module: netbsd.xen.xen_domain
"""

EXAMPLES = r"""
- name: What xen_domain will give to the first vif of web on this host
  ansible.builtin.debug:
    msg: "{{ 'web' | netbsd.xen.xen_mac(host=ansible_facts.hostname) }}"

- name: A guest with two interfaces, whose addresses do not depend on where it runs
  netbsd.xen.xen_domain:
    name: router
    vifs:
      - bridge: bridge0
        mac: "{{ 'router' | netbsd.xen.xen_mac(host='example.org') }}"
      - bridge: bridge1
        mac: "{{ 'router' | netbsd.xen.xen_mac(1, host='example.org') }}"
"""

RETURN = r"""
_value:
  description: The address in lower case, such as C(00:16:3e:5f:0a:91).
  type: str
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.netbsd.xen.plugins.module_utils.core import _identity, _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

NAME = "netbsd.xen.xen_mac"


def xen_mac(name: Any, index: int = 0, host: str = "") -> str:
    """The MAC address; see DOCUMENTATION."""
    if not isinstance(name, str) or not isinstance(host, str):
        raise AnsibleFilterError(f"{NAME}: the guest's name and `host` are texts, not {name!r} and {host!r}.")
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise AnsibleFilterError(f"{NAME}: index: {index!r}: the number of an interface, from 0.")
    try:
        return _identity.derive_mac(host, _values.domain_name("name", name), index)
    except BadValue as error:
        raise AnsibleFilterError(f"{NAME}: {error}") from None


class FilterModule:
    """Names of the filters in this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"xen_mac": xen_mac}
