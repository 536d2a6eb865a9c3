# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's NetBSD face has beyond its base system: packages, package tools, a release directory, the old stack.

``assemble(rootfs)`` puts all of it into the root of an image that is being built. See README.md.
"""

from .assemble import assemble

__all__ = ["assemble"]
