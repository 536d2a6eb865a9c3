# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What only the preflight looks at: files that should be copies, disks of guests, what guests have been told."""

from __future__ import annotations

import os
import re
import stat
import zlib
from typing import Any, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _boot
from ansible_collections.netbsd.xen.plugins.module_utils.boot._boot_model import NATIVE
from ansible_collections.netbsd.xen.plugins.module_utils.bridge import _bridge
from ansible_collections.netbsd.xen.plugins.module_utils.core._releases import PREFIX
from ansible_collections.netbsd.xen.plugins.module_utils.host import _fstab
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostinfo_probe import Probe
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import _hostinfo_boot, _hostinfo_services
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._hostinfo_boot import Menu
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._hostinfo_guests import Guest
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._preflight_host import RCVARS
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._preflight_model import Copy, DiskFile
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _listing

SCRIPTS = PREFIX + "/etc/xen/scripts"
SCRIPT_SOURCES = PREFIX + "/share/examples/xen/scripts"
_HYPERVISOR_LIMIT = 64 * 1024 * 1024
_HEAD = 64  # bytes of a kernel that tell what it is
_ELF_32BIT = b"\x7fELF\x01"
# a vif of a running guest: domain id and number of the vif; with a dot on NetBSD 5
_XVIF = re.compile(r"xvif(\d+)[i.](\d+)\Z")
_SHUTDOWN = re.compile(r'^/local/domain/(\d+)/control/shutdown = "(?:poweroff|halt|reboot)"', re.MULTILINE)


def same_files(probe: Probe, path: str, source: str, limit: int = 1024 * 1024) -> Copy:
    """Whether two files have the same content."""
    one, other = probe.stat(path), probe.stat(source)
    if one is None or other is None:
        return Copy(path, source, None)
    if one.st_size != other.st_size:
        return Copy(path, source, False)
    contents = probe.read(path, limit), probe.read(source, limit)
    return Copy(path, source, None if None in contents else contents[0] == contents[1])


def hypervisors(probe: Probe, files: list[dict[str, Any]]) -> tuple[Copy, ...]:
    """The hypervisors that the menu boots, each beside the file of its package, where that is installed."""
    copies = []
    for item in files:
        row = _hostinfo_boot.release_of(item["path"]) if item["role"] == "hypervisor" else None
        if row:
            source = row.source(debug="-debug" in os.path.basename(item["path"]))
            copies.append(same_files(probe, item["path"], source, _HYPERVISOR_LIMIT))
    return tuple(copies)


def scripts(probe: Probe) -> tuple[Copy, ...]:
    """The hotplug scripts that the package has brought, and the copies of them that count."""
    return tuple(
        same_files(probe, f"{SCRIPTS}/{name}", f"{SCRIPT_SOURCES}/{name}") for name in probe.names(SCRIPT_SOURCES)
    )


def loader(probe: Probe) -> Copy:
    """The second stage in the root directory."""
    return same_files(probe, _hostinfo_boot.LOADER, _hostinfo_boot.LOADER_SOURCE)


def native_config(probe: Probe, menu: Menu) -> str | None:
    """The configuration of the kernel that the first native entry boots, if that is a kernel for Xen."""
    document = menu.document
    entry = next((each for each in document.entries if each.kind == NATIVE), None) if document else None
    if document is None or entry is None or entry.kernel is None:
        return None
    path = _boot.root_path(document, entry, entry.kernel.file)
    return _hostinfo_boot.xen_config(probe, path) if path else None


def rc_names(probe: Probe) -> dict[str, str | None]:
    """The variables of rc.conf that switch the daemons of some version on."""
    conf = _hostinfo_services.rc_conf(probe, "")
    return {name: conf.value(name) for name in RCVARS} if conf else {}


def disks(probe: Probe, guests: Sequence[Guest], mounts: Sequence[_fstab.Mount]) -> list[DiskFile]:
    """The target of every disk of every guest."""
    mounted = {os.path.realpath(probe.path(mount.spec)) for mount in mounts if mount.spec.startswith("/")}
    found = []
    for guest in guests:
        for disk in guest.values.get("disks", []):
            if disk.target:
                path = os.path.join("/dev", disk.target)  # as xl does
                real = os.path.realpath(probe.path(path))
                found.append(
                    DiskFile(
                        guest.name,
                        guest.autostart,
                        path,
                        real,
                        _kind(probe.stat(path)),
                        disk.access == "w",
                        bool(disk.script),
                        real in mounted,
                    )
                )
    return found


def _kind(status: os.stat_result | None) -> str:
    if status is None:
        return "missing"
    tests = (("file", stat.S_ISREG), ("block", stat.S_ISBLK), ("character", stat.S_ISCHR))
    return next((kind for kind, test in tests if test(status.st_mode)), "other")


def unheeded(probe: Probe, rows: Sequence[_listing.Row]) -> tuple[str, ...]:
    """Guests that have a request in control/shutdown; one that heeds it takes it away.

    A NetBSD guest without powerd takes it away, too, and runs on: from the dom0 that cannot be seen.
    """
    if not rows:
        return ()
    text = "\n".join(probe.lines("xenstore-ls", "-f", "/local/domain"))
    asked = {int(match.group(1)) for match in _SHUTDOWN.finditer(text)}
    return tuple(row.name for row in rows if row.domid in asked)


def vifs(
    names: Sequence[str], bridges: list[dict[str, Any]] | None, rows: Sequence[_listing.Row], guests: Sequence[Guest]
) -> dict[str, str | None]:
    """Interfaces of running guests that belong into a bridge, each with the bridge that it is in.

    :param names: of all interfaces of the host.
    :param bridges: None when nobody knows what is in them; nor is then anything said of interfaces.
    """
    if bridges is None:
        return {}
    member_of = {member["name"]: bridge["name"] for bridge in bridges for member in bridge["members"]}
    configs = {str(guest.values.get("name", guest.name)): guest for guest in guests}
    titles = {row.domid: row.name for row in rows}
    found: dict[str, str | None] = {}
    for name in names:
        match = _XVIF.match(name) if _bridge.is_guest_interface(name) else None
        guest = configs.get(titles.get(int(match.group(1)), "")) if match else None
        listed = guest.values.get("vifs", []) if guest else []
        if match and int(match.group(2)) < len(listed):
            vif = listed[int(match.group(2))]
            if (vif.script is None or vif.script.endswith("vif-bridge")) and not vif.gatewaydev:
                found[name] = member_of.get(name)
    return found


def guests_32bit(probe: Probe, guests: Sequence[Guest]) -> tuple[str, ...]:
    """Names of PV guests with a 32-bit kernel."""
    return tuple(
        guest.name
        for guest in guests
        if guest.values.get("type", "pv") == "pv"
        and guest.values.get("kernel")
        and _head(probe, guest.values["kernel"]).startswith(_ELF_32BIT)
    )


def _head(probe: Probe, path: str) -> bytes:
    """The first bytes of a kernel, unpacked."""
    data = probe.read(path, 64 * 1024) or b""
    if not data.startswith(b"\x1f\x8b"):
        return data[:_HEAD]
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, _HEAD)
    except zlib.error:
        return b""
