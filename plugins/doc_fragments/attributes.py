# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What a module promises about check mode, diffs and repetition, in the words of Ansible's module attributes."""

    # Every module says in its own C(attributes) how far it keeps the first three.
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and report what it would change, without changing it.
  diff_mode:
    description: Returns what has changed, or in C(check_mode) would change, as a diff when asked with C(--diff).
  idempotent:
    description: A second run with the same options, on a host that nobody else changed, changes nothing.
"""

    # For modules that only read.
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module does not change anything.
  diff_mode:
    support: N/A
    details:
      - This module does not change anything.
  idempotent:
    support: full
    details:
      - This module does not change anything.
"""

    PLATFORM = r"""
options: {}
attributes:
  platform:
    description: Operating systems of the hosts that this module can manage.
    support: full
    platforms: posix
    details:
      - The host must be a Xen dom0, the privileged domain of a Xen host.
      - Written for NetBSD. Linux works where it has the same C(xl) toolstack.
"""

    ACTIONGROUP_XEN = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/netbsd.xen.xen) in C(module_defaults) to set options of all modules of this group at once.
    support: full
    membership:
      - netbsd.xen.xen
"""
