# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a task wants of rc.conf(5), the edits that it takes, and doing them."""

from __future__ import annotations

import os
from typing import Any, Callable, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue, XenError
from ansible_collections.netbsd.xen.plugins.module_utils.host import _atomicfile, _command, _systemfile, _temporary
from ansible_collections.netbsd.xen.plugins.module_utils.rc import _rcconf
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf import RcConf

# Lists of names with no rcvar: YES would be a name.
_LISTS = {
    "xendomains": "a list of the domains to start at boot: YES would start a domain called YES, and NO one called NO"
}
# Names that people, and Ansible's service module, derive from the name of a script.
_WRONG = {"xen_watchdog": "xenwatchdog"}


class Wish(NamedTuple):
    """What one variable shall be.

    :param value: None when it shall not be set at all, or is a list to which words are added or taken from.
    """

    name: str
    value: str | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @property
    def absent(self) -> bool:
        return self.value is None and not self.add and not self.remove


def wish(name: str, value: Any) -> Wish:
    """The wish behind a value as YAML gives it: a truth is YES or NO, a list its words, null nothing at all.

    :raises BadValue: no variable can have this name or value, or it would not mean what it seems to.
    """
    _check_name(name)
    if value is None:
        return Wish(name)
    if name in _LISTS and (isinstance(value, bool) or _rcconf.yes(str(value)) is not None):
        raise BadValue(
            name,
            value,
            f"{name} has no YES and no NO, it is {_LISTS[name]}. Give a list; an empty one, [], starts none.",
            error_id="list_not_switch",
        )
    return Wish(name, _as_text(name, value))


def list_wish(name: str, add: Sequence[str], remove: Sequence[str]) -> Wish:
    """The wish to have words in a list, and others not.

    :raises BadValue: one word is in both.
    """
    _check_name(name)
    for word in add:
        if word in remove:
            raise BadValue("add", word, "it is in remove, too.")
        _systemfile.require_text("add", word)
    return Wish(name, None, tuple(add), tuple(remove))


def _check_name(name: str) -> None:
    if name in _WRONG:
        raise BadValue("name", name, f"no script reads this variable. The one that is meant is {_WRONG[name]}.")
    _rcconf.check_name(name)


def _as_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "YES" if value else "NO"
    if isinstance(value, (str, int)) and not isinstance(value, float):
        _systemfile.require_text(name, str(value))
        return str(value)
    if isinstance(value, list):
        words = [_as_text(name, word) for word in value]
        for word in words:
            if not word or word.split() != [word]:
                raise BadValue(name, word, "a word of a list must not be empty and must have no blanks in it.")
        return " ".join(words)
    raise BadValue(name, value, "this is neither a text nor a truth nor a list. Put numbers with a point in quotes.")


class RcPlan(NamedTuple):
    """
    :param conf: the variables as they will be.
    :param changes: texts before and after, by path.
    """

    actions: list[str]
    changes: dict[str, tuple[str | None, str]]
    values: dict[str, str | None]

    @property
    def changed(self) -> bool:
        return bool(self.changes)

    def diff(self) -> list[dict[str, str]]:
        return [
            {
                "before_header": "/dev/null" if before is None else path,
                "after_header": path,
                "before": before or "",
                "after": after,
            }
            for path, (before, after) in self.changes.items()
        ]


def plan(
    wishes: Sequence[Wish],
    script: str = "",
    path: str = "",
    reader: Callable[[str], str | None] = _rcconf.read_text,
) -> RcPlan:
    """The edits that fulfil the wishes.

    :param script: name of the rc.d script that reads the variables; else each variable's own is looked for.
    :param path: edit this file alone.
    :raises ConfigSyntaxError: a file is not what sh could read, with line and column.
    :raises XenError: an assignment stands where no edit can reach it.
    """
    actions: list[str] = []
    values: dict[str, str | None] = {}
    edited: dict[str, str] = {}
    changes: dict[str, tuple[str | None, str]] = {}
    for one in wishes:
        before = RcConf(script or ("" if path else _script_of(one.name, reader)), path, reader, edited)
        after = _fulfilled(before, one)
        if after.edited != edited:
            actions += _actions(before, after, one)
        edited, changes = after.edited, after.changes()
        values[one.name] = after.value(one.name) if after.is_set(one.name) else None
    return RcPlan(actions, changes, values)


def _fulfilled(conf: RcConf, one: Wish) -> RcConf:
    if one.value is not None:
        return conf.with_value(one.name, one.value)
    if one.absent:
        return conf.without(one.name)
    return conf.with_words(one.name, one.add, one.remove)


def _script_of(name: str, reader: Callable[[str], str | None]) -> str:
    """The script whose file in rc.conf.d is read after rc.conf: xendomains for xendomains_config."""
    words = name.split("_")
    for count in range(len(words), 0, -1):
        script = "_".join(words[:count])
        if reader(os.path.join(_rcconf.RC_CONF_D, script)) is not None:
            return script
    return ""


def _actions(before: RcConf, after: RcConf, one: Wish) -> list[str]:
    files = [path for path, text in after.edited.items() if before.text_of(path) != text]
    where = f"in {' and '.join(files)}"
    if one.value is not None:
        return [f"set {one.name}={one.value!r} {where}" if " " in one.value else f"set {one.name}={one.value} {where}"]
    if one.absent:
        return [f"remove {one.name} {where}"]
    had, has = before.certain_words(one.name), after.certain_words(one.name)
    added, removed = [word for word in has if word not in had], [word for word in had if word not in has]
    actions = [f"add {' '.join(added)} to {one.name} {where}"] if added else []
    return actions + ([f"remove {' '.join(dict.fromkeys(removed))} from {one.name} {where}"] if removed else [])


def apply(todo: RcPlan, backup: bool = False) -> list[str]:
    """Write the files, and return the paths of the backups.

    :raises XenError: the host's own sh would not read the result, or the file cannot be written; it is untouched.
    """
    for path, (_before, after) in todo.changes.items():
        check_with_sh(path, after)
    kept = []
    for path, (_before, after) in todo.changes.items():
        if os.path.dirname(path) == _rcconf.RC_CONF_D:
            os.makedirs(_rcconf.RC_CONF_D, mode=0o755, exist_ok=True)
        kept.append(_atomicfile.write(path, _rcconf.to_bytes(after), backup=backup))
        if _rcconf.read_text(path) != after:
            raise XenError(f"{path} does not hold what was written to it: something else writes it, too.", path=path)
    return [path for path in kept if path]


def check_with_sh(path: str, text: str) -> None:
    """A file that sh cannot read would stop the host's boot in single-user mode.

    :raises XenError: with what sh says.
    """
    with _temporary.holding(_rcconf.to_bytes(text)) as copy:
        done = _command.run(["/bin/sh", "-n", copy])
    if done.rc:
        said = done.stderr.strip().replace(copy, path)
        raise XenError(f"{path} was left as it is, because sh could not read the new one: {said}", path=path)
