# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Options that linux_guest and linux_install have in common; the doc fragment linux_guest documents them."""

from __future__ import annotations

from typing import Any

from ansible_collections.netbsd.xen.plugins.module_utils.linux_guest import _linux_network


def spec() -> dict[str, Any]:
    """The argument spec, made anew for each module."""
    network = {
        "interface": {"type": "str", "default": "eth0"},
        "dhcp": {"type": "bool", "default": False},
        "address": {"type": "str"},
        "netmask": {"type": "str"},
        "gateway": {"type": "str"},
        "nameservers": {"type": "list", "elements": "str"},
        "search": {"type": "str"},
        "style": {"type": "str", "choices": list(_linux_network.STYLES), "default": "auto"},
    }
    file = {
        "path": {"type": "str", "required": True},
        "content": {"type": "str"},
        "link": {"type": "str"},
        "mode": {"type": "raw"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    return {
        "hostname": {"type": "str"},
        "network": {"type": "dict", "options": network},
        "authorized_keys": {"type": "list", "elements": "str", "no_log": False},
        "files": {"type": "list", "elements": "dict", "options": file},
    }
