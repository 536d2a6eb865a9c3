# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a case of the contract is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.netbsd.xen.tests.unit.contract.world import World


class Case(NamedTuple):
    """One task on one host.

    :ivar prepare: makes the situation and returns the task's parameters.
    :ivar error: the ``error_id`` with which the task must fail, None when it must succeed.
    :ivar fails_late: the error comes only when the plan is carried out, so check mode cannot foresee it; files that
        the task had made or changed must be taken back.
    :ivar always_changes: the documented exception from "the second run changes nothing".
    :ivar changes: whether the first run must change something; None when the case is not about that.
    :ivar after: the domain ``web`` in Xen after the real run: "running", "paused", "shutdown", "crashed" or "gone".
    """

    name: str
    prepare: Callable[[World], dict[str, Any]]
    error: str | None = None
    fails_late: bool = False
    always_changes: bool = False
    changes: bool | None = None
    after: str | None = None
