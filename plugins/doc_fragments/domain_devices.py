# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Properties of a domain: its devices."""

    DOCUMENTATION = r"""
options:
  disks:
    description:
      - Virtual disks. Each is a string as in C(xl-disk-configuration(5\)), old forms as
        V(phy:/dev/mapper/vg0-web,xvda,w) included, or a dictionary.
      - 'Keys of a dictionary: C(target) (path), C(vdev), C(format) (default C(raw)), C(access) (C(w), the default,
        or C(r)), C(devtype) (C(cdrom)), C(script), C(backendtype), C(backend), and the flags of the manual page.'
      - 'With C(size) as one more key, such as V(10G), an image file or an LVM volume that is missing is made, and one
        that is smaller grows. One that is larger stays so, with a warning. C(sparse: true) makes an image without
        its blocks. M(netbsd.xen.xen_disk) says more. A disk that has grown restarts no guest by itself.'
      - Both forms mean the same and compare equal. An element describes the whole disk.
      - An empty list removes all disks from the config; the files and volumes behind them stay.
      - A single disk may be given without a list.
    type: raw
    aliases: [disk]
  vifs:
    description:
      - Network interfaces. Each is a string as in C(xl-network-configuration(5\)) or a dictionary.
      - 'Keys of a dictionary: C(bridge), C(mac), C(ip), C(script), C(type), C(model), C(rate), C(vifname),
        C(gatewaydev), C(backend), C(mtu), and the others of the manual page.'
      - A vif without a MAC keeps the one that its place has in the config file or the running guest; a new one gets a
        MAC in Xen's own range, derived from the names of host and domain. C(mac=random) in a dictionary leaves it out
        of the file, so that xl makes up another at each start.
      - On NetBSD always give the C(bridge). xl's default, C(xenbr0), is a name that a NetBSD bridge cannot have.
      - A single vif may be given without a list.
    type: raw
    aliases: [vif]
  pci:
    description:
      - PCI functions given to the guest, strings as V(0000:03:00.0) or dictionaries with C(bdf) and the options of
        C(xl-pci-configuration(5\)).
      - A function must be hidden from the dom0 first (M(netbsd.xen.xen_pciback)), and one running guest alone can have
        it. On a NetBSD dom0 only C(xm) of Xen 3.1 can give functions to guests. What cannot work is found before the
        guest is started.
    type: raw
  pci_permissive:
    description: Default of C(permissive) for all functions of O(pci).
    type: bool
  pci_msitranslate:
    description: Default of C(msitranslate) for all functions of O(pci).
    type: bool
  pci_seize:
    description: Default of C(seize) for all functions of O(pci).
    type: bool
  pci_power_mgmt:
    description: Default of C(power_mgmt) for all functions of O(pci), for HVM guests.
    type: bool
  passthrough:
    description: Whether the guest has IOMMU mappings; needed to attach a PCI function to a guest that started without.
    type: str
    choices: [default, disabled, enabled, sync_pt, share_pt]
  rdm:
    description:
      - Reserved device memory of an HVM guest, a string such as V(strategy=host,policy=relaxed) or a dictionary with
        these two keys.
      - xl of Xen 4.15 to 4.17 at least ignores all of it when it has a policy, which is an error of xl's.
    type: raw
  e820_host:
    description: Show the host's memory map to a PV guest. xl's default is yes when it has PCI functions.
    type: bool
  ioports:
    description: I/O ports of the host that the guest may use, strings in hexadecimal as V(2f8-2ff) or V(2f8).
    type: raw
  irqs:
    description: Interrupts of the host that the guest may use, a list of numbers.
    type: raw
  iomem:
    description:
      - I/O memory of the host that the guest may use, strings as V(a0,20) or V(f0000,1@f1) with page numbers in
        hexadecimal.
    type: raw
  device_tree:
    description: Path of a partial device tree for the guest, on Arm.
    type: path
  dtdev:
    description: Paths of the host's device tree nodes that the guest gets, on Arm.
    type: raw
  vfb:
    description: Virtual frame buffers of a PV or PVH guest, shown by VNC or SDL.
    type: list
    elements: dict
    suboptions:
      vnc:
        description: Show it by VNC.
        type: bool
      vnclisten:
        description: Address, with an optional C(:DISPLAY), that the VNC server listens on.
        type: str
      vncdisplay:
        description: Number of the VNC display. The port is 5900 more.
        type: int
      vncunused:
        description: Take the first display that is free.
        type: bool
      vncpasswd:
        description: Password of the VNC server. The config file is then readable for its owner only.
        type: str
      sdl:
        description: Show it in a window of the dom0.
        type: bool
      opengl:
        description: Use OpenGL for that window.
        type: bool
      display:
        description: X display for that window.
        type: str
      xauthority:
        description: Path of the X authority file for that window.
        type: str
      keymap:
        description: Keyboard layout.
        type: str
  vkb:
    description:
      - Virtual keyboards and pointers. Each is a string as in C(xl.cfg(5\)) or a dictionary with its keys, such as
        C(backend_type) (V(qemu) or V(linux)), C(unique_id), C(width), C(height).
    type: raw
  vtpm:
    description: Virtual TPMs. Each is a string as in C(xl.cfg(5\)) or a dictionary with C(backend) and C(uuid).
    type: raw
  p9:
    description:
      - 9pfs shares. Each is a string as in C(xl.cfg(5\)) or a dictionary with C(tag), C(path), C(security_model)
        (V(none)) and C(backend). Newer than Xen 4.17 are C(type), C(max_space), C(max_files), C(max_open_files) and
        C(auto_delete).
    type: raw
  pvcalls:
    description: PV calls connections. Each is a string as in C(xl.cfg(5\)) or a dictionary with C(backend).
    type: raw
  channel:
    description:
      - Channels to the guest. Each is a string as in C(xl.cfg(5\)) or a dictionary with C(name), C(connection) (V(pty)
        or V(socket)), C(path) of the socket, and C(backend).
    type: raw
  usbctrl:
    description:
      - USB controllers. Each is a string as in C(xl.cfg(5\)) or a dictionary with C(type) (V(auto), V(pv), V(qusb) or
        V(devicemodel)), C(version) and C(ports).
    type: raw
  usbdev:
    description:
      - USB devices of the host that the guest gets. Each is a string as in C(xl.cfg(5\)) or a dictionary with C(type)
        (V(hostdev)), C(hostbus), C(hostaddr), C(controller) and C(port).
    type: raw
  vdispl:
    description:
      - Virtual displays. Each is a string as in C(xl.cfg(5\)) or a dictionary with C(connectors) such as
        V(id0:1920x1080;id1:800x600), C(be_alloc) and C(backend).
    type: raw
  vsnd:
    description: Virtual sound cards, each a list of strings as in C(xl.cfg(5\)).
    type: raw
  virtio:
    description:
      - Virtio devices. Each is a string as in C(xl.cfg(5\)) or a dictionary with C(type) such as V(virtio,device22),
        C(transport) (V(mmio)), C(grant_usage) and C(backend). Newer than Xen 4.17.
    type: raw
"""
