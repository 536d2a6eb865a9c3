# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Arguments of the hypervisor and of the dom0 kernel as structured options.

Sources: Xen docs/misc/xen-command-line.pandoc; NetBSD boot(8) and sys/arch/xen/xen/xen_machdep.c for the dom0 kernel;
boot.cfg(5): "Xen counts serial ports from com1 upwards, but NetBSD counts from com0".
"""

from __future__ import annotations

import re
from typing import Any, Callable, Iterable, Mapping, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.boot import _pciback
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.host import _systemfile

_FLAGS = ("dom0_vcpus_pin", "noreboot")
_VALUES = ("dom0_mem", "dom0_max_vcpus", "loglvl", "guest_loglvl")
# how a boolean of Xen is written when it is on
_ON = ("", "1", "on", "yes", "true", "enable")
_MEMORY = re.compile(r"(?:(?:min|max):)?-?(?:\d+[bkmgt](?:\+\d{1,2}%)?|\d{1,2}%)", re.IGNORECASE)
_VCPUS = re.compile(r"\d+(?:-\d*)?|-\d+")
# NetBSD's kernel takes both names for the device with its root file system
_ROOT_KEYS = ("root", "bootdev")
_UNFIT = re.compile(r"[\s;#\x00\\]")


class Console(NamedTuple):
    """Where the boot messages go.

    :param kind: ``vga``, ``serial`` or ``both`` (Xen's messages on both, dom0's console on the screen).
    :param port: number of the serial port, from 0 as NetBSD counts.
    :param speed: in baud; None: Xen keeps what the boot loader has set (ns16550.c: BAUD_AUTO).
    """

    kind: str
    port: int = 0
    speed: int | None = None


def xen_args(current: Iterable[str], options: Mapping[str, Any], console: Console | None) -> tuple[str, ...]:
    """The hypervisor's words after the options are applied to the current ones. An option that is None leaves its words
    as they are; an empty text, or false, removes them."""
    words = list(current)
    for key in ("dom0_mem", "dom0_max_vcpus"):
        words = _with_value(words, key, options.get(key))
    words = _with_flag(words, "dom0_vcpus_pin", options.get("dom0_vcpus_pin"))
    if console is not None:
        words = _with_console(words, console)
    for key in ("loglvl", "guest_loglvl"):
        words = _with_value(words, key, options.get(key))
    words = _with_flag(words, "noreboot", options.get("noreboot"))
    return tuple(_with_extra(words, options.get("extra")))


def kernel_args(
    current: Iterable[str], options: Mapping[str, Any], console: Console | None, xen: bool = True
) -> tuple[str, ...]:
    """The kernel's words, likewise. A native kernel gets no ``console=``: the loader hands its own console over."""
    words = list(current)
    words = _with_root(words, options.get("root"))
    if console is not None and xen:
        words = _with_value(words, "console", f"com{console.port}" if console.kind == "serial" else "pc")
    hidden = options.get("pciback_hide")
    if hidden is not None:
        words = _with_value(words, _pciback.KEY, "".join(f"({short_bdf(device)})" for device in hidden))
    words = _with_single_user(words, options.get("single_user"))
    return tuple(_with_extra(words, options.get("extra")))


def validate(xen: Mapping[str, Any], kernel: Mapping[str, Any], console: Console | None) -> None:
    """
    :raises BadValue: a value that Xen, the kernel or the boot loader would not take for what it is.
    """
    for option, values in (("xen_args", xen), ("kernel_args", kernel)):
        for key, value in values.items():
            for item in value if isinstance(value, list) else [value]:
                word(f"{option}.{key}", item)
        _no_contradiction(option, values)
    for part in str(xen.get("dom0_mem") or "").split(","):
        if part and not _MEMORY.fullmatch(part):
            raise BadValue("xen_args.dom0_mem", part, "give a size with its unit, as in 512M or 2G; Xen counts in KiB.")
    vcpus = str(xen.get("dom0_max_vcpus") or "")
    if vcpus and (not _VCPUS.fullmatch(vcpus) or vcpus == "0"):
        raise BadValue("xen_args.dom0_max_vcpus", vcpus, "give a number of vcpus, or a range such as 1-4.")
    for device in kernel.get("pciback_hide") or []:
        short_bdf(device)
    if console is not None and console.port not in (0, 1):
        raise BadValue("serial.port", console.port, "Xen knows com1 and com2, which NetBSD counts as 0 and 1.")


