#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: netbsd_install
short_description: Install NetBSD on the disk of a guest
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Installs NetBSD on the disk of a guest, from the sets of a release, while nobody sits at the console. It writes a
    disklabel, makes an FFSv2 file system, unpacks the sets, makes the device nodes, writes C(fstab(5\)) and the files
    of M(netbsd.xen.netbsd_guest), and puts the kernel in as C(/netbsd), and into the dom0 for C(xl).
  - Runs on a NetBSD dom0. The disk must exist; M(netbsd.xen.xen_disk) makes image files and volumes.
  - What has been installed is not touched again. That is known by a stamp in C(/var/db/netbsd-xen), which holds for a
    disk while it has the disklabel that was written with it. An installation that was interrupted is started over.
  - A disk that is not blank is never overwritten, unless O(force) has its path.
  - All files are fetched and checked, and the kernel is looked into, before the disk is touched.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
  - netbsd.xen.attributes.actiongroup_xen
  - netbsd.xen.xen
  - netbsd.xen.netbsd_guest
  - netbsd.xen.netbsd_release
attributes:
  check_mode:
    support: full
    details:
      - Nothing is fetched. That a set is missing, or damaged, is known only when it is.
      - A disk that is not there yet counts as blank.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description: Name of the guest.
    type: str
    required: true
  disk:
    description:
      - The disk, an image file, an LVM volume or a partition.
      - Partition V(a) of its disklabel is the root, V(b) swap. The root begins at the first sector, so that a volume or
        partition can be mounted in the dom0 as it is.
    type: path
    required: true
  type:
    description:
      - What the guest is to Xen. V(pv) takes the kernel C(XEN3_DOMU), on i386 C(XEN3PAE_DOMU). V(pvh) takes C(GENERIC),
        of NetBSD 10 and later.
      - An HVM guest boots by itself, which needs boot blocks. Install it by its installer, for which there is
        M(netbsd.xen.xen_install).
    type: str
    choices: [pv, pvh]
    default: pv
  sets:
    description: The sets, in the order in which they are unpacked.
    type: list
    elements: str
    default: [base, etc, modules]
  kernel_config:
    description: Configuration of the kernel, for another than O(type) means.
    type: str
  kernel:
    description:
      - Where the kernel goes in the dom0, for O(netbsd.xen.xen_domain#module:kernel). A file that is there is good
        as it is. When not set, none is put there.
    type: path
  swap:
    description: Size of the swap partition, with a unit; V(0) for none.
    type: str
    default: "0"
  force:
    description:
      - The very path of O(disk). Only then is a disk overwritten that is not blank.
      - It does not make anew what has been installed by this module. To do that, remove the stamp (RV(stamp)), too.
    type: path
  rc_conf:
    description:
      - Variables of the guest's C(rc.conf(5\)), as O(netbsd.xen.rc_conf#module:variables) takes them.
      - Without C(powerd=YES) a guest does not follow C(xl shutdown).
    type: dict
    default: {powerd: true, sshd: true}
notes:
  - As after sysinst without a password, root of the guest has none, and may log in at the console. By SSH, root comes
    in with O(authorized_keys) only.
  - Unpacked sets are not upgraded. To bring another release onto the disk is a matter of C(sysupgrade) or the like in
    the guest.
seealso:
  - module: netbsd.xen.netbsd_guest
  - module: netbsd.xen.xen_disk
  - module: netbsd.xen.xen_domain
"""

EXAMPLES = r"""
- name: The disk
  netbsd.xen.xen_disk:
    path: /home/xen/web.img
    size: 8G

- name: NetBSD on it
  netbsd.xen.netbsd_install:
    name: web
    disk: /home/xen/web.img
    release: "10.1"
    swap: 512M
    kernel: /netbsd-XEN3_DOMU-10.1.gz
    hostname: web
    network: {dhcp: true}
    authorized_keys: ["{{ lookup('ansible.builtin.file', '~/.ssh/id_ed25519.pub') }}"]

- name: The guest
  netbsd.xen.xen_domain:
    name: web
    state: running
    type: pv
    kernel: /netbsd-XEN3_DOMU-10.1.gz
    root: xbd0
    memory: 512
    disks: [{target: /home/xen/web.img, vdev: "0x0"}]
    vifs: [{bridge: bridge0}]
"""

RETURN = r"""
actions:
  description: The steps of the plan, in order; what was done, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["label /home/xen/web.img", "newfs -O 2 on /home/xen/web.img", "unpack base etc modules"]
kernel:
  description: Where the kernel is in the dom0, null for nowhere.
  returned: success
  type: str
kernel_config:
  description: The configuration of the kernel.
  returned: success
  type: str
  sample: XEN3_DOMU
stamp:
  description: The file that says what has been installed.
  returned: success
  type: str
  sample: /var/db/netbsd-xen/web.install.json
actions_done:
  description: The steps that had been done when one failed.
  returned: failure of a step
  type: list
  elements: str
error_id:
  description:
    - The kind of error, for programs. Among them C(bad_value), C(disk_missing), C(disk_not_blank), C(disk_in_use),
      C(no_space), C(no_such_set), C(no_such_kernel), C(bad_checksums), C(source_missing), C(source_unreachable),
      C(wrong_checksum), C(wrong_architecture), C(wrong_kernel), C(in_progress), C(vnds_exhausted), C(not_netbsd).
  returned: failure
  type: str
"""

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _install_task, _release_files
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest._guest_spec import spec


def arguments() -> dict[str, Any]:
    found = spec()
    found["rc_conf"]["default"] = {"powerd": True, "sshd": True}
    return {
        "name": {"type": "str", "required": True},
        "disk": {"type": "path", "required": True},
        "type": {"type": "str", "choices": ["pv", "pvh"], "default": "pv"},
        "sets": {"type": "list", "elements": "str", "default": ["base", "etc", "modules"]},
        "kernel_config": {"type": "str"},
        "kernel": {"type": "path"},
        "swap": {"type": "str", "default": "0"},
        "force": {"type": "path"},
        **_release_files.spec(),
        **found,
        **common_spec(),
    }


def main() -> None:
    module = XenModule(argument_spec=arguments(), supports_check_mode=True)
    run(module, lambda: _install_task.run(module.params, module.check_mode))


if __name__ == "__main__":
    main()
