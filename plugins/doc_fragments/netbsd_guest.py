# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that write the files inside a NetBSD guest: netbsd_guest and netbsd_install."""

    DOCUMENTATION = r"""
options:
  hostname:
    description: Name of the guest, C(hostname) of C(rc.conf(5\)). When not set, it is left alone.
    type: str
  network:
    description: The network of the guest. When not set, it is left alone.
    type: dict
    suboptions:
      interface:
        description: The interface, which in a PV or PVH guest is C(xennetN) for its vif N.
        type: str
        default: xennet0
      dhcp:
        description: Take the address by DHCP.
        type: bool
        default: false
      address:
        description: A fixed IPv4 address. Needs O(network.netmask).
        type: str
      netmask:
        description: Its netmask, such as V(255.255.255.0).
        type: str
      gateway:
        description: The default route.
        type: str
      nameservers:
        description: Name servers of C(resolv.conf(5\)), all of them.
        type: list
        elements: str
      search:
        description: Domain in which C(resolv.conf(5\)) has short names looked up. Written with O(network.nameservers).
        type: str
  authorized_keys:
    description:
      - Public keys with which root may log in by SSH. Keys that are there already stay.
      - NetBSD's C(sshd_config(5\)) lets no root in. With this option, it gets C(PermitRootLogin without-password).
    type: list
    elements: str
  ttys:
    description:
      - The terminals with a login; all others in C(ttys(5\)) are switched off. An empty list leaves no login at all.
      - A PV or PVH guest has only its console. For an HVM guest with a screen, name V(ttyE0), too.
    type: list
    elements: str
    default: [console]
  screens:
    description:
      - Whether C(wscons.conf(5\)) may go on making screens. They are commented out otherwise, since a PV or PVH guest
        has none.
    type: bool
    default: false
"""
