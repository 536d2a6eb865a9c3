# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The files inside a NetBSD guest that make it a guest: what they shall hold, made of what they hold. Pure functions.

Sources: rc.conf(5), etc/rc.d/network (``ifconfig_IF``, ``defaultroute``; a value of ``dhcp`` starts dhcpcd),
etc/rc.d/powerd and sys/arch/xen/xen/shutdown_xenbus.c (without powerd a guest does not follow ``xl shutdown``),
usr.sbin/sysinst/target.c and disks.c (rc_configured, fstab), sshd_config(5) (NetBSD's own default lets no root in).
"""

from __future__ import annotations

import re
from typing import Any, Callable, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostplan import FileChange
from ansible_collections.netbsd.xen.plugins.module_utils.netbsd_guest import _guestttys
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf, _rcconf_plan

RESOLV = "/etc/resolv.conf"
KEYS = "/root/.ssh/authorized_keys"
SSHD = "/etc/ssh/sshd_config"
PRIVATE = 0o600
# "without-password" is what sshd before OpenSSH 7.0 (NetBSD 7) knows, and later ones still take
_ROOT_BY_KEY = "PermitRootLogin without-password"
_ROOT_LOGIN = re.compile(r"^[ \t]*PermitRootLogin[ \t=]+(\S+)", re.MULTILINE | re.IGNORECASE)
_ROOT_HINT = re.compile(r"^#[ \t]*PermitRootLogin\b.*\n", re.MULTILINE)
_MATCH = re.compile(r"^[ \t]*Match[ \t]", re.MULTILINE | re.IGNORECASE)
_ADDRESS = re.compile(r"[0-9a-fA-F.:]+")

Reader = Callable[[str], "str | None"]


class Wanted(NamedTuple):
    """What the guest's files shall say; None and empty leave a file alone.

    :param ttys: the terminals with a login; None leaves ttys(5) alone.
    :param screens: whether wscons.conf(5) may go on making screens.
    :param rc_conf: variables of rc.conf(5), as ``_rcconf_plan.wish`` takes them.
    :param keys: public keys of root, a line each.
    """

    ttys: tuple[str, ...] | None = ("console",)
    screens: bool = False
    rc_conf: dict[str, Any] = {}
    keys: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()
    search: str = ""


def network_variables(network: dict[str, Any] | None) -> dict[str, Any]:
    """The variables of rc.conf(5) for a guest's network.

    :param network: ``interface``, and ``dhcp`` or ``address``, ``netmask`` and ``gateway``.
    :raises BadValue: neither or both, or no address.
    """
    if not network:
        return {}
    interface, address = network.get("interface") or "xennet0", network.get("address")
    if bool(network.get("dhcp")) == bool(address):
        raise BadValue("network", network, "give dhcp: true, or an address with its netmask.")
    if not address:
        return {f"ifconfig_{interface}": "dhcp"}
    netmask = network.get("netmask")
    if not netmask:
        raise BadValue("network", network, "an address needs its netmask, such as 255.255.255.0.")
    for name in ("address", "netmask", "gateway"):
        if network.get(name) and not _ADDRESS.fullmatch(network[name]):
            raise BadValue(f"network.{name}", network[name], "this is no address.")
    variables = {f"ifconfig_{interface}": f"inet {address} netmask {netmask}"}
    if network.get("gateway"):
        variables["defaultroute"] = network["gateway"]
    return variables


def wanted(params: dict[str, Any]) -> Wanted:
    """What the options of netbsd_guest and netbsd_install that they have in common ask for.

    :raises BadValue: a key that is no public key, a network that is none.
    """
    network = params["network"] or {}
    variables: dict[str, Any] = {}
    if params["hostname"]:
        variables["hostname"] = params["hostname"]
    variables.update(network_variables(network))
    variables.update(params["rc_conf"] or {})
    keys = tuple(key.strip() for key in params["authorized_keys"] or ())
    for key in keys:
        if "\n" in key or len(key.split()) < 2:
            raise BadValue("authorized_keys", key, "this is not a public key in one line, such as `ssh-ed25519 AAAA…`.")
    ttys = None if params["ttys"] is None else tuple(params["ttys"])
    nameservers = tuple(network.get("nameservers") or ())
    return Wanted(ttys, bool(params["screens"]), variables, keys, nameservers, network.get("search") or "")


def changes(want: Wanted, reader: Reader) -> list[FileChange]:
    """The files that are not as wanted, by their paths in the guest.

    :param reader: the text of a file of the guest, None when there is none.
    :raises XenError: there is no NetBSD to read (``no_netbsd``).
    """
    found = []
    if want.ttys is not None:
        before = _required(_guestttys.TTYS, reader)
        found.append(FileChange(_guestttys.TTYS, before, _guestttys.with_ttys(before, want.ttys)))
    screens = reader(_guestttys.WSCONS)
    if screens is not None and not want.screens:
        found.append(FileChange(_guestttys.WSCONS, screens, _guestttys.without_screens(screens)))
    if want.rc_conf:
        _required(_rcconf.RC_CONF, reader)
        wishes = [_rcconf_plan.wish(name, value) for name, value in want.rc_conf.items()]
        edits = _rcconf_plan.plan(wishes, reader=reader).changes
        found += [FileChange(path, before, after) for path, (before, after) in edits.items()]
    if want.nameservers:
        found.append(FileChange(RESOLV, reader(RESOLV), resolv_conf(want.nameservers, want.search)))
    if want.keys:
        keys, sshd = reader(KEYS), reader(SSHD)
        found.append(FileChange(KEYS, keys, with_keys(keys or "", want.keys)))
        if sshd is not None:
            found.append(FileChange(SSHD, sshd, with_root_by_key(sshd)))
    return [change for change in found if change.before != change.after]


def _required(path: str, reader: Reader) -> str:
    text = reader(path)
    if text is None:
        raise XenError(
            f"There is no {path}: this is not the root of a NetBSD system, or its set `etc` was not unpacked.",
            error_id="no_netbsd",
        )
    return text


def resolv_conf(nameservers: tuple[str, ...], search: str) -> str:
    """The text of resolv.conf(5).

    :raises BadValue: a name server that is no address.
    """
    for server in nameservers:
        if not _ADDRESS.fullmatch(server):
            raise BadValue("network.nameservers", server, "this is no address.")
    first = f"search {search}\n" if search else ""
    return first + "".join(f"nameserver {server}\n" for server in nameservers)


def with_keys(text: str, keys: tuple[str, ...]) -> str:
    """authorized_keys with these keys in it; those that are there stay. A key is its type and its number."""
    there = {_number(line) for line in text.splitlines()}
    for key in keys:
        if _number(key) not in there:
            text += ("" if not text or text.endswith("\n") else "\n") + key + "\n"
            there.add(_number(key))
    return text


def _number(line: str) -> str:
    """The base64 word of a key, which is what makes it itself; options may stand before it, a comment behind."""
    words = [word for word in line.split() if word.startswith("AAAA")]
    return words[0] if words else line.strip()


def with_root_by_key(text: str) -> str:
    """sshd_config(5) that lets root in by a key; what it lets in already stays.

    The first value that sshd reads counts, and what follows a Match line is for some only.
    """
    match = _MATCH.search(text)
    general, special = (text[: match.start()], text[match.start() :]) if match else (text, "")
    found = _ROOT_LOGIN.search(general)
    if found:
        if found.group(1).lower() != "no":
            return text
        return general[: found.start()] + _ROOT_BY_KEY + general[found.end() :] + special
    hint = _ROOT_HINT.search(general)
    if hint:
        return f"{general[: hint.end()]}{_ROOT_BY_KEY}\n{general[hint.end() :]}{special}"
    return f"{general}{'' if not general or general.endswith(chr(10)) else chr(10)}{_ROOT_BY_KEY}\n{special}"


def fstab(root: str, swap: str | None, release: str) -> str:
    """fstab(5) of a new guest, as sysinst writes it.

    :param root: device of its root, ``/dev/xbd0a``; likewise ``swap``, None for none.
    :param release: ``10.1``: sysinst mounts with a log since 6.0, and has shared memory in a tmpfs since then.
    """
    modern = int(release.split(".")[0]) >= 6
    lines = ["# NetBSD /etc/fstab", "# See /usr/share/examples/fstab/ for more examples."]
    lines.append(f"{root}\t\t/\tffs\trw{',log' if modern else ''}\t\t 1 1")
    if swap:
        lines.append(f"{swap}\t\tnone\tswap\tsw,dp\t\t 0 0")
    lines += ["kernfs\t\t/kern\tkernfs\trw", "ptyfs\t\t/dev/pts\tptyfs\trw", "procfs\t\t/proc\tprocfs\trw"]
    if modern:
        lines.append("tmpfs\t\t/var/shm\ttmpfs\trw,-m1777,-sram%25")
    return "".join(f"{line}\n" for line in lines)


MOUNT_POINTS = ("/kern", "/proc", "/dev/pts", "/var/shm")
