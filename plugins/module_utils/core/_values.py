# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Scalar values of a domain, brought to one canonical form, so that the same thing always compares equal.

Every function takes the name of the option for the error message and raises ``BadValue`` for what xl would not accept.
"""

from __future__ import annotations

import re
import uuid as _uuid
from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import BadValue

_MEMORY = re.compile(r"^([0-9]+)\s*([a-z]*)$", re.IGNORECASE)
# Without a unit xl.cfg(5) means MiB. KB/MB/GB are binary here, as in all of Xen.
_KIB_PER_UNIT = {"": 1024, "k": 1, "m": 1024, "g": 1024**2, "t": 1024**3}
# 40 is the width of the name column of `xl list`; a longer name shifts the columns for everybody who reads them.
_NAME_LENGTH = 40
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_DIGITS = re.compile(r"[0-9]+")
# Xen's own bound (CONFIG_NR_CPUS); a larger number is a slip, and would make a set of that size.
CPU_MAX = 16383
_CPU_ITEM = re.compile(r"^(\^?)(?:(nodes?):)?([0-9]+)(?:-([0-9]+))?$")

# xl.cfg(5), "Event Actions"; libxl spells the same words with underscores in its JSON.
SHUTDOWN_ACTIONS = (
    "destroy",
    "restart",
    "rename-restart",
    "preserve",
    "coredump-destroy",
    "coredump-restart",
    "soft-reset",
)


def domain_name(option: str, value: Any) -> str:
    """A name that xl, its listings and the file system all take for what it is."""
    name = str(value)
    if not name:
        raise BadValue(option, name, "a domain needs a name.")
    if _DIGITS.fullmatch(name):
        raise BadValue(option, name, "xl reads a name made of digits as a domain id; put a letter in it.")
    if name == "Domain-0":
        raise BadValue(option, name, "Domain-0 is the dom0 itself; it is not managed as a guest.")
    if len(name) > _NAME_LENGTH:
        raise BadValue(option, name, f"longer than the {_NAME_LENGTH} characters that fit into xl's listing.")
    if not _NAME.fullmatch(name):
        raise BadValue(option, name, "use letters, digits and _ . + - only, beginning with a letter, a digit or _.")
    return name


def memory_mib(option: str, value: Any) -> int:
    """``512``, ``"512M"``, ``"2G"``, ``"1048576K"`` -> whole MiB, the unit of memory and maxmem in xl.cfg(5)."""
    match = _MEMORY.match(str(value).strip())
    if not match:
        raise BadValue(option, value, "not an amount of memory; write MiB as a number, or a number with K, M, G or T.")
    unit = match.group(2).lower()
    for suffix in ("ib", "b"):
        if unit.endswith(suffix) and len(unit) > len(suffix):
            unit = unit[: -len(suffix)]
            break
    if unit not in _KIB_PER_UNIT:
        raise BadValue(option, value, f"unknown unit {match.group(2)!r}; use K, M, G or T (MiB when there is none).")
    kib = int(match.group(1)) * _KIB_PER_UNIT[unit]
    if kib % 1024:
        raise BadValue(option, value, "not a whole number of MiB, which is what xl.cfg can say.")
    if kib == 0:
        raise BadValue(option, value, "a domain needs at least 1 MiB.")
    return kib // 1024


def positive_int(option: str, value: Any) -> int:
    """A whole number of at least 1."""
    text = str(value).strip()
    if not _DIGITS.fullmatch(text) or int(text) == 0:
        raise BadValue(option, value, "not a whole number of at least 1.")
    return int(text)


def whole_number(option: str, value: Any) -> int:
    """A whole number, 0 included."""
    text = str(value).strip()
    if not _DIGITS.fullmatch(text):
        raise BadValue(option, value, "not a whole number of at least 0.")
    return int(text)


def uuid(option: str, value: Any) -> str:
    """Any legal spelling of a UUID -> lower case with dashes."""
    try:
        return str(_uuid.UUID(str(value).strip()))
    except ValueError:
        raise BadValue(option, value, "not a UUID of the form 01234567-89ab-cdef-0123-456789abcdef.") from None


def shutdown_action(option: str, value: Any) -> str:
    """One of xl's event actions; underscores (libxl's spelling) are accepted."""
    action = str(value).strip().replace("_", "-")
    if action not in SHUTDOWN_ACTIONS:
        raise BadValue(option, value, f"not an action that xl knows; use one of {', '.join(SHUTDOWN_ACTIONS)}.")
    return action


def absolute_path(option: str, value: Any) -> str:
    """A path that does not depend on the folder that xl happens to be started in. Empty means: none."""
    path = str(value)
    if path and not path.startswith("/"):
        raise BadValue(option, value, "give the whole path, beginning with /; xl would look in its current directory.")
    return path


def cpus(option: str, value: Any) -> str | list[str]:
    """xl.cfg's ``cpus``: one string pins every vcpu to the same set, a list pins vcpu 0, 1, ... each to its own.

    Sets compare equal however they are written: ``"3,1-2"`` and ``"1-3"`` both become ``"1-3"``.
    """
    if isinstance(value, (list, tuple)):
        return [_cpu_set(option, item) for item in value]
    return _cpu_set(option, value) if str(value) else ""


def _cpu_set(option: str, value: Any) -> str:
    """One CPULIST of xl.cfg(5) in canonical form; node terms cannot be resolved here and keep their order."""
    parts = [part.strip() for part in str(value).split(",")]
    chosen: set[int] = set()
    symbolic = False
    for part in parts:
        match = _CPU_ITEM.match(part)
        if part != "all" and not match:
            raise BadValue(option, value, f"{part!r} is not a cpu, a range like 0-3, ^N, nodes:N or all.")
        if not match or match.group(2):
            symbolic = True
            continue
        first, last = int(match.group(3)), int(match.group(4) or match.group(3))
        if last < first:
            raise BadValue(option, value, f"the range {part!r} runs backwards.")
        if last > CPU_MAX:
            raise BadValue(option, value, f"Xen has no cpu {last}.")
        members = set(range(first, last + 1))
        chosen = chosen - members if match.group(1) else chosen | members
    if not symbolic and not chosen:
        raise BadValue(option, value, "no cpu is left of it.")
    return ",".join(parts) if symbolic else cpu_ranges(sorted(chosen))


def cpu_ranges(numbers: list[int]) -> str:
    """``[0, 1, 2, 5]`` -> ``"0-2,5"``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
