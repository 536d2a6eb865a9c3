# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What cannot be done to a bridge, found before anything is touched; and what is worth a warning."""

from __future__ import annotations

from ansible_collections.netbsd.xen.plugins.module_utils.bridge import _bridgefile
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridge import NAME, is_guest_interface
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridgestate import Seen, Wanted
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, ConflictError

# 576 is what IPv4 can count on; 9000 and a little more is what network cards know as jumbo frames
LEAST_MTU, MOST_MTU = 576, 65535


def check(wanted: Wanted, seen: Seen) -> None:
    """
    :raises BadValue: an option that cannot be.
    :raises ConflictError: an interface is in use by another bridge or by guests.
    """
    check_name(wanted.name)
    _check_options(wanted)
    if wanted.persistent and seen.boot.override is not None and wanted.present:
        raise ConflictError(
            f"rc.conf sets ifconfig_{wanted.name}, so that nobody reads {_bridgefile.path_of(wanted.name)}. Move what "
            f"it says to that file and remove the variable, or set `persistent: false`.",
            error_id="rc_conf_in_the_way",
        )
    for member in wanted.members or () if wanted.present else ():
        _check_member(wanted, seen, member)
    _check_guests(wanted, seen)
    _check_mtus(wanted, seen)


def check_name(name: str) -> None:
    """:raises BadValue: this is no name of a bridge."""
    if not NAME.match(name):
        raise BadValue("name", name, "a bridge of NetBSD is called bridge and a number, such as bridge0.")


def _check_options(wanted: Wanted) -> None:
    if not wanted.persistent and not wanted.live:
        raise BadValue("live", False, "with `persistent: false` as well there is nothing to do. Set one of them.")
    if wanted.mtu is not None and not LEAST_MTU <= wanted.mtu <= MOST_MTU:
        raise BadValue("mtu", wanted.mtu, f"give a number from {LEAST_MTU} to {MOST_MTU}.")
    twice = sorted({member for member in wanted.members or () if (wanted.members or ()).count(member) > 1})
    if twice:
        raise BadValue("members", twice[0], "is listed twice.")


def _check_member(wanted: Wanted, seen: Seen, member: str) -> None:
    interface = seen.interfaces.get(member)
    if interface is None:
        # a vlan or a tap that is made at boot need not be there yet for a file that is read at boot
        if not wanted.live and member in seen.configured:
            return
        usable = [name for name, each in seen.interfaces.items() if each.ether and not is_guest_interface(name)]
        raise BadValue(
            "members",
            member,
            f"there is no such interface on this host. Those that can be members: {', '.join(usable) or 'none'}.",
            error_id="no_such_interface",
        )
    if member in seen.bridges or NAME.match(member) or {"LOOPBACK", "POINTOPOINT"} & set(interface.flags):
        raise BadValue("members", member, "only Ethernet interfaces can be members of a bridge, see bridge(4).")
    for other, bridge in seen.bridges.items():
        if other != wanted.name and member in bridge.member_names and wanted.live:
            raise ConflictError(
                f"{member} is a member of {other}, and an interface can be in one bridge only. "
                f"`brconfig {other} delete {member}` takes it out.",
                error_id="member_elsewhere",
            )
    for other, text in seen.others.items():
        if member in _bridgefile.read(text, other).members and wanted.persistent:
            raise ConflictError(
                f"{_bridgefile.path_of(other)} makes {member} a member of {other} at boot, and an interface can be in "
                f"one bridge only.",
                error_id="member_elsewhere",
            )


def _check_guests(wanted: Wanted, seen: Seen) -> None:
    """:raises ConflictError: running guests would lose their network."""
    bridge = seen.bridges.get(wanted.name)
    guests = [name for name in bridge.member_names if is_guest_interface(name)] if bridge else []
    if not guests or wanted.force or not wanted.live:
        return
    what = ""
    if not wanted.present:
        what = "remove it"
    elif not wanted.up:
        what = "take it down"
    elif wanted.mtu is not None and wanted.mtu != seen.mtu_of(wanted.name):
        what = "change its MTU"
    if what:
        raise ConflictError(
            f"{wanted.name} holds interfaces of running guests ({', '.join(guests)}), which would lose their network. "
            f"Stop the guests first, or set `force: true` to {what} nevertheless.",
            error_id="guests_in_the_way",
        )


def _check_mtus(wanted: Wanted, seen: Seen) -> None:
    """All members have the MTU of their bridge (bridge(4), BUGS); nobody's MTU changes unless the task says so."""
    if wanted.mtu is not None or not wanted.present or not wanted.members:
        return
    mtus = {member: seen.mtu_of(member) for member in wanted.members if member in seen.interfaces}
    if wanted.name in seen.bridges and wanted.live:
        mtus = {wanted.name: seen.mtu_of(wanted.name), **mtus}
    if len(set(mtus.values())) > 1:
        told = ", ".join(f"{name} {mtu}" for name, mtu in mtus.items())
        raise BadValue(
            "members",
            list(wanted.members),
            f"a bridge and its members must have one MTU, and these differ: {told}. Give the `mtu` for all of them.",
            error_id="mtu_differs",
        )


def warnings(wanted: Wanted, seen: Seen, changed: bool) -> tuple[str, ...]:
    """Sentences for the user."""
    told: list[str] = []
    if wanted.persistent and wanted.present:
        told += _bridgefile.read(seen.text or "", wanted.name).useless
        if not seen.boot.listed:
            told.append(
                f"rc.conf keeps {wanted.name} from being made at boot: add it to net_interfaces, or set auto_ifconfig "
                f"to YES."
            )
        for path in seen.strays:
            told.append(f"{path} will be taken for an interface at boot (rc.d/network): rename or remove it.")
    physical = [name for name in wanted.members or () if not is_guest_interface(name)]
    if changed and wanted.present and len(physical) > 1 and not wanted.stp:
        told.append(
            f"{wanted.name} gets {', '.join(physical)} and no spanning tree: if two of them lead into the same "
            f"network, that makes a loop. `stp: true` prevents it."
        )
    return tuple(told)
