#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_host_info
short_description: Tell everything about a Xen host, or a host that shall become one
version_added: 0.2.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Tells what a NetBSD host is, what runs on it, and which Xen its packages are.
  - Works before there is any Xen, as root or not. What cannot be seen is null, and a warning says why.
  - The toolstack is asked only when its daemons answer, since C(xl) hangs without them.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.info_module
attributes:
  platform:
    description: Operating systems of the hosts that this module can manage.
    support: full
    platforms: posix
    details:
      - Written for NetBSD. On a Linux dom0 it tells what there is to tell.
options:
  version:
    description:
      - The version of Xen that the host has or shall have, such as V(4.20). Quote it, since YAML takes 4.20 for 4.2.
      - When empty, the version whose packages are installed, if any.
      - The module fails when there is no such version, or when its packages are not for this NetBSD or machine.
    type: str
    default: ""
  gather_subset:
    description:
      - What to tell besides RV(host), RV(running) and RV(xen). The less, the quicker.
      - V(packages) tells RV(packages).
    type: list
    elements: str
    choices: [all, host, packages]
    default: [all]
seealso:
  - module: netbsd.xen.xen_domain_info
"""

EXAMPLES = r"""
- name: Look at the whole host
  netbsd.xen.xen_host_info:
  register: xen_host

- name: See whether this host can have Xen 4.20, and where its files go
  netbsd.xen.xen_host_info:
    version: "4.20"
    gather_subset: [host]
  register: xen_host
"""

RETURN = r"""
host:
  description: What the machine is.
  returned: success
  type: dict
  contains:
    system:
      description: Operating system, such as C(NetBSD).
      type: str
    release:
      description: Its release, such as C(10.1).
      type: str
    machine:
      description: Its port, such as C(amd64).
      type: str
    hostname:
      description: Name of the host.
      type: str
    firmware:
      description: C(bios) or C(uefi), as the running kernel says; null when it does not say.
      type: str
running:
  description: What runs now.
  returned: success
  type: dict
  contains:
    hypervisor:
      description: C(xen), another hypervisor as the kernel calls it, or null when there is none.
      type: str
    dom0:
      description: Whether this is really the dom0, the privileged domain of a Xen host.
      type: bool
    xen_version:
      description: Version of the running hypervisor, such as C(4.20.1).
      type: str
    kernel:
      description: Configuration of the running kernel, such as C(GENERIC) or C(XEN3_DOM0).
      type: str
    commandline:
      description: Command line of the running hypervisor; null when the toolstack was not asked.
      type: str
    domains:
      description: Names of the guests that run; null when the toolstack was not asked.
      type: list
      elements: str
xen:
  description: All that depends on the version of Xen. Null when no version is asked for or installed.
  returned: success
  type: dict
  contains:
    version:
      description: The version.
      type: str
    kernel_package:
      description: Package with the hypervisor.
      type: str
    tools_package:
      description: Package with the toolstack.
      type: str
    hvm_package:
      description: Package with the device model, where it is one of its own.
      type: str
    kernel_dir:
      description: Folder into which the package puts the hypervisor.
      type: str
    hypervisor_source:
      description: The hypervisor as the package installs it.
      type: str
    hypervisor_debug_source:
      description: The hypervisor with debugging, as the package installs it.
      type: str
    hypervisor:
      description: Where the roles copy the hypervisor to, so that the boot loader finds it.
      type: str
    hypervisor_debug:
      description: Where the roles copy the hypervisor with debugging to.
      type: str
    dom0_kernel:
      description: Name of the dom0 kernel in a NetBSD release for this machine.
      type: str
    toolstack:
      description: C(xl) or C(xm).
      type: str
    services:
      description: Its rc.d scripts, with the variable of rc.conf and the process of each.
      type: list
      elements: dict
    rc_scripts:
      description: Names of its rc.d scripts.
      type: list
      elements: str
    multiboot2:
      description: Whether a UEFI loader can start this hypervisor.
      type: bool
    retired:
      description: Whether pkgsrc has removed it, or said that it will.
      type: bool
packages:
  description: Versions of the installed packages that have to do with Xen, by their names.
  returned: when O(gather_subset) has V(packages) or V(all)
  type: dict
"""

from ansible_collections.netbsd.xen.plugins.module_utils._hostinfo import SUBSETS, HostInspector
from ansible_collections.netbsd.xen.plugins.module_utils._xen_module import XenModule, run


def main() -> None:
    module = XenModule(
        argument_spec={
            "version": {"type": "str", "default": ""},
            "gather_subset": {
                "type": "list",
                "elements": "str",
                "choices": ["all", *SUBSETS],
                "default": ["all"],
            },
        },
        supports_check_mode=True,
    )
    run(module, lambda: HostInspector(module.params["version"], module.params["gather_subset"]).run())


if __name__ == "__main__":
    main()
