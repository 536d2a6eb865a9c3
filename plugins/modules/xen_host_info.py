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
      - V(host) tells nothing more. It is for tasks that only need to know whether this host can have this version.
      - V(packages) tells RV(packages).
      - V(hypervisor) tells RV(memory), RV(cpus) and RV(hvm).
      - V(boot) tells RV(boot) and RV(reboot_required).
      - V(services) tells RV(services).
      - V(devices) tells RV(devices), RV(kernfs), RV(vnd) and RV(pciback).
      - V(network) tells RV(bridges).
      - V(domains) tells RV(domains).
      - V(problems) tells RV(problems), for which all the others are looked at, too.
    type: list
    elements: str
    choices: [all, host, packages, hypervisor, boot, services, devices, network, domains, problems]
    default: [all]
  fail_on:
    description:
      - Fail when there are RV(problems) of this severity, or of a worse one. The message lists them with their cures.
      - V(none) never fails because of them.
    type: str
    choices: [none, error, warning]
    default: none
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

- name: Stop here if this host would not come up as a dom0, or could not start its guests
  netbsd.xen.xen_host_info:
    fail_on: error

- name: Show what is wrong, and what to do about it
  ansible.builtin.debug:
    msg: "{{ item.what }} {{ item.cure }}"
  loop: "{{ xen_host.problems }}"
  loop_control:
    label: "{{ item.id }}"

- name: Say why the host should be rebooted
  ansible.builtin.debug:
    var: xen_host.reboot_required.reasons
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
memory:
  description: Memory in MiB.
  returned: when O(gather_subset) has V(hypervisor) or V(all)
  type: dict
  contains:
    total:
      description: Memory of the machine; null when only the toolstack knows it and could not be asked.
      type: int
    free:
      description: Memory that no domain has.
      type: int
    dom0:
      description: Memory of the dom0; null when the host runs without Xen.
      type: int
cpus:
  description: Processors.
  returned: when O(gather_subset) has V(hypervisor) or V(all)
  type: dict
  contains:
    count:
      description: Processors of the machine.
      type: int
    dom0:
      description: Virtual processors of the dom0; null when the host runs without Xen.
      type: int
    model:
      description: What the processor calls itself.
      type: str
hvm:
  description: Whether guests of type hvm and pvh can run here.
  returned: when O(gather_subset) has V(hypervisor) or V(all)
  type: dict
  contains:
    capable:
      description: What the hypervisor says, else what the processor says; null when neither says anything.
      type: bool
    feature:
      description: C(vmx) (Intel) or C(svm) (AMD), from C(cpuctl identify 0); a hypervisor may hide it.
      type: str
    virt_caps:
      description: What the hypervisor found, from C(xl info); null without it.
      type: list
      elements: str
boot:
  description: The menu of the boot loader.
  returned: when O(gather_subset) has V(boot) or V(all)
  type: dict
  contains:
    loader:
      description: C(boot.cfg) or C(menu.lst); null when the host has neither.
      type: str
    path:
      description: The file.
      type: str
    entries:
      description:
        - The menu, with the C(number) (from 1), C(name), C(line), C(kind) (C(xen), C(native), C(prompt), C(chain),
          C(other)), C(commands), C(hypervisor), C(xen_args), C(kernel) and C(kernel_args) of each entry.
      type: list
      elements: dict
    default:
      description: Number of the entry that is booted by itself.
      type: int
    running_entry:
      description: Name of the entry that fits what runs now; null when none does.
      type: str
    next_entry:
      description: Name of the entry that the next boot takes.
      type: str
    files:
      description: The C(path), C(role), C(size) and C(mtime) of each file that the menu boots; null when it is missing.
      type: list
      elements: dict
reboot_required:
  description: Whether a reboot is needed for the host to run what it shall run, when its next boot is Xen.
  returned: when O(gather_subset) has V(boot) or V(all)
  type: dict
  contains:
    required:
      description: Whether there are reasons.
      type: bool
    reasons:
      description: Why.
      type: list
      elements: str
