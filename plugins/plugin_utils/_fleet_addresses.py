# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is PRIVATE to the collection. It can change at any time without notice.
"""Which address a MAC has: what the dom0's neighbour table and the leases of a DHCP server on it say.

Sources of the formats: print_neigh() in iproute2's ip/ipneigh.c, print_entry() in NetBSD's usr.sbin/arp/arp.c,
dhcpd.leases(5) of ISC, lease_update_file() in dnsmasq's src/lease.c.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Iterable

_MAC = r"(?:[0-9a-fA-F]{1,2}:){5}[0-9a-fA-F]{1,2}"
_IP_NEIGH = re.compile(rf"^(?P<ip>\S+) dev \S+ .*?lladdr (?P<mac>{_MAC})\b(?P<rest>.*)$")
_ARP = re.compile(rf"\((?P<ip>[0-9.]+)\) at (?P<mac>{_MAC})\b")
_DNSMASQ = re.compile(rf"^\d+ (?:\d+-)?(?P<mac>{_MAC}) (?P<ip>\S+) ")
_DHCPD = re.compile(r"^lease\s+(?P<ip>\S+)\s*\{(?P<body>.*?)^\}", re.MULTILINE | re.DOTALL)
_DHCPD_MAC = re.compile(rf"^\s*hardware ethernet (?P<mac>{_MAC});", re.MULTILINE)
_DHCPD_STATE = re.compile(r"^\s*binding state (?P<state>\w+);", re.MULTILINE)


def usable(word: str) -> str | None:
    """An address, with or without its prefix length, as Ansible can connect to it; None for what is none.

    Link-local addresses are left out: without an interface nobody can connect to them.
    """
    try:
        address = ipaddress.ip_interface(word.strip()).ip
    except ValueError:
        return None
    unusable = address.is_link_local or address.is_multicast or address.is_unspecified or address.is_loopback
    return None if unusable or "%" in str(address) else str(address)


def canonical_mac(word: str) -> str:
    """Six lower-case pairs: arp(8) of some systems leaves out zeros."""
    return ":".join(f"{int(pair, 16):02x}" for pair in word.split(":"))


def neighbours(text: str) -> dict[str, list[str]]:
    """`ip neigh` or `arp -an`: the addresses that each MAC was seen with. Failed entries have no MAC."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        match = _IP_NEIGH.match(line) or _ARP.search(line)
        if match:
            _add(found, match.group("mac"), match.group("ip"))
    return found


def leases(text: str) -> dict[str, list[str]]:
    """A file of leases, of ISC's dhcpd or of dnsmasq: the address that each MAC was given last.

    dhcpd appends: of two leases of one address the later one counts, and only one that is active.
    """
    found: dict[str, list[str]] = {}
    holders: dict[str, str | None] = {}
    for match in _DHCPD.finditer(text):
        mac, state = _DHCPD_MAC.search(match.group("body")), _DHCPD_STATE.search(match.group("body"))
        active = state is None or state.group("state") == "active"
        holders.pop(match.group("ip"), None)
        holders[match.group("ip")] = mac.group("mac") if mac and active else None
    for address, holder in holders.items():
        if holder:
            _add(found, holder, address)
    for line in text.splitlines():
        lease = _DNSMASQ.match(line)
        if lease:
            _add(found, lease.group("mac"), lease.group("ip"))
    return {mac: addresses[-1:] for mac, addresses in found.items()}


def _add(found: dict[str, list[str]], mac: str, word: str) -> None:
    address = usable(word)
    if address:
        known = found.setdefault(canonical_mac(mac), [])
        if address not in known:
            known.append(address)


def merged(tables: Iterable[dict[str, list[str]]]) -> dict[str, list[str]]:
    """Several tables as one."""
    found: dict[str, list[str]] = {}
    for table in tables:
        for mac, addresses in table.items():
            known = found.setdefault(mac, [])
            known.extend(address for address in addresses if address not in known)
    return found


def static(words: str | None) -> list[str]:
    """The addresses in the key ``ip`` of a vif: one or more, separated by blanks."""
    return [address for address in map(usable, (words or "").split()) if address]


def preferred(addresses: Iterable[str]) -> str | None:
    """The one to connect to: the first of IPv4, else the first."""
    known = list(addresses)
    return next((address for address in known if ":" not in address), known[0] if known else None)
