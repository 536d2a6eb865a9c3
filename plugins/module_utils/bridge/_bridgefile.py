# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""/etc/ifconfig.bridgeN: what it will make of the bridge at the next boot, and edits that keep all else in it.

A new file has the form that works on every NetBSD: ``create`` (needed up to 5, passed over later), one brconfig for
each member, so that a member that is missing does not keep the others out, and ``up`` on a line of its own.
"""

from __future__ import annotations

from typing import Callable, Iterable, NamedTuple

from ansible_collections.netbsd.xen.plugins.module_utils.bridge import _bridgeline
from ansible_collections.netbsd.xen.plugins.module_utils.bridge._bridgeline import OF_MEMBER, Call
from ansible_collections.netbsd.xen.plugins.module_utils.host import _ifconfig
from ansible_collections.netbsd.xen.plugins.module_utils.host._ifconfig import Line


def path_of(name: str) -> str:
    return f"/etc/ifconfig.{name}"


class FileState(NamedTuple):
    """What a file makes of its bridge.

    :param members: in the order in which they are added.
    :param stp: the members with spanning tree.
    :param mtu: None when it does not say.
    :param member_mtus: the MTUs that it gives to other interfaces.
    :param brought_up: the other interfaces that it brings up.
    :param useless: sentences on lines that do nothing, the mistakes of published examples.
    """

    members: tuple[str, ...] = ()
    stp: tuple[str, ...] = ()
    mtu: int | None = None
    up: bool = False
    member_mtus: tuple[tuple[str, int], ...] = ()
    brought_up: tuple[str, ...] = ()
    useless: tuple[str, ...] = ()


class Target(NamedTuple):
    """What a file must say. None and empty leave alone what it says.

    :param add: members that must be there, in order; ``remove``: members that must not.
    :param stp: spanning tree for the members in ``add``.
    :param member_mtus: likewise ``bring_up``: lines for other interfaces, written only where they are missing.
    """

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    mtu: int | None = None
    stp: bool | None = None
    up: bool | None = None
    member_mtus: tuple[tuple[str, int], ...] = ()
    bring_up: tuple[str, ...] = ()


def read(text: str, name: str) -> FileState:
    """What the text of /etc/ifconfig.NAME makes of the bridge, its lines taken in order as rc.d/network does."""
    members: list[str] = []
    stp: list[str] = []
    mtu: int | None = None
    up = False
    member_mtus: dict[str, int] = {}
    brought_up: list[str] = []
    for line in _ifconfig.parse_file(text):
        for call in _bridgeline.calls_of(line, name) or []:
            if call.is_brconfig and call.interface == name:
                up = _take_brconfig(call, members, stp, up)
            elif not call.is_brconfig:
                flat = [word for words in call.words for word in words]
                number = _mtu_in(flat)
                turned = [word for word in flat if word in ("up", "down")]
                if call.interface == name:
                    mtu = mtu if number is None else number
                    up = turned[-1] == "up" if turned else up
                else:
                    member_mtus.update({} if number is None else {call.interface: number})
                    brought_up += [call.interface] if turned[-1:] == ["up"] else []
    return FileState(
        *(tuple(members), tuple(member for member in stp if member in members), mtu, up),
        *(tuple(member_mtus.items()), tuple(brought_up), tuple(_useless(text, name))),
    )


def _take_brconfig(call: Call, members: list[str], stp: list[str], up: bool) -> bool:
    changes: dict[str, Callable[[str], None]] = {
        "add": lambda member: None if member in members else members.append(member),
        "delete": lambda member: members.remove(member) if member in members else None,
        "stp": lambda member: None if member in stp else stp.append(member),
        "-stp": lambda member: stp.remove(member) if member in stp else None,
    }
    for words in call.words:
        if words[0] in ("up", "down"):
            up = words[0] == "up"
        elif words[0] in changes:
            changes[words[0]](words[1])
    return up


def _mtu_in(words: list[str]) -> int | None:
    for word, value in zip(reversed(words[:-1]), reversed(words[1:])):
        if word == "mtu" and value.isdigit():
            return int(value)
    return None


def _useless(text: str, name: str) -> Iterable[str]:
    for number, line in enumerate(_ifconfig.parse_file(text), 1):
        first = line.text.split(" ")[0]
        if line.kind == _ifconfig.COMMAND and first in _bridgeline.ARGUMENTS:
            yield f"{path_of(name)}: `!{line.text}` does nothing: write `!brconfig $int {line.text}`."
        elif line.kind == _ifconfig.ARGUMENTS and "!" in first:
            yield f"{path_of(name)}, line {number}: `{line.text}` does nothing: `!` must begin a line of its own."


def edited(text: str | None, name: str, target: Target) -> str:
    """The text with what the target asks for; the same text when it says so already."""
    if text is None:
        return "".join(_new_lines(target))
    lines = [line.raw for line in _ifconfig.parse_file(text)]
    if lines and not lines[-1].endswith("\n"):
        # `read` of the shell does not take a last line without a newline
        lines[-1] += "\n"
    if lines and lines[-1].endswith("\\\n"):
        # else it would take what we add for its continuation
        lines[-1] += "\n"
    lines = _edit_calls(lines, name, lambda call: _without_unwanted(call, name, target))
    state = read("".join(lines), name)
    lines = _with_mtus(lines, name, target, state)
    lines = _with_members(lines, name, target, state)
    if target.up and not state.up:
        lines.append("up\n")
    return "".join(_with_create(lines))


def _new_lines(target: Target) -> list[str]:
    lines = ["create\n"]
    lines += _mtu_lines(target)
    lines += [f"!ifconfig {member} up\n" for member in target.bring_up]
    for member in target.add:
        lines.append(_add_line(member, bool(target.stp), target.up is not False))
    return lines + ([] if target.up is False else ["up\n"])


def _add_line(member: str, stp: bool, up: bool) -> str:
    return f"!brconfig $int add {member}{f' stp {member}' if stp else ''}{' up' if up else ''}\n"


def _mtu_lines(target: Target) -> list[str]:
    lines = [f"mtu {target.mtu}\n"] if target.mtu is not None else []
    return lines + [f"!ifconfig {member} mtu {number}\n" for member, number in target.member_mtus]


def _with_create(lines: list[str]) -> list[str]:
    parsed = [_ifconfig.parse_file(line)[0] for line in lines]
    if any(line.kind == _ifconfig.CREATE for line in parsed):
        return lines
    first = next(
        (i for i, line in enumerate(parsed) if line.kind not in (_ifconfig.BLANK, _ifconfig.COMMENT)), len(lines)
    )
    return [*lines[:first], "create\n", *lines[first:]]


def _edit_calls(lines: list[str], name: str, change: Callable[[Call], Call]) -> list[str]:
    """Each line with its calls changed; a line that keeps its calls keeps every byte."""
    result = []
    for raw in lines:
        line: Line = _ifconfig.parse_file(raw)[0]
        calls = _bridgeline.calls_of(line, name)
        changed = None if calls is None else [change(call) for call in calls]
        result.append(raw if changed is None or changed == calls else _bridgeline.with_calls(line, changed))
    return [raw for raw in result if raw]


def _without_unwanted(call: Call, name: str, target: Target) -> Call:
    """The call without the members that must go, the spanning tree that must go, and ``up`` where that must go."""
    unwanted = ["delete"]
    if target.stp is not None:
        unwanted.append("-stp" if target.stp else "stp")

    def stays(words: tuple[str, ...]) -> bool:
        if target.up is False and words == ("up",) and call.interface == name:
            return False
        if not call.is_brconfig or call.interface != name or words[0] not in OF_MEMBER:
            return True
        if words[1] in target.remove:
            return False
        return not (words[1] in target.add and words[0] in unwanted)

    return call._replace(words=tuple(words for words in call.words if stays(words)))


def _with_mtus(lines: list[str], name: str, target: Target, state: FileState) -> list[str]:
    """MTUs go before the members: a kernel up to NetBSD 7 refuses a member whose MTU is another (bridge(4), BUGS)."""
    has = dict(state.member_mtus)
    wrong_members = tuple((member, number) for member, number in target.member_mtus if has.get(member) != number)
    wrong_mtu = target.mtu if target.mtu not in (None, state.mtu) else None
    missing_up = [member for member in target.bring_up if member not in state.brought_up]
    stale = {member for member, _number in wrong_members} | ({name} if wrong_mtu is not None else set())
    lines = _edit_calls(lines, name, lambda call: _without_mtu(call) if call.interface in stale else call)
    new = _mtu_lines(Target(mtu=wrong_mtu, member_mtus=wrong_members))
    new += [f"!ifconfig {member} up\n" for member in missing_up]
    place = next((i + 1 for i, raw in enumerate(lines) if _ifconfig.parse_file(raw)[0].kind == _ifconfig.CREATE), None)
    if place is None:
        place = _first_call(lines, name)
    return [*lines[:place], *new, *lines[place:]]


def _first_call(lines: list[str], name: str) -> int:
    calls = [_bridgeline.calls_of(_ifconfig.parse_file(raw)[0], name) for raw in lines]
    return next((i for i, found in enumerate(calls) if found), len(lines))


def _without_mtu(call: Call) -> Call:
    if call.is_brconfig:
        return call
    kept: list[tuple[str, ...]] = []
    skip = False
    for words in call.words:
        if skip:
            skip = False
        elif words == ("mtu",):
            skip = True
        else:
            kept.append(words)
    return call._replace(words=tuple(kept))


def _with_members(lines: list[str], name: str, target: Target, state: FileState) -> list[str]:
    new = [
        _add_line(member, bool(target.stp), target.up is not False)
        for member in target.add
        if member not in state.members
    ]
    if target.stp:
        new += [
            f"!brconfig $int stp {member}\n"
            for member in target.add
            if member in state.members and member not in state.stp
        ]
    place = _after_last_brconfig(lines, name)
    return [*lines[:place], *new, *lines[place:]]


def _after_last_brconfig(lines: list[str], name: str) -> int:
    """Behind the last brconfig; without one, before the first line that brings the bridge up, or at the end."""
    place = None
    for index, raw in enumerate(lines):
        calls = _bridgeline.calls_of(_ifconfig.parse_file(raw)[0], name) or []
        if any(call.is_brconfig for call in calls):
            place = index + 1
    if place is not None:
        return place
    kinds = [_ifconfig.parse_file(raw)[0] for raw in lines]
    return next((i for i, line in enumerate(kinds) if line.text == "up"), len(lines))