services:
  description: The rc.d scripts of this version of Xen.
  returned: when O(gather_subset) has V(services) or V(all)
  type: list
  elements: dict
  contains:
    script:
      description: Name of the script.
      type: str
    rcvar:
      description: Variable of rc.conf that switches it on; null for C(xendomains), which has none.
      type: str
    enabled:
      description: Whether rc.conf switches it on; null when it has no variable, or only a shell could tell.
      type: bool
    running:
      description:
        - Whether all its daemons really run, from the table of processes; null when it leaves none behind. The scripts'
          own C(status) is not asked, because that of C(xencommons) is always content.
      type: bool
    processes:
      description: Process ids of its daemons by their names; null for one that does not run.
      type: dict
    installed:
      description: Whether it is in C(/etc/rc.d).
      type: bool
    current:
      description: Whether it is the same as the one that the package has brought; null when one of them is missing.
      type: bool
    optional:
      description: Whether a dom0 works without it.
      type: bool
devices:
  description: The device nodes that a dom0 needs.
  returned: when O(gather_subset) has V(devices) or V(all)
  type: list
  elements: dict
  contains:
    path:
      description: The node.
      type: str
    wanted:
      description: What it must be, such as C(character 141,0).
      type: str
    found:
      description: What it is.
      type: str
    ok:
      description: Whether both are the same.
      type: bool
kernfs:
  description: The file system through which the toolstack reaches the hypervisor.
  returned: when O(gather_subset) has V(devices) or V(all)
  type: dict
  contains:
    in_fstab:
      description: Whether C(/etc/fstab) mounts it at boot.
      type: bool
    mounted:
      description: Whether it is mounted.
      type: bool
    privcmd:
      description: Whether C(/kern/xen/privcmd) is there, as it is in a dom0.
      type: bool
vnd:
  description: Numbers of the vnd devices, of which each disk image takes one.
  returned: when O(gather_subset) has V(devices) or V(all)
  type: dict
  contains:
    nodes:
      description: Those that have device nodes.
      type: list
      elements: int
    used:
      description: Those in use.
      type: list
      elements: int
    free:
      description: Those that a disk image can have.
      type: list
      elements: int
pciback:
  description: The PCI devices that are hidden from the dom0, with C(bdf), C(vendor) and C(product).
  returned: when O(gather_subset) has V(devices) or V(all)
  type: list
  elements: dict
bridges:
  description: The bridges of the host; null, with a warning, when the host did not tell which there are.
  returned: when O(gather_subset) has V(network) or V(all)
  type: list
  elements: dict
  contains:
    name:
      description: Name.
      type: str
    up:
      description: Whether it is up.
      type: bool
    mtu:
      description: Its MTU.
      type: int
    members:
      description: The C(name) and C(mtu) of each interface in it, and whether that is a C(guest)'s.
      type: list
      elements: dict
    file:
      description: The file that makes it at boot; null when there is none.
      type: str
domains:
  description: The guests that the host starts at boot.
  returned: when O(gather_subset) has V(domains) or V(all)
  type: list
  elements: dict
  contains:
    name:
      description: Its name in the list.
      type: str
    config:
      description: Path of its config file.
      type: str
    exists:
      description: Whether that file exists.
      type: bool
    memory:
      description: Memory in MiB, as the file says.
      type: int
    vcpus:
      description: Number of vcpus, as the file says.
      type: int
    running:
      description: Whether it runs; null when the toolstack could not be asked.
      type: bool
