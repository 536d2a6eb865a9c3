#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: netbsd_kernel
short_description: Put a kernel for guests from a NetBSD release into the dom0
version_added: 0.4.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Fetches a kernel for guests, such as C(XEN3_DOMU) or C(INSTALL_XEN3_DOMU), checks it by the file C(SHA512) of the
    release, looks whether it is one for guests and for the machine, and puts it where C(xl) shall find it.
  - A kernel that is there already is good as it is. The one that the dom0 itself boots is a matter of
    M(netbsd.xen.boot_file).
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
  - netbsd.xen.netbsd_release
attributes:
  check_mode:
    support: full
    details:
      - Nothing is fetched.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  path:
    description: Where it goes in the dom0.
    type: path
    required: true
  kernel_config:
    description: Its configuration, such as V(INSTALL_XEN3_DOMU).
    type: str
    required: true
seealso:
  - module: netbsd.xen.netbsd_install
  - module: netbsd.xen.xen_install
"""

EXAMPLES = r"""
- name: The kernel of the installer
  netbsd.xen.netbsd_kernel:
    path: /netbsd-INSTALL_XEN3_DOMU-10.1.gz
    kernel_config: INSTALL_XEN3_DOMU
    release: "10.1"
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["put the kernel INSTALL_XEN3_DOMU of NetBSD 10.1 at /netbsd-INSTALL_XEN3_DOMU-10.1.gz"]
error_id:
  description:
    - The kind of error, for programs. Among them C(bad_value), C(no_such_kernel), C(bad_checksums), C(source_missing),
      C(source_unreachable), C(wrong_checksum), C(wrong_architecture), C(wrong_kernel), C(not_bootable).
  returned: failure
  type: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, run
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _guest_kernel, _release_files


def main() -> None:
    module = XenModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "kernel_config": {"type": "str", "required": True},
            **_release_files.spec(),
        },
        supports_check_mode=True,
    )
    run(module, lambda: _guest_kernel.run(module.params, module.check_mode))


if __name__ == "__main__":
    main()
