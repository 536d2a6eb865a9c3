# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Properties of a domain: what it boots, memory and CPUs, what happens when it ends."""

    DOCUMENTATION = r"""
options:
  type:
    description: Type of guest, as in C(xl.cfg). xl takes V(pv) when the file does not say.
    type: str
    choices: [pv, pvh, hvm]
  uuid:
    description:
      - UUID of the domain. When a config file is made and none is given, that of the running guest is kept, or one is
        derived from the names of host and domain.
    type: str
  kernel:
    description: Path, on the dom0, of the kernel that the guest boots.
    type: path
  ramdisk:
    description: Path, on the dom0, of its initial ramdisk. An empty string removes it.
    type: path
  cmdline:
    description: The kernel's whole command line. xl ignores O(root) and O(extra) when it is set.
    type: str
  root:
    description: Root device for the kernel's command line, such as V(xbd0) or V(/dev/xvda1 ro).
    type: str
  extra:
    description: More words for the kernel's command line, after O(root).
    type: str
  bootloader:
    description: A program on the dom0 that takes the kernel out of the guest's disk, such as V(pygrub).
    type: str
  bootloader_args:
    description: Arguments of the O(bootloader), a list of strings, or a string that is split at blanks.
    type: raw
  bootloader_restrict:
    description: Run the O(bootloader) with as few rights as possible. Newer than Xen 4.17.
    type: bool
  bootloader_user:
    description: User that a restricted O(bootloader) runs as; each guest needs one of its own.
    type: str
  firmware:
    description: Firmware to boot with, such as V(uefi), V(seabios), V(pvgrub64), or a path.
    type: str
  builder:
    description:
      - The old name of O(type), for xm and for xl before Xen 4.10. Only one of the two can be given.
    type: str
    choices: [generic, hvm, linux]
  pvshim:
    description: Boot a PV guest inside of a PVH container (O(type=pvh)).
    type: bool
  pvshim_path:
    description: Path of another shim than Xen's own.
    type: path
  pvshim_cmdline:
    description: Command line of the shim.
    type: str
  pvshim_extra:
    description: More words for the command line of the shim.
    type: str
  seclabel:
    description: XSM label of the domain.
    type: str
  init_seclabel:
    description: XSM label of the domain while it is built; then it gets O(seclabel).
    type: str
  driver_domain:
    description: The guest serves devices to other guests.
    type: bool
  nomigrate:
    description: The guest is never migrated, and may get features that forbid that.
    type: bool
  xend_suspend_evtchn_compat:
    description: Leave the suspend event channel out of xenstore, for old drivers.
    type: bool
  on_poweroff:
    description:
      - What Xen does when the guest powers off. V(destroy), V(restart), V(rename-restart), V(preserve),
        V(coredump-destroy), V(coredump-restart) or V(soft-reset).
      - This and its kin are settled when the guest starts. A running guest gets others by a restart only.
    type: str
  on_reboot:
    description: What Xen does when the guest reboots; words as for O(on_poweroff).
    type: str
  on_watchdog:
    description: What Xen does when the guest's watchdog ends it; words as for O(on_poweroff).
    type: str
  on_crash:
    description: What Xen does when the guest crashes; words as for O(on_poweroff).
    type: str
  on_soft_reset:
    description: What Xen does when the guest resets itself, as kexec does; words as for O(on_poweroff).
    type: str
  memory:
    description:
      - Memory of the guest. A number is MiB; K, M, G and T are understood as units.
      - Changed in the running guest as long as it stays at or below the O(maxmem) that it was started with.
    type: str
  maxmem:
    description:
      - The most memory that the guest can get while it runs; units as for O(memory).
      - Lowered in the running guest. More needs a restart, since no guest grows beyond what it was started with, though
        Xen would let it.
    type: str
  vcpus:
    description:
      - Number of virtual CPUs that are on. Changed in the running guest up to its O(maxvcpus).
    type: int
  maxvcpus:
    description: The most virtual CPUs that the guest can get while it runs.
    type: int
  cpus:
    description:
      - The host's CPUs that the guest may run on. A string for all of its vcpus, such as V(0-3,^1), or a list with one
        string for each vcpu.
      - The vcpus of a running guest are moved, when the CPUs are given by their numbers. What C(all) and C(nodes:0)
        stand for is known at a start only.
    type: raw
  cpus_soft:
    description: The host's CPUs that the guest prefers to run on, written as O(cpus).
    type: raw
  pool:
    description: CPU pool of the guest, by name.
    type: str
  cpu_weight:
    description:
      - Share of the CPUs in relation to other guests, 1 to 65535. The scheduler's default is 256.
      - Changed in the running guest, like O(cap).
    type: int
  cap:
    description: Most CPU time that the guest gets, in percent of one CPU. 0 is no limit.
    type: int
  vnuma:
    description:
      - Virtual NUMA nodes, for PVH and HVM guests. Each is a dictionary of C(pnode), C(size) (MiB, or with a unit),
        C(vcpus) and C(vdistances), or a list of strings as in C(xl.cfg(5\)).
    type: raw
  shadow_memory:
    description: Memory for shadow page tables, or for the state of hardware assisted paging; units as for O(memory).
    type: str
  cpuid:
    description:
      - What the guest sees of the CPU's features. A string as V(host,tm=0,sse3=0), or a list of strings in the form of
        xend.
    type: raw
  tsc_mode:
    description: How the guest's time stamp counter is provided.
    type: str
    choices: [default, always_emulate, native, native_paravirt]
  altp2m:
    description: Access to alternate views of the guest's memory.
    type: str
    choices: [disabled, mixed, external, limited]
  nestedhvm:
    description: Let the guest run a hypervisor of its own.
    type: bool
  hap:
    description: Hardware assisted paging. On by default where the host has it.
    type: bool
  oos:
    description: Out of sync page tables, in shadow paging mode.
    type: bool
  max_grant_frames:
    description: Most grant frames of the guest, which limit the number of its devices. Default in C(xl.conf).
    type: int
  max_maptrack_frames:
    description: Most grant maptrack frames of the guest. Default in C(xl.conf).
    type: int
  max_grant_version:
    description: Highest version of grant tables that the guest may use. Default in C(xl.conf).
    type: int
  max_event_channels:
    description: Most event channels of the guest. xl's default is 1023.
    type: int
  vmtrace_buf_kb:
    description: Size of the trace buffer of each vcpu in KiB. 0 is none.
    type: int
"""
