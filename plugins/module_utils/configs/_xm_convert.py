# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""A config file of xm made into one of xl, and what is lost or means something else on the way.

Sources: xm: make_config() and what it calls in tools/python/xen/xm/create.py of Xen 3.1 to 4.2, and XendConfig.py for
what xend makes of it. xl: tools/xl/xl_parse.c of Xen 4.20; which variables have no reader there was computed from both.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.configs import _xm_config
from ansible_collections.netbsd.xen.plugins.module_utils.configs._xm_convert_rules import (
    FLAGS,
    KERNEL_WORDS,
    NOT_IN_XL,
    NUMBERS,
    ORDER,
    RENAMED,
    RESTART,
    SAME,
)
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_disk, _spec_pci
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _pyconfig, _xlcfg
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xm_devices

LOST = "lost"  # xl cannot say it
DIFFERS = "differs"  # xl does something else by itself, or with the same words
REWRITTEN = "rewritten"  # said in other words, and means the same


class Finding(NamedTuple):
    """What a person should know of one setting.

    :param level: LOST, DIFFERS or REWRITTEN.
    :param line: of the source, 0 for what is not in it.
    """

    level: str
    key: str
    line: int
    message: str


class Conversion(NamedTuple):
    """:param text: the config file for xl. :param findings: in the order of the source."""

    text: str
    findings: list[Finding]

    @property
    def complete(self) -> bool:
        """Nothing is lost."""
        return all(finding.level != LOST for finding in self.findings)


def convert(text: str, path: str, given: dict[str, Any] | None = None) -> Conversion:
    """
    :param path: of the source; xm names a domain after the file when the file does not.
    :param given: variables from xm's command line.
    :raises ConfigSyntaxError: it is no Python that xm could load.
    """
    return _Converter(text, path, given or {}).run()


