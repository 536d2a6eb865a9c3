#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_media
short_description: Copy kernel and ramdisk out of an installer's CD image
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Attaches a CD image to a device of the dom0 (C(vnd(4\)) on NetBSD), mounts it read-only, copies files out of it, and
    takes all of that away again. A PV guest needs kernel and ramdisk of its installer as files of the dom0.
  - A file that is there already is good as it is, and the image is then not looked at.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
attributes:
  check_mode:
    support: full
    details:
      - The image is not mounted, so that a file is not on it is not known.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  image:
    description: The CD image, on the managed host.
    type: path
    required: true
  files:
    description: What is copied.
    type: list
    elements: dict
    required: true
    suboptions:
      src:
        description: Paths on the CD. The first one that is there is taken, since releases have put them elsewhere.
        type: list
        elements: str
        required: true
      dest:
        description: Where it goes in the dom0. The folder must exist.
        type: path
        required: true
seealso:
  - module: netbsd.xen.xen_install
"""

EXAMPLES = r"""
- name: Kernel and microroot of OpenSolaris, 64 bits
  netbsd.xen.xen_media:
    image: /home/iso/osol-0906-x86.iso
    files:
      - src: [platform/i86xpv/kernel/amd64/unix, boot/platform/i86xpv/kernel/amd64/unix]
        dest: /root/solaris/unix
      - src: [boot/amd64/x86.microroot, boot/x86.microroot]
        dest: /root/solaris/x86.microroot
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be, in order.
  returned: success
  type: list
  elements: str
  sample: ["copy boot/amd64/x86.microroot of /home/iso/osol-0906-x86.iso to /root/solaris/x86.microroot"]
error_id:
  description:
    - The kind of error, for programs. Among them C(bad_value), C(source_missing), C(cannot_mount), C(not_on_media),
      C(disk_in_use), C(vnds_exhausted).
  returned: failure
  type: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, run
from ansible_collections.netbsd.xen.plugins.module_utils.installer import _media


def main() -> None:
    files = {
        "src": {"type": "list", "elements": "str", "required": True},
        "dest": {"type": "path", "required": True},
    }
    module = XenModule(
        argument_spec={
            "image": {"type": "path", "required": True},
            "files": {"type": "list", "elements": "dict", "required": True, "options": files},
        },
        supports_check_mode=True,
    )
    run(module, lambda: _media.run(module.params, module.check_mode))


if __name__ == "__main__":
    main()
