# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a bridge task asks for, and what the host has: all that a plan is made of."""

from __future__ import annotations

import glob
import os
import platform
import re
from typing import Mapping, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.bridge import _bridge, _bridgelink
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridge import Bridge
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridgelink import Link
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _ifconfig, _systemfile
from ansible_collections.netbsd.xen.plugins.module_utils.host._ifconfig import Interface
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf import RcConf, yes

_FILES = "/etc/ifconfig.*"


class Wanted(NamedTuple):
    """What the task asks for.

    :param members: None leaves them alone.
    :param exact: whether members that are not listed go.
    :param persistent: whether the file is held to it; ``live``: likewise the running bridge.
    """

    name: str
    present: bool = True
    members: tuple[str, ...] | None = None
    exact: bool = True
    mtu: int | None = None
    stp: bool | None = None
    up: bool = True
    persistent: bool = True
    live: bool = True
    force: bool = False


class Boot(NamedTuple):
    """What rc.conf says of the bridge.

    :param override: the value of ifconfig_BRIDGE, which is read instead of the file; None when it is not set.
    :param listed: whether rc.d/network will look at the bridge at all.
    """

    override: str | None = None
    listed: bool = True


class Seen(NamedTuple):
    """What the host has.

    :param text: /etc/ifconfig.BRIDGE, None when there is none.
    :param others: texts of the files of other bridges, by bridge.
    :param configured: interfaces that something at boot sets up.
    :param strays: files that rc.d/network takes for interfaces and that are none.
    """

    interfaces: dict[str, Interface]
    bridges: dict[str, Bridge]
    text: str | None = None
    others: Mapping[str, str] = {}
    configured: frozenset[str] = frozenset()
    boot: Boot = Boot()
    link: Link = Link(frozenset(), "")
    strays: tuple[str, ...] = ()

    def mtu_of(self, name: str) -> int | None:
        return self.interfaces[name].mtu if name in self.interfaces else None


def look(name: str, environment: Mapping[str, str]) -> Seen:
    """Look at the host.

    :raises HostError: this is no NetBSD.
    :raises XenError: a file cannot be read, a command fails.
    """
    if platform.system() != "NetBSD":
        raise HostError(f"bridge(4) is NetBSD's, and this host runs {platform.system()}.", error_id="not_netbsd")
    interfaces, bridges = _ifconfig.read(), _bridge.read()
    files = {path[len("/etc/ifconfig.") :]: path for path in glob.glob(_FILES) if os.path.isfile(path)}
    others = {other: _systemfile.read(path) or "" for other, path in files.items() if _bridge.NAME.match(other)}
    text = others.pop(name, None)
    rc_conf = RcConf("network")
    return Seen(
        *(interfaces, bridges, text, others, _configured(files, interfaces, rc_conf), _boot(name, rc_conf)),
        _bridgelink.find(environment, interfaces, bridges),
        tuple(sorted(path for other, path in files.items() if _is_stray(other))),
    )


def _is_stray(name: str) -> bool:
    """etc/rc.d/network goes through /etc/ifconfig.bridge[0-9]*, so a copy made by an editor becomes an interface."""
    return bool(re.match(r"bridge[0-9]", name)) and not _bridge.NAME.match(name)


def _configured(files: Mapping[str, str], interfaces: Mapping[str, Interface], rc_conf: RcConf) -> frozenset[str]:
    return frozenset([*files, *(name for name in interfaces if rc_conf.value(f"ifconfig_{name}"))])


def _boot(name: str, rc_conf: RcConf) -> Boot:
    override = rc_conf.setting(f"ifconfig_{name}")
    automatic = yes(rc_conf.value("auto_ifconfig")) if rc_conf.is_set("auto_ifconfig") else True
    listed = rc_conf.words("net_interfaces")
    if rc_conf.is_set("net_interfaces") and listed == ["NO"]:
        return Boot(override.value if override.path else None, False)
    return Boot(override.value if override.path else None, automatic is not False or listed is None or name in listed)
