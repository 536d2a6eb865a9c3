# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""xend, xenbackendd and xm of Xen 3.1 to 4.2, as far as a host's user sees them, on top of the lab's real toolstack."""
