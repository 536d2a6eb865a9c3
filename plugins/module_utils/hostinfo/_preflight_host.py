# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Preflight checks 9 to 13 and 21 to 23: the running host, from /kern to the daemons."""

from __future__ import annotations

from typing import Iterator

from ansible_collections.netbsd.xen.plugins.module_utils.core import _releases
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._preflight_model import (
    ERROR,
    INFO,
    WARNING,
    Check,
    Facts,
    Finding,
)

# Variables of rc.conf that switch some version's daemons on.
RCVARS = ("xencommons", "xend", "xenbackendd")
_SWITCHES = ("yes", "no", "true", "false", "on", "off")


def _kernfs_not_in_fstab(facts: Facts) -> Iterator[Finding]:
    if facts.is_netbsd and facts.has_packages and not facts.kernfs["in_fstab"]:
        yield Finding("/etc/fstab does not mount a kernfs on /kern at boot.")


def _kernfs_not_mounted(facts: Facts) -> Iterator[Finding]:
    if facts.is_netbsd and facts.has_packages and not facts.kernfs["mounted"]:
        yield Finding("/kern is not mounted.")


def _xen_not_running(facts: Facts) -> Iterator[Finding]:
    if not facts.is_netbsd or not facts.has_packages or facts.running["dom0"]:
        return
    if facts.running["hypervisor"] == "xen":
        yield Finding("This host runs under Xen as a guest, not as the dom0.", severity=ERROR)
    else:
        yield Finding(f"The kernel {facts.running['kernel']} runs without Xen.")


def _privcmd_missing(facts: Facts) -> Iterator[Finding]:
    if facts.running["dom0"] and facts.kernfs["mounted"] and not facts.kernfs["privcmd"]:
        yield Finding("/kern is mounted, and /kern/xen/privcmd is missing.")


def _device_nodes(facts: Facts) -> Iterator[Finding]:
    if not facts.has_packages:
        return
    for node in facts.devices:
        if not node["ok"]:
            yield Finding(f"{node['path']} is {node['found']}, and must be {node['wanted']}.")


def _script_missing(facts: Facts) -> Iterator[Finding]:
    if facts.has_packages:
        for service in facts.services:
            if not service["installed"]:
                yield Finding(
                    f"/etc/rc.d/{service['script']} is missing.", severity=WARNING if service["optional"] else None
                )


def _script_stale(facts: Facts) -> Iterator[Finding]:
    for service in facts.services:
        if service["current"] is False:
            script = service["script"]
            yield Finding(
                f"/etc/rc.d/{script} is not the script of {facts.row.tools_package if facts.row else 'the package'}.",
                f"Copy it: cp {_releases.EXAMPLES}/{script} /etc/rc.d/ (netbsd.xen.xen_services).",
            )


def _rcvar_not_set(facts: Facts) -> Iterator[Finding]:
    if not facts.has_packages:
        return
    told = set()
    for service in facts.services:
        if service["enabled"] is False and not service["optional"] and service["rcvar"] not in told:
            told.add(service["rcvar"])
            yield Finding(
                f"rc.conf does not set {service['rcvar']}=YES, so that /etc/rc.d/{service['script']} is not started.",
                f"Set {service['rcvar']}=YES (netbsd.xen.xen_services).",
            )


def _rcvar_useless(facts: Facts) -> Iterator[Finding]:
    if not facts.has_packages or facts.row is None:
        return
    known = {service.rcvar for service in facts.row.services}
    for name in RCVARS:
        if name not in known and (facts.rc_names.get(name) or "").lower() in ("yes", "true", "on", "1"):
            yield Finding(f"rc.conf sets {name}, which no script of Xen {facts.row.version} looks at.")


def _xend_beside_xl(facts: Facts) -> Iterator[Finding]:
    row = facts.row
    if row is None or row.toolstack != "xl" or not facts.has_packages:
        return
    if any(service["script"] == "xend" and service["enabled"] for service in facts.services):
        yield Finding(f"rc.conf switches xend on beside xencommons, and Xen {row.version} is managed with xl.")


def _xendomains_is_a_switch(facts: Facts) -> Iterator[Finding]:
    for word in facts.autostart.words or []:
        if facts.is_netbsd and word.lower() in _SWITCHES:
            yield Finding(f"rc.conf has {word} in xendomains, which is a list of the names of guests.")


def _config_missing(facts: Facts) -> Iterator[Finding]:
    for guest in facts.guests:
        if guest.autostart and not guest.exists and guest.name.lower() not in _SWITCHES:
            yield Finding(f"The guest {guest.name} is to be started at boot, and {guest.path} does not exist.")


def _daemon_not_running(facts: Facts) -> Iterator[Finding]:
    if not facts.running["dom0"]:
        return
    for service in facts.services:
        if service["optional"] and not service["enabled"]:
            continue
        for process, pid in service["processes"].items():
            if pid is None:
                yield Finding(f"{process} does not run.", f"Start it: /etc/rc.d/{service['script']} start.")


def _other_xentools(facts: Facts) -> Iterator[Finding]:
    rows = {name: _releases.of_package(name) for name in facts.packages}
    for name, row in rows.items():
        if row and facts.row and name == row.tools_package and row != facts.row:
            yield Finding(f"{name} is installed, and in the way of {facts.row.tools_package}.")


