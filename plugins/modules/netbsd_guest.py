#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: netbsd_guest
short_description: Set up the inside of a NetBSD guest
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Writes what the inside of a NetBSD guest needs to be a good guest. In C(ttys(5\)), a login on the console and on no
    other terminal; in C(wscons.conf(5\)), no screens; in C(rc.conf(5\)), C(powerd=YES) and what else O(rc_conf) says.
  - Works in the guest itself, over SSH; on its disk in the dom0 while it does not run (O(disk)); and on a file system
    that is mounted already (O(root)).
  - In the guest itself, C(init(8\)) is told of a new C(ttys(5\)), and C(powerd(8\)) is started.
  - Comments, order and all else in the files stay as they are.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
  - netbsd.xen.attributes.actiongroup_xen
  - netbsd.xen.xen
  - netbsd.xen.netbsd_guest
attributes:
  check_mode:
    support: full
    details:
      - With O(disk), the disk is mounted read-only for the look.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  disk:
    description:
      - The disk of the guest on a NetBSD dom0, an image file, an LVM volume or a partition. It is mounted while it is
        worked on. Of an image, partition V(a) is the root file system; a volume or partition is it as a whole.
      - The guest must not run.
    type: path
  root:
    description: The root of the guest's file system on the host that the module runs on.
    type: path
    default: /
  rc_conf:
    description:
      - Variables of the guest's C(rc.conf(5\)), as O(netbsd.xen.rc_conf#module:variables) takes them.
      - Without C(powerd=YES) a guest does not follow C(xl shutdown).
    type: dict
    default: {powerd: true}
seealso:
  - module: netbsd.xen.netbsd_install
  - module: netbsd.xen.rc_conf
"""

EXAMPLES = r"""
- name: In the guest itself
  netbsd.xen.netbsd_guest:

- name: On the disk of a guest that does not run
  netbsd.xen.netbsd_guest:
    disk: /home/xen/web.img
    hostname: web
    network:
      address: 10.0.0.5
      netmask: 255.255.255.0
      gateway: 10.0.0.1
      nameservers: [10.0.0.1]
    rc_conf:
      powerd: true
      sshd: true

- name: An HVM guest with a screen keeps its first terminal
  netbsd.xen.netbsd_guest:
    ttys: [console, ttyE0]
    screens: true
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be, in order. The paths are those that the guest knows.
  returned: success
  type: list
  elements: str
  sample: ["edit /etc/ttys", "edit /etc/wscons.conf", "edit /etc/rc.conf", "/bin/kill -HUP 1"]
error_id:
  description:
    - The kind of error, for programs. Among them C(bad_value), C(no_netbsd), C(disk_missing), C(disk_in_use),
      C(mount_failed), C(no_vnd).
  returned: failure
  type: str
"""

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _guest_task
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest._guest_spec import spec


def arguments() -> dict[str, Any]:
    found = spec()
    found["rc_conf"]["default"] = {"powerd": True}
    return {"disk": {"type": "path"}, "root": {"type": "path", "default": "/"}, **found, **common_spec()}


def main() -> None:
    module = XenModule(argument_spec=arguments(), supports_check_mode=True)
    if module.params["disk"] and module.params["root"] != "/":
        module.fail_json(msg="disk and root say the same thing in two ways. Give one.", error_id="bad_value")
    run(module, lambda: _guest_task.run(module.params, module.check_mode))


if __name__ == "__main__":
    main()
