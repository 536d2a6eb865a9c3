# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Which interfaces the connection comes in on that this very task runs over, so that nobody saws the branch off."""

from __future__ import annotations

import re
from typing import Mapping, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridge import Bridge, is_guest_interface
from ansible_collections.netbsd.xen.plugins.module_utils.host._ifconfig import Interface

# Interfaces that ride on others, and do not say in ifconfig which.
_OPAQUE = re.compile(r"(agr|lagg|pppoe|ppp|tun|gif|gre|l2tp|ipsec|wg|sl)\d")


class Link(NamedTuple):
    """
    :param interfaces: those whose change can cut the connection: the one with the address that was connected to, what
        is under it, and the bridges that it is in, with all their members.
    :param reason: how they were found, for messages.
    """

    interfaces: frozenset[str]
    reason: str


def find(environment: Mapping[str, str], interfaces: Mapping[str, Interface], bridges: Mapping[str, Bridge]) -> Link:
    """The link of the connection that ``environment`` tells of (SSH_CONNECTION of sshd(8): client, port, server, port).

    sudo and doas take that variable away, and other connections never had it. Then every interface with an address, but
    for loopback, may be the one.
    """
    words = environment.get("SSH_CONNECTION", "").split()
    server = words[2] if len(words) == 4 else ""
    carrier = next((name for name, each in interfaces.items() if server and each.has(server)), None)
    if carrier and "LOOPBACK" not in interfaces[carrier].flags:
        reason = f"the SSH connection of this task comes in at {server}, an address of {carrier}"
        return Link(_touching({carrier}, interfaces, bridges), reason)
    if carrier:
        return Link(frozenset(), f"the connection of this task stays inside this host ({server})")
    addressed = {
        name for name, each in interfaces.items() if each.addresses and "LOOPBACK" not in each.flags and each.up
    }
    reason = "this task cannot see which interface its connection comes in on, so it takes every one with an address"
    return Link(_touching(addressed, interfaces, bridges), reason)


def _touching(carriers: set[str], interfaces: Mapping[str, Interface], bridges: Mapping[str, Bridge]) -> frozenset[str]:
    found = set(carriers)
    for name in carriers:
        parent = interfaces[name].parent
        if parent:
            found.add(parent)
        elif _OPAQUE.match(name):
            found |= {other for other, each in interfaces.items() if each.ether and not is_guest_interface(other)}
    # the peer may be behind any other port of a bridge, or the address may belong to a tap in it
    for bridge in bridges.values():
        if found & set(bridge.member_names):
            found |= {bridge.name, *bridge.member_names}
    return frozenset(found)
