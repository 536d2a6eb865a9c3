# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Edits of one assignment in the text of an rc.conf(5): every other byte keeps its place. Pure functions of text."""

from __future__ import annotations

import re
from typing import NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf_eval import Place
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf_parser import DECLARING, Assignment
from ansible_collections.netbsd.xen.plugins.module_utils.rc._rcconf_words import CHAR, PARAMETER, Part

_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9_@%+:,./-]+")
_BLANK = " \t\n"


def quoted(value: str, quote: str = "") -> str:
    """The value as sh(1) source.

    :param quote: the quotes to keep to where they can hold the value; empty takes none where none are needed.
    :raises BadValue: no shell variable can hold it.
    """
    if "\0" in value:
        raise BadValue("value", value, "a shell variable cannot hold a NUL character.")
    if not quote and _NEEDS_NO_QUOTES.fullmatch(value):
        return value
    special = re.search(r'[$`"\\]', value)
    if "'" not in value and (quote == "'" or special):
        return f"'{value}'"
    return f'"{_escaped(value)}"'


def with_value(text: str, assignment: Assignment, value: str) -> str:
    """The assignment with another value, in the quotes that it has."""
    word = assignment.value
    source = text[word.start : word.end]
    quote = source[0] if source[:1] in ("'", '"') else ""
    return text[: word.start] + quoted(value, quote) + text[word.end :]


def appended(text: str, name: str, value: str) -> str:
    """The text with a new last line."""
    newline = "\n" if text and not text.endswith("\n") else ""
    return f"{text}{newline}{name}={quoted(value)}\n"


def without(text: str, place: Place) -> str:
    """The text without this assignment: without its line when nothing else is on it."""
    command, assignment = place.command, place.assignment
    declared = len(command.words) == 1 and command.words[0].bare in DECLARING
    if len(command.assignments) == 1 and (declared or not command.words):
        return _without_command(text, command.start, command.end)
    behind = re.compile(r"[ \t]*").match(text, assignment.end)
    return text[: assignment.start] + text[behind.end() if behind else assignment.end :]


def _without_command(text: str, start: int, end: int) -> str:
    first = text.rfind("\n", 0, start) + 1
    before = text[first:start]
    behind = re.compile(r"[ \t]*(;?)[ \t]*(#[^\n]*)?(\n|\Z)").match(text, end)
    if not before.strip() and behind:
        return text[:first] + text[behind.end() :]
    if not behind:
        separator = re.compile(r"[ \t]*;[ \t]*").match(text, end)
        return text[:start] + text[separator.end() if separator else end :]
    kept = re.sub(r"[ \t]*;[ \t]*$", "", text[:start])
    return kept + text[end:]


class _Item(NamedTuple):
    """One word of a list value: its text, None when an expansion is in it, and its parts."""

    text: str | None
    parts: list[Part]


def _items(assignment: Assignment) -> list[_Item]:
    items: list[_Item] = []
    current: list[Part] = []
    for part in [*assignment.value.parts, None]:
        blank = part is None or (part.kind == CHAR and part.text in _BLANK)
        if not blank and part is not None:
            current.append(part)
        elif current:
            literal = all(one.kind == CHAR for one in current)
            items.append(_Item("".join(one.text for one in current) if literal else None, current))
            current = []
    return items


def list_without(text: str, assignment: Assignment, unwanted: Sequence[str]) -> str:
    """The text with these words taken out of a value that is a list of words."""
    items = _items(assignment)
    kept = [item for item in items if item.text is None or item.text not in unwanted]
    if kept == items:
        return text
    removed = _cuts(text, assignment, items, kept)
    if removed is not None:
        for start, end in reversed(removed):
            text = text[:start] + text[end:]
        return text
    # quotes stand in the middle of what goes: write the value anew, which ~ would not survive
    if any(part.text == "~" and part.kind != CHAR for item in kept for part in item.parts):
        return text
    inner = " ".join(_rewritten(text, item) for item in kept)
    word = assignment.value
    return text[: word.start] + f'"{inner}"' + text[word.end :]


def _cuts(text: str, assignment: Assignment, items: list[_Item], kept: list[_Item]) -> list[tuple[int, int]] | None:
    """What to cut out of the text, or None when quotes are in the way."""
    word = assignment.value
    source = text[word.start : word.end]
    if len(source) < 2 or source[0] not in "\"'" or source[-1] != source[0] or not kept:
        return None
    if any(part.quote != source[0] for part in word.parts):
        return None
    cuts: list[tuple[int, int]] = []
    for number, item in enumerate(items):
        if item in kept:
            continue
        start, end = item.parts[0].start, item.parts[-1].end
        if number + 1 < len(items):
            end = items[number + 1].parts[0].start
        else:
            # the last one goes with the blanks before it
            start = [one for one in items[:number] if one in kept][-1].parts[-1].end
        cuts = [cut for cut in cuts if cut[0] < start]
        cuts.append((start, end))
    return cuts


def list_with(text: str, assignment: Assignment, wanted: Sequence[str]) -> str:
    """The text with these words added to the end of a list value."""
    if not wanted:
        return text
    items = _items(assignment)
    word = assignment.value
    source = text[word.start : word.end]
    words = " ".join(_escaped(one) for one in wanted)
    if items and source[-1:] == '"' and items[-1].parts[-1].quote == '"':
        at = items[-1].parts[-1].end
        return text[:at] + f" {words}" + text[at:]
    if items and source[-1:] == "'" and items[-1].parts[-1].quote == "'" and not any("'" in one for one in wanted):
        at = items[-1].parts[-1].end
        return text[:at] + f" {' '.join(wanted)}" + text[at:]
    inner = [_rewritten(text, item) for item in items]
    return text[: word.start] + '"' + " ".join([*inner, words]) + '"' + text[word.end :]


def list_inserted(text: str, assignment: Assignment, word: str, follower: str) -> str | None:
    """The text with ``word`` put before the first ``follower`` of a list value; None where quotes are in the way."""
    source = text[assignment.value.start : assignment.value.end]
    quote = source[:1]
    for item in _items(assignment):
        if item.text == follower:
            if quote not in ("'", '"') or source[-1] != quote or (quote == "'" and quote in word):
                return None
            if any(part.quote != quote for part in item.parts):
                return None
            at = item.parts[0].start
            written = word if quote == "'" else _escaped(word)
            return f"{text[:at]}{written} {text[at:]}"
    return None


def _rewritten(text: str, item: _Item) -> str:
    """A word as it has to be written inside double quotes."""
    written = []
    for part in item.parts:
        if part.kind == CHAR:
            written.append(_escaped(part.text))
        elif part.kind == PARAMETER and not part.operator:
            # what follows must not become part of the name
            written.append(f"${{{part.name}}}")
        else:
            written.append(text[part.start : part.end])
    return "".join(written)


def _escaped(text: str) -> str:
    return re.sub(r'([$`"\\])', r"\\\1", text)


def literal_words(assignment: Assignment) -> list[str]:
    """The words of a list value that need no shell to be known."""
    return [item.text for item in _items(assignment) if item.text is not None]
