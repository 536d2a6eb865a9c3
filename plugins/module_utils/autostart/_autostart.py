# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""What makes a host start a domain when it boots: read, changed, and verified.

The two mechanisms are ``_autostart_words`` (NetBSD) and ``_autostart_links`` (Linux); both have the same methods.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Union

from ansible_collections.netbsd.xen.plugins.module_utils.autostart._autostart_model import (
    Change,
    Entry,
    Want,
    want,
)
from ansible_collections.netbsd.xen.plugins.module_utils.core._errors import XenError

if TYPE_CHECKING:
    from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart_links, _autostart_words

__all__ = ["Autostart", "Change", "Entry", "Want", "carry_out", "read", "want"]

Autostart = Union["_autostart_words.Words", "_autostart_links.Links"]


def read() -> Autostart:
    """All autostart entries of this host, read once for any number of domains."""
    # the other system's is not loaded: see _toolstack
    if platform.system() == "NetBSD":
        from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart_words

        return _autostart_words.Words()
    from ansible_collections.netbsd.xen.plugins.module_utils.autostart import _autostart_links

    return _autostart_links.Links()


def carry_out(change: Change) -> None:
    """Make one change, from what the host has now, which another change may have altered since the plan.

    :raises XenError: it could not be made, or reading it back does not show it.
    """
    read().carry_out(change)
    if not read().is_done(change):
        raise XenError(
            f"`{change.text}` was done, but reading it back shows that it is not so: something else writes there, too.",
            error_id="not_as_planned",
        )
