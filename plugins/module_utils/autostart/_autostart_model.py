# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What a task wants of the start at boot, what there is of it, and one change of it: plain data."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

LINK = "link"  # a symbolic link to the config file
FILE = "file"  # the config file itself, in the folder of links
WORD = "word"  # a word of a list
HOOK = "hook"  # a script of ours that waits before the start; it starts nothing

ADD, MOVE, REMOVE, DELAY = "add_autostart", "move_autostart", "remove_autostart", "set_autostart_delay"
# Two digits, as such links are named everywhere: 100-web would start before 20-db.
MAX_ORDER = 99
MAX_DELAY = 3600


class Entry(NamedTuple):
    """One reason why a domain starts at boot.

    :param name: what the list calls it: the word, or the link's name without its number.
    :param path: the link, or the file with the list.
    :param text: what is removed, for the user.
    :param kind: LINK, FILE, WORD or HOOK.
    :param config: real path of the config file that is used; empty when that cannot be told.
    :param order: the number that it has been given; None for none.
    """

    name: str
    path: str
    text: str
    kind: str = LINK
    config: str = ""
    order: int | None = None


class Want(NamedTuple):
    """What a task says of one domain; None is left alone.

    :param config: path of its config file.
    :param order: the lowest starts first, one without a number last.
    :param delay: seconds; what they mean is the host's script to say.
    :param going: the domain goes, and its config file with it.
    :param instead_of: path of the config file that it had under another name; it takes the place of that.
    """

    name: str
    config: str
    enabled: bool | None = None
    order: int | None = None
    delay: int | None = None
    going: bool = False
    instead_of: str = ""


class FileDiff(NamedTuple):
    """What a change does to one file or link; None for one that is not there."""

    path: str
    before: str | None
    after: str | None


class Change(NamedTuple):
    """One change, as a step of a plan: ``kind`` is ADD, MOVE, REMOVE or DELAY; ``data`` is the mechanism's own.

    :param wanted: the value of the option that is the reason, and ``found`` what the host has for it.
    """

    kind: str
    text: str
    data: Any
    diff: tuple[FileDiff, ...] = ()
    wanted: Any = None
    found: Any = None


def want(params: dict[str, Any], config: str) -> Want:
    """The wish in a task's parameters; order and delay count only together with ``autostart: true``.

    :raises BadValue: a number out of its range.
    """
    for option, most in (("autostart_order", MAX_ORDER), ("autostart_delay", MAX_DELAY)):
        value = params.get(option)
        if value is not None and not 0 <= value <= most:
            raise BadValue(option, value, f"a number from 0 to {most}.")
    if params.get("state") == "absent":
        return Want(params["name"], config, False, going=True)
    enabled = params.get("autostart")
    if not enabled:
        return Want(params["name"], config, enabled)
    return Want(params["name"], config, enabled, params.get("autostart_order"), params.get("autostart_delay"))
