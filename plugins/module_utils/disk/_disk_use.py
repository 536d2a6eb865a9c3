# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Who has a disk: guests that run, guests that are configured, and the dom0 itself."""

from __future__ import annotations

import os
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.hostview._hostview import HostView
from ansible_collections.netbsd.xen.plugins.module_utils.options._options import BY_NAME
from ansible_collections.netbsd.xen.plugins.module_utils.storage import _vnd

# Without these there is no Xen, and without Xen no guest.
_NO_GUESTS = ("no_xen", "toolstack_missing")


class User(NamedTuple):
    """Somebody who has a disk.

    :param domain: name of the guest, None when it is the dom0.
    :param where: for messages: ``the running domain web``.
    :param running: it has the disk now; else it would have it at its next start.
    :param access: ``w`` or ``r``.
    """

    domain: str | None
    where: str
    running: bool
    access: str


def users(view: HostView, path: str) -> list[User]:
    """Everybody who has the file or device at ``path``.

    :raises HostError: Xen runs and does not answer, so there may be guests.
    """
    if view.problem and view.problem.details["error_id"] not in _NO_GUESTS:
        raise view.problem
    # others may have it by the vnd or loop device that shows it
    names = {*_names(path), *_vnd.devices_of(os.path.realpath(path))}
    found = _running(view, names) + _configured(view, names)
    if not any(user.running for user in found):
        found += _dom0(path, names)
    return found


def dom0_users(path: str) -> list[User]:
    """The dom0 itself, when it has the file or device at ``path``; a guest's device counts as its own."""
    return _dom0(path, {*_names(path), *_vnd.devices_of(os.path.realpath(path))})


def _running(view: HostView, names: set[str]) -> list[User]:
    found = []
    guests = [row for row in view.rows if row.domid]
    configs = view.configurations() if guests else {}
    for row in guests:
        for disk in BY_NAME["disks"].live(configs[row.domid]) if row.domid in configs else []:
            if disk.target and _names(disk.target) & names:
                found.append(User(row.name, f"the running domain {row.name}", True, disk.access))
    return found


def _configured(view: HostView, names: set[str]) -> list[User]:
    found = []
    for path, config in view.configs().items():
        try:
            disks = _plan_config.on_disk(config, BY_NAME["disks"]) or []
        except XenError:
            continue  # the toolstack would not start it either
        for disk in disks:
            if disk.target and _names(disk.target) & names:
                found.append(User(str(config.value("name")), f"the config file {path}", False, disk.access))
    return found


def _names(target: str) -> set[str]:
    """What one disk is called: its path, its real path, and the vnd that a partition belongs to.

    xl prepends /dev to a target that is no whole path.
    """
    path = os.path.join("/dev", target)
    real = os.path.realpath(path)
    return {path, real, _vnd.unit_of(real) or real}


def _dom0(path: str, names: set[str]) -> list[User]:
    """The dom0 itself, by a mount or by a vnd or loop device that no guest of Xen's explains."""
    mounted = _host.mounted_devices()
    units = [_vnd.unit_of(device) or device for device in mounted]
    if names & {*mounted, *units}:
        return [User(None, "a file system that is mounted in the dom0", True, "w")]
    devices = _vnd.devices_of(path)
    return [User(None, f"the device {device} of the dom0", True, "w") for device in devices]
