# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Devices that come and go while a domain runs: block-, network- and pci-attach and -detach, cd-insert and cd-eject."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netbsd.xen.tests.fake import devices, xlconfig
from ansible_collections.netbsd.xen.tests.fake.exits import Exit, libxl_failed
from ansible_collections.netbsd.xen.tests.fake.lifecycle import find_guest
from ansible_collections.netbsd.xen.tests.fake.state import State

Json = dict[str, Any]
_NOT_ADDED = "libxl_device.c:1486:device_addrm_aocomplete: unable to add device"


def _entries(domain: Json, kind: str) -> list[Json]:
    """The devices of a kind; libxl leaves an empty list out, so ``_keep`` ends every change."""
    return list(domain["config"].get(kind, []))


def _keep(domain: Json, kind: str, entries: list[Json]) -> None:
    """In libxl's order of kinds: what is behind the devices in its JSON stays behind."""
    config = domain["config"]
    if kind in config:
        if entries:
            config[kind] = entries
        else:
            del config[kind]
        return
    order = ("c_info", "b_info", "disks", "nics", "pcidevs", "vfbs")
    head = {name: config.pop(name) for name in order if name in config} | {kind: entries}
    tail = dict(config)
    config.clear()
    config.update({name: head[name] for name in order if name in head} | tail)


def block_attach(state: State, arguments: list[str]) -> None:
    """`xl block-attach DOMAIN SPEC...`: the parts of the spec are joined by commas."""
    try:
        domain = find_guest(state, arguments[0])
    except Exit:
        raise Exit(1, f"{arguments[0]} is an invalid domain identifier\n") from None
    disk = xlconfig.parse_disk("command line", ",".join(arguments[1:]))
    failed = "libxl_device_disk_add failed.\n"
    path, disks = disk.get("pdev_path", ""), _entries(domain, "disks")
    if path and "script" not in disk and not os.path.exists(path):
        missing = f"libxl_device.c:455:libxl__device_disk_set_backend: Disk vdev={disk['vdev']} failed to stat: {path}"
        raise Exit(1, libxl_failed(1, f"{missing}: No such file or directory", _NOT_ADDED).stderr + failed)
    if devices.vdev_number(disk["vdev"]) in {devices.vdev_number(other["vdev"]) for other in disks}:
        exists = f"libxl_disk.c:343:device_disk_add: Domain {domain['domid']}:device already exists in xenstore"
        raise Exit(1, libxl_failed(1, exists, _NOT_ADDED).stderr + failed)
    _keep(domain, "disks", [*disks, disk])


def block_detach(state: State, arguments: list[str]) -> None:
    """`xl block-detach DOMAIN VDEV`: a guest that has the disk in use does not let go."""
    domain, vdev = find_guest(state, arguments[0]), arguments[1]
    number, disks = devices.vdev_number(vdev), _entries(domain, "disks")
    left = [disk for disk in disks if devices.vdev_number(disk["vdev"]) != number]
    domid = domain["domid"]
    if len(left) == len(disks):
        gone = f"libxl_disk.c:516:libxl__disk_from_xenstore: disk /libxl/{domid}/device/vbd/{number} does not exist "
        raise Exit(1, libxl_failed(1, gone + "(no backend path").stderr + f"Error: Device {vdev} not connected.\n")
    if vdev in state.guest(domain["name"])["busy_disks"]:
        # composed: the line of a vif that cannot be added, for the other action and device
        busy = f"libxl_device.c:1481:device_addrm_aocomplete: Domain {domid}:Unable to remove vbd with id {number}"
        raise Exit(1, libxl_failed(1, busy).stderr + "libxl_device_disk_safe_remove failed.\n")
    _keep(domain, "disks", left)


def cd_insert(state: State, arguments: list[str]) -> None:
    """`xl cd-insert DOMAIN VDEV FILE`"""
    if not os.path.exists(arguments[2]):
        raise Exit(1, f"Cannot stat file: {arguments[2]}\n")
    drive = _drive(state, arguments)
    drive.update(pdev_path=arguments[2], format="raw")


def cd_eject(state: State, arguments: list[str]) -> None:
    """`xl cd-eject DOMAIN VDEV`"""
    drive = _drive(state, arguments)
    drive.update(format="empty")
    drive.pop("pdev_path", None)


def _drive(state: State, arguments: list[str]) -> Json:
    domain = find_guest(state, arguments[0])
    domid = domain["domid"]
    if domain["config"]["c_info"]["type"] != "hvm":
        raise libxl_failed(
            1, f"libxl_disk.c:838:libxl_cdrom_insert: Domain {domid}:cdrom-insert requires an HVM domain"
        )
    for disk in domain["config"].get("disks", []):
        if disk.get("is_cdrom") and disk["vdev"] == arguments[1]:
            return disk
    raise libxl_failed(1, f"libxl_disk.c:754:libxl_cdrom_insert: Domain {domid}:Virtual device not found")


