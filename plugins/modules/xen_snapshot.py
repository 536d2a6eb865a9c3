#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_snapshot
short_description: Take snapshots of a domain's disks, and go back to them
version_added: 0.3.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Keeps what the disks of a domain say at one moment, under a name, and brings them back to it.
  - Image files are copied, without their holes. Volumes become LVM snapshots, which takes no time; NetBSD has no LVM
    snapshots, so there they are copied as well.
  - A guest must not write to its disks meanwhile. It is stopped, or paused, or O(pause) allows to pause it.
  - With O(memory), the guest's memory is taken at the very same moment, and going back goes on from there.
  - A snapshot that is there is left alone. A task that was killed leaves nothing under the snapshot's name, and the
    next one cleans up.
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
    details:
      - The list of snapshots; not what is on the disks.
  idempotent:
    support: partial
    details:
      - O(state=reverted) compares the disks, and changes nothing when they say what the snapshot says. A snapshot with
        memory is gone back to each time.
options:
  name:
    description: Name of the domain.
    type: str
    required: true
  snapshot:
    description: Name of the snapshot. Letters, digits, C(_), C(+), C(-) and single dots.
    type: str
    required: true
  state:
    description:
      - V(present) is there; it is taken when it is missing.
      - V(absent) is gone, with its copies and LVM snapshots. The domain's disks stay.
      - V(reverted) brings the disks back to what they were. The domain must be stopped, or O(allow_restart) set. Until
        all disks are done, what the images were is kept beside them as C(.before-revert).
    type: str
    choices: [present, absent, reverted]
    default: present
  directory:
    description:
      - Folder for snapshots. Copies of disks go there, so it needs their space.
      - When not set, C(/var/lib/xen/snapshots).
    type: path
  config:
    description:
      - Path of the config file of the domain.
      - When not set, the file in O(config_dir) that M(netbsd.xen.xen_domain) takes for O(name).
    type: path
  method:
    description:
      - V(auto) makes LVM snapshots of volumes where the system can. An LVM snapshot needs as much of the volume group
        as its volume has, and the volume becomes slower to write.
      - V(copy) copies volumes, too.
    type: str
    choices: [auto, copy]
    default: auto
  memory:
    description: Take the memory of the guest as well, which must run; with C(xl) only.
    type: bool
    default: false
  pause:
    description:
      - Allows to pause a guest that runs while its disks are taken. Without O(memory), its file systems in the snapshot
        are as after a power failure.
      - If the task is killed, the guest stays paused until the task is run again.
    type: bool
    default: false
  allow_restart:
    description:
      - Allows O(state=reverted) to destroy a guest that exists, and to start it again afterwards, from its config file
        or from the memory in the snapshot. What it has in memory now is lost, as what it has on its disks.
    type: bool
    default: false
notes:
  - Disks that the guest only reads are not taken, nor are its config file and its other properties.
  - Other tasks on domains of this host wait meanwhile.
seealso:
  - module: netbsd.xen.xen_snapshot_info
  - module: netbsd.xen.xen_clone
"""

EXAMPLES = r"""
- name: Keep the disks of a stopped guest before an upgrade
  netbsd.xen.xen_snapshot:
    name: web
    snapshot: before-upgrade

- name: Keep a running guest, with its memory
  netbsd.xen.xen_snapshot:
    name: db
    snapshot: ready
    memory: true
    pause: true

- name: Go back, whatever it is doing
  netbsd.xen.xen_snapshot:
    name: db
    snapshot: ready
    state: reverted
    allow_restart: true

- name: Throw it away
  netbsd.xen.xen_snapshot:
    name: web
    snapshot: before-upgrade
    state: absent
"""

RETURN = r"""
actions:
  description: The steps of the plan, in order; what was done, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample:
    - create /var/lib/xen/snapshots/web/.before-upgrade.partial
    - copy /srv/xen/web.img to /var/lib/xen/snapshots/web/.before-upgrade.partial/xvda.img
    - lvm lvcreate --yes -s -l 2582 -n web-data.before-upgrade vg0/web-data
    - rename /var/lib/xen/snapshots/web/.before-upgrade.partial to /var/lib/xen/snapshots/web/before-upgrade
snapshots:
  description: The names of the domain's snapshots after the task; in check mode, those that there would be.
  returned: success
  type: list
  elements: str
error_id:
  description:
    - The kind of error, for programs. Among them C(no_such_domain), C(no_such_snapshot), C(domain_running),
      C(domain_saved), C(not_running), C(disk_missing), C(disk_in_use), C(snapshot_damaged), C(manifest_damaged),
      C(would_shrink), C(no_space).
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

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, common_spec, run
from ansible_collections.netbsd.xen.plugins.module_utils.snapshot import _snapshot_task


def main() -> None:
    module = XenModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "snapshot": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent", "reverted"], "default": "present"},
            "directory": {"type": "path"},
            "config": {"type": "path"},
            "method": {"type": "str", "choices": ["auto", "copy"], "default": "auto"},
            "memory": {"type": "bool", "default": False},
            "pause": {"type": "bool", "default": False},
            "allow_restart": {"type": "bool", "default": False},
            **common_spec(),
        },
        supports_check_mode=True,
    )
    run(module, lambda: _snapshot_task.run(module.params, module.check_mode))


if __name__ == "__main__":
    main()
