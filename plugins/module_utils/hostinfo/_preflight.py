# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The preflight: all checks of a Xen host, over facts that were gathered before.

The numbers are those of the list of failure modes in the documentation of xen_host_info. A check that does not apply
yet says nothing: a host without Xen has one problem, and a finished dom0 has none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import HostError
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo import (
    _preflight_boot,
    _preflight_guests,
    _preflight_host,
)
from ansible_collections.netbsd.xen.plugins.module_utils.hostinfo._preflight_model import (
    ERROR,
    SEVERITIES,
    WARNING,
    Facts,
)

CHECKS = (*_preflight_boot.CHECKS, *_preflight_host.CHECKS, *_preflight_guests.CHECKS)
FAIL_ON = {"none": (), "error": (ERROR,), "warning": (ERROR, WARNING)}


def problems(facts: Facts) -> list[dict[str, Any]]:
    """Everything that is wrong, the worst first, then in the order of the list."""
    found = _preflight_boot.menu_problems(facts)
    for check in CHECKS:
        found += check.problems(facts)
    return sorted(found, key=lambda problem: (SEVERITIES.index(problem["severity"]), problem["number"]))


def require(found: list[dict[str, Any]], fail_on: str) -> None:
    """
    :param fail_on: ``none``, ``error`` or ``warning``.
    :raises HostError: there are problems of that severity, or worse; its details have all ``problems``.
    """
    bad = [problem for problem in found if problem["severity"] in FAIL_ON[fail_on]]
    if bad:
        lines = [f"{problem['what']} {problem['cure']} [{problem['id']}]" for problem in bad]
        raise HostError(
            f"The preflight found {len(bad)} problem{'s' if len(bad) > 1 else ''}:\n" + "\n".join(lines),
            error_id="preflight",
            problems=found,
        )
