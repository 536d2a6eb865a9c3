# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures that several files share."""

from __future__ import annotations

from ansible_collections.netbsd.xen.tests.unit.plugins.module_utils.apply_support import place, task

__all__ = ["place", "task"]
