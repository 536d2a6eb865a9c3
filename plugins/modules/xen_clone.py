#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_clone
short_description: Make a new domain out of an existing one
version_added: 0.3.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Copies a domain, its config file and its disks, under a new name and with an identity of its own. Everything else of
    the config file stays as it is, comments too.
  - The source must not write to its disks meanwhile. It is stopped, or paused, or O(pause) allows to pause it.
  - Disks that the source only reads, CD-ROMs among them, are shared and not copied.
  - A clone that is there is left alone, whatever has become of it and of the source.
  - The config file is written last. When a task was killed, the next one makes everything again that it had made, and
    nothing else.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.platform
  - netbsd.xen.attributes.actiongroup_xen
  - netbsd.xen.xen
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description: Name of the new domain.
    type: str
    required: true
  source:
    description: Name of the domain to copy. It needs a config file.
    type: str
    required: true
  config:
    description:
      - Path of the new config file.
      - When not set, the file in O(config_dir) that M(netbsd.xen.xen_domain) takes for O(name).
    type: path
  source_config:
    description:
      - Path of the config file of O(source).
      - When not set, the file in O(config_dir) that M(netbsd.xen.xen_domain) takes for O(source).
    type: path
  disks:
    description:
      - Where disks go, a path for each vdev. Images may become volumes, and volumes images.
      - A disk that is not named here gets the path of the source's with O(name) in place of O(source), in the file or
        volume, or in the folder of the file. Folders and volume groups must exist.
    type: dict
  directory:
    description: Folder for the images that O(disks) does not name.
    type: path
  sparse:
    description:
      - Whether image files have holes where there are only zeros.
      - When not set, an image is as its source; and one that is made of a volume is not sparse.
    type: bool
  pause:
    description:
      - Allows to pause a O(source) that runs while its disks are copied. Its file systems in the clone are then as
        after a power failure.
      - If the task is killed, the source stays paused until the task is run again.
    type: bool
    default: false
  compare:
    description: Read each disk and its copy again, and compare them.
    type: bool
    default: false
notes:
  - The clone is not started. M(netbsd.xen.xen_domain) does that, and changes its properties.
  - What the guest itself has on its disks, such as its host name, addresses and SSH keys, is copied as well.
  - Other tasks on domains of this host wait while the disks are copied.
seealso:
  - module: netbsd.xen.xen_domain
  - module: netbsd.xen.xen_disk
"""

EXAMPLES = r"""
- name: A second web server; web.img becomes web2.img
  netbsd.xen.xen_clone:
    source: web
    name: web2

- name: A copy of a running database, on another volume
  netbsd.xen.xen_clone:
    source: db
    name: db-test
    pause: true
    disks:
      xvda: /dev/vg1/db-test
      xvdb: /home/xen/db-test-logs.img

- name: Start it, with less memory
  netbsd.xen.xen_domain:
    name: db-test
    state: running
    memory: 512
"""

RETURN = r"""
actions:
  description: The steps of the plan, in order; what was done, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample:
    - write /etc/xen/.web2.clone
    - create /srv/xen/web2.img (10 GiB, sparse, from /srv/xen/web.img)
    - write /etc/xen/web2.cfg
    - remove /etc/xen/.web2.clone
domain:
  description: The clone.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      type: str
    state:
      description: C(stopped), unless it was there and runs.
      type: str
    config:
      description: Path of its config file.
      type: str
    uuid:
      description: Its UUID.
      type: str
    macs:
      description: The MAC addresses of its vifs.
      type: list
      elements: str
    disks:
      description: The paths of its disks.
      type: list
      elements: str
error_id:
  description:
    - The kind of error, for programs. Among them C(no_such_domain), C(source_running), C(disk_in_use),
      C(target_exists), C(no_space), C(copy_differs), C(name_in_use), C(wrong_config), C(duplicate_uuid),
      C(duplicate_mac).
  returned: failure
  type: str
actions_done:
  description: The steps that had been done when one failed.
  returned: failure of a step
  type: list
  elements: str
taken_back:
  description: What was undone after that.
  returned: failure of a step
  type: list
  elements: str
"""

from ansible_collections.netbsd.xen.plugins.module_utils.clone import _clone_task
from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run


def main() -> None:
    module = XenModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "source": {"type": "str", "required": True},
            "config": {"type": "path"},
            "source_config": {"type": "path"},
            "disks": {"type": "dict"},
            "directory": {"type": "path"},
            "sparse": {"type": "bool"},
            "pause": {"type": "bool", "default": False},
            "compare": {"type": "bool", "default": False},
            **common_spec(),
        },
        supports_check_mode=True,
    )
    run(module, lambda: _clone_task.run(module.params, module.check_mode))


if __name__ == "__main__":
    main()
