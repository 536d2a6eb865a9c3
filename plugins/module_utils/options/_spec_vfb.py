# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Paravirtual frame buffers: xl's vfb specs (xl.cfg(5)), dictionaries, and libxl's JSON, all as ``Vfb``.

Source: the vfb loop of parse_config_data() in tools/xl/xl_parse.c. xl drops a key that it does not know without a word;
here that is an error. Error messages never show ``vncpasswd``.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Mapping

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.options._spec_common import (
    boolean,
    changed_fields,
    known_items,
    live_defbool,
    text_without_comma,
    whole_number,
    zero_or_one,
)

OPTION = "vfb"
_FLAGS = ("vnc", "vncunused", "sdl", "opengl")


@dataclasses.dataclass(frozen=True)
class Vfb:
    """One frame buffer; None means that libxl decides (VNC on 127.0.0.1, the first free display).

    :ivar vnclisten: address, or address:display.
    :ivar vncdisplay: VNC display; its TCP port is 5900 more.
    :ivar vncunused: take the first display that is free.
    :ivar vncpasswd: secret; left out of ``repr``.
    """

    vnc: bool | None = None
    vnclisten: str | None = None
    vncdisplay: int | None = None
    vncunused: bool | None = None
    vncpasswd: str | None = dataclasses.field(default=None, repr=False)
    sdl: bool | None = None
    opengl: bool | None = None
    display: str | None = None
    xauthority: str | None = None
    keymap: str | None = None


_KEYS = tuple(field.name for field in dataclasses.fields(Vfb))


def parse(text: str) -> Vfb:
    """Read a spec as xl does: comma-separated key=value, blanks after a comma are skipped. Empty means all defaults.

    :raises BadValue: an unknown key, or a value that xl would misread.
    """
    found: dict[str, Any] = {}
    for item in text.split(","):
        item = item.lstrip(" ")
        if item:
            key, equals, value = item.partition("=")
            if not equals or key not in _KEYS:
                raise BadValue(OPTION, _masked(text), f"unknown parameter {key!r}; known are: {', '.join(_KEYS)}.")
            found[key] = zero_or_one(OPTION, key, value) if key in _FLAGS else value
    return _canonical(found)


def from_dict(mapping: Mapping[str, Any]) -> Vfb:
    """Read a dictionary whose keys are the fields of ``Vfb``.

    :raises BadValue: an unknown key, or a value that xl would not take.
    """
    shown = {key: "********" if "pass" in key else value for key, value in mapping.items()}
    known_items(OPTION, shown, Vfb, {})
    return _canonical({key: value for key, value in mapping.items() if value is not None})


def _canonical(found: Mapping[str, Any]) -> Vfb:
    values: dict[str, Any] = {}
    for key, value in found.items():
        if key in _FLAGS:
            values[key] = boolean(OPTION, key, value)
        elif key == "vncpasswd":
            values[key] = _password(value)
        else:
            text = text_without_comma(OPTION, key, value)
            if text is not None:
                values[key] = whole_number(OPTION, key, text) if key == "vncdisplay" else text
    return Vfb(**values)


def _password(value: Any) -> str | None:
    try:
        return text_without_comma(OPTION, "vncpasswd", value)
    except BadValue:
        raise BadValue(OPTION, "********", "vncpasswd must be a string without a comma or a newline.") from None


def _masked(text: str) -> str:
    """The text without passwords, under a mistyped key too."""
    return re.sub(r"(pass[^=,]*=)[^,]*", r"\1********", text)


def render(vfb: Vfb) -> str:
    """The spec that a person would write: ``vnc=1,vnclisten=0.0.0.0``; empty for all defaults."""
    return ",".join(f"{key}={int(value) if key in _FLAGS else value}" for key, value in changed_fields(vfb).items())


def as_dict(vfb: Vfb) -> dict[str, Any]:
    """The fields that are set, the secret too; from_dict() gives the same frame buffer back."""
    return changed_fields(vfb)


def from_live(entry: Mapping[str, Any]) -> Vfb:
    """One of ``config.vfbs`` in ``xl list -l``, libxl's JSON, where zeros and defaults are left out."""
    vnc, sdl = entry.get("vnc") or {}, entry.get("sdl") or {}
    return Vfb(
        vnc=live_defbool(vnc.get("enable")),
        vnclisten=vnc.get("listen") or None,
        vncdisplay=vnc.get("display"),
        vncunused=live_defbool(vnc.get("findunused")),
        vncpasswd=vnc.get("passwd") or None,
        sdl=live_defbool(sdl.get("enable")),
        opengl=live_defbool(sdl.get("opengl")),
        display=sdl.get("display") or None,
        xauthority=sdl.get("xauthority") or None,
        keymap=entry.get("keymap") or None,
    )


def identity(vfb: Vfb) -> None:
    """Nothing tells two frame buffers of a domain apart but their place in the list."""
