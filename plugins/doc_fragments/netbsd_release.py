# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that take files out of a NetBSD release: netbsd_install and netbsd_kernel."""

    DOCUMENTATION = r"""
options:
  source:
    description:
      - URL or directory of the releases, in which there is C(NetBSD-10.1/amd64/binary). What is fetched is checked by
        the files C(SHA512) of the release, and kept in O(cache).
    type: str
    default: https://cdn.NetBSD.org/pub/NetBSD
  release:
    description: The release, such as V("10.1"). Quotes keep YAML from taking it for a number.
    type: str
    required: true
  machine:
    description: The architecture.
    type: str
    choices: [amd64, i386]
    default: amd64
  cache:
    description: Where files that are fetched are kept on the host. When not set, C(/var/cache/netbsd-xen).
    type: path
"""
