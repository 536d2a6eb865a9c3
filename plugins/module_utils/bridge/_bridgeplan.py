# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""A bridge as a task wants it, as the host has it, and what lies between: pure, tested with plain data."""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.bridge import _bridgecheck, _bridgefile
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridge import BRCONFIG, Bridge, is_guest_interface
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridgefile import FileState, Target
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridgestate import Seen, Wanted
from ansible_collections.netbsd.xen.plugins.module_utils.core._plan import Step
from ansible_collections.netbsd.xen.plugins.module_utils.host import _hostplan
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostplan import FileChange, HostPlan
from ansible_collections.netbsd.xen.plugins.module_utils.host._ifconfig import IFCONFIG

ETHERMTU = 1500


class Change(NamedTuple):
    """A command for the live network, with the commands that take it back.

    :param touches: the interface whose change may cut a connection; None for what cuts none.
    """

    command: tuple[str, ...]
    undo: tuple[tuple[str, ...], ...]
    touches: str | None = None


class BridgePlan(NamedTuple):
    """
    :param host: the plan to be carried out.
    :param risks: sentences on how it may cut the connection that it is made over.
    :param undo: commands that bring the live network back, in the order in which to run them.
    :param file: the change of the file.
    """

    host: HostPlan
    risks: tuple[str, ...]
    undo: tuple[tuple[str, ...], ...]
    file: FileChange


def plan(wanted: Wanted, seen: Seen) -> BridgePlan:
    """What to do.

    :raises BadValue: an option that cannot be, an interface that does not exist.
    :raises ConflictError: a member of another bridge; guests in the way.
    """
    wanted = _with_members(wanted, seen)
    _bridgecheck.check(wanted, seen)
    changes = _live_changes(wanted, seen) if wanted.live else []
    after = _file_after(wanted, seen) if wanted.persistent else seen.text
    file = FileChange(_bridgefile.path_of(wanted.name), seen.text, after)
    risks = tuple(
        f"`{' '.join(change.command)}`"
        for change in changes
        if change.touches in seen.link.interfaces and change.touches
    )
    undo = tuple(command for change in reversed(changes) for command in change.undo)
    # the file first: when the connection is cut after all, the next boot brings what was asked for
    steps: list[Step] = [*_hostplan.file_steps(file), *(_hostplan.command(*change.command) for change in changes)]
    before, target = describe(wanted, seen), _described_target(wanted, seen, changes)
    warnings = _bridgecheck.warnings(wanted, seen, bool(steps))
    return BridgePlan(HostPlan(steps, wanted.name, before, target, warnings), risks, undo, file)


def _with_members(wanted: Wanted, seen: Seen) -> Wanted:
    """A task without members means those that the one of file and live bridge has that exists."""
    bridge = seen.bridges.get(wanted.name)
    if wanted.members is not None or not wanted.present or (bridge and seen.text is not None):
        return wanted
    if bridge:
        return wanted._replace(members=_own(tuple(reversed(bridge.member_names))), exact=False)
    if seen.text is not None:
        return wanted._replace(members=_bridgefile.read(seen.text, wanted.name).members, exact=False)
    return wanted


def target_mtu(wanted: Wanted, seen: Seen) -> int:
    """The MTU that the bridge and all its members must have: the task's, the bridge's, or the members' own."""
    if wanted.mtu is not None:
        return wanted.mtu
    current = seen.mtu_of(wanted.name)
    if current is not None:
        return current
    members = [seen.mtu_of(member) for member in wanted.members or ()]
    return next((mtu for mtu in members if mtu is not None), ETHERMTU)


def removed(wanted: Wanted, present: tuple[str, ...]) -> tuple[str, ...]:
    """The members to take away. Those of guests come and go with their guests: nobody lists them."""
    if wanted.members is None or not wanted.exact:
        return ()
    return tuple(name for name in present if name not in wanted.members and not is_guest_interface(name))


def _own(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if not is_guest_interface(name))


def _live_changes(wanted: Wanted, seen: Seen) -> list[Change]:
    name, bridge = wanted.name, seen.bridges.get(wanted.name)
    present = bridge.member_names if bridge else ()
    if not wanted.present:
        return [_destruction(wanted, seen)] if bridge else []
    gone = removed(wanted, present)
    stay = tuple(member for member in present if member not in gone)
    new = tuple(member for member in wanted.members or () if member not in present)
    return [
        *([] if bridge else [Change((IFCONFIG, name, "create"), ((IFCONFIG, name, "destroy"),))]),
        *(_deletion(name, bridge, member) for member in gone),
        *_mtu_changes(wanted, seen, (*stay, *new)),
        *(change for member in new for change in _addition(wanted, seen, member)),
        *_stp_changes(wanted, seen, (*stay, *new)),
        *_up_changes(wanted, bridge),
    ]


def _deletion(name: str, bridge: Bridge | None, member: str) -> Change:
    undo = ("add", member, *(("stp", member) if _has_stp(bridge, member) else ()))
    return _brconfig(name, ("delete", member), undo, member)


def _mtu_changes(wanted: Wanted, seen: Seen, members: tuple[str, ...]) -> list[Change]:
    """Before members are added: one with another MTU than the bridge is refused (up to NetBSD 7, if_bridge.c
    bridge_ioctl_add()), or changed behind our back (later)."""
    mtu = target_mtu(wanted, seen)
    changes = []
    for each in (*members, wanted.name) if wanted.mtu is not None else (wanted.name,):
        current = seen.mtu_of(each)
        if each == wanted.name and current is None:
            current = ETHERMTU
        if current is not None and current != mtu:
            undo = (IFCONFIG, each, "mtu", str(current))
            changes.append(Change((IFCONFIG, each, "mtu", str(mtu)), (undo,), each))
    return changes


