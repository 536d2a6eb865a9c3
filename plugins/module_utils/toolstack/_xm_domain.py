# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What xend tells of a domain, in the form that libxl has for it, so that ``_live`` reads both.

Source: XendConfig.to_sxp() and its tables in tools/python/xen/xend/XendConfig.py, the device controllers in
xend/server/{blkif,netif,pciif,vfbif}.py, and util/blkif.py, of Xen 3.1 to 4.2. Memory is in MiB there, in KiB here.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError
from ansible_collections.netbsd.xen.plugins.module_utils.options import _live
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._sxp import Value, parse

# a domain id
_NUMBER = re.compile(r"[0-9]{1,12}")
_UUID = re.compile(r"([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})\Z")
# prefix of a uname -> libxl's format; "aio" and "tapdisk" name drivers, not formats
_PREFIXES = {
    "phy": "raw", "file": "raw", "tap": "raw", "tap2": "raw", "aio": "raw", "tapdisk": "raw", "sync": "raw",
    "ioemu": "raw", "qcow": "qcow", "qcow2": "qcow2", "vhd": "vhd",
}  # fmt: skip
_DISKS = ("vbd", "tap", "tap2")
_HVM_TEXT = ("boot", "serial", "usbdevice", "soundhw")
_NONE = ("", "none")
# a virtual slot of 0x100 stands for "any" (AUTO_PHP_SLOT of util/pci.py)
_ANY_SLOT = 0x100


def domains(text: str) -> list[list[Value]]:
    """The domains of `xm list --long`, those that xend only keeps the configuration of among them.

    :raises ConfigSyntaxError: this is no SXP.
    """
    found = [form.value for form in parse(text, "`xm list --long`")]
    return [value for value in found if value and value[0] == "domain"]


def domid(domain: list[Value]) -> int | None:
    """Its id; None for one that xend manages and that does not run."""
    word = _text(domain, "domid")
    return int(word) if _NUMBER.fullmatch(word) else None


def start_time(domain: list[Value]) -> float | None:
    """When it was started, in seconds since the epoch; the dom0 has none."""
    try:
        return float(_text(domain, "start_time"))
    except ValueError:
        return None


def configuration(domain: list[Value]) -> dict[str, Any]:
    """libxl's configuration of the domain: c_info, b_info, devices, actions.

    :raises XenError: a number is none; guessing could hide a difference.
    """
    try:
        return _configuration(domain)
    except (ValueError, TypeError) as error:
        raise XenError(
            f"xend tells of {_text(domain, 'name') or 'a domain'} what is not understood: {error}."
        ) from None


def _configuration(domain: list[Value]) -> dict[str, Any]:
    image = _first_list(_child(domain, "image"))
    hvm = bool(image) and image[0] == "hvm"
    config: dict[str, Any] = {
        _live.TOLD_BY: _live.XEND,
        "c_info": {"type": "hvm" if hvm else "pv", "name": _text(domain, "name"), "uuid": _uuid(_text(domain, "uuid"))},
        "b_info": _build_info(domain, image, hvm),
    }
    for event in ("on_poweroff", "on_reboot", "on_crash"):
        if _text(domain, event):
            config[event] = _text(domain, event)
    for part in domain:
        device = _first_list(part[1:]) if isinstance(part, list) and part and part[0] == "device" else []
        if device:
            _add_device(config, device)
    if hvm and config.get("vfbs"):
        # libxl keeps the screen of an HVM guest in b_info
        config["b_info"]["type.hvm"]["vnc"] = config["vfbs"][0]["vnc"]
        del config["vfbs"]
    return config


