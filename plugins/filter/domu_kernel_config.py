# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: domu_kernel_config
short_description: Write the configuration file of a NetBSD kernel for guests with PCI devices
version_added: 0.3.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - A guest needs the PCI front end of Xen and drivers for the devices that it is given. NetBSD's kernel for guests,
    C(XEN3_DOMU), has them in no release.
  - Makes the text of a kernel configuration file, in the syntax of config(5), that includes C(XEN3_DOMU) and adds the
    front end, the drivers that are asked for, and the buses between them. C(umass) brings C(scsibus), for example, and
    a network card its PHYs.
  - The commands that build the kernel are in the first lines of the text.
positional: _input
options:
  _input:
    description:
      - The drivers by their names in NetBSD, such as V(wm), V(ahc), V(uhci) or V(umass). A driver that is not known can
        be given as the whole statement of config(5), such as V(aq* at pci? dev ? function ?).
      - What has nothing to attach to is an error. V(sd) for example needs a SCSI controller or V(umass).
    type: list
    elements: str
    required: true
  name:
    description: The name of the file, for its comments. When empty, V(XEN3_DOMU_PCI), on i386 V(XEN3PAE_DOMU_PCI).
    type: str
    default: ""
  machine:
    description: The port of NetBSD.
    type: str
    choices: [amd64, i386]
    default: amd64
  base:
    description: The configuration to include. When empty, that of the port's kernel for guests.
    type: str
    default: ""
seealso:
  - module: netbsd.xen.xen_pciback
"""

EXAMPLES = r"""
- name: Have a kernel for a guest with a USB controller and a network card
  ansible.builtin.copy:
    content: "{{ ['uhci', 'ehci', 'umass', 'sd', 'cd', 'wm'] | netbsd.xen.domu_kernel_config(name='XEN3_USB') }}"
    dest: /usr/src/sys/arch/amd64/conf/XEN3_USB
    mode: "0644"

- name: Build it
  ansible.builtin.command:
    cmd: ./build.sh -U -u kernel=XEN3_USB
    chdir: /usr/src
  changed_when: true
"""

RETURN = r"""
_value:
  description: The text of the file.
  type: str
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _kernelconfig


def domu_kernel_config(drivers: Any, name: str = "", machine: str = "amd64", base: str = "") -> str:
    """The text of the configuration file; see DOCUMENTATION."""
    if isinstance(drivers, str) or not all(isinstance(each, str) for each in drivers):
        raise AnsibleFilterError("netbsd.xen.domu_kernel_config: give a list of drivers.")
    try:
        return _kernelconfig.render(list(drivers), machine, base, name)
    except BadValue as error:
        raise AnsibleFilterError(f"netbsd.xen.domu_kernel_config: {error}") from error


class FilterModule:
    """Names of the filters in this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"domu_kernel_config": domu_kernel_config}
