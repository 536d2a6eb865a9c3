# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The scanner of xl's disk specs: the rules of tools/libs/util/libxlu_disk_l.l, in their order.

flex takes the rule that matches most, the first one of those that match equally much. Some rules look ahead (flex's
``head/tail``): the tail counts for the length of the match but is scanned again.
"""

from __future__ import annotations

import re
from typing import Any, Callable

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

OPTION = "disks"

# xl's key -> field of Disk, for keys whose value is text up to the next comma
STRING_KEYS = {
    "backend": "backend", "backendtype": "backendtype", "specification": "specification", "script": "script",
    "vdev": "vdev", "colo-host": "colo_host", "colo-export": "colo_export",
    "active-disk": "active_disk", "hidden-disk": "hidden_disk",
}  # fmt: skip
# xl's flag -> (field of Disk, its value)
FLAGS: dict[str, tuple[str, Any]] = {
    "cdrom": ("cdrom", True),
    "direct-io-safe": ("direct_io_safe", True),
    "discard": ("discard", True),
    "no-discard": ("discard", False),
    "colo": ("colo", True),
    "no-colo": ("colo", False),
    "trusted": ("trusted", True),
    "untrusted": ("trusted", False),
}
# xl's word -> the canonical one
ACCESS = {"r": "r", "ro": "r", "w": "w", "rw": "w", "": "w"}
# flex keeps a state for each byte of what it scans in a buffer of this size, which it does not check (YY_BUF_SIZE of a
# scanner with look-ahead): a longer spec makes xl write beyond it, and crash at best.
LONGEST = 16 * 1024
# Set to two different words, these are refused; set twice, other texts are refused.
_ENUMS = ("format", "backendtype", "specification")


def require_room(spec: str) -> None:
    """:raises BadValue: xl's scanner would crash over it."""
    if len(spec.encode("utf-8", "surrogatepass")) > LONGEST:
        raise BadValue(OPTION, f"{spec[:60]}…", f"longer than the {LONGEST} bytes that xl can read.")


class _Scanner:
    def __init__(self, spec: str) -> None:
        self.spec = spec
        self.found: dict[str, Any] = {}
        self.had_prefix = self.access_given = False

    def refuse(self, reason: str) -> BadValue:
        return BadValue(OPTION, self.spec, reason)

    def save(self, key: str, value: str) -> None:
        """Set a text once; an empty one may be overwritten (savestring() and DSET() of the original)."""
        before = self.found.get(key)
        if before and (key not in _ENUMS or before != value):
            raise self.refuse(f"{key} is specified twice.")
        self.found[key] = value

    def skip(self, _text: str) -> None:
        """White space before a parameter."""

    def assign(self, text: str) -> None:
        key, _equals, value = text.partition("=")
        if not value and key in _ENUMS:
            raise self.refuse(f"{key} is empty.")
        self.save(STRING_KEYS[key], value)

    def flag(self, text: str) -> None:
        field, value = FLAGS[text]
        self.found[field] = value

    def format(self, text: str) -> None:
        self.save("format", text.partition("=")[2] or "raw")

    def access(self, text: str) -> None:
        self.set_access(text.partition("=")[2])

    def set_access(self, word: str) -> None:
        if word not in ACCESS:
            raise self.refuse(f"access is one of {', '.join(filter(None, ACCESS))}, not {word!r}.")
        self.found["access"] = word

    def devtype(self, text: str) -> None:
        word = text.partition("=")[2]
        if word not in ("cdrom", "disk"):
            raise self.refuse("devtype is cdrom or disk.")
        self.found["cdrom"] = word == "cdrom"

    def grant_usage(self, text: str) -> None:
        self.found["grant_usage"] = text.endswith("1")

    def colo_port(self, text: str) -> None:
        digits = re.match(r"[0-9]+", text.partition("=")[2])
        if not digits or not int(digits.group()):
            raise self.refuse("colo-port must be a number above 0.")
        self.found["colo_port"] = int(digits.group())

    def target(self, text: str) -> None:
        self.save("target", text.partition("=")[2])

    def unknown_key(self, text: str) -> None:
        raise self.refuse(f"unknown parameter {text.partition('=')[0]!r}.")

    def format_prefix(self, text: str) -> None:
        self.had_prefix = True
        self.save("format", text[:-1])

    def script_prefix(self, text: str) -> None:
        self.had_prefix = True
        self.save("script", f"block-{text[:-1]}")

    def ignored_prefix(self, _text: str) -> None:
        self.had_prefix = True

    def unknown_prefix(self, text: str) -> None:
        raise self.refuse(f"unknown prefix {text!r}; a target needs none.")

    def positional(self, text: str) -> None:
        if "target" not in self.found:
            self.save("target", text)
        elif not self.had_prefix and "format" not in self.found:
            if self.found["target"] or not self.vdev_with_type(text):
                self.save("format", text or "raw")
            else:
                self.found["format"] = "empty"
        elif "vdev" not in self.found:
            if not self.vdev_with_type(text):
                self.save("vdev", text)
        elif not self.access_given:
            self.access_given = True
            self.set_access(text)
        else:
            raise self.refuse(f"{text!r} is one positional parameter too many.")

    def vdev_with_type(self, text: str) -> bool:
        """The old form ``hdc:cdrom``; False, and nothing done, when it is not that."""
        vdev, colon, word = text.rpartition(":")
        if not colon:
            return False
        if word not in ("cdrom", "disk"):
            raise self.refuse(f"unknown device type {word!r} after {vdev}; it is cdrom or disk.")
        self.save("vdev", vdev)
        self.found["cdrom"] = word == "cdrom"
        return True

    def bad(self, text: str) -> None:
        raise self.refuse(f"bad disk syntax near {text!r}.")