problems:
  description:
    - What is wrong with this host, the worst first. A check that does not apply yet says nothing, so a host without
      Xen has few problems, and a finished dom0 has none.
  returned: when O(gather_subset) has V(problems) or V(all)
  type: list
  elements: dict
  contains:
    id:
      description:
        - Name of the check. These are all, with the RV(problems[].number) that they belong to.
        - 1, the loader's buffer. C(command_too_long), a command of the menu has more than 79 characters.
        - 2, arguments that are cut. C(kernel_arguments_too_long).
        - 3, the first module is the dom0 kernel. C(no_dom0_kernel), C(wrong_first_module), C(more_modules),
          C(global_module) (a C(load=) or C(fs=) line outside of the entries), C(load_relative).
        - 4, the menu as the loader reads it. C(no_menu_file), C(no_menu), C(file_too_large), C(nul_byte),
          C(too_many_banners), C(dropped_no_key), C(dropped_no_colon), C(dropped_too_many), C(dropped_title),
          C(default_out_of_range), C(default_prompt), C(waits_for_ever), C(bad_consdev), C(ignored_keyword),
          C(setting_in_entry), C(kernel_type_missing) (GRUB), C(carriage_return), C(empty_command), C(cut_at_hash),
          C(blank_before_command), C(unknown_command), C(bad_boot_arguments), C(boots_nothing), C(duplicate_name).
        - 5, memory of the dom0. C(dom0_mem_missing), C(dom0_mem_syntax), C(dom0_mem_unit) (Xen reads a bare number as
          KiB).
        - 6, the loader itself. C(shadowed) (a C(boot.cfg) on the EFI system partition is read instead),
          C(loader_differs) (C(/boot) is not that of this NetBSD).
        - 7, hypervisor, kernel and toolstack. C(packages_missing), C(missing_file) (a file that the menu boots),
          C(needs_multiboot2) (a UEFI host needs Xen 4.9 or later), C(hypervisor_stale) (not the file of the package),
          C(versions_differ) (of the running hypervisor and the toolstack), C(xen_entry_missing), C(xen_not_default).
        - 8, the way back. C(no_native_entry), C(native_kernel_replaced) (C(/netbsd) is a Xen kernel).
        - 9, /kern. C(kernfs_not_in_fstab), C(kernfs_not_mounted), C(privcmd_missing), C(xen_not_running).
        - 10, device nodes. C(device_node).
        - 11, rc.d scripts. C(rc_script_missing), C(rc_script_stale) (not that of the package).
        - 12, rc.conf. C(rcvar_not_set), C(rcvar_useless) (the variable of another version), C(xend_beside_xl),
          C(xendomains_is_a_switch) (V(YES) or V(NO) in a list of names), C(domain_config_missing).
        - 13, daemons. C(daemon_not_running).
        - 14, disk images. C(vnd_nodes_short).
        - 15, bridges. C(bridge_missing), C(bridge_not_named), C(bridge_without_member), C(bridge_mtu).
        - 16, config files of guests. C(domain_config_syntax), C(domain_config_value).
        - 17, disks of guests. C(disk_unusable) (missing, or a character device), C(disk_shared), C(disk_mounted).
        - 18, shutting down. C(shutdown_unheeded), a guest that was asked to shut down runs on. That a NetBSD guest has
          no powerd cannot be seen from the dom0 before.
        - 19, PCI devices. C(pci_with_xl), C(pciback_syntax), C(pciback_too_long), C(pciback_not_hidden).
        - 20, memory of the guests. C(memory_short).
        - 21, leftovers of another version. C(other_xentools), C(hotplug_script_stale).
        - 22, 32 bits. C(machine_unsupported), C(guest_32bit).
        - 23, what must not be restarted under running guests. C(guest_lost) (xenstored was), C(vif_not_in_bridge) (the
          network was).
      type: str
    number:
      description: Number of the failure mode that it belongs to, from 1 to 23.
      type: int
    severity:
      description:
        - C(error) when the host does not boot as a dom0, a guest does not start, or data is in danger.
        - C(warning) when it works, but not always.
        - C(info) for a step on the way to a dom0 that is not done yet.
      type: str
    what:
      description: What is wrong, and where.
      type: str
    why:
      description: What happens when nobody cares.
      type: str
    cure:
      description: What to do.
      type: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, run
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._hostinfo import FAIL_ON, SUBSETS, HostInspector


def main() -> None:
    module = XenModule(
        argument_spec={
            "version": {"type": "str", "default": ""},
            "gather_subset": {"type": "list", "elements": "str", "choices": ["all", *SUBSETS], "default": ["all"]},
            "fail_on": {"type": "str", "choices": list(FAIL_ON), "default": "none"},
        },
        supports_check_mode=True,
    )
    params = module.params
    run(module, lambda: HostInspector(params["version"], params["gather_subset"], params["fail_on"]).run())


if __name__ == "__main__":
    main()