class _Converter:
    def __init__(self, text: str, path: str, given: dict[str, Any]) -> None:
        self._path = path
        self._source = _pyconfig.parse(text, path, given)
        self._values: dict[str, Any] = dict(self._source.as_dict())
        self._found: dict[str, Any] = {}
        self._findings: list[Finding] = []

    def run(self) -> Conversion:
        self._code()
        self._kind_of_guest()
        self._vcpus()
        self._kernel_words()
        self._actions()
        self._devices()
        self._rest()
        self._defaults()
        items = sorted(self._found.items(), key=lambda item: ORDER.index(item[0]) if item[0] in ORDER else len(ORDER))
        header = f"Converted from {os.path.basename(self._path)}, a config file of xm."
        made = _xlcfg.new_document(items, header)
        _xlcfg.parse(made, "the converted config")
        return Conversion(made, sorted(self._findings, key=lambda finding: finding.line))

    # What is told

    def _tell(self, level: str, key: str, message: str) -> None:
        try:
            line = self._source.line_of(key)
        except KeyError:
            line = 0
        self._findings.append(Finding(level, key, line, message))

    def _take(self, key: str) -> Any:
        """A value of the source, which is then done with; None for what says nothing."""
        value = self._values.pop(key, None)
        return None if value in ("", []) else value

    def _code(self) -> None:
        """What only a run of the file would tell, and what xm does not take for a setting."""
        for key, (_line, reason) in self._source.unreadable().items():
            if key in _xm_config.VARIABLES:
                self._tell(LOST, key, f"Code makes it: {reason}. Put the value itself into the new file.")
        for key in self._source.computed():
            if key in _xm_config.VARIABLES and key in self._values:
                self._tell(REWRITTEN, key, "It was computed; the new file has the result.")
        for key, (_line, kind) in self._source.passed_over().items():
            if key in _xm_config.VARIABLES:
                self._tell(DIFFERS, key, f"xm passes over a value of type {kind}, and so it is left out.")

    # Groups of settings

    def _kind_of_guest(self) -> None:
        builder = self._take("builder") or "linux"
        kind = {"linux": "pv", "generic": "pv", "hvm": "hvm"}.get(builder)
        if kind is None:
            self._tell(LOST, "builder", f"xl has no builder {builder!r}; type is pv or hvm. It is taken for pv.")
        self._found["type"] = kind or "pv"
        kernel = self._take("kernel")
        if kernel and kind == "hvm":
            self._tell(
                REWRITTEN, "kernel", "The loader of an HVM guest is xl's own; `kernel` would be booted directly."
            )
        elif kernel:
            self._found["kernel"] = kernel
        bootloader = self._take("bootloader")
        if bootloader:
            own = os.path.basename(bootloader) == "pygrub"
            self._found["bootloader"] = "pygrub" if own else bootloader
            if own and bootloader != "pygrub":
                self._tell(REWRITTEN, "bootloader", "xl finds its own pygrub; a path is deprecated.")

    def _vcpus(self) -> None:
        """xm counts all vcpus in vcpus and has a mask of those that are on, or, late, maxvcpus."""
        vcpus, maximum, mask = (self._number(key) for key in ("vcpus", "maxvcpus", "vcpu_avail"))
        if mask is not None and maximum is None:
            maximum, vcpus = vcpus or 1, bin(mask).count("1")
            self._tell(REWRITTEN, "vcpu_avail", f"{vcpus} of {maximum} vcpus are on at the start.")
        if vcpus is not None:
            self._found["vcpus"] = vcpus
        if maximum is not None:
            self._found["maxvcpus"] = maximum
        cpu = self._take("cpu")
        if cpu is not None and "cpus" not in self._values:
            self._found["cpus"] = str(cpu)
            self._tell(DIFFERS, "cpu", "It pinned the first vcpu; `cpus` pins all of them.")

    def _kernel_words(self) -> None:
        """ip, dhcp and NFS variables are words of the kernel's command line; xl has no variables for them."""
        values = {key: self._take(key) or default for key, default in KERNEL_WORDS.items()}
        words = []
        if values["ip"] or values["dhcp"] != "off":
            fields = ("ip", "nfs_server", "gateway", "netmask", "hostname", "interface", "dhcp")
            words.append("ip=" + ":".join(values[key] for key in fields))
        if values["nfs_root"]:
            words.append(f"nfsroot={values['nfs_server']}:{values['nfs_root']}")
        if words:
            self._tell(REWRITTEN, "extra", f"`{' '.join(words)}` comes from ip, dhcp and NFS variables of xm.")
        extra = self._take("extra")
        extra = " ".join([*words, *([extra] if extra else [])])
        root = self._take("root")
        if root:
            self._found["root"] = root[len("root=") :] if root.startswith("root=") else root
        if extra:
            self._found["extra"] = extra

    def _actions(self) -> None:
        restart = self._take("restart")
        if restart is not None:
            actions = RESTART.get(restart)
            if actions is None:
                self._tell(LOST, "restart", f"xm knows no restart={restart!r}.")
            else:
                self._tell(REWRITTEN, "restart", "It is on_poweroff, on_reboot and on_crash.")
                self._found.update(actions)
        for key in ("on_poweroff", "on_reboot", "on_crash"):
            value = self._take(key)
            if value:
                self._found[key] = value

    def _devices(self) -> None:
        self._items("disk", self._disk)
        nics = self._number("nics")
        vifs = self._values.get("vif", [])
        if nics is not None and isinstance(vifs, list):
            self._tell(REWRITTEN, "nics", "Each interface is an item of vif.")
            self._values["vif"] = vifs + [""] * (nics - len(vifs))
        self._items("vif", self._vif)
        self._items("vfb", lambda text: _xm_devices.vfb_to_xm(_xm_devices.vfb_to_xl(text)))
        self._items("pci", lambda text: _spec_pci.render(_spec_pci.parse(text)))

    def _items(self, key: str, made: Any) -> None:
        values = self._values.pop(key, None)
        if values is None:
            return
        found = []
        for text in values if isinstance(values, list) else [values]:
            try:
                found.append(made(str(text)))
            except XenError as error:
                reason = error.reason if isinstance(error, BadValue) else error.message
                self._tell(LOST, key, f"{text!r}: {reason}")
        if found:
            self._found[key] = found

    def _disk(self, text: str) -> str:
        disk = _spec_disk.parse(_xm_devices.disk_to_xl(text))
        parts = [part.strip() for part in text.split(",")]
        if parts[2] == "w!":
            self._tell(DIFFERS, "disk", f"{text!r}: w! let several guests write; xl does not look for other users.")
        if len(parts) > 4:
            self._tell(LOST, "disk", f"{text!r}: xl has no protocol ({parts[4]}) for a disk.")
        if parts[0].startswith(("tap:", "tap2:")):
            self._tell(DIFFERS, "disk", f"{text!r}: xl chooses the back end by itself; blktap is gone.")
        if parts[1].startswith("ioemu:"):
            self._tell(REWRITTEN, "disk", f"{text!r}: xl gives an HVM guest an emulated disk by its name.")
        if parts[1].isdigit() and int(parts[1]) > 9:
            self._tell(REWRITTEN, "disk", f"{text!r}: digits are hexadecimal in xm: {disk.vdev}.")
        if parts[0].startswith("phy:") and disk.target and not self._is_device(disk.target):
            self._tell(DIFFERS, "disk", f"{text!r}: phy: with a file, which xend refused; xl takes it.")
        return _spec_disk.render(disk)

    @staticmethod
    def _is_device(target: str) -> bool:
        return target.startswith("/dev/") or not target.startswith("/")

    def _vif(self, text: str) -> str:
        items = [item for item in _xm_devices.vif_to_xl(text).split(",") if item]
        keys = [item.partition("=")[0] for item in items]
        for key in ("accel", "policy", "label"):
            if key in keys:
                self._tell(LOST, "vif", f"{text!r}: xl has no {key}.")
        items = [item for item in items if item.partition("=")[0] not in ("accel", "policy", "label")]
        if self._found["type"] == "pv" and "type=ioemu" in items:
            self._tell(DIFFERS, "vif", f"{text!r}: xl refuses type=ioemu for a PV guest; it is left out.")
            items.remove("type=ioemu")
        if "bridge" not in keys and "script" not in keys:
            message = f"{text!r}: xm took the bridge of xend-config.sxp, xl takes xenbr0. Give it a bridge."
            self._tell(DIFFERS, "vif", message)
        return _xm_devices.vif_to_xm(",".join(items))

    # Everything else

    def _rest(self) -> None:
        extid = self._number("extid")
        if extid == 1:
            self._tell(REWRITTEN, "extid", "It is viridian.")
            self._found["viridian"] = 1
        for key in list(self._values):
            value = self._values.pop(key)
            if key in NOT_IN_XL:
                if value not in ("", "0", []):
                    self._tell(LOST, key, NOT_IN_XL[key])
            elif key in RENAMED:
                self._found[RENAMED[key]] = value
                self._tell(REWRITTEN, key, f"xl calls it {RENAMED[key]}.")
            elif key in FLAGS:
                self._flag(key, value)
            elif key in NUMBERS or key in SAME:
                if value not in ("", []):
                    self._found[key] = _as_number(value) if key in NUMBERS else value
            elif key not in _xm_config.VARIABLES:
                self._tell(REWRITTEN, key, "xm knows no such variable: a helper of the file. It is left out.")

    def _flag(self, key: str, value: Any) -> None:
        word = {"yes": 1, "y": 1, "no": 0, "n": 0}.get(str(value))
        if word is not None:
            self._tell(REWRITTEN, key, f"xl wants a number: {word}.")
        self._found[key] = _as_number(value) if word is None else word

    def _defaults(self) -> None:
        """Where xm fills in something else than xl."""
        if "name" not in self._found and "name" not in self._source.unreadable():
            self._found["name"] = os.path.basename(self._path)
            self._tell(REWRITTEN, "name", "xm names a domain after its file; xl wants a name in it.")
        if "memory" not in self._found and "memory" not in self._source.unreadable():
            self._found["memory"] = 128
            self._tell(REWRITTEN, "memory", "xm's default is 128 MiB; xl's is another.")
        if self._found["type"] == "hvm" and "vnc" not in self._found and "sdl" not in self._found:
            self._tell(
                DIFFERS, "vnc", "xl starts a VNC server when nothing is said; xend-config.sxp said what xend did."
            )

    def _number(self, key: str) -> int | None:
        value = self._take(key)
        number = _as_number(value)
        if value is not None and not isinstance(number, int):
            self._tell(LOST, key, f"{value!r} is not a number.")
        return number if isinstance(number, int) else None


def _as_number(value: Any) -> Any:
    """An int where xl reads one; else what it was."""
    try:
        return int(value, 10) if isinstance(value, str) else value
    except ValueError:
        return value
