# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The config file of a toolstack as a whole, xl.conf or xend-config.sxp: settings in it, the rest left alone."""

from __future__ import annotations

import os
from typing import Any, Callable

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, HostError
from ansible_collections.netbsd.xen.plugins.module_utils.core._secrets import mask_text
from ansible_collections.netbsd.xen.plugins.module_utils.host import _hostplan, _systemfile
from ansible_collections.netbsd.xen.plugins.module_utils.host._hostplan import FileChange, HostPlan
from ansible_collections.netbsd.xen.plugins.module_utils.syntax import _sxp, _xlcfg

Editor = Callable[[str, "dict[str, Any]", str], str]


def xl_edited(text: str, settings: dict[str, Any], path: str) -> str:
    """The text of an xl.conf with these settings; None takes one away.

    :raises BadValue: xl could not read such a setting.
    :raises ConfigSyntaxError: xl could not read the file.
    """
    document = _xlcfg.parse(text, path)
    for key, value in settings.items():
        if value is None:
            document.remove(key)
        else:
            document.set(key, value)
    return document.render()


def xend_edited(text: str, settings: dict[str, Any], path: str) -> str:
    """The text of an xend-config.sxp with these settings; None takes one away.

    :raises BadValue: a setting that is neither text, number, boolean nor a list of these.
    :raises ConfigSyntaxError: xend could not read the file.
    """
    _sxp.parse(text, path)
    for key, value in settings.items():
        if value is None:
            text = _sxp.without(text, key, path)
        else:
            items = value if isinstance(value, list) else [value]
            text = _sxp.with_value(text, key, [_sxp_value(item, key) for item in items], path)
    return text


def _sxp_value(value: Any, key: str) -> _sxp.Value:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (str, int)):
        _systemfile.require_text(f"settings.{key}", str(value))
        return str(value)
    if isinstance(value, list):
        return [_sxp_value(item, key) for item in value]
    raise BadValue(f"settings.{key}", value, "a setting is a text, a number, a boolean, or a list of these.")


def plan(path: str, text: str | None, settings: dict[str, Any], editor: Editor) -> HostPlan:
    """What to do to the file."""
    after = editor(text or "", settings, path)
    # xend-config.sxp may hold the password that all guests' consoles have by default
    shown = _sxp.masked if editor is xend_edited else mask_text
    private = any(shown(part) != part for part in (text or "", after))
    change = FileChange(path, text, None if text is None and not after else after, private, shown)
    return HostPlan(_hostplan.file_steps(change), os.path.basename(path), [], [])


def make(path: str, settings: dict[str, Any], editor: Editor, check: bool, backup: bool) -> dict[str, Any]:
    """The whole task: read, plan, write, read again.

    :raises HostError: the file is not as planned afterwards.
    """
    todo = plan(path, _systemfile.read(path), settings, editor)
    kept: list[str] = []
    if todo.changed and not check:
        kept = _hostplan.apply(todo, backup)
        if plan(path, _systemfile.read(path), settings, editor).changed:
            raise HostError(
                f"{path} is not as it was written: something else writes it, too.", error_id="not_as_planned"
            )
    return {
        "changed": todo.changed,
        "actions": todo.actions,
        "diff": todo.diff(),
        "backup_files": kept,
        "path": path,
    }
