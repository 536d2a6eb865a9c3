# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What the device specs (disk, vif, pci, vfb) have in common: reading a user's dictionary, showing what was set."""

from __future__ import annotations

import dataclasses
from typing import Any, Mapping

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")


def known_items(option: str, mapping: Mapping[str, Any], spec: Any, aliases: Mapping[str, str]) -> dict[str, Any]:
    """The items that are set (not None), by the name of the field of ``spec``.

    :param aliases: other names for fields.
    :raises BadValue: a key that is neither a field nor an alias, or one field given under two names.
    """
    names = [field.name for field in dataclasses.fields(spec)]
    found: dict[str, Any] = {}
    for key, value in mapping.items():
        name = aliases.get(key, key)
        if name not in names:
            known = ", ".join(names + sorted(aliases))
            raise BadValue(option, dict(mapping), f"unknown key {key!r}; known are: {known}.")
        if value is None:
            continue
        if name in found:
            raise BadValue(option, dict(mapping), f"{name} is given twice.")
        found[name] = value
    return found


def boolean(option: str, key: str, value: Any) -> bool:
    """A boolean in any of the spellings that YAML users have.

    :raises BadValue: for everything else.
    """
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise BadValue(option, value, f"{key} must be a boolean.")


def zero_or_one(option: str, key: str, value: str) -> bool:
    """A boolean in the text of a spec. xl reads it with atoi(), to which ``yes`` is 0: only 0 and 1 are let through.

    :raises BadValue: for everything else.
    """
    if value not in ("0", "1"):
        raise BadValue(option, value, f"{key} must be 0 or 1.")
    return value == "1"


def whole_number(option: str, key: str, value: Any) -> int:
    """A number of at least 0, in decimal digits.

    :raises BadValue: for everything else.
    """
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        raise BadValue(option, value, f"{key} must be a whole number.")
    return int(text)


def text_without_comma(option: str, key: str, value: Any) -> str | None:
    """Text of one item of a spec; the comma ends the item, and xl knows no way to escape it. Empty is not set.

    :raises BadValue: for a comma, a newline, or something that is not text.
    """
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise BadValue(option, value, f"{key} must be a string.")
    text = str(value)
    if "," in text or "\n" in text or "\0" in text:
        raise BadValue(option, value, f"{key} cannot hold a comma or a newline.")
    return text or None


def changed_fields(spec: Any) -> dict[str, Any]:
    """The fields that differ from their default, in the order of the fields."""
    pairs = ((field, getattr(spec, field.name)) for field in dataclasses.fields(spec))
    return {field.name: value for field, value in pairs if value != field.default}


def live_defbool(value: Any) -> bool | None:
    """A libxl_defbool in libxl's JSON: "True", "False", or left out (also "<default>")."""
    return {"True": True, "False": False}.get(str(value))
