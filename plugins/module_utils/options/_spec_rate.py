# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The ``rate`` of a vif: how much the guest may send, refilled every interval.

Source: tools/libs/util/libxlu_vif.c. ``RATE[@INTERVAL]``, such as ``10MB/s`` or ``10Mb/s@20ms``; K, M and G are
powers of 1000, B bytes and b bits; the interval is in s, ms or us, 50ms if not given. Digits after a leading 0 are
octal, as in C.
"""

from __future__ import annotations

import re

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

DEFAULT_INTERVAL = 50_000
_RATE = re.compile(r"([0-9]+)([GMK]?)([Bb])/s\Z")
_INTERVAL = re.compile(r"([0-9]+)([mu]?)s?\Z")
_POWERS = {"G": 10**9, "M": 10**6, "K": 10**3, "": 1}
_MICROSECONDS = {"": 10**6, "m": 10**3, "u": 1}
_UINT32_MAX = 2**32 - 1
_UINT64_MAX = 2**64 - 1


def parse_rate(text: str) -> tuple[int, int]:
    """(bytes per interval, interval in microseconds), as libxl gets them.

    :raises BadValue: where xl would refuse it, and for less than one byte per interval.
    """
    rate, at, interval = text.partition("@")
    found = _RATE.match(rate)
    if not found:
        raise _refuse(text, "a rate is written like 10MB/s or 512Kb/s@20ms.")
    digits, power, unit = found.groups()
    bytes_per_second = _number(text, digits) * _POWERS[power]
    if unit == "b":
        bytes_per_second //= 8
    microseconds = _parse_interval(text, interval) if at else DEFAULT_INTERVAL
    if bytes_per_second > _UINT64_MAX // microseconds:
        raise _refuse(text, "the rate is too large.")
    bytes_per_interval = bytes_per_second * microseconds // 10**6
    if not bytes_per_interval:
        raise _refuse(text, "this is less than one byte per interval: nothing would be sent.")
    return bytes_per_interval, microseconds


def canonical_rate(text: str) -> str:
    """One spelling for all rates that are the same to libxl.

    :raises BadValue: see parse_rate().
    """
    return render_rate(*parse_rate(text)) or text


def render_rate(bytes_per_interval: int, microseconds: int) -> str:
    """The shortest rate that libxl turns into these numbers; empty if none can be written.

    :param bytes_per_interval: ``rate_bytes_per_interval`` of libxl's JSON.
    :param microseconds: ``rate_interval_usecs`` of libxl's JSON.
    """
    per_second = -(-bytes_per_interval * 10**6 // microseconds)
    interval = "" if microseconds == DEFAULT_INTERVAL else "@" + _render_interval(microseconds)
    for unit, amount in (("B", per_second), ("b", per_second * 8)):
        for power, factor in _POWERS.items():
            count, rest = divmod(amount, factor)
            if not rest and 0 < count <= _UINT32_MAX:
                return f"{count}{power}{unit}/s{interval}"
    return ""


def _parse_interval(text: str, interval: str) -> int:
    found = _INTERVAL.match(interval)
    if not found:
        raise _refuse(text, "an interval is written like 50ms, 100us or 2s.")
    microseconds = _number(text, found.group(1)) * _MICROSECONDS[found.group(2)]
    if microseconds > _UINT32_MAX:
        raise _refuse(text, "the interval is too long.")
    return microseconds


def _render_interval(microseconds: int) -> str:
    for unit, factor in (("s", 10**6), ("ms", 10**3)):
        if microseconds % factor == 0:
            return f"{microseconds // factor}{unit}"
    return f"{microseconds}us"


def _number(text: str, digits: str) -> int:
    """strtoull(…, 0); its result must be 1 to 2**32 - 1."""
    octal = re.match(r"0[0-7]*", digits)
    number = int(octal.group(), 8) if octal else int(digits)
    if octal and octal.group() != digits:
        raise _refuse(text, f"{digits} is not a number: digits after a leading 0 are octal.")
    if not 0 < number <= _UINT32_MAX:
        raise _refuse(text, f"{digits} is out of range: numbers go from 1 to {_UINT32_MAX}.")
    return number


def _refuse(text: str, reason: str) -> BadValue:
    return BadValue("vifs", text, reason)
