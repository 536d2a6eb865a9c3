#!/usr/bin/python
# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: xen_snapshot_info
short_description: List the snapshots of Xen domains
version_added: 0.3.0
author: the netbsd.xen maintainers (@netbsd-xen)
description:
  - Lists what M(netbsd.xen.xen_snapshot) has taken. The manifests are read, the disks are not, and Xen is not asked.
extends_documentation_fragment:
  - netbsd.xen.attributes
  - netbsd.xen.attributes.info_module
  - netbsd.xen.attributes.platform
options:
  name:
    description: Name of a domain. When not set, the snapshots of all.
    type: str
  directory:
    description:
      - Folder of the snapshots.
      - When not set, C(/var/lib/xen/snapshots).
    type: path
seealso:
  - module: netbsd.xen.xen_snapshot
"""

EXAMPLES = r"""
- name: What there is to go back to
  netbsd.xen.xen_snapshot_info:
    name: web
  register: found
"""

RETURN = r"""
snapshots:
  description: The snapshots, by domain and name.
  returned: success
  type: list
  elements: dict
  contains:
    domain:
      description: Name of the domain.
      type: str
    snapshot:
      description: Name of the snapshot.
      type: str
    taken:
      description: When it was taken, in UTC.
      type: str
    state:
      description: What the guest was then, C(running), C(paused) or C(stopped).
      type: str
    memory:
      description: Whether its memory was taken, too.
      type: bool
    reverting:
      description: Whether a task began to go back to it and did not end.
      type: bool
    disks:
      description: The disks in it.
      type: list
      elements: dict
      contains:
        vdev:
          description: The disk as the guest sees it.
          type: str
        path:
          description: The disk in the dom0.
          type: str
        kind:
          description: C(file) or C(volume).
          type: str
        size:
          description: Bytes of the disk.
          type: int
        method:
          description: C(copy) or C(lvm).
          type: str
        saved_as:
          description: The file in the snapshot's folder, or the LVM snapshot.
          type: str
        sha256:
          description: Checksum of a copy, null for an LVM snapshot.
          type: str
"""

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core._xen_module import XenModule, run
from ansible_collections.netbsd.xen.plugins.module_utils.snapshot import _snapshot_store as store


def work(params: dict[str, Any]) -> dict[str, Any]:
    directory = params["directory"] or store.DEFAULT_DIRECTORY
    found = []
    for domain in store.domains(directory):
        if params["name"] in (None, domain):
            found += store.described(store.Store(directory, domain))
    return {"changed": False, "snapshots": found}


def main() -> None:
    module = XenModule(
        argument_spec={"name": {"type": "str"}, "directory": {"type": "path"}},
        supports_check_mode=True,
    )
    run(module, lambda: work(module.params))


if __name__ == "__main__":
    main()