def _build_info(domain: list[Value], image: list[Value], hvm: bool) -> dict[str, Any]:
    vcpus, online = int(_text(domain, "vcpus") or 1), int(_text(domain, "online_vcpus") or 0)
    if max(vcpus, online) > _values.CPU_MAX:
        raise ValueError(f"{max(vcpus, online)} vcpus")
    build: dict[str, Any] = {
        "max_vcpus": vcpus,
        "avail_vcpus": list(range(online or vcpus)),
        "max_memkb": int(_text(domain, "maxmem") or _text(domain, "memory") or 0) * 1024,
        "target_memkb": int(_text(domain, "memory") or 0) * 1024,
    }
    shadow = int(_text(domain, "shadow_memory") or 0)
    if shadow:
        build["shadow_memkb"] = shadow * 1024
    sched = {name: int(word) for name in ("weight", "cap") for word in [_text(domain, f"cpu_{name}")] if word}
    if sched:
        # weight and cap are those of the credit scheduler; on a host with another one `xm sched-credit` says so
        build["sched_params"] = {"sched": "credit", **sched}
    affinity = _affinity(_child(domain, "cpus"), vcpus)
    if affinity:
        build["vcpu_hard_affinity"] = affinity
    for field, word in (
        ("kernel", _text(image, "kernel")),
        ("ramdisk", _text(image, "ramdisk")),
        ("cmdline", _text(image, "args").strip()),
        ("bootloader", _text(domain, "bootloader")),
    ):
        if word:
            build[field] = word
    arguments = _text(domain, "bootloader_args")
    if arguments:
        build["bootloader_args"] = [arguments]
    if hvm:
        words = {name: _text(image, name) for name in _HVM_TEXT}
        build["type.hvm"] = {name: word for name, word in words.items() if word not in _NONE}
        if _text(image, "vnc"):
            build["type.hvm"]["vnc"] = _vnc(image)
    return build


def _affinity(cpus: list[Value], vcpus: int) -> list[list[int]]:
    """The CPUs of each vcpu: one list a vcpu in later versions, one for all of them in 3.1; empty for any CPU."""
    inner = cpus[0] if len(cpus) == 1 and isinstance(cpus[0], list) else cpus
    if all(isinstance(word, str) for word in inner):
        numbers = [int(str(word)) for word in inner]
        return [numbers] * vcpus if numbers else []
    lists = [[int(str(word)) for word in one] for one in inner if isinstance(one, list)]
    return lists if any(lists) else []


def _add_device(config: dict[str, Any], device: list[Value]) -> None:
    kind = device[0]
    if kind in _DISKS:
        config.setdefault("disks", []).append(_disk(device))
    elif kind == "vif":
        config.setdefault("nics", []).append(_nic(device))
    elif kind == "vfb":
        config.setdefault("vfbs", []).append(_vfb(device))
    elif kind == "pci":
        found = [_pci(part) for part in device if isinstance(part, list) and part and part[0] == "dev"]
        config.setdefault("pcidevs", []).extend(found)


def _disk(device: list[Value]) -> dict[str, Any]:
    path, image_format = uname(_text(device, "uname"))
    vdev, cdrom = frontend(_text(device, "dev"))
    disk: dict[str, Any] = {"vdev": vdev, "format": image_format if path else "empty"}
    if path:
        disk["pdev_path"] = path
    if _text(device, "mode").startswith("w"):
        disk["readwrite"] = 1
    if cdrom:
        disk["is_cdrom"] = 1
    return {**disk, **_backend(device)}


def uname(text: str) -> tuple[str, str]:
    """Path and format of a uname: ``phy:/dev/wd0e``, ``file:/srv/web.img``, ``tap:aio:/srv/web.img``."""
    image_format = "raw"
    prefix, colon, rest = text.partition(":")
    while colon and prefix in _PREFIXES:
        if _PREFIXES[prefix] != "raw":
            image_format = _PREFIXES[prefix]
        text = rest
        prefix, colon, rest = text.partition(":")
    return text, image_format


def frontend(text: str) -> tuple[str, bool]:
    """The vdev as xl writes it, and whether it is a CD-ROM: ``xvda:disk``, ``ioemu:hdc:cdrom``, ``0x1``.

    A number is hexadecimal in xend, with or without 0x (blkdev_name_to_number() in util/blkif.py).
    """
    text = text[len("ioemu:") :] if text.startswith("ioemu:") else text
    vdev, _colon, kind = text.partition(":")
    if re.match(r"[0-9][0-9a-fA-F]*\Z", vdev):
        vdev = hex(int(vdev, 16))
    return vdev, kind == "cdrom"


