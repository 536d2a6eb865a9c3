#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: linux_install
short_description: Make the disk of a Linux guest from a tar archive of a root file system
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Makes an image file or LVM volume with one file system, puts a root into it from a tar archive such as debootstrap,
    Alpine or a container image give, and sets it up. Host name, fstab, network, keys of root and of sshd, and a login
    on Xen's console.
  - Copies the guest's kernel and initial ramdisk into the dom0, and returns the options of M(netbsd.xen.xen_domain)
    that boot it.
  - Nothing is mounted. C(mke2fs) fills the file system itself, so a NetBSD dom0 can do it, too.
  - The disk gets its name when it is complete. What a killed task left is taken over by the next one, which begins
    anew.
  - A disk that exists is left alone when it was made for this guest, whatever has become of it, and is an error
    otherwise. Only O(force) overwrites it.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
  - netbsd.xen.attributes.actiongroup_xen
  - netbsd.xen.xen
  - netbsd.xen.linux_guest
attributes:
  check_mode:
    support: full
    details:
      - Whether a URL can be reached, and what is in the archive, is known only when it is fetched and unpacked.
  diff_mode:
    support: partial
    details:
      - Shows what is done, not the files of the guest.
  idempotent:
    support: full
    details:
      - Not with O(force), which overwrites the disk each time.
options:
  name:
    description:
      - Name of the guest. Written into the disk as the UUID of its file system, by which it is known again.
      - Also the default of O(hostname).
    type: str
    required: true
  disk:
    description:
      - Path of an image file, or of an LVM volume as C(/dev/GROUP/VOLUME).
      - Its folder, or its volume group, must exist.
    type: path
    required: true
  size:
    description: Its size, with a unit; V(10G) and V(512M) are binary. Looked at only when the disk is made.
    type: str
    required: true
  sparse:
    description: Whether an image file takes its space only when the guest writes to it.
    type: bool
    default: false
  fstype:
    description:
      - The type of the file system.
      - A NetBSD dom0 can write to V(ext2) and V(ext3), and only read V(ext4), which matters to
        M(netbsd.xen.linux_guest).
      - An V(ext4) for a O(bootloader) or for a kernel before 5.15 has no features that these do not know.
    type: str
    choices: [ext4, ext3, ext2]
    default: ext4
  source:
    description:
      - The archive, a path on the managed host or a URL (http, https, ftp). It may be compressed.
      - A URL is fetched once for a host, and tried again when the network fails.
      - Looked at only when the disk is made.
    type: str
    required: true
  checksum:
    description:
      - Checksum of O(source), such as V(sha256:…) or V(sha512:…). Needed for a URL.
    type: str
  cache_dir:
    description: Folder in which fetched files are kept.
    type: path
    default: /var/cache/netbsd-xen
  work_dir:
    description:
      - Folder in which the archive is unpacked for a while.
      - When not set, that of the image, and C(/var/tmp) for a volume.
    type: path
  arch:
    description: What the guest is. An archive or kernel for another machine is refused.
    type: str
    choices: [x86_64, i386]
    default: x86_64
  vdev:
    description: What the disk is called in the guest, which is written into its fstab.
    type: str
    default: xvda1
  fstab:
    description: More lines for C(/etc/fstab).
    type: list
    elements: str
  kernel:
    description:
      - A kernel in the dom0 to boot the guest with.
      - When neither this nor O(bootloader) is set, the newest C(/boot/vmlinuz*) of the guest is copied into the dom0,
        with its ramdisk.
    type: path
  ramdisk:
    description: An initial ramdisk in the dom0 for O(kernel).
    type: path
  kernel_dir:
    description:
      - Folder into which the guest's kernel and ramdisk are copied, as C(NAME-vmlinuz) and C(NAME-initrd).
      - When not set, that of the image. A volume needs it.
    type: path
  bootloader:
    description:
      - What boots the kernel that is on the disk.
      - V(pygrub) is a program of the dom0. A C(menu.lst) is written if the guest has no menu that it reads.
      - V(pvgrub) is GRUB 2 as a kernel for PV guests, so that no program of the dom0 reads the guest's disk. It needs
        C(/boot/grub/grub.cfg) in the guest, which is written if there is none, and a kernel that is compressed by
        gzip, xz or lzo.
    type: str
    choices: [pygrub, pvgrub]
  pvgrub:
    description:
      - Where O(bootloader=pvgrub) is in the dom0.
      - When not set, where Debian's package C(grub-xen-host) has it, C(/usr/lib/grub-xen/grub-x86_64-xen.bin) or
        C(grub-i386-xen.bin).
    type: path
  force:
    description:
      - Path of O(disk), once more, to overwrite what is there. A guest that runs keeps its disk.
    type: path