def _rule(head: str, action: Callable[[_Scanner, str], None], tail: str = "") -> tuple[Any, Any]:
    return re.compile(f"(?P<head>{head})(?P<tail>{tail})"), action


def _keys(words: Any) -> str:
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


_RULES = [
    _rule(r"[ \t]+", _Scanner.skip, r"(?:[^ \t].*)?"),
    _rule(r"format=[^,]*,?", _Scanner.format),
    _rule(_keys(FLAGS) + r",?", _Scanner.flag),
    _rule(r"devtype=[^,]*,?", _Scanner.devtype),
    _rule(r"access=[^,]*,?", _Scanner.access),
    _rule(_keys(STRING_KEYS) + r"=[^,]*,?", _Scanner.assign),
    _rule(r"colo-port=[^,]*,?", _Scanner.colo_port),
    _rule(r"grant_usage=[01],?", _Scanner.grant_usage),
    _rule(r"target=.*", _Scanner.target),
    _rule(r"[a-z][-a-z0-9]*=[^,],?", _Scanner.unknown_key),
    _rule(r"(?:raw|qcow2?|vhd):", _Scanner.format_prefix, r".*"),
    _rule(r"(?:iscsi|e?nbd|drbd):", _Scanner.script_prefix, r".*"),
    _rule(r"(?:tapdisk|tap2?|aio|ioemu|file|phy):", _Scanner.ignored_prefix, r".*"),
    _rule(r"[a-z][a-z0-9]*:", _Scanner.unknown_prefix, r"(?:[^a-z0-9].*)?"),
    _rule(r"[^=,]*,|[^=,]+", _Scanner.positional),
    _rule(r".", _Scanner.bad),
]


def items(spec: str) -> dict[str, Any]:
    """The fields of ``Disk`` that a spec sets, as written there.

    :raises BadValue: where xl's scanner would refuse it.
    """
    scanner = _Scanner(spec)
    if "\0" in spec or "\n" in spec:
        raise scanner.refuse("a disk spec is one line of text; some newlines abort xl.")
    position = 0
    while position < len(spec):
        matches = [(rule.match(spec, position), action) for rule, action in _RULES]
        best, action = max(((match, action) for match, action in matches if match), key=lambda found: found[0].end())
        if action is _Scanner.bad and best.end() == len(spec):
            break  # xl collects the rest of a bad word before it complains, and at the very end there is none
        head = best.group("head")
        action(scanner, head[:-1] if head.endswith(",") else head)
        position = best.end("head")
    return scanner.found
