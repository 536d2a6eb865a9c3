# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Network interfaces of NetBSD: what ifconfig(8) says, and what /etc/ifconfig.IF says of the next boot.

Sources: sbin/ifconfig/ifconfig.c status(), af_inet.c, af_inet6.c (both shapes of addresses: netmask and prefixlen up to
NetBSD 7, /LENGTH from 8 on); etc/rc.d/network of NetBSD 7.1.2 and ifconfig.if(5) for the files.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command

IFCONFIG = "/sbin/ifconfig"
_HEAD = re.compile(r"(?P<name>[^\s:]+): flags=(?:0x)?[0-9a-f]+(?:<(?P<flags>[^>]*)>)?(?P<rest>.*)")
_ADDRESS = re.compile(
    r"(?P<family>inet6?) (?:alias )?(?P<address>[^\s/]+)(?:/(?P<length>\d+))?(?: -+> (?P<peer>[^\s/]+))?(?P<rest>.*)"
)
# sbin/ifconfig/vlan.c vlan_status(); "<none>" for one without a parent
_VLAN = re.compile(r"vlan: \d+ parent: (\w+)")


class Address(NamedTuple):
    """An address of an interface.

    :param family: ``inet`` or ``inet6``.
    :param address: without scope: ``fe80::1%wm0`` is ``fe80::1``.
    :param prefix: length of the network's prefix; None when ifconfig does not say.
    """

    family: str
    address: str
    prefix: int | None


class Interface(NamedTuple):
    """An interface as it is.

    :param flags: in ifconfig's words: ``UP``, ``RUNNING``, ``PROMISC`` ...
    :param ether: MAC; None for what has none, bridges among them.
    :param status: of the medium: ``active``, ``no carrier``; None for what has no medium.
    :param parent: the interface under a vlan(4); None for all others.
    """

    name: str
    flags: tuple[str, ...]
    mtu: int | None
    ether: str | None
    status: str | None
    addresses: tuple[Address, ...]
    parent: str | None = None

    @property
    def up(self) -> bool:
        return "UP" in self.flags

    def has(self, address: str) -> bool:
        """Whether it has this address; a scope (``%wm0``) is looked at when there is one."""
        wanted, _percent, scope = address.partition("%")
        if scope and scope != self.name:
            return False
        return any(_same_address(each.address, wanted) for each in self.addresses)


def parse_interfaces(text: str) -> dict[str, Interface]:
    """The output of ``ifconfig -a`` or ``ifconfig IF``, by name, in its order."""
    found: dict[str, Interface] = {}
    current: Interface | None = None
    for line in text.splitlines():
        head = _HEAD.match(line)
        if head:
            mtu = re.search(r"\bmtu (\d+)", head.group("rest"))
            flags = tuple(flag for flag in (head.group("flags") or "").split(",") if flag)
            current = Interface(head.group("name"), flags, int(mtu.group(1)) if mtu else None, None, None, ())
        elif current:
            current = _with_detail(current, line.strip())
        if current:
            found[current.name] = current
    return found


def _with_detail(interface: Interface, line: str) -> Interface:
    key, _colon, value = line.partition(": ")
    if key == "address":
        return interface._replace(ether=value.strip().lower())
    if key == "status":
        return interface._replace(status=value.strip())
    vlan = _VLAN.match(line)
    if vlan:
        return interface._replace(parent=vlan.group(1))
    match = _ADDRESS.match(line)
    if not match:
        return interface
    address = Address(match.group("family"), match.group("address").partition("%")[0], _prefix(match))
    return interface._replace(addresses=(*interface.addresses, address))


def _prefix(match: re.Match[str]) -> int | None:
    if match.group("length"):
        return int(match.group("length"))
    rest = match.group("rest")
    length = re.search(r"\bprefixlen (\d+)", rest)
    if length:
        return int(length.group(1))
    mask = re.search(r"\bnetmask 0x([0-9a-f]{1,8})\b", rest)
    return bin(int(mask.group(1), 16)).count("1") if mask else None


def _same_address(left: str, right: str) -> bool:
    try:
        return ipaddress.ip_address(left) == ipaddress.ip_address(right)
    except ValueError:
        return left == right


def read() -> dict[str, Interface]:
    """All interfaces of this host.

    :raises CommandError: ifconfig failed.
    """
    command = [IFCONFIG, "-a"]
    done = _command.run(command)
    if done.rc != 0:
        raise CommandError(f"`{' '.join(command)}` failed: {done.stderr.strip()}", command, *done)
    return parse_interfaces(done.stdout)


# Kinds of lines of /etc/ifconfig.IF.
BLANK = "blank"
COMMENT = "comment"
CREATE = "create"
DHCP = "dhcp"
COMMAND = "command"  # !cmd: evaluated by the shell, with $int for the interface
ARGUMENTS = "arguments"  # anything else: arguments of ifconfig


class Line(NamedTuple):
    """A logical line of /etc/ifconfig.IF.

    :param raw: its bytes in the file, with all its newlines.
    :param text: what rc.d/network makes of it: continuations joined, surrounding blanks gone, no ``!`` before commands.
    """

    kind: str
    raw: str
    text: str


def parse_file(text: str) -> list[Line]:
    """The lines of a file /etc/ifconfig.IF; their ``raw`` parts make up the whole file.

    Rules of etc/rc.d/network: a backslash before a newline joins two lines; empty lines, lines that begin with ``#``
    and a line that is just ``create`` are passed over (the interface is created without being told); ``!`` begins a
    command for the shell; ``dhcp`` runs dhcpcd.
    """
    lines = []
    pending: list[str] = []
    for physical in re.findall(r"[^\n]*\n|[^\n]+", text):
        pending.append(physical)
        if not physical.endswith("\\\n"):
            lines.append(_line("".join(pending)))
            pending = []
    if pending:
        lines.append(_line("".join(pending)))
    return lines


def _line(raw: str) -> Line:
    # `read` of the shell strips blanks and tabs on both sides
    text = raw.replace("\\\n", "").rstrip("\n").strip(" \t")
    if not text:
        return Line(BLANK, raw, "")
    if text.startswith("#"):
        return Line(COMMENT, raw, text)
    if text.startswith("!"):
        return Line(COMMAND, raw, text[1:].strip(" \t"))
    if text in (CREATE, DHCP):
        return Line(text, raw, text)
    return Line(ARGUMENTS, raw, text)
