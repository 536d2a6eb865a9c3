# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Kinds of option values: how each kind is read from a task, read from a config file, written and compared.

A canonical value is plain data: str, int, a list of str, or a list of device specs. Parameters and files are brought to
the same canonical form, so comparing is ``==``.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Callable, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils import _spec_disk, _spec_pci, _spec_vfb, _spec_vif, _values
from ansible_collections.netbsd.xen.plugins.module_utils._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils._xlcfg import Value, to_long

Convert = Callable[[str, Any], Any]


class Kind(NamedTuple):
    """
    :param from_param: value of a task -> canonical. Raises BadValue.
    :param from_file: value of a config file (text, or nested lists of it) -> canonical. Raises BadValue.
    :param to_file: canonical -> value for the config file.
    :param to_data: canonical -> JSON-like value for return values and diffs.
    :param spec: the spec module, for lists of devices.
    """

    from_param: Convert
    from_file: Convert
    to_file: Callable[[Any], Any]
    to_data: Callable[[Any], Any]
    spec: Any = None


def _same(value: Any) -> Any:
    return value


def _number(option: str, value: Value) -> int:
    """A number as xl reads it: any base that strtol knows, quoted or not."""
    if isinstance(value, list):
        raise BadValue(option, value, "a list where xl wants a number.")
    try:
        return to_long(value)
    except ValueError:
        raise BadValue(option, value, "not a number that xl can read.") from None


def _text(option: str, value: Any) -> str:
    if isinstance(value, (list, dict)):
        raise BadValue(option, value, "a list where xl wants a string.")
    return str(value)


def _text_or_list(option: str, value: Any) -> list[str]:
    """xl takes one string or a list of strings; a list of one is the same as the string."""
    items = value if isinstance(value, (list, tuple)) else [value]
    return [_text(option, item) for item in items if item != ""]


def _one_or_list(items: list[str]) -> str | list[str]:
    return items[0] if len(items) == 1 else items


def _flag(option: str, value: Any) -> int:
    return int(bool(value))


def _text_then(check: Convert) -> Convert:
    """A check of ours on a text from a file; the file may say what we would not let a task say, so be lenient."""

    def convert(option: str, value: Any) -> Any:
        text = _text(option, value)
        try:
            return check(option, text)
        except BadValue:
            return text

    return convert


def _cpus_from_file(option: str, value: Value) -> Any:
    return _values.cpus(option, value)


def devices(spec: ModuleType) -> Kind:
    """A list of devices, each a dictionary or one of Xen's own strings."""

    def from_param(option: str, value: Any) -> list[Any]:
        items = value if isinstance(value, (list, tuple)) else [value] if value else []
        return [spec.from_dict(item) if isinstance(item, dict) else spec.parse(_text(option, item)) for item in items]

    def from_file(option: str, value: Value) -> list[Any]:
        if not isinstance(value, list):
            raise BadValue(option, value, "a string where xl wants a list.")
        # xm users write vif = [ '' ] for "one vif, all defaults"; xl skips no such item either
        return [spec.parse(_text(option, item)) for item in value]

    def to_file(items: list[Any]) -> list[str]:
        return [spec.render(item) for item in items]

    def to_data(items: list[Any]) -> list[Any]:
        return [spec.as_dict(item) for item in items]

    return Kind(from_param, from_file, to_file, to_data, spec)


TEXT = Kind(_text, _text, _same, _same)
PATH = Kind(_values.absolute_path, _text, _same, _same)
COUNT = Kind(_values.positive_int, _number, _same, _same)
NUMBER = Kind(_values.whole_number, _number, _same, _same)
MEMORY = Kind(_values.memory_mib, _number, _same, _same)
FLAG = Kind(_flag, _number, _same, bool)
UUID = Kind(_values.uuid, _text_then(_values.uuid), _same, _same)
ACTION = Kind(_values.shutdown_action, _text_then(_values.shutdown_action), _same, _same)
CPUS = Kind(_values.cpus, _cpus_from_file, _same, _same)
TEXTS = Kind(_text_or_list, _text_or_list, _one_or_list, _same)
DISKS = devices(_spec_disk)
VIFS = devices(_spec_vif)
PCI = devices(_spec_pci)
VFBS = devices(_spec_vfb)
