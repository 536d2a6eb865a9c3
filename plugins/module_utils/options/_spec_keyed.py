# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Devices that xl.cfg writes as ``key=value,key=value``: what they have in common, said once for all of them.

The canonical form of such a device is a dictionary with the keys that are set. xl takes them apart with strtok(): empty
items are skipped, and a comma cannot be part of a value.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core import _values
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_common import (
    boolean,
    live_defbool,
    text_without_comma,
    whole_number,
    zero_or_one,
)

TEXT, NUMBER, FLAG, UUID = "text", "number", "flag", "uuid"


class Key(NamedTuple):
    """One key of a spec.

    :param name: as xl writes it; in a dictionary the dashes are underscores.
    :param kind: TEXT, NUMBER, FLAG, UUID, or a tuple of the words that it may be.
    :param live: the name in libxl's JSON, a function of the entry, or None where libxl does not tell.
    """

    name: str
    kind: Any = TEXT
    live: str | Callable[[Mapping[str, Any]], Any] | None = ""


class KeyedSpec:
    """All devices of one kind.

    :param option: for error messages.
    :param required: keys that xl refuses to do without.
    :param implied: values that xl takes where a key is not given, so that saying them changes nothing.
    :param lone_words: text without ``=`` belongs to the value before it (virtio's ``type=virtio,device22``).
    :param trims: blanks around keys and values mean nothing (channel). None: nor may there be any before a key, or an
        empty item (rdm).
    """

    def __init__(
        self,
        option: str,
        keys: Sequence[Key],
        required: Sequence[str] = (),
        implied: Mapping[str, Any] | None = None,
        lone_words: bool = False,
        trims: bool | None = False,
    ) -> None:
        self.option, self.required, self.lone_words, self.trims = option, tuple(required), lone_words, trims
        self.implied = dict(implied or {})
        self.keys = {_field(key.name): key for key in keys}

    def parse(self, spec: str) -> dict[str, Any]:
        """Read a spec as xl does.

        :raises BadValue: what xl would refuse, or not understand.
        """
        found: dict[str, Any] = {}
        last = None
        for item in spec.split(","):
            name, equals, value = (part.strip() if self.trims else part for part in self._begin(item).partition("="))
            field = _field(name)
            if not equals and self.lone_words and last:
                found[last] = f"{found[last]},{name}"
            elif equals and field in self.keys and self.keys[field].name == name:
                found[field] = value
                last = field
            elif name or equals or self.trims is None:
                raise BadValue(self.option, spec, f"unknown parameter {item.strip()!r}; known are: {self._known()}.")
        return self._canonical(found, spec, from_text=True)

    def _begin(self, item: str) -> str:
        """An item without the blanks before it: ``while (*p == ' ') p++`` in xl_parse.c."""
        return item if self.trims is None else item.lstrip(" ")

    def from_dict(self, mapping: Mapping[str, Any]) -> dict[str, Any]:
        """Read a dictionary with the keys of xl.cfg(5), with dashes or underscores.

        :raises BadValue: an unknown key, or a value that xl would not take.
        """
        found: dict[str, Any] = {}
        for name, value in mapping.items():
            field = _field(str(name))
            if field not in self.keys:
                raise BadValue(self.option, dict(mapping), f"unknown key {name!r}; known are: {self._known()}.")
            if value is not None:
                found[field] = value
        device = self._canonical(found, dict(mapping), from_text=False)
        if not self.lone_words:
            return device
        # a comma is let through in the values of such a device; it must not begin another key
        read = self.parse(self.render(device))
        if set(read) != set(device):
            raise BadValue(self.option, dict(mapping), "xl would take a part of it for another key.")
        return read

    def _known(self) -> str:
        return ", ".join(key.name for key in self.keys.values())

    def _canonical(self, found: Mapping[str, Any], source: Any, from_text: bool) -> dict[str, Any]:
        values = dict(self.implied)
        values.update(
            {field: self._value(field, value, source, from_text) for field, value in found.items() if value != ""}
        )
        for name in self.required:
            if name not in values:
                raise BadValue(self.option, source, f"{name} is missing, and xl does not do without it.")
        # in the order of xl.cfg(5)
        return {field: values[field] for field in self.keys if field in values}

    def _value(self, field: str, value: Any, source: Any, from_text: bool) -> Any:
        key = self.keys[field]
        if key.kind == FLAG:
            return zero_or_one(self.option, key.name, value) if from_text else boolean(self.option, key.name, value)
        if key.kind == NUMBER:
            if str(value).startswith("0") and str(value) != "0":
                raise BadValue(
                    self.option, source, f"{key.name} begins with a 0, which xl takes for octal here and there."
                )
            return whole_number(self.option, key.name, value)
        said = value
        if self.lone_words and isinstance(value, str):
            text_without_comma(self.option, key.name, value.replace(",", ""))
        else:
            said = text_without_comma(self.option, key.name, value)
        if key.kind == UUID:
            return _values.uuid(f"{self.option}: {key.name}", said)
        if isinstance(key.kind, tuple) and said not in key.kind:
            raise BadValue(self.option, source, f"{key.name} is one of {', '.join(key.kind)}, not {said!r}.")
        return said

    def render(self, device: Mapping[str, Any]) -> str:
        """The spec that a person would write."""
        return ",".join(f"{self.keys[field].name}={_written(value)}" for field, value in device.items())

    def as_dict(self, device: Mapping[str, Any]) -> dict[str, Any]:
        """The keys that are set; from_dict() gives the same device back."""
        return dict(device)

    def from_live(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """One of the devices in ``xl list -l``, libxl's JSON, where zeros and defaults are left out."""
        found = {}
        for field, key in self.keys.items():
            if key.live is None:
                continue
            value = key.live(entry) if callable(key.live) else entry.get(key.live or field)
            if key.kind == FLAG:
                value = value if isinstance(value, bool) else live_defbool(value)
            if value not in (None, ""):
                found[field] = value
        return found


def _field(name: str) -> str:
    return name.replace("-", "_")


def _written(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def agrees(wanted: Sequence[Mapping[str, Any]], live: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a guest has the wanted devices, in order.

    libxl completes what a device does not say, and its JSON leaves out what is false or zero.
    """
    return len(wanted) == len(live) and all(
        other.get(field, value if not value else None) == value
        for device, other in zip(wanted, live)
        for field, value in device.items()
    )
