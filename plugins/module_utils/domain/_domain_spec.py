# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""The options of one domain: those of xen_domain, and of each element of xen_domains."""

from __future__ import annotations

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.domain._plan_domain import APPLY, STATES
from ansible_collections.netbsd.xen.plugins.module_utils.options._options import argument_spec


def domain_spec() -> dict[str, dict[str, Any]]:
    """The argument spec of all that a task can say of one domain: how to go about it, and its properties."""
    return dict(
        name={"type": "str", "required": True},
        renamed_from={"type": "str"},
        state={"type": "str", "choices": list(STATES), "default": "present"},
        timeout={"type": "int", "default": 300},
        force={"type": "bool", "default": False},
        settle={"type": "int", "default": 3},
        wait_for_console={"type": "str"},
        apply={"type": "str", "choices": list(APPLY), "default": APPLY[0]},
        allow_restart={"type": "bool", "default": False},
        device_policy={"type": "str", "choices": ["exact", "append"], "default": "exact"},
        config={"type": "path"},
        backup={"type": "bool", "default": False},
        save_file={"type": "path"},
        remove_disks={"type": "list", "elements": "path"},
        extra_config={"type": "dict"},
        autostart={"type": "bool"},
        autostart_order={"type": "int"},
        autostart_delay={"type": "int"},
        **argument_spec(),
    )
