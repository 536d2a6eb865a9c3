# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""A config file of xm, told and changed in xl's words: what plans are made of is the same for both toolstacks.

The file itself stays xm's: Python, with xm's names of variables and xm's device strings. Source of the variables:
gopts.var() in tools/python/xen/xm/create.py of Xen 3.1, 3.3, 4.1 and 4.2; xm passes over all others.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.configs._xm_convert_rules import FLAGS
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.options import _options
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _pyconfig
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg import Value
from ansible_collections.netbsd.xen.plugins.module_utils.toolstack import _xm_devices

VARIABLES = frozenset(
    """
    access_control acpi acpi_firmware actmem apic blkif boot bootargs bootentry bootloader builder cpu cpu_cap
    cpu_weight cpuid cpuid_check cpus description device_model dhcp display extid extra fda fdb features gateway
    gfx_passthru guest_os_type hap hostname hpet interface ioports ip irq isa kernel keymap loader localtime
    machine_address_size maxmem maxvcpus memory memory_sharing monitor monitor_path name nestedhvm netif netmask
    nfs_root nfs_server nics nographic nomigrate on_crash on_poweroff on_reboot on_xend_start on_xend_stop oos opengl
    pae parallel pci pci_msitranslate pci_power_mgmt pool ramdisk restart root rtc_timeoffset s3_integrity sdl serial
    shadow_memory smbios_firmware soundhw stdvga superpages suppress_spurious_page_faults target timer_mode tpmif
    tsc_mode usb usbdevice usbport uuid vcpu_avail vcpus vfb vhpt videoram vif vif2 viridian vnc vncconsole vncdisplay
    vnclisten vncpasswd vncunused vncviewer vpt_align vscsi vtpm vusb watchdog watchdog_action xauthority
    xen_platform_pci xenpaging_extra xenpaging_file disk
    """.split()  # noqa: SIM905
)
# what xl calls otherwise
_RENAMED = {"bootloader_args": "bootargs", "cap": "cpu_cap", "irqs": "irq"}
_XL_NAME = {xm: xl for xl, xm in _RENAMED.items()}
# xl's type is xm's builder; "linux" is xm's default
_TYPES = {"hvm": "hvm", "linux": "pv", "generic": "pv"}
_BUILDERS = {"hvm": "hvm", "pv": "linux"}


class _Words(NamedTuple):
    """The two ways between the words of xm and of xl, for the items of one list."""

    to_xl: Callable[[str], str]
    to_xm: Callable[[str], str]


_LISTS = {
    "disk": _Words(_xm_devices.disk_to_xl, _xm_devices.disk_to_xm),
    "vif": _Words(_xm_devices.vif_to_xl, _xm_devices.vif_to_xm),
    "vfb": _Words(_xm_devices.vfb_to_xl, _xm_devices.vfb_to_xm),
}
_YES_NO = {"yes": "1", "y": "1", "no": "0", "n": "0"}
_INSTEAD = {
    "cmdline": "Use root and extra, which xm puts together.",
    "firmware": "Use kernel, which is the loader of an HVM guest there.",
}


def parse(text: str, path: str = "<config>") -> Document:
    """Read a config file of xm.

    :raises ConfigSyntaxError: it is no Python that xm could load.
    """
    return Document(text, path)


def new_document(items: Sequence[tuple[str, Any]], header: str = "") -> str:
    """The text of a new config file, from keys and values in xl's words.

    :raises BadValue: xm has no words for it.
    """
    translated = [_setting(key, value, ()) for key, value in items]
    return _pyconfig.new_document(translated, header.replace("xl.cfg(5)", "xmdomain.cfg(5)"))


