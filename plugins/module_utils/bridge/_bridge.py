# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""bridge(4) of NetBSD as it is: what brconfig(8) says of it.

Source: sbin/brconfig/brconfig.c status(), show_config(), show_interfaces(); flags of members: IFBIFBITS of
sys/net/if_bridgevar.h.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import CommandError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _command

BRCONFIG = "/sbin/brconfig"
# brconfig's is_bridge() is content with a digit after the word; the kernel names them by a number.
NAME = re.compile(r"bridge(0|[1-9][0-9]*)\Z")
_HEAD = re.compile(r"(?P<name>\S+): flags=(?:0x)?[0-9a-f]+(?:<(?P<flags>[^>]*)>)?")
_MEMBER = re.compile(r"(?P<name>\S+) flags=(?:0x)?[0-9a-f]+(?:<(?P<flags>[^>]*)>)?")
_PORT = re.compile(r"port (\d+) priority (\d+)(?: path cost (\d+))?(?: (.+))?")
_CACHE = re.compile(r"Address cache \(max cache: (\d+), timeout: (\d+)\)")
# no number of brconfig has more digits
_NUMBER = re.compile(r"-?[0-9]{1,20}")
_WORDS = ("priority", "hellotime", "fwddelay", "maxage")


class Member(NamedTuple):
    """A port of a bridge.

    :param flags: ``LEARNING``, ``DISCOVER``, ``STP``.
    :param stp_state: ``forwarding``, ``blocking`` ... with spanning tree on this port, else None.
    """

    name: str
    flags: tuple[str, ...] = ()
    port: int | None = None
    priority: int | None = None
    path_cost: int | None = None
    stp_state: str | None = None

    @property
    def stp(self) -> bool:
        return "STP" in self.flags


class Bridge(NamedTuple):
    """A bridge that exists. Its MTU is ifconfig's to tell.

    :param parameters: ``priority``, ``hellotime``, ``fwddelay``, ``maxage`` of the spanning tree.
    :param max_addresses: size of the address cache; ``timeout``: seconds that it keeps an address.
    """

    name: str
    flags: tuple[str, ...]
    members: tuple[Member, ...]
    parameters: dict[str, int]
    max_addresses: int | None
    timeout: int | None

    @property
    def up(self) -> bool:
        return "UP" in self.flags

    @property
    def member_names(self) -> tuple[str, ...]:
        return tuple(member.name for member in self.members)


def is_guest_interface(name: str) -> bool:
    """Whether an interface belongs to a guest: the back end of a vif (``xvif1i0``; ``xvif1.0`` on NetBSD 5; ``vif1.0``
    as other dom0 kernels call it), or the tap(4) of the device model of an HVM guest."""
    return bool(re.match(r"(x?vif\d|tap\d)", name))


def parse(text: str) -> dict[str, Bridge]:
    """The output of ``brconfig -a`` or ``brconfig BRIDGE``, by name, in its order."""
    found: dict[str, Bridge] = {}
    blocks = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    for block in blocks:
        head = _HEAD.match(block)
        if head:
            found[head.group("name")] = _bridge(head.group("name"), _flags(head), block.splitlines()[1:])
    return found


def _bridge(name: str, flags: tuple[str, ...], lines: list[str]) -> Bridge:
    members: list[Member] = []
    parameters: dict[str, int] = {}
    max_addresses = timeout = None
    section = ""
    for line in lines:
        text = line.strip()
        cache = _CACHE.match(text)
        if cache:
            section, max_addresses, timeout = "addresses", int(cache.group(1)), int(cache.group(2))
        elif text in ("Configuration:", "Interfaces:"):
            section = text
        elif section == "Configuration:" and text.startswith("priority "):
            words = text.split()
            pairs = zip(words[::2], words[1::2])
            parameters.update((key, int(value)) for key, value in pairs if key in _WORDS and _NUMBER.fullmatch(value))
        elif section == "Interfaces:":
            _add_member(members, text)
    return Bridge(name, flags, tuple(members), parameters, max_addresses, timeout)


def _add_member(members: list[Member], text: str) -> None:
    """A member takes two lines: its name and flags, then its port."""
    head, port = _MEMBER.match(text), _PORT.match(text)
    if head:
        members.append(Member(head.group("name"), _flags(head)))
    elif port and members:
        number, priority, cost, state = port.groups()
        members[-1] = members[-1]._replace(
            port=int(number), priority=int(priority), path_cost=int(cost) if cost else None, stp_state=state
        )


def _flags(match: re.Match[str]) -> tuple[str, ...]:
    return tuple(flag for flag in (match.group("flags") or "").split(",") if flag)


def read() -> dict[str, Bridge]:
    """All bridges of this host; none on a host that has not made one.

    :raises CommandError: brconfig failed.
    """
    command = [BRCONFIG, "-a"]
    done = _command.run(command)
    if done.rc != 0:
        raise CommandError(f"`{' '.join(command)}` failed: {done.stderr.strip()}", command, *done)
    return parse(done.stdout)
