#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: linux_guest
short_description: Change files inside a Linux guest that is off, on its disk
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Mounts the disk of a guest in the dom0 and makes its files as declared, before its first boot or between two.
    Host name, network, keys of root, and any other file.
  - Made for copies of a golden image, by M(netbsd.xen.xen_clone) or from the source of M(netbsd.xen.xen_disk). With
    O(identity), a copy gets keys of its own for sshd, and its machine-id is made anew.
  - A disk that a running guest has, or that the dom0 has mounted, is refused. The disk is always unmounted; what a
    killed task left mounted, the next one unmounts.
  - What a guest has put on its disk cannot lead out of it. Its symbolic links count as the guest sees them, and it is
    mounted with C(nodev,nosuid,noexec).
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
  - netbsd.xen.attributes.actiongroup_xen
  - netbsd.xen.xen
  - netbsd.xen.linux_guest
attributes:
  check_mode:
    support: full
    details:
      - The disk is mounted read-only, and not even its journal is written.
  diff_mode:
    support: full
    details:
      - Of files that only their owner may read, it shows the length.
  idempotent:
    support: full
options:
  disk:
    description: An image file, LVM volume or other disk of the guest.
    type: path
    required: true
  partition:
    description:
      - Number of the partition with the root file system. On a NetBSD dom0 its letter.
      - When not set, the file system begins at the first byte of the disk.
    type: str
  fstype:
    description:
      - Type of the file system, as C(mount) of the dom0 wants it, such as V(ext4), or V(ext2fs) on NetBSD.
      - When not set, a Linux dom0 finds out, and a NetBSD dom0 takes it for V(ffs).
    type: str
  identity:
    description:
      - The name of the guest, or another word that no other guest has. It is kept in the guest in
        C(/etc/netbsd-xen-guest).
      - When another word is there, or none, the guest is a copy. The keys of its sshd are made anew, and its
        C(/etc/machine-id) is emptied, so that it makes one when it boots.
    type: str
  console:
    description: Whether there shall be a login on Xen's console, C(hvc0). systemd does that by itself.
    type: bool
    default: false
notes:
  - The kernel of the dom0 must know the file system. NetBSD's reads ext4 and does not write it; it writes ext2 and
    ext3.
  - The guest must have been shut down well. A file system that was not is repaired by its journal when it is mounted
    to be written.
seealso:
  - module: netbsd.xen.linux_install
  - module: netbsd.xen.xen_clone
  - module: netbsd.xen.xen_disk
"""

EXAMPLES = r"""
- name: Clone a guest
  netbsd.xen.xen_clone:
    source: golden
    name: web2

- name: Make it a guest of its own before it boots
  netbsd.xen.linux_guest:
    disk: /home/xen/web2.img
    partition: 1
    identity: web2
    hostname: web2.example.org
    network:
      address: 10.0.0.6/24
      gateway: 10.0.0.1

- name: Put a file into a guest that is off
  netbsd.xen.linux_guest:
    disk: /dev/vg0/db
    files:
      - path: /etc/motd
        content: "This is db.\n"
      - path: /etc/nologin
        state: absent
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be, in order. The paths are those that the guest knows.
  returned: success
  type: list
  elements: str
  sample: ["write /etc/hostname", "write /etc/hosts", "remove /etc/ssh/ssh_host_rsa_key"]
error_id:
  description:
    - The kind of error, for programs. Among them C(bad_value), C(disk_missing), C(disk_in_use), C(no_such_partition),
      C(cannot_mount), C(cannot_unmount), C(no_network_style), C(vnds_exhausted), C(in_progress).
  returned: failure
  type: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest import _linux_guest
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest._linux_spec import spec


def main() -> None:
    module = XenModule(
        argument_spec={
            "disk": {"type": "path", "required": True},
            "partition": {"type": "str"},
            "fstype": {"type": "str"},
            "identity": {"type": "str"},
            "console": {"type": "bool", "default": False},
            **spec(),
            **common_spec(),
        },
        supports_check_mode=True,
    )
    run(module, lambda: _linux_guest.run(module.params, module.check_mode))


if __name__ == "__main__":
    main()
