# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options that all modules of the action group ``xen`` share: where the toolstack and its files are."""

    DOCUMENTATION = r"""
options:
  toolstack:
    description:
      - The toolstack of the host, which is the set of programs that manages its guests.
      - V(auto) takes what the host has. Where both are installed, V(xm) when C(xend) runs or the packages are of
        Xen 4.1.
      - V(xl) is the toolstack of Xen 4.2 and later.
      - V(xm) is the toolstack of Xen 3.1 to 4.1, with the daemon C(xend). Its config files are Python; they are read as
        data and never run. What code in a file makes cannot be changed, and the message has its line. Properties that
        V(xm) has no words for, such as a whole command line of the kernel, are refused.
    type: str
    choices:
      - auto
      - xl
      - xm
    default: auto
  config_dir:
    description:
      - Folder of the guests' config files on the host.
      - When not set, C(/usr/pkg/etc/xen) on NetBSD and C(/etc/xen) elsewhere.
    type: path
"""
