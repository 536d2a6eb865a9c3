# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Options that netbsd_guest and netbsd_install have in common; the doc fragment netbsd_guest documents them."""

from __future__ import annotations

from typing import Any


def spec() -> dict[str, Any]:
    """The argument spec, made anew for each module."""
    network = {
        "interface": {"type": "str", "default": "xennet0"},
        "dhcp": {"type": "bool", "default": False},
        "address": {"type": "str"},
        "netmask": {"type": "str"},
        "gateway": {"type": "str"},
        "nameservers": {"type": "list", "elements": "str"},
        "search": {"type": "str"},
    }
    return {
        "hostname": {"type": "str"},
        "network": {"type": "dict", "options": network},
        "rc_conf": {"type": "dict"},
        "authorized_keys": {"type": "list", "elements": "str", "no_log": False},
        "ttys": {"type": "list", "elements": "str", "default": ["console"]},
        "screens": {"type": "bool", "default": False},
    }
