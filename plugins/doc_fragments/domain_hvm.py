# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Properties of a domain: firmware, platform and clocks, most of them for HVM guests."""

    DOCUMENTATION = r"""
options:
  boot:
    description: Devices that an HVM guest boots from, in order. V(c) hard disk, V(d) CD-ROM, V(n) network.
    type: str
  hdtype:
    description: Emulated disk controller.
    type: str
    choices: [ide, ahci]
  bios:
    description: BIOS of an HVM guest. O(firmware) says the same.
    type: str
    choices: [rombios, seabios, ovmf]
  bios_path_override:
    description: Path of another file for the O(bios).
    type: path
  firmware_override:
    description: Path of another firmware than C(hvmloader).
    type: path
  acpi_firmware:
    description: Path of a file with more ACPI tables.
    type: path
  smbios_firmware:
    description: Path of a file with SMBIOS structures.
    type: path
  smbios:
    description:
      - SMBIOS values. A list of strings as V(bios_vendor=Example), or a dictionary, where C(oem) may have a list. Newer
        than Xen 4.17.
    type: raw
  ms_vm_genid:
    description: Whether the guest gets a VM generation ID.
    type: str
    choices: [generate, none]
  acpi:
    description: ACPI tables for the guest.
    type: bool
  acpi_s3:
    description: Suspend to RAM in the ACPI tables.
    type: bool
  acpi_s4:
    description: Suspend to disk in the ACPI tables.
    type: bool
  acpi_laptop_slate:
    description: Windows' laptop and slate switch in the ACPI tables.
    type: bool
  apic:
    description: APIC tables for a guest with a single vcpu.
    type: bool
  pae:
    description: Physical address extension.
    type: bool
  nx:
    description: No-execute pages.
    type: bool
  hpet:
    description: High precision event timer.
    type: bool
  vpt_align:
    description: Align periodic timers, so that there are fewer interrupts.
    type: bool
  timer_mode:
    description: What happens to timer interrupts that were missed; for HVM and PVH guests.
    type: str
    choices:
      - delay_for_missed_ticks
      - no_delay_for_missed_ticks
      - no_missed_ticks_pending
      - one_missed_tick_pending
  localtime:
    description: The guest's clock is set to local time instead of UTC.
    type: bool
  rtc_timeoffset:
    description: Offset of the guest's clock in seconds.
    type: int
  altp2mhvm:
    description: Deprecated, use O(altp2m).
    type: bool
  viridian:
    description:
      - Hyper-V's interfaces, for Windows guests. V(true) is V([defaults]); a list has the names of groups as in
        C(xl.cfg(5\)), V(all), V(defaults), or V(!GROUP).
    type: raw
  xen_platform_pci:
    description: The Xen platform device, through which an HVM guest finds paravirtual devices.
    type: bool
  hvm_pirq:
    description: Let the guest route interrupts of devices over event channels. Newer than Xen 4.17.
    type: bool
  vendor_device:
    description: Variant of the PV device for Windows drivers.
    type: str
    choices: [none, xenserver]
  mmio_hole:
    description: Size of the hole for devices below 4 GiB, 256 to 3840 MiB; units as for O(memory).
    type: str
  rdm_mem_boundary:
    description: Boundary in the check for conflicts with reserved device memory; units as for O(memory).
    type: str
  mca_caps:
    description: Machine check capabilities. xl knows V(lmce).
    type: raw
  msr_relaxed:
    description: Treat unknown MSRs as Xen before 4.15 did.
    type: bool
  device_model_version:
    description: Which qemu emulates the devices.
    type: str
    choices: [qemu-xen, qemu-xen-traditional]
  device_model_override:
    description: Path of another qemu. Give O(device_model_version) as well.
    type: path
  device_model_user:
    description: User that qemu runs as with O(dm_restrict).
    type: str
  device_model_args:
    description: More arguments for qemu, a list of strings.
    type: raw
  device_model_args_pv:
    description: The same, for qemu of a PV guest only.
    type: raw
  device_model_args_hvm:
    description: The same, for qemu of an HVM guest only.
    type: raw
  device_model_stubdomain_override:
    description: Run qemu in a domain of its own.
    type: bool
  device_model_stubdomain_seclabel:
    description: XSM label of that domain.
    type: str
  stubdomain_kernel:
    description: Path of the kernel of that domain.
    type: path
  stubdomain_cmdline:
    description: Command line of that kernel.
    type: str
  stubdomain_ramdisk:
    description: Path of its ramdisk.
    type: path
  stubdomain_memory:
    description: Memory of that domain; units as for O(memory).
    type: str
  dm_restrict:
    description: Run qemu with as few rights as possible.
    type: bool
  gic_version:
    description: Version of the interrupt controller, on Arm.
    type: str
    choices: [default, v2, v3]
  vuart:
    description: Emulated serial port, on Arm.
    type: str
    choices: [sbsa_uart]
  tee:
    description: Access to the trusted execution environment, on Arm.
    type: str
    choices: [none, optee, ffa]
  sve:
    description: Length of SVE vectors, on Arm. V(hw) is what the host has. Newer than Xen 4.17.
    type: str
    choices: [disabled, "128", "256", "384", "512", "640", "768", "896", "1024",
      "1152", "1280", "1408", "1536", "1664", "1792", "1920", "2048", hw]
  vpmu:
    description: Access to the performance counters, on Arm.
    type: bool
  device_model:
    description: Path of qemu, for xm only. xl ignores it; see O(device_model_override).
    type: str
  bootentry:
    description: Disk and kernel for the O(bootloader), for xm only.
    type: str
  cpu:
    description: CPU that vcpu 0 runs on, for xm only. See O(cpus).
    type: int
  vcpu_avail:
    description: Bit mask of the vcpus that are on, for xm only.
    type: int
  vhpt:
    description: Size of the page table on Itanium, for xm only.
    type: int
  nics:
    description: Number of vifs, for xm only, and deprecated there. See O(vifs).
    type: int
  fda:
    description: Path of the image of the first floppy disk, for xm only.
    type: path
  fdb:
    description: Path of the image of the second floppy disk, for xm only.
    type: path
  isa:
    description: Only ISA devices for the guest, for xm only.
    type: bool
  description:
    description: A description of the guest, for xm only.
    type: str
  suppress_spurious_page_faults:
    description: Do not inject spurious page faults into the guest, for xm only.
    type: bool
"""
