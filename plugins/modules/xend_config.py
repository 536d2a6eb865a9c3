#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xend_config
short_description: Keep settings of xend-config.sxp, the configuration of xend
version_added: 0.2.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Keeps settings of C(xend-config.sxp), which xend of Xen 3.1 to 4.2 reads when it starts.
  - Only the forms that change are edited; comments, order and all other forms stay as they are.
  - Does not restart xend.
  - A file with a C(vncpasswd) in it is made readable for its owner only, and so is its backup; the diff masks it.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  settings:
    description:
      - Names of forms and their values. V(vif-script) with V(vif-bridge) is C((vif-script vif-bridge\)); a list gives a
        form with several values; booleans are written as C(yes) and C(no).
      - A value of V(null) takes the form away, so that xend's default counts.
    type: dict
    required: true
  path:
    description:
      - Path of the file. When not set, C(/usr/pkg/etc/xen/xend-config.sxp) on NetBSD, where the packages have it, and
        C(/etc/xen/xend-config.sxp) elsewhere.
    type: path
  backup:
    description: Keep a copy of the file in C(/var/backups) before it is changed.
    type: bool
    default: false
seealso:
  - module: netbsd.xen.xl_conf
  - module: netbsd.xen.bridge
"""

EXAMPLES = r"""
- name: Put vifs into the bridge that the guest's file names
  netbsd.xen.xend_config:
    settings:
      vif-script: vif-bridge

- name: Keep the memory of the dom0 as the boot entry says
  netbsd.xen.xend_config:
    settings:
      enable-dom0-ballooning: false
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be done.
  returned: success
  type: list
  elements: str
  sample: ["edit /usr/pkg/etc/xen/xend-config.sxp"]
path:
  description: Path of the file.
  returned: success
  type: str
backup_files:
  description: The copies that were kept.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, run
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _toolstackconf


def main() -> None:
    module = XenModule(
        argument_spec={
            "settings": {"type": "dict", "required": True},
            "path": {"type": "path"},
            "backup": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    given = module.params
    path = given["path"] or f"{_host.layout().config_dir}/xend-config.sxp"
    arguments = (path, given["settings"], _toolstackconf.xend_edited, module.check_mode, given["backup"])
    run(module, lambda: _toolstackconf.make(*arguments))


if __name__ == "__main__":
    main()
