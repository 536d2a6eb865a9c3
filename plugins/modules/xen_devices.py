#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_devices
short_description: Make the device nodes and the kernfs that a Xen dom0 needs
version_added: 0.2.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Makes C(/dev/xenevt), C(/dev/xsd_kva) and C(/dev/xencons), and the nodes of as many vnd devices as there are file
    images attached to guests at one time, all in one run of C(MAKEDEV).
  - Puts kernfs into C(/etc/fstab) and mounts it on C(/kern), where the toolstack finds C(/kern/xen/privcmd).
  - Looks at the numbers of each node, not only at its name, and looks again when it has made them.
  - Works before Xen is installed. On a bare host the nodes mean nothing; C(MAKEDEV all) makes some of them anyway.
extends_documentation_fragment:
  - netbsd.xen.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    description: Operating systems of the hosts that this module can manage.
    support: full
    platforms: posix
    details:
      - NetBSD only.
options:
  nodes:
    description: Whether to make the nodes of Xen itself.
    type: bool
    default: true
  vnd:
    description:
      - How many vnd devices shall have nodes, C(vnd0) to one less than this. Nodes beyond that number stay.
      - Each disk of a running guest that is a file takes one. NetBSD itself makes four.
    type: int
    default: 4
  kernfs:
    description:
      - Whether to have kernfs in C(/etc/fstab) and mounted. An entry for C(/kern) that is there already is kept, and
        only a V(noauto) in it is taken away.
    type: bool
    default: true
  recreate:
    description: Make a node that has wrong numbers anew. The module fails otherwise, and changes nothing.
    type: bool
    default: false
  backup:
    description: Keep a copy of C(/etc/fstab) in C(/var/backups) before it is changed.
    type: bool
    default: false
seealso:
  - module: netbsd.xen.xen_host_info
"""

EXAMPLES = r"""
- name: Have what a dom0 needs, and room for twelve disks that are files
  netbsd.xen.xen_devices:
    vnd: 12

- name: Mount kernfs only
  netbsd.xen.xen_devices:
    nodes: false
    vnd: 0
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be done, in order.
  returned: success
  type: list
  elements: str
  sample: ["cd /dev && sh MAKEDEV xen vnd4 vnd5", "edit /etc/fstab", "/sbin/mount /kern"]
vnd_units:
  description: The vnd devices that have nodes now.
  returned: success
  type: list
  elements: int
kernfs_mounted:
  description: Whether kernfs is mounted on C(/kern) now.
  returned: success
  type: bool
backup_files:
  description: The copies that were kept.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, run
from ansible_collections.netbsd.xen.plugins.module_utils.host import _devnodes_plan


def main() -> None:
    module = XenModule(
        argument_spec={
            "nodes": {"type": "bool", "default": True},
            "vnd": {"type": "int", "default": 4},
            "kernfs": {"type": "bool", "default": True},
            "recreate": {"type": "bool", "default": False},
            "backup": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    given = module.params
    wanted = _devnodes_plan.Wanted(given["nodes"], given["vnd"], given["kernfs"], given["recreate"])
    run(module, lambda: _devnodes_plan.make(wanted, module.check_mode, given["backup"]))


if __name__ == "__main__":
    main()
