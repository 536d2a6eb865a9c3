# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The network of a Linux guest in the files of its distribution. Pure functions of what is in its root.

Sources: interfaces(5) of ifupdown, which busybox's ifup and Alpine read, too; systemd.network(5); resolv.conf(5).
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host._rootdir import Entry, RootDir

IFUPDOWN, NETWORKD, BUSYBOX = "ifupdown", "networkd", "busybox"
STYLES = ("auto", IFUPDOWN, NETWORKD, BUSYBOX)
INTERFACES = "/etc/network/interfaces"
RESOLV = "/etc/resolv.conf"
_NETWORKD_PROGRAMS = ("/usr/lib/systemd/systemd-networkd", "/lib/systemd/systemd-networkd")
_UNIT = "systemd-networkd.service"
_WANTS = f"/etc/systemd/system/multi-user.target.wants/{_UNIT}"
# busybox's ifup gives up when its run-parts does, and that does when a folder is missing (networking/ifupdown.c,
# execute_all); it runs no file with a dot in its name.
_HOOKS = tuple(f"/etc/network/if-{when}.d/.keep" for when in ("pre-up", "up", "down", "post-down"))
# IFNAMSIZ of linux/if.h is 16, with the NUL
_INTERFACE = re.compile(r"[A-Za-z0-9_.:-]{1,15}")


class Network(NamedTuple):
    """One interface.

    :param address: with its prefix, ``10.0.0.5/24``; None for DHCP.
    """

    interface: str
    address: str | None
    gateway: str | None = None
    nameservers: tuple[str, ...] = ()
    search: str = ""
    style: str = "auto"


def network_of(given: dict[str, Any] | None) -> Network | None:
    """The option ``network``; None leaves the guest's network alone.

    :raises BadValue: neither or both of DHCP and an address, or something is no address.
    """
    if not given:
        return None
    interface = given.get("interface") or "eth0"
    if not _INTERFACE.fullmatch(interface):
        raise BadValue("network.interface", interface, "this is no name of an interface.")
    if bool(given.get("dhcp")) == bool(given.get("address")):
        raise BadValue("network", given, "give dhcp: true, or an address with its netmask.")
    gateway = given.get("gateway")
    for option, address in [("gateway", gateway), *(("nameservers", each) for each in given.get("nameservers") or ())]:
        if address:
            _parsed(f"network.{option}", address, ipaddress.ip_address)
    return Network(
        interface,
        _address(given["address"], given.get("netmask")) if given.get("address") else None,
        gateway or None,
        tuple(given.get("nameservers") or ()),
        given.get("search") or "",
        given.get("style") or "auto",
    )


def _address(address: str, netmask: str | None) -> str:
    if netmask and "/" in address:
        raise BadValue("network.netmask", netmask, f"{address} says it already.")
    if not netmask and "/" not in address:
        raise BadValue("network.address", address, "an address needs its netmask, such as 10.0.0.5/24.")
    whole = f"{address}/{netmask}" if netmask else address
    return str(_parsed("network.address", whole, ipaddress.ip_interface))


def _parsed(option: str, value: str, kind: Any) -> Any:
    try:
        return kind(value)
    except ValueError as error:
        raise BadValue(option, value, f"this is no address: {error}.") from None


def style_of(root: RootDir) -> str:
    """What configures the network of the system in this root.

    :raises XenError: nothing that is known here.
    """
    inittab = root.text("/etc/inittab") or ""
    if "::sysinit:" in inittab and not root.exists("/sbin/openrc"):
        return BUSYBOX
    if any(root.exists(path) for path in ("/sbin/ifup", "/usr/sbin/ifup")):
        return IFUPDOWN
    if any(root.exists(path) for path in _NETWORKD_PROGRAMS):
        return NETWORKD
    raise XenError(
        "The guest's system has none of ifupdown, systemd-networkd and busybox, so its network cannot be set up. Leave "
        "`network` out and give the files of its own way in `files`.",
        error_id="no_network_style",
    )


def entries(network: Network, root: RootDir) -> dict[str, Entry]:
    """The files that make this network, by path."""
    style = style_of(root) if network.style == "auto" else network.style
    if style == NETWORKD:
        return _networkd(network, root)
    found = {INTERFACES: Entry(data=interfaces(network).encode())}
    if style == BUSYBOX:
        found.update({path: Entry(data=b"") for path in _HOOKS})
    if network.nameservers:
        found[RESOLV] = Entry(data=resolv_conf(network).encode())
    return found


def interfaces(network: Network) -> str:
    """The text of interfaces(5). Address and netmask are apart, as old versions and busybox want them."""
    lines = ["# Written by Ansible", "auto lo", "iface lo inet loopback", "", f"auto {network.interface}"]
    if network.address is None:
        lines.append(f"iface {network.interface} inet dhcp")
    else:
        interface = ipaddress.ip_interface(network.address)
        lines.append(f"iface {network.interface} inet{'6' if interface.version == 6 else ''} static")
        lines.append(f"    address {interface.ip}")
        mask = interface.network.prefixlen if interface.version == 6 else interface.netmask
        lines.append(f"    netmask {mask}")
        if network.gateway:
            lines.append(f"    gateway {network.gateway}")
    return "".join(f"{line}\n" for line in lines)


def resolv_conf(network: Network) -> str:
    """The text of resolv.conf(5)."""
    first = f"search {network.search}\n" if network.search else ""
    return first + "".join(f"nameserver {server}\n" for server in network.nameservers)


def unit(network: Network) -> str:
    """The text of systemd.network(5)."""
    lines = ["# Written by Ansible", "[Match]", f"Name={network.interface}", "", "[Network]"]
    lines.append(f"Address={network.address}" if network.address else "DHCP=yes")
    if network.gateway:
        lines.append(f"Gateway={network.gateway}")
    lines += [f"DNS={server}" for server in network.nameservers]
    if network.search:
        lines.append(f"Domains={network.search}")
    return "".join(f"{line}\n" for line in lines)


def _networkd(network: Network, root: RootDir) -> dict[str, Entry]:
    """The unit, and the link that enables networkd. Without resolved, nobody reads the name servers from the unit."""
    found = {f"/etc/systemd/network/10-{network.interface}.network": Entry(data=unit(network).encode())}
    folder = "/usr/lib/systemd/system" if root.exists(f"/usr/lib/systemd/system/{_UNIT}") else "/lib/systemd/system"
    if not root.is_link(_WANTS):
        found[_WANTS] = Entry(link=f"{folder}/{_UNIT}")
    resolved = any(root.exists(path.replace("networkd", "resolved")) for path in _NETWORKD_PROGRAMS)
    if network.nameservers and not resolved:
        found[RESOLV] = Entry(data=resolv_conf(network).encode())
    return found
