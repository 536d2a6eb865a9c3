# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""``pciback.hide=`` as the dom0 kernel of NetBSD reads it, and as it is best written.

Sources: NetBSD sys/arch/xen/xen/xen_machdep.c xen_parse_cmdline() (the key in any case, the last word counts, what
comes after its buffer is cut), sys/arch/xen/xen/pciback.c pciback_pci_init() and pciback_parse_pci(), whose numbers
are those of strtoul(3).
"""

from __future__ import annotations

import re
from typing import Iterable, NamedTuple, Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

KEY = "pciback.hide"
# char xcp_pcidevs[64]. A kernel with a larger union around it reads a 64th character too, an older one has no end then.
LIMIT = 63
_BDF = re.compile(r"(?:0{1,4}:)?([0-9a-fA-F]{1,2}):([0-9a-fA-F]{1,2})\.([0-7])")
# strtoul(s, &end, 16): blanks, a sign, 0x, digits; without any digit it is 0 and nothing is taken
_NUMBER = re.compile(r"(?:[ \t\n\v\f\r]*([+-]?)(?:0[xX](?=[0-9a-fA-F]))?([0-9a-fA-F]+))?")
_ULONG_MAX = 2**64 - 1
_UINT = 2**32


class Verdict(NamedTuple):
    """What the kernel makes of a value.

    :param claimed: canonical BDFs (``0000:03:00.0``) that are taken from the dom0's own drivers, in the order given.
    :param rejected: items that are passed over, each with a complaint on the console.
    :param stopped_at: where a syntax error ended it all; None without one. The devices before that place are lost to
        the dom0 and not to be had by guests either: ``/kern/xen/pci`` is not made.
    :param excess: characters that do not fit the buffer; ``claimed`` tells what the first 63 give.
    """

    claimed: tuple[str, ...]
    rejected: tuple[str, ...]
    stopped_at: str | None
    excess: int

    @property
    def assignable(self) -> tuple[str, ...]:
        """The devices that guests can be given: they show up in ``/kern/xen/pci``, as far as they exist."""
        return self.claimed if self.stopped_at is None else ()

    @property
    def sound(self) -> bool:
        """Whether the kernel understands all of it."""
        return not self.rejected and self.stopped_at is None and not self.excess


def judge(value: str) -> Verdict:
    """The verdict of the kernel on the text after ``pciback.hide=``."""
    rest = value[:LIMIT]
    claimed: list[str] = []
    rejected: list[str] = []
    stopped_at = None
    while rest:
        item, closed, after = rest[1:].partition(")")
        if not rest.startswith("(") or not closed:
            # strchr() is asked after the parenthesis was taken
            stopped_at = rest[1:] if rest.startswith("(") else rest
            break
        location = _location(item)
        if location is None:
            rejected.append(item)
        else:
            claimed.append(location)
        rest = after
    return Verdict(tuple(dict.fromkeys(claimed)), tuple(rejected), stopped_at, max(0, len(value) - LIMIT))


def _location(text: str) -> str | None:
    """pciback_parse_pci(): None for what it passes over.

    Only a text that begins with 0000 loses its first field, and numbers may be missing, which makes them 0.
    """
    if ":" not in text:
        return None
    if text.startswith("0000"):
        text = text[text.index(":") + 1 :]
    numbers = []
    for end in (":", ".", ""):
        number, text = _strtoul(text)
        if text[:1] != end:
            return None
        numbers.append(number)
        text = text[1:]
    bus, device, function = numbers
    return f"0000:{bus:02x}:{device:02x}.{function:x}"


def _strtoul(text: str) -> tuple[int, str]:
    """A number as an ``unsigned int``, and what follows it."""
    match = _NUMBER.match(text)
    if match is None:
        raise AssertionError("unreachable")
    value = min(int(match.group(2) or "0", 16), _ULONG_MAX)
    if match.group(1) == "-" and value != _ULONG_MAX:
        value = -value
    return value % _UINT, text[match.end() :]


def value_of(words: Iterable[str]) -> str | None:
    """What the kernel hears of ``pciback.hide=`` among its words; None when it is not said."""
    found = [word[len(KEY) + 1 :] for word in words if word[: len(KEY) + 1].lower() == KEY + "="]
    return found[-1] if found else None


def canonical(text: object, option: str = "devices") -> str:
    """``3:0.0``, ``0000:03:00.0`` and ``03:00.0`` are all ``0000:03:00.0``.

    :raises BadValue: no BDF; in another PCI domain, which pciback does not know; or one that no device can have.
    """
    match = _BDF.fullmatch(str(text).strip())
    if not match or not possible(match.group()):
        raise BadValue(
            option,
            text,
            "give the device as bus:device.function in hexadecimal, as in 03:00.0 (device up to 1f, function 0 to 7); "
            "pciback knows PCI domain 0000 only. Mind the quotes: YAML takes 03:00.0 for a number.",
        )
    bus, device, function = match.groups()
    return f"0000:{int(bus, 16):02x}:{int(device, 16):02x}.{function}"


def possible(bdf: str) -> bool:
    """Whether a device can be there: strtoul() lets more numbers through than PCI has."""
    match = _BDF.fullmatch(bdf)
    return match is not None and int(match.group(2), 16) <= 0x1F


def short(bdf: str) -> str:
    """``0000:03:00.0`` -> ``03:00.0``, the form that leaves most room."""
    return bdf.partition(":")[2]


def render(bdfs: Sequence[str]) -> str:
    """The value that hides canonical BDFs: sorted, each once."""
    return "".join(f"({short(bdf)})" for bdf in sorted(set(bdfs)))


# characters that one more device takes
DEVICE_LENGTH = len("(03:00.0)")
MOST = LIMIT // DEVICE_LENGTH
