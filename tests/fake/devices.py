# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The devices of a config file (disk, vif, pci, vfb) as libxl's JSON; fields in the order of libxl_types.idl."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible_collections.netbsd.xen.tests.fake import xlconfig
from ansible_collections.netbsd.xen.tests.fake.exits import Exit

Json = dict[str, Any]
_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
# vif keys that xl stores as they are: xl.cfg name, name in libxl's JSON.
_VIF_TEXT = {
    "bridge": "bridge", "ip": "ip", "script": "script", "vifname": "ifname", "model": "model",
    "backend": "backend_domname", "gatewaydev": "gatewaydev", "netdev": "gatewaydev",
}  # fmt: skip
_VIF_ORDER = (
    "backend_domname", "devid", "mtu", "model", "mac", "ip", "bridge", "ifname", "script", "nictype",
    "rate_bytes_per_interval", "rate_interval_usecs", "gatewaydev", "trusted",
)  # fmt: skip
_RATE = re.compile(r"(\d+)([GMK]?)([Bb])/s(?:@(\d+)(ms|us|s))?")


def disks(config: xlconfig.ConfigFile) -> list[Json]:
    return [xlconfig.parse_disk(config.path, spec) for spec in config.items("disk")]


def nics(config: xlconfig.ConfigFile, say: Callable[[str], None]) -> list[Json]:
    """xl complains about a bad vif key or MAC, and goes on without it."""
    return [nic(index, spec, say) for index, spec in enumerate(config.items("vif"))]


def nic(index: int, spec: str, say: Callable[[str], None]) -> Json:
    """One vif as it was asked for."""
    found: Json = {"devid": index}
    for part in filter(None, (part.strip() for part in spec.split(","))):
        key, _equals, value = part.partition("=")
        if key == "mac":
            if _MAC.fullmatch(value):
                found["mac"] = value.lower()
            else:
                say("Invalid parameter `mac'.\n")
        elif key == "type" and value in ("vif", "ioemu"):
            found["nictype"] = "vif" if value == "vif" else "vif_ioemu"
        elif key in _VIF_TEXT:
            found[_VIF_TEXT[key]] = value
        elif key in ("devid", "mtu"):
            found[key] = int(value)
        elif key == "rate":
            found.update(_rate(value))
        elif key == "trusted":
            found["trusted"] = "True" if value in ("1", "true") else "False"
        elif key != "accel":
            say(f"unrecognized argument `{part}'\n")
    return order_nic(found)


def complete_nic(given: Json, domid: int) -> Json:
    """libxl gives a type, and a MAC of Xen's range (the fake: made of the domain's id)."""
    filled = {**given, "nictype": given.get("nictype", "vif")}
    if "mac" not in given:
        filled["mac"] = f"00:16:3e:7f:{domid & 0xFF:02x}:{given['devid'] & 0xFF:02x}"
    return order_nic(filled)


def order_nic(nic: Json) -> Json:
    """The fields of a vif as libxl orders them."""
    return {key: nic[key] for key in _VIF_ORDER if key in nic}


def _rate(value: str) -> Json:
    """`10Mb/s@50ms` as libxl counts it: bytes in each interval, and the interval in microseconds."""
    match = _RATE.fullmatch(value)
    if not match:
        raise Exit(1, f"config: config parsing error in vif: invalid rate specified in `{value}'\n")
    amount, scale, unit, interval, measure = match.groups()
    bytes_per_second = int(amount) * {"G": 10**9, "M": 10**6, "K": 10**3, "": 1}[scale] // (8 if unit == "b" else 1)
    microseconds = int(interval or 50) * {"s": 10**6, "us": 1, "ms": 1000}[measure or "ms"]
    return {
        "rate_bytes_per_interval": bytes_per_second * microseconds // 10**6,
        "rate_interval_usecs": microseconds,
    }


def pcis(config: xlconfig.ConfigFile) -> list[Json]:
    devices = []
    for spec in config.items("pci"):
        device = xlconfig.parse_pci(spec)
        if device is None:
            # ERROR_INVAL of libxl is the exit status here.
            raise Exit(6, f"unable to parse PCI_SPEC_STRING `{spec}' for passthrough\n")
        devices.append({**device, "rdm_policy": "strict"})
    return devices


def bdf(device: Json) -> str:
    """A PCI device as `pci-assignable-list` writes it."""
    domain, bus, slot, function = (device.get(key, 0) for key in ("domain", "bus", "dev", "func"))
    return f"{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"


def vfbs(config: xlconfig.ConfigFile) -> list[Json]:
    """PV framebuffers: `vfb = ['vnc=1,vnclisten=0.0.0.0']`."""
    return [_vfb(index, spec) for index, spec in enumerate(config.items("vfb"))]


def _vfb(index: int, spec: str) -> Json:
    given = dict(part.strip().partition("=")[::2] for part in spec.split(",") if part.strip())
    vfb: Json = {"devid": index, "vnc": vnc(given), "sdl": {}}
    if "sdl" in given:
        vfb["sdl"]["enable"] = _defbool(given["sdl"])
    if "keymap" in given:
        vfb["keymap"] = given["keymap"]
    return vfb


def vnc(given: dict[str, str]) -> Json:
    """libxl_vnc_info out of xl's vnc* keys."""
    info: Json = {}
    if "vnc" in given:
        info["enable"] = _defbool(given["vnc"])
    for key, field in (("vnclisten", "listen"), ("vncpasswd", "passwd")):
        if key in given:
            info[field] = given[key]
    if given.get("vncdisplay", "0") != "0":
        info["display"] = int(given["vncdisplay"])
    if "vncunused" in given:
        info["findunused"] = _defbool(given["vncunused"])
    return info


def _defbool(value: str) -> str:
    return "True" if value.strip() not in ("0", "") else "False"


def vdev_number(vdev: str) -> int | None:
    """The number by which a guest knows a disk (xen docs/man/xen-vbd-interface.7), or None for no name at all."""
    numbered = re.fullmatch(r"d(\d+)(?:p(\d+))?", vdev)
    if numbered:
        return _xvd_number(int(numbered.group(1)), int(numbered.group(2) or 0))
    if re.fullmatch(r"0x[0-9a-fA-F]+|\d+", vdev):
        return int(vdev, 0)
    match = re.fullmatch(r"(xvd|sd|hd)([a-z]{1,2})(\d*)", vdev)
    if not match:
        return None
    kind, letters, digits = match.groups()
    disk, partition = _letters(letters), int(digits or 0)
    if kind == "xvd":
        return _xvd_number(disk, partition)
    if kind == "sd" and disk < 16 and partition < 16:
        return (8 << 8) | (disk << 4) | partition
    if kind == "hd" and disk < 4 and partition < 64:
        return ((3 if disk < 2 else 22) << 8) | ((disk & 1) << 6) | partition
    return None


def _letters(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("a") + 1
    return index - 1


def _xvd_number(disk: int, partition: int) -> int:
    if disk < 16 and partition < 16:
        return (202 << 8) | (disk << 4) | partition
    return (1 << 28) | (disk << 8) | partition
