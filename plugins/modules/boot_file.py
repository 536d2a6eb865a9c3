#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: boot_file
short_description: Put a hypervisor or a kernel on the root file system
version_added: 0.2.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Puts a hypervisor or a kernel where the boot loader finds it, which reads the root file system only and knows short
    names best. It comes from a file of the host, such as one of the package C(xenkernel420), or from a URL, such as the
    C(binary/kernel) directory of a NetBSD release.
  - The file is checked before anything is changed, that it is complete, that it is what O(kind) says, and that it fits
    beside the old one. It takes the place of the old one in one step.
  - The kernel that boots without Xen is never overwritten.
extends_documentation_fragment:
  - netbsd.xen.attributes
attributes:
  check_mode:
    support: full
    details:
      - Nothing is fetched from a URL in check mode.
  diff_mode:
    support: full
    details:
      - Version, size and checksum of the file.
  idempotent:
    support: full
  platform:
    description: Operating systems of the hosts that this module can manage.
    support: full
    platforms: posix
    details:
      - NetBSD on amd64 and i386.
options:
  dest:
    description: The file on the root file system, such as V(/xen420.gz).
    type: path
    required: true
  src:
    description:
      - A path on the host, or a URL (V(file:), V(http:), V(https:), V(ftp:)).
      - A file of the host is compared with O(dest) each time. One from a URL is fetched again only when O(dest) does
        not have the O(checksum), or with O(force).
      - When it is not set, nothing is changed. The module only looks whether O(dest) is there and is what O(kind) says.
    type: str
  kind:
    description:
      - What the file must be, V(hypervisor), V(dom0_kernel) (a XEN3_DOM0 kernel), V(kernel) (any kernel for the machine
        itself, not for guests), or V(any) thing that boots.
    type: str
    choices: [any, hypervisor, dom0_kernel, kernel]
    default: any
  checksum:
    description:
      - The checksum that O(src) must have, such as V(sha256:HEX) or V(sha512:HEX), as in the file C(SHA512) of a
        release. The algorithm may be left out.
    type: str
  keep_previous:
    description:
      - Keep the old content as C(NAME.old.gz), when it is replaced and has been booted since it was put there.
      - Another file that was kept before it makes room for it.
    type: bool
    default: false
  force:
    description: Fetch from the URL even when O(dest) is there.
    type: bool
    default: false
  assume_source:
    description:
      - In check mode, take a O(src) that is missing for one that an earlier task, which installs its package, would
        have brought.
    type: bool
    default: false
  validate_certs:
    description: Whether the certificate of an https server must be valid.
    type: bool
    default: true
seealso:
  - module: netbsd.xen.boot_entry
"""

EXAMPLES = r"""
- name: Copy the hypervisor of the package to the root file system
  netbsd.xen.boot_file:
    src: /usr/pkg/xen420-kernel/xen.gz
    dest: /xen420.gz
    kind: hypervisor

- name: Fetch the dom0 kernel of a release, and keep the one before
  netbsd.xen.boot_file:
    src: https://cdn.NetBSD.org/pub/NetBSD/NetBSD-10.1/amd64/binary/kernel/netbsd-XEN3_DOM0.gz
    checksum: "sha512:{{ dom0_kernel_sha512 }}"
    dest: /netbsd-XEN3_DOM0.gz
    kind: dom0_kernel
    keep_previous: true
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be done, in order.
  returned: success
  type: list
  elements: str
  sample: ["install /xen420.gz from /usr/pkg/xen420-kernel/xen.gz"]
dest:
  description: The file.
  returned: success
  type: str
kind:
  description:
    - What it is, C(hypervisor), C(dom0), C(native), C(domu), or C(unknown) for a kernel that does not say. Null when
      check mode cannot tell.
  returned: success
  type: str
version:
  description: What it says of itself, such as C(NetBSD 10.1 (XEN3_DOM0\)); null when it says nothing.
  returned: success
  type: str
checksum:
  description: Its checksum, C(sha256:HEX); null when check mode cannot tell.
  returned: success
  type: str
bytes:
  description: Its size; null when check mode cannot tell.
  returned: success
  type: int
previous:
  description: The file with the content before; null when none is kept.
  returned: success
  type: str
error_id:
  description:
    - The kind of error, for programs. Among them C(bad_value), C(source_missing), C(source_unreachable),
      C(dest_missing), C(wrong_checksum), C(not_bootable), C(wrong_kind), C(native_kernel) and C(no_space).
  returned: failure
  type: str
"""

from functools import partial

from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_file import BootFileTask
from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, run
from ansible_collections.netbsd.xen.plugins.module_utils.fetch import _download


def main() -> None:
    spec = {
        "dest": {"type": "path", "required": True},
        "src": {"type": "str"},
        "kind": {"type": "str", "choices": ["any", "hypervisor", "dom0_kernel", "kernel"], "default": "any"},
        "checksum": {"type": "str"},
        "keep_previous": {"type": "bool", "default": False},
        "force": {"type": "bool", "default": False},
        "assume_source": {"type": "bool", "default": False},
        "validate_certs": {"type": "bool", "default": True},
    }
    module = XenModule(argument_spec=spec, supports_check_mode=True)
    task = partial(BootFileTask, fetch=partial(_download.content, validate_certs=module.params["validate_certs"]))
    run(module, lambda: task(module.params, module.check_mode).run())


if __name__ == "__main__":
    main()