def network_attach(state: State, arguments: list[str]) -> None:
    """`xl network-attach DOMAIN [KEY=VALUE...]`; when its script fails the vif stays behind, without its bridge."""
    domain = find_guest(state, arguments[0])
    said: list[str] = []
    nics = _entries(domain, "nics")
    nic = devices.nic(1 + max((other["devid"] for other in nics), default=-1), ",".join(arguments[1:]), said.append)
    if said:
        raise Exit(1, said[0])
    _keep(domain, "nics", [*nics, devices.complete_nic(nic, domain["domid"])])
    bridge = nic.get("bridge", "xenbr0")
    if "script" not in nic and bridge not in state.host["bridges"]:
        ended = f"/etc/xen/scripts/vif-bridge online [{2000 + domain['domid']}] exited with error status 1"
        lines = libxl_failed(
            1,
            f"libxl_exec.c:117:libxl_report_child_exitstatus: {ended}",
            f"libxl_device.c:1337:device_hotplug_child_death_cb: script: Could not find bridge device {bridge}",
            f"libxl_device.c:1481:device_addrm_aocomplete: Domain {domain['domid']}:Unable to add vif with id "
            f"{nic['devid']}",
        )
        raise Exit(1, lines.stderr + "libxl_device_nic_add failed.\n")


def network_detach(state: State, arguments: list[str]) -> None:
    """`xl network-detach DOMAIN DEVID|MAC`: of two vifs with one MAC, the first."""
    domain, which = find_guest(state, arguments[0]), arguments[1]
    nics = _entries(domain, "nics")
    by_mac = ":" in which
    for nic in nics:
        if (nic["mac"] == which.lower()) if by_mac else (str(nic["devid"]) == which):
            nics.remove(nic)
            _keep(domain, "nics", nics)
            return
    path = f"/libxl/{domain['domid']}/device/vif/{which}"
    missing = f"libxl_xshelp.c:206:libxl__xs_read_mandatory: xenstore read failed: `{path}': No such file or directory"
    raise Exit(1, ("" if by_mac else libxl_failed(1, missing).stderr) + f"Unknown device {which}.\n")


def pci_attach(state: State, arguments: list[str]) -> None:
    """`xl pci-attach DOMAIN SPEC`; only to a domain that was started with passthrough on."""
    domain, device = find_guest(state, arguments[0]), _pci("pci-attach", arguments[1])
    where = f"{device.get('domain', 0):x}:{device.get('bus', 0):x}:{device.get('dev', 0):x}.{device.get('func', 0):x}"
    domid = domain["domid"]
    used = {devices.bdf(pci) for dom in state.domains for pci in dom["config"].get("pcidevs", [])}
    problem = ""
    if devices.bdf(device) not in set(state.host["pci_assignable"]) - used:
        problem = f"libxl_pci.c:1677:libxl__device_pci_add: Domain {domid}:PCI device {where} is not assignable"
    elif domain["config"]["c_info"].get("passthrough", "disabled") == "disabled":
        problem = f"libxl_pci.c:1529:pci_add_dm_done: Domain {domid}:xc_assign_device failed: Operation not supported"
    if problem:
        added = f"Domain {domid}:libxl__device_pci_add failed for PCI device {where} (rc -3)"
        raise libxl_failed(1, problem, f"libxl_pci.c:1809:device_pci_add_done: {added}", _NOT_ADDED)
    _keep(domain, "pcidevs", [*_entries(domain, "pcidevs"), {**device, "rdm_policy": "strict"}])


def pci_detach(state: State, arguments: list[str]) -> None:
    """`xl pci-detach DOMAIN BDF`"""
    domain, device = find_guest(state, arguments[0]), _pci("pci-detach", arguments[1])
    functions = _entries(domain, "pcidevs")
    left = [pci for pci in functions if devices.bdf(pci) != devices.bdf(device)]
    if len(left) == len(functions):
        # composed: no detaching of a missing device was recorded
        raise libxl_failed(1, f"libxl_pci.c:2034:do_pci_remove: Domain {domain['domid']}:PCI device is not attached")
    _keep(domain, "pcidevs", left)


def _pci(command: str, spec: str) -> Json:
    device = xlconfig.parse_pci(spec)
    if device is None:
        raise Exit(2, f'{command}: malformed PCI_SPEC_STRING "{spec}"\n')
    return device
