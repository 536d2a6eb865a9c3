#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_disk
short_description: Make and grow image files and LVM volumes for guests
version_added: 0.3.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Makes a disk for a guest when it is missing, empty or from a template, and grows it when it is smaller than wanted.
  - A disk is never made smaller. It is removed only by O(state=absent) with its very path, and only when no guest has
    it, running or configured, and the dom0 has not mounted it.
  - An image appears under its name when it is complete. A task that was killed leaves a hidden file or a volume with
    C(.partial) behind, which the next one takes over.
  - A template on a server is streamed into the disk, unpacked on the way, without a file in between.
  - Whole disks and partitions are not touched. Guests can have them as they are.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
  - netbsd.xen.attributes.actiongroup_xen
  - netbsd.xen.xen
attributes:
  check_mode:
    support: full
    details:
      - That a compressed O(source) is damaged, or larger than O(size), is known only when it is unpacked. The checksum
        of a O(source) on a server is known only when all of it has come.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - With O(force) the disk is made again each time.
options:
  path:
    description:
      - Path of an image file, or of an LVM volume as C(/dev/GROUP/VOLUME).
      - Its folder, or its volume group, must exist.
    type: path
    required: true
  state:
    description: Whether it shall be there, or be removed with all that is on it.
    type: str
    choices: [present, absent]
    default: present
  size:
    description:
      - Its size, with a unit; V(10G), V(512M) and V(1.5T) are binary.
      - Needed to make a disk, unless O(source) tells it. A volume gets as many extents as hold it.
      - A smaller disk is grown to it. What is on the disk stays, and the guest has to make use of the new space itself.
      - A disk that is larger makes the task fail. When O(size) is not set, a disk that is there is good as it is.
    type: str
  sparse:
    description:
      - Whether an image file takes its space only when the guest writes to it. More may be promised than there is, of
        which the module warns.
      - When not set, a new file gets all its space at once, and one that grows stays as it is.
      - On NetBSD, C(vnd(4\)) is slower with sparse files.
    type: bool
  source:
    description:
      - An image to make the disk from, as a path on the managed host, or as a URL that the managed host can fetch, with
        C(http), C(https) or C(file).
      - It may be compressed with gzip, xz, bzip2 or zstd, which is seen at its first bytes. For zstd the host needs
        Python 3.14 or the program C(zstd).
      - Looked at only when the disk is made. What a disk has that exists is never replaced, but by O(force).
      - One that a running guest writes to, or that the dom0 has mounted, is refused.
    type: str
  checksum:
    description:
      - Checksum of O(source) as it lies there, compressed or not, such as V(sha256:…).
      - Or where a file of checksums is, as a URL or a path on the managed host, with the algorithm before it
        (V(sha512:https://…)) or without. It may have lines as of C(sha256sum) or as of NetBSD's C(cksum), of which the
        one with the name of O(source) counts.
      - What comes from a server under another checksum is thrown away, and the task fails.
    type: str
  force:
    description:
      - Make the disk of O(source) also when it is there, and lose what is on it. It goes when the new one is complete,
        so there must be room for both.
      - It is not made smaller by that. One that a running guest or the dom0 has is refused.
    type: bool
    default: false
  retries:
    description:
      - How often a server that does not answer, or breaks off, is asked again, after pauses that become longer. One
        that refuses is not.
    type: int
    default: 3
  timeout:
    description: Seconds for which a server may be silent.
    type: int
    default: 30
  validate_certs:
    description: Whether the certificate of an C(https) server must be valid.
    type: bool
    default: true
  url_username:
    description: User to log in as on the server.
    type: str
  url_password:
    description: Password to log in with on the server.
    type: str
  mode:
    description:
      - Permissions of the image file in octal digits. A new file gets V(0600).
    type: raw
  owner:
    description: Owner of the image file, by name or number.
    type: str
  group:
    description: Group of the image file, by name or number.
    type: str
notes:
  - A new volume still has what earlier volumes had there. LVM wipes its beginning only; make it with a O(source), or
    let the guest overwrite it.
  - A guest that runs goes on with the old size of a disk that was grown, and RV(restart_required) is returned. Only a
    volume of a Linux dom0 is another matter, of which a running guest is told.
seealso:
  - module: netbsd.xen.xen_domain
"""

EXAMPLES = r"""
- name: An image of 10 GiB
  netbsd.xen.xen_disk:
    path: /home/xen/web.img
    size: 10G

- name: A volume
  netbsd.xen.xen_disk:
    path: /dev/vg0/db
    size: 100G

- name: A disk made of a template, larger than that
  netbsd.xen.xen_disk:
    path: /home/xen/mail.img
    source: /home/xen/templates/netbsd-10.img.xz
    checksum: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    size: 20G
    sparse: true

- name: A golden image from a server, checked by the list that lies beside it
  netbsd.xen.xen_disk:
    path: /dev/vg0/web
    source: https://images.example.org/netbsd-10.1-amd64.img.zst
    checksum: sha512:https://images.example.org/SHA512
    size: 20G

- name: A guest of it, with a MAC and a UUID of its own
  netbsd.xen.xen_domain:
    name: web
    state: running
    kernel: /netbsd-XEN3_DOMU.gz
    memory: 512
    disks:
      - target: /dev/vg0/web
        vdev: "0x0"
    vifs:
      - bridge: bridge0

- name: The same disk anew, and all that it has had is lost
  netbsd.xen.xen_disk:
    path: /dev/vg0/web
    source: https://images.example.org/netbsd-10.1-amd64.img.zst
    force: true

- name: Remove a disk, and all that is on it
  netbsd.xen.xen_disk:
    path: /home/xen/old.img
    state: absent
"""

RETURN = r"""
actions:
  description: The steps of the plan, in order; what was done, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["create /home/xen/web.img (10 GiB)"]
restart_required:
  description: The disk was grown, and a guest that has it goes on with the old size until it is restarted.
  returned: success
  type: bool
disk:
  description: The disk after the task. In check mode, with the size that it would have.
  returned: success
  type: dict
  contains:
    path:
      description: Its path. A volume is always C(/dev/GROUP/VOLUME).
      type: str
    kind:
      description: C(file) or C(volume).
      type: str
    exists:
      description: Whether it is there.
      type: bool
    size:
      description: Its size in bytes, null when it is gone, or when only unpacking its O(source) tells.
      type: int
    allocated:
      description: Bytes that it takes now, null when it is not there.
      type: int
error_id:
  description:
    - The kind of error, for programs. Among them C(bad_value), C(disk_missing), C(would_shrink), C(disk_in_use),
      C(no_space), C(no_volume_group), C(source_missing), C(source_format), C(source_damaged), C(source_too_large),
      C(source_unreachable), C(source_in_use), C(wrong_checksum), C(checksum_missing), C(in_progress).
  returned: failure
  type: str
actions_done:
  description: The steps that had been done when one failed.
  returned: failure of a step
  type: list
  elements: str
"""

from ansible.module_utils.urls import open_url

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run
from ansible_collections.netbsd.xen.plugins.module_utils.disk._disk_task import DiskTask


def main() -> None:
    module = XenModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "size": {"type": "str"},
            "sparse": {"type": "bool"},
            "source": {"type": "str"},
            "checksum": {"type": "str"},
            "force": {"type": "bool", "default": False},
            "retries": {"type": "int", "default": 3},
            "timeout": {"type": "int", "default": 30},
            "validate_certs": {"type": "bool", "default": True},
            "url_username": {"type": "str"},
            "url_password": {"type": "str", "no_log": True},
            "mode": {"type": "raw"},
            "owner": {"type": "str"},
            "group": {"type": "str"},
            **common_spec(),
        },
        supports_check_mode=True,
    )
    run(module, lambda: DiskTask(module.params, module.check_mode, open_url).run())


if __name__ == "__main__":
    main()
