# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What is looked at before a guest is started: everything that would make xl fail half-way, or hurt another guest.

xl finds some of these errors itself, but late, in its own words, and with the domain half made; two guests writing
one disk it may not notice at all.
"""

from __future__ import annotations

import os
import re
import stat
from typing import Any, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _configfile, _plan_config
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import (
    BadValue,
    ConflictError,
    HostError,
    XenError,
)
from ansible_collections.netbsd.xen.plugins.module_utils.host import _host
from ansible_collections.netbsd.xen.plugins.module_utils.options import _live
from ansible_collections.netbsd.xen.plugins.module_utils.options._options import BY_NAME
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

# xl.conf(5): autoballoon "auto" is off when dom0_mem is on Xen's command line, and then dom0 gives no memory away.
_DOM0_MEM = re.compile(r"(^| )dom0_mem=")
# Page tables, shadow and device pages that Xen takes besides the memory of the guest.
OVERHEAD_MIB = 2
# The last writes of a guest may reach its image file a little after the guest is gone.
_FLUSH_SECONDS = 5.0


class Other(NamedTuple):
    """Another domain of this host, running or as a config file. ``where`` names it in messages."""

    where: str
    uuid: str | None
    macs: list[str]
    disks: list[Any]
    name: str = ""
    pci: Sequence[Any] = ()


def values_of(config: _configfile.ConfigFile, problems: list[str]) -> dict[str, Any]:
    """The properties that a config file gives, canonical, by option name.

    :param problems: takes a message for each that cannot be understood; xl is more lenient than we are, so it judges.
    """
    values = {}
    for option in _plan_config.may_say(config):
        try:
            value = _plan_config.on_disk(config, option)
        except XenError as error:
            problems.append(error.message)
            continue
        if value is not None:
            values[option.name] = value
    if "type" in values:
        values.pop("builder", None)  # the old word for it
    return values


def others_running(rows: list[_listing.Row], configs: dict[int, dict[str, Any]], name: str) -> list[Other]:
    """Every other domain that exists in Xen."""
    found = []
    for row in rows:
        config = configs.get(row.domid)
        if row.domid == 0 or row.name == name or config is None:
            continue
        uuid = BY_NAME["uuid"].live(config)
        found.append(
            Other(
                where=f"the running domain {row.name}",
                uuid=None if uuid is _live.UNKNOWN else uuid,
                macs=[vif.mac for vif in BY_NAME["vifs"].live(config)],
                disks=BY_NAME["disks"].live(config),
                name=row.name,
                pci=BY_NAME["pci"].live(config),
            )
        )
    return found


def others_on_disk(configs: dict[str, _configfile.ConfigFile], name: str) -> list[Other]:
    """Every other config file. One with the same name in it is a copy of ours (a backup), not another guest."""
    found = []
    for path, config in configs.items():
        theirs_name = config.value("name")
        if theirs_name == name:
            continue
        try:
            uuid = _plan_config.on_disk(config, BY_NAME["uuid"])
            vifs = _plan_config.on_disk(config, BY_NAME["vifs"]) or []
            theirs = _plan_config.on_disk(config, BY_NAME["disks"]) or []
        except XenError:
            continue  # somebody else's broken file is no reason to refuse this guest
        macs = [vif.mac for vif in vifs]
        found.append(Other(f"the config file {path}", uuid, macs, theirs, str(theirs_name), _pci(config)))
    return found


def _pci(config: _configfile.ConfigFile) -> list[Any]:
    """The PCI functions of a config file; none when xl could not read them, since then nobody gets them."""
    try:
        return _plan_config.on_disk(config, BY_NAME["pci"]) or []
    except XenError:
        return []


def identities(values: dict[str, Any], others: list[Other]) -> None:
    """:raises ConflictError: another domain has this uuid or one of these MACs."""
    for other in others:
        if values.get("uuid") and values["uuid"] == other.uuid:
            raise ConflictError(
                f"uuid {values['uuid']} belongs to {other.where} already. Every domain needs its own; "
                "leave `uuid` out to have one derived from the name.",
                error_id="duplicate_uuid",
            )
        for vif in values.get("vifs", []):
            if vif.mac and vif.mac in other.macs:
                raise ConflictError(
                    f"MAC {vif.mac} belongs to {other.where} already. Two guests with one MAC lose each other's "
                    "packets; leave `mac` out to have one derived from the name.",
                    error_id="duplicate_mac",
                )


def boot_files(values: dict[str, Any]) -> None:
    """:raises HostError: the kernel or the ramdisk is not there."""
    for option in ("kernel", "ramdisk"):
        path = values.get(option)
        if path and not os.path.isfile(path):
            what = "is not a regular file" if os.path.exists(path) else "does not exist on this host"
            raise HostError(f"{option}: {path} {what}.", error_id=f"{option}_missing")


def disks(values: dict[str, Any], others: list[Other]) -> None:
    """:raises HostError: a disk is missing, of the wrong kind, or mounted in the dom0.
    :raises ConflictError: another running guest has it, and one of the two writes."""
    wanted = [disk for disk in values.get("disks", []) if disk.target and not disk.script]
    mounted = _host.mounted_devices() if wanted else []
    for disk in wanted:
        _require_usable(disk)
        real = real_path(disk)
        if disk.access == "w" and real in mounted:
            raise HostError(
                f"disk {disk.target} is mounted in the dom0. A guest that writes to it would destroy the file system; "
                "unmount it first, or give it read-only (access: r).",
                error_id="disk_mounted",
            )
        for other in others:
            for theirs in other.disks:
                if theirs.target and real_path(theirs) == real and "w" in (disk.access, theirs.access):
                    raise ConflictError(
                        f"disk {disk.target} is in use by {other.where} "
                        f"({'read-write' if theirs.access == 'w' else 'read-only'}). A disk can be shared only when "
                        "every guest has it read-only (access: r).",
                        error_id="disk_in_use",
                    )


def save_is_current(save_file: str, values: dict[str, Any]) -> None:
    """A guest that ran after it had been saved has other disks now than its saved memory believes.

    :raises HostError: an image was written to after the save. Volumes have no time of their last change to look at.
    """
    saved_at = os.stat(save_file).st_mtime
    for disk in values.get("disks", []):
        if not disk.target or disk.access != "w" or not os.path.isfile(_path(disk)):
            continue
        if os.stat(_path(disk)).st_mtime > saved_at + _FLUSH_SECONDS:
            raise HostError(
                f"disk {disk.target} was written to after the guest had been saved in {save_file}. Restoring that "
                "would destroy its file systems. Remove the save file to start the guest afresh.",
                error_id="stale_save",
            )


def removable(name: str, paths: list[str], own: list[Any], others: list[Other]) -> None:
    """Whether image files may be deleted together with the domain ``name``.

    :raises BadValue: one is no disk of this domain, or no plain file.
    :raises ConflictError: another domain, running or only configured, has it too.
    """
    for path in paths:
        real = os.path.realpath(path)
        if all(real_path(disk) != real for disk in own if disk.target):
            raise BadValue("remove_disks", path, f"not a disk of {name}; nothing was removed.")
        if not os.path.isfile(path) or os.path.islink(path):
            raise BadValue("remove_disks", path, "not an image file; volumes and links are left to who made them.")
        for other in others:
            if any(disk.target and real_path(disk) == real for disk in other.disks):
                raise ConflictError(
                    f"disk {path} is also a disk of {other.where}; nothing was removed.", error_id="disk_in_use"
                )


def _path(disk: Any) -> str:
    """xl prepends /dev to a relative target."""
    return os.path.join("/dev", disk.target)


def real_path(disk: Any) -> str:
    """Of the file or device behind a disk, the same by whatever links it is named."""
    return os.path.realpath(_path(disk))


def _require_usable(disk: Any) -> None:
    """A character device (NetBSD's /dev/rwd0e) has no back end."""
    path = _path(disk)
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        raise HostError(f"disk {path}: {error.strerror}. Create it first.", error_id="disk_missing") from None
    if stat.S_ISCHR(mode):
        raise HostError(
            f"disk {path} is a character device, which cannot back a virtual disk. Use the block device "
            "(/dev/wd0e rather than /dev/rwd0e).",
            error_id="disk_unusable",
        )
    if not stat.S_ISBLK(mode) and not stat.S_ISREG(mode):
        raise HostError(f"disk {path} is neither a file nor a block device.", error_id="disk_unusable")


def bridges(values: dict[str, Any]) -> None:
    """:raises HostError: a vif names a bridge that does not exist. Vifs with a script of their own are left to it."""
    for vif in values.get("vifs", []):
        if vif.bridge and not vif.script and not _host.bridge_exists(vif.bridge):
            raise HostError(
                f"bridge {vif.bridge} does not exist on this host. Create it (NetBSD: /etc/ifconfig.{vif.bridge}, "
                f"then `ifconfig {vif.bridge} create`; Linux: `ip link add {vif.bridge} type bridge`) "
                "or name another one.",
                error_id="bridge_missing",
            )


def memory(values: dict[str, Any], info: dict[str, str], freed_mib: int) -> None:
    """:raises HostError: the guest does not fit. Not checked where the dom0 can give memory away (autoballoon).

    :param info: `xl info`; free_memory in MiB.
    :param freed_mib: what a guest that is stopped first gives back.
    """
    need = values.get("memory") or values.get("maxmem")
    if not need or not dom0_keeps_its_memory(info):
        return
    free = int(info.get("free_memory", "0")) + freed_mib
    if need + OVERHEAD_MIB > free:
        raise HostError(
            f"Not enough memory: the guest wants {need} MiB, and {free} MiB of {info.get('total_memory', '?')} MiB "
            "are free on this host. Stop or shrink another guest, or give this one less.",
            error_id="insufficient_memory",
            wanted_mib=need,
            free_mib=free,
        )


def dom0_keeps_its_memory(info: dict[str, str]) -> bool:
    """Whether guests have the free memory and no more; else xl takes some from the dom0 (autoballoon)."""
    return bool(_DOM0_MEM.search(info.get("xen_commandline", "")))