def _hotplug_script_stale(facts: Facts) -> Iterator[Finding]:
    for copy in facts.scripts:
        if copy.same is False:
            yield Finding(f"{copy.path} is not the same as {copy.source}.", f"Copy it: cp {copy.source} {copy.path}.")


def _machine_unsupported(facts: Facts) -> Iterator[Finding]:
    if facts.is_netbsd and facts.row and facts.host["machine"] not in facts.row.machines:
        machines = " and ".join(facts.row.machines)
        yield Finding(f"This host is {facts.host['machine']}, and Xen {facts.row.version} is for {machines}.")


def _guests_lost(facts: Facts) -> Iterator[Finding]:
    for domid in facts.nameless:
        yield Finding(f"The domain with id {domid} runs, and xenstored does not know it.")


def _vif_without_bridge(facts: Facts) -> Iterator[Finding]:
    for vif, bridge in facts.vifs.items():
        if bridge is None:
            yield Finding(f"The interface {vif} of a running guest is in no bridge.")


CHECKS = (
    Check(
        "kernfs_not_in_fstab", 9, ERROR,
        "xenstored and xl reach the hypervisor through /kern/xen/privcmd.",
        "Add a kernfs for /kern to /etc/fstab (netbsd.xen.xen_devices).",
        _kernfs_not_in_fstab,
    ),
    Check(
        "kernfs_not_mounted", 9, ERROR,
        "xenstored and xl reach the hypervisor through /kern/xen/privcmd.",
        "Mount it: mount -t kernfs kernfs /kern (netbsd.xen.xen_devices).",
        _kernfs_not_mounted,
    ),
    Check(
        "xen_not_running", 9, INFO,
        "Guests run under the hypervisor only.",
        "Reboot into the entry that boots Xen.",
        _xen_not_running,
    ),
    Check(
        "privcmd_missing", 9, ERROR,
        "Only the dom0 kernel of the privileged domain has it, and nothing of the toolstack works without it.",
        "Boot XEN3_DOM0 as the first module of the hypervisor.",
        _privcmd_missing,
    ),
    Check(
        "device_node", 10, ERROR,
        "xenstored and xenconsoled open these nodes, by their numbers.",
        "Make them: cd /dev && sh MAKEDEV xen (netbsd.xen.xen_devices).",
        _device_nodes,
    ),
    Check(
        "rc_script_missing", 11, ERROR,
        "rc(8) starts what lies in /etc/rc.d; the packages leave their scripts in share/examples/rc.d.",
        "Copy it (netbsd.xen.xen_services).",
        _script_missing,
    ),
    Check(
        "rc_script_stale", 11, WARNING,
        "The scripts change with the versions of Xen: another one starts the wrong daemons, or none.",
        "Copy it (netbsd.xen.xen_services).",
        _script_stale,
    ),
    Check(
        "rcvar_not_set", 12, ERROR,
        "After a reboot the daemons do not run, and xl hangs.",
        "Set it (netbsd.xen.xen_services).",
        _rcvar_not_set,
    ),
    Check(
        "rcvar_useless", 12, WARNING,
        "The variables differ between the versions: that of another one switches nothing on.",
        "Remove it (netbsd.xen.rc_conf).",
        _rcvar_useless,
    ),
    Check(
        "xend_beside_xl", 12, WARNING,
        "xl cannot make guests any more once xenbackendd, which xend starts, has run.",
        "Set xend=NO, or manage the guests with xm.",
        _xend_beside_xl,
    ),
    Check(
        "xendomains_is_a_switch", 12, ERROR,
        "xendomains has no variable that switches it: YES means a guest called YES, which is passed over silently.",
        "List the names of the guests, or none (netbsd.xen.rc_conf).",
        _xendomains_is_a_switch,
    ),
    Check(
        "domain_config_missing", 12, WARNING,
        "xendomains passes over a guest without a config file silently.",
        "Put the file there, set xendomains_config, or take the name out of xendomains.",
        _config_missing,
    ),
    Check(
        "daemon_not_running", 13, ERROR,
        "Without its daemons xl hangs; `xencommons status` says that all is well in any case.",
        "Start it.",
        _daemon_not_running,
    ),
    Check(
        "other_xentools", 21, ERROR,
        "The xentools packages of two versions have the same files: the second cannot be installed.",
        "Remove it first (netbsd.xen.xen_packages does).",
        _other_xentools,
    ),
    Check(
        "hotplug_script_stale", 21, WARNING,
        "The toolstack calls these scripts with arguments of its own version.",
        "Copy it, or keep your own under another name (script= in the config).",
        _hotplug_script_stale,
    ),
    Check(
        "machine_unsupported", 22, ERROR,
        "Xen 4.3 and later have no 32-bit hypervisor.",
        "Install NetBSD/amd64, or one of Xen 3.1 to 4.2.",
        _machine_unsupported,
    ),
    Check(
        "guest_lost", 23, ERROR,
        "xenstored has been restarted under running guests, and has forgotten them: nothing can manage them any more.",
        "Shut the guest down from inside, then reboot the host. Never restart xencommons under running guests.",
        _guests_lost,
    ),
    Check(
        "vif_not_in_bridge", 23, ERROR,
        "The guest is cut off. `/etc/rc.d/network restart` destroys the bridges with all members that they have.",
        "Put it back: brconfig bridgeN add INTERFACE. Never restart the network under running guests.",
        _vif_without_bridge,
    ),
)  # fmt: skip