requirements:
  - e2fsprogs 1.43 or later on the managed host (on NetBSD, from pkgsrc)
notes:
  - A kernel before 2.6.26 gets C(xencons=tty1) as its console, all others C(console=hvc0).
  - The archive must have the root at its top, not in a folder.
seealso:
  - module: netbsd.xen.linux_guest
  - module: netbsd.xen.xen_domain
  - ref: ansible_collections.netbsd.xen.domu_linux_role
    description: Makes guests from a list, with this module.
"""

EXAMPLES = r"""
- name: A Debian guest from a root that debootstrap made
  netbsd.xen.linux_install:
    name: web
    disk: /home/xen/web.img
    size: 10G
    source: https://mirror.example.org/roots/bookworm-amd64.tar.xz
    checksum: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    network:
      address: 10.0.0.5/24
      gateway: 10.0.0.1
      nameservers: [10.0.0.1]
    authorized_keys:
      - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJcLr9pU0Sm0W4mXnGQeYSrWbD0Jb6i7m3Kk8Y5wN0aB admin
  register: web

- name: Start it
  netbsd.xen.xen_domain: "{{ {'name': 'web', 'state': 'running', 'type': 'pv', 'memory': 512} | combine(web.domain) }}"

- name: On a volume, with a kernel that lies in the dom0
  netbsd.xen.linux_install:
    name: db
    disk: /dev/vg0/db
    size: 20G
    source: /home/xen/roots/alpine-minirootfs.tar.gz
    kernel: /home/xen/kernels/vmlinuz-virt
    ramdisk: /home/xen/kernels/initramfs-virt
    network:
      dhcp: true
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be, in order.
  returned: success
  type: list
  elements: str
  sample: ["unpack /home/xen/root.tar.xz", "copy its kernel to /home/xen/web-vmlinuz",
           "create /home/xen/web.img (10 GiB, ext4)"]
disk:
  description: The disk.
  returned: success
  type: dict
  contains:
    path:
      description: Its path.
      type: str
    kind:
      description: C(file) or C(volume).
      type: str
    uuid:
      description: The UUID of its file system.
      type: str
domain:
  description:
    - Options of M(netbsd.xen.xen_domain) that boot the guest, C(kernel), C(ramdisk), C(root) and C(extra), or
      C(bootloader), or pvgrub as C(kernel); and its C(disks).
  returned: success
  type: dict
error_id:
  description:
    - The kind of error, for programs. Among them C(bad_value), C(disk_exists), C(disk_in_use), C(no_space),
      C(source_missing), C(source_unreachable), C(source_damaged), C(source_unsafe), C(source_too_large),
      C(wrong_checksum), C(wrong_architecture), C(no_linux), C(kernel_missing), C(pvgrub_missing), C(no_network_style),
      C(mke2fs_missing), C(in_progress).
  returned: failure
  type: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run
from ansible_collections.netbsd.xen.plugins.module_utils.fetch._download import CACHE
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest import _linux_boot
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest._linux_install import InstallTask
from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest._linux_spec import spec


def main() -> None:
    module = XenModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "disk": {"type": "path", "required": True},
            "size": {"type": "str", "required": True},
            "sparse": {"type": "bool", "default": False},
            "fstype": {"type": "str", "choices": ["ext4", "ext3", "ext2"], "default": "ext4"},
            "source": {"type": "str", "required": True},
            "checksum": {"type": "str"},
            "cache_dir": {"type": "path", "default": CACHE},
            "work_dir": {"type": "path"},
            "arch": {"type": "str", "choices": ["x86_64", "i386"], "default": "x86_64"},
            "vdev": {"type": "str", "default": "xvda1"},
            "fstab": {"type": "list", "elements": "str"},
            "kernel": {"type": "path"},
            "ramdisk": {"type": "path"},
            "kernel_dir": {"type": "path"},
            "bootloader": {"type": "str", "choices": list(_linux_boot.LOADERS)},
            "pvgrub": {"type": "path"},
            "force": {"type": "path"},
            **spec(),
            **common_spec(),
        },
        mutually_exclusive=[("kernel", "bootloader")],
        required_by={"ramdisk": "kernel"},
        supports_check_mode=True,
    )
    run(module, lambda: InstallTask(module.params, module.check_mode).run())


if __name__ == "__main__":
    main()
