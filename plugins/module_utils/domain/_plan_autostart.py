# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The start at boot in a plan: what a task wants of it, as steps. Looks at nothing but its arguments."""

from __future__ import annotations

from typing import Sequence

from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart_model
from ansible_collections.netbsd.xen.plugins.module_utils.core import _plan
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError

_OPTIONS = {
    _autostart_model.ADD: "autostart",
    _autostart_model.REMOVE: "autostart",
    _autostart_model.MOVE: "autostart_order",
    _autostart_model.DELAY: "autostart_delay",
}


def steps(changes: Sequence[_autostart_model.Change], config_path: str, config_after: str | None) -> list[_plan.Step]:
    """One step for each change. They come last in a plan: a guest that cannot be started shall not be at boot either.

    :param config_after: text of the config file after the task, None when there will be none.
    :raises XenError: a domain without a config file shall start at boot.
    """
    if config_after is None and any(change.kind == _autostart_model.ADD for change in changes):
        raise XenError(
            f"There is no config file {config_path} to start at boot. Give the domain's properties in this task, or "
            "the path of its file with `config`.",
            error_id="no_config",
        )
    return [_plan.Step(change.kind, change.text, data=change) for change in changes]


def differences(changes: Sequence[_autostart_model.Change]) -> list[_plan.Difference]:
    """Where the host does not start the domain as wanted. A second entry that goes is no difference of an option."""
    return [
        _plan.Difference(_OPTIONS[change.kind], change.wanted, change.found, None, _plan.NEEDS_CONFIG, (change.text,))
        for change in changes
        if change.wanted != change.found
    ]