def _no_contradiction(option: str, values: Mapping[str, Any]) -> None:
    """
    :raises BadValue: two words say the same thing, and only one of them would count.
    """
    said = {key for key, value in values.items() if value is not None and key != "extra"}
    for text in values.get("extra") or []:
        key = _key(text).replace("pciback.hide", "pciback_hide")
        if key in said:
            raise BadValue(f"{option}.extra", text, "this is said twice. Leave one of the two out.")
        said.add(key)


def word(option: str, value: Any) -> None:
    """
    :raises BadValue: the text would not reach Xen or the kernel as one word.
    """
    if isinstance(value, str) and _UNFIT.search(value):
        raise BadValue(option, value, "blanks, ; # and \\ end or cut a word in the boot loader's file. Leave them out.")
    if isinstance(value, str):
        _systemfile.require_text(option, value)


def short_bdf(device: str) -> str:
    """``0000:03:00.0`` -> ``03:00.0``, the form that leaves most room: pciback keeps 63 characters."""
    return _pciback.short(_pciback.canonical(device, "kernel_args.pciback_hide"))


def _key(text: str) -> str:
    return text.partition("=")[0]


def _without(words: list[str], drop: Callable[[str], bool]) -> list[str]:
    return [text for text in words if not drop(text)]


def _with_value(words: list[str], key: str, value: Any, same: tuple[str, ...] = ()) -> list[str]:
    """``key=value`` in place of the last word of this key, or at the end; an empty value removes the word.

    :param same: other spellings of the key, which are replaced, too.
    """
    if value is None:
        return words
    keys = (key, *same)
    places = [index for index, text in enumerate(words) if _key(text).lower() in keys]
    if value == "":
        return [text for index, text in enumerate(words) if index not in places]
    if not places:
        return [*words, f"{key}={value}"]
    kept = _key(words[places[-1]])
    changed = [*words[: places[-1]], f"{kept}={value}", *words[places[-1] + 1 :]]
    return [text for index, text in enumerate(changed) if index not in places[:-1]]


def _with_flag(words: list[str], key: str, value: bool | None) -> list[str]:
    if value is None:
        return words
    mine = [text for text in words if _key(text) in (key, "no-" + key)]
    on = bool(mine) and not mine[-1].startswith("no-") and mine[-1].partition("=")[2] in _ON
    if value:
        return words if on else [*_without(words, mine.__contains__), key]
    return _without(words, mine.__contains__)


def _with_console(words: list[str], console: Console) -> list[str]:
    """``console=`` and ``comN=`` of Xen, which counts the ports from com1."""
    port = f"com{console.port + 1}"
    names = {"vga": "vga", "serial": port, "both": f"vga,{port}"}[console.kind]
    words = _with_value(words, "console", names)
    if console.kind == "vga":
        return _without(words, lambda text: _key(text) in ("com1", "com2"))
    words = _without(words, lambda text: _key(text) in {"com1", "com2"} - {port})
    return _with_value(words, port, f"{console.speed},8n1" if console.speed else "")


def _with_root(words: list[str], value: str | None) -> list[str]:
    return _with_value(words, _ROOT_KEYS[0], value, _ROOT_KEYS[1:])


def _with_single_user(words: list[str], value: bool | None) -> list[str]:
    """The flag s among those of a word that begins with a hyphen."""
    if value is None:
        return words
    flags = [text for text in words if text.startswith("-")]
    if value:
        return words if any("s" in text for text in flags) else [*words, "-s"]
    cleared = [text.replace("s", "") if text.startswith("-") else text for text in words]
    return _without(cleared, lambda text: text == "-")


def _with_extra(words: list[str], extra: list[str] | None) -> list[str]:
    """Further words: ``key=value`` replaces a word of this key, another word is added unless it is there."""
    for text in extra or []:
        key, equals, value = text.partition("=")
        if equals and value:
            words = _with_value(words, key, value)
        elif text not in words:
            words = [*words, text]
    return words
