# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options that linux_guest and linux_install have in common."""

    DOCUMENTATION = r"""
options:
  hostname:
    description:
      - The name of the guest. Its first part goes into C(/etc/hostname), and the whole into C(/etc/hosts) as
        127.0.1.1.
    type: str
  network:
    description:
      - The first network interface of the guest, in the files of its distribution.
      - When not set, the network of the guest is left alone.
    type: dict
    suboptions:
      interface:
        description:
          - Its name in the guest. With systemd 253 or later it may be V(enX0), unless C(net.ifnames=0) is on the
            kernel's command line.
        type: str
        default: eth0
      dhcp:
        description: Whether the guest asks a DHCP server. Else O(network.address) is needed.
        type: bool
        default: false
      address:
        description: The address, such as V(10.0.0.5/24), or with O(network.netmask) alone, V(10.0.0.5).
        type: str
      netmask:
        description: The netmask, such as V(255.255.255.0), if O(network.address) does not have it.
        type: str
      gateway:
        description: The default router.
        type: str
      nameservers:
        description: Addresses of name servers.
        type: list
        elements: str
      search:
        description: Domain in which short names are looked up.
        type: str
      style:
        description:
          - What configures the network of the guest. V(ifupdown) is C(/etc/network/interfaces), V(networkd) is
            systemd-networkd. With V(busybox), C(/etc/inittab) also calls busybox's C(ifup).
          - V(auto) finds out which of them the guest has.
        type: str
        choices: [auto, ifupdown, networkd, busybox]
        default: auto
  authorized_keys:
    description:
      - Public keys that may log in as root, a line each. Keys that are there stay.
    type: list
    elements: str
  files:
    description:
      - More files of the guest, written after all others.
      - Symbolic links in their paths mean what they mean in the guest; none leads out of it.
    type: list
    elements: dict
    suboptions:
      path:
        description: The whole path in the guest. Folders that are missing are made.
        type: str
        required: true
      content:
        description: What the file shall hold.
        type: str
      link:
        description: Where a symbolic link shall lead, instead of O(files[].content).
        type: str
      mode:
        description: Permissions in octal digits and quotes. A new file gets V(0644).
        type: raw
      state:
        description: Whether it shall be there. With V(absent), a folder goes with all that is in it.
        type: str
        choices: [present, absent]
        default: present
"""
