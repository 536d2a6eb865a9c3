# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Whether guests that shall be on another dom0 while this one is upgraded can go there, and come back.

All of it is looked at before the first guest is touched. What concerns one guest (its disks, bridges, PCI functions, a
domain of its name there) is what the plan of xen_domain_command's migrate finds; what concerns all of them is here.
"""

from __future__ import annotations

import re
from typing import Any, Mapping, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.domain import _domain_command
from ansible_collections.netbsd.xen.plugins.module_utils.hostview import _checks
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _peer


class Move(NamedTuple):
    """
    :param destination: the other dom0, as ssh of this one knows it; empty when none was given.
    :param live: copy the memory while the guest runs.
    :param back: the guests come back after the upgrade.
    """

    destination: str
    ssh_command: str
    live: bool
    disks_shared: bool
    back: bool


class Here(NamedTuple):
    """This host.

    :param running: the Xen that runs, such as ``4.18.3``.
    :param wanted: the Xen that it shall have, such as ``4.20``.
    :param info: `xl info`.
    """

    running: str
    wanted: str
    info: Mapping[str, str]


def look(rows: Sequence[Mapping[str, Any]], move: Move, here: Here, params: Mapping[str, Any]) -> list[str]:
    """Ask both hosts; why the guests cannot be moved.

    :param rows: of the guests to move, as the ``domains`` of xen_domain_info.
    :param params: ``toolstack`` and ``config_dir`` of the module.
    """
    if not rows:
        return []
    if not move.destination:
        names = ", ".join(str(row["name"]) for row in rows)
        return [f"{names}: the policy is to migrate, and no destination is given. Name the other dom0."]
    try:
        view = _peer.Peer(move.destination, move.ssh_command).look()
    except XenError as error:
        return [error.message]
    found = together(rows, move, here, view.info)
    return found + [text for row in rows for text in _alone(str(row["name"]), move, params)]


def together(rows: Sequence[Mapping[str, Any]], move: Move, here: Here, there: Mapping[str, str]) -> list[str]:
    """Why hosts and guests do not go together.

    Xen takes in what the same or an older version has sent, and is not made for the reverse. So there is a way there
    and back only by a host whose version is between the two of this one.

    :param there: `xl info` of the other host.
    """
    found = []
    version = there.get("xen_version", "")
    if _version(version) < _version(here.running):
        found.append(f"{move.destination} has Xen {version}, and takes no guest of Xen {here.running}: it is older.")
    if move.back and _version(version) > _version(here.wanted):
        found.append(
            f"{move.destination} has Xen {version}: a guest could not come back from there to Xen {here.wanted}, which "
            "is older. Take this host to that version too, or let the guests stay there."
        )
    # with what Xen itself takes for each; the check counts that for one guest
    need = sum(int(row["memory"]) + _checks.OVERHEAD_MIB for row in rows) - _checks.OVERHEAD_MIB
    try:
        _checks.memory({"memory": need}, dict(there), 0)
    except HostError as error:
        found.append(
            f"{move.destination} has {error.details['free_mib']} MiB of memory free, and the guests need "
            f"{error.details['wanted_mib']} MiB. Move fewer of them, or make room there."
        )
    if move.live and _lacks_shadow(here.info):
        names = [str(row["name"]) for row in rows if row["live"].get("type") == "pv"]
        found += [
            f"{name}: it is a PV guest, and this hypervisor cannot copy one while it runs (no shadow paging, see "
            "virt_caps of `xl info`). Migrate it by a file, which is not live."
            for name in names
        ]
    return found


def _lacks_shadow(info: Mapping[str, str]) -> bool:
    """Since 4.13 xl tells ``hap`` and ``shadow`` (tools/xl/xl_info.c); of an older one, nothing is known."""
    caps = info.get("virt_caps", "").split()
    return "hap" in caps and "shadow" not in caps


def _alone(name: str, move: Move, params: Mapping[str, Any]) -> list[str]:
    """Why this guest cannot be moved, by the plan of the command that would move it."""
    command = {
        **{key: params[key] for key in ("toolstack", "config_dir")},
        **{"name": name, "command": "migrate", "destination": move.destination, "ssh_command": move.ssh_command},
        **{"live": move.live, "disks_shared": move.disks_shared, "move_config": not move.back},
        **{"config": None, "timeout": 0, "wait_for_console": None, "console_position": None},
    }
    try:
        _domain_command.CommandTask(command, check_mode=True).run()
    except XenError as error:
        # that is told once, of all of them
        return [] if error.details.get("error_id") == "insufficient_memory" else [f"{name}: {error.message}"]
    return []


def _version(text: str) -> tuple[int, ...]:
    """``4.18.3-pre`` is (4, 18); the last number is that of a bug fix release, which matters to no guest."""
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])
