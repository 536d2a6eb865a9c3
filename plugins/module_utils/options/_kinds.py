# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Kinds of option values: how each kind is read from a task, read from a config file, written and compared.

A canonical value is plain data: str, int, a list of these, or a list of device specs. Parameters and files are brought
to the same canonical form, so comparing is ``==``. Kinds of lists that are more than texts: ``_kinds_lists``.
"""

from __future__ import annotations

import contextlib
from types import ModuleType
from typing import Any, Callable, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options import _spec_disk, _spec_pci, _spec_vfb, _spec_vif
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg import Value, to_long

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


def same(value: Any) -> Any:
    """A canonical value that is written or shown as it is."""
    return value


def number(option: str, value: Value) -> int:
    """A number as xl reads it: any base that strtol knows, quoted or not."""
    if isinstance(value, list):
        raise BadValue(option, value, "a list where xl wants a number.")
    try:
        return to_long(value)
    except ValueError:
        raise BadValue(option, value, "not a number that xl can read.") from None


def text(option: str, value: Any) -> str:
    """One string."""
    if isinstance(value, (list, dict)):
        raise BadValue(option, value, "a list where xl wants a string.")
    return str(value)


def text_or_list(option: str, value: Any) -> list[str]:
    """xl takes one string or a list of strings; a list of one is the same as the string."""
    items = value if isinstance(value, (list, tuple)) else [value]
    return [text(option, item) for item in items if item != ""]


def _one_or_list(items: list[str]) -> str | list[str]:
    return items[0] if len(items) == 1 else items


def _flag(option: str, value: Any) -> int:
    return int(bool(value))


def _flag_from_file(option: str, value: Value) -> int:
    """Every number but 0 is true (xlu_cfg_get_defbool)."""
    return int(bool(number(option, value)))


def _flag_to_data(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def lenient(check: Convert) -> Convert:
    """A check of ours on a text from a file; the file may say what we would not let a task say."""

    def convert(option: str, value: Any) -> Any:
        said = text(option, value)
        try:
            return check(option, said)
        except BadValue:
            return said

    return convert


def _cpus_from_file(option: str, value: Value) -> Any:
    return _values.cpus(option, value)


def integer(low: int, high: int) -> Kind:
    """A whole number within bounds. A file may say another one: there xl judges."""

    def from_param(option: str, value: Any) -> int:
        try:
            found = int(str(value).strip())
        except ValueError:
            raise BadValue(option, value, "not a whole number.") from None
        if not low <= found <= high:
            raise BadValue(option, value, f"not a number from {low} to {high}.")
        return found

    return Kind(from_param, number, same, same)


def words(*choices: str, numbered: bool = False, others: dict[str, str] | None = None) -> Kind:
    """One of some words.

    :param numbered: xl also takes the place of the word, counted from 0: the old way to say it.
    :param others: other spellings -> the word.
    """
    spellings = {**{word: word for word in choices}, **(others or {})}
    if numbered:
        spellings.update({str(index): word for index, word in enumerate(choices)})

    def from_param(option: str, value: Any) -> str:
        word = text(option, value)
        if word == "":
            return ""
        if word not in spellings:
            raise BadValue(option, value, f"use one of {', '.join(choices)}.")
        return spellings[word]

    def from_file(option: str, value: Value) -> str:
        word = text(option, value)
        with contextlib.suppress(ValueError):
            word = str(to_long(word)) if numbered else word
        return spellings.get(word, word)

    return Kind(from_param, from_file, same, same)


def _mib(option: str, value: Any) -> int:
    return 0 if str(value).strip() == "0" else _values.memory_mib(option, value)


def devices(spec: ModuleType | Any) -> Kind:
    """A list of devices, each a dictionary or one of Xen's own strings."""

    def from_param(option: str, value: Any) -> list[Any]:
        items = value if isinstance(value, (list, tuple)) else [value] if value else []
        return [spec.from_dict(item) if isinstance(item, dict) else spec.parse(text(option, item)) for item in items]

    def from_file(option: str, value: Value) -> list[Any]:
        if not isinstance(value, list):
            raise BadValue(option, value, "a string where xl wants a list.")
        # xm users write vif = [ '' ] for "one vif, all defaults"; xl skips no such item either
        return [spec.parse(text(option, item)) for item in value]

    def to_file(items: list[Any]) -> list[str]:
        return [spec.render(item) for item in items]

    def to_data(items: Sequence[Any]) -> list[Any]:
        return [spec.as_dict(item) for item in items]

    return Kind(from_param, from_file, to_file, to_data, spec)


TEXT = Kind(text, text, same, same)
PATH = Kind(_values.absolute_path, text, same, same)
COUNT = Kind(_values.positive_int, number, same, same)
NUMBER = Kind(_values.whole_number, number, same, same)
MEMORY = Kind(_values.memory_mib, number, same, same)
MIB = Kind(_mib, number, same, same)
FLAG = Kind(_flag, _flag_from_file, same, _flag_to_data)
UUID = Kind(_values.uuid, lenient(_values.uuid), same, same)
ACTION = Kind(_values.shutdown_action, lenient(_values.shutdown_action), same, same)
CPUS = Kind(_values.cpus, _cpus_from_file, same, same)
TEXTS = Kind(text_or_list, text_or_list, _one_or_list, same)
DISKS = devices(_spec_disk)
VIFS = devices(_spec_vif)
PCI = devices(_spec_pci)
VFBS = devices(_spec_vfb)
