# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Editing one list of an xl config file item by item: what the user wrote around the other items stays as it was.

A list is taken apart into slots, one an item, together with the blanks, comments and commas that belong to it; the
pieces joined again are the list's exact text. Edits work on the slots. What belongs to an item that goes: its comma,
and its line with the comment behind it if no other item stands there; whole lines of comments above it stay.
"""

from __future__ import annotations

import difflib
from typing import NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_parser import Node, Value
from ansible_collections.netbsd.xen.plugins.module_utils.syntax._xlcfg_render import (
    INDENT,
    QUOTES,
    render_value,
    scalar,
)


class Slot:
    """An item and what belongs to it: ``lead`` before it, ``mid`` between it and its comma, ``tail`` to the line's end.

    ``tail`` is empty, or it ends with a newline: then the next item, or the closing bracket, begins a line.
    """

    __slots__ = ("lead", "body", "mid", "comma", "tail")

    def __init__(self, lead: str, body: str, mid: str = "", comma: bool = False, tail: str = "") -> None:
        self.lead, self.body, self.mid, self.comma, self.tail = lead, body, mid, comma, tail

    def text(self) -> str:
        return self.lead + self.body + self.mid + ("," if self.comma else "") + self.tail


class ListText:
    """The text of one list, taken apart; ``slots[i]`` is item i until an edit."""

    def __init__(self, text: str, node: Node) -> None:
        self.slots: list[Slot] = []
        position = node.start + 1
        end = node.end - 1
        for index, item in enumerate(node.items):
            until = node.items[index + 1].start if index + 1 < len(node.items) else end
            if index == 0:
                self.opening, lead = _split_line(text[position : item.start])
            between = text[item.end : until]
            mid, comma, rest = _split_comma(between)
            tail, following = _split_line(rest)
            self.slots.append(Slot(lead, text[item.start : item.end], mid, comma, tail))
            lead = following
        if node.items:
            self.closing = lead
        else:
            self.opening, self.closing = _split_last_line(text[position:end])
        self._trailing_comma = bool(self.slots) and self.slots[-1].comma
        self._column = node.start + 1 - (text.rfind("\n", 0, node.start) + 1)

    def text(self) -> str:
        return "[" + self.opening + "".join(slot.text() for slot in self.slots) + self.closing + "]"

    @property
    def _many_lines(self) -> bool:
        return "\n" in self.opening or any("\n" in slot.tail + slot.lead for slot in self.slots)

    def remove(self, index: int) -> None:
        slot = self.slots.pop(index)
        kept, _indent = _split_last_line(slot.lead)
        starts_line = bool(kept) or "\n" in (self.slots[index - 1].tail if index else self.opening)
        if index < len(self.slots):
            following = self.slots[index]
            if not slot.tail:
                following.lead = slot.lead
            elif starts_line:
                following.lead = kept + following.lead
            else:
                self._give_tail(index, slot)
        else:
            self._remove_last(index, slot, kept, starts_line)

    def _give_tail(self, index: int, slot: Slot) -> None:
        """The item that went shared its line: the line's end goes to what stands before it."""
        if index:
            self.slots[index - 1].tail += slot.tail
        elif "\n" in self.slots[0].lead:
            self.opening += "\n"
        else:
            self.slots[0].lead = slot.lead

    def _remove_last(self, index: int, slot: Slot, kept: str, starts_line: bool) -> None:
        if slot.tail and not starts_line:
            if index:
                self.slots[index - 1].tail += slot.tail
            else:
                self.opening += slot.tail if "#" in slot.tail else ""
        self.closing = kept + self.closing
        if not index:
            return
        last = self.slots[index - 1]
        last.comma = last.comma and self._trailing_comma
        if not slot.tail and not kept and not last.tail.strip():
            last.tail = ""

    def insert(self, index: int, body: str) -> None:
        if not self.slots:
            self._insert_only(body)
        elif index == len(self.slots):
            self._append(body)
        else:
            self._insert_before(index, body)

    def _insert_only(self, body: str) -> None:
        """The first item of a list that holds comments or empty lines."""
        self.opening = self.opening or "\n"
        self._trailing_comma = True
        self.slots.append(Slot(INDENT, body, comma=True, tail="\n"))

    def _append(self, body: str) -> None:
        last = self.slots[-1]
        new = Slot(self._separator(), body, comma=self._trailing_comma)
        last.comma = True
        if self._many_lines:
            new.lead = self._indent()
            if last.tail:
                new.tail = "\n"
            else:
                last.tail = "\n"
        self.slots.append(new)

    def _insert_before(self, index: int, body: str) -> None:
        slot = self.slots[index]
        starts_line = "\n" in slot.lead + (self.slots[index - 1].tail if index else self.opening)
        _kept, indent = _split_last_line(slot.lead)
        new = Slot(slot.lead, body, comma=True)
        if starts_line and self._many_lines:
            new.tail, slot.lead = "\n", indent
        elif self._many_lines and index == 0 and len(self.slots) > 1 and "\n" in slot.tail:
            new.tail, slot.lead = "\n", self._indent()
        else:
            slot.lead = self._separator()
        self.slots.insert(index, new)

    def _separator(self) -> str:
        """What stands between a comma and the next item of the same line."""
        for before, slot in zip(self.slots, self.slots[1:]):
            if not before.tail and "\n" not in slot.lead:
                return slot.lead
        return " "

    def _indent(self) -> str:
        """What stands before an item that begins a line."""
        for before, slot in reversed(list(zip(self.slots, self.slots[1:]))):
            if before.tail:
                return _split_last_line(slot.lead)[1]
        first = self.slots[0]
        if "\n" in self.opening + first.lead:
            return _split_last_line(first.lead)[1]
        return " " * (self._column + len(first.lead))