def _nic(device: list[Value]) -> dict[str, Any]:
    nic: dict[str, Any] = {
        field: _text(device, name)
        for name, field in (
            *(("mac", "mac"), ("bridge", "bridge"), ("script", "script"), ("ip", "ip"), ("model", "model")),
            *(("vifname", "ifname"),),
        )
        if _text(device, name)
    }
    nic["nictype"] = "vif_ioemu" if _text(device, "type") == "ioemu" else "vif"
    rate = re.match(r"(\d+),(\d+)\Z", _text(device, "rate"))
    if rate:
        nic["rate_bytes_per_interval"], nic["rate_interval_usecs"] = int(rate.group(1)), int(rate.group(2))
    return {**nic, **_backend(device)}


def _backend(device: list[Value]) -> dict[str, Any]:
    """The domain that has the other end: by number or name, dom0 when it says nothing."""
    word = _text(device, "backend")
    if word in ("", "0", "Domain-0"):
        return {}
    return {"backend_domid": int(word)} if _NUMBER.fullmatch(word) else {"backend_domname": word}


def _vfb(device: list[Value]) -> dict[str, Any]:
    kind = _text(device, "type")  # before 3.2: (type vnc)
    sdl = _text(device, "sdl") or str(int(kind == "sdl"))
    vfb: dict[str, Any] = {"vnc": _vnc(device), "sdl": {"enable": _defbool(sdl)}}
    if kind == "vnc":
        vfb["vnc"]["enable"] = "True"
    if _text(device, "opengl"):
        vfb["sdl"]["opengl"] = _defbool(_text(device, "opengl"))
    for name in ("display", "xauthority"):
        if _text(device, name):
            vfb["sdl"][name] = _text(device, name)
    if _text(device, "keymap"):
        vfb["keymap"] = _text(device, "keymap")
    return vfb


def _vnc(form: list[Value]) -> dict[str, Any]:
    """The VNC settings of a frame buffer, or of an HVM guest's image."""
    vnc: dict[str, Any] = {"enable": _defbool(_text(form, "vnc"))}
    if _text(form, "vnclisten"):
        vnc["listen"] = _text(form, "vnclisten")
    if _text(form, "vncdisplay").isdigit():
        vnc["display"] = int(_text(form, "vncdisplay"))
    if _text(form, "vncunused"):
        vnc["findunused"] = _defbool(_text(form, "vncunused"))
    if _text(form, "vncpasswd"):
        vnc["passwd"] = _text(form, "vncpasswd")
    return vnc


def _defbool(word: str) -> str:
    return "True" if word not in ("", "0", "no") else "False"


def _pci(form: list[Value]) -> dict[str, Any]:
    fields = (("domain", "domain"), ("bus", "bus"), ("slot", "dev"), ("func", "func"))
    found = {field: int(_text(form, name) or "0", 0) for name, field in fields}
    # vslt, then vslot: a slot; vdevfn from 4.0 on: slot and function
    slot = int(_text(form, "vslot") or _text(form, "vslt") or "0", 0)
    place = int(_text(form, "vdevfn") or "0", 0) or slot << 3
    if 0 < place < _ANY_SLOT:
        found["vdevfn"] = place
    return found


def _uuid(word: str) -> str:
    match = _UUID.match(word.lower().replace("-", ""))
    return "-".join(match.groups()) if match else word


def _child(form: list[Value], name: str) -> list[Value]:
    """The values of the part with this name; of two the first, as xend has it (sxp.child)."""
    for part in form:
        if isinstance(part, list) and part and part[0] == name:
            return part[1:]
    return []


def _text(form: list[Value], name: str) -> str:
    """The one word of a part; empty when there is none."""
    values = _child(form, name)
    return values[0] if values and isinstance(values[0], str) else ""


def _first_list(values: Value) -> list[Value]:
    return next((value for value in values if isinstance(value, list)), []) if isinstance(values, list) else []
