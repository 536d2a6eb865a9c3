# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Where the vcpus of a domain may run now: `xl vcpu-list`.

libxl's configuration of a domain has what it was started with, and does not follow `xl vcpu-pin`.
Format: print_vcpuinfo() in xen tools/xl/xl_vcpu.c; before Xen 4.5 without the soft affinity.
"""

from __future__ import annotations

import re
from typing import Any

_ROW = re.compile(
    r"^.*?\s+(?P<domid>\d+)\s+(?P<vcpu>\d+)\s+(?:\d+|-)\s+\S{3}\s+[\d.]+"
    r"\s+(?P<hard>any cpu|\S+)(?:\s+/\s+(?P<soft>\S+))?$"
)
_PLAIN = re.compile(r"^[\d,-]+$")


def is_plain(cpus: str) -> bool:
    """Whether a set of CPUs is told by their numbers."""
    return bool(_PLAIN.match(cpus))


def parse(text: str) -> list[tuple[str, str]]:
    """Hard and soft affinity of each vcpu of one domain, as xl writes them: ``1-2``, ``0,3``, ``all``."""
    return [affinity for affinities in parse_all(text).values() for affinity in affinities]


def parse_all(text: str) -> dict[int, list[tuple[str, str]]]:
    """The same of all domains that are listed, by id."""
    found: dict[int, list[tuple[str, str]]] = {}
    for match in filter(None, map(_ROW.match, text.splitlines()[1:])):
        affinity = (match.group("hard").replace("any cpu", "all"), match.group("soft") or "all")
        found.setdefault(int(match.group("domid")), []).append(affinity)
    return found


def current(config: dict[str, Any], toolstack: Any, name: str, info: dict[str, str]) -> dict[str, Any]:
    """libxl's configuration of a domain with the affinities that its vcpus have now.

    :param info: `xl info`; it has the number of CPUs that ``all`` stands for.
    """
    if not hasattr(toolstack.commands, "pin_vcpu"):
        return config
    return with_affinities(config, toolstack.affinities(name), info)


def with_affinities(config: dict[str, Any], vcpus: list[tuple[str, str]], info: dict[str, str]) -> dict[str, Any]:
    """The same with affinities that are known already."""
    host_cpus = int(info.get("nr_cpus", "0"))
    hard = [_numbers(cpus, host_cpus) for cpus, _soft in vcpus]
    soft = [_numbers(cpus, host_cpus) for _hard, cpus in vcpus]
    b_info = {**config.get("b_info", {}), "vcpu_hard_affinity": hard, "vcpu_soft_affinity": soft}
    return {**config, "b_info": b_info}


def _numbers(cpus: str, host_cpus: int) -> list[int]:
    if cpus == "all":
        return list(range(host_cpus))
    numbers: list[int] = []
    for part in cpus.split(","):
        first, _dash, last = part.partition("-")
        if first.isdigit():
            numbers.extend(range(int(first), int(last or first) + 1))
    return numbers
