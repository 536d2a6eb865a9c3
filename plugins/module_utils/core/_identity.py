# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can change at any time without notice.
"""Identities that must not change from run to run: MAC addresses and UUIDs made from names.

They are derived rather than drawn by lot, so that a check run shows what the real run writes and a lost config file
is rebuilt with the same MAC. The dom0's own name is part of the seed: a guest called ``web`` on two hosts of one
network must not get the same MAC twice. Once written, the value in the config file is kept whatever the seed says.
"""

from __future__ import annotations

import hashlib
import uuid

# The organisation part that belongs to the Xen project: xl-network-configuration(5), "mac".
XEN_OUI = (0x00, 0x16, 0x3E)
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "netbsd.xen")


def derive_mac(host: str, domain: str, index: int) -> str:
    """MAC for the vif number ``index`` of ``domain`` on ``host``, as ``00:16:3e:xx:xx:xx``."""
    digest = hashlib.sha256(f"{host}/{domain}/vif/{index}".encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (*XEN_OUI, *digest[:3]))


def derive_uuid(host: str, domain: str) -> str:
    """UUID (version 5) of ``domain`` on ``host``."""
    return str(uuid.uuid5(_NAMESPACE, f"{host}/{domain}"))
