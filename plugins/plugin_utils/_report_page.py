# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is PRIVATE to the collection. It can change at any time without notice.
"""The page of the report: templates with a Jinja environment of their own, which escapes everything.

Ansible's own environment makes native values of templates and leaves ``autoescape`` out of what it compiles
(jinja2/nativetypes.py, ``_output_child_pre``), so a page
that it renders would be only as safe as its author is careful.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any, Mapping

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

# How many units a bar is wide.
_BAR = 1000


def render(fleet: Mapping[str, Any], folder: str) -> str:
    """The page, from ``page.html.j2`` of a folder, with its ``page.css`` and ``page.js`` inlined."""
    style, script = (Path(folder, name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    # the role's own files, and the only markup that is not escaped
    return _environment(folder).get_template("page.html.j2").render(
        fleet=fleet, style=Markup(style), script=Markup(script), style_hash=csp_hash(style),
        script_hash=csp_hash(script),
    )  # fmt: skip


@functools.lru_cache(maxsize=1)
def _environment(folder: str) -> Environment:
    """Kept, with the compiled templates in it."""
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters.update(words=words, mib=mib, strip=strip)
    return environment


def csp_hash(text: str) -> str:
    """As CSP's ``hash-source`` has it: of the element's text as it is."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def words(value: Any) -> str:
    """A value of a property as people would write it: ``mac=00:16:3e:…, bridge=bridge0`` for a vif."""
    if value is None or value == [] or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={words(each)}" for key, each in value.items() if each is not None)
    if isinstance(value, (list, tuple)):
        return "; ".join(words(each) for each in value)
    return str(value)


def mib(value: int | None) -> str:
    """An amount of MiB in the unit that it is read best in: ``512 MiB``, ``1.5 GiB``."""
    if value is None:
        return "?"
    if value < 1024:
        return f"{value} MiB"
    number = f"{value / 1024:.1f}".rstrip("0").rstrip(".")
    return f"{number} GiB"


def strip(room: Mapping[str, Any]) -> dict[str, Any]:
    """Where the parts of a bar of memory or vcpus lie, in thousandths of its width.

    What is used or declared beyond the machine's own makes the bar longer than its track, which is the machine.

    :returns: ``track``, ``parts`` as a list of ``name``, ``x`` and ``width``, ``declared`` (None without one), and
        ``over``: by how much it is beyond the track.
    """
    names = [name for name in ("dom0", "guests", "xen") if room.get(name)]
    longest = max(room["total"], sum(room[name] for name in names), room.get("declared") or 0, 1)
    parts, start = [], 0
    for name in names:
        end = start + room[name]
        parts.append(
            {"name": name, "x": _BAR * start // longest, "width": _BAR * end // longest - _BAR * start // longest}
        )
        start = end
    declared = room.get("declared")
    track = _BAR * room["total"] // longest
    return {
        "track": track,
        "over": max(0, _BAR * (declared or 0) // longest - track),
        "parts": parts,
        "declared": None if declared is None else _BAR * declared // longest,
    }