class Document:
    """The interface of ``_xlcfg.Document``, keys and values in xl's words.

    :ivar file: the file as it is, in xm's words.
    """

    def __init__(self, text: str, path: str = "<config>") -> None:
        self._path = path
        self.file = _pyconfig.parse(text, path)

    def render(self) -> str:
        """The text, byte for byte but for the edits."""
        return self.file.render()

    def keys(self) -> list[str]:
        """The settings of the file that are known for certain, by the names that xl has."""
        return list(self.as_dict())

    def get(self, key: str) -> Value | None:
        """The value in xl's words; None for what is not set.

        :raises XenError: code makes the value, or xm would not take it; the message has line and reason.
        """
        if key == "builder":
            return None  # told as type
        value = self.file.get(_name(key))
        if key == "type":
            return _TYPES.get(value) if isinstance(value, str) else None
        try:
            return _in_xl(key, value)
        except BadValue as error:
            line = self.line_of(key)
            raise XenError(f"{self._path}: line {line}: {error.message}", error_id="config_value", line=line) from None

    def as_dict(self) -> dict[str, Value]:
        """All settings that can be read, by the names that xl has."""
        found: dict[str, Value] = {}
        for name, value in self.file.as_dict().items():
            key = "type" if name == "builder" else _XL_NAME.get(name, name)
            try:
                told = self.get(key)
            except XenError:
                told = value
            if told is not None:
                found[key] = told
        return found

    def line_of(self, key: str) -> int:
        """The line (from 1) of the last statement that sets the key.

        :raises KeyError: for a key that is not set.
        """
        return self.file.line_of(_name(key))

    def set(self, key: str, value: Any) -> None:
        """Give a key this value, in xl's words.

        :raises BadValue: xm has no words for it.
        :raises XenError: the key is set by code; the message has the line.
        """
        old = self.file.get(_name(key)) if key in _LISTS else None
        self.file.set(*_setting(key, value, old if isinstance(old, list) else ()))

    def remove(self, key: str) -> None:
        """Remove the key.

        :raises XenError: the key is set by code; the message has the line.
        """
        self.file.remove(_name(key))


def is_variable(key: str) -> bool:
    """Whether xm looks at it, given by the name that xl has."""
    return _name(key) in VARIABLES


def unreadable(document: Any) -> dict[str, tuple[int, str]]:
    """Line and reason of each setting of xm whose value code makes, by the name that xl has; none in xl's own files."""
    if not isinstance(document, Document):
        return {}
    found = document.file.unreadable()
    return {_XL_NAME.get(name, name): why for name, why in found.items() if name in VARIABLES}


def _name(key: str) -> str:
    return "builder" if key == "type" else _RENAMED.get(key, key)


def _in_xl(key: str, value: Value | None) -> Value | None:
    if key in FLAGS and isinstance(value, str):
        return _YES_NO.get(value, value)
    words = _LISTS.get(key)
    if words is None or not isinstance(value, list):
        return value
    return [words.to_xl(item) if isinstance(item, str) else item for item in value]


def _setting(key: str, value: Any, old: Sequence[Any]) -> tuple[str, Any]:
    """Name and value as xm has them. An item that means what an old one means keeps the old one's words."""
    if key == "type":
        if value not in _BUILDERS:
            raise BadValue("type", value, "xm makes guests of type pv and hvm only.")
        return "builder", _BUILDERS[value]
    name = _name(key)
    if name not in VARIABLES and key in _options.BY_KEY:
        option = _options.BY_KEY[key].name
        raise BadValue(option, value, f"xm has no such setting. {_INSTEAD.get(key, '')}".rstrip())
    if name in ("serial", "bootargs") and isinstance(value, list):
        raise BadValue(key, value, "xm takes one string here, not a list.")
    words = _LISTS.get(key)
    if words is None or not isinstance(value, (list, tuple)):
        return name, value
    kind = _options.BY_KEY[key].kind
    known: dict[str, Any] = {}
    for item in old:
        try:
            known.setdefault(repr(kind.spec.parse(words.to_xl(item))), item)
        except XenError:
            continue
    return name, [known.get(repr(kind.spec.parse(item))) or words.to_xm(item) for item in value]