def _addition(wanted: Wanted, seen: Seen, member: str) -> list[Change]:
    """On NetBSD an interface in a bridge keeps its addresses: this cuts nothing."""
    add = _brconfig(wanted.name, ("add", member), ("delete", member), None)
    if seen.interfaces[member].up:
        return [add]
    return [Change((IFCONFIG, member, "up"), ((IFCONFIG, member, "down"),)), add]


def _up_changes(wanted: Wanted, bridge: Bridge | None) -> list[Change]:
    if wanted.up == (bridge is not None and bridge.up):
        return []
    words = ("up", "down") if wanted.up else ("down", "up")
    touches = None if wanted.up else wanted.name
    return [Change((IFCONFIG, wanted.name, words[0]), ((IFCONFIG, wanted.name, words[1]),), touches)]


def _destruction(wanted: Wanted, seen: Seen) -> Change:
    bridge = seen.bridges[wanted.name]
    undo: list[tuple[str, ...]] = [(IFCONFIG, wanted.name, "create")]
    mtu = seen.mtu_of(wanted.name)
    if mtu not in (None, ETHERMTU):
        undo.append((IFCONFIG, wanted.name, "mtu", str(mtu)))
    # brconfig lists the newest first
    for member in reversed(bridge.members):
        undo.append((BRCONFIG, wanted.name, "add", member.name, *(("stp", member.name) if member.stp else ())))
    if bridge.up:
        undo.append((IFCONFIG, wanted.name, "up"))
    return Change((IFCONFIG, wanted.name, "destroy"), tuple(undo), wanted.name)


def _has_stp(bridge: Bridge | None, member: str) -> bool:
    return bridge is not None and any(each.name == member and each.stp for each in bridge.members)


def _brconfig(name: str, do: tuple[str, ...], undo: tuple[str, ...], touches: str | None) -> Change:
    return Change((BRCONFIG, name, *do), ((BRCONFIG, name, *undo),), touches)


def _stp_changes(wanted: Wanted, seen: Seen, members: tuple[str, ...]) -> list[Change]:
    if wanted.stp is None:
        return []
    bridge = seen.bridges.get(wanted.name)
    words = ("stp", "-stp") if wanted.stp else ("-stp", "stp")
    return [
        _brconfig(wanted.name, (words[0], member), (words[1], member), None)
        for member in _own(members)
        if _has_stp(bridge, member) != wanted.stp
    ]


def _file_after(wanted: Wanted, seen: Seen) -> str | None:
    if not wanted.present:
        return None
    state = _bridgefile.read(seen.text or "", wanted.name)
    target = _file_target(wanted, seen, state)
    return _bridgefile.edited(seen.text, wanted.name, target)


def _file_target(wanted: Wanted, seen: Seen, state: FileState) -> Target:
    """The file is held to the task, not to the live bridge: what the task does not give stays as the file has it."""
    gone = removed(wanted, state.members)
    add = tuple(dict.fromkeys((*(wanted.members or ()), *(name for name in state.members if name not in gone))))
    mtu = wanted.mtu
    if mtu is None and seen.text is None:
        derived = target_mtu(wanted, seen)
        mtu = None if derived == ETHERMTU else derived
    member_mtus = tuple(
        (member, mtu) for member in _own(add) if mtu is not None and _needs_mtu(member, mtu, seen, state)
    )
    bring_up = tuple(
        member
        for member in wanted.members or ()
        if member in seen.interfaces and not seen.interfaces[member].up and member not in seen.configured
    )
    return Target(add, gone, mtu, wanted.stp, wanted.up, member_mtus, bring_up)


def _needs_mtu(member: str, mtu: int, seen: Seen, state: FileState) -> bool:
    """Nothing says which MTU a member will have at the next boot, unless it has it now without our doing."""
    return seen.mtu_of(member) != mtu or member in dict(state.member_mtus)


def describe(wanted: Wanted, seen: Seen) -> list[str]:
    """The live bridge, in lines."""
    bridge = seen.bridges.get(wanted.name)
    if bridge is None:
        return [f"{wanted.name}: absent"]
    return _lines(
        wanted.name,
        bridge.up,
        seen.mtu_of(wanted.name),
        bridge.member_names,
        tuple(member.name for member in bridge.members if member.stp),
    )


def _described_target(wanted: Wanted, seen: Seen, changes: list[Change]) -> list[str]:
    if not changes:
        return describe(wanted, seen)
    if not wanted.present:
        return [f"{wanted.name}: absent"]
    bridge = seen.bridges.get(wanted.name)
    present = bridge.member_names if bridge else ()
    gone = removed(wanted, present)
    members = tuple(m for m in present if m not in gone) + tuple(m for m in wanted.members or () if m not in present)
    stp = tuple(member.name for member in bridge.members if member.stp) if bridge else ()
    if wanted.stp is not None:
        stp = _own(members) if wanted.stp else tuple(name for name in stp if is_guest_interface(name))
    return _lines(wanted.name, wanted.up, target_mtu(wanted, seen), members, stp)


def _lines(name: str, up: bool, mtu: int | None, members: tuple[str, ...], stp: tuple[str, ...]) -> list[str]:
    return [
        f"{name}: {'up' if up else 'down'}",
        f"mtu: {mtu}",
        f"members: {', '.join(sorted(members)) or 'none'}",
        f"stp: {', '.join(sorted(stp)) or 'none'}",
    ]
