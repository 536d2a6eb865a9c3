#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_pciback
short_description: Keep the set of PCI devices that the dom0 leaves to guests
version_added: 0.3.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - A PCI device can be given to a guest only when the dom0 itself does not use it. This module keeps the set of devices
    that are hidden from the dom0.
  - On NetBSD they are named on the line of the dom0 kernel in the boot menu, V(pciback.hide=(03:00.0\)(03:00.1\)), and
    hidden from the next boot on. The menu is edited, checked and written as by M(netbsd.xen.boot_entry); what the
    kernel or the boot loader would cut off is refused.
  - On a Linux dom0 C(xl) hides them at once, until the host is booted again.
  - Tells of each device whether it is hidden at the next boot, whether it is hidden now, and which domains have it.
    With O(devices=[]) and O(policy=append) it does nothing else.
  - A domain gets a device by O(netbsd.xen.xen_domain#module:pci). On a NetBSD dom0 only C(xm) of Xen 3.1 can pass it
    on; C(xl) looks for it under C(/sys), which NetBSD has not.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.actiongroup_xen
  - netbsd.xen.xen
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
      - NetBSD, whether Xen runs already or will after the next boot; and a Linux dom0 with C(xl).
options:
  devices:
    description:
      - The PCI functions, as C(bus:device.function) in hexadecimal, such as V(03:00.0). With the PCI domain in front,
        V(0000:03:00.0) is the same; another domain cannot be hidden. Write quotes around them, since YAML takes some of
        them for numbers.
      - The kernel of NetBSD holds seven of them, and C(boot.cfg) often fewer; RV(boot[].room) tells how many.
    type: list
    elements: str
    required: true
  policy:
    description:
      - V(exact) hides these and no other. An empty list gives all devices back to the dom0.
      - V(append) hides these too.
    type: str
    choices: [exact, append]
    default: exact
  entries:
    description:
      - NetBSD only. The names of the boot entries to change. When not set, the entry that is booted next, which must be
        one that boots Xen.
    type: list
    elements: str
  force:
    description:
      - Hide also what this host needs, which are the controller of the disk with its root file system, the network
        interface that this task comes in on, the primary VGA, and the bridges above them.
    type: bool
    default: false
  loader:
    description:
      - NetBSD only. Which boot loader's menu to edit, as in O(netbsd.xen.boot_entry#module:loader).
    type: str
    choices: [auto, boot.cfg, menu.lst]
    default: auto
  path:
    description: NetBSD only. The file of the menu. When not set, C(/boot.cfg) or C(/grub/menu.lst).
    type: path
  backup:
    description: NetBSD only. Keep a copy of the menu before it is changed.
    type: bool
    default: false
notes:
  - Without an IOMMU in use, a guest with a PCI device can read and write all memory of the machine, whatever Xen says.
    NetBSD's pciback(4) relies on none. The module warns when it hides a device on a host that uses no IOMMU.
  - The interface that the task comes in on is the one with the address in E(SSH_CONNECTION). Where that is not set, as
    with sudo, every interface with an address is taken for it.
seealso:
  - module: netbsd.xen.boot_entry
  - module: netbsd.xen.xen_domain
  - plugin: netbsd.xen.domu_kernel_config
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Leave a network card with two ports to guests
  netbsd.xen.xen_pciback:
    devices: ["03:00.0", "03:00.1"]
  register: pciback

- name: Say what is still to do
  ansible.builtin.debug:
    msg: "{{ pciback.reboot_reasons | join('; ') }}"
  when: pciback.reboot_required

- name: Hide a USB controller in two entries of the menu, besides what they hide already
  netbsd.xen.xen_pciback:
    devices: ["00:1d.0"]
    policy: append
    entries: ["Xen 4.20", "Xen 4.20 (previous)"]

- name: See what is hidden, and which domains have it
  netbsd.xen.xen_pciback:
    devices: []
    policy: append
  register: pciback

- name: Give all devices back to the dom0
  netbsd.xen.xen_pciback:
    devices: []
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be done, in order.
  returned: success
  type: list
  elements: str
  sample: ["hide 03:00.0 03:00.1 in boot entry 'Xen 4.20'"]
devices:
  description:
    - Every function that is asked for, hidden at the next boot, hidden now, or given to a domain; sorted by its BDF.
  returned: success
  type: list
  elements: dict
  contains:
    bdf:
      description: The function, always with the PCI domain.
      type: str
      sample: "0000:03:00.0"
    next_boot:
      description: Whether the entry that is booted next hides it; null on Linux.
      type: bool
    hidden:
      description: Whether it is hidden from the dom0 now; null while no dom0 runs.
      type: bool
    assignable:
      description: Whether a guest that is started now can get it. It is hidden, and no running guest has it.
      type: bool
    domains:
      description: The domains that have it.
      type: list
      elements: dict
      contains:
        domain:
          description: The name of the domain.
          type: str
        config:
          description: Its config file; null when there is none in the folder.
          type: str
        in_config:
          description: Whether the config file gives it the function.
          type: bool
        running:
          description: Whether the domain runs and has it.
          type: bool
    vendor:
      description: Number of the vendor; null when the host does not tell.
      type: str
      sample: "0x8086"
    product:
      description: Number of the product.
      type: str
      sample: "0x10d3"
    class:
      description: PCI class and subclass.
      type: str
      sample: "0x0200"
    class_name:
      description: The class in words, when it is one of the common ones.
      type: str
      sample: Ethernet controller
    driver:
      description: What drives it in the dom0 now.
      type: str
      sample: wm1
    description:
      description: What the kernel of NetBSD printed of it at boot.
      type: str
hidden:
  description: The functions that are hidden now, given to a guest or not; null while no dom0 runs.
  returned: success
  type: list
  elements: str
boot:
  description: What the entries that boot Xen hide, in the order of the menu; null on Linux.
  returned: success
  type: list
  elements: dict
  contains:
    entry:
      description: The name of the entry.
      type: str
    number:
      description: Its place in the menu, counted from 1.
      type: int
    devices:
      description: The functions that guests can be given after it was booted.
      type: list
      elements: str
    room:
      description: How many functions its line can hold in all.
      type: int
    next:
      description: Whether it is the entry that is booted next.
      type: bool
reboot_required:
  description: Whether what is hidden now is not what the next boot hides.
  returned: success
  type: bool
reboot_reasons:
  description: The same in words.
  returned: success
  type: list
  elements: str
iommu:
  description: Whether Xen uses an IOMMU; null when it does not say.
  returned: success
  type: bool
loader:
  description: Whose menu it is, C(boot.cfg) or C(menu.lst).
  returned: success on NetBSD
  type: str
path:
  description: The file of the menu.
  returned: success on NetBSD
  type: str
backup_file:
  description: The copy that was kept.
  returned: when O(backup) is set and the file was changed
  type: str
error_id:
  description:
    - The kind of error, for programs. Among them C(bad_value), C(device_missing), C(device_needed), C(device_in_use),
      C(too_many_devices), C(entry_missing), C(not_xen), C(no_menu), C(no_pciback), C(pciback_missing) and
      C(would_not_boot).
  returned: failure
  type: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run
from ansible_collections.netbsd.xen.plugins.module_utils.pci import _pciback_task


def main() -> None:
    module = XenModule(
        argument_spec={
            **common_spec(),
            "devices": {"type": "list", "elements": "str", "required": True},
            "policy": {"type": "str", "choices": ["exact", "append"], "default": "exact"},
            "entries": {"type": "list", "elements": "str"},
            "force": {"type": "bool", "default": False},
            "loader": {"type": "str", "choices": ["auto", "boot.cfg", "menu.lst"], "default": "auto"},
            "path": {"type": "path"},
            "backup": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    run(module, lambda: _pciback_task.run(module.params, module.check_mode))


if __name__ == "__main__":
    main()