def _split_line(blank: str) -> tuple[str, str]:
    """Split after the first newline, which ends the line of what stands before; none: all belongs to what follows."""
    cut = blank.find("\n") + 1
    return blank[:cut], blank[cut:]


def _split_last_line(blank: str) -> tuple[str, str]:
    """Split into whole lines and the begun last one."""
    cut = blank.rfind("\n") + 1
    return blank[:cut], blank[cut:]


def _split_comma(between: str) -> tuple[str, bool, str]:
    """Blanks and comments around a comma, if there is one; a comma within a comment is none."""
    position = 0
    while position < len(between):
        if between[position] == "#":
            position = between.index("\n", position)
        elif between[position] == ",":
            return between[:position], True, between[position + 1 :]
        position += 1
    return "", False, between


class Pair(NamedTuple):
    """One step of an edit: an old item and its new value; no old item: insert, no new value: remove."""

    old: int | None
    new: int | None


def align(old: Sequence[Value], new: Sequence[Value]) -> list[Pair]:
    """Which old item becomes which new one, in order: as many as possible unchanged, then the most similar.

    So the comment behind a disk stays with that disk when another one before it goes.
    """
    shortest = min(len(old), len(new))
    head = next((index for index in range(shortest) if not _same(old[index], new[index])), shortest)
    shortest -= head
    tail = next((index for index in range(shortest) if not _same(old[-1 - index], new[-1 - index])), shortest)
    middle = _align_differing(old[head : len(old) - tail], new[head : len(new) - tail])
    return [
        *(Pair(index, index) for index in range(head)),
        *(Pair(*(None if index is None else index + head for index in pair)) for pair in middle),
        *(Pair(len(old) - index, len(new) - index) for index in range(tail, 0, -1)),
    ]


def _align_differing(old: Sequence[Value], new: Sequence[Value]) -> list[Pair]:
    """align() for lists that begin and end differently, by the highest sum of likeness."""
    rows, columns = len(old), len(new)
    # best[i][j]: the highest sum that old[i:] and new[j:] can reach
    best = [[0.0] * (columns + 1) for _row in range(rows + 1)]
    alike = [[_likeness(a, b) for b in new] for a in old]
    for i in reversed(range(rows)):
        for j in reversed(range(columns)):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], alike[i][j] + best[i + 1][j + 1])
    pairs: list[Pair] = []
    i = j = 0
    while i < rows or j < columns:
        if i < rows and j < columns and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
            pairs.append(Pair(i, j))
            i, j = i + 1, j + 1
        elif i < rows and (j == columns or best[i][j] == best[i + 1][j]):
            pairs.append(Pair(i, None))
            i += 1
        else:
            pairs.append(Pair(None, j))
            j += 1
    return pairs


def _same(old: Value, new: Value) -> bool:
    return isinstance(old, list) == isinstance(new, list) and old == new


def _likeness(old: Value, new: Value) -> float:
    """More than any sum of similarities for equal items, else 0.01 (another item in its place) to 1.01."""
    if _same(old, new):
        return 1000.0
    return 0.01 + difflib.SequenceMatcher(None, str(old), str(new), autojunk=False).ratio()


def edit_list(text: str, node: Node, pairs: Sequence[Pair], new: Sequence[Value]) -> str:
    """The text of the list ``node`` after the steps ``pairs``, whose old indices count the items of this node."""
    if not text[node.start + 1 : node.end - 1].strip(" \t"):
        return render_value([new[pair.new] for pair in pairs if pair.new is not None])
    parts = ListText(text, node)
    preferred = preferred_quote(text, node)
    place = 0
    for pair in pairs:
        if pair.new is None:
            parts.remove(place)
        elif pair.old is None:
            parts.insert(place, render_value(new[pair.new], preferred=preferred))
            place += 1
        else:
            parts.slots[place].body = edit_value(text, node.items[pair.old], new[pair.new])
            place += 1
    return parts.text()


def edit_value(text: str, node: Node, new: Value) -> str:
    """The text of a value after it became ``new``, in the style that it had."""
    if _same(node.value, new):
        return text[node.start : node.end]
    if isinstance(new, list):
        if node.is_list and isinstance(node.value, list):
            return edit_list(text, node, align(node.value, new), new)
        return render_value(new)
    if node.is_list:
        return scalar(new)
    mark = text[node.start]
    if mark in QUOTES:
        return scalar(str(new), mark)
    return scalar(new, QUOTES[1], bare=True)


def preferred_quote(text: str, node: Node) -> str:
    """The quotes of the last string in a list, or else single ones."""
    for item in reversed(node.items):
        if not item.is_list and text[item.start] in QUOTES:
            return text[item.start]
        if item.is_list:
            return preferred_quote(text, item)
    return QUOTES[0]
