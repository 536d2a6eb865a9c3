#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xl_conf
short_description: Keep settings of xl.conf, the defaults of the xl toolstack
version_added: 0.2.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Keeps settings of C(xl.conf(5\)), such as the bridge of vifs that name none.
  - Only the values that change are edited; comments, order and all other settings stay as they are.
  - xl reads the file anew each time it runs, so nothing is restarted.
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
      - Keys of C(xl.conf) and their values. Texts, numbers and lists are written in its grammar; booleans as 1 and 0.
      - A value of V(null) takes the key away, so that xl's default counts.
    type: dict
    required: true
  path:
    description:
      - Path of the file. When not set, C(/usr/pkg/etc/xen/xl.conf) on NetBSD, where the packages have it, and
        C(/etc/xen/xl.conf) elsewhere.
    type: path
  backup:
    description: Keep a copy of the file in C(/var/backups) before it is changed.
    type: bool
    default: false
seealso:
  - module: netbsd.xen.xend_config
  - module: netbsd.xen.bridge
"""

EXAMPLES = r"""
- name: Put vifs that name no bridge into bridge0; xl's own default is a name that NetBSD does not know
  netbsd.xen.xl_conf:
    settings:
      vif.default.bridge: bridge0

- name: Never take memory from the dom0 for a guest
  netbsd.xen.xl_conf:
    settings:
      autoballoon: "off"
"""

RETURN = r"""
actions:
  description: What was done, or in check mode would be done.
  returned: success
  type: list
  elements: str
  sample: ["edit /usr/pkg/etc/xen/xl.conf"]
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
    path = given["path"] or f"{_host.layout().config_dir}/xl.conf"
    arguments = (path, given["settings"], _toolstackconf.xl_edited, module.check_mode, given["backup"])
    run(module, lambda: _toolstackconf.make(*arguments))


if __name__ == "__main__":
    main()
